/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test_store_path.h"

#include "collector/base/clock.h"
#include "collector/store/series.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct period no_gap = {0, 0};

static struct period from_start(nsec from, nsec until)
{
	return (struct period){month_start + from, month_start + until};
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_and_its_text_are_one),
		cmocka_unit_test(slots_read_the_same_from_wherever_they_lie),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
