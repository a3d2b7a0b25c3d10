/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An agent that has much to do, or more than it can: overflows, bursts, pace. */
#include "tests/unit/check.h"

#include "tests/unit/agent_bench.h"

#include "collector/backlog.h"
#include "collector/base/clock.h"
#include "collector/overflows.h"

#include <stdlib.h>

#define MS  NSEC_PER_MSEC
#define SEC NSEC_PER_SEC

static const nsec delay = 5 * NSEC_PER_MSEC;

static void answer_all(void *context, struct probe_packet *packet)
{
	(void)context;
	fake_answer(packet, delay);
}

/* What becomes of packet 3 of slot 1, sent from 1300 to 1405 ms, while the queue overflows. */
static const struct overflow_row {
	const char *name;
	nsec answered; /* after so long; 0: never */
	enum probe_event_kind told;
	nsec overflow_at;
	uint8_t family;
	bool tainted;
	uint32_t lost;
} overflow_rows[] = {
	{"lost, and on its way then", 0, PROBE_STAMPED, 1600 * MS, 4, true, 1},
	{"lost, and sent afterwards", 0, PROBE_STAMPED, 1150 * MS, 4, false, 1},
	{"lost, its deadline long over", 0, PROBE_STAMPED, 2150 * MS, 4, false, 1},
	{"lost over the other family", 0, PROBE_STAMPED, 1600 * MS, 6, false, 1},
	{"rejected, which proves nothing", 0, PROBE_REJECTED, 1600 * MS, 4, true, 1},
	{"answered before", delay, PROBE_REPLIED, 1600 * MS, 4, false, 0},
	{"answered afterwards, in time", 450 * MS, PROBE_REPLIED, 1600 * MS, 4, false, 0},
	{"answered afterwards, late", 700 * MS, PROBE_REPLIED, 1600 * MS, 4, false, 1},
};

static const struct overflow_row *row;

static bool in_slot(const struct probe_packet *packet, int64_t index)
{
	return packet->mark.slot == (uint16_t)(BENCH_START / SEC + index);
}

static void follow_row(void *context, struct probe_packet *packet)
{
	struct probe_event event = {
		.kind = row->told,
		.stamped_by = STAMP_KERNEL,
		.peer = *packet->to,
		.method = &fake_probe,
		.cause = LOSS_UNREACHABLE,
	};

	if (!in_slot(packet, 1) || packet->mark.packet != 3)
		answer_all(context, packet);
	else if (row->answered != 0)
		fake_answer(packet, row->answered);
	else
		fake_event(packet, row->told == PROBE_STAMPED ? 0 : delay, &event);
}

static void an_overflow_taints_where_an_answer_may_be_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(overflow_rows); i++) {
		struct bench bench;
		struct target target = bench_target();
		row = &overflow_rows[i];
		struct probe_event event = {.kind = PROBE_OVERFLOWED, .peer.family = row->family};
		print_message("# %s\n", row->name);
		bench_open(&bench, &(struct bench_setup){.policy = follow_row, .c1 = 1});
		uint32_t series = bench_add(&bench, &target);
		fake_happen(SEC / 2 + row->overflow_at, &event);
		bench_run_to(&bench, 5600 * MS);
		bench_expect_row(&bench, series, 0, 5);
		for (int64_t slot = 0; slot < 5; slot++)
			assert_int_equal(bench_slot(&bench, series, slot)->flags &
						 ~SLOT_UNREACHABLE,
					 slot == 1 && row->tainted ? SLOT_TAINTED : 0);
		assert_int_equal(bench_slot(&bench, series, 1)->lost, row->lost);
		assert_int_equal(agent_counters(bench.agent)->overflows, 1);
		bench_close(&bench);
	}
}

static void lose_seventh(void *context, struct probe_packet *packet)
{
	if (packet->mark.packet != 7)
		answer_all(context, packet);
}

/* The queue overflowed while the agent stood still: nobody knows when. */
static void an_overflow_seen_late_taints_what_it_may_have_met(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();
	struct probe_event event = {.kind = PROBE_OVERFLOWED, .peer.family = 4};

	bench_open(&bench, &(struct bench_setup){.policy = lose_seventh, .c1 = 1});
	uint32_t series = bench_add(&bench, &target);
	bench_run_to(&bench, 1820 * MS);
	fake_happen(10 * MS, &event);
	clock_advance(1300 * MS);
	bench_run_to(&bench, 5600 * MS);
	assert_int_equal(bench_slot(&bench, series, 0)->flags, 0);
	assert_int_equal(bench_slot(&bench, series, 1)->flags, SLOT_TAINTED | SLOT_UNSENT);
	assert_int_equal(bench_slot(&bench, series, 3)->flags & SLOT_TAINTED, 0);
	assert_int_equal(bench_slot(&bench, series, 4)->flags, 0);
	bench_close(&bench);
}

