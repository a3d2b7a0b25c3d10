/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/random.h"
#include "collector/schedule.h"

#include <stdbool.h>
#include <stdlib.h>

static const nsec START = 1700000000 * NSEC_PER_SEC; /* no multiple of a minute */

static struct stream minute_stream(void)
{
	return (struct stream){
		.interval = NSEC_PER_MIN,
		.packets = 20,
		.phase = 1234567890,
		.t_max = 3 * NSEC_PER_SEC,
	};
}

static struct pace pace;

static struct schedule *schedule_of(const struct stream *stream, nsec now)
{
	struct schedule *schedule;

	pace = (struct pace){.stream = *stream};
	assert_int_equal(schedule_create(&schedule), E_OK);
	assert_int_equal(schedule_add(schedule, &pace, now), E_OK);
	return schedule;
}

static void a_slot_already_begun_is_left_out(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec now;
		int64_t slot;
	} rows[] = {
		{"on the boundary", 10 * NSEC_PER_MIN, 10},
		{"just after it", 10 * NSEC_PER_MIN + 1, 11},
		{"just before the next", 11 * NSEC_PER_MIN - 1, 11},
		{"before 1970", -90 * NSEC_PER_SEC, -1},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stream stream = minute_stream();
		struct schedule *schedule = schedule_of(&stream, rows[i].now);
		struct due due;
		print_message("# %s\n", rows[i].name);
		assert_false(schedule_take(schedule, rows[i].now, &due));
		assert_true(schedule_take(schedule, schedule_next(schedule), &due));
		assert_int_equal(due.kind, DUE_SEND);
		assert_int_equal(due.slot, rows[i].slot);
		assert_int_equal(due.packet, 0);
		assert_int_equal(due.at, rows[i].slot * NSEC_PER_MIN + stream.phase);
		schedule_destroy(schedule);
	}
}

/* Every packet of a month, asked for on a tick of a millisecond: no drift, none left out, every
 * slot settled once, at its end + T_max. */
static void a_month_has_no_drift(void **state)
{
	(void)state;
	enum { SLOTS = 31 * 24 * 60 };
	struct stream stream = minute_stream();
	struct schedule *schedule = schedule_of(&stream, START);
	int64_t first = nsec_ceil(START, NSEC_PER_MIN) / NSEC_PER_MIN;
	int64_t sends = 0;
	int64_t settles = 0;

	schedule_end(schedule, (first + SLOTS) * NSEC_PER_MIN);
	for (nsec now; (now = schedule_next(schedule)) != NSEC_INFINITE;) {
		struct due due;
		now = nsec_ceil(now, NSEC_PER_MSEC);
		while (schedule_take(schedule, now, &due)) {
			assert_true(now - due.at < NSEC_PER_MSEC);
			if (due.kind == DUE_SETTLE) {
				assert_int_equal(due.slot, first + settles++);
				assert_int_equal(due.at,
						 (due.slot + 1) * NSEC_PER_MIN + stream.t_max);
				continue;
			}
			assert_int_equal(due.slot, first + sends / 20);
			assert_int_equal(due.packet, sends % 20);
			assert_int_equal(due.at, due.slot * NSEC_PER_MIN + stream.phase +
							 (sends % 20) * 3 * NSEC_PER_SEC);
			sends++;
		}
	}
	assert_int_equal(sends, SLOTS * 20);
	assert_int_equal(settles, SLOTS);
	schedule_destroy(schedule);
}

/* Several packets may have been taken before it is said. */
static void a_slot_passed_over_is_settled_in_its_turn(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t packets;
		uint32_t taken;
	} rows[] = {
		{"after its first packet", 20, 1},
		{"after some", 20, 7},
		{"after all", 20, 20},
		{"of one packet", 1, 1},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stream stream = minute_stream();
		struct due due;
		print_message("# %s\n", rows[i].name);
		stream.packets = rows[i].packets;
		struct schedule *schedule = schedule_of(&stream, 0);
		for (uint32_t k = 0; k < rows[i].taken; k++)
			assert_true(schedule_take(schedule, NSEC_PER_MIN - 1, &due));
		assert_int_equal(due.slot, 0);
		schedule_pass_over(schedule, &pace, 0);
		for (int64_t slot = 0; slot < 2; slot++) {
			assert_true(schedule_take(schedule, schedule_next(schedule), &due));
			assert_int_equal(due.kind, slot == 0 ? DUE_SEND : DUE_SETTLE);
			assert_int_equal(due.slot, 1 - slot);
			if (due.kind == DUE_SEND)
				schedule_pass_over(schedule, &pace, 1);
		}
		assert_int_equal(due.at, NSEC_PER_MIN + stream.t_max);
		schedule_destroy(schedule);
	}
}

