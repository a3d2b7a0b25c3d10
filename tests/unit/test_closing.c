/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Months that are closed, reported again when their rows have expired, and revised. */
#include "reporter/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/closing_month.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR NSEC_PER_HOUR
#define DAY  NSEC_PER_DAY

static const struct month_closing when_final = {12 * HOUR, CLOSING_FINAL, NULL, ROWS_REFUSED};

static const char *const named[] = {"\"closing\"", "<dt>Closing</dt>", "<dt>封存</dt>"};

static bool is_named(const char *line, size_t len)
{
	for (size_t i = 0; i < COUNT_OF(named); i++) {
		if (memmem(line, len, named[i], strlen(named[i])) != NULL)
			return true;
	}
	return false;
}

/* Counts the lines in which texts differ; all of them must be the one that names the closing. */
static size_t differing_lines(const char *a, const char *b)
{
	size_t differing = 0;

	while (*a != '\0' || *b != '\0') {
		size_t len = strcspn(a, "\n");
		size_t other_len = strcspn(b, "\n");
		bool differs = len != other_len || memcmp(a, b, len) != 0;
		if (differs && !is_named(a, len))
			fail_msg("%.*s\n%.*s", (int)len, a, (int)other_len, b);
		differing += differs;
		a += len + (a[len] != '\0');
		b += other_len + (b[other_len] != '\0');
	}
	return differing;
}

/* Two languages in two formats: one line each. */
static void a_closed_month_stays_as_it_was(void **state)
{
	struct month month;
	struct closing closing;

	(void)state;
	month_make(&month);
	month_feed(&month, -DAY, 31 * DAY + 12 * HOUR);
	char *live = month_report_live(&month, 12 * HOUR);
	assert_non_null(strstr(live, "Kiosk"));
	assert_int_equal(month_close(&month, &when_final, &closing, NULL), E_OK);
	assert_int_equal(closing.edition, 1);
	assert_false(closing.provisional);
	assert_int_equal(closing.series, 5);
	char *closed = month_report_closed(&month, closing.path);
	assert_int_equal(differing_lines(live, closed), 4);

	month_feed(&month, 31 * DAY + 12 * HOUR, 51 * DAY);
	char *later = month_report_closed(&month, closing.path);
	assert_string_equal(later, closed);
	char *expired = month_report_live(&month, 20 * DAY);
	assert_string_not_equal(expired, live);
	assert_non_null(strstr(expired, "rows that were once stored are kept no longer: from "
					"2024-10-01 00:00 to 2024-10-1"));
	free(live);
	free(closed);
	free(later);
	free(expired);
	month_remove(&month);
}

static void what_has_expired_or_is_lost_is_not_closed(void **state)
{
	static const struct {
		const char *name;
		nsec fed_until;
		const char *command; /* in the data directory */
		const char *words;
		nsec fed_again_until; /* 0: the store is not opened again */
	} rows[] = {
		{"native rows expired", 40 * DAY, "true", "between 2024-10-01 00:00 and ", 0},
		{"a file of curves is missing", 32 * DAY, "rm series/*hall*v6*p0.rrd",
		 "2024-11-01 00:00 is kept no longer for 1 of its series", 0},
		{"a file of histograms is missing", 32 * DAY, "rm series/*annex*.hist.rrd",
		 "for 1 of its series", 0},
		{"a file is damaged", 32 * DAY,
		 "for f in series/*bridge*p0.rrd; do printf x | dd of=$f bs=1 seek=40 "
		 "conv=notrunc 2>/dev/null; done",
		 "for 1 of its series", 0},
		{"a file was damaged, set aside and begun anew", 20 * DAY,
		 "for f in series/*bridge*p0.rrd; do printf x | dd of=$f bs=1 seek=40 "
		 "conv=notrunc 2>/dev/null; done",
		 "between 2024-10-01 00:00 and 2024-10-20 23:00 is kept no longer for 1", 32 * DAY},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static const struct month_closing late = {10 * DAY, CLOSING_NOW, NULL,
							  ROWS_REFUSED};
		struct month month;
		struct closing closing;
		char command[2 * MONTH_TEXT];
		char *why = NULL;
		print_message("# %s\n", rows[i].name);
		month_make(&month);
		month_feed(&month, 0, rows[i].fed_until);
		snprintf(command, sizeof(command), "cd '%s' && %s", month.data, rows[i].command);
		assert_int_equal(system(command), 0);
		if (rows[i].fed_again_until != 0)
			month_feed(&month, rows[i].fed_until, rows[i].fed_again_until);
		assert_int_equal(month_close(&month, &late, &closing, &why), E_NOT_FOUND);
		print_message("# %s\n", why);
		assert_non_null(strstr(why, "cannot be closed as it was"));
		assert_non_null(strstr(why, rows[i].words));
		snprintf(command, sizeof(command), "test -z \"$(ls -A '%s/reports/%s')\"",
			 month.data, CLOSING_MONTH);
		assert_int_equal(system(command), 0);
		free(why);
		month_remove(&month);
	}
}

