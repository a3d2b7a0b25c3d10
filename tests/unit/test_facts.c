/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/random.h"
#include "config/profile.h"
#include "reporter/facts.h"
#include "tests/unit/check.h"
#include "tests/unit/made_network.h"
#include "tests/unit/worked_example.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS				     NSEC_PER_MSEC
#define MIN				     NSEC_PER_MIN
#define LOST				     NSEC_INFINITE
#define UNDEFINED			     NSEC_UNDEFINED
#define assert_close(value, expected, bound) assert_true(fabs((value) - (expected)) <= (bound))

static const struct facts_rule rule = {
	.verdict = {.c1 = 0.2, .degraded_loss = 0.05, .degraded_delay = 100 * MS},
	.outage = {.slots = 2, .bridge = 15 * MIN, .long_after = 4 * NSEC_PER_HOUR},
	.full_points = {[DELAY_RTT] = 10 * MS, [DELAY_PDV] = 2 * MS},
};

/* Minutes as letters: g good, d degraded, b bad, p planned, u tainted, - no record. */
static void add_letters(struct made_series *series, nsec from, const char *letters)
{
	for (size_t i = 0; letters[i] != '\0'; i++) {
		nsec at = from + (nsec)i * MIN;
		uint32_t flags = letters[i] == 'p'   ? SLOT_PLANNED
				 : letters[i] == 'u' ? SLOT_TAINTED
						     : 0;
		nsec round_trip = letters[i] == 'b' ? LOST : letters[i] == 'd' ? 150 * MS : 8 * MS;
		if (letters[i] != '-')
			made_add_even(series, at, round_trip, 10, flags);
	}
}

static struct made_series *letters_series(struct made_network *network, nsec from,
					  const char *letters)
{
	struct series_key key = {.agent = "a", .target = "t", .method = "icmp", .family = 4};
	struct made_series *series = made_add_series(network, &key, MIN);

	add_letters(series, from, letters);
	return series;
}

/* The facts of the period out of all slots from its first day on, through the made store. */
static struct facts facts_between(struct made_network *network, struct period read,
				  struct period period, nsec settled)
{
	struct source source = made_source(network);
	const struct made_series *series = &network->series[0];
	struct record record = made_record(series, period);
	struct summary *slots;
	struct facts facts;

	assert_int_equal(source.slots(network, &series->key, read, &slots, &record.slot_count),
			 E_OK);
	record.slots = slots;
	record.settled = settled;
	assert_int_equal(facts_make(&rule, &record, &facts), E_OK);
	free(slots);
	return facts;
}

static void time_per_verdict_sums_to_the_period(void **state)
{
	struct made_network network = {0};
	struct period period = {0, 30 * MIN};

	(void)state;
	/* Nothing before minute 2; minutes 2 and 3 are lost before the first answer ever. */
	letters_series(&network, 2 * MIN, "bbgggddbppuu--ggggggggggg");
	struct facts facts = facts_between(&network, period, period, 28 * MIN);
	assert_int_equal(facts.slots[VERDICT_GOOD], 14);
	assert_int_equal(facts.slots[VERDICT_DEGRADED], 2);
	assert_int_equal(facts.slots[VERDICT_BAD], 1);
	assert_int_equal(facts.slots[VERDICT_PLANNED], 2);
	assert_int_equal(facts.slots[VERDICT_UNKNOWN], 2 + 2 + 2 + 1);
	assert_int_equal(facts.slots[VERDICT_UNSCHEDULED], 2 + 2);
	assert_int_equal(facts.unknown[UNKNOWN_NOT_COMMISSIONED], 2);
	assert_int_equal(facts.unknown[UNKNOWN_TAINTED], 2);
	assert_int_equal(facts.unknown[UNKNOWN_NO_RECORD], 3);
	assert_true(facts.unknown_time[UNKNOWN_TAINTED] == 2 * MIN);
	nsec sum = 0;
	for (size_t r = 0; r < UNKNOWN_REASONS; r++)
		sum += facts.unknown_time[r];
	assert_true(sum == facts.time[VERDICT_UNKNOWN]);
	sum = 0;
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		sum += facts.time[v];
	assert_true(sum == 30 * MIN);
	assert_close(facts_coverage(&facts), 17.0 / 24, 1e-12);
	assert_close(facts_availability(&facts), 100 * 16.0 / 17, 1e-9);
	assert_close(facts_availability_floor(&facts), 100 * 16.0 / 24, 1e-9);
	assert_int_equal(facts.judged.sent, 170);
	assert_int_equal(facts.judged.lost, 10);
	assert_int_equal(facts.available.lost, 0);
	/* The two lost slots before service are in the hour's histogram, not in the facts. */
	assert_int_equal(network.series[0].hours[0].delays.lost, 30);
	assert_int_equal(facts.delays.lost, 10);
	assert_int_equal(facts.delays.slots, 17);
	facts_finish(&facts);
	made_finish(&network);
}