static void slots_overlap_when_t_max_exceeds_the_interval(void **state)
{
	(void)state;
	struct stream stream = {
		.interval = NSEC_PER_SEC, .packets = 1, .t_max = 3500 * NSEC_PER_MSEC};
	struct schedule *schedule = schedule_of(&stream, 0);
	int open = 0;
	int most = 0;
	struct due due;

	schedule_end(schedule, 10 * NSEC_PER_SEC);
	while (schedule_next(schedule) != NSEC_INFINITE) {
		assert_true(schedule_take(schedule, schedule_next(schedule), &due));
		open += due.kind == DUE_SEND ? 1 : -1;
		most = open > most ? open : most;
	}
	assert_int_equal(open, 0);
	assert_int_equal(most, 5);
	schedule_destroy(schedule);
}

static void uneven_spacing_stays_inside_the_slot(void **state)
{
	(void)state;
	struct stream stream = {.interval = 10 * NSEC_PER_SEC, .packets = 7};

	stream.phase = stream.interval / stream.packets - 1;
	for (uint32_t i = 0; i < 7; i++) {
		nsec at = schedule_send_time(&stream, 3, i);
		assert_true(at >= schedule_slot(&stream, 3).from);
		assert_true(at < schedule_slot(&stream, 3).until);
		assert_int_equal(at, 30 * NSEC_PER_SEC + stream.phase + i * 10 * NSEC_PER_SEC / 7);
	}
}

static void slots_that_passed_unasked_are_skipped(void **state)
{
	(void)state;
	struct stream stream = {.interval = NSEC_PER_SEC, .packets = 2, .t_max = NSEC_PER_SEC};
	struct schedule *schedule = schedule_of(&stream, 0);
	struct due due;

	assert_true(schedule_take(schedule, 0, &due)); /* slot 0, packet 0 */
	/* The agent stands still for a day; what slot 0 still lacks is told, late as it is. */
	nsec now = NSEC_PER_DAY + NSEC_PER_SEC / 4;
	assert_true(schedule_take(schedule, now, &due));
	assert_int_equal(due.slot, 0);
	assert_int_equal(due.packet, 1);
	assert_true(schedule_take(schedule, now, &due));
	assert_int_equal(due.kind, DUE_SETTLE);
	assert_int_equal(due.slot, 0);
	/* Of all the slots since, only the one that now lies in is begun. */
	assert_true(schedule_take(schedule, now, &due));
	assert_int_equal(due.kind, DUE_SEND);
	assert_int_equal(due.slot, NSEC_PER_DAY / NSEC_PER_SEC);
	assert_int_equal(due.packet, 0);
	assert_false(schedule_take(schedule, now, &due));
	assert_int_equal(schedule_next(schedule), NSEC_PER_DAY + NSEC_PER_SEC / 2);
	schedule_destroy(schedule);
}

/* Of one packet a slot the first is the last: its slot is not lost to a tick that comes late. */
static void a_slot_may_begin_at_its_very_end(void **state)
{
	static const struct {
		const char *name;
		nsec now; /* from the slot's end on */
		int64_t slot;
	} rows[] = {
		{"on the next tick", 5 * NSEC_PER_MSEC, 0},
		{"just in time", SCHEDULE_OVERRUN - 1, 0},
		{"too late: the next is in its place", SCHEDULE_OVERRUN, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream stream = {.interval = NSEC_PER_SEC,
					.packets = 1,
					.phase = NSEC_PER_SEC - NSEC_PER_MSEC,
					.t_max = NSEC_PER_SEC};
		struct schedule *schedule = schedule_of(&stream, 0);
		struct due due;
		nsec now = NSEC_PER_SEC + rows[i].now;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(schedule_take(schedule, now, &due), rows[i].slot == 0);
		if (rows[i].slot > 0)
			assert_true(schedule_take(schedule, 2 * NSEC_PER_SEC, &due));
		assert_int_equal(due.kind, DUE_SEND);
		assert_int_equal(due.slot, rows[i].slot);
		schedule_destroy(schedule);
	}
}

static void a_clock_set_starts_the_labels_anew(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec to;
	} rows[] = {
		{"ahead", START + 100 * NSEC_PER_DAY},
		{"back", START - 100 * NSEC_PER_DAY},
		{"by a little", START + NSEC_PER_MIN + NSEC_PER_MSEC},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct stream stream = minute_stream();
		struct schedule *schedule = schedule_of(&stream, START);
		struct due due;
		print_message("# %s\n", rows[i].name);
		assert_true(schedule_take(schedule, schedule_next(schedule), &due));
		schedule_restart(schedule, rows[i].to);
		assert_false(schedule_take(schedule, rows[i].to, &due));
		assert_int_equal(schedule_next(schedule),
				 nsec_ceil(rows[i].to, NSEC_PER_MIN) + stream.phase);
		schedule_destroy(schedule);
	}
}

