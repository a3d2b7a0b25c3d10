/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test_store_path.h"

#include <math.h>
#include <rrd.h>

static const struct period no_gap = {0, 0};

static void a_key_and_its_text_are_one(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		enum err rc;
	} rows[] = {
		{"whole", "hub~site-1~icmp~v4~s64~d0~p0", E_OK},
		{"largest", "a~b~tcp~v6~s65535~d63~p65535", E_OK},
		{"empty", "", E_SYNTAX},
		{"no agent", "~site~icmp~v4~s64~d0~p0", E_SYNTAX},
		{"upper case", "Hub~site~icmp~v4~s64~d0~p0", E_SYNTAX},
		{"dots in a name", "..~site~icmp~v4~s64~d0~p0", E_SYNTAX},
		{"part missing", "hub~site~icmp~v4~s64~d0", E_SYNTAX},
		{"part too many", "hub~site~icmp~v4~s64~d0~p0~x", E_SYNTAX},
		{"separator at the end", "hub~site~icmp~v4~s64~d0~p0~", E_SYNTAX},
		{"letters swapped", "hub~site~icmp~s64~v4~d0~p0", E_SYNTAX},
		{"leading zero", "hub~site~icmp~v4~s064~d0~p0", E_SYNTAX},
		{"no digits", "hub~site~icmp~v4~s~d0~p0", E_SYNTAX},
		{"no such family", "hub~site~icmp~v5~s64~d0~p0", E_RANGE},
		{"size too large", "hub~site~icmp~v4~s65536~d0~p0", E_RANGE},
		{"dscp too large", "hub~site~icmp~v4~s64~d64~p0", E_RANGE},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct series_key key;
		char text[KEY_TEXT];
		print_message("# %s\n", rows[i].name);
		assert_int_equal(series_key_parse(rows[i].text, &key), rows[i].rc);
		if (rows[i].rc != E_OK)
			continue;
		series_key_format(&key, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void slots_read_the_same_from_wherever_they_lie(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec filed; /* up to here the slots are flushed into the files */
	} rows[] = {
		{"in the spool", 0},
		{"in the files", 10 * NSEC_PER_HOUR},
		{"half and half, within an hour", 5 * NSEC_PER_HOUR + 17 * NSEC_PER_MIN},
		{"half and half, between hours", 5 * NSEC_PER_HOUR},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char folder[FOLDER];
		struct period all = from_start(0, 10 * NSEC_PER_HOUR);
		make_folder(folder);
		print_message("# %s\n", rows[i].name);
		struct store *store = open_lazy_store(folder);
		uint32_t series = series_in(store, "a", NSEC_PER_MIN);
		put_path(store, series, from_start(0, rows[i].filed), NSEC_PER_MIN);
		assert_int_equal(store_flush(store), E_OK);
		assert_true(store_counters(store).filed ==
			    (uint64_t)(rows[i].filed / NSEC_PER_MIN));
		put_path(store, series, from_start(rows[i].filed, 10 * NSEC_PER_HOUR),
			 NSEC_PER_MIN);
		while (store_counters(store).waiting > 0)
			usleep(1000);
		expect_path(folder, "a", all, NSEC_PER_MIN, no_gap);
		expect_hours(folder, "a", all, NSEC_PER_MIN, no_gap);
		store_close(store);
		expect_path(folder, "a", all, NSEC_PER_MIN, no_gap);
		expect_hours(folder, "a", all, NSEC_PER_MIN, no_gap);
		remove_folder(folder);
	}
}

static void closing_leaves_to_the_next_start_what_takes_too_long(void **state)
{
	(void)state;
	struct period all = from_start(0, 3 * NSEC_PER_HOUR);
	struct store_options options;
	struct store *store = NULL;
	char folder[FOLDER], file[2 * FOLDER];

	make_folder(folder);
	options = options_for(folder);
	options.gather = NSEC_PER_DAY;
	options.closing = 1;
	assert_int_equal(store_open(&options, &store), E_OK);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), all, NSEC_PER_MIN);
	store_close(store);
	snprintf(file, sizeof(file), "%s/series/hub~a~icmp~v4~s64~d0~p0.rrd", folder);
	assert_int_not_equal(access(file, F_OK), 0);
	expect_path(folder, "a", all, NSEC_PER_MIN, no_gap);
	store = open_store(folder);
	assert_int_equal(store_flush(store), E_OK);
	assert_true(store_counters(store).filed == 3 * 60);
	assert_int_equal(access(file, F_OK), 0);
	expect_path(folder, "a", all, NSEC_PER_MIN, no_gap);
	store_close(store);
	remove_folder(folder);
}

