/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/random_month.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"
#include "tests/unit/made_network.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MS   NSEC_PER_MSEC
#define MIN  NSEC_PER_MIN
#define HOUR NSEC_PER_HOUR
#define DAY  NSEC_PER_DAY

static const char *const zones[] = {"Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin",
				    "America/Sao_Paulo", "UTC"};
static const nsec intervals[] = {30 * MIN, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR};

/* What happens in the month, over and above the losses of every day. */
enum trouble { OUTAGE, GAP, TAINTED, ISOLATED, UNSENT, SLOW, TROUBLES };

enum { EVENTS = 8, CHANGES = 3 };

struct event {
	enum trouble trouble;
	struct period period;
};

struct story {
	struct event events[EVENTS];
	size_t event_count;
	nsec changes[CHANGES]; /* a new interval and number of packets from here on */
	nsec interval[CHANGES + 1];
	uint32_t packets[CHANGES + 1];
	bool working_hours; /* nights are not scheduled */
	nsec starts;	    /* nothing is on record before */
	double loss;
	nsec least;
	double spread;
};

static size_t below(struct random *random, size_t bound)
{
	return (size_t)random_below(random, bound);
}

static bool one_in(struct random *random, size_t bound)
{
	return random_below(random, bound) == 0;
}

static nsec within(struct random *random, struct period period)
{
	nsec minutes = (period.until - period.from) / MIN;

	return period.from + (nsec)random_below(random, (uint64_t)minutes) * MIN;
}

static struct period random_period(struct random *random)
{
	char text[24];
	struct period month;

	assert(calendar_use_zone(zones[below(random, sizeof(zones) / sizeof(zones[0]))]) == E_OK);
	snprintf(text, sizeof(text), "%u-%02u", 2015 + (unsigned)below(random, 14),
		 1 + (unsigned)below(random, 12));
	enum err rc = calendar_month(text, &month);
	assert(rc == E_OK);
	(void)rc;
	return month;
}

static struct window random_window(struct random *random, struct period month)
{
	struct period around = {month.from - 3 * DAY, month.until + DAY};
	nsec from = within(random, around);
	struct window window = {
		.period = {from, from + (1 + (nsec)below(random, 900)) * MIN},
		.entered_at = from - (nsec)below(random, 2880) * MIN,
		.cancelled_at = NSEC_INFINITE,
	};

	if (one_in(random, 4))
		window.cancelled_at =
			window.period.from + (nsec)below(random, 1200) * MIN - 5 * HOUR;
	return window;
}

static struct event random_event(struct random *random, struct period month)
{
	struct period around = {month.from - DAY, month.until};
	nsec from = within(random, around);

	return (struct event){(enum trouble)below(random, TROUBLES),
			      {from, from + (1 + (nsec)below(random, 2000)) * MIN}};
}

static struct story random_story(struct random *random, struct period month)
{
	struct story story = {
		.event_count = below(random, EVENTS + 1),
		.working_hours = one_in(random, 4),
		.starts = one_in(random, 5) ? within(random, month) : month.from - DAY,
		.loss = one_in(random, 2) ? 0.002 : random_unit(random) * 0.15,
		.least = (2 + (nsec)below(random, 30)) * MS,
		.spread = random_unit(random) * 20e6,
	};

	for (size_t i = 0; i < story.event_count; i++)
		story.events[i] = random_event(random, month);
	for (size_t i = 0; i <= CHANGES; i++) {
		story.interval[i] = intervals[below(random, 5)];
		story.packets[i] = 1 + (uint32_t)below(random, MONTH_PACKETS);
	}
	for (size_t i = 0; i < CHANGES; i++)
		story.changes[i] = one_in(random, 2) ? within(random, month) : month.until + DAY;
	for (size_t i = 1; i < CHANGES; i++) {
		if (story.changes[i] < story.changes[i - 1])
			story.changes[i] = story.changes[i - 1];
	}
	return story;
}

static bool happens(const struct story *story, struct period slot, enum trouble trouble)
{
	for (size_t i = 0; i < story->event_count; i++) {
		const struct event *event = &story->events[i];
		if (event->trouble == trouble && event->period.from < slot.until &&
		    event->period.until > slot.from)
			return true;
	}
	return false;
}

static bool is_night(struct period slot)
{
	nsec hour = (slot.from / HOUR) % 24;

	return hour < 6;
}

static uint32_t flags_of(const struct story *story, struct period slot)
{
	uint32_t flags = 0;

	if (slot.from < story->starts || happens(story, slot, GAP))
		return SLOT_NO_RECORD;
	if (story->working_hours && is_night(slot))
		return SLOT_UNSCHEDULED;
	flags |= happens(story, slot, TAINTED) ? SLOT_TAINTED : 0;
	flags |= happens(story, slot, ISOLATED) ? SLOT_ISOLATED : 0;
	return flags;
}

static nsec random_trip(struct random *random, const struct story *story, struct period slot)
{
	if (happens(story, slot, UNSENT) && one_in(random, 2))
		return NSEC_UNDEFINED;
	if (happens(story, slot, OUTAGE) || random_unit(random) < story->loss)
		return NSEC_INFINITE;
	double more = -story->spread * log(1 - random_unit(random)) / 4;
	return story->least + (nsec)more + (happens(story, slot, SLOW) ? 60 * MS : 0);
}

static struct month_slot *add_slot(struct random_month *month, struct period slot, uint32_t flags)
{
	month->slots =
		must_grow(month->slots, month->slot_count, &month->capacity, sizeof(*month->slots));
	struct month_slot *out = &month->slots[month->slot_count++];
	*out = (struct month_slot){.slot = slot, .flags = flags};
	return out;
}

