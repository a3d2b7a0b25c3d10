/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/probe/flight.h"
#include "collector/probe/probe.h"

#include <stdbool.h>
#include <stdlib.h>

enum { EVENTS = 14, PACKETS = 4 };

static const nsec T_MAX = 1000;

/* Packet i of a row is sent at 100·i. */
enum what { END = 0, SENT, REFUSED, STAMP, REPLY, REJECT, GONE, EXPIRE };

struct step {
	enum what what;
	uint32_t packet;
	nsec at;
};

struct row {
	const char *name;
	struct step steps[EVENTS];
	enum outcome outcomes[PACKETS];
	uint32_t duplicated;
	uint32_t reordered;
	nsec first; /* round trip of packet 0 */
	uint32_t flags;
};

static bool apply(struct flight *flight, const struct step *step)
{
	switch (step->what) {
	case SENT:
		flight_sent(flight, step->packet, step->at);
		return true;
	case REFUSED:
		flight_refused(flight, step->packet);
		return true;
	case STAMP:
		flight_stamped(flight, step->packet, step->at, STAMP_KERNEL);
		return true;
	case REPLY:
		return flight_replied(flight, step->packet, step->at, STAMP_KERNEL);
	case REJECT:
		return flight_failed(flight, step->packet, LOSS_UNREACHABLE);
	case GONE:
		return flight_failed(flight, step->packet, LOSS_NEIGHBOUR);
	case EXPIRE:
		flight_expire(flight, step->at);
		return true;
	case END:
		break;
	}
	return false;
}

#define ALL_SENT                                                                                   \
	{SENT, 0, 0}, {SENT, 1, 100}, {SENT, 2, 200},                                              \
	{                                                                                          \
		SENT, 3, 300                                                                       \
	}
#define U    OUTCOME_UNSENT
#define P    OUTCOME_PENDING
#define R    OUTCOME_REPLIED
#define L    OUTCOME_LOST
#define LATE OUTCOME_LATE
#define X    OUTCOME_REJECTED