static void gaps_read_as_absent_slots(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec interval;
		nsec gap_from;
		nsec gap_until;
	} rows[] = {
		{"one slot", NSEC_PER_MIN, 61 * NSEC_PER_MIN, 62 * NSEC_PER_MIN},
		{"over an hour's end", NSEC_PER_MIN, 110 * NSEC_PER_MIN, 130 * NSEC_PER_MIN},
		{"whole hours", NSEC_PER_MIN, 2 * NSEC_PER_HOUR, 5 * NSEC_PER_HOUR},
		{"more rows than an update has", NSEC_PER_MIN, 3 * NSEC_PER_HOUR,
		 38 * NSEC_PER_HOUR + 7 * NSEC_PER_MIN},
		{"slots of two hours", 2 * NSEC_PER_HOUR, 8 * NSEC_PER_HOUR, 20 * NSEC_PER_HOUR},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char folder[FOLDER];
		struct period all = from_start(0, 40 * NSEC_PER_HOUR);
		struct period gap = from_start(rows[i].gap_from, rows[i].gap_until);
		make_folder(folder);
		print_message("# %s\n", rows[i].name);
		struct store *store = open_lazy_store(folder);
		uint32_t series = series_in(store, "a", rows[i].interval);
		put_path(store, series, from_start(0, rows[i].gap_from), rows[i].interval);
		put_path(store, series, from_start(rows[i].gap_until, 40 * NSEC_PER_HOUR),
			 rows[i].interval);
		while (store_counters(store).waiting > 0)
			usleep(1000);
		expect_path(folder, "a", all, rows[i].interval, gap);
		expect_hours(folder, "a", all, rows[i].interval, gap);
		store_close(store);
		expect_path(folder, "a", all, rows[i].interval, gap);
		expect_hours(folder, "a", all, rows[i].interval, gap);
		remove_folder(folder);
	}
}

/* Hourly rows of the curves, as librrd reads them, that are not known. */
static size_t unknown_hours(const char *folder, struct period period)
{
	struct series_key key = key_of("a");
	char stem[KEY_TEXT];
	char path[FOLDER + KEY_TEXT + 16];
	time_t start = (time_t)(period.from / NSEC_PER_SEC);
	time_t end = (time_t)(period.until / NSEC_PER_SEC) - 3600;
	unsigned long step = 3600;
	unsigned long columns;
	size_t unknown = 0;
	char **sources;
	rrd_value_t *rows;

	series_key_format(&key, stem);
	snprintf(path, sizeof(path), "%s/series/%s.rrd", folder, stem);
	assert_int_equal(
		rrd_fetch_r(path, "AVERAGE", &start, &end, &step, &columns, &sources, &rows), 0);
	assert_int_equal(step, 3600);
	/* The first source is a count, which is never unknown. */
	for (time_t i = 0; i < (end - start) / 3600; i++)
		unknown += isnan(rows[(size_t)i * columns]);
	for (unsigned long c = 0; c < columns; c++)
		free(sources[c]);
	free(sources);
	free(rows);
	return unknown;
}

static void a_gap_longer_than_the_retention_leaves_no_unknown_counts(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec keep_slots, keep_hours;
	} rows[] = {
		{"longer than native rows are kept", 5 * NSEC_PER_DAY, 100 * NSEC_PER_DAY},
		{"longer than anything is kept", 5 * NSEC_PER_DAY, 8 * NSEC_PER_DAY},
	};
	struct period late = from_start(20 * NSEC_PER_DAY, 20 * NSEC_PER_DAY + 3 * NSEC_PER_HOUR);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char folder[FOLDER];
		make_folder(folder);
		print_message("# %s\n", rows[i].name);
		struct store_options options = options_for(folder);
		struct store *store;
		options.keep_slots = rows[i].keep_slots;
		options.keep_hours = rows[i].keep_hours;
		assert_int_equal(store_open(&options, &store), E_OK);
		uint32_t series = series_in(store, "a", 5 * NSEC_PER_MIN);
		put_path(store, series, from_start(0, 90 * NSEC_PER_MIN), 5 * NSEC_PER_MIN);
		assert_int_equal(store_flush(store), E_OK);
		put_path(store, series, late, 5 * NSEC_PER_MIN);
		store_close(store);
		expect_path(folder, "a", late, 5 * NSEC_PER_MIN, no_gap);
		expect_hours(folder, "a", late, 5 * NSEC_PER_MIN, no_gap);
		nsec kept = late.until - rows[i].keep_hours;
		nsec from = kept > month_start ? kept : month_start;
		assert_int_equal(unknown_hours(folder, (struct period){from, late.until}), 0);
		remove_folder(folder);
	}
}

