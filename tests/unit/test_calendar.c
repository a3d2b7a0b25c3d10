/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
	"network: {zh: 试验网}\n"                                                               \
	"organisations: [{name: city}]\n"                                                          \
	"sites: [{name: core, organisation: city, tier: backbone, ipv4: 192.0.2.1}]\n"

static struct config *load(const char *calendar, struct diagnostics *diagnostics)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 HEAD "calendars: [{name: it, %s}]\ntests: [{name: echo, calendar: it}]\n",
		 calendar);
	return config_load_text(text, strlen(text), "test.yaml", diagnostics);
}

static struct config *load_well(const char *calendar)
{
	struct diagnostics diagnostics = {0};
	struct config *config = load(calendar, &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_int_equal(diagnostics.count, 0);
	assert_non_null(config);
	assert_ptr_equal(config->tests[0].calendar, &config->calendars[0]);
	return config;
}

/* "2026-10-01 09:00" */
static struct tm at(const char *text)
{
	struct tm tm = {0};

	assert_int_equal(sscanf(text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
				&tm.tm_hour, &tm.tm_min),
			 5);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return tm;
}

static void days_are_counted_as_gregory_had_them(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		civil_day day;
		int of_week;
	} rows[] = {
		{"the first", "1970-01-01", 0, 4},
		{"a leap day of a century", "2000-02-29", 11016, 2},
		{"the day after", "2000-03-01", 11017, 3},
		{"a leap day", "2024-02-29", 19782, 4},
		{"the end of a year", "2026-12-31", 20818, 4},
		{"the first of the next", "2027-01-01", 20819, 5},
		{"a century without leap day", "2100-03-01", 47541, 1},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[CIVIL_DAY_TEXT];
		civil_day day = -1;
		print_message("# %s\n", rows[i].name);
		assert_true(civil_day_parse(rows[i].text, &day));
		assert_int_equal(day, rows[i].day);
		assert_int_equal(civil_day_of_week(day), rows[i].of_week);
		civil_day_format(day, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void what_is_no_day_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"2026-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-01",
		"2026-01-00", "2026-1-1",   "26-01-01",	  "2026/01/01", "2026-01-01 ",
		"1969-12-31", "2201-01-01", "",		  "2026-0a-01",
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		civil_day day;
		print_message("# %s\n", rows[i]);
		assert_false(civil_day_parse(rows[i], &day));
	}
}

static void a_slot_belongs_where_it_starts(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *calendar;
		const char *at;
		enum calendar_verdict verdict;
	} rows[] = {
		{"nothing said", "days: every", "2031-05-01 00:00", CALENDAR_OPEN},
		{"the first minute", "hours: '09:00-12:00'", "2026-10-01 09:00", CALENDAR_OPEN},
		{"before it", "hours: '09:00-12:00'", "2026-10-01 08:59", CALENDAR_CLOSED},
		{"the last minute", "hours: '09:00-12:00'", "2026-10-01 11:59", CALENDAR_OPEN},
		{"the end", "hours: '09:00-12:00'", "2026-10-01 12:00", CALENDAR_CLOSED},
		{"periods that touch", "hours: ['12:00-13:00', '09:00-12:00']", "2026-10-01 12:00",
		 CALENDAR_OPEN},
		{"the last minute of the day", "hours: '22:00-24:00'", "2026-10-01 23:59",
		 CALENDAR_OPEN},
		{"a Saturday", "days: [sat, sun]", "2026-11-21 10:00", CALENDAR_OPEN},
		{"a Sunday", "days: [sat, sun]", "2026-11-22 10:00", CALENDAR_OPEN},
		{"a Monday", "days: [sat, sun]", "2026-11-23 00:00", CALENDAR_CLOSED},
		{"an ordinary Friday", "days: working, holidays: china", "2026-11-20 10:00",
		 CALENDAR_OPEN},
		{"an ordinary Saturday", "days: working, holidays: china", "2026-11-21 10:00",
		 CALENDAR_CLOSED},
		{"a holiday on a Thursday", "days: working, holidays: china", "2026-10-01 10:00",
		 CALENDAR_CLOSED},
		{"a Saturday made up for it", "days: working, holidays: china", "2026-10-10 10:00",
		 CALENDAR_OPEN},
		{"a Sunday made up ahead of it", "days: working, holidays: china",
		 "2026-09-20 10:00", CALENDAR_OPEN},
		{"told by the notice of the next year", "days: working, holidays: china",
		 "2022-12-31 10:00", CALENDAR_CLOSED},
		{"outside hours nobody asks for holidays",
		 "hours: '09:00-12:00', days: working, holidays: china", "2031-05-01 08:00",
		 CALENDAR_CLOSED},
		{"a year of which nothing is known", "days: working, holidays: china",
		 "2031-05-01 10:00", CALENDAR_NOT_KNOWN},
		{"its last minute", "days: working, holidays: china", "2021-12-31 23:59",
		 CALENDAR_NOT_KNOWN},
		{"the first of one that is", "days: working, holidays: china", "2022-01-04 00:00",
		 CALENDAR_OPEN},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config *config = load_well(rows[i].calendar);
		struct tm local = at(rows[i].at);
		print_message("# %s\n", rows[i].name);
		assert_int_equal(calendar_config_at(config->tests[0].calendar, &local),
				 rows[i].verdict);
		config_destroy(config);
	}
	struct tm local = at("2031-05-01 00:00");
	assert_int_equal(calendar_config_at(NULL, &local), CALENDAR_OPEN);
}

