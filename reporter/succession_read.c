/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/succession_inside.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

static struct period cut(struct period period, struct period by)
{
	if (period.from < by.from)
		period.from = by.from;
	if (period.until > by.until)
		period.until = by.until;
	return period;
}

static bool is_empty(struct period period)
{
	return period.from >= period.until;
}

/* NSEC_UNDEFINED is the smallest integer. */
static nsec earlier(nsec a, nsec b)
{
	return a == NSEC_UNDEFINED || (b != NSEC_UNDEFINED && b < a) ? b : a;
}

static nsec later(nsec a, nsec b)
{
	return a > b ? a : b;
}

enum err succession_find(const struct succession *succession, const struct source *source,
			 struct view_series *out)
{
	struct view_series all = {.interval = 0};
	bool found = false;

	for (size_t i = 0; i < succession->count; i++) {
		struct view_series one;
		enum err rc = source->find(source->context, &succession->spans[i].key, &one);
		if (rc == E_NOT_FOUND)
			continue;
		if (rc != E_OK)
			return rc;
		if (found) {
			one.first_slot = earlier(all.first_slot, one.first_slot);
			one.first_reply = earlier(all.first_reply, one.first_reply);
			one.last_slot = later(all.last_slot, one.last_slot);
		}
		all = one;
		found = true;
	}
	if (!found)
		return E_NOT_FOUND;
	all.key = succession->spans[succession->count - 1].key;
	*out = all;
	return E_OK;
}

/* --- slots --- */

/* Slots of several series on their way to be one row. */
struct stitching {
	const struct source *source;
	struct slot_list *slots;
	struct period period;
	nsec interval; /* of the series before */
};

static void add_slot(struct slot_list *slots, const struct summary *slot)
{
	slots->items =
		must_grow(slots->items, slots->count, &slots->capacity, sizeof(*slots->items));
	slots->items[slots->count++] = *slot;
}

/* Slots on the grid of the series before. */
static void add_absent(struct stitching *stitching, struct period period, uint32_t flags)
{
	while (!is_empty(period)) {
		nsec until = nsec_floor(period.from, stitching->interval) + stitching->interval;
		if (until > period.until)
			until = period.until;
		struct summary slot = summary_absent((struct period){period.from, until}, flags);
		add_slot(stitching->slots, &slot);
		period.from = until;
	}
}

/* Ends what was measured before at a moment, and gives where the row ends then. A slot under way is
 * kept whole where it is on record: all of its packets were sent before. */
static nsec end_at(struct stitching *stitching, nsec at)
{
	struct slot_list *slots = stitching->slots;

	if (slots->count == 0)
		return stitching->period.from;
	struct summary *last = &slots->items[slots->count - 1];
	if (last->until > at && (last->flags & SLOT_NO_RECORD) != 0)
		last->until = at;
	return last->until;
}

/* The first slots of a series may lie under the last of the one before. Between the change and its
 * first whole slot nothing is asked of it. */
static void append(struct stitching *stitching, const struct summary *found, size_t count, nsec at)
{
	struct slot_list *slots = stitching->slots;
	bool begins = slots->count == 0 && at == stitching->period.from;

	for (size_t i = 0; i < count; i++) {
		if (found[i].from < at)
			continue;
		if (found[i].from > at && !begins) {
			struct summary none = summary_absent((struct period){at, found[i].from},
							     SLOT_UNSCHEDULED);
			add_slot(slots, &none);
		}
		add_slot(slots, &found[i]);
		at = found[i].until;
		begins = false;
	}
}

static enum err add_span(struct stitching *stitching, const struct span *span)
{
	const struct source *source = stitching->source;
	struct period asked = cut(span->period, stitching->period);
	struct summary *found = NULL;
	struct view_series series;
	size_t count = 0;
	nsec at = end_at(stitching, asked.from);

	add_absent(stitching, (struct period){at, asked.from}, SLOT_UNSCHEDULED);
	at = later(at, asked.from);
	enum err rc = source->find(source->context, &span->key, &series);
	if (rc == E_OK)
		rc = source->slots(source->context, &span->key, asked, &found, &count);
	if (rc == E_NOT_FOUND) {
		add_absent(stitching, (struct period){at, asked.until}, SLOT_NO_RECORD);
		return E_OK;
	}
	if (rc != E_OK)
		return rc;
	append(stitching, found, count, at);
	free(found);
	if (series.interval > 0)
		stitching->interval = series.interval;
	return E_OK;
}

enum err succession_slots(const struct succession *succession, const struct source *source,
			  struct period period, struct slot_list *out)
{
	struct stitching stitching = {source, out, period, NSEC_PER_MIN};
	nsec until = period.from;