static void a_hole_in_the_accounting_is_refused(void **state)
{
	struct made_network network = {0};
	struct period period = {0, 10 * MIN};
	struct facts facts;

	(void)state;
	struct made_series *series = letters_series(&network, 0, "gggg-ggggg");
	struct record record = made_record(series, period);
	assert_int_equal(facts_make(&rule, &record, &facts), E_CORRUPT);
	made_finish(&network);
}

static void a_series_that_never_answered_is_not_commissioned(void **state)
{
	struct made_network network = {0};
	struct period period = {0, 10 * MIN};

	(void)state;
	letters_series(&network, 0, "bbbbbbbbbb");
	struct facts facts = facts_between(&network, period, period, period.until);
	assert_false(facts.commissioned);
	assert_int_equal(facts.slots[VERDICT_UNKNOWN], 10);
	assert_int_equal(facts.outage_count, 0);
	assert_close(facts_coverage(&facts), 0, 0);
	assert_true(isnan(facts_availability(&facts)));
	assert_true(facts.quantile[DELAY_RTT][P95].value == UNDEFINED);
	facts_finish(&facts);
	made_finish(&network);
}

static void slots_that_start_before_the_period_are_not_its_own(void **state)
{
	struct made_network network = {0};
	struct period period = {90 * NSEC_PER_SEC, 330 * NSEC_PER_SEC};

	(void)state;
	letters_series(&network, 0, "gggggggggg");
	struct facts facts = facts_between(&network, period, period, period.until);
	assert_int_equal(facts.slots[VERDICT_GOOD], 4);
	assert_true(facts.time[VERDICT_GOOD] == 210 * NSEC_PER_SEC);
	assert_true(facts.time[VERDICT_UNSCHEDULED] == 30 * NSEC_PER_SEC);
	facts_finish(&facts);
	made_finish(&network);
}

struct expected_outage {
	int from; /* minutes */
	int until;
	int length;
	int within;
	bool before;
	bool open;
	bool unseen;
};

static const struct {
	const char *name;
	const char *letters; /* from minute 0 */
	int from;	     /* the period in minutes */
	int until;
	struct expected_outage outages[3];
	size_t count;
	int mttr; /* minutes, −1 for none */
} outage_rows[] = {
	{"one bad slot is none", "ggbgg", 0, 5, {{0}}, 0, -1},
	{"two are one", "ggbbgg", 0, 6, {{2, 4, 2, 2, false, false, false}}, 1, 2},
	{"a gap is bridged and not counted",
	 "gbuubg",
	 0,
	 6,
	 {{1, 5, 2, 2, false, false, false}},
	 1,
	 2},
	{"no record bridges too", "gbb---bg", 0, 8, {{1, 7, 3, 3, false, false, false}}, 1, 3},
	{"15 minutes are bridged",
	 "gbbuuuuuuuuuuuuuuubg",
	 0,
	 20,
	 {{1, 19, 3, 3, false, false, false}},
	 1,
	 3},
	{"16 are not",
	 "gbbuuuuuuuuuuuuuuuubbg",
	 0,
	 22,
	 {{1, 3, 2, 2, false, false, true}, {19, 21, 2, 2, false, false, false}},
	 2,
	 2},
	{"a good slot ends it",
	 "gbbgbbbg",
	 0,
	 8,
	 {{1, 3, 2, 2, false, false, false}, {4, 7, 3, 3, false, false, false}},
	 2,
	 2},
	{"maintenance ends it",
	 "gbbpbbg",
	 0,
	 7,
	 {{1, 3, 2, 2, false, false, false}, {4, 6, 2, 2, false, false, false}},
	 2,
	 2},
	{"it goes on at the end", "gggbb", 0, 5, {{3, 0, 2, 2, false, true, false}}, 1, -1},
	{"unknown at the end does not end it",
	 "gggbbuu",
	 0,
	 7,
	 {{3, 0, 2, 2, false, true, false}},
	 1,
	 -1},
	{"it began before", "gbbbbg", 3, 6, {{1, 5, 4, 2, true, false, false}}, 1, 4},
	{"it ends after the period", "gbbbbg", 0, 3, {{1, 0, 2, 2, false, true, false}}, 1, -1},
	{"it covers the period", "gbbbbbbg", 3, 5, {{1, 0, 4, 2, true, true, false}}, 1, -1},
	{"it ends with the period", "gbbbbg", 0, 5, {{1, 5, 4, 4, false, false, false}}, 1, 4},
	{"its second slot is beyond the period",
	 "ggbbg",
	 0,
	 3,
	 {{2, 0, 1, 1, false, true, false}},
	 1,
	 -1},
	{"it ended before the period", "gbbgggg", 3, 7, {{0}}, 0, -1},
	{"it begins after the period", "ggggbbg", 0, 4, {{0}}, 0, -1},
};