static void restarts_go_on_where_the_store_was(void **state)
{
	(void)state;
	char folder[FOLDER];
	nsec at = 0;

	make_folder(folder);
	for (int i = 0; i < 12; i++) {
		nsec until = at + (11 + 3 * i) * NSEC_PER_MIN;
		struct store *store = open_store(folder);
		uint32_t series = series_in(store, "a", NSEC_PER_MIN);
		assert_true(store_last(store, series) ==
			    (at == 0 ? NSEC_UNDEFINED : month_start + at));
		/* What is known already is dropped and counted. */
		put_path(store, series,
			 from_start(at < NSEC_PER_HOUR ? 0 : at - NSEC_PER_HOUR, until),
			 NSEC_PER_MIN);
		assert_true(store_last(store, series) == month_start + until);
		nsec again = at < NSEC_PER_HOUR ? at : NSEC_PER_HOUR;
		assert_true(store_counters(store).dropped_old == (uint64_t)(again / NSEC_PER_MIN));
		store_close(store);
		at = until;
		expect_path(folder, "a", from_start(0, at), NSEC_PER_MIN, no_gap);
	}
	expect_hours(folder, "a", from_start(0, nsec_floor(at, NSEC_PER_HOUR)), NSEC_PER_MIN,
		     no_gap);
	remove_folder(folder);
}

static void what_is_no_slot_of_the_series_is_dropped(void **state)
{
	(void)state;
	char folder[FOLDER];
	struct slot off = path_slot(1, month_start + 30 * NSEC_PER_SEC, NSEC_PER_MIN);
	struct slot longer = path_slot(1, month_start, 5 * NSEC_PER_MIN);
	struct series_key key = key_of("a");
	uint32_t series;

	make_folder(folder);
	struct store *store = open_store(folder);
	assert_int_equal(store_series(store, &key, 7 * NSEC_PER_MIN, &series), E_RANGE);
	series = series_in(store, "a", NSEC_PER_MIN);
	assert_int_equal(series_in(store, "a", NSEC_PER_MIN), series);
	store_put(store, series, &off.summary, &off.delays);
	store_put(store, series, &longer.summary, &longer.delays);
	store_put(store, series + 1, &longer.summary, &longer.delays);
	assert_int_equal(store_counters(store).misfits, 3);
	assert_int_equal(store_counters(store).put, 0);
	store_close(store);
	remove_folder(folder);
}

static void hours_leave_out_what_cannot_be_judged(void **state)
{
	(void)state;
	static const uint32_t flags[] = {SLOT_PLANNED,	  SLOT_TAINTED,	    SLOT_ISOLATED,
					 SLOT_CLOCK_STEP, SLOT_UNSCHEDULED, 0};
	char folder[FOLDER];
	struct series_key key = key_of("a");
	struct view *view;
	struct hour *hours;
	size_t count;

	make_folder(folder);
	struct store *store = open_store(folder);
	uint32_t series = series_in(store, "a", NSEC_PER_MIN);
	for (size_t i = 0; i < 120; i++) {
		struct slot slot = path_slot(1, month_start, NSEC_PER_MIN);
		slot.summary.from += (nsec)i * NSEC_PER_MIN;
		slot.summary.until += (nsec)i * NSEC_PER_MIN;
		slot.summary.flags = flags[i % COUNT_OF(flags)];
		/* Delays are handed over with every slot; the store must leave them out itself. */
		store_put(store, series, &slot.summary, &slot.delays);
	}
	store_close(store);
	assert_int_equal(view_open(folder, &view), E_OK);
	assert_int_equal(view_hours(view, &key, from_start(0, NSEC_PER_DAY), &hours, &count), E_OK);
	assert_int_equal(count, 2);
	assert_int_equal(hours[0].delays.slots, 10);
	assert_int_equal(hours[1].delays.slots, 10);
	free(hours);
	view_close(view);
	remove_folder(folder);
}