static const struct row rows[] = {
	{"nothing was sent", {{END, 0, 0}}, {U, U, U, U}, 0, 0, NSEC_UNDEFINED, 0},
	{"refused by the system call",
	 {{REFUSED, 0, 0}, {SENT, 1, 100}, {REPLY, 1, 110}},
	 {U, R, U, U},
	 0,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"all answered",
	 {ALL_SENT, {REPLY, 0, 50}, {REPLY, 1, 150}, {REPLY, 2, 250}, {REPLY, 3, 350}},
	 {R, R, R, R},
	 0,
	 0,
	 50,
	 0},
	{"the stamp comes before the answer",
	 {ALL_SENT, {STAMP, 0, 20}, {REPLY, 0, 50}},
	 {R, P, P, P},
	 0,
	 0,
	 30,
	 0},
	{"the stamp comes after the answer",
	 {ALL_SENT, {REPLY, 0, 50}, {STAMP, 0, 20}},
	 {R, P, P, P},
	 0,
	 0,
	 30,
	 0},
	{"only the first stamp of a packet counts",
	 {ALL_SENT, {STAMP, 0, 20}, {STAMP, 0, 40}, {REPLY, 0, 50}},
	 {R, P, P, P},
	 0,
	 0,
	 30,
	 0},
	{"answered at the deadline",
	 {ALL_SENT, {REPLY, 0, 1000}, {EXPIRE, 0, 2000}},
	 {R, L, L, L},
	 0,
	 0,
	 1000,
	 0},
	{"answered after the deadline",
	 {ALL_SENT, {REPLY, 0, 1001}, {EXPIRE, 0, 2000}},
	 {LATE, L, L, L},
	 0,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"late by the first stamp, in time by the kernel's",
	 {ALL_SENT, {REPLY, 0, 1010}, {STAMP, 0, 20}},
	 {R, P, P, P},
	 0,
	 0,
	 990,
	 0},
	{"expired, then answered late",
	 {ALL_SENT, {EXPIRE, 0, 1050}, {REPLY, 0, 1040}},
	 {LATE, P, P, P},
	 0,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"read after the deadline, but it came in time",
	 {ALL_SENT, {EXPIRE, 0, 1050}, {REPLY, 0, 900}},
	 {R, P, P, P},
	 0,
	 0,
	 900,
	 0},
	{"each packet is lost at its own deadline",
	 {ALL_SENT, {EXPIRE, 0, 1150}},
	 {L, L, P, P},
	 0,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"surplus answers are duplicates, the first counts",
	 {ALL_SENT, {REPLY, 0, 50}, {REPLY, 0, 60}, {REPLY, 0, 2000}},
	 {R, P, P, P},
	 2,
	 0,
	 50,
	 0},
	{"duplicates of a late answer",
	 {ALL_SENT, {REPLY, 0, 1500}, {REPLY, 0, 1600}},
	 {LATE, P, P, P},
	 1,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"reordered: a packet sent later came earlier",
	 {ALL_SENT, {REPLY, 1, 150}, {REPLY, 0, 160}, {REPLY, 2, 250}},
	 {R, R, R, P},
	 0,
	 1,
	 160,
	 0},
	{"one early packet makes two reordered",
	 {ALL_SENT, {REPLY, 2, 210}, {REPLY, 0, 220}, {REPLY, 1, 230}},
	 {R, R, R, P},
	 0,
	 2,
	 220,
	 0},
	{"read in another order than they came",
	 {ALL_SENT, {REPLY, 1, 170}, {REPLY, 0, 160}},
	 {R, R, P, P},
	 0,
	 0,
	 160,
	 0},
	{"a late answer is lost, so not reordered",
	 {ALL_SENT, {REPLY, 1, 150}, {REPLY, 0, 1100}},
	 {LATE, R, P, P},
	 0,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"an ICMP error rejects one packet",
	 {ALL_SENT, {REJECT, 1, 0}, {EXPIRE, 0, 5000}},
	 {L, X, L, L},
	 0,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"a neighbour that does not answer: lost, not rejected",
	 {ALL_SENT, {GONE, 0, 0}},
	 {L, P, P, P},
	 0,
	 0,
	 NSEC_UNDEFINED,
	 0},
	{"a true answer is believed, not the error before it",
	 {ALL_SENT, {REJECT, 0, 0}, {REPLY, 0, 70}},
	 {R, P, P, P},
	 0,
	 0,
	 70,
	 0},
	{"a clock set back leaves no negative round trip",
	 {ALL_SENT, {STAMP, 0, 90}, {REPLY, 0, 50}},
	 {R, P, P, P},
	 0,
	 0,
	 0,
	 SLOT_CLOCK_STEP},
};

static void events_become_singletons(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct flight *flight;
		struct singleton singletons[PACKETS];
		uint32_t duplicated = 0;
		uint32_t reordered = 0;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(flight_create((struct period){0, 400}, PACKETS, T_MAX, &flight),
				 E_OK);
		for (size_t j = 0; j < EVENTS && rows[i].steps[j].what != END; j++)
			assert_true(apply(flight, &rows[i].steps[j]));
		struct sample sample = flight_finish(flight, singletons);
		for (size_t j = 0; j < PACKETS; j++) {
			assert_int_equal(singletons[j].outcome, rows[i].outcomes[j]);
			duplicated += singletons[j].duplicates;
			reordered += singletons[j].reordered;
		}
		assert_int_equal(duplicated, rows[i].duplicated);
		assert_int_equal(reordered, rows[i].reordered);
		assert_int_equal(singletons[0].round_trip, rows[i].first);
		assert_int_equal(sample.flags, rows[i].flags);
		assert_int_equal(sample.expected, PACKETS);
		flight_destroy(flight);
	}
}

