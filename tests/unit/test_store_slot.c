/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test_store_path.h"

#include "collector/store/series.h"

#include <math.h>

static void lengths_are_allowed_or_not(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec length;
		bool allowed;
	} rows[] = {
		{"a second", NSEC_PER_SEC, true},
		{"a minute", NSEC_PER_MIN, true},
		{"an hour", NSEC_PER_HOUR, true},
		{"2 hours", 2 * NSEC_PER_HOUR, true},
		{"8 hours", 8 * NSEC_PER_HOUR, true},
		{"0", 0, false},
		{"negative", -NSEC_PER_MIN, false},
		{"half a second", NSEC_PER_SEC / 2, false},
		{"1.5 seconds", 3 * NSEC_PER_SEC / 2, false},
		{"7 minutes do not cut hours", 7 * NSEC_PER_MIN, false},
		{"3 hours", 3 * NSEC_PER_HOUR, false},
		{"a day", NSEC_PER_DAY, false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		print_message("# %s\n", rows[i].name);
		assert_int_equal(slot_length_allowed(rows[i].length), rows[i].allowed);
	}
}

static void expect_round_trip(const struct slot *slot, size_t most)
{
	uint8_t octets[SLOT_OCTETS];
	struct slot back;
	size_t len = slot_encode(slot, octets);

	assert_in_range(len, 1, most);
	assert_int_equal(slot_decode(octets, len, &back), E_OK);
	assert_true(same_summary(&back.summary, &slot->summary));
	assert_true(same_delays(&back.delays, &slot->delays));
	for (size_t cut = 0; cut < len; cut++)
		assert_int_not_equal(slot_decode(octets, cut, &back), E_OK);
}

static void slots_survive_their_octets(void **state)
{
	(void)state;
	for (nsec i = 0; i < 2000; i++) {
		struct slot slot = path_slot(7, month_start + i * NSEC_PER_MIN, NSEC_PER_MIN);
		expect_round_trip(&slot, 150);
	}
}

static void slots_of_127_packets_take_150_octets_at_most(void **state)
{
	(void)state;
	struct slot slot = path_slot(7, month_start, NSEC_PER_MIN);
	struct summary *s = &slot.summary;

	*s = summary_absent((struct period){s->from, s->until},
			    SLOT_PARTIAL | SLOT_USER_STAMP | SLOT_UNSENT);
	s->expected = s->sent = 127;
	s->lost = s->duplicated = s->reordered = s->late = s->rejected = 55;
	s->rtt_min = 4 * NSEC_PER_SEC;
	s->rtt_max = s->rtt_median = 5 * NSEC_PER_SEC;
	s->rtt_sum = 72 * s->rtt_max;
	slot.delays = delays_empty();
	slot.delays.slots = 1;
	slot.delays.lost = s->lost;
	slot.delays.rtt_min = s->rtt_min;
	slot.delays.rtt_max = s->rtt_max;
	slot.delays.pdv_max = s->rtt_max - s->rtt_min;
	for (size_t b = 0; b < RTT_BUCKETS; b++)
		slot.delays.rtt[b] = 1;
	for (size_t b = 0; b < PDV_BUCKETS; b++)
		slot.delays.pdv[b] = 3;
	expect_round_trip(&slot, 150);
}

static void odd_values_survive_too(void **state)
{
	(void)state;
	struct slot slot = {
		.summary = summary_absent((struct period){0, NSEC_PER_SEC}, SLOT_UNSCHEDULED),
		.delays = delays_empty()};

	expect_round_trip(&slot, 150);
	slot.summary.expected = slot.summary.lost = slot.summary.flags = UINT32_MAX;
	slot.summary.rtt_sum = INT64_MAX - 1;
	slot.summary.rtt_min = INT64_MIN + 1;
	slot.summary.rtt_median = NSEC_INFINITE;
	slot.summary.rtt_max = -1;
	expect_round_trip(&slot, SLOT_OCTETS);
	/* Bounds too far apart for their difference to be a delay. */
	slot.summary.rtt_max = INT64_MAX - 1;
	slot.delays.slots = 1;
	slot.delays.lost = UINT32_MAX;
	slot.delays.rtt_min = slot.summary.rtt_min;
	slot.delays.rtt_max = slot.summary.rtt_max;
	slot.delays.pdv_max = 5;
	expect_round_trip(&slot, SLOT_OCTETS);
	for (size_t b = 0; b < RTT_BUCKETS; b++)
		slot.delays.rtt[b] = UINT32_MAX;
	for (size_t b = 0; b < PDV_BUCKETS; b++)
		slot.delays.pdv[b] = UINT32_MAX;
	slot.delays.lost = UINT64_MAX;
	expect_round_trip(&slot, SLOT_OCTETS);
}

