/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of packets: the agent, whole, between the virtual clock and a fake probe. */
#include "tests/unit/check.h"

#include "tests/unit/agent_bench.h"

#include "collector/base/clock.h"

#include <stdlib.h>

#define MS NSEC_PER_MSEC

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

enum fate_kind {
	NO_FATE = 0,
	AFTER, /* answered after so long */
	TWICE, /* answered after 5 ms and after so long */
	LOST,
	REFUSED,
	REJECTED,
	GONE,	  /* our own kernel finds no neighbour */
	DENIED,	  /* the host says no to this packet */
	USURPED,  /* another says it */
	STRANGER, /* answered from another address */
	FORGED,
	DAMAGED,   /* a wrong checksum, then the true answer */
	UNASKED,   /* the true answer, and one to a packet that the slot does not have */
	REPLAYED,  /* the true answer, and one with a sequence of another time */
	UNSTAMPED, /* answered without the kernel's stamp of sending */
};

struct fate {
	uint32_t packet;
	enum fate_kind kind;
	nsec delay;
};

static const struct fate_row {
	const char *name;
	struct fate fates[4]; /* of slot 1; everything else is answered after 5 ms */
	uint32_t sent, lost, duplicated, reordered, late, rejected, flags;
	uint64_t forged, stale;
} fate_rows[] = {
	{"all answered", {{0}}, 10, 0, 0, 0, 0, 0, 0, 0, 0},
	{"one lost", {{3, LOST, 0}}, 10, 1, 0, 0, 0, 0, 0, 0, 0},
	{"the last lost", {{9, LOST, 0}}, 10, 1, 0, 0, 0, 0, 0, 0, 0},
	{"in time at T_max", {{3, AFTER, 500 * MS}}, 10, 0, 0, 1, 0, 0, 0, 0, 0},
	{"late by a nanosecond", {{3, AFTER, 500 * MS + 1}}, 10, 1, 0, 0, 1, 0, 0, 0, 0},
	{"so late that the slot is gone", {{3, AFTER, 5000 * MS}}, 10, 1, 0, 0, 0, 0, 0, 0, 1},
	{"duplicated", {{3, TWICE, 30 * MS}}, 10, 0, 1, 0, 0, 0, 0, 0, 0},
	{"late and duplicated", {{3, TWICE, 700 * MS}}, 10, 0, 1, 0, 0, 0, 0, 0, 0},
	{"reordered", {{3, AFTER, 150 * MS}}, 10, 0, 0, 1, 0, 0, 0, 0, 0},
	{"two overtaken by one",
	 {{3, AFTER, 250 * MS}, {4, AFTER, 150 * MS}},
	 10,
	 0,
	 0,
	 2,
	 0,
	 0,
	 0,
	 0,
	 0},
	{"rejected", {{3, REJECTED, 10 * MS}}, 10, 1, 0, 0, 0, 1, SLOT_FILTERED, 0, 0},
	{"no neighbour", {{3, GONE, 300 * MS}}, 10, 1, 0, 0, 0, 0, SLOT_NEIGHBOUR, 0, 0},
	{"refused by the host", {{3, DENIED, 10 * MS}}, 10, 1, 0, 0, 0, 1, SLOT_REFUSED, 0, 0},
	{"refused by another host", {{3, USURPED, 10 * MS}}, 10, 1, 0, 0, 0, 0, 0, 1, 0},
	{"refused when the slot is gone", {{3, DENIED, 5000 * MS}}, 10, 1, 0, 0, 0, 0, 0, 0, 1},
	{"refused by the system call",
	 {{3, REFUSED, 0}, {4, REFUSED, 0}},
	 8,
	 0,
	 0,
	 0,
	 0,
	 0,
	 SLOT_UNSENT,
	 0,
	 0},
	{"an answer from another address", {{3, STRANGER, 0}}, 10, 1, 0, 0, 0, 0, 0, 1, 0},
	{"forged", {{3, FORGED, 0}}, 10, 1, 0, 0, 0, 0, 0, 1, 0},
	{"damaged on the way, and whole", {{3, DAMAGED, 0}}, 10, 0, 0, 0, 0, 0, 0, 0, 0},
	{"an answer to a packet beyond the slot", {{3, UNASKED, 0}}, 10, 0, 0, 0, 0, 0, 0, 1, 0},
	{"an answer with another time's sequence", {{3, REPLAYED, 0}}, 10, 0, 0, 0, 0, 0, 0, 0, 1},
	{"without a stamp of sending",
	 {{3, UNSTAMPED, 0}},
	 10,
	 0,
	 0,
	 0,
	 0,
	 0,
	 SLOT_USER_STAMP,
	 0,
	 0},
};

