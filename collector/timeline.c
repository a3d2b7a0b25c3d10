/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/timeline.h"
#include "collector/base/calendar.h"

#include <stdlib.h>

/* A slot may begin so long before the period and reach into it. */
static const nsec slot_most = 8 * NSEC_PER_HOUR;

static enum err append(struct spans *spans, struct period span)
{
	if (spans->count > 0 && spans->items[spans->count - 1].until >= span.from) {
		spans->items[spans->count - 1].until = span.until;
		return E_OK;
	}
	/* The room doubles: it is full whenever the count is a power of two. */
	if ((spans->count & (spans->count - 1)) == 0) {
		size_t room = spans->count == 0 ? 1 : 2 * spans->count;
		struct period *items = realloc(spans->items, room * sizeof(*items));
		if (items == NULL)
			return E_MEMORY;
		spans->items = items;
	}
	spans->items[spans->count++] = span;
	return E_OK;
}

static bool is_open(const struct calendar_config *calendar, nsec at)
{
	struct tm local = calendar_local(at);

	return calendar_config_at(calendar, &local) == CALENDAR_OPEN;
}

/* When a calendar is open. It changes between minutes only. */
static enum err find_open(const struct calendar_config *calendar, struct period period,
			  struct spans *out)
{
	enum err rc = E_OK;

	for (nsec at = nsec_floor(period.from, NSEC_PER_MIN); rc == E_OK && at < period.until;
	     at += NSEC_PER_MIN) {
		if (is_open(calendar, at))
			rc = append(out, (struct period){at, at + NSEC_PER_MIN});
	}
	return rc;
}

static struct period cut(struct period span, struct period to)
{
	return (struct period){
		span.from > to.from ? span.from : to.from,
		span.until < to.until ? span.until : to.until,
	};
}

/* The slots that start while the calendar is open. */
static enum err add_slots(const struct spans *open, nsec interval, struct period period,
			  struct spans *out)
{
	enum err rc = E_OK;

	for (size_t i = 0; rc == E_OK && i < open->count; i++) {
		struct period slots = {nsec_ceil(open->items[i].from, interval),
				       nsec_ceil(open->items[i].until, interval)};
		slots = cut(slots, period);
		if (slots.from < slots.until)
			rc = append(out, slots);
	}
	return rc;
}

/* All tests of one calendar at once, so that it is looked at once. */
static enum err add_tests(struct timeline *timeline, const struct config *config,
			  const struct calendar_config *calendar)
{
	struct period looked_at = {timeline->period.from - slot_most, timeline->period.until};
	struct spans open = {0};

	enum err rc = find_open(calendar, looked_at, &open);
	for (size_t i = 0; rc == E_OK && i < config->test_count; i++) {
		const struct test_config *test = &config->tests[i];
		if (test->calendar == calendar)
			rc = add_slots(&open, test->interval_ns, timeline->period,
				       &timeline->tests[i]);
	}
	free(open.items);
	return rc;
}

static enum err fill(struct timeline *timeline, const struct config *config)
{
	enum err rc = append(&timeline->always, timeline->period);

	for (size_t i = 0; rc == E_OK && i < config->test_count; i++) {
		if (config->tests[i].calendar == NULL)
			rc = append(&timeline->tests[i], timeline->period);
	}
	for (size_t i = 0; rc == E_OK && i < config->calendar_count; i++)
		rc = add_tests(timeline, config, &config->calendars[i]);
	return rc;
}

enum err timeline_create(const struct config *config, struct period period, struct timeline **out)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (timeline == NULL)
		return E_MEMORY;
	timeline->period = period;
	timeline->test_count = config->test_count;
	timeline->tests = calloc(config->test_count, sizeof(*timeline->tests));
	enum err rc = timeline->tests == NULL ? E_MEMORY : fill(timeline, config);
	if (rc != E_OK) {
		timeline_destroy(timeline);
		return rc;
	}
	*out = timeline;
	return E_OK;
}

void timeline_destroy(struct timeline *timeline)
{
	if (timeline == NULL)
		return;
	for (size_t i = 0; timeline->tests != NULL && i < timeline->test_count; i++)
		free(timeline->tests[i].items);
	free(timeline->tests);
	free(timeline->always.items);
	free(timeline);
}

const struct spans *timeline_spans(const struct timeline *timeline, size_t test)
{
	return test == CONFIG_NONE ? &timeline->always : &timeline->tests[test];
}

bool spans_contain(const struct spans *spans, nsec at)
{
	size_t low = 0;
	size_t high = spans->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (spans->items[middle].until <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < spans->count && spans->items[low].from <= at;
}

nsec spans_within(const struct spans *spans, struct period period)
{
	nsec covered = 0;

	for (size_t i = 0; i < spans->count; i++) {
		struct period part = cut(spans->items[i], period);
		if (part.from < part.until)
			covered += part.until - part.from;
	}
	return covered;
}