/* One overflow among many slots with losses of the network's own. */
static void taints_are_rare(void **state)
{
	(void)state;
	enum { SERIES = 200 };
	struct bench bench;
	struct target target = bench_target();
	struct probe_event event = {.kind = PROBE_OVERFLOWED, .peer.family = 4};
	size_t tainted = 0;

	target.interval = 10 * SEC;
	bench_open(&bench, &(struct bench_setup){.policy = lose_seventh, .c1 = 1});
	for (uint32_t i = 0; i < SERIES; i++) {
		target.phase_seed = i;
		target.host.bytes[3] = (uint8_t)i;
		(void)bench_add(&bench, &target);
	}
	fake_happen(SEC / 2 + 10 * SEC + 7500 * MS, &event);
	bench_run_to(&bench, 31 * SEC);
	for (size_t i = 0; i < bench.seen_count; i++) {
		const struct summary *s = &bench.seen[i].summary;
		assert_int_equal(s->lost, 1);
		assert_int_equal(s->flags & ~SLOT_TAINTED, 0);
		tainted += s->flags != 0;
	}
	/* Half of the seventh packets of one slot had been sent, and lived for half a second of
	 * the second over which they are spread. */
	assert_int_equal(bench.seen_count, 3 * SERIES);
	assert_in_range(tainted, SERIES * 4 / 10, SERIES * 6 / 10);
	bench_close(&bench);
}

static void overflows_beyond_room_are_joined(void **state)
{
	(void)state;
	struct overflows overflows = {.count = 0};

	overflows_add(&overflows, (struct period){0, 5});
	overflows_add(&overflows, (struct period){5, 10});
	assert_int_equal(overflows.count, 1);
	for (int64_t i = 1; i <= OVERFLOWS_MAX; i++)
		overflows_add(&overflows, (struct period){100 * i, 100 * i + 10});
	assert_int_equal(overflows.count, OVERFLOWS_MAX);
	assert_int_equal(overflows.times[0].from, 0);
	assert_int_equal(overflows.times[0].until, 110);
	assert_int_equal(overflows.times[1].from, 200);
	assert_int_equal(overflows.times[OVERFLOWS_MAX - 1].until, 100 * OVERFLOWS_MAX + 10);
}

static void a_backlog_keeps_its_order(void **state)
{
	(void)state;
	struct backlog backlog = {.items = NULL};
	struct ended ended;
	uint32_t in = 0;
	uint32_t out = 0;

	assert_false(backlog_take(&backlog, &ended));
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3000; i++, in++)
			assert_int_equal(backlog_put(&backlog, (struct ended){in, in / 2}), E_OK);
		for (int i = 0; i < (round == 4 ? 11000 : 1000); i++, out++) {
			assert_true(backlog_take(&backlog, &ended));
			assert_int_equal(ended.series, out);
			assert_int_equal(ended.slot, out / 2);
		}
	}
	assert_int_equal(in, out);
	assert_false(backlog_take(&backlog, &ended));
	assert_null(backlog.items);
	backlog_finish(&backlog);
}

/* Thousands of slots end at one instant; what is to be sent then leaves in time all the same. */
static void slots_that_end_together_are_settled_little_by_little(void **state)
{
	(void)state;
	enum { SERIES = 5000 };
	struct bench bench;
	struct target target = bench_target();
	size_t most = 0;

	target.interval = 10 * SEC;
	target.packets = 5;
	bench_open(&bench, &(struct bench_setup){.policy = answer_all});
	for (uint32_t i = 0; i < SERIES; i++) {
		target.phase_seed = i;
		(void)bench_add(&bench, &target);
	}
	bench_run_to(&bench, 10400 * MS);
	assert_int_equal(bench.seen_count, 0);
	for (nsec passed = 0; passed < 700 * MS; passed += MS) {
		size_t before = bench.seen_count;
		bench_run(&bench, MS);
		most = bench.seen_count - before > most ? bench.seen_count - before : most;
	}
	assert_int_equal(bench.seen_count, SERIES);
	assert_in_range(most, 1, 64);
	for (size_t i = 0; i < bench.seen_count; i++)
		assert_int_equal(bench.seen[i].summary.sent, 5);
	assert_int_equal(agent_counters(bench.agent)->unsent, 0);
	bench_close(&bench);
}