static void meet_fate(struct probe_packet *packet, const struct fate *fate)
{
	struct probe_event reply = {
		.kind = PROBE_REPLIED, .stamped_by = STAMP_KERNEL, .peer = *packet->to};
	struct probe_packet other = *packet;

	switch (fate->kind) {
	case AFTER:
		fake_answer(packet, fate->delay);
		return;
	case TWICE:
		fake_answer(packet, delay);
		fake_event(packet, fate->delay, &reply);
		return;
	case LOST:
	case NO_FATE:
		return;
	case REFUSED:
		packet->refused = 105;
		return;
	case REJECTED:
		reply.kind = PROBE_REJECTED;
		reply.method = &fake_probe;
		reply.cause = LOSS_FILTERED;
		break;
	case GONE:
		reply.kind = PROBE_REJECTED;
		reply.method = &fake_probe;
		reply.cause = LOSS_NEIGHBOUR;
		break;
	case USURPED:
		reply.peer.bytes[3]++;
		reply.kind = PROBE_FAILED;
		reply.cause = LOSS_REFUSED;
		break;
	case DENIED:
		reply.kind = PROBE_FAILED;
		reply.cause = LOSS_REFUSED;
		break;
	case STRANGER:
		reply.peer.bytes[3]++;
		break;
	case FORGED:
		reply.kind = PROBE_FORGED;
		break;
	case DAMAGED:
		reply.kind = PROBE_BAD_CHECKSUM;
		fake_answer(packet, delay);
		break;
	case UNASKED:
		fake_answer(packet, delay);
		other.mark.packet += 10;
		other.sequence += 10;
		break;
	case REPLAYED:
		fake_answer(packet, delay);
		other.sequence += 10;
		break;
	case UNSTAMPED:
		break;
	}
	fake_event(&other, fate->delay > delay ? fate->delay : delay, &reply);
}

static const struct fate_row *row;

static void follow_row(void *context, struct probe_packet *packet)
{
	(void)context;
	int64_t first = BENCH_START / NSEC_PER_SEC;
	for (size_t i = 0; i < COUNT_OF(row->fates); i++) {
		if (row->fates[i].kind != NO_FATE && row->fates[i].packet == packet->mark.packet &&
		    packet->mark.slot == (uint16_t)(first + 1)) {
			meet_fate(packet, &row->fates[i]);
			return;
		}
	}
	fake_answer(packet, delay);
}

static void expect_row(const struct summary *s, const struct agent_counters *counters)
{
	assert_int_equal(s->expected, 10);
	assert_int_equal(s->sent, row->sent);
	assert_int_equal(s->lost, row->lost);
	assert_int_equal(s->duplicated, row->duplicated);
	assert_int_equal(s->reordered, row->reordered);
	assert_int_equal(s->late, row->late);
	assert_int_equal(s->rejected, row->rejected);
	assert_int_equal(s->flags, row->flags);
	assert_int_equal(s->rtt_min, delay);
	assert_int_equal(counters->forged, row->forged);
	assert_int_equal(counters->stale, row->stale);
	assert_int_equal(counters->sent, 70 + row->sent);
	assert_int_equal(counters->unsent, 10 - row->sent);
	assert_int_equal(counters->lost, row->lost);
	assert_int_equal(counters->slots, 8);
}

