/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/truth.h"
#include "collector/base/calendar.h"
#include "collector/metric/availability.h"
#include "collector/store/slot_row.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH = 1024, MONTH_NAME = 8, FILES = 3 };

static const double percentiles[] = {0.50, 0.95, 0.99};

/* Round trips, or delay variations, of a month. */
struct pile {
	nsec *items;
	size_t count;
	size_t room;
};

struct month {
	struct series_key key;
	struct period period; /* {0, 0}: none begun */
	char name[MONTH_NAME];
	bool answered; /* once: it is in service */
	uint64_t slots;
	uint64_t judged;
	uint64_t sent;
	uint64_t lost;
	struct pile piles[DELAY_PDV + 1];
};

struct truth {
	FILE *slots;
	FILE *months;
	FILE *events;
	struct month *open; /* by series */
	size_t most;
};

static FILE *create(const char *directory, const char *name, const char *columns)
{
	char path[PATH];
	int len = snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = len > 0 && (size_t)len < sizeof(path) ? fopen(path, "we") : NULL;

	if (file != NULL)
		fprintf(file, "%s\n", columns);
	return file;
}

static void destroy(struct truth *truth)
{
	for (size_t i = 0; truth->open != NULL && i < truth->most; i++) {
		free(truth->open[i].piles[DELAY_RTT].items);
		free(truth->open[i].piles[DELAY_PDV].items);
	}
	free(truth->open);
	free(truth);
}

static enum err close_files(struct truth *truth)
{
	FILE *files[FILES] = {truth->slots, truth->months, truth->events};
	enum err rc = E_OK;

	for (size_t i = 0; i < FILES; i++) {
		if (files[i] == NULL)
			continue;
		bool failed = ferror(files[i]) != 0;
		if ((fclose(files[i]) != 0 || failed) && rc == E_OK)
			rc = errno == 0 ? E_SYSTEM : err_from_errno(errno);
	}
	return rc;
}

enum err truth_open(const char *directory, size_t most, struct truth **out)
{
	struct truth *truth = calloc(1, sizeof(*truth));

	if (truth == NULL)
		return E_MEMORY;
	truth->most = most;
	truth->open = calloc(most + 1, sizeof(*truth->open));
	enum err rc = truth->open == NULL ? E_MEMORY : E_OK;
	if (rc == E_OK && mkdir(directory, 0777) != 0 && errno != EEXIST)
		rc = err_from_errno(errno);
	if (rc == E_OK) {
		truth->slots = create(directory, "slots.csv", SLOT_ROW_COLUMNS);
		truth->months =
			create(directory, "months.csv",
			       "agent,target,method,family,size,dscp,port,month,slots,judged_slots,"
			       "sent,lost,rtt_p50_ns,rtt_p95_ns,rtt_p99_ns,pdv_p95_ns");
		truth->events =
			create(directory, "events.csv", "name,kind,agent,target,family,from,until");
		if (truth->slots == NULL || truth->months == NULL || truth->events == NULL)
			rc = err_from_errno(errno);
	}
	if (rc == E_OK) {
		*out = truth;
		return E_OK;
	}
	(void)!close_files(truth);
	destroy(truth);
	return rc;
}

/* --- slots --- */

static void write_key(FILE *file, const struct series_key *key)
{
	fprintf(file, "%s,%s,%s,%d,%d,%d,%d", key->agent, key->target, key->method, key->family,
		key->size, key->dscp, key->port);
}

/* Nanoseconds; empty where undefined, inf where infinite. */
static void write_delay(FILE *file, nsec delay)
{
	if (delay == NSEC_INFINITE)
		fputs(",inf", file);
	else if (delay == NSEC_UNDEFINED)
		fputc(',', file);
	else
		fprintf(file, ",%" PRId64, delay);
}

/* --- months --- */

static enum err add(struct pile *pile, nsec delay)
{
	if (pile->count == pile->room) {
		size_t room = pile->room == 0 ? 4096 : 2 * pile->room;
		nsec *items = realloc(pile->items, room * sizeof(*items));
		if (items == NULL)
			return E_MEMORY;
		pile->items = items;
		pile->room = room;
	}
	pile->items[pile->count++] = delay;
	return E_OK;
}

