/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens to an agent in time: its clock is set, it stands still, series come and go, it ends.
 */
#include "tests/unit/check.h"

#include "tests/unit/agent_bench.h"

#include "collector/base/clock.h"

#define MS  NSEC_PER_MSEC
#define SEC NSEC_PER_SEC

static const nsec delay = 5 * NSEC_PER_MSEC;

static void answer_all(void *context, struct probe_packet *packet)
{
	(void)context;
	fake_answer(packet, delay);
}

static void lose_all(void *context, struct probe_packet *packet)
{
	(void)context;
	(void)packet;
}

static void expect_good(const struct summary *s)
{
	assert_int_equal(s->flags, 0);
	assert_int_equal(s->sent, s->expected);
	assert_int_equal(s->lost + s->duplicated + s->reordered, 0);
	assert_int_equal(s->rtt_min, delay);
	assert_int_equal(s->rtt_max, delay);
}

/* Every slot lies on its grid and is good, but those that were open when the clock was set. */
static size_t expect_stepped(const struct bench *bench)
{
	size_t stepped = 0;

	for (size_t i = 0; i < bench->seen_count; i++) {
		const struct summary *s = &bench->seen[i].summary;
		assert_int_equal(nsec_floor(s->from, SEC), s->from);
		assert_int_equal(s->until - s->from, SEC);
		if (s->flags != 0)
			assert_int_equal(s->flags & ~SLOT_UNSENT, SLOT_CLOCK_STEP);
		else
			expect_good(s);
		stepped += s->flags != 0;
	}
	return stepped;
}

static void a_clock_set_spoils_the_open_slots_only(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec at; /* after BENCH_START */
		nsec by;
		size_t spoilt;
	} rows[] = {
		{"ahead by half a minute", 3700 * MS, 30 * SEC, 1},
		{"ahead by little", 3700 * MS, 200 * NSEC_PER_USEC, 1},
		{"ahead while two are open", 3300 * MS, 30 * SEC, 2},
		{"ahead by an hour", 3700 * MS, 3600 * SEC, 1},
		{"back by half a minute", 3700 * MS, -30 * SEC, 1},
		{"back by little", 3700 * MS, -200 * NSEC_PER_USEC, 1},
		{"back over the start of a slot", 3300 * MS, -400 * MS, 2},
		{"back by ten years", 3700 * MS, -3650 * NSEC_PER_DAY, 1},
		{"before anything was sent", -200 * MS, 30 * SEC, 0},
		{"by less than counts", 3700 * MS, 90 * NSEC_PER_USEC, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct target target = bench_target();
		bool counts = rows[i].by > 100 * NSEC_PER_USEC || rows[i].by < -100 * NSEC_PER_USEC;
		print_message("# %s\n", rows[i].name);
		bench_open(&bench, &(struct bench_setup){.policy = answer_all});
		(void)bench_add(&bench, &target);
		bench_run_to(&bench, rows[i].at);
		clock_step_virtual(rows[i].by);
		nsec next = nsec_ceil(clock_realtime(), SEC);
		if (!counts) {
			bench_run(&bench, 10 * SEC);
			assert_int_equal(bench.stepped, 0);
			bench_expect_row(&bench, 0, 0, bench.seen_count);
			bench_close(&bench);
			continue;
		}
		bench_run(&bench, MS);
		size_t before = bench.seen_count;
		assert_int_equal(bench.stepped, rows[i].by);
		assert_int_equal(expect_stepped(&bench), rows[i].spoilt);
		bench_run(&bench, 10 * SEC);
		assert_int_equal(expect_stepped(&bench), rows[i].spoilt);
		assert_int_equal(agent_counters(bench.agent)->clock_steps, 1);
		assert_in_range(bench.seen_count - before, 8, 10);
		for (size_t j = before; j < bench.seen_count; j++, next += SEC)
			assert_int_equal(bench.seen[j].summary.from, next);
		bench_close(&bench);
	}
}

static void answer_slowly(void *context, struct probe_packet *packet)
{
	(void)context;
	fake_answer(packet, 800 * MS);
}