static void a_missing_year_is_told_in_time(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *calendar;
		const char *today;
		size_t errors;
		size_t warnings;
	} rows[] = {
		{"known, the next far off", "days: working, holidays: china", "2026-11-01 23:59", 0,
		 0},
		{"60 days ahead", "days: working, holidays: china", "2026-11-02 00:00", 0, 1},
		{"the last day", "days: working, holidays: china", "2026-12-31 23:59", 0, 1},
		{"unknown", "days: working, holidays: china", "2027-01-01 00:00", 1, 0},
		{"unknown, as the next", "days: working, holidays: china", "2027-12-31 00:00", 1,
		 1},
		{"both known", "days: working, holidays: china", "2025-12-31 00:00", 0, 0},
		{"no holidays", "days: [mon]", "2027-12-31 00:00", 0, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config *config = load_well(rows[i].calendar);
		struct diagnostics diagnostics = {0};
		struct tm today = at(rows[i].today);
		print_message("# %s\n", rows[i].name);
		calendar_config_check(config, &today, &diagnostics);
		assert_int_equal(diagnostics.errors, rows[i].errors);
		assert_int_equal(diagnostics.count, rows[i].errors + rows[i].warnings);
		for (size_t k = 0; k < diagnostics.count; k++) {
			assert_string_equal(diagnostics.items[k].file, "test.yaml");
			assert_int_equal(diagnostics.items[k].line, 4);
			assert_int_equal(diagnostics.items[k].column, 49);
			assert_string_equal(diagnostics.items[k].key, "calendars[0].holidays");
		}
		diagnostics_finish(&diagnostics);
		/* A calendar that no test runs by asks for nothing. */
		config->tests[0].calendar = NULL;
		calendar_config_check(config, &today, &diagnostics);
		assert_int_equal(diagnostics.count, 0);
		config_destroy(config);
	}
}

/* Of the same year in two files the later one counts, and it alone. */
static void an_owner_adds_and_replaces_years(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *at;
		enum calendar_verdict verdict;
	} rows[] = {
		{"added: a holiday on a Monday", "2027-03-01 10:00", CALENDAR_CLOSED},
		{"added: a Saturday made up for it", "2027-03-06 10:00", CALENDAR_OPEN},
		{"added: any Monday", "2027-03-08 10:00", CALENDAR_OPEN},
		{"replaced: a holiday", "2026-03-02 10:00", CALENDAR_CLOSED},
		{"replaced: the built-in holiday is one no more", "2026-10-01 10:00",
		 CALENDAR_OPEN},
		{"kept", "2025-10-01 10:00", CALENDAR_CLOSED},
		{"reaches into the December before", "2026-12-31 10:00", CALENDAR_CLOSED},
		{"unknown as before", "2028-03-01 10:00", CALENDAR_NOT_KNOWN},
	};
	static const char text[] =
		"years:\n"
		"  - {year: 2026, source: {title: Ours}, holidays: [{first: 2026-03-02}]}\n"
		"  - {year: 2027, source: {title: Ours}, holidays: [{first: 2027-03-01, working: "
		"[2027-03-06]}, {first: 2026-12-31, last: 2027-01-01}]}\n";
	char path[] = "/tmp/netgrade-holidays-XXXXXX";
	char calendar[128];
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	snprintf(calendar, sizeof(calendar), "days: working, holidays: [china, %s]", path);
	struct config *config = load_well(calendar);
	struct config *without = load_well("days: working, holidays: china");
	assert_string_not_equal(config->digest, without->digest);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tm local = at(rows[i].at);
		print_message("# %s\n", rows[i].name);
		assert_int_equal(calendar_config_at(config->tests[0].calendar, &local),
				 rows[i].verdict);
	}
	config_destroy(without);
	config_destroy(config);
	assert_int_equal(remove(path), 0);
}

#define OURS                                                                                       \
	"{year: 2027, source: {title: it's \\\"ours\\\", date: 2026-11-05},"                       \
	" holidays: [{first: 2027-01-01}]}"

static void it_prints_as_it_loads(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"hours: ['13:00-18:30', '00:00-12:00']",
		"days: [sat, mon]",
		"days: working, holidays: china, hours: '09:00-24:00'",
		"days: working, years: [" OURS "]",
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config *config = load_well(rows[i]);
		struct diagnostics diagnostics = {0};
		char *text[2] = {NULL, NULL};
		print_message("# %s\n", rows[i]);
		for (int k = 0; k < 2; k++) {
			size_t len = 0;
			FILE *out = open_memstream(&text[k], &len);
			assert_non_null(out);
			config_print(config, out);
			assert_int_equal(fclose(out), 0);
			config_destroy(config);
			config = config_load_text(text[k], len, "again.yaml", &diagnostics);
			diagnostics_print(&diagnostics, stderr);
			assert_non_null(config);
		}
		/* Where it came from is a comment, and not read again. */
		char *comment = strstr(text[0], "    # holidays: china\n");
		if (comment != NULL)
			memmove(comment, strchr(comment, '\n') + 1,
				strlen(strchr(comment, '\n') + 1) + 1);
		assert_string_equal(text[0], text[1]);
		assert_non_null(strstr(text[0], "    calendar: it\n"));
		config_destroy(config);
		diagnostics_finish(&diagnostics);
		free(text[0]);
		free(text[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_are_counted_as_gregory_had_them),
		cmocka_unit_test(what_is_no_day_is_refused),
		cmocka_unit_test(a_slot_belongs_where_it_starts),
		cmocka_unit_test(a_missing_year_is_told_in_time),
		cmocka_unit_test(an_owner_adds_and_replaces_years),
		cmocka_unit_test(it_prints_as_it_loads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