static int compare(const void *a, const void *b)
{
	nsec x = *(const nsec *)a;
	nsec y = *(const nsec *)b;
	return (x > y) - (x < y);
}

/* Nearest rank over all packets sent, lost ones behind all others. */
static nsec percentile(const struct pile *sorted, uint64_t sent, double p)
{
	size_t rank = (size_t)ceil(p * (double)sent * (1 - 1e-12));

	if (sent == 0)
		return NSEC_UNDEFINED;
	return rank > sorted->count ? NSEC_INFINITE : sorted->items[rank - 1];
}

static void write_month(FILE *file, struct month *month)
{
	if (month->period.until == 0)
		return;
	for (enum delay_kind kind = DELAY_RTT; kind <= DELAY_PDV; kind++) {
		if (month->piles[kind].count > 0)
			qsort(month->piles[kind].items, month->piles[kind].count, sizeof(nsec),
			      compare);
	}
	write_key(file, &month->key);
	fprintf(file, ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, month->name, month->slots,
		month->judged, month->sent, month->lost);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++)
		write_delay(file,
			    percentile(&month->piles[DELAY_RTT], month->sent, percentiles[i]));
	write_delay(file, percentile(&month->piles[DELAY_PDV], month->sent, 0.95));
	fputc('\n', file);
}

static enum err begin_month(struct month *month, nsec from)
{
	char day[CALENDAR_TEXT];

	calendar_format(from, day);
	snprintf(month->name, sizeof(month->name), "%.7s", day);
	month->slots = month->judged = month->sent = month->lost = 0;
	month->piles[DELAY_RTT].count = month->piles[DELAY_PDV].count = 0;
	return calendar_month(month->name, &month->period);
}

static enum err add_delays(struct month *month, const struct true_slot *slot)
{
	const struct sample *sample = slot->sample;
	enum err rc = E_OK;

	for (uint32_t i = 0; i < sample->expected && rc == E_OK; i++) {
		const struct singleton *one = &sample->singletons[i];
		if (one->outcome != OUTCOME_REPLIED)
			continue;
		rc = add(&month->piles[DELAY_RTT], one->round_trip);
		if (rc == E_OK)
			rc = add(&month->piles[DELAY_PDV],
				 one->round_trip - slot->summary->rtt_min);
	}
	return rc;
}

enum err truth_take(struct truth *truth, const struct true_slot *slot)
{
	struct month *month = &truth->open[slot->series];
	const struct summary *s = slot->summary;
	const struct slot_row row = {*slot->key, {*s, *slot->delays}};

	slot_row_write(truth->slots, &row);
	if (s->from >= month->period.until) {
		write_month(truth->months, month);
		month->key = *slot->key;
		enum err rc = begin_month(month, s->from);
		if (rc != E_OK)
			return rc;
	}
	month->slots++;
	month->answered |= summary_answered(s) > 0;
	if (!month->answered || !availability_judgeable(s))
		return E_OK;
	month->judged++;
	month->sent += s->sent;
	month->lost += s->lost;
	return add_delays(month, slot);
}

/* --- events --- */

void truth_tell_events(struct truth *truth, const struct series_key *key, const struct link *link)
{
	for (size_t i = 0; i < link->condition_count; i++) {
		const struct condition *condition = link->conditions[i];
		for (size_t k = 0; k < condition->span_count && !condition->always; k++) {
			char from[CALENDAR_TEXT];
			char until[CALENDAR_TEXT];
			calendar_format_iso(condition->spans[k].from, from);
			calendar_format_iso(condition->spans[k].until, until);
			fprintf(truth->events, "%s,%s,%s,%s,%d,%s,%s\n", condition->name,
				fate_name(condition->fate), key->agent, key->target, key->family,
				from, until);
		}
	}
}

enum err truth_close(struct truth *truth)
{
	if (truth == NULL)
		return E_OK;
	for (size_t i = 0; i < truth->most; i++)
		write_month(truth->months, &truth->open[i]);
	enum err rc = close_files(truth);
	destroy(truth);
	return rc;
}
