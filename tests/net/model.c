/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_MAX = 96, PARTS_MAX = 6, QUEUE_MAX = 256, DURATION_MAX_S = 3600 };

const char *fate_name(enum fate fate)
{
	static const char *const names[FATE_COUNT] = {"delivered", "duplicate", "forged", "lost",
						      "blackout",  "queue",	"mtu"};
	return names[fate];
}

enum err duration_parse(const char *text, nsec *out)
{
	static const struct {
		const char *unit;
		nsec length;
	} units[] = {{"ns", 1}, {"us", NSEC_PER_USEC}, {"ms", NSEC_PER_MSEC}, {"s", NSEC_PER_SEC}};
	char *end;
	double number = strtod(text, &end);

	if (end == text || !isfinite(number))
		return E_SYNTAX;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		double length = number * (double)units[i].length;
		if (length < 0 || length > (double)DURATION_MAX_S * (double)NSEC_PER_SEC)
			return E_RANGE;
		*out = (nsec)llround(length);
		return E_OK;
	}
	return E_SYNTAX;
}

static enum err parse_probability(const char *text, double *out)
{
	char *end;
	double number = strtod(text, &end);

	if (end == text || *end != '\0')
		return E_SYNTAX;
	if (!(number >= 0 && number <= 1))
		return E_RANGE;
	*out = number;
	return E_OK;
}

static enum err parse_count(const char *text, uint64_t most, uint64_t *out)
{
	char *end;

	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (end == text || *end != '\0' || text[0] == '-')
		return E_SYNTAX;
	if (errno != 0 || number == 0 || number > most)
		return E_RANGE;
	*out = number;
	return E_OK;
}

/* The parts of one item behind its "=", cut at ":". */
struct parts {
	char *part[PARTS_MAX];
	size_t count;
};

static enum err parse_delay(const struct parts *p, struct model *model)
{
	static const struct {
		const char *name;
		enum delay_shape shape;
		size_t parts;
	} shapes[] = {{"fixed", DELAY_FIXED, 2},
		      {"uniform", DELAY_UNIFORM, 3},
		      {"bimodal", DELAY_BIMODAL, 4},
		      {"exponential", DELAY_EXPONENTIAL, 3}};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (strcmp(p->part[0], shapes[i].name) != 0)
			continue;
		if (p->count != shapes[i].parts)
			return E_SYNTAX;
		model->shape = shapes[i].shape;
		enum err err = duration_parse(p->part[1], &model->delay);
		if (err == E_OK && p->count > 2)
			err = duration_parse(p->part[2], &model->spread);
		if (err == E_OK && p->count > 3)
			err = parse_probability(p->part[3], &model->second);
		if (err == E_OK && model->shape == DELAY_UNIFORM && model->spread > model->delay)
			err = E_RANGE;
		return err;
	}
	return E_SYNTAX;
}

static enum err parse_loss(const struct parts *p, struct model *model)
{
	double *const into[] = {&model->to_bad, &model->to_good, &model->loss_bad,
				&model->loss_good};

	if (strcmp(p->part[0], "gilbert-elliott") != 0)
		return p->count == 1 ? parse_probability(p->part[0], &model->loss_good) : E_SYNTAX;
	if (p->count < 4 || p->count > 5)
		return E_SYNTAX;
	for (size_t i = 1; i < p->count; i++) {
		enum err err = parse_probability(p->part[i], into[i - 1]);
		if (err != E_OK)
			return err;
	}
	return E_OK;
}

/* PROBABILITY[:LENGTH] */
static enum err parse_chance(const struct parts *p, double *probability, nsec *length)
{
	if (p->count > 2)
		return E_SYNTAX;
	enum err err = parse_probability(p->part[0], probability);
	if (err == E_OK && p->count == 2)
		err = duration_parse(p->part[1], length);
	return err;
}

static enum err parse_duplicate(const struct parts *p, struct model *model)
{
	return parse_chance(p, &model->duplicate, &model->duplicate_after);
}

static enum err parse_forge(const struct parts *p, struct model *model)
{
	return parse_chance(p, &model->forge, &model->forge_after);
}

static enum err parse_reorder(const struct parts *p, struct model *model)
{
	return p->count == 2 ? parse_chance(p, &model->reorder, &model->reorder_extra) : E_SYNTAX;
}

static enum err parse_order(const struct parts *p, struct model *model)
{
	model->free_order = strcmp(p->part[0], "free") == 0;
	return p->count == 1 && (model->free_order || strcmp(p->part[0], "kept") == 0) ? E_OK
										       : E_SYNTAX;
}

static enum err parse_rate(const struct parts *p, struct model *model)
{
	return p->count == 1 ? parse_count(p->part[0], UINT64_C(100000000000), &model->rate)
			     : E_SYNTAX;
}

static enum err parse_queue(const struct parts *p, struct model *model)
{
	uint64_t packets;
	enum err err = p->count == 1 ? parse_count(p->part[0], QUEUE_MAX, &packets) : E_SYNTAX;

	if (err == E_OK)
		model->queue = (uint32_t)packets;
	return err;
}

static enum err parse_mtu(const struct parts *p, struct model *model)
{
	uint64_t octets;
	enum err err = p->count == 1 ? parse_count(p->part[0], UINT16_MAX, &octets) : E_SYNTAX;