static void a_stream_that_retires_settles_what_it_began(void **state)
{
	(void)state;
	struct stream stream = minute_stream();
	struct schedule *schedule = schedule_of(&stream, START);
	struct due due;

	assert_true(schedule_take(schedule, schedule_next(schedule), &due));
	int64_t slot = due.slot;
	schedule_retire(schedule, &pace);
	assert_true(schedule_take(schedule, schedule_next(schedule), &due));
	assert_int_equal(due.kind, DUE_SETTLE);
	assert_int_equal(due.slot, slot);
	assert_int_equal(schedule_next(schedule), NSEC_INFINITE);
	schedule_remove(schedule, &pace);
	assert_int_equal(schedule_add(schedule, &pace, START), E_OK);
	assert_int_not_equal(schedule_next(schedule), NSEC_INFINITE);
	schedule_remove(schedule, &pace);
	assert_int_equal(schedule_next(schedule), NSEC_INFINITE);
	schedule_destroy(schedule);
}

/* Thousands of streams come in the order of time, and adding and retiring among them leaves the
 * others where they were. */
static void many_streams_come_in_order(void **state)
{
	(void)state;
	enum { STREAMS = 5000 };
	struct random random = random_seeded(7);
	struct schedule *schedule;
	uint32_t *counts = calloc(STREAMS, sizeof(*counts));
	struct pace *paces = calloc(STREAMS, sizeof(*paces));
	nsec before = 0;
	struct due due;

	assert_non_null(counts);
	assert_non_null(paces);
	assert_int_equal(schedule_create(&schedule), E_OK);
	for (uint32_t i = 0; i < STREAMS; i++) {
		paces[i].number = i;
		paces[i].stream = (struct stream){.interval = NSEC_PER_MIN, .packets = 3};
		paces[i].stream.phase = (nsec)random_below(&random, 20 * NSEC_PER_SEC);
		assert_int_equal(schedule_add(schedule, &paces[i], 0), E_OK);
	}
	for (uint32_t i = 0; i < STREAMS; i += 10)
		schedule_remove(schedule, &paces[i]);
	schedule_end(schedule, NSEC_PER_MIN);
	while (schedule_take(schedule, NSEC_PER_MIN - 1, &due)) {
		assert_int_equal(due.kind, DUE_SEND);
		assert_true(due.at >= before);
		before = due.at;
		counts[due.pace->number]++;
	}
	for (uint32_t i = 0; i < STREAMS; i++)
		assert_int_equal(counts[i], i % 10 == 0 ? 0 : 3);
	free(counts);
	free(paces);
	schedule_destroy(schedule);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_already_begun_is_left_out),
		cmocka_unit_test(a_month_has_no_drift),
		cmocka_unit_test(a_slot_passed_over_is_settled_in_its_turn),
		cmocka_unit_test(slots_overlap_when_t_max_exceeds_the_interval),
		cmocka_unit_test(uneven_spacing_stays_inside_the_slot),
		cmocka_unit_test(slots_that_passed_unasked_are_skipped),
		cmocka_unit_test(a_slot_may_begin_at_its_very_end),
		cmocka_unit_test(a_clock_set_starts_the_labels_anew),
		cmocka_unit_test(a_stream_that_retires_settles_what_it_began),
		cmocka_unit_test(many_streams_come_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
