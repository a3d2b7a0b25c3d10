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

/* Which packet is lost: the hour's extremes and what lies just below the percentile have the most
 * to say of where it is placed. */
enum choice { CHOOSE_ANY, CHOOSE_LARGEST, CHOOSE_SMALLEST, CHOOSE_BELOW, CHOICES };

struct packet {
	size_t slot;
	size_t index;
};

static bool is_answered(nsec trip)
{
	return trip != NSEC_INFINITE && trip != NSEC_UNDEFINED;
}

static bool is_better(enum choice choice, nsec trip, nsec best)
{
	return choice == CHOOSE_SMALLEST ? trip < best : trip > best;
}

/* The choice among the answered packets of the slots that begin in the period. */
static void choose_in(const struct random_month *month, struct period period, enum choice choice,
		      nsec below, struct packet *packet)
{
	nsec best = choice == CHOOSE_SMALLEST ? NSEC_INFINITE : -1;

	for (size_t i = 0; i < month->slot_count; i++) {
		const struct month_slot *slot = &month->slots[i];
		if (slot->slot.from < period.from || slot->slot.from >= period.until)
			continue;
		for (uint32_t k = 0; k < slot->count; k++) {
			nsec trip = slot->trips[k];
			if (!is_answered(trip) || trip > below || !is_better(choice, trip, best))
				continue;
			best = trip;
			*packet = (struct packet){i, k};
		}
	}
}

/* In a slot that a figure plans, hours keep the answer, but not the loss. */
static bool is_in_window(const struct random_month *month, size_t slot)
{
	for (size_t i = 0; i < month->window_count; i++) {
		const struct period *window = &month->windows[i].period;
		if (window->from < month->slots[slot].slot.until &&
		    window->until > month->slots[slot].slot.from)
			return true;
	}
	return false;
}

static bool choose(const struct random_month *month, struct random *random, enum choice choice,
		   nsec value, struct packet *packet)
{
	if (!random_month_pick(month, random, &packet->slot, &packet->index))
		return false;
	nsec hour = nsec_floor(month->slots[packet->slot].slot.from, NSEC_PER_HOUR);
	if (choice == CHOOSE_BELOW)
		choose_in(month, month->period, choice, value, packet);
	else if (choice != CHOOSE_ANY)
		choose_in(month, (struct period){hour, hour + NSEC_PER_HOUR}, choice, NSEC_INFINITE,
			  packet);
	return !begins_service(month, packet->slot) && !is_in_window(month, packet->slot);
}

/* How often and how far a percentile moved down inside its bucket. */
struct drift {
	size_t count;
	double most;
	double points;
};

static void check_figure(const struct facts *before, const struct facts *after)
{
	if (facts_judged_time(before) == 0)
		return;
	assert_true(facts_availability(after) <= facts_availability(before));
	assert_true(facts_loss(&after->judged) >= facts_loss(&before->judged));
}

/* By the anchors of the default profile for round trips inside a city. */
static double delay_points(nsec value)
{
	static const double anchors[][2] = {{2, 100}, {5, 90}, {10, 80}, {30, 60}, {100, 0}};
	double x = facts_milliseconds(value);

	if (x <= anchors[0][0])
		return anchors[0][1];
	for (size_t i = 1; i < COUNT_OF(anchors); i++) {
		const double *a = anchors[i - 1];
		const double *b = anchors[i];
		if (x <= b[0])
			return a[1] + (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0]);
	}
	return 0;
}

/* Surely its bucket is no lower. Where in its bucket the percentile lies is reckoned from the
 * hours' bounds and shapes, which the lost packet was a part of: there it may move. */
static void check_delay(const struct facts *before, const struct facts *after, enum delay_kind kind,
			struct drift *drift)
{
	/* As measured: at a weight of 20 % that is 0.02 of a score, which prints tenths. */
	static const double most_points = 0.1;
	const struct quantile *was = &before->quantile[kind][P95];
	const struct quantile *is = &after->quantile[kind][P95];

	if (was->value == NSEC_UNDEFINED)
		return;
	assert_true(is->low >= was->low);
	if (was->value == NSEC_INFINITE)
		assert_true(is->value == NSEC_INFINITE);
	if (was->value == NSEC_INFINITE || is->value >= was->value)
		return;
	double down = (double)(was->value - is->value) / (double)was->value;
	assert_true(down <= accuracy[kind]);
	drift->count++;
	drift->most = fmax(drift->most, down);
	if (kind != DELAY_RTT)
		return;
	double points = delay_points(is->value) - delay_points(was->value);
	assert_true(points <= most_points);
	drift->points = fmax(drift->points, points);
}

/* Loses one packet of the month, and finds it again. */
static void lose_one(struct random_month *month, const struct facts *before, struct packet packet,
		     struct drift drift[DELAY_KINDS])
{
	struct month_slot *slot = &month->slots[packet.slot];
	bool smallest = is_smallest(slot, packet.index);
	nsec trip = slot->trips[packet.index];

	slot->trips[packet.index] = NSEC_INFINITE;
	struct facts after = facts_of(month);
	for (enum figure f = FIGURE_SCORED; f <= FIGURE_ANNOUNCED; f++) {
		struct facts was = facts_figure(before, f);
		struct facts is = facts_figure(&after, f);
		check_figure(&was, &is);
		check_delay(&was, &is, DELAY_RTT, &drift[DELAY_RTT]);
		if (!smallest)
			check_delay(&was, &is, DELAY_PDV, &drift[DELAY_PDV]);
	}
	facts_finish(&after);
	slot->trips[packet.index] = trip;
}

static void losing_a_packet_helps_nothing(void **state)
{
	struct random random = random_seeded(20261123);
	struct drift drift[DELAY_KINDS] = {{0}};
	size_t tried = 0;

	(void)state;
	for (uint64_t i = 0; i < MONTHS; i++) {
		struct random_month month = month_of(i);
		struct facts before = facts_of(&month);
		enum choice choices[] = {CHOOSE_ANY,
					 (enum choice)(CHOOSE_LARGEST + i % (CHOICES - 1))};
		for (size_t c = 0; c < COUNT_OF(choices); c++) {
			nsec value = before.quantile[DELAY_RTT][P95].value;
			struct packet packet;
			if (!choose(&month, &random, choices[c], value, &packet))
				continue;
			lose_one(&month, &before, packet, drift);
			tried++;
		}
		facts_finish(&before);
		random_month_finish(&month);
	}
	print_message("# %zu packets lost; moved down inside its bucket: round trip %zu times, at "
		      "most %.3f %% or %.3f points, variation %zu times, at most %.3f %%\n",
		      tried, drift[DELAY_RTT].count, 100 * drift[DELAY_RTT].most,
		      drift[DELAY_RTT].points, drift[DELAY_PDV].count, 100 * drift[DELAY_PDV].most);
	assert_true(tried > 2 * MONTHS * 8 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_identity_holds_to_the_slot_and_shares_are_shares),
		cmocka_unit_test(losing_a_packet_helps_nothing),
	};
	return cmocka_run_group_tests_name("months", tests, NULL, NULL);
}