/* The shortest and the longest time between two packets of a series. */
static void expect_gaps(uint32_t series, nsec shortest, nsec longest)
{
	const struct fake *fake = fake_state();
	nsec *before = calloc(series, sizeof(*before));

	assert_non_null(before);
	for (size_t i = 0; i < fake->sent_count; i++) {
		const struct fake_sent *sent = &fake->sent[i];
		nsec gap = sent->at - before[sent->mark.series];
		if (before[sent->mark.series] != 0)
			assert_in_range(gap, shortest, longest);
		before[sent->mark.series] = sent->at;
	}
	free(before);
}

static void the_tick_follows_the_rate(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t series;
		nsec spacing;
		nsec tick;
		size_t largest; /* packets at once: chance heaps some */
	} rows[] = {
		{"one packet a second", 1, SEC, 5 * MS, 1},
		{"1,000 packets a second", 500, 500 * MS, 5 * MS, 20},
		{"10,000 packets a second", 5000, 500 * MS, 5 * MS, 90},
		{"20,000 packets a second", 10000, 500 * MS, 2500 * NSEC_PER_USEC, 95},
		{"100,000 packets a second", 20000, 200 * MS, MS, 160},
		{"a packet each 20 ms", 1, 20 * MS, 2500 * NSEC_PER_USEC, 1},
		{"a packet each 5 ms", 1, 5 * MS, MS, 1},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct target target = bench_target();
		print_message("# %s\n", rows[i].name);
		target.interval = SEC;
		target.packets = (uint32_t)(SEC / rows[i].spacing);
		bench_open(&bench, &(struct bench_setup){.policy = answer_all});
		fake_state()->record = true;
		for (uint32_t j = 0; j < rows[i].series; j++) {
			target.phase_seed = j;
			(void)bench_add(&bench, &target);
		}
		bench_run_to(&bench, 3 * SEC);
		assert_in_range(fake_state()->sent_count,
				(size_t)2 * rows[i].series * target.packets,
				(size_t)4 * rows[i].series * target.packets);
		assert_in_range(fake_state()->largest, 1, rows[i].largest);
		expect_gaps(rows[i].series, rows[i].spacing - rows[i].tick,
			    rows[i].spacing + rows[i].tick);
		bench_close(&bench);
	}
}

static nsec copied_at; /* after BENCH_START */

static void copy_once(void *context, struct probe_packet *packet)
{
	answer_all(context, packet);
	if (in_slot(packet, 1) && packet->mark.packet == 3)
		fake_answer(packet, BENCH_START + copied_at - clock_realtime());
}

/* Slot 1 is settled 50 ms and T_max after its end. The agent gets there later still. */
static void an_answer_belongs_to_its_slot_by_its_stamp(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec at;
		uint32_t duplicated;
	} rows[] = {
		{"just before the slot is settled", 2550 * MS - 1, 1},
		{"just when it is", 2550 * MS, 0},
		{"after it, read together with those before", 2600 * MS, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		const struct target target = bench_target();
		print_message("# %s\n", rows[i].name);
		copied_at = rows[i].at;
		bench_open(&bench, &(struct bench_setup){.policy = copy_once});
		uint32_t series = bench_add(&bench, &target);
		bench_run_to(&bench, 2540 * MS);
		clock_advance(100 * MS);
		bench_run_to(&bench, 4000 * MS);
		assert_int_equal(bench_slot(&bench, series, 1)->duplicated, rows[i].duplicated);
		assert_int_equal(agent_counters(bench.agent)->stale, !rows[i].duplicated);
		bench_close(&bench);
	}
}

/* A receiving socket's size comes from who makes the agent. */
static void probes_are_opened_as_told(void **state)
{
	(void)state;
	struct bench bench;

	bench_open(&bench, &(struct bench_setup){.policy = answer_all, .receive_buffer = 65536});
	assert_int_equal(fake_state()->receive_buffer, 65536);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overflow_taints_where_an_answer_may_be_missing),
		cmocka_unit_test(an_overflow_seen_late_taints_what_it_may_have_met),
		cmocka_unit_test(taints_are_rare),
		cmocka_unit_test(overflows_beyond_room_are_joined),
		cmocka_unit_test(a_backlog_keeps_its_order),
		cmocka_unit_test(slots_that_end_together_are_settled_little_by_little),
		cmocka_unit_test(an_answer_belongs_to_its_slot_by_its_stamp),
		cmocka_unit_test(the_tick_follows_the_rate),
		cmocka_unit_test(probes_are_opened_as_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