/* Set back by little, a slot number comes again; answers to its first turn are not its own. */
static void an_answer_from_before_the_step_is_stale(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	target.t_max = 900 * MS;
	bench_open(&bench, &(struct bench_setup){.policy = answer_slowly});
	uint32_t series = bench_add(&bench, &target);
	bench_run_to(&bench, 5350 * MS);
	clock_step_virtual(-400 * MS);
	bench_run(&bench, 4 * SEC);
	const struct summary *again = NULL;
	for (size_t i = 0; i < bench.seen_count; i++) {
		const struct summary *s = &bench.seen[i].summary;
		if (bench.seen[i].series == series && s->from == BENCH_START + 5 * SEC)
			again = s;
	}
	assert_non_null(again);
	assert_int_equal(again->flags, 0);
	assert_int_equal(again->lost + again->duplicated, 0);
	assert_int_equal(again->rtt_min, 800 * MS);
	assert_true(agent_counters(bench.agent)->stale >= 3);
	assert_int_equal(agent_counters(bench.agent)->forged, 0);
	bench_close(&bench);
}

/* An alarm of a time that never was keeps no later one silent. */
static void a_clock_set_back_leaves_alarms_awake(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	bench_open(&bench, &(struct bench_setup){.policy = lose_all});
	(void)bench_add(&bench, &target);
	bench_run_to(&bench, 3700 * MS);
	assert_int_equal(bench.alarm_count, 1);
	fake_state()->policy = answer_all;
	clock_step_virtual(-NSEC_PER_DAY);
	bench_run(&bench, 5 * SEC);
	fake_state()->policy = lose_all;
	bench_run(&bench, 5 * SEC);
	assert_int_equal(bench.alarm_count, 2);
	bench_close(&bench);
}

static void slewing_is_no_step(void **state)
{
	(void)state;
	static const int ppm[] = {500, -500};
	for (size_t i = 0; i < COUNT_OF(ppm); i++) {
		struct bench bench;
		struct target target = bench_target();
		print_message("# %d ppm\n", ppm[i]);
		bench_open(&bench, &(struct bench_setup){.policy = answer_all});
		uint32_t series = bench_add(&bench, &target);
		for (nsec passed = 0; passed < 600 * SEC;) {
			nsec before = clock_monotonic();
			clock_advance(agent_tick(bench.agent) - before);
			/* Now and then it oversleeps, so that more is slewed between two looks. */
			if (passed / (10 * SEC) !=
			    (passed + clock_monotonic() - before) / (10 * SEC))
				clock_advance(200 * MS);
			nsec length = clock_monotonic() - before;
			clock_step_virtual(length * ppm[i] / 1000000);
			passed += length;
		}
		assert_int_equal(agent_counters(bench.agent)->clock_steps, 0);
		assert_in_range(bench.seen_count, 598, 600);
		bench_expect_row(&bench, series, 0, bench.seen_count);
		for (size_t j = 0; j < bench.seen_count; j++) {
			/* A last packet overslept is not sent into the next slot. */
			assert_int_equal((bench.seen[j].summary.flags & ~SLOT_UNSENT) +
						 bench.seen[j].summary.lost,
					 0);
		}
		bench_close(&bench);
	}
}

static void a_leap_ahead_is_not_believed_at_once(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec by;
		nsec back; /* after a minute; 0: never */
		nsec withheld;
	} rows[] = {
		{"an hour is believed", NSEC_PER_HOUR, 0, 0},
		{"more than an hour", NSEC_PER_HOUR + MS, 0, 300 * SEC},
		{"ten years", 3650 * NSEC_PER_DAY, 0, 300 * SEC},
		{"ten years and back", 3650 * NSEC_PER_DAY, -3650 * NSEC_PER_DAY, 60 * SEC},
		{"ten years and back by a day", 3650 * NSEC_PER_DAY, -NSEC_PER_DAY, 360 * SEC},
		{"back by ten years", -3650 * NSEC_PER_DAY, 0, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct target target = bench_target();
		print_message("# %s\n", rows[i].name);
		bench_open(&bench, &(struct bench_setup){.policy = answer_all});
		(void)bench_add(&bench, &target);
		bench_run_to(&bench, 3700 * MS);
		clock_step_virtual(rows[i].by);
		bench_run(&bench, MS);
		/* What was open before the leap is handed over under its old label. */
		size_t before = bench.seen_count;
		assert_int_equal(bench.seen[before - 1].summary.from, BENCH_START + 3 * SEC);
		nsec left = rows[i].withheld;
		if (rows[i].back != 0) {
			bench_run(&bench, 60 * SEC);
			assert_int_equal(bench.seen_count, before);
			clock_step_virtual(rows[i].back);
			left -= 60 * SEC;
		}
		nsec from = clock_realtime();
		bench_run(&bench, left + 10 * SEC);
		assert_true(bench.seen_count > before);
		nsec first = bench.seen[before].summary.until;
		/* A slot is handed over up to T_max and its length after it began. */
		assert_true(first - from > left - 550 * MS && first - from < left + 2 * SEC);
		bench_close(&bench);
	}
}

