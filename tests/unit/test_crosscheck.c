/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which loss of ICMP a TCP series over the same path does not confirm. */
#include "tests/unit/check.h"

#include "collector/base/random.h"
#include "reporter/crosscheck.h"

#include <math.h>
#include <string.h>

enum { MINUTES = 60, ICMP_PACKETS = 20, TCP_PACKETS = 6 };

#define MINUTE	   NSEC_PER_MIN
#define HOUR_START (480000 * NSEC_PER_HOUR)

static const struct crosscheck_rule rule = {
	.verdict = {.c1 = 0.20, .degraded_loss = 0.05, .degraded_delay = NSEC_PER_SEC},
	.first_reply = 0,
	.period = {0, NSEC_INFINITE},
};

static struct summary slot_at(nsec from, nsec length, uint32_t sent, uint32_t lost)
{
	return (struct summary){.from = from,
				.until = from + length,
				.expected = sent,
				.sent = sent,
				.lost = lost,
				.rtt_median = NSEC_PER_MSEC};
}

/* What happens from a minute of the hour to another. */
struct spell {
	int from;
	int until;
	uint32_t icmp; /* packets lost a slot */
	uint32_t tcp;
	uint32_t tcp_flags;
};

/* An hour of slots of a minute. */
struct hour {
	struct summary icmp[MINUTES];
	struct summary tcp[MINUTES];
};

static struct hour hour_of(const struct spell *spells, size_t count)
{
	struct hour hour;

	for (int i = 0; i < MINUTES; i++) {
		nsec from = HOUR_START + i * MINUTE;
		hour.icmp[i] = slot_at(from, MINUTE, ICMP_PACKETS, 0);
		hour.tcp[i] = slot_at(from, MINUTE, TCP_PACKETS, 0);
		for (size_t s = 0; s < count; s++) {
			if (i < spells[s].from || i >= spells[s].until)
				continue;
			hour.icmp[i].lost = spells[s].icmp;
			hour.tcp[i].lost = spells[s].tcp;
			hour.tcp[i].flags = spells[s].tcp_flags;
		}
	}
	return hour;
}

static int count_limited(const struct summary *slots, size_t count)
{
	int limited = 0;

	for (size_t i = 0; i < count; i++)
		limited += (slots[i].flags & SLOT_LIMITED) != 0;
	return limited;
}

static int limited_of(const struct crosscheck_rule *r, struct hour *hour)
{
	struct slot_list slots = {hour->icmp, MINUTES};
	struct slot_list witness = {hour->tcp, MINUTES};

	crosscheck_mark(r, &slots, &witness);
	assert_int_equal(count_limited(hour->tcp, MINUTES), 0);
	return count_limited(hour->icmp, MINUTES);
}

static const struct {
	const char *name;
	struct spell spells[4];
	int limited;
} hours[] = {
	{"nothing lost", {{0, 60, 0, 0, 0}}, 0},
	{"a router drops all ICMP", {{0, 60, 20, 0, 0}}, 60},
	{"a router drops a third", {{0, 60, 7, 0, 0}}, 60},
	{"for ten minutes", {{20, 30, 10, 0, 0}}, 10},
	{"degraded slots too", {{0, 60, 2, 0, 0}}, 60},
	{"one of twenty is no loss to explain", {{0, 60, 1, 0, 0}}, 0},
	{"a minute without any ICMP", {{20, 21, 20, 0, 0}}, 1},
	{"a minute with half of it tells too little", {{20, 21, 10, 0, 0}}, 0},
	{"TCP loses as much", {{0, 60, 7, 2, 0}}, 0},
	{"TCP loses all as well", {{0, 60, 20, 6, 0}}, 0},
	{"TCP loses one of six, more than 5 %", {{0, 60, 7, 1, 0}}, 0},
	{"TCP lost one now and then", {{0, 60, 7, 0, 0}, {10, 20, 7, 1, 0}}, 60},
	{"a real outage amid the limit stays", {{0, 60, 7, 0, 0}, {30, 40, 20, 6, 0}}, 50},
	{"TCP down and ICMP good", {{0, 60, 0, 6, 0}}, 0},
	{"TCP down for a while, ICMP limited", {{0, 60, 7, 0, 0}, {30, 32, 7, 6, 0}}, 58},
	{"TCP not measured", {{0, 60, 7, 0, SLOT_TAINTED}}, 0},
	{"TCP measured now and then", {{0, 60, 7, 0, 0}, {10, 20, 7, 0, SLOT_NO_RECORD}}, 50},
	{"TCP planned", {{0, 60, 7, 0, SLOT_PLANNED}}, 0},
};

static void hours_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
		struct hour hour = hour_of(hours[i].spells, 4);
		print_message("# %s\n", hours[i].name);
		assert_int_equal(limited_of(&rule, &hour), hours[i].limited);
	}
}