static void cut_hours_say_so(void **state)
{
	(void)state;
	char folder[FOLDER];
	struct series_key key = key_of("a");
	struct period cut = from_start(90 * NSEC_PER_MIN, 210 * NSEC_PER_MIN);
	struct view *view;
	struct hour *hours;
	size_t count;

	make_folder(folder);
	struct store *store = open_store(folder);
	/* The fourth hour stays open: no slot of a later one comes. */
	put_path(store, series_in(store, "a", NSEC_PER_MIN), from_start(0, 4 * NSEC_PER_HOUR),
		 NSEC_PER_MIN);
	store_close(store);
	assert_int_equal(view_open(folder, &view), E_OK);
	assert_int_equal(view_hours(view, &key, cut, &hours, &count), E_OK);
	assert_int_equal(count, 3);
	assert_true(hours[0].beyond);
	assert_false(hours[1].beyond);
	assert_false(hours[2].beyond);
	struct delays sum = delays_empty();
	for (nsec at = 180 * NSEC_PER_MIN; at < 210 * NSEC_PER_MIN; at += NSEC_PER_MIN) {
		struct slot slot = path_slot(1, month_start + at, NSEC_PER_MIN);
		delays_merge(&sum, &slot.delays);
	}
	assert_true(same_delays(&hours[2].delays, &sum));
	free(hours);
	view_close(view);
	remove_folder(folder);
}

static void a_series_tells_its_firsts(void **state)
{
	(void)state;
	char folder[FOLDER];
	struct series_key key = key_of("a");
	struct series_key other = key_of("never");
	struct view *view;
	struct view_series seen;

	make_folder(folder);
	assert_int_equal(view_open(folder, &view), E_NOT_FOUND);
	struct store *store = open_store(folder);
	uint32_t series = series_in(store, "a", NSEC_PER_MIN);
	assert_int_equal(store_flush(store), E_OK);
	assert_int_equal(view_open(folder, &view), E_OK);
	assert_int_equal(view_find(view, &other, &seen), E_NOT_FOUND);
	assert_int_equal(view_find(view, &key, &seen), E_OK);
	assert_true(seen.interval == NSEC_PER_MIN);
	assert_true(seen.first_slot == NSEC_UNDEFINED);
	assert_true(seen.first_reply == NSEC_UNDEFINED);
	assert_true(seen.last_slot == NSEC_UNDEFINED);
	for (nsec at = 0; at < 100 * NSEC_PER_MIN; at += NSEC_PER_MIN) {
		struct slot slot = path_slot(1, month_start + at, NSEC_PER_MIN);
		if (at < 70 * NSEC_PER_MIN) {
			slot.summary.sent = slot.summary.lost = PACKETS;
			slot.summary.flags = 0;
		}
		store_put(store, series, &slot.summary, NULL);
	}
	assert_int_equal(store_flush(store), E_OK);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(view_find(view, &key, &seen), E_OK);
		assert_true(seen.first_slot == month_start);
		assert_true(seen.first_reply == month_start + 70 * NSEC_PER_MIN);
		assert_true(seen.last_slot == month_start + 100 * NSEC_PER_MIN);
		if (round == 0)
			store_close(store);
	}
	view_close(view);
	remove_folder(folder);
}

/* Slots of 60, then 300, then again 60 s, the second change within an hour and off the grid of 300
 * s; seen from the spool and from the files. */