static void an_agent_that_stands_still_charges_nobody(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec interval;
		nsec at;
		nsec still;
		uint32_t unsent; /* at most; at least one fewer */
		size_t missing;	 /* slots that passed wholly */
	} rows[] = {
		{"for 50 ms", SEC, 3300 * MS, 50 * MS, 0, 0},
		{"for 200 ms", SEC, 3300 * MS, 200 * MS, 0, 0},
		{"for 3 s inside a slot", 10 * SEC, 33 * SEC, 3000 * MS, 3, 0},
		{"for 3 s over the end of a slot", 10 * SEC, 38500 * MS, 3000 * MS, 3, 0},
		{"for 3 s over three slots", SEC, 3300 * MS, 3000 * MS, 8, 2},
		{"for an hour", SEC, 3300 * MS, 3600 * SEC, 8, 3599},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct target target = bench_target();
		nsec before = BENCH_START;
		uint32_t unsent = 0;
		size_t missing = 0;
		print_message("# %s\n", rows[i].name);
		target.interval = rows[i].interval;
		bench_open(&bench, &(struct bench_setup){.policy = answer_all});
		(void)bench_add(&bench, &target);
		bench_run_to(&bench, rows[i].at);
		clock_advance(rows[i].still);
		bench_run(&bench, 5 * target.interval);
		for (size_t j = 0; j < bench.seen_count; j++) {
			const struct summary *s = &bench.seen[j].summary;
			missing += (size_t)((s->from - before) / target.interval);
			before = s->until;
			unsent += s->expected - s->sent;
			assert_int_equal(s->lost, 0);
			assert_int_equal(s->flags, s->sent < s->expected ? SLOT_UNSENT : 0);
			/* What waited unread bears the stamp of its arrival. */
			assert_int_equal(s->rtt_max, delay);
		}
		assert_int_equal(missing, rows[i].missing);
		assert_in_range(unsent, rows[i].unsent == 0 ? 0 : rows[i].unsent - 1,
				rows[i].unsent);
		assert_int_equal(agent_counters(bench.agent)->clock_steps, 0);
		bench_close(&bench);
	}
}

static nsec phase_of(const struct fake_sent *sent, nsec offset, nsec spacing)
{
	nsec at = sent->at + offset;
	return at - nsec_floor(at, spacing);
}

static void a_series_untouched_keeps_its_phase_and_slot(void **state)
{
	(void)state;
	struct bench bench;
	struct target kept = bench_target();
	struct target gone = bench_target();

	gone.phase_seed = 7;
	gone.host.bytes[3] = 2;
	bench_open(&bench, &(struct bench_setup){.policy = answer_all});
	fake_state()->record = true;
	uint32_t one = bench_add(&bench, &kept);
	uint32_t two = bench_add(&bench, &gone);
	bench_run_to(&bench, 3450 * MS);
	agent_retire(bench.agent, two);
	agent_retire(bench.agent, two);
	uint32_t three = bench_add(&bench, &gone);
	bench_run_to(&bench, 8800 * MS);
	assert_int_not_equal(two, three);
	bench_expect_row(&bench, one, 0, 8);
	bench_expect_row(&bench, two, 0, 4);
	bench_expect_row(&bench, three, 4, 4);
	for (int64_t slot = 0; slot < 8; slot++)
		expect_good(bench_slot(&bench, one, slot));
	const struct summary *last = bench_slot(&bench, two, 3);
	assert_int_equal(last->flags, SLOT_PARTIAL | SLOT_UNSENT);
	assert_in_range(last->sent, 4, 5);
	assert_int_equal(last->lost, 0);
	nsec offset = clock_realtime() - clock_monotonic();
	nsec phase[3] = {NSEC_UNDEFINED, NSEC_UNDEFINED, NSEC_UNDEFINED};
	for (size_t i = 0; i < fake_state()->sent_count; i++) {
		const struct fake_sent *sent = &fake_state()->sent[i];
		nsec now = phase_of(sent, offset, 100 * MS);
		if (phase[sent->mark.series] == NSEC_UNDEFINED)
			phase[sent->mark.series] = now;
		assert_in_range(now - phase[sent->mark.series] + MS, 0, 2 * MS);
	}
	/* The same seed, the same phase. */
	assert_in_range(phase[two] - phase[three] + MS, 0, 2 * MS);
	bench_close(&bench);
}