static void check_outage(const struct outage *outage, const struct expected_outage *expected)
{
	assert_true(outage->from == expected->from * MIN);
	assert_true(outage->until == (expected->open ? UNDEFINED : expected->until * MIN));
	assert_true(outage->length == expected->length * MIN);
	assert_true(outage->within == expected->within * MIN);
	assert_int_equal(outage->before, expected->before);
	assert_int_equal(outage->open, expected->open);
	assert_int_equal(outage->unseen, expected->unseen);
}

static void outages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(outage_rows); i++) {
		struct made_network network = {0};
		nsec end = (nsec)strlen(outage_rows[i].letters) * MIN;
		struct period period = {outage_rows[i].from * MIN, outage_rows[i].until * MIN};
		print_message("# %s\n", outage_rows[i].name);
		letters_series(&network, 0, outage_rows[i].letters);
		struct facts facts = facts_between(&network, (struct period){0, end}, period, end);
		assert_int_equal(facts.outage_count, outage_rows[i].count);
		for (size_t k = 0; k < facts.outage_count; k++)
			check_outage(&facts.outages[k], &outage_rows[i].outages[k]);
		nsec mttr = outage_rows[i].mttr < 0 ? UNDEFINED : outage_rows[i].mttr * MIN;
		if (outage_rows[i].count == 2) /* means of 2 and 3 minutes */
			mttr = (facts.outages[0].length + facts.outages[1].length) / 2;
		assert_true(facts.mean_repair == mttr);
		facts_finish(&facts);
		made_finish(&network);
	}
}

static void a_long_outage_belongs_to_the_period_that_passes_its_length(void **state)
{
	static const struct {
		const char *name;
		int from; /* minutes; the outage is [60, 360) */
		int until;
		bool here;
	} rows[] = {
		{"all of it", 0, 400, true},
		{"its first 4 h exactly", 0, 300, false},
		{"a minute more", 0, 301, true},
		{"what comes after 4 h", 300, 400, true},
		{"the 4 h were passed before", 301, 400, false},
	};
	struct made_network network = {0};
	char letters[401];

	(void)state;
	memset(letters, 'g', 400);
	memset(letters + 60, 'b', 300);
	letters[400] = '\0';
	letters_series(&network, 0, letters);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct period period = {rows[i].from * MIN, rows[i].until * MIN};
		print_message("# %s\n", rows[i].name);
		struct facts facts =
			facts_between(&network, (struct period){0, 400 * MIN}, period, 400 * MIN);
		assert_int_equal(facts.long_outage, rows[i].here);
		facts_finish(&facts);
	}
	made_finish(&network);
}

static struct planned_path *one_window(struct period period, nsec ahead)
{
	static const struct planned_rule usual = {24 * NSEC_PER_HOUR, 8 * NSEC_PER_HOUR};
	struct window window = {
		.period = period, .entered_at = period.from - ahead, .cancelled_at = NSEC_INFINITE};
	struct planned_path *path;

	assert_int_equal(planned_create(&usual, &window, 1, &path), E_OK);
	return path;
}