/* The loss is in the facts, and said as a report from the store says it. */
static void a_loss_that_is_accepted_is_reported(void **state)
{
	static const struct month_closing accepting = {10 * DAY, CLOSING_FINAL, NULL,
						       ROWS_ACCEPTED};
	struct month month;
	struct closing closing;

	(void)state;
	month_make(&month);
	month_feed(&month, 0, 40 * DAY);
	char *live = month_report_live(&month, 10 * DAY);
	assert_non_null(strstr(live, "kept no longer: from 2024-10-01 00:00"));
	assert_int_equal(month_close(&month, &accepting, &closing, NULL), E_OK);
	assert_int_equal(closing.incomplete, 4);
	char *closed = month_report_closed(&month, closing.path);
	assert_int_equal(differing_lines(live, closed), 4);
	free(live);
	free(closed);
	month_remove(&month);
}

/* Closed provisionally, then when it is final, then again when something else came. */
static void later_data_make_another_edition(void **state)
{
	static const struct month_closing too_early = {DAY, CLOSING_FINAL, NULL, ROWS_REFUSED};
	static const struct month_closing now = {DAY, CLOSING_NOW, NULL, ROWS_REFUSED};
	static const struct month_closing day_3 = {2 * DAY, CLOSING_FINAL, NULL, ROWS_REFUSED};
	static const struct month_closing revise = {9 * DAY, CLOSING_FINAL, "the spool came late",
						    ROWS_REFUSED};
	static const struct month_closing again = {9 * DAY, CLOSING_FINAL, NULL, ROWS_REFUSED};
	struct month month;
	struct closing closing;
	char *why = NULL;

	(void)state;
	month_make(&month);
	month_feed(&month, 0, 27 * DAY);
	assert_int_equal(month_close(&month, &revise, &closing, &why), E_NOT_FOUND);
	assert_non_null(strstr(why, "is not closed"));
	free(why);
	assert_int_equal(month_close(&month, &too_early, &closing, &why), E_BUSY);
	assert_non_null(strstr(why, "agent local has 4 of its 4 series only up to 2024-10-28"));
	free(why);
	assert_int_equal(month_close(&month, &now, &closing, NULL), E_OK);
	assert_int_equal(closing.edition, 1);
	assert_true(closing.provisional);
	char *first = month_report_closed(&month, closing.path);
	assert_non_null(strstr(first, "Edition 1 (provisional)"));

	month_feed(&month, 27 * DAY, 28 * DAY);
	assert_int_equal(month_close(&month, &day_3, &closing, NULL), E_OK);
	assert_int_equal(closing.edition, 2);
	assert_false(closing.provisional);
	assert_true(closing.revised > 0);
	char *second = month_report_closed(&month, closing.path);
	assert_non_null(strstr(second, "which was provisional"));
	assert_int_equal(month_close(&month, &again, &closing, &why), E_EXISTS);
	assert_non_null(strstr(why, "is closed already (edition 2)"));
	free(why);

	month_feed(&month, 28 * DAY, 32 * DAY);
	assert_int_equal(month_close(&month, &revise, &closing, NULL), E_OK);
	assert_int_equal(closing.edition, 3);
	assert_true(closing.revised > 0);
	char *third = month_report_closed(&month, closing.path);
	assert_non_null(
		strstr(third, "takes the place of edition 2. Reason: “the spool came late”."));
	assert_non_null(strstr(third, "Figures that differ from the edition before"));
	assert_int_equal(month_close(&month, &revise, &closing, NULL), E_OK);
	assert_int_equal(closing.edition, 4);
	assert_int_equal(closing.revised, 0);

	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/reports/%s/facts.db", month.data, CLOSING_MONTH);
	char *kept = month_report_closed(&month, path);
	assert_string_equal(kept, first);
	free(first);
	free(second);
	free(third);
	free(kept);
	month_remove(&month);
}

static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *octets = calloc(1, 1 << 22);

	assert_non_null(file);
	assert_non_null(octets);
	*len = fread(octets, 1, 1 << 22, file);
	assert_true(*len > 0 && *len < 1 << 22);
	fclose(file);
	return octets;
}

/* The time of closing is in the file and not in the digest. */
static void spoil(const char *data, const char *file)
{
	char path[2 * MONTH_TEXT];

	snprintf(path, sizeof(path), "%s/%s", data, file);
	FILE *stream = fopen(path, "r+");
	assert_non_null(stream);
	assert_true(fputs("not what it was", stream) >= 0);
	assert_int_equal(fclose(stream), 0);
}

