/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/calendar.h"
#include "config/config.h"

#include <ctype.h>
#include <string.h>

enum { COMING_DAYS = 60 };

/* "09:30" to minutes; −1 where it is none. */
static int clock_time(const char *text)
{
	for (int i = 0; i < 5; i++) {
		if (i == 2 ? text[i] != ':' : !isdigit((unsigned char)text[i]))
			return -1;
	}
	int hour = 10 * (text[0] - '0') + (text[1] - '0');
	int minute = 10 * (text[3] - '0') + (text[4] - '0');
	return minute > 59 ? -1 : 60 * hour + minute;
}

bool hours_parse(const char *text, struct hours *out)
{
	if (strlen(text) != 11 || text[5] != '-')
		return false;
	int from = clock_time(text);
	int until = clock_time(text + 6);
	if (from < 0 || from >= CALENDAR_MINUTES || until < 0 || until > CALENDAR_MINUTES)
		return false;
	*out = (struct hours){(uint16_t)from, (uint16_t)until};
	return true;
}

void hours_format(struct hours hours, char out[HOURS_TEXT])
{
	snprintf(out, HOURS_TEXT, "%02d:%02d-%02d:%02d", hours.from / 60 % 100, hours.from % 60,
		 hours.until / 60 % 100, hours.until % 60);
}

civil_day calendar_config_day(const struct tm *local)
{
	return civil_day_of(local->tm_year + 1900, local->tm_mon + 1, local->tm_mday);
}

static bool in_hours(const struct calendar_config *calendar, const struct tm *local)
{
	int minute = 60 * local->tm_hour + local->tm_min;

	for (size_t i = 0; i < calendar->hours_count; i++) {
		if (minute >= calendar->hours[i].from && minute < calendar->hours[i].until)
			return true;
	}
	return false;
}

bool calendar_config_lacks(const struct calendar_config *calendar, int year)
{
	return calendar->holidays != NULL && !holidays_know(calendar->holidays, year);
}

enum calendar_verdict calendar_config_at(const struct calendar_config *calendar,
					 const struct tm *local)
{
	if (calendar == NULL)
		return CALENDAR_OPEN;
	if (!in_hours(calendar, local))
		return CALENDAR_CLOSED;
	civil_day day = calendar_config_day(local);
	bool open;
	if (calendar->holidays == NULL) {
		open = (calendar->weekdays >> civil_day_of_week(day) & 1) != 0;
	} else {
		if (calendar_config_lacks(calendar, local->tm_year + 1900))
			return CALENDAR_NOT_KNOWN;
		open = holidays_working(calendar->holidays, day);
	}
	return open ? CALENDAR_OPEN : CALENDAR_CLOSED;
}

int calendar_config_coming(const struct tm *today)
{
	int year = today->tm_year + 1900 + 1;

	return civil_day_of(year, 1, 1) - calendar_config_day(today) <= COMING_DAYS ? year : 0;
}

static bool is_used(const struct config *config, const struct calendar_config *calendar)
{
	for (size_t i = 0; i < config->test_count; i++) {
		if (config->tests[i].calendar == calendar)
			return true;
	}
	return false;
}

static void tell(const struct config *config, size_t index, int year,
		 struct diagnostics *diagnostics, enum severity severity)
{
	char key[64];

	snprintf(key, sizeof(key), "calendars[%zu].holidays", index);
	diagnostics_add(diagnostics, severity, config->calendars[index].place, key,
			"the holidays of %d are not known, %s; add what was published for %d, "
			"in a file of this list or under years (--help-config lists the keys), or "
			"install a version of netgrade that has it",
			year,
			severity == SEVERITY_ERROR
				? "so the working days of this year cannot be told"
				: "which begins soon: from then on nothing would be measured by "
				  "this calendar",
			year);
}

void calendar_config_check(const struct config *config, const struct tm *today,
			   struct diagnostics *diagnostics)
{
	int year = today->tm_year + 1900;
	int coming = calendar_config_coming(today);

	for (size_t i = 0; i < config->calendar_count; i++) {
		const struct calendar_config *calendar = &config->calendars[i];
		if (!is_used(config, calendar))
			continue;
		if (calendar_config_lacks(calendar, year))
			tell(config, i, year, diagnostics, SEVERITY_ERROR);
		if (coming != 0 && calendar_config_lacks(calendar, coming))
			tell(config, i, coming, diagnostics, SEVERITY_WARNING);
	}
}