	for (size_t i = 0; i < succession->count; i++) {
		const struct span *span = &succession->spans[i];
		if (is_empty(cut(span->period, period)))
			continue;
		enum err rc = add_span(&stitching, span);
		if (rc != E_OK)
			return rc;
		until = span->period.until;
	}
	if (until < period.until)
		add_absent(&stitching, (struct period){end_at(&stitching, until), period.until},
			   SLOT_UNSCHEDULED);
	return E_OK;
}

/* --- hours --- */

/* Whether the series has slots of its own in a time in which it was not the path's. */
static bool is_measured(const struct source *source, const struct series_key *key,
			struct period period)
{
	struct summary *slots = NULL;
	size_t count = 0;
	bool found = false;

	if (is_empty(period) || source->slots(source->context, key, period, &slots, &count) != E_OK)
		return false;
	for (size_t i = 0; i < count; i++)
		found = found || (slots[i].flags & SLOT_NO_RECORD) == 0;
	free(slots);
	return found;
}

/* Of a whole hour that a change cuts, only what the series measured beside it lies beyond. */
static void judge_hour(const struct source *source, const struct span *span, struct period period,
		       struct hour *hour)
{
	struct period whole = {hour->from, hour->from + NSEC_PER_HOUR};
	struct period before = {whole.from, span->period.from};
	struct period after = {span->period.until, whole.until};

	if (!hour->beyond || whole.from < period.from || whole.until > period.until)
		return;
	hour->beyond =
		is_measured(source, &span->key, before) || is_measured(source, &span->key, after);
}

static void add_hour(struct hour_list *hours, const struct hour *hour)
{
	struct hour *last = hours->count == 0 ? NULL : &hours->items[hours->count - 1];

	if (last != NULL && last->from == hour->from) {
		delays_merge(&last->delays, &hour->delays);
		last->beyond |= hour->beyond;
		return;
	}
	hours->items =
		must_grow(hours->items, hours->count, &hours->capacity, sizeof(*hours->items));
	hours->items[hours->count++] = *hour;
}

static enum err add_hours(const struct source *source, const struct span *span,
			  struct period period, struct hour_list *hours)
{
	struct hour *found;
	size_t count;
	enum err rc = source->hours(source->context, &span->key, cut(span->period, period), &found,
				    &count);

	if (rc != E_OK)
		return rc == E_NOT_FOUND ? E_OK : rc;
	for (size_t i = 0; i < count; i++) {
		judge_hour(source, span, period, &found[i]);
		add_hour(hours, &found[i]);
	}
	free(found);
	return E_OK;
}

enum err succession_hours(const struct succession *succession, const struct source *source,
			  struct period period, struct hour_list *out)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < succession->count && rc == E_OK; i++) {
		if (!is_empty(cut(succession->spans[i].period, period)))
			rc = add_hours(source, &succession->spans[i], period, out);
	}
	return rc;
}

/* --- the rest --- */

static enum err add_evidence(const struct source *source, const struct span *span,
			     struct period period, struct evidence_list *evidences)
{
	struct evidence *found;
	size_t count;
	enum err rc = source->evidence(source->context, &span->key, period, &found, &count);

	if (rc != E_OK)
		return rc;
	for (size_t i = 0; i < count; i++) {
		evidences->items = must_grow(evidences->items, evidences->count,
					     &evidences->capacity, sizeof(*evidences->items));
		evidences->items[evidences->count++] = found[i];
	}
	free(found);
	return E_OK;
}

enum err succession_evidence(const struct succession *succession, const struct source *source,
			     struct period period, struct evidence_list *out)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < succession->count && rc == E_OK; i++) {
		struct period asked = cut(succession->spans[i].period, period);
		if (!is_empty(asked))
			rc = add_evidence(source, &succession->spans[i], asked, out);
	}
	return rc;
}

static void widen(struct period *gone, struct period more)
{
	if (is_empty(more))
		return;
	if (is_empty(*gone)) {
		*gone = more;
		return;
	}
	if (more.from < gone->from)
		gone->from = more.from;
	if (more.until > gone->until)
		gone->until = more.until;
}

enum err succession_gone(const struct succession *succession, const struct source *source,
			 struct period period, struct view_gone *out)
{
	struct view_gone all = {{0, 0}, {0, 0}};

	for (size_t i = 0; i < succession->count; i++) {
		struct period asked = cut(succession->spans[i].period, period);
		struct view_gone one;
		if (is_empty(asked))
			continue;
		enum err rc = source->gone(source->context, &succession->spans[i].key, asked, &one);
		if (rc == E_NOT_FOUND)
			continue;
		if (rc != E_OK)
			return rc;
		widen(&all.slots, one.slots);
		widen(&all.hours, one.hours);
	}
	*out = all;
	return E_OK;
}