/* Its windows and configurations would be missing for good. */
static void a_month_is_not_closed_without_its_archive(void **state)
{
	struct month month;
	struct closing closing;
	char *why;

	(void)state;
	month_make(&month);
	month_feed(&month, -DAY, 31 * DAY + 12 * HOUR);
	spoil(month.data, "archive.db");
	assert_int_equal(month_close(&month, &when_final, &closing, &why), E_CORRUPT);
	print_message("# %s\n", why);
	assert_non_null(strstr(why, "archive.db cannot be read"));
	free(why);
	char *live = month_report_live(&month, 12 * HOUR);
	assert_non_null(strstr(live, "The announced windows cannot be read"));
	assert_null(strstr(live, "every path has the same figures as those scored"));
	free(live);
	month_remove(&month);
}

static void the_same_input_gives_the_same_file(void **state)
{
	static const struct month_closing later = {30 * HOUR, CLOSING_FINAL, NULL, ROWS_REFUSED};
	const struct month_closing *how[] = {&when_final, &when_final, &later};
	struct closing closing[COUNT_OF(how)];
	char *octets[COUNT_OF(how)];
	size_t len[COUNT_OF(how)];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(how); i++) {
		struct month month;
		month_make(&month);
		month_feed(&month, -DAY, 33 * DAY);
		assert_int_equal(month_close(&month, how[i], &closing[i], NULL), E_OK);
		octets[i] = read_file(closing[i].path, &len[i]);
		month_remove(&month);
	}
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(octets[0], octets[1], len[0]);
	assert_string_equal(closing[0].digest, closing[2].digest);
	for (size_t i = 0; i < COUNT_OF(how); i++)
		free(octets[i]);
}

static void check_path(const struct source *store, struct closed *closed,
		       const struct path_request *request)
{
	struct source source = closed_source(closed);
	struct path live = {0};
	struct facts facts;
	struct timeline timeline;
	size_t count;

	assert_int_equal(path_read(store, request, &live, NULL), E_OK);
	assert_int_equal(source.facts(source.context, &live.key, &facts), E_OK);
	assert_int_equal(source.timeline(source.context, &live.key, &timeline), E_OK);
	struct delays *rows = timeline_delays(&timeline, &count);
	for (enum delay_kind kind = DELAY_RTT; kind <= DELAY_PDV; kind++) {
		for (size_t p = 0; p < PERCENTILES; p++) {
			nsec from_hours = live.facts.quantile[kind][p].value;
			assert_int_equal(delays_quantile(rows, count, kind, percentiles[p]).value,
					 from_hours);
			assert_int_equal(facts.quantile[kind][p].value, from_hours);
		}
	}
	assert_memory_equal(&facts.judged, &live.facts.judged, sizeof(facts.judged));
	assert_memory_equal(&facts.time, &live.facts.time, sizeof(facts.time));
	assert_true(facts.announced.differs == live.facts.announced.differs);
	free(rows);
	timeline_finish(&timeline);
	facts_finish(&facts);
	path_finish(&live);
}

static void percentiles_are_those_of_the_hourly_rows(void **state)
{
	struct month month;
	struct closing closing;
	struct subjects subjects;
	struct query *query;
	struct window_list windows;

	(void)state;
	month_make(&month);
	month_feed(&month, -DAY, 33 * DAY);
	assert_int_equal(month_close(&month, &when_final, &closing, NULL), E_OK);
	assert_int_equal(query_open(month.data, &query), E_OK);
	struct source store = query_source(query);
	assert_int_equal(store.windows(store.context, &windows), E_OK);
	struct closed *closed = month_open(closing.path);
	struct path_request pattern = {.config = month.config,
				       .period = month.period,
				       .now = month.period.until + 12 * HOUR,
				       .windows = &windows};
	subjects_list(&pattern, &subjects);
	assert_int_equal(subjects.count, 4);
	for (size_t i = 0; i < subjects.count; i++) {
		print_message("# %s\n", subjects.items[i].key);
		check_path(&store, closed, &subjects.items[i].request);
	}
	subjects_finish(&subjects);
	closed_close(closed);
	windows_finish(&windows);
	query_close(query);
	month_remove(&month);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_closed_month_stays_as_it_was),
		cmocka_unit_test(what_has_expired_or_is_lost_is_not_closed),
		cmocka_unit_test(a_loss_that_is_accepted_is_reported),
		cmocka_unit_test(later_data_make_another_edition),
		cmocka_unit_test(a_month_is_not_closed_without_its_archive),
		cmocka_unit_test(the_same_input_gives_the_same_file),
		cmocka_unit_test(percentiles_are_those_of_the_hourly_rows),
	};
	return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}