static void what_is_no_slot_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct period slot;
	} rows[] = {
		{"off its grid", {NSEC_PER_SEC, 61 * NSEC_PER_SEC}},
		{"empty", {0, 0}},
		{"ends before it begins", {NSEC_PER_MIN, 0}},
		{"before 1970", {-NSEC_PER_MIN, 0}},
		{"too far ahead",
		 {INT64_MAX / NSEC_PER_HOUR * NSEC_PER_HOUR - NSEC_PER_HOUR,
		  INT64_MAX / NSEC_PER_HOUR * NSEC_PER_HOUR}},
	};
	uint8_t octets[SLOT_OCTETS];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct slot slot = {.summary = summary_absent(rows[i].slot, SLOT_NO_RECORD),
				    .delays = delays_empty()};
		print_message("# %s\n", rows[i].name);
		assert_int_equal(slot_encode(&slot, octets), 0);
	}
}

static void spoilt_octets_are_refused(void **state)
{
	(void)state;
	struct slot slot = path_slot(1, month_start + 20 * NSEC_PER_MIN, NSEC_PER_MIN);
	uint8_t octets[SLOT_OCTETS + 1];
	size_t len = slot_encode(&slot, octets);
	struct slot back;

	octets[len] = 0;
	assert_int_equal(slot_decode(octets, len + 1, &back), E_CORRUPT);
	octets[0] = 2;
	assert_int_equal(slot_decode(octets, len, &back), E_MISMATCH);
	octets[0] = 1;
	octets[1] ^= 1; /* a start off the grid */
	assert_int_equal(slot_decode(octets, len, &back), E_CORRUPT);
	assert_int_equal(slot_decode(NULL, 0, &back), E_SHORT);
}

static void a_series_costs_what_was_promised(void **state)
{
	(void)state;
	const nsec slots = 40 * NSEC_PER_DAY;
	const nsec hours = 396 * NSEC_PER_DAY;

	assert_in_range(series_disk_use(NSEC_PER_MIN, slots, hours), 12000000, 13000000);
	assert_in_range(series_disk_use(5 * NSEC_PER_MIN, slots, hours), 8000000, 9000000);
}

/* Decimal text to doubles, U to NAN, as librrd does. */
static void parse_row(const char *text, double *out)
{
	char copy[HOUR_TEXT];
	char *rest = NULL;
	size_t i = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	(void)strtok_r(copy, ":", &rest);
	for (char *word; (word = strtok_r(NULL, ":", &rest)) != NULL; i++)
		out[i] = strcmp(word, "U") == 0 ? (double)NAN : strtod(word, NULL);
}

static void rows_tell_slots_and_hours_again(void **state)
{
	(void)state;
	struct delays sum = delays_empty();
	double row[HOUR_SOURCES];
	char text[HOUR_TEXT];
	unsigned int infinite = 0;

	for (nsec i = 0; i < 2000; i++) {
		struct slot slot = path_slot(3, month_start + i * NSEC_PER_MIN, NSEC_PER_MIN);
		struct period period = {slot.summary.from, slot.summary.until};
		assert_in_range(series_curve_row(&slot.summary, text), 10, CURVE_TEXT - 1);
		parse_row(text, row);
		struct summary back = series_summary(row, period);
		assert_true(same_summary(&back, &slot.summary));
		infinite += slot.summary.rtt_median == NSEC_INFINITE;
		delays_merge(&sum, &slot.delays);
	}
	assert_true(infinite > 10);
	assert_in_range(series_hour_row(month_start, &sum, text), 10, HOUR_TEXT - 1);
	parse_row(text, row);
	struct delays back = series_delays(row);
	assert_true(same_delays(&back, &sum));
}

static void the_longest_rows_fit(void **state)
{
	(void)state;
	char text[HOUR_TEXT];
	struct summary s = summary_absent((struct period){0, NSEC_PER_HOUR * 2000000}, 0);
	struct delays d;

	s.expected = s.sent = s.lost = s.duplicated = s.reordered = UINT32_MAX;
	s.late = s.rejected = s.flags = UINT32_MAX;
	s.rtt_sum = s.rtt_min = s.rtt_median = s.rtt_max = INT64_MIN + 1;
	assert_in_range(series_curve_row(&s, text), 100, CURVE_TEXT - 1);
	memset(&d, 0xff, sizeof(d));
	d.lost = INT64_MAX;
	d.rtt_min = d.rtt_max = d.pdv_max = INT64_MIN + 1;
	assert_in_range(series_hour_row(0, &d, text), 100, HOUR_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_are_allowed_or_not),
		cmocka_unit_test(slots_survive_their_octets),
		cmocka_unit_test(slots_of_127_packets_take_150_octets_at_most),
		cmocka_unit_test(odd_values_survive_too),
		cmocka_unit_test(what_is_no_slot_is_refused),
		cmocka_unit_test(spoilt_octets_are_refused),
		cmocka_unit_test(a_series_costs_what_was_promised),
		cmocka_unit_test(rows_tell_slots_and_hours_again),
		cmocka_unit_test(the_longest_rows_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
