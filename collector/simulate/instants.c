/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/instants.h"
#include "collector/base/calendar.h"

#include <string.h>
#include <time.h>

static int two_digits(const char *text)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	return (text[0] - '0') * 10 + (text[1] - '0');
}

/* "19:30" at the beginning of text. */
static bool parse_time_of_day(const char *text, nsec *out)
{
	if (strlen(text) < 5 || text[2] != ':')
		return false;
	int hour = two_digits(text);
	int minute = two_digits(text + 3);
	if (hour < 0 || minute < 0 || minute > 59 || hour > 24 || (hour == 24 && minute > 0))
		return false;
	*out = hour * NSEC_PER_HOUR + minute * NSEC_PER_MIN;
	return true;
}

bool instants_time_of_day(const struct reading *reading, struct section *section,
			  struct value *value, nsec *out)
{
	if (!value_known(value))
		return false;
	if (strlen(value->text) == 5 && parse_time_of_day(value->text, out))
		return true;
	section_complain(reading, section, value,
			 "\"%.40s\" is no time of day; write one such as 19:30", value->text);
	return false;
}

bool instants_read(const struct reading *reading, struct section *section, struct value *value,
		   nsec *out)
{
	if (value->state == VALUE_ABSENT)
		return true;
	if (!value_known(value))
		return false;
	enum err rc = calendar_parse(value->text, out);
	if (rc == E_OK)
		return true;
	section_complain(reading, section, value,
			 rc == E_RANGE
				 ? "\"%.40s\" does not exist in the configuration's time zone, or "
				   "twice; that one needs its offset, such as "
				   "2026-10-25T02:30+01:00"
				 : "\"%.40s\" is no local time; write one such as "
				   "2026-09-08T10:14",
			 value->text);
	return false;
}

/* Local clock time on the day of an instant; a time that a change of clocks leaves out is the
 * instant of that change or near it. */
static nsec on_day(nsec day, nsec since_midnight)
{
	time_t seconds = (time_t)(day / NSEC_PER_SEC);
	struct tm tm;

	localtime_r(&seconds, &tm);
	tm.tm_hour = (int)(since_midnight / NSEC_PER_HOUR);
	tm.tm_min = (int)(since_midnight % NSEC_PER_HOUR / NSEC_PER_MIN);
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (nsec)mktime(&tm) * NSEC_PER_SEC;
}

static void add(struct spans *spans, struct period span, struct period within)
{
	if (span.from < within.from)
		span.from = within.from;
	if (span.until > within.until)
		span.until = within.until;
	if (span.from < span.until)
		spans->items[spans->count++] = span;
}

/* Hours that end before they begin reach into the next day. */
static struct spans daily(struct arena *arena, struct period hours, struct period within)
{
	size_t days = (size_t)((within.until - within.from) / NSEC_PER_DAY) + 4;
	struct spans spans = {arena_zeroed(arena, days, sizeof(*spans.items)), 0};
	nsec day = within.from - NSEC_PER_DAY;

	for (size_t i = 0; i < days && day < within.until; i++) {
		struct period span = {on_day(day, hours.from), on_day(day, hours.until)};
		nsec next = calendar_next_midnight(day);
		if (hours.until <= hours.from)
			span.until = on_day(next, hours.until);
		add(&spans, span, within);
		day = next;
	}
	return spans;
}

static bool parse_hours(const char *text, struct period *out)
{
	return strlen(text) == 11 && text[5] == '-' && parse_time_of_day(text, &out->from) &&
	       parse_time_of_day(text + 6, &out->until) && out->from != out->until;
}

bool instants_spans(const struct reading *reading, struct section *section,
		    struct draft_span *draft, struct period bounds, struct spans *out)
{
	struct period within = bounds;
	struct period hours;

	if (!instants_read(reading, section, &draft->from, &within.from) ||
	    !instants_read(reading, section, &draft->until, &within.until))
		return false;
	if (within.from >= within.until || within.from >= bounds.until ||
	    within.until <= bounds.from) {
		section_complain(reading, section,
				 value_known(&draft->until) ? &draft->until : &draft->from,
				 within.from < bounds.until && within.until > bounds.from
					 ? "it is over before it begins; put until after from"
					 : "it lies outside the scenario's own from and until");
		return false;
	}
	within.from = within.from > bounds.from ? within.from : bounds.from;
	within.until = within.until < bounds.until ? within.until : bounds.until;
	if (draft->hours.state == VALUE_ABSENT) {
		*out = (struct spans){arena_zeroed(reading->arena, 1, sizeof(within)), 0};
		add(out, within, within);
		return true;
	}
	if (!value_known(&draft->hours))
		return false;
	if (!parse_hours(draft->hours.text, &hours)) {
		section_complain(reading, section, &draft->hours,
				 "\"%.40s\" are no hours; write them such as 19:00-23:00",
				 draft->hours.text);
		return false;
	}
	*out = daily(reading->arena, hours, within);
	return true;
}
