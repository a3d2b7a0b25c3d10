/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what the program makes of time, for a comparison with another implementation.
 *   print_time periods ZONE FROM UNTIL: the months and days of the years [FROM, UNTIL) as
 *     "2026-10 FROM UNTIL", in seconds since 1970; a day that the zone leaves out is not printed
 *   print_time slots CONFIG YEAR: for each test the runs of slots of a local year that its calendar
 *     treats alike, as "TEST FROM WORD" */
#include "collector/base/calendar.h"
#include "collector/base/log.h"
#include "collector/metric/summary.h"
#include "collector/timetable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_period(const char *name, struct period period)
{
	printf("%s %lld %lld\n", name, (long long)(period.from / NSEC_PER_SEC),
	       (long long)(period.until / NSEC_PER_SEC));
}

/* The month is found again from its first and its last instant. */
static enum err print_month(int year, int month)
{
	struct period period;
	char name[32];

	snprintf(name, sizeof(name), "%04d-%02d", year, month);
	enum err rc = calendar_month(name, &period);
	if (rc != E_OK)
		return rc;
	struct period first = calendar_month_of(period.from);
	struct period last = calendar_month_of(period.until - 1);
	if (memcmp(&first, &period, sizeof(period)) != 0 ||
	    memcmp(&last, &period, sizeof(period)) != 0)
		return E_MISMATCH;
	print_period(name, period);
	return E_OK;
}

static void print_days(int year, int month)
{
	for (int day = 1; day <= 31; day++) {
		struct period period;
		char name[40];
		snprintf(name, sizeof(name), "%04d-%02d-%02d", year, month, day);
		if (calendar_parse(name, &period.from) != E_OK)
			continue;
		period.until = calendar_next_midnight(period.from);
		print_period(name, period);
	}
}

static enum err print_periods(const char *zone, int from, int until)
{
	enum err rc = calendar_use_zone(zone);

	for (int year = from; rc == E_OK && year < until; year++) {
		for (int month = 1; rc == E_OK && month <= 12; month++) {
			rc = print_month(year, month);
			if (rc == E_OK)
				print_days(year, month);
		}
	}
	return rc;
}

static const char *word_of(uint32_t why)
{
	return why == 0 ? "measured" : why == SLOT_UNSCHEDULED ? "unscheduled" : "unknown";
}

static void print_slots_of(struct timetable *timetable, const struct test_config *test,
			   struct period year)
{
	const char *before = "";

	for (nsec at = nsec_ceil(year.from, test->interval_ns); at < year.until;
	     at += test->interval_ns) {
		const char *word = word_of(timetable_withholds(timetable, test->calendar, at));
		if (strcmp(word, before) != 0)
			printf("%s %lld %s\n", test->name, (long long)(at / NSEC_PER_SEC), word);
		before = word;
	}
}

static enum err print_slots(const char *path, int year)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load(path, &diagnostics);
	struct timetable timetable;
	struct period period;
	char name[32];

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	if (config == NULL)
		return E_SYNTAX;
	enum err rc = calendar_use_zone(config->time_zone);
	snprintf(name, sizeof(name), "%04d-01-01", year);
	if (rc == E_OK)
		rc = calendar_parse(name, &period.from);
	snprintf(name, sizeof(name), "%04d-01-01", year + 1);
	if (rc == E_OK)
		rc = calendar_parse(name, &period.until);
	timetable_take(&timetable, config);
	for (size_t i = 0; rc == E_OK && i < config->test_count; i++)
		print_slots_of(&timetable, &config->tests[i], period);
	config_destroy(config);
	return rc;
}

int main(int argc, char **argv)
{
	enum err rc = E_USAGE;

	if (argc == 5 && strcmp(argv[1], "periods") == 0)
		rc = print_periods(argv[2], atoi(argv[3]), atoi(argv[4]));
	else if (argc == 4 && strcmp(argv[1], "slots") == 0)
		rc = print_slots(argv[2], atoi(argv[3]));
	if (rc != E_OK)
		fprintf(stderr, "print_time: %s\n", err_text(rc));
	return rc == E_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
