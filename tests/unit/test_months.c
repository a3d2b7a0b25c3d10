/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold of every month whatever happens in it, tried on 2,000 of them. */
#include "reporter/facts.h"
#include "tests/unit/check.h"
#include "tests/unit/random_month.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MONTHS = 2000 };

/* How far the placing of a percentile inside its bucket may be off: what hours promise. */
static const double accuracy[DELAY_KINDS] = {[DELAY_RTT] = 0.02, [DELAY_PDV] = 0.05};

static const struct facts_rule rule = {
	.verdict = {.c1 = 0.2, .degraded_loss = 0.05, .degraded_delay = 30 * NSEC_PER_MSEC},
	.outage = {.slots = 2, .bridge = 15 * NSEC_PER_MIN, .long_after = 4 * NSEC_PER_HOUR},
	.full_points = {[DELAY_RTT] = 2 * NSEC_PER_MSEC, [DELAY_PDV] = 2 * NSEC_PER_MSEC},
};

static struct facts facts_of(const struct random_month *month)
{
	struct month_record record;
	struct facts facts;

	month_record_make(month, &record);
	assert_int_equal(facts_make(&rule, &record.record, &facts), E_OK);
	month_record_finish(&record);
	return facts;
}

static struct random_month month_of(uint64_t number)
{
	struct random random = random_seeded(20261122 + number);
	struct random_month month;

	random_month_make(&random, &month);
	return month;
}

/* Slots and time by what they must be, told from the packets by other code. */
struct tally {
	uint64_t slots[VERDICT_COUNT]; /* all that is judged counts as good */
	nsec time[VERDICT_COUNT];
};

static bool answers(const struct month_slot *slot)
{
	for (uint32_t i = 0; i < slot->count; i++) {
		if (slot->trips[i] != NSEC_INFINITE && slot->trips[i] != NSEC_UNDEFINED)
			return true;
	}
	return false;
}

static bool is_recorded(const struct month_slot *slot)
{
	return (slot->flags & SLOT_NO_RECORD) == 0;
}

static size_t first_slot(const struct random_month *month, bool (*fits)(const struct month_slot *))
{
	size_t i = 0;

	while (i < month->slot_count && !fits(&month->slots[i]))
		i++;
	return i;
}

static bool is_unknown(const struct month_slot *slot)
{
	uint32_t sent = 0;

	for (uint32_t i = 0; i < slot->count; i++)
		sent += slot->trips[i] != NSEC_UNDEFINED;
	return (slot->flags & (SLOT_NO_RECORD | SLOT_TAINTED | SLOT_ISOLATED)) != 0 || sent == 0 ||
	       2 * sent < slot->count;
}

static struct tally count_by_hand(const struct random_month *month)
{
	size_t recorded = first_slot(month, is_recorded);
	size_t served = first_slot(month, answers);
	struct tally tally = {0};
	struct planned_path *planned;
	nsec next = month->period.from;

	assert_int_equal(
		planned_create(&month->rule, month->windows, month->window_count, &planned), E_OK);
	for (size_t i = 0; i < month->slot_count; i++) {
		const struct month_slot *slot = &month->slots[i];
		if (slot->slot.from < month->period.from || slot->slot.from >= month->period.until)
			continue;
		enum verdict verdict = VERDICT_GOOD;
		if (i < recorded || (slot->flags & SLOT_UNSCHEDULED) != 0)
			verdict = VERDICT_UNSCHEDULED;
		else if (planned_at(planned, slot->slot) == PLANNED_COUNTED)
			verdict = VERDICT_PLANNED;
		else if (i < served || is_unknown(slot))
			verdict = VERDICT_UNKNOWN;
		nsec until = slot->slot.until < month->period.until ? slot->slot.until
								    : month->period.until;
		tally.time[VERDICT_UNSCHEDULED] += slot->slot.from - next;
		tally.slots[verdict]++;
		tally.time[verdict] += until - slot->slot.from;
		next = until;
	}
	planned_destroy(planned);
	return tally;
}

static void assert_share(double share)
{
	assert_true(isnan(share) || (share >= 0 && share <= 1));
}

static void check_shares(const struct facts *facts)
{
	assert_share(facts_availability(facts) / 100);
	assert_share(facts_availability_floor(facts) / 100);
	assert_share(facts_loss(&facts->judged) / 100);
	assert_share(facts_loss(&facts->available) / 100);
	assert_share(facts_coverage(facts));
	assert_share(facts_delay_coverage(facts));
	assert_share(facts->lost_peak.share);
	for (size_t kind = 0; kind < DELAY_KINDS; kind++)
		assert_share(facts->delay_peak[kind].share);
}

static bool is_even(const struct random_month *month)
{
	nsec length = month->slots[0].slot.until - month->slots[0].slot.from;

	for (size_t i = 0; i < month->slot_count; i++) {
		if (month->slots[i].slot.until - month->slots[i].slot.from != length)
			return false;
	}
	return true;
}

static void check_identity(const struct random_month *month, const struct facts *facts)
{
	struct tally tally = count_by_hand(month);
	nsec sum = 0;

	for (size_t v = 0; v < VERDICT_COUNT; v++)
		sum += facts->time[v];
	assert_true(sum == month->period.until - month->period.from);
	for (size_t v = VERDICT_PLANNED; v < VERDICT_COUNT; v++) {
		assert_int_equal(facts->slots[v], tally.slots[v]);
		assert_true(facts->time[v] == tally.time[v]);
	}
	assert_int_equal(facts->slots[VERDICT_GOOD] + facts->slots[VERDICT_DEGRADED] +
				 facts->slots[VERDICT_BAD],
			 tally.slots[VERDICT_GOOD]);
}