static void what_is_not_judged_is_not_limited(void **state)
{
	(void)state;
	static const uint32_t flags[] = {SLOT_NO_RECORD, SLOT_PLANNED,	   SLOT_TAINTED,
					 SLOT_ISOLATED,	 SLOT_UNSCHEDULED, SLOT_CLOCK_STEP};
	const struct spell spell = {0, 60, 20, 0, 0};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct hour hour = hour_of(&spell, 1);
		hour.icmp[7].flags = flags[i];
		assert_int_equal(limited_of(&rule, &hour), 59);
		assert_int_equal(hour.icmp[7].flags, flags[i]);
	}
	struct crosscheck_rule later = rule;
	struct hour hour = hour_of(&spell, 1);
	later.first_reply = HOUR_START + 20 * MINUTE;
	assert_int_equal(limited_of(&later, &hour), 40);
	later.first_reply = NSEC_UNDEFINED;
	hour = hour_of(&spell, 1);
	assert_int_equal(limited_of(&later, &hour), 0);
}

/* The period's border parts an hour: what lies beyond decides nothing within. */
static void borders_part_hours(void **state)
{
	(void)state;
	const struct spell spells[] = {{0, 1, 10, 0, 0}, {30, 60, 10, 0, 0}};
	struct crosscheck_rule parted = rule;
	struct hour hour = hour_of(spells, 2);

	assert_int_equal(limited_of(&rule, &hour), 31);
	hour = hour_of(spells, 2);
	parted.period = (struct period){HOUR_START + 30 * MINUTE, NSEC_INFINITE};
	assert_int_equal(limited_of(&parted, &hour), 30);
	hour = hour_of(spells, 2);
	parted.period = (struct period){0, HOUR_START + 30 * MINUTE};
	assert_int_equal(limited_of(&parted, &hour), 30);
}

/* TCP in slots of five minutes, and in those of two hours, which tell too little of a minute. */
static void slots_of_other_lengths(void **state)
{
	(void)state;
	static const struct {
		nsec length;
		int first; /* minutes after the hour began */
		int limited;
	} rows[] = {
		{5 * MINUTE, 0, 60},
		{60 * MINUTE, 0, 60},
		{120 * MINUTE, 0, 0},
		{5 * MINUTE, 10, 50},
	};
	const struct spell spell = {0, 60, 10, 0, 0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hour hour = hour_of(&spell, 1);
		struct summary tcp[MINUTES];
		struct slot_list witness = {tcp, 0};
		for (nsec t = rows[i].first * MINUTE; t < NSEC_PER_HOUR; t += rows[i].length)
			tcp[witness.count++] =
				slot_at(HOUR_START + t, rows[i].length, 5 * TCP_PACKETS, 0);
		crosscheck_mark(&rule, &(struct slot_list){hour.icmp, MINUTES}, &witness);
		assert_int_equal(count_limited(hour.icmp, MINUTES), rows[i].limited);
	}
	struct hour hour = hour_of(&spell, 1);
	crosscheck_mark(&rule, &(struct slot_list){hour.icmp, MINUTES}, &(struct slot_list){0});
	assert_int_equal(count_limited(hour.icmp, MINUTES), 0);
}

/* A tea taster, four cups of eight: Fisher's own example; and others counted by hand. */
static void the_test_is_fisher_s(void **state)
{
	(void)state;
	static const struct {
		struct loss_count path;
		struct loss_count witness;
		double expected;
	} rows[] = {
		{{4, 4}, {4, 0}, 1.0 / 70},
		{{4, 3}, {4, 1}, 17.0 / 70},
		{{4, 0}, {4, 4}, 1},
		{{20, 0}, {6, 0}, 1},
		{{2, 2}, {1, 0}, 1.0 / 3},
		{{20, 20}, {6, 6}, 1},
		{{20, 10}, {6, 0}, 184756.0 / 5311735.0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(fabs(crosscheck_probability(rows[i].path, rows[i].witness) -
				 rows[i].expected) < 1e-9);
}

static uint32_t lose(struct random *random, uint32_t packets, double ratio)
{
	uint32_t lost = 0;

	for (uint32_t i = 0; i < packets; i++)
		lost += random_unit(random) < ratio;
	return lost;
}

/* Of hours in which both lose alike hardly any is taken for limited, whatever the loss. */
static void loss_that_both_share_stays_charged(void **state)
{
	(void)state;
	static const double ratios[] = {0.01, 0.06, 0.10, 0.30, 0.60};
	enum { HOURS = 400 };
	struct random random = random_seeded(7);

	for (size_t r = 0; r < sizeof(ratios) / sizeof(ratios[0]); r++) {
		int taken = 0;
		for (int n = 0; n < HOURS; n++) {
			struct hour hour = hour_of(NULL, 0);
			for (int i = 0; i < MINUTES; i++) {
				hour.icmp[i].lost = lose(&random, ICMP_PACKETS, ratios[r]);
				hour.tcp[i].lost = lose(&random, TCP_PACKETS, ratios[r]);
			}
			taken += limited_of(&rule, &hour) > 0;
		}
		print_message("# both lose %.0f %%: %d of %d hours\n", 100 * ratios[r], taken,
			      HOURS);
		assert_true(taken <= HOURS / 50);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_are_told_apart),
		cmocka_unit_test(what_is_not_judged_is_not_limited),
		cmocka_unit_test(borders_part_hours),
		cmocka_unit_test(slots_of_other_lengths),
		cmocka_unit_test(the_test_is_fisher_s),
		cmocka_unit_test(loss_that_both_share_stays_charged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