static void packets_meet_their_fates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fate_rows); i++) {
		struct bench bench;
		struct target target = bench_target();
		row = &fate_rows[i];
		print_message("# %s\n", row->name);
		bench_open(&bench, &(struct bench_setup){.policy = follow_row, .c1 = 1});
		uint32_t series = bench_add(&bench, &target);
		bench_run_to(&bench, 8800 * MS);
		bench_expect_row(&bench, series, 0, 8);
		expect_row(bench_slot(&bench, series, 1), agent_counters(bench.agent));
		for (int64_t slot = 0; slot < 8; slot++) {
			const struct summary *s = bench_slot(&bench, series, slot);
			if (slot == 1)
				continue;
			assert_int_equal(s->sent, 10);
			assert_int_equal(s->lost + s->duplicated + s->reordered + s->flags, 0);
			assert_int_equal(s->rtt_min, delay);
			assert_int_equal(s->rtt_max, delay);
		}
		bench_close(&bench);
	}
}

static void several_slots_are_open_at_once(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	target.t_max = 3 * NSEC_PER_SEC;
	row = &(const struct fate_row){.fates = {{3, AFTER, 2900 * MS}}};
	bench_open(&bench, &(struct bench_setup){.policy = follow_row, .c1 = 1});
	uint32_t series = bench_add(&bench, &target);
	bench_run_to(&bench, 4 * NSEC_PER_SEC);
	assert_int_equal(bench.seen_count, 0);
	bench_run_to(&bench, 20 * NSEC_PER_SEC);
	bench_expect_row(&bench, series, 0, 16);
	assert_int_equal(bench_slot(&bench, series, 1)->rtt_max, 2900 * MS);
	assert_int_equal(bench_slot(&bench, series, 1)->lost, 0);
	assert_int_equal(agent_counters(bench.agent)->lost, 0);
	bench_close(&bench);
}

static void nothing_drifts_in_a_month(void **state)
{
	(void)state;
	enum { SLOTS = 31 * 24 * 60 };
	struct bench bench;
	struct target target = bench_target();

	target.interval = NSEC_PER_MIN;
	target.packets = 4;
	target.t_max = 3 * NSEC_PER_SEC;
	bench_open(&bench, &(struct bench_setup){.policy = answer_all});
	uint32_t series = bench_add(&bench, &target);
	agent_end(bench.agent, BENCH_START + 40 * NSEC_PER_SEC + SLOTS * NSEC_PER_MIN);
	while (!agent_finished(bench.agent))
		bench_run(&bench, NSEC_PER_HOUR);
	assert_int_equal(bench.seen_count, SLOTS);
	for (size_t i = 0; i < SLOTS; i++) {
		const struct summary *s = &bench.seen[i].summary;
		assert_int_equal(bench.seen[i].series, series);
		assert_int_equal(s->from, BENCH_START + 40 * NSEC_PER_SEC + i * NSEC_PER_MIN);
		assert_int_equal(s->sent, 4);
		assert_int_equal(s->lost + s->flags, 0);
	}
	assert_true(lateness_quantile(&agent_counters(bench.agent)->lateness, 1.0) <= 6 * MS);
	bench_close(&bench);
}

static uint32_t lost_in[16]; /* the first so many packets of each slot are lost */

static void lose_some(void *context, struct probe_packet *packet)
{
	const struct bench *bench = context;
	uint16_t slot = (uint16_t)(packet->mark.slot - BENCH_START / bench->interval);

	if (slot >= COUNT_OF(lost_in) || packet->mark.packet >= lost_in[slot])
		fake_answer(packet, delay);
}

static void a_slot_that_turns_bad_is_told_once(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double c1;
		uint32_t lost[COUNT_OF(lost_in)];
		int64_t alarms[4];
		size_t count;
	} rows[] = {
		{"good", 0.5, {0, 4, 4, 0}, {0}, 0},
		{"at c1 exactly", 0.5, {0, 5, 0}, {1}, 1},
		{"all lost, told once", 0.5, {0, 10, 0}, {1}, 1},
		{"a long outage is one", 0.5, {0, 10, 10, 10, 5, 10, 0}, {1}, 1},
		{"two outages", 0.5, {0, 10, 0, 10, 10, 0}, {1, 3}, 2},
		{"from the first slot on", 0.5, {10, 10, 0}, {0}, 1},
		{"another c1", 0.2, {1, 2, 1, 2}, {1, 3}, 2},
	};
	static const nsec t_max[] = {300 * MS, 500 * MS, 2500 * MS};
	for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(t_max); i++) {
		size_t at = i / COUNT_OF(t_max);
		struct bench bench;
		struct target target = bench_target();
		target.t_max = t_max[i % COUNT_OF(t_max)];
		print_message("# %s, T_max %.1f s\n", rows[at].name, (double)target.t_max / 1e9);
		for (size_t j = 0; j < COUNT_OF(lost_in); j++)
			lost_in[j] = rows[at].lost[j];
		bench_open(&bench, &(struct bench_setup){.policy = lose_some, .c1 = rows[at].c1});
		(void)bench_add(&bench, &target);
		bench_run_to(&bench, 15 * NSEC_PER_SEC);
		assert_int_equal(bench.alarm_count, rows[at].count);
		for (size_t j = 0; j < rows[at].count; j++)
			assert_int_equal(bench.alarms[j], rows[at].alarms[j]);
		bench_close(&bench);
	}
}