/* Twelve minutes on record or not, with a window from minute 2 to 6. */
static struct facts facts_under_window(struct made_network *network, const char *letters,
				       nsec ahead)
{
	struct period period = {0, 12 * MIN};
	struct source source = made_source(network);
	struct made_series *series = letters_series(network, 0, letters);
	struct record record = made_record(series, period);
	struct summary *slots;
	struct facts facts;

	assert_int_equal(source.slots(network, &series->key, period, &slots, &record.slot_count),
			 E_OK);
	record.slots = slots;
	record.planned = one_window((struct period){2 * MIN, 6 * MIN}, ahead);
	assert_int_equal(facts_make(&rule, &record, &facts), E_OK);
	planned_destroy(record.planned);
	free(slots);
	return facts;
}

static void the_windows_decide_and_not_the_flags(void **state)
{
	struct made_network network = {0};

	(void)state;
	/* Minutes 2 and 3 are flagged, 4 has no record, 5 was missed, 8 was flagged wrongly. */
	struct facts facts = facts_under_window(&network, "ggpp-bggpggg", 30 * NSEC_PER_HOUR);
	assert_int_equal(facts.slots[VERDICT_PLANNED], 4);
	assert_int_equal(facts.slots[VERDICT_UNKNOWN], 0);
	assert_int_equal(facts.slots[VERDICT_GOOD], 8);
	assert_int_equal(facts.disagreement.missed, 1);
	assert_int_equal(facts.disagreement.flagged, 1);
	assert_int_equal(facts.judged.lost, 0);
	/* The missed one's lost packets are taken out of the histograms again. */
	assert_int_equal(network.series[0].hours[0].delays.lost, 10);
	assert_int_equal(facts.delays.lost, 0);
	assert_false(facts.announced.differs);
	facts_finish(&facts);
	made_finish(&network);
}

static void a_late_window_counts_in_the_second_figure_alone(void **state)
{
	struct made_network network = {0};

	(void)state;
	struct facts facts = facts_under_window(&network, "ggbbbggggggg", NSEC_PER_HOUR);
	assert_int_equal(facts.slots[VERDICT_PLANNED], 0);
	assert_int_equal(facts.slots[VERDICT_BAD], 3);
	assert_close(facts_availability(&facts), 100 * 9.0 / 12, 1e-9);
	assert_int_equal(facts.disagreement.missed + facts.disagreement.flagged, 0);
	assert_true(facts.announced.differs);
	struct facts second = facts_figure(&facts, FIGURE_ANNOUNCED);
	assert_int_equal(second.slots[VERDICT_PLANNED], 4);
	assert_int_equal(second.slots[VERDICT_BAD], 0);
	assert_close(facts_availability(&second), 100, 0);
	assert_close(facts_loss(&second.judged), 0, 0);
	assert_int_equal(second.delays.lost, 0);
	assert_int_equal(second.kept, 10); /* of minute 5, which was answered */
	assert_true(second.quantile[DELAY_RTT][P95].value < LOST);
	assert_true(facts.quantile[DELAY_RTT][P95].value == LOST);
	facts_finish(&facts);
	made_finish(&network);
}

/* The interval changed where a longer slot reaches over the period's beginning. */
static void a_longer_slot_may_reach_into_the_period(void **state)
{
	struct summary slots[] = {
		summary_absent((struct period){5 * MIN, 7 * MIN}, SLOT_NO_RECORD),
		summary_absent((struct period){7 * MIN, 9 * MIN}, SLOT_NO_RECORD),
	};
	struct record record = {.period = {0, 9 * MIN},
				.settled = 9 * MIN,
				.first_slot = 0,
				.first_reply = 0,
				.slots = slots,
				.slot_count = 2};
	struct facts facts;

	(void)state;
	assert_int_equal(facts_make(&rule, &record, &facts), E_OK);
	assert_true(facts.time[VERDICT_UNSCHEDULED] == 5 * MIN);
	assert_true(facts.time[VERDICT_UNKNOWN] == 4 * MIN);
	facts_finish(&facts);
	slots[1].from += MIN; /* a gap */
	assert_int_equal(facts_make(&rule, &record, &facts), E_CORRUPT);
	struct balance balance = facts_balance(&rule, &record);
	assert_true(balance.time == 8 * MIN && balance.length == 9 * MIN);
}