static void a_changed_interval_keeps_history(void **state)
{
	(void)state;
	static const struct {
		nsec from, until, interval;
	} parts[] = {
		{0, 130 * NSEC_PER_MIN, NSEC_PER_MIN},
		{130 * NSEC_PER_MIN, 335 * NSEC_PER_MIN, 5 * NSEC_PER_MIN},
		{338 * NSEC_PER_MIN, 500 * NSEC_PER_MIN, NSEC_PER_MIN},
	};
	char folder[FOLDER];
	struct series_key key = key_of("a");

	make_folder(folder);
	struct store *store = open_lazy_store(folder);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		put_path(store, series_in(store, "a", parts[i].interval),
			 from_start(parts[i].from, parts[i].until), parts[i].interval);
	while (store_counters(store).waiting > 0)
		usleep(1000);
	for (int round = 0; round < 2; round++) {
		struct view *view;
		struct summary *slots;
		size_t count;
		size_t at = 0;
		assert_int_equal(view_open(folder, &view), E_OK);
		assert_int_equal(
			view_slots(view, &key, from_start(0, 505 * NSEC_PER_MIN), &slots, &count),
			E_OK);
		/* 3 minutes are no slot of 300 s: they are one absent slot. 5 minutes after the
		 * end: 5 absent slots. */
		assert_int_equal(count, 130 + 41 + 1 + 162 + 5);
		for (size_t i = 0; i < COUNT_OF(parts); i++) {
			for (nsec t = parts[i].from; t < parts[i].until; t += parts[i].interval) {
				struct slot slot = path_slot(1, month_start + t, parts[i].interval);
				assert_true(same_summary(&slots[at++], &slot.summary));
			}
			if (i == 1) {
				assert_true(slots[at].from == month_start + 335 * NSEC_PER_MIN);
				assert_true(slots[at].until == month_start + 338 * NSEC_PER_MIN);
				assert_int_equal(slots[at++].flags, SLOT_NO_RECORD);
			}
		}
		for (size_t i = 1; i < count; i++)
			assert_true(slots[i].from == slots[i - 1].until);
		free(slots);
		view_close(view);
		if (round == 0)
			store_close(store);
	}
	remove_folder(folder);
}

/* A reload registers the new length before the slots under way are finished. */
static void the_last_slots_of_the_old_interval_are_taken(void **state)
{
	(void)state;
	char folder[FOLDER];
	struct slot late;

	make_folder(folder);
	struct store *store = open_store(folder);
	uint32_t series = series_in(store, "a", NSEC_PER_MIN);
	put_path(store, series, from_start(0, 9 * NSEC_PER_MIN), NSEC_PER_MIN);
	assert_int_equal(series_in(store, "a", 5 * NSEC_PER_MIN), series);
	put_path(store, series, from_start(9 * NSEC_PER_MIN, 10 * NSEC_PER_MIN), NSEC_PER_MIN);
	put_path(store, series, from_start(10 * NSEC_PER_MIN, 60 * NSEC_PER_MIN), 5 * NSEC_PER_MIN);
	assert_int_equal(store_counters(store).misfits, 0);
	assert_int_equal(store_counters(store).put, 20);
	late = path_slot(1, month_start + NSEC_PER_HOUR, NSEC_PER_MIN);
	store_put(store, series, &late.summary, &late.delays);
	assert_int_equal(store_counters(store).misfits, 1);
	store_close(store);
	expect_path(folder, "a", from_start(0, 10 * NSEC_PER_MIN), NSEC_PER_MIN, no_gap);
	expect_path(folder, "a", from_start(10 * NSEC_PER_MIN, NSEC_PER_HOUR), 5 * NSEC_PER_MIN,
		    no_gap);
	remove_folder(folder);
}

static void a_month_reads_as_it_was_written(void **state)
{
	(void)state;
	char folder[FOLDER];
	struct period month = from_start(0, 31 * NSEC_PER_DAY);
	struct series_key key = key_of("a");
	struct view *view;
	struct summary *slots;
	size_t count;

	make_folder(folder);
	struct store *store = open_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), month, NSEC_PER_MIN);
	store_close(store);
	assert_int_equal(view_open(folder, &view), E_OK);
	assert_int_equal(view_slots(view, &key, month, &slots, &count), E_OK);
	assert_int_equal(count, 44640);
	free(slots);
	view_close(view);
	expect_path(folder, "a", month, NSEC_PER_MIN, no_gap);
	expect_hours(folder, "a", month, NSEC_PER_MIN, no_gap);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_and_its_text_are_one),
		cmocka_unit_test(slots_read_the_same_from_wherever_they_lie),
		cmocka_unit_test(closing_leaves_to_the_next_start_what_takes_too_long),
		cmocka_unit_test(gaps_read_as_absent_slots),
		cmocka_unit_test(a_gap_longer_than_the_retention_leaves_no_unknown_counts),
		cmocka_unit_test(restarts_go_on_where_the_store_was),
		cmocka_unit_test(what_is_no_slot_of_the_series_is_dropped),
		cmocka_unit_test(hours_leave_out_what_cannot_be_judged),
		cmocka_unit_test(cut_hours_say_so),
		cmocka_unit_test(a_series_tells_its_firsts),
		cmocka_unit_test(a_changed_interval_keeps_history),
		cmocka_unit_test(the_last_slots_of_the_old_interval_are_taken),
		cmocka_unit_test(a_month_reads_as_it_was_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
