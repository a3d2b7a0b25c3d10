/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/crosscheck.h"
#include "reporter/facts_inside.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

const double percentiles[PERCENTILES] = {[P50] = 0.50, [P95] = 0.95, [P99] = 0.99};

void peak_add(struct peak_search *search, nsec at, double amount)
{
	nsec hour = nsec_floor(at, NSEC_PER_HOUR);

	if (hour != search->hour) {
		search->hour = hour;
		search->in_hour = 0;
	}
	search->in_hour += amount;
	search->total += amount;
	if (search->in_hour > search->most) {
		search->most = search->in_hour;
		search->best = hour;
	}
}

struct peak peak_of(const struct peak_search *search)
{
	if (!(search->total > 0))
		return (struct peak){NSEC_UNDEFINED, 0};
	return (struct peak){search->best, search->most / search->total};
}

/* The first slot that starts at t or later. */
static size_t first_slot_from(const struct record *record, nsec t)
{
	size_t low = 0;
	size_t high = record->slot_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (record->slots[middle].from >= t)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void take_out(struct delays *delays, const struct summary *slot)
{
	delays->lost -= delays->lost < slot->lost ? delays->lost : slot->lost;
	if (summary_answered(slot) == 0)
		delays->slots -= delays->slots > 0;
}

struct delays facts_delays(const struct record *record, const struct hour *hour, enum figure figure)
{
	struct delays delays = hour->delays;
	nsec end = hour->from + NSEC_PER_HOUR;

	if (record->first_reply == NSEC_UNDEFINED || end <= record->first_reply)
		return delays_empty();
	for (size_t i = first_slot_from(record, hour->from);
	     i < record->slot_count && record->slots[i].from < end; i++) {
		const struct summary *slot = &record->slots[i];
		if (!availability_judgeable(slot) || !(hour->beyond || facts_has(record, slot)))
			continue;
		if (facts_before_service(record, slot) || facts_is_planned(record, slot, figure) ||
		    (slot->flags & SLOT_LIMITED) != 0)
			take_out(&delays, slot);
	}
	return delays;
}

/* The slots that hours count, each hour's behind the other. */
struct hour_slots {
	struct smallest *all;
	struct row_slots *rows;
};

static size_t add_slots(const struct record *record, const struct hour *hour, enum figure figure,
			struct smallest *out)
{
	nsec end = hour->from + NSEC_PER_HOUR;
	size_t count = 0;

	for (size_t i = first_slot_from(record, hour->from);
	     i < record->slot_count && record->slots[i].from < end; i++) {
		const struct summary *slot = &record->slots[i];
		if (availability_judgeable(slot) && summary_answered(slot) > 0 &&
		    !facts_is_planned(record, slot, figure))
			out[count++] = (struct smallest){slot->rtt_min, summary_answered(slot)};
	}
	return count;
}

static struct hour_slots slots_of(const struct record *record, const struct hour *hours,
				  size_t count, enum figure figure)
{
	struct hour_slots slots = {
		.all = must_calloc(record->slot_count + 1, sizeof(*slots.all)),
		.rows = must_calloc(count + 1, sizeof(*slots.rows)),
	};
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		slots.rows[i].items = slots.all + used;
		slots.rows[i].count = add_slots(record, &hours[i], figure, slots.all + used);
		used += slots.rows[i].count;
	}
	return slots;
}

/* The hours since the first answer; the caller frees. */
static struct delays *hours_in_service(const struct record *record, enum figure figure,
				       size_t *count)
{
	struct delays *rows = must_calloc(record->hour_count, sizeof(*rows));

	*count = 0;
	for (size_t i = 0; i < record->hour_count; i++) {
		const struct hour *hour = &record->hours[i];
		if (record->first_reply == NSEC_UNDEFINED ||
		    hour->from + NSEC_PER_HOUR <= record->first_reply)
			continue;
		rows[(*count)++] = facts_delays(record, hour, figure);
	}
	return rows;
}

static struct delays merge(const struct delays *rows, size_t count)
{
	struct delays merged = delays_empty();

	for (size_t i = 0; i < count; i++)
		delays_merge(&merged, &rows[i]);
	return merged;
}

static void find_quantiles(const struct delays *rows, size_t count,
			   struct quantile out[DELAY_KINDS][PERCENTILES])
{
	for (enum delay_kind kind = DELAY_RTT; kind <= DELAY_PDV; kind++) {
		for (size_t p = 0; p < PERCENTILES; p++)
			out[kind][p] = delays_quantile(rows, count, kind, percentiles[p]);
	}
}

/* What the slots tell of the quantiles of the round trip. */
static void check_quantiles(const struct record *record, const struct delays *rows, size_t count,
			    enum figure figure, struct quantile out[DELAY_KINDS][PERCENTILES])
{
	const struct hour *hours = record->hours + (record->hour_count - count);
	struct hour_slots slots = slots_of(record, hours, count, figure);

	for (size_t p = 0; p < PERCENTILES; p++)
		out[DELAY_RTT][p].exact &=
			delays_check(rows, slots.rows, count, out[DELAY_RTT][p], percentiles[p]);
	free(slots.rows);
	free(slots.all);
}

static void count_scored(const struct facts_rule *rule, const struct record *record,
			 struct facts *facts)
{
	size_t count;
	struct delays *rows = hours_in_service(record, FIGURE_SCORED, &count);
	const struct hour *hours = record->hours + (record->hour_count - count);

	facts->delays = merge(rows, count);
	find_quantiles(rows, count, facts->quantile);
	check_quantiles(record, rows, count, FIGURE_SCORED, facts->quantile);
	for (size_t i = 0; i < count; i++)
		facts->beyond |= hours[i].beyond;
	for (enum delay_kind kind = DELAY_RTT; kind <= DELAY_PDV; kind++) {
		struct peak_search search = {.hour = NSEC_UNDEFINED};
		for (size_t i = 0; i < count; i++)
			peak_add(&search, hours[i].from,
				 delays_above(&rows[i], 1, kind, rule->full_points[kind]) +
					 (double)rows[i].lost);
		facts->delay_peak[kind] = peak_of(&search);
	}
	free(rows);
}

static void count_announced(const struct record *record, struct facts *facts)
{
	struct second_figure *second = &facts->announced;
	size_t count;

	if (!second->differs) {
		second->delays = facts->delays;
		memcpy(second->quantile, facts->quantile, sizeof(second->quantile));
		return;
	}
	struct delays *rows = hours_in_service(record, FIGURE_ANNOUNCED, &count);
	second->delays = merge(rows, count);
	find_quantiles(rows, count, second->quantile);
	check_quantiles(record, rows, count, FIGURE_ANNOUNCED, second->quantile);
	free(rows);
}

void facts_count_delays(const struct facts_rule *rule, const struct record *record,
			struct facts *facts)
{
	count_scored(rule, record, facts);
	count_announced(record, facts);
}
