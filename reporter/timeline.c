/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/timeline.h"

#include "reporter/facts_inside.h"
#include "reporter/text/must.h"

#include <stdlib.h>

struct growing {
	struct timeline timeline;
	size_t stretch_capacity;
	size_t hour_capacity;
};

static void add_slot(struct growing *growing, const struct summary *slot, enum verdict verdict,
		     enum unknown_reason why)
{
	struct timeline *timeline = &growing->timeline;
	size_t count = timeline->stretch_count;
	struct stretch *last = count == 0 ? NULL : &timeline->stretches[count - 1];

	if (last != NULL && last->verdict == verdict && last->why == why &&
	    last->until == slot->from) {
		last->until = slot->until;
		return;
	}
	timeline->stretches = must_grow(timeline->stretches, count, &growing->stretch_capacity,
					sizeof(*timeline->stretches));
	timeline->stretches[timeline->stretch_count++] =
		(struct stretch){slot->from, slot->until, verdict, why};
}

static struct timeline_hour *add_hour(struct growing *growing, nsec from)
{
	struct timeline *timeline = &growing->timeline;

	timeline->hours = must_grow(timeline->hours, timeline->hour_count, &growing->hour_capacity,
				    sizeof(*timeline->hours));
	struct timeline_hour *hour = &timeline->hours[timeline->hour_count++];
	*hour = (struct timeline_hour){
		.from = from, .until = NSEC_UNDEFINED, .delays = delays_empty()};
	return hour;
}

/* The hour that a slot's packets belong to, begun where the one before is over. */
static struct timeline_hour *hour_of(struct growing *growing, const struct summary *slot)
{
	struct timeline *timeline = &growing->timeline;
	size_t count = timeline->hour_count;
	struct timeline_hour *hour = count == 0 ? NULL : &timeline->hours[count - 1];

	if (hour == NULL || hour->until <= slot->from) {
		hour = add_hour(growing, nsec_floor(slot->from, NSEC_PER_HOUR));
		hour->until = hour->from + NSEC_PER_HOUR;
	}
	if (hour->until < slot->until)
		hour->until = slot->until;
	return hour;
}

static void add_slots(struct growing *growing, const struct facts_rule *rule,
		      const struct record *record)
{
	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		if (!facts_has(record, slot))
			continue;
		enum verdict verdict = facts_verdict(rule, record, slot);
		struct timeline_hour *hour = hour_of(growing, slot);
		add_slot(growing, slot, verdict,
			 verdict == VERDICT_UNKNOWN ? facts_unknown_reason(record, slot)
						    : UNKNOWN_REASONS);
		if (verdict >= VERDICT_PLANNED)
			continue;
		hour->sent += slot->sent;
		hour->lost += slot->lost;
	}
}

static int compare_hours(const void *a, const void *b)
{
	const struct timeline_hour *x = a;
	const struct timeline_hour *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static void set_delays(struct timeline_hour *into, const struct record *record,
		       const struct hour *hour)
{
	struct delays served = facts_delays(record, hour, FIGURE_SCORED);

	into->delays = hour->delays;
	into->beyond = hour->beyond;
	into->left_out_slots = hour->delays.slots - served.slots;
	into->left_out_lost = hour->delays.lost - served.lost;
}

/* Both lists are in the order of time; an hour without slots in the period joins at the end. */
static void add_delays(struct growing *growing, const struct record *record)
{
	struct timeline *timeline = &growing->timeline;
	size_t slotted = timeline->hour_count;
	size_t at = 0;

	for (size_t i = 0; i < record->hour_count; i++) {
		const struct hour *hour = &record->hours[i];
		while (at < slotted && timeline->hours[at].from < hour->from)
			at++;
		bool found = at < slotted && timeline->hours[at].from == hour->from;
		set_delays(found ? &timeline->hours[at] : add_hour(growing, hour->from), record,
			   hour);
	}
	if (timeline->hour_count > slotted)
		qsort(timeline->hours, timeline->hour_count, sizeof(*timeline->hours),
		      compare_hours);
}

void timeline_make(const struct facts_rule *rule, const struct record *record, struct timeline *out)
{
	struct growing growing = {.timeline = {.period = record->period}};

	add_slots(&growing, rule, record);
	for (size_t i = 0; i < growing.timeline.hour_count; i++) {
		if (growing.timeline.hours[i].until > record->period.until)
			growing.timeline.hours[i].until = record->period.until;
	}
	add_delays(&growing, record);
	*out = growing.timeline;
}

void timeline_finish(struct timeline *timeline)
{
	free(timeline->stretches);
	free(timeline->hours);
	*timeline = (struct timeline){0};
}

struct delays *timeline_delays(const struct timeline *timeline, size_t *count)
{
	struct delays *rows = must_calloc(timeline->hour_count, sizeof(*rows));

	*count = 0;
	for (size_t i = 0; i < timeline->hour_count; i++) {
		const struct timeline_hour *hour = &timeline->hours[i];
		if (hour->delays.slots == hour->left_out_slots)
			continue;
		rows[*count] = hour->delays;
		rows[*count].slots -= hour->left_out_slots;
		rows[*count].lost -= hour->left_out_lost;
		++*count;
	}
	return rows;
}
