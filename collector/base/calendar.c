/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char zone_folder[] = "/usr/share/zoneinfo";

enum err calendar_use_zone(const char *name)
{
	struct stat status;
	char path[256];

	if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL)
		return E_NOT_FOUND;
	if (strcmp(name, "UTC") != 0) {
		int len = snprintf(path, sizeof(path), "%s/%s", zone_folder, name);
		if (len < 0 || (size_t)len >= sizeof(path) || access(path, R_OK) != 0 ||
		    stat(path, &status) != 0 || !S_ISREG(status.st_mode))
			return E_NOT_FOUND;
	}
	if (setenv("TZ", name, 1) != 0)
		return E_MEMORY;
	tzset();
	return E_OK;
}

/* Local fields to an instant; refuses fields that normalisation would change. */
static enum err to_instant(const struct tm *fields, nsec *out)
{
	struct tm tm = *fields;
	tm.tm_isdst = -1;
	time_t t = mktime(&tm);

	if (t == (time_t)-1 && tm.tm_year != 69 && tm.tm_year != 70)
		return E_RANGE;
	if (tm.tm_mon != fields->tm_mon || tm.tm_mday != fields->tm_mday ||
	    tm.tm_hour != fields->tm_hour || tm.tm_min != fields->tm_min ||
	    tm.tm_sec != fields->tm_sec)
		return E_RANGE;
	*out = (nsec)t * NSEC_PER_SEC;
	return E_OK;
}

static bool is_before(time_t t, const struct tm *day)
{
	struct tm at;

	localtime_r(&t, &at);
	return at.tm_year < day->tm_year ||
	       (at.tm_year == day->tm_year && at.tm_yday < day->tm_yday);
}

/* The first second of the day. Midnight is not asked for: a change of clocks may leave it out, or
 * repeat it. */
static enum err day_start(int year, int month, int day, nsec *out)
{
	struct tm noon = {
		.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12};
	noon.tm_isdst = -1;
	time_t high = mktime(&noon);

	if (high == (time_t)-1 && year != 1969 && year != 1970)
		return E_RANGE;
	time_t low = high - 86400;
	while (high - low > 1) {
		time_t middle = low + (high - low) / 2;
		if (is_before(middle, &noon))
			low = middle;
		else
			high = middle;
	}
	*out = (nsec)high * NSEC_PER_SEC;
	return E_OK;
}

static int digits(const char *text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static enum err check_year_month(int year, int month)
{
	if (year < 0 || month < 0)
		return E_SYNTAX;
	if (year < 1970 || year > 2200 || month < 1 || month > 12)
		return E_RANGE;
	return E_OK;
}

enum err calendar_month(const char *text, struct period *out)
{
	if (strlen(text) != 7 || text[4] != '-')
		return E_SYNTAX;
	int year = digits(text, 4);
	int month = digits(text + 5, 2);
	enum err rc = check_year_month(year, month);
	if (rc != E_OK)
		return rc;
	struct period period;
	rc = day_start(year, month, 1, &period.from);
	if (rc == E_OK)
		rc = day_start(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1,
			       &period.until);
	if (rc == E_OK)
		*out = period;
	return rc;
}

enum err calendar_parse(const char *text, nsec *out)
{
	size_t len = strlen(text);

	if (len != 10 && len != 16 && len != 19)
		return E_SYNTAX;
	if (text[4] != '-' || text[7] != '-')
		return E_SYNTAX;
	if (len >= 16 && ((text[10] != 'T' && text[10] != ' ') || text[13] != ':'))
		return E_SYNTAX;
	if (len == 19 && text[16] != ':')
		return E_SYNTAX;
	int year = digits(text, 4);
	int month = digits(text + 5, 2);
	int day = digits(text + 8, 2);
	int hour = len >= 16 ? digits(text + 11, 2) : 0;
	int minute = len >= 16 ? digits(text + 14, 2) : 0;
	int second = len == 19 ? digits(text + 17, 2) : 0;
	if (day < 0 || hour < 0 || minute < 0 || second < 0)
		return E_SYNTAX;
	enum err rc = check_year_month(year, month);
	if (rc != E_OK)
		return rc;
	if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
		return E_RANGE;
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	if (len == 10) {
		/* A noon exists on every day, which proves the date before its start is sought. */
		nsec noon;
		tm.tm_hour = 12;
		rc = to_instant(&tm, &noon);
		return rc == E_OK ? day_start(year, month, day, out) : rc;
	}
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	return to_instant(&tm, out);
}

struct tm calendar_local(nsec t)
{
	time_t seconds = (time_t)(nsec_floor(t, NSEC_PER_SEC) / NSEC_PER_SEC);
	struct tm tm = {0};
	localtime_r(&seconds, &tm);
	return tm;
}

void calendar_format(nsec t, char out[CALENDAR_TEXT])
{
	struct tm tm = calendar_local(t);
	strftime(out, CALENDAR_TEXT, tm.tm_sec == 0 ? "%Y-%m-%d %H:%M" : "%Y-%m-%d %H:%M:%S", &tm);
}

void calendar_format_iso(nsec t, char out[CALENDAR_TEXT])
{
	struct tm tm = calendar_local(t);
	size_t len = strftime(out, CALENDAR_TEXT, "%Y-%m-%dT%H:%M:%S%z", &tm);

	/* strftime gives +0800; RFC 3339 wants +08:00. */
	if (len >= 5 && len + 1 < CALENDAR_TEXT) {
		memmove(out + len - 1, out + len - 2, 3);
		out[len - 2] = ':';
	}
}

nsec calendar_next_midnight(nsec t)
{
	struct tm tm = calendar_local(t);
	tm.tm_mday += 1;
	tm.tm_hour = 12;
	tm.tm_min = 0;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	mktime(&tm);
	nsec start = t;
	(void)!day_start(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &start);
	return start;
}

struct period calendar_month_of(nsec t)
{
	struct tm tm = calendar_local(t);
	int year = tm.tm_year + 1900;
	int month = tm.tm_mon + 1;
	struct period period = {t, t};

	(void)!day_start(year, month, 1, &period.from);
	(void)!day_start(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1,
			 &period.until);
	return period;
}