static void check_second_figure(const struct facts *facts)
{
	struct facts second = facts_figure(facts, FIGURE_ANNOUNCED);

	check_shares(&second);
	assert_true(second.time[VERDICT_PLANNED] >= facts->time[VERDICT_PLANNED]);
	for (size_t v = VERDICT_GOOD; v <= VERDICT_BAD; v++)
		assert_true(second.slots[v] <= facts->slots[v]);
}

static void the_identity_holds_to_the_slot_and_shares_are_shares(void **state)
{
	size_t even = 0;

	(void)state;
	for (uint64_t i = 0; i < MONTHS; i++) {
		struct random_month month = month_of(i);
		struct facts facts = facts_of(&month);
		check_identity(&month, &facts);
		check_shares(&facts);
		check_second_figure(&facts);
		if (is_even(&month)) {
			assert_true(facts.time[VERDICT_PLANNED] <= month.rule.allowance);
			even++;
		}
		facts_finish(&facts);
		random_month_finish(&month);
	}
	assert_true(even > MONTHS / 20);
}

/* Whether the packet is the only answer of the slot that puts the path into service: without it,
 * service begins later. */
static bool begins_service(const struct random_month *month, size_t slot)
{
	size_t answered = 0;

	for (uint32_t i = 0; i < month->slots[slot].count; i++) {
		nsec trip = month->slots[slot].trips[i];
		answered += trip != NSEC_INFINITE && trip != NSEC_UNDEFINED;
	}
	return slot == first_slot(month, answers) && answered == 1;
}

/* Without it the slot's delay variation is reckoned from another packet. */
static bool is_smallest(const struct month_slot *slot, size_t packet)
{
	for (size_t i = 0; i < slot->count; i++) {
		if (i != packet && slot->trips[i] != NSEC_UNDEFINED &&
		    slot->trips[i] <= slot->trips[packet])
			return false;
	}
	return true;
}

/* How often and how far a percentile moved down inside its bucket. */
struct drift {
	size_t count;
	double most;
};

static void check_figure(const struct facts *before, const struct facts *after)
{
	if (facts_judged_time(before) == 0)
		return;
	assert_true(facts_availability(after) <= facts_availability(before));
	assert_true(facts_loss(&after->judged) >= facts_loss(&before->judged));
}

/* Surely it is no smaller. Where in its bucket the percentile lies is reckoned from the hours'
 * bounds and shapes, which the lost packet was a part of: there it may move, within what is
 * promised of it. */
static void check_delay(const struct facts *before, const struct facts *after, enum delay_kind kind,
			struct drift *drift)
{
	const struct quantile *was = &before->quantile[kind][P95];
	const struct quantile *is = &after->quantile[kind][P95];

	if (was->value == NSEC_UNDEFINED)
		return;
	assert_true(is->low >= was->low);
	if (was->value == NSEC_INFINITE || is->value >= was->value)
		return;
	double down = (double)(was->value - is->value) / (double)was->value;
	assert_true(down <= accuracy[kind]);
	drift->count++;
	drift->most = down > drift->most ? down : drift->most;
}

static void losing_a_packet_helps_nothing(void **state)
{
	struct random random = random_seeded(20261123);
	struct drift drift[DELAY_KINDS] = {{0}};
	size_t tried = 0;

	(void)state;
	for (uint64_t i = 0; i < MONTHS; i++) {
		struct random_month month = month_of(i);
		size_t slot, packet;
		if (!random_month_pick(&month, &random, &slot, &packet) ||
		    begins_service(&month, slot)) {
			random_month_finish(&month);
			continue;
		}
		bool smallest = is_smallest(&month.slots[slot], packet);
		struct facts before = facts_of(&month);
		month.slots[slot].trips[packet] = NSEC_INFINITE;
		struct facts after = facts_of(&month);
		for (enum figure f = FIGURE_SCORED; f <= FIGURE_ANNOUNCED; f++) {
			struct facts was = facts_figure(&before, f);
			struct facts is = facts_figure(&after, f);
			check_figure(&was, &is);
			check_delay(&was, &is, DELAY_RTT, &drift[DELAY_RTT]);
			if (!smallest)
				check_delay(&was, &is, DELAY_PDV, &drift[DELAY_PDV]);
		}
		tried++;
		facts_finish(&before);
		facts_finish(&after);
		random_month_finish(&month);
	}
	print_message("# %zu packets lost; moved down inside its bucket: round trip %zu times, at "
		      "most %.3f %%, variation %zu times, at most %.3f %%\n",
		      tried, drift[DELAY_RTT].count, 100 * drift[DELAY_RTT].most,
		      drift[DELAY_PDV].count, 100 * drift[DELAY_PDV].most);
	assert_true(tried > MONTHS * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_identity_holds_to_the_slot_and_shares_are_shares),
		cmocka_unit_test(losing_a_packet_helps_nothing),
	};
	return cmocka_run_group_tests_name("months", tests, NULL, NULL);
}