static void impossible_events_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct step step;
	} impossible[] = {
		{"an answer to a packet never sent", {REPLY, 2, 50}},
		{"an answer to a packet beyond the slot", {REPLY, 4, 50}},
		{"an answer far beyond the slot", {REPLY, UINT32_MAX, 50}},
		{"an error about a packet never sent", {REJECT, 2, 0}},
		{"an error about a packet beyond the slot", {REJECT, 4, 0}},
		{"an error about a packet answered", {REJECT, 0, 0}},
		{"an error about a packet refused", {REJECT, 1, 0}},
	};
	for (size_t i = 0; i < COUNT_OF(impossible); i++) {
		struct flight *flight;
		print_message("# %s\n", impossible[i].name);
		assert_int_equal(flight_create((struct period){0, 400}, PACKETS, T_MAX, &flight),
				 E_OK);
		flight_sent(flight, 0, 0);
		flight_refused(flight, 1);
		assert_true(flight_replied(flight, 0, 50, STAMP_KERNEL));
		assert_false(apply(flight, &impossible[i].step));
		flight_stamped(flight, 4, 10, STAMP_KERNEL);
		flight_stamped(flight, 2, 10, STAMP_KERNEL);
		flight_destroy(flight);
	}
}

static void losses_are_counted_as_they_ripen(void **state)
{
	(void)state;
	struct flight *flight;

	assert_int_equal(flight_create((struct period){0, 400}, PACKETS, T_MAX, &flight), E_OK);
	for (uint32_t i = 0; i < PACKETS; i++)
		flight_sent(flight, i, 100 * i);
	flight_expire(flight, 1000);
	assert_int_equal(flight->lost, 0);
	flight_expire(flight, 1001);
	assert_int_equal(flight->lost, 1);
	assert_true(flight_waits(flight));
	/* An early error is lost at once, but counts when its turn comes. */
	assert_true(flight_failed(flight, 3, LOSS_UNREACHABLE));
	assert_int_equal(flight->lost, 1);
	/* A packet given up is answered in time after all. */
	assert_true(flight_replied(flight, 0, 999, STAMP_KERNEL));
	assert_int_equal(flight->lost, 0);
	flight_expire(flight, 5000);
	assert_int_equal(flight->lost, 3);
	assert_false(flight_waits(flight));
	flight_destroy(flight);
}

/* Where every packet's end is told, silence is this program's own fault and no loss. */
static void what_was_not_told_is_not_lost(void **state)
{
	(void)state;
	struct flight *flight;
	struct singleton singletons[PACKETS];

	assert_int_equal(flight_create((struct period){0, 400}, PACKETS, T_MAX, &flight), E_OK);
	for (uint32_t i = 0; i < PACKETS; i++)
		flight_sent(flight, i, 100 * i);
	flight_ripen(flight, 5000);
	assert_int_equal(flight->lost, 0);
	assert_true(flight_timed_out(flight, 0));
	assert_int_equal(flight->lost, 1);
	assert_true(flight_failed(flight, 1, LOSS_STATUS));
	assert_int_equal(flight->lost, 2);
	assert_false(flight_timed_out(flight, 1));
	assert_true(flight_replied(flight, 2, 250, STAMP_USER));
	assert_true(flight_waits(flight));
	flight_disown(flight);
	assert_false(flight_waits(flight));
	(void)flight_finish(flight, singletons);
	assert_int_equal(singletons[0].outcome, OUTCOME_LOST);
	assert_int_equal(singletons[1].outcome, OUTCOME_FAILED);
	assert_int_equal(singletons[2].outcome, OUTCOME_REPLIED);
	for (uint32_t i = 3; i < PACKETS; i++)
		assert_int_equal(singletons[i].outcome, OUTCOME_UNSENT);
	flight_destroy(flight);
}

/* What was told of a packet is kept unless it is answered after all. */
static void causes_are_kept(void **state)
{
	(void)state;
	static const enum loss_cause told[PACKETS] = {LOSS_REFUSED, LOSS_FILTERED, LOSS_NEIGHBOUR,
						      LOSS_UNREACHABLE};
	static const enum outcome expected[PACKETS] = {OUTCOME_REJECTED, OUTCOME_REJECTED,
						       OUTCOME_LOST, OUTCOME_REPLIED};
	struct singleton packets[PACKETS];
	struct flight *flight;

	assert_int_equal(flight_create((struct period){0, 400}, PACKETS, T_MAX, &flight), E_OK);
	for (uint32_t i = 0; i < PACKETS; i++) {
		flight_sent(flight, i, 100 * i);
		assert_true(flight_failed(flight, i, told[i]));
		assert_false(flight_failed(flight, i, LOSS_UNREACHABLE));
	}
	assert_true(flight_replied(flight, 3, 310, STAMP_KERNEL));
	(void)flight_finish(flight, packets);
	for (size_t i = 0; i < PACKETS; i++) {
		assert_int_equal(packets[i].outcome, expected[i]);
		assert_int_equal(packets[i].cause,
				 expected[i] == OUTCOME_REPLIED ? LOSS_UNTOLD : told[i]);
	}
	flight_destroy(flight);
}

