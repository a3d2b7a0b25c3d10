/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A calendar says when a test runs: hours of the day on some days, in the local time of the
 * configuration's zone. A slot belongs where it starts. */
#ifndef NETGRADE_CONFIG_CALENDAR_H
#define NETGRADE_CONFIG_CALENDAR_H

#include "config/diagnostic.h"
#include "config/holidays.h"

#include <stdint.h>
#include <time.h>

enum { CALENDARS_MOST = 100, CALENDAR_MINUTES = 24 * 60 };

/* Half-open: minutes since local midnight. */
struct hours {
	uint16_t from;
	uint16_t until;
};

struct calendar_config {
	char *name;
	struct hours *hours; /* ascending, without overlap */
	size_t hours_count;
	uint8_t weekdays;	   /* bit 0 is Sunday; of no meaning beside holidays */
	struct holidays *holidays; /* NULL: days go by the week alone */
	char **holidays_named;	   /* built-in sets, and files by the path as they were opened */
	size_t holidays_named_count;
	struct place place; /* where the holidays, or else the calendar, are written */
};

enum calendar_verdict {
	CALENDAR_OPEN,
	CALENDAR_CLOSED,
	CALENDAR_NOT_KNOWN, /* the holidays of that year are not there */
};

/* What a calendar (NULL: always open) says of a local time; tm_year to tm_min are looked at. */
enum calendar_verdict calendar_config_at(const struct calendar_config *calendar,
					 const struct tm *local);

/* Whether the calendar, by holidays, lacks those of a year. */
bool calendar_config_lacks(const struct calendar_config *calendar, int year);

/* The day of a local time. */
civil_day calendar_config_day(const struct tm *local);

struct config;

/* Looks at the calendars that tests use: an error where this year's holidays are missing, a warning
 * where the coming year's are and it begins in 60 days or less. */
void calendar_config_check(const struct config *config, const struct tm *today,
			   struct diagnostics *diagnostics);

/* The year that begins in 60 days or less, 0 if none does. */
int calendar_config_coming(const struct tm *today);

/* "09:00-12:00". */
enum { HOURS_TEXT = 16 };
bool hours_parse(const char *text, struct hours *out);
void hours_format(struct hours hours, char out[HOURS_TEXT]);

#endif