static void the_worked_example_from_slots(void **state)
{
	struct made_network network = {0};
	struct period month = {0, 31 * NSEC_PER_DAY};
	struct series_key key = {.agent = "a", .target = "t", .method = "icmp", .family = 4};
	struct made_series *series = made_add_series(&network, &key, MIN);

	(void)state;
	for (size_t i = 0; i < WORKED_SLOTS; i++) {
		struct summary summary;
		struct delays delays;
		if (worked_slot(i, month.from, &summary, &delays))
			made_add_slot(series, &summary, &delays);
	}
	struct facts facts = facts_between(&network, month, month, month.until);
	assert_true(facts_judged_time(&facts) == 44100 * MIN);
	assert_int_equal(facts.slots[VERDICT_PLANNED], 240);
	assert_int_equal(facts.slots[VERDICT_UNKNOWN], 300);
	assert_int_equal(facts.slots[VERDICT_BAD], 45);
	assert_int_equal(facts.judged.sent, 882000);
	assert_int_equal(facts.judged.lost, 1100);
	assert_int_equal(facts.available.lost, 200);
	assert_close(facts_milliseconds(facts.quantile[DELAY_RTT][P95].value), 18, 1e-4);
	assert_close(facts_milliseconds(facts.quantile[DELAY_PDV][P95].value), 6.5, 1e-4);
	assert_int_equal(delays_answered(&facts.delays) + facts.delays.lost, 882000);
	assert_int_equal(facts.outage_count, 3);
	facts_finish(&facts);
	made_finish(&network);
}

/* An answered packet turned into a lost one, anywhere: no value gets better. Only the hour's
 * largest delay is spared: it bounds where in its bucket the others are placed, so that without it
 * the percentile may move down inside that bucket. */
static void losing_a_packet_never_helps(void **state)
{
	struct random random = random_seeded(20261005);
	struct series_key key = {.agent = "a", .target = "t", .method = "icmp", .family = 4};
	enum { SLOTS = 30, PACKETS = 10, ROUNDS = 400 };

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		nsec trips[SLOTS][PACKETS];
		size_t slot = (size_t)random_below(&random, SLOTS);
		size_t packet = (size_t)random_below(&random, PACKETS);
		double loss = random_unit(&random) * 0.3;
		struct facts facts[2];
		for (size_t i = 0; i < SLOTS * PACKETS; i++)
			trips[i / PACKETS][i % PACKETS] =
				random_unit(&random) < loss
					? LOST
					: 5 * MS + (nsec)random_below(&random, 40 * MS);
		trips[0][0] = 5 * MS; /* in service from the first slot on */
		trips[1][0] = 45 * MS;
		if (slot < 2 && packet == 0)
			packet = 1;
		for (size_t turn = 0; turn < 2; turn++) {
			struct made_network network = {0};
			struct period period = {0, SLOTS * MIN};
			struct made_series *series = made_add_series(&network, &key, MIN);
			for (size_t i = 0; i < SLOTS; i++)
				made_add(series, (nsec)i * MIN, trips[i], PACKETS, 0);
			facts[turn] = facts_between(&network, period, period, period.until);
			made_finish(&network);
			trips[slot][packet] = LOST;
		}
		assert_true(facts_availability(&facts[1]) <= facts_availability(&facts[0]));
		assert_true(facts_loss(&facts[1].judged) >= facts_loss(&facts[0].judged));
		assert_true(facts[1].quantile[DELAY_RTT][P95].value >=
			    facts[0].quantile[DELAY_RTT][P95].value);
		facts_finish(&facts[0]);
		facts_finish(&facts[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_per_verdict_sums_to_the_period),
		cmocka_unit_test(a_hole_in_the_accounting_is_refused),
		cmocka_unit_test(a_series_that_never_answered_is_not_commissioned),
		cmocka_unit_test(slots_that_start_before_the_period_are_not_its_own),
		cmocka_unit_test(outages),
		cmocka_unit_test(a_long_outage_belongs_to_the_period_that_passes_its_length),
		cmocka_unit_test(the_windows_decide_and_not_the_flags),
		cmocka_unit_test(a_late_window_counts_in_the_second_figure_alone),
		cmocka_unit_test(a_longer_slot_may_reach_into_the_period),
		cmocka_unit_test(the_worked_example_from_slots),
		cmocka_unit_test(losing_a_packet_never_helps),
	};
	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
