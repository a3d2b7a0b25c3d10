/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/random.h"
#include "collector/base/wire.h"

static void every_error_has_a_text(void **state)
{
	(void)state;
	for (int err = 0; err < ERR_COUNT; err++)
		assert_string_not_equal(err_text((enum err)err), "unknown error");
	assert_string_equal(err_text((enum err)999), "unknown error");
}

static void a_reader_remembers_failure(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x01, 0x02, 0x03};
	struct reader r = reader_over(bytes, sizeof(bytes));
	assert_int_equal(read_u16(&r), 0x0102);
	assert_int_equal(read_u16(&r), 0);
	assert_true(r.failed);
	assert_int_equal(read_u8(&r), 0); /* one octet is left, but failure sticks */
	assert_int_equal(r.left, 1);
}

static void a_writer_never_passes_its_end(void **state)
{
	(void)state;
	uint8_t bytes[5] = {0};
	struct writer w = writer_over(bytes, 3);
	write_u16(&w, 0xabcd);
	write_u32(&w, 1);
	assert_true(w.failed);
	assert_int_equal(w.used, 2);
	assert_int_equal(bytes[2], 0);
}

static void varints_come_back(void **state)
{
	(void)state;
	static const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		uint8_t bytes[10];
		struct writer w = writer_over(bytes, sizeof(bytes));
		write_varint(&w, values[i]);
		assert_false(w.failed);
		struct reader r = reader_over(bytes, w.used);
		assert_true(read_varint(&r) == values[i]);
		assert_false(r.failed);
		assert_int_equal(r.left, 0);
	}
}

static void overlong_varints_are_refused(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
	struct reader r = reader_over(bytes, sizeof(bytes));
	(void)read_varint(&r);
	assert_true(r.failed);
}

/* The reference values of the SipHash-2-4 paper's appendix and its published vectors. */
static void keyed_hash_matches_published_vectors(void **state)
{
	(void)state;
	uint8_t message[15];
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	struct hash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
	assert_true(hash_keyed(&key, message, 15) == UINT64_C(0xa129ca6149be45e5));
	assert_true(hash_keyed(&key, message, 0) == UINT64_C(0x726fdb47dd0e0e31));
}

static void random_below_keeps_its_limit(void **state)
{
	(void)state;
	struct random random = random_seeded(7);
	unsigned int seen[5] = {0};
	for (int i = 0; i < 5000; i++)
		seen[random_below(&random, 5)]++;
	for (size_t i = 0; i < COUNT_OF(seen); i++)
		assert_in_range(seen[i], 850, 1150);
}

static void a_virtual_clock_moves_only_when_told(void **state)
{
	(void)state;
	clock_use_virtual(1000 * NSEC_PER_SEC, 5);
	assert_true(clock_realtime() == 1000 * NSEC_PER_SEC);
	nsec offset = clock_offset();
	clock_advance(NSEC_PER_MIN);
	assert_true(clock_monotonic() == NSEC_PER_MIN + 5);
	assert_true(clock_offset() == offset);
	clock_step_virtual(NSEC_PER_HOUR);
	assert_true(clock_offset() == offset + NSEC_PER_HOUR);
}

static void months_are_half_open_in_their_zone(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *zone;
		const char *month;
		enum err expected;
		nsec hours;
	} rows[] = {
		{"31 days in a zone without DST", "Asia/Shanghai", "2026-10", E_OK, 744},
		{"leap February", "UTC", "2028-02", E_OK, 29 * 24},
		{"spring loses an hour", "Europe/Berlin", "2026-03", E_OK, 743},
		{"autumn gains an hour", "Europe/Berlin", "2026-10", E_OK, 745},
		{"December ends with the year", "Asia/Urumqi", "2026-12", E_OK, 744},
		{"a month too many", "UTC", "2026-13", E_RANGE, 0},
		{"one digit", "UTC", "2026-1", E_SYNTAX, 0},
		{"words", "UTC", "october", E_SYNTAX, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct period period = {0, 0};
		print_message("# %s\n", rows[i].name);
		assert_int_equal(calendar_use_zone(rows[i].zone), E_OK);
		assert_int_equal(calendar_month(rows[i].month, &period), rows[i].expected);
		assert_true(period.until - period.from == rows[i].hours * NSEC_PER_HOUR);
		struct period again = calendar_month_of(period.until - 1);
		assert_true(rows[i].expected != E_OK ||
			    (again.from == period.from && again.until == period.until));
	}
}

static void days_that_start_after_midnight_start_late(void **state)
{
	(void)state;
	nsec start;
	char text[CALENDAR_TEXT];
	/* São Paulo went from 00:00 to 01:00 on 4 November 2018. */
	assert_int_equal(calendar_use_zone("America/Sao_Paulo"), E_OK);
	assert_int_equal(calendar_parse("2018-11-04", &start), E_OK);
	calendar_format(start, text);
	assert_string_equal(text, "2018-11-04 01:00");
	assert_int_equal(calendar_parse("2018-11-04T00:30", &start), E_RANGE);
}