	if (err == E_OK)
		model->mtu = (size_t)octets;
	return err;
}

static enum err parse_item(char *item, struct model *model)
{
	static const struct {
		const char *key;
		enum err (*parse)(const struct parts *parts, struct model *model);
	} keys[] = {
		{"delay", parse_delay}, {"loss", parse_loss},	    {"duplicate", parse_duplicate},
		{"forge", parse_forge}, {"reorder", parse_reorder}, {"order", parse_order},
		{"rate", parse_rate},	{"queue", parse_queue},	    {"mtu", parse_mtu}};
	char *value = strchr(item, '=');
	struct parts parts = {.count = 0};

	if (value == NULL)
		return E_SYNTAX;
	*value++ = '\0';
	for (char *part; (part = strsep(&value, ":")) != NULL;) {
		if (parts.count == PARTS_MAX)
			return E_SYNTAX;
		parts.part[parts.count++] = part;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(item, keys[i].key) == 0)
			return keys[i].parse(&parts, model);
	}
	return E_SYNTAX;
}

enum err model_parse(const char *text, struct model *out, char *wrong, size_t size)
{
	struct model model = {.queue = QUEUE_MAX};
	char item[ITEM_MAX];

	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		snprintf(item, sizeof(item), "%.*s", (int)len, text);
		enum err err = len < sizeof(item) ? parse_item(item, &model) : E_RANGE;
		if (err != E_OK) {
			snprintf(wrong, size, "%.*s", (int)len, text);
			return err;
		}
		text += len + (text[len] == ',');
	}
	*out = model;
	return E_OK;
}

struct lane lane_over(const struct model *model, uint64_t seed)
{
	struct lane lane = {.model = *model, .random = random_seeded(seed)};

	lane.last_exit = INT64_MIN;
	lane.link_free = INT64_MIN;
	for (size_t i = 0; i < QUEUE_MAX; i++)
		lane.queued_until[i] = INT64_MIN;
	return lane;
}

static nsec draw_delay(struct lane *lane)
{
	const struct model *m = &lane->model;
	double u = random_unit(&lane->random);

	switch (m->shape) {
	case DELAY_UNIFORM:
		return m->delay + (nsec)llround((2 * u - 1) * (double)m->spread);
	case DELAY_BIMODAL:
		return u < m->second ? m->spread : m->delay;
	case DELAY_EXPONENTIAL:
		return m->delay + (nsec)llround(-log1p(-u) * (double)m->spread);
	case DELAY_FIXED:
	default:
		return m->delay;
	}
}

static bool draw_loss(struct lane *lane)
{
	const struct model *m = &lane->model;
	double move = random_unit(&lane->random);
	double loss = random_unit(&lane->random);

	if (move < (lane->bad ? m->to_good : m->to_bad))
		lane->bad = !lane->bad;
	return loss < (lane->bad ? m->loss_bad : m->loss_good);
}

/* Takes a place before the rate limit. queued_until holds the exits of the last packets; if the one
 * as many places back as the queue is long has not left yet, there is no room. */
static bool pass_rate(struct lane *lane, nsec arrival, size_t octets, nsec *out)
{
	const struct model *m = &lane->model;

	if (m->rate == 0) {
		*out = arrival;
		return true;
	}
	uint32_t oldest = (lane->queue_at + QUEUE_MAX - m->queue) % QUEUE_MAX;
	if (lane->queued_until[oldest] > arrival)
		return false;
	nsec start = lane->link_free > arrival ? lane->link_free : arrival;
	double took = (double)octets * 8 * (double)NSEC_PER_SEC / (double)m->rate;
	lane->link_free = start + (nsec)llround(took);
	lane->queued_until[lane->queue_at] = lane->link_free;
	lane->queue_at = (lane->queue_at + 1) % QUEUE_MAX;
	*out = lane->link_free;
	return true;
}

struct decision lane_decide(struct lane *lane, nsec arrival, size_t octets)
{
	const struct model *m = &lane->model;
	struct decision d = {.exit = NSEC_UNDEFINED,
			     .duplicate_at = NSEC_UNDEFINED,
			     .forged_at = NSEC_UNDEFINED};
	nsec delay = draw_delay(lane);
	bool lost = draw_loss(lane);
	bool duplicate = random_unit(&lane->random) < m->duplicate;
	bool forge = random_unit(&lane->random) < m->forge;
	bool reorder = random_unit(&lane->random) < m->reorder;
	nsec through;

	if (m->mtu > 0 && octets > m->mtu)
		d.fate = FATE_MTU;
	else if (lost)
		d.fate = FATE_LOST;
	else if (!pass_rate(lane, arrival, octets, &through))
		d.fate = FATE_QUEUE;
	else
		d.fate = FATE_DELIVERED;
	if (d.fate != FATE_DELIVERED)
		return d;
	d.exit = through + delay;
	if (reorder) {
		d.exit += m->reorder_extra;
	} else if (!m->free_order) {
		if (d.exit < lane->last_exit)
			d.exit = lane->last_exit;
		lane->last_exit = d.exit;
	}
	if (duplicate)
		d.duplicate_at = d.exit + m->duplicate_after;
	if (forge)
		d.forged_at = d.exit + m->forge_after;
	return d;
}