static unsigned turns_seen; /* the highest turn and one */

static void keep_turn(void *context, struct probe_packet *packet)
{
	if (packet->turn >= turns_seen)
		turns_seen = packet->turn + 1u;
	lose_some(context, packet);
}

/* As a firewall that dropped the first flow it saw and goes on dropping it. */
static void lose_first_turn(void *context, struct probe_packet *packet)
{
	(void)context;
	if (packet->turn != 0)
		fake_answer(packet, delay);
}

static void lasting_loss_takes_another_turn(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	bench_open(&bench, &(struct bench_setup){.policy = lose_first_turn});
	uint32_t series = bench_add(&bench, &target);
	bench_run_to(&bench, 12 * NSEC_PER_SEC);
	for (int64_t slot = 0; slot < 3; slot++)
		assert_int_equal(bench_slot(&bench, series, slot)->lost, 10);
	/* It has begun when the third is settled. */
	assert_in_range(bench_slot(&bench, series, 3)->lost, 1, 9);
	for (int64_t slot = 4; slot < 10; slot++)
		assert_int_equal(bench_slot(&bench, series, slot)->lost, 0);
	bench_close(&bench);
}

static void some_loss_takes_no_turn(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	for (size_t i = 0; i < COUNT_OF(lost_in); i++)
		lost_in[i] = i % 3 == 2 ? 9 : 10;
	bench_open(&bench, &(struct bench_setup){.policy = keep_turn});
	(void)bench_add(&bench, &target);
	bench_run_to(&bench, 15 * NSEC_PER_SEC);
	assert_int_equal(turns_seen, 1);
	bench_close(&bench);
}

/* A capture of what is wrong must begin while it is wrong. */
static void the_alarm_comes_inside_the_slot(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	target.interval = NSEC_PER_MIN;
	target.packets = 20;
	bench_open(&bench, &(struct bench_setup){.policy = lose_all});
	(void)bench_add(&bench, &target);
	bench_run_to(&bench, 40 * NSEC_PER_SEC + 34 * NSEC_PER_SEC);
	assert_int_equal(bench.alarm_count, 1);
	assert_int_equal(bench.seen_count, 0);
	bench_close(&bench);
}

static void a_hurried_agent_waits_for_no_deadline(void **state)
{
	(void)state;
	struct bench bench;
	struct target target = bench_target();

	target.t_max = 60 * NSEC_PER_SEC;
	bench_open(&bench, &(struct bench_setup){.policy = answer_all, .hurry = true});
	uint32_t series = bench_add(&bench, &target);
	agent_end(bench.agent, BENCH_START + NSEC_PER_SEC);
	bench_run_to(&bench, 1400 * MS);
	assert_true(agent_finished(bench.agent));
	bench_expect_row(&bench, series, 0, 1);
	assert_int_equal(bench_slot(&bench, series, 0)->lost, 0);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_meet_their_fates),
		cmocka_unit_test(several_slots_are_open_at_once),
		cmocka_unit_test(nothing_drifts_in_a_month),
		cmocka_unit_test(a_slot_that_turns_bad_is_told_once),
		cmocka_unit_test(lasting_loss_takes_another_turn),
		cmocka_unit_test(some_loss_takes_no_turn),
		cmocka_unit_test(the_alarm_comes_inside_the_slot),
		cmocka_unit_test(a_hurried_agent_waits_for_no_deadline),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
