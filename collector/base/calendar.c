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

enum { DAY = 86400, WEEK = 7, OFFSET_LENGTH = 6 };

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

static bool shows(const struct tm *a, const struct tm *b)
{
	return a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
	       a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

/* The instant at which clocks show the fields, if they are as far from UTC then as at another. */
static bool find_instant(const struct tm *fields, time_t as_utc, time_t other, time_t *out)
{
	struct tm tm;

	if (localtime_r(&other, &tm) == NULL)
		return false;
	*out = as_utc - tm.tm_gmtoff;
	return localtime_r(out, &tm) != NULL && shows(&tm, fields);
}

/* Local fields to an instant. mktime() would choose between the two instants of a repeated time by
 * what it was asked before. */
static enum err to_instant(const struct tm *fields, nsec *out)
{
	struct tm tm = *fields;
	time_t as_utc = timegm(&tm);
	time_t earlier;
	time_t later;
	bool by_earlier = find_instant(fields, as_utc, as_utc - DAY, &earlier);
	bool by_later = find_instant(fields, as_utc, as_utc + DAY, &later);

	if ((!by_earlier && !by_later) || (by_earlier && by_later && earlier != later))
		return E_RANGE;
	*out = (nsec)(by_earlier ? earlier : later) * NSEC_PER_SEC;
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
	time_t low = high - DAY;
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

/* "2026-10-05", "2026-10-05T08:30" or "2026-10-05T08:30:15", so many octets of a text. */
static enum err read_fields(const char *text, size_t len, struct tm *out)
{
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
	*out = (struct tm){.tm_year = year - 1900,
			   .tm_mon = month - 1,
			   .tm_mday = day,
			   .tm_hour = hour,
			   .tm_min = minute,
			   .tm_sec = second};
	return E_OK;
}

/* "Z" or "+08:00", seconds east of UTC. */
static enum err read_offset(const char *text, time_t *out)
{
	if (strcmp(text, "Z") == 0) {
		*out = 0;
		return E_OK;
	}
	if (strlen(text) != OFFSET_LENGTH || text[3] != ':')
		return E_SYNTAX;
	int hours = digits(text + 1, 2);
	int minutes = digits(text + 4, 2);
	if (hours < 0 || minutes < 0)
		return E_SYNTAX;
	if (hours > 23 || minutes > 59)
		return E_RANGE;
	*out = (text[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return E_OK;
}

static enum err from_offset(const struct tm *fields, const char *offset, nsec *out)
{
	struct tm tm = *fields;
	time_t east;
	time_t as_utc = timegm(&tm);
	enum err rc = read_offset(offset, &east);

	if (rc != E_OK)
		return rc;
	if (!shows(&tm, fields))
		return E_RANGE;
	*out = (nsec)(as_utc - east) * NSEC_PER_SEC;
	return E_OK;
}

/* Where an offset begins, or the end of the text. */
static size_t time_length(const char *text)
{
	size_t len = strlen(text);

	return len > 10 ? 10 + strcspn(text + 10, "Z+-") : len;
}

enum err calendar_parse(const char *text, nsec *out)
{
	size_t len = time_length(text);
	struct tm tm;
	enum err rc = read_fields(text, len, &tm);

	if (rc != E_OK)
		return rc;
	if (text[len] != '\0')
		return len == 10 ? E_SYNTAX : from_offset(&tm, text + len, out);
	if (len == 10) {
		/* A noon exists on every day, which proves the date before its start is sought. */
		nsec noon;
		tm.tm_hour = 12;
		rc = to_instant(&tm, &noon);
		return rc == E_OK ? day_start(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, out)
				  : rc;
	}
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

/* Midnight of the day so many days after the one that t lies in. */
static nsec midnight_after(nsec t, int days)
{
	struct tm tm = calendar_local(t);
	nsec start = t;

	tm.tm_mday += days;
	tm.tm_hour = 12;
	tm.tm_min = 0;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	mktime(&tm);
	(void)!day_start(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &start);
	return start;
}

nsec calendar_next_midnight(nsec t)
{
	return midnight_after(t, 1);
}

struct period calendar_week_of(nsec t)
{
	int since_monday = (calendar_local(t).tm_wday + WEEK - 1) % WEEK;

	return (struct period){midnight_after(t, -since_monday),
			       midnight_after(t, WEEK - since_monday)};
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