/* Room for a few at first; what is known stays as it is when more is made. */
static void a_flight_grows_when_it_must(void **state)
{
	(void)state;
	enum { MANY = 20 };
	struct flight *flight;
	struct singleton singletons[MANY];
	uint32_t grown = 0;

	assert_int_equal(flight_create((struct period){0, 2000}, MANY, T_MAX, &flight), E_OK);
	for (uint32_t i = 0; i < MANY - 2; i++) {
		assert_false(flight_replied(flight, i, 100 * i + 7, STAMP_KERNEL));
		if (flight_needs_room(flight, i)) {
			/* Until it grows, the packets beyond its room are unsent. */
			(void)flight_finish(flight, singletons);
			for (uint32_t j = i; j < MANY; j++)
				assert_int_equal(singletons[j].outcome, OUTCOME_UNSENT);
			assert_int_equal(flight_grow(&flight), E_OK);
			grown++;
		}
		flight_sent(flight, i, 100 * i);
		assert_true(flight_replied(flight, i, 100 * i + 7, STAMP_KERNEL));
	}
	assert_int_equal(grown, 1);
	(void)flight_finish(flight, singletons);
	for (uint32_t i = 0; i < MANY; i++) {
		bool sent = i < MANY - 2;
		assert_int_equal(singletons[i].outcome, sent ? OUTCOME_REPLIED : OUTCOME_UNSENT);
		assert_int_equal(singletons[i].round_trip, sent ? 7 : NSEC_UNDEFINED);
		assert_int_equal(singletons[i].sent_at, sent ? 100 * i : NSEC_UNDEFINED);
	}
	flight_destroy(flight);
}

static void the_weaker_stamp_is_recorded(void **state)
{
	(void)state;
	struct flight *flight;
	struct singleton singletons[PACKETS];

	assert_int_equal(flight_create((struct period){0, 400}, PACKETS, T_MAX, &flight), E_OK);
	for (uint32_t i = 0; i < PACKETS; i++)
		flight_sent(flight, i, 100 * i);
	flight_stamped(flight, 0, 5, STAMP_KERNEL);
	flight_stamped(flight, 1, 105, STAMP_KERNEL);
	assert_true(flight_replied(flight, 0, 50, STAMP_KERNEL));
	assert_true(flight_replied(flight, 1, 150, STAMP_USER));
	assert_true(flight_replied(flight, 2, 250, STAMP_KERNEL));
	(void)flight_finish(flight, singletons);
	assert_int_equal(singletons[0].stamped_by, STAMP_KERNEL);
	assert_int_equal(singletons[1].stamped_by, STAMP_USER);
	assert_int_equal(singletons[2].stamped_by, STAMP_USER);
	flight_destroy(flight);
}

static void methods_are_rows(void **state)
{
	(void)state;
	assert_non_null(probe_find("icmp"));
	assert_int_equal(probe_find("icmp")->size_min, MARK_SIZE);
	assert_null(probe_find("icmp6"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_become_singletons),
		cmocka_unit_test(impossible_events_are_refused),
		cmocka_unit_test(losses_are_counted_as_they_ripen),
		cmocka_unit_test(what_was_not_told_is_not_lost),
		cmocka_unit_test(causes_are_kept),
		cmocka_unit_test(a_flight_grows_when_it_must),
		cmocka_unit_test(the_weaker_stamp_is_recorded),
		cmocka_unit_test(methods_are_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
