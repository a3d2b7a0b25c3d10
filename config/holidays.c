/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/holidays.h"

#include <stdio.h>
#include <string.h>

/* Days of the 400 years after which the calendar repeats, and of those before 1970-01-01 counted
 * from 0000-03-01: years that begin in March end with their leap day. */
enum { DAYS_PER_ERA = 146097, DAYS_TO_EPOCH = 719468, SUNDAY_TO_EPOCH = 4 };

civil_day civil_day_of(int year, int month, int day)
{
	int from_march = (month + 9) % 12;
	int march_year = year - (month <= 2);
	int era = march_year / 400;
	int year_of_era = march_year % 400;
	int day_of_year = (153 * from_march + 2) / 5 + day - 1;
	int day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

int civil_day_year(civil_day day)
{
	int year = 1970 + day / 366;

	while (civil_day_of(year + 1, 1, 1) <= day)
		year++;
	return year;
}

int civil_day_of_week(civil_day day)
{
	return (day + SUNDAY_TO_EPOCH) % 7;
}

static int digits(const char *text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = 10 * value + (text[i] - '0');
	}
	return value;
}

bool civil_day_parse(const char *text, civil_day *out)
{
	char again[CIVIL_DAY_TEXT];

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	int year = digits(text, 4);
	int month = digits(text + 5, 2);
	int day = digits(text + 8, 2);
	if (year < CIVIL_YEAR_LEAST || year > CIVIL_YEAR_MOST || month < 1 || month > 12 || day < 1)
		return false;
	civil_day parsed = civil_day_of(year, month, day);
	/* A day that its month has not reads back as one of the next. */
	civil_day_format(parsed, again);
	if (strcmp(text, again) != 0)
		return false;
	*out = parsed;
	return true;
}

void civil_day_format(civil_day day, char out[CIVIL_DAY_TEXT])
{
	int year = civil_day_year(day);
	int month = 12;

	while (civil_day_of(year, month, 1) > day)
		month--;
	snprintf(out, CIVIL_DAY_TEXT, "%04d-%02d-%02d", year, month,
		 day - civil_day_of(year, month, 1) + 1);
}

static const struct holiday_year *find_year(const struct holidays *holidays, int year)
{
	for (size_t i = 0; i < holidays->count; i++) {
		if (holidays->years[i].year == year)
			return &holidays->years[i];
	}
	return NULL;
}

bool holidays_know(const struct holidays *holidays, int year)
{
	return find_year(holidays, year) != NULL;
}

enum kind { KIND_ORDINARY, KIND_HOLIDAY, KIND_WORKED };

static enum kind kind_in(const struct holiday_year *year, civil_day day)
{
	for (size_t i = 0; year != NULL && i < year->count; i++) {
		const struct holiday *holiday = &year->items[i];
		if (day >= holiday->first && day <= holiday->last)
			return KIND_HOLIDAY;
		for (size_t k = 0; k < holiday->worked_count; k++) {
			if (holiday->worked[k] == day)
				return KIND_WORKED;
		}
	}
	return KIND_ORDINARY;
}

bool holidays_working(const struct holidays *holidays, civil_day day)
{
	int year = civil_day_year(day);
	int of_week = civil_day_of_week(day);
	/* What is published for the coming year may change the end of this one. */
	enum kind kind = kind_in(find_year(holidays, year + 1), day);

	if (kind == KIND_ORDINARY)
		kind = kind_in(find_year(holidays, year), day);
	return kind == KIND_WORKED || (kind == KIND_ORDINARY && of_week >= 1 && of_week <= 5);
}
