/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holidays say of the days of some years which are holidays and which days off are worked to make
 * up for them. They know what was published and nothing else: of another year they say nothing. */
#ifndef NETGRADE_CONFIG_HOLIDAYS_H
#define NETGRADE_CONFIG_HOLIDAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A day of the calendar, counted from 1970-01-01. */
typedef int32_t civil_day;

enum { CALENDAR_YEARS_MOST = 100 };
enum { CIVIL_DAY_TEXT = 40, CIVIL_YEAR_LEAST = 1970, CIVIL_YEAR_MOST = 2200 };

/* The Gregorian calendar; month 1 to 12. */
civil_day civil_day_of(int year, int month, int day);
int civil_day_year(civil_day day);
int civil_day_of_week(civil_day day); /* 0 is Sunday */

/* "2026-10-01"; false where text is no day of the years above. */
bool civil_day_parse(const char *text, civil_day *out);
void civil_day_format(civil_day day, char out[CIVIL_DAY_TEXT]);

struct holiday {
	char *zh;
	char *en;
	civil_day first;
	civil_day last; /* itself a holiday */
	civil_day *worked;
	size_t worked_count;
};

/* What one publication says of a year; it may reach back into the December before. */
struct holiday_year {
	int year;
	char *document; /* its number; "" if it has none */
	char *title;
	char *date; /* of publication; "" if not given */
	struct holiday *items;
	size_t count;
};

struct holidays {
	struct holiday_year *years; /* ascending, each once */
	size_t count;
};

bool holidays_know(const struct holidays *holidays, int year);

/* Whether people work on a day of a year that is known: Monday to Friday unless it is a holiday,
 * and the days that make up for one. */
bool holidays_working(const struct holidays *holidays, civil_day day);

#endif