static void instants_print_with_their_offset(void **state)
{
	(void)state;
	nsec t;
	char text[CALENDAR_TEXT];
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	assert_int_equal(calendar_parse("2026-10-05T08:30:15", &t), E_OK);
	assert_true(t == INT64_C(1791160215) * NSEC_PER_SEC);
	calendar_format_iso(t, text);
	assert_string_equal(text, "2026-10-05T08:30:15+08:00");
	calendar_format(calendar_next_midnight(t), text);
	assert_string_equal(text, "2026-10-06 00:00");
}

static void a_repeated_time_is_told_apart_by_its_offset(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *zone;
		const char *text;
		enum err expected;
		nsec seconds;
	} rows[] = {
		{"the first 02:30", "Europe/Berlin", "2026-10-25T02:30+02:00", E_OK, 1792888200},
		{"the second 02:30", "Europe/Berlin", "2026-10-25T02:30+01:00", E_OK, 1792891800},
		{"which 02:30", "Europe/Berlin", "2026-10-25T02:30", E_RANGE, 0},
		{"a second before it comes twice", "Europe/Berlin", "2026-10-25T01:59:59", E_OK,
		 1792886399},
		{"once it came twice", "Europe/Berlin", "2026-10-25T03:00", E_OK, 1792893600},
		{"an hour that is left out", "Europe/Berlin", "2026-03-29T02:30", E_RANGE, 0},
		{"it with an offset", "Europe/Berlin", "2026-03-29T02:30+01:00", E_OK, 1774747800},
		{"repeated before midnight", "America/Sao_Paulo", "2019-02-16T23:30", E_RANGE, 0},
		{"its second time", "America/Sao_Paulo", "2019-02-16T23:30-03:00", E_OK,
		 1550370600},
		{"a day left out", "Pacific/Apia", "2011-12-30", E_RANGE, 0},
		{"the day after it", "Pacific/Apia", "2011-12-31", E_OK, 1325239200},
		{"UTC anywhere", "Asia/Shanghai", "2026-10-05T08:30:15Z", E_OK, 1791189015},
		{"a quarter of an hour", "UTC", "2026-10-05T08:30:15+05:45", E_OK, 1791168315},
		{"a day with an offset", "UTC", "2026-10-05+01:00", E_SYNTAX, 0},
		{"an offset without minutes", "UTC", "2026-10-05T08:30+01", E_SYNTAX, 0},
		{"an offset of a day", "UTC", "2026-10-05T08:30+24:00", E_RANGE, 0},
		{"a day that is none", "UTC", "2026-02-29T08:30+01:00", E_RANGE, 0},
		{"something after Z", "UTC", "2026-10-05T08:30Zulu", E_SYNTAX, 0},
	};
	/* What was asked before must make no difference. */
	for (size_t before = 0; before < 2; before++) {
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			nsec t = 0;
			print_message("# %s\n", rows[i].name);
			assert_int_equal(calendar_use_zone(rows[i].zone), E_OK);
			assert_int_equal(calendar_parse(before == 0 ? "2026-01-15T12:00"
								    : "2026-07-15T12:00",
							&t),
					 E_OK);
			t = 0;
			assert_int_equal(calendar_parse(rows[i].text, &t), rows[i].expected);
			assert_true(t == rows[i].seconds * NSEC_PER_SEC);
		}
	}
}

static void a_mistyped_zone_is_refused(void **state)
{
	(void)state;
	assert_int_equal(calendar_use_zone("Asia/Shangai"), E_NOT_FOUND);
	assert_int_equal(calendar_use_zone("../../etc/passwd"), E_NOT_FOUND);
	assert_int_equal(calendar_use_zone(""), E_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_a_text),
		cmocka_unit_test(a_reader_remembers_failure),
		cmocka_unit_test(a_writer_never_passes_its_end),
		cmocka_unit_test(varints_come_back),
		cmocka_unit_test(overlong_varints_are_refused),
		cmocka_unit_test(keyed_hash_matches_published_vectors),
		cmocka_unit_test(random_below_keeps_its_limit),
		cmocka_unit_test(a_virtual_clock_moves_only_when_told),
		cmocka_unit_test(months_are_half_open_in_their_zone),
		cmocka_unit_test(days_that_start_after_midnight_start_late),
		cmocka_unit_test(instants_print_with_their_offset),
		cmocka_unit_test(a_repeated_time_is_told_apart_by_its_offset),
		cmocka_unit_test(a_mistyped_zone_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