static void an_end_begins_no_slot_that_goes_beyond(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	bench_open(&bench, &(struct bench_setup){.policy = answer_all});
	uint32_t series = bench_add(&bench, &target);
	agent_end(bench.agent, BENCH_START + 3999 * MS);
	bench_run_to(&bench, 3500 * MS);
	assert_false(agent_finished(bench.agent));
	bench_run_to(&bench, 3600 * MS);
	assert_true(agent_finished(bench.agent));
	bench_expect_row(&bench, series, 0, 3);
	bench_close(&bench);
}

static void a_stop_settles_what_it_began(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		fake_policy *policy;
		nsec patience;
		nsec finished; /* after the stop, at most */
		uint32_t flags;
		uint32_t lost; /* at least */
	} rows[] = {
		{"all answered, with patience", answer_all, 550 * MS, 560 * MS,
		 SLOT_PARTIAL | SLOT_UNSENT, 0},
		{"lost, with patience", lose_all, 550 * MS, 560 * MS, SLOT_PARTIAL | SLOT_UNSENT,
		 4},
		{"all answered, without patience", answer_all, 0, 110 * MS,
		 SLOT_PARTIAL | SLOT_UNSENT, 0},
		{"lost or not, nobody knows", lose_all, 0, 110 * MS,
		 SLOT_PARTIAL | SLOT_UNSENT | SLOT_TAINTED, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct target target = bench_target();
		print_message("# %s\n", rows[i].name);
		bench_open(&bench, &(struct bench_setup){.policy = rows[i].policy});
		uint32_t series = bench_add(&bench, &target);
		bench_run_to(&bench, 2650 * MS);
		agent_stop(bench.agent, rows[i].patience);
		bench_run(&bench, rows[i].finished);
		assert_true(agent_finished(bench.agent));
		bench_expect_row(&bench, series, 0, 3);
		const struct summary *last = bench_slot(&bench, series, 2);
		assert_int_equal(last->flags, rows[i].flags);
		assert_in_range(last->sent, 6, 7);
		assert_true(last->lost >= rows[i].lost);
		bench_close(&bench);
	}
}

/* What an interface took while its carrier was gone, which is learned only later. */
static void what_this_machine_dropped_is_unsent(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	bench_open(&bench, &(struct bench_setup){.policy = answer_all});
	uint32_t series = bench_add(&bench, &target);
	bench_run_to(&bench, 3350 * MS);
	fake_state()->policy = lose_all;
	bench_run_to(&bench, 4350 * MS);
	fake_state()->policy = answer_all;
	fake_state()->dropped = (struct period){BENCH_START + 3350 * MS, BENCH_START + 4000 * MS};
	bench_run_to(&bench, 8 * SEC);
	const struct summary *dropped = bench_slot(&bench, series, 3);
	assert_int_equal(dropped->flags, SLOT_UNSENT);
	assert_int_equal(dropped->lost, 0);
	assert_in_range(dropped->sent, 3, 4);
	/* In the next slot they were lost on the way. */
	const struct summary *lost = bench_slot(&bench, series, 4);
	assert_int_equal(lost->flags, 0);
	assert_int_equal(lost->sent, 10);
	assert_in_range(lost->lost, 3, 4);
	expect_good(bench_slot(&bench, series, 2));
	expect_good(bench_slot(&bench, series, 5));
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_set_spoils_the_open_slots_only),
		cmocka_unit_test(an_answer_from_before_the_step_is_stale),
		cmocka_unit_test(a_clock_set_back_leaves_alarms_awake),
		cmocka_unit_test(slewing_is_no_step),
		cmocka_unit_test(a_leap_ahead_is_not_believed_at_once),
		cmocka_unit_test(an_agent_that_stands_still_charges_nobody),
		cmocka_unit_test(a_series_untouched_keeps_its_phase_and_slot),
		cmocka_unit_test(what_this_machine_dropped_is_unsent),
		cmocka_unit_test(an_end_begins_no_slot_that_goes_beyond),
		cmocka_unit_test(a_stop_settles_what_it_began),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