/* Flags as who measures sets them; now and then it has not noticed a window. */
static void flag(struct random *random, const struct random_month *month, struct month_slot *slot,
		 struct planned_path *planned)
{
	if ((slot->flags & (SLOT_NO_RECORD | SLOT_UNSCHEDULED)) != 0)
		return;
	(void)month;
	bool is_planned = planned_at(planned, slot->slot) == PLANNED_COUNTED;
	if (is_planned != one_in(random, 200))
		slot->flags |= SLOT_PLANNED;
}

static void measure(struct random *random, struct random_month *month, const struct story *story)
{
	struct planned_path *planned;
	enum err rc = planned_create(&month->rule, month->windows, month->window_count, &planned);
	nsec until = month->period.until + DAY;
	size_t epoch = 0;

	assert(rc == E_OK);
	(void)rc;
	for (nsec at = nsec_floor(month->period.from - DAY, 8 * HOUR); at < until;) {
		while (epoch < CHANGES && story->changes[epoch] <= at)
			epoch++;
		nsec end = nsec_floor(at, story->interval[epoch]) + story->interval[epoch];
		struct period span = {at, end};
		/* What a changed interval leaves over is shorter than a slot, and not on record. */
		bool whole = end - at == story->interval[epoch];
		struct month_slot *slot =
			add_slot(month, span, whole ? flags_of(story, span) : SLOT_NO_RECORD);
		flag(random, month, slot, planned);
		if ((slot->flags & (SLOT_NO_RECORD | SLOT_UNSCHEDULED)) == 0)
			slot->count = story->packets[epoch];
		for (uint32_t i = 0; i < slot->count; i++)
			slot->trips[i] = random_trip(random, story, span);
		at = end;
	}
	planned_destroy(planned);
}

void random_month_make(struct random *random, struct random_month *out)
{
	struct random_month month = {
		.period = random_period(random),
		.rule = {.notice = (nsec)below(random, 3) * 12 * HOUR,
			 .allowance = (nsec)below(random, 13) * HOUR},
		.window_count = below(random, MONTH_WINDOWS + 1),
	};
	struct story story = random_story(random, month.period);

	for (size_t i = 0; i < month.window_count; i++)
		month.windows[i] = random_window(random, month.period);
	measure(random, &month, &story);
	*out = month;
}

void random_month_finish(struct random_month *month)
{
	free(month->slots);
	*month = (struct random_month){0};
}

static bool has(const struct random_month *month, const struct month_slot *slot)
{
	return slot->slot.from >= month->period.from && slot->slot.from < month->period.until;
}

bool random_month_pick(const struct random_month *month, struct random *random, size_t *slot,
		       size_t *packet)
{
	for (size_t attempt = 0; attempt < 200; attempt++) {
		size_t i = below(random, month->slot_count);
		const struct month_slot *picked = &month->slots[i];
		if (!has(month, picked) || picked->count == 0)
			continue;
		size_t k = below(random, picked->count);
		if (picked->trips[k] == NSEC_INFINITE || picked->trips[k] == NSEC_UNDEFINED)
			continue;
		*slot = i;
		*packet = k;
		return true;
	}
	return false;
}

static void add_hour(struct month_record *record, const struct random_month *month,
		     const struct summary *summary, const struct delays *delays)
{
	struct record *r = &record->record;
	nsec hour = nsec_floor(summary->from, HOUR);
	bool beyond = summary->from < month->period.from || summary->from >= month->period.until;

	if (delays->slots == 0 || hour + HOUR <= month->period.from || hour >= month->period.until)
		return;
	if (r->hour_count == 0 || record->hours[r->hour_count - 1].from != hour)
		record->hours[r->hour_count++] =
			(struct hour){.from = hour, .delays = delays_empty()};
	record->hours[r->hour_count - 1].beyond |= beyond;
	delays_merge(&record->hours[r->hour_count - 1].delays, delays);
}

void month_record_make(const struct random_month *month, struct month_record *out)
{
	struct month_record made = {
		.summaries = must_calloc(month->slot_count, sizeof(*made.summaries)),
		.hours = must_calloc(month->slot_count, sizeof(*made.hours)),
		.record = {.period = month->period,
			   .settled = month->period.until + DAY,
			   .first_slot = NSEC_UNDEFINED,
			   .first_reply = NSEC_UNDEFINED,
			   .slot_count = month->slot_count},
	};
	struct record *record = &made.record;
	enum err rc =
		planned_create(&month->rule, month->windows, month->window_count, &record->planned);

	assert(rc == E_OK);
	(void)rc;
	for (size_t i = 0; i < month->slot_count; i++) {
		const struct month_slot *slot = &month->slots[i];
		struct delays delays;
		if ((slot->flags & (SLOT_NO_RECORD | SLOT_UNSCHEDULED)) != 0) {
			made.summaries[i] = summary_absent(slot->slot, (enum slot_flag)slot->flags);
		} else {
			made_slot(slot->slot, slot->trips, slot->count, slot->flags,
				  &made.summaries[i], &delays);
			add_hour(&made, month, &made.summaries[i], &delays);
		}
		if (record->first_slot == NSEC_UNDEFINED && (slot->flags & SLOT_NO_RECORD) == 0)
			record->first_slot = slot->slot.from;
		if (record->first_reply == NSEC_UNDEFINED &&
		    summary_answered(&made.summaries[i]) > 0)
			record->first_reply = slot->slot.from;
	}
	record->slots = made.summaries;
	record->hours = made.hours;
	*out = made;
}

void month_record_finish(struct month_record *record)
{
	planned_destroy(record->record.planned);
	free(record->summaries);
	free(record->hours);
	*record = (struct month_record){0};
}
