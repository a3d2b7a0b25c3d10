/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/random.h"
#include "reporter/doc/doc.h"
#include "reporter/score.h"
#include "tests/unit/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MS				     NSEC_PER_MSEC
#define assert_close(value, expected, bound) assert_true(fabs((value) - (expected)) <= (bound))

static struct profile *load_profile(void)
{
	struct diagnostics diagnostics = {0};
	struct profile *profile =
		profile_load("egov-extranet-default", ".", (struct place){0}, &diagnostics);

	diagnostics_finish(&diagnostics);
	assert_non_null(profile);
	return profile;
}

static int setup(void **state)
{
	*state = load_profile();
	return 0;
}

static int teardown(void **state)
{
	profile_destroy(*state);
	return 0;
}

/* A month of a backbone path, 60 s × 20 packets, as in the published worked example. */
static struct facts worked_example(void)
{
	struct facts facts = {
		.period = {0, 31 * NSEC_PER_DAY},
		.commissioned = true,
		.first_reply = 0,
		.time = {[VERDICT_GOOD] = (44100 - 45) * NSEC_PER_MIN,
			 [VERDICT_BAD] = 45 * NSEC_PER_MIN,
			 [VERDICT_PLANNED] = 240 * NSEC_PER_MIN,
			 [VERDICT_UNKNOWN] = 300 * NSEC_PER_MIN},
		.judged = {.sent = 44100 * 20, .lost = 45 * 20 + 200},
		.delays = {.lost = 45 * 20 + 200, .rtt = {44100 * 20 - 45 * 20 - 200}},
	};

	facts.quantile[DELAY_RTT][P95].value = 18 * MS;
	facts.quantile[DELAY_PDV][P95].value = 13 * MS / 2;
	return facts;
}

static struct score_subject backbone(const struct profile *profile)
{
	return (struct score_subject){
		.profile = profile, .tier = TIER_BACKBONE, .reach = REACH_PROVINCE};
}

static void the_worked_example(void **state)
{
	struct score_subject subject = backbone(*state);
	struct facts facts = worked_example();
	struct score score = score_path(&subject, &facts);

	assert_true(facts_judged_time(&facts) == 44100 * NSEC_PER_MIN);
	assert_close(score.value[INDICATOR_AVAILABILITY], 99.89796, 0.000005);
	assert_close(score.value[INDICATOR_LOSS], 0.124717, 0.0000005);
	assert_close(score.points[INDICATOR_AVAILABILITY], 59.864, 0.0005);
	assert_close(score.points[INDICATOR_LOSS], 78.764, 0.0005);
	assert_close(score.points[INDICATOR_DELAY], 92, 1e-9);
	assert_close(score.points[INDICATOR_PDV], 87, 1e-9);
	assert_close(score.exact, 75.0866, 0.00005);
	assert_close(score.printed, 75.1, 1e-12);
	assert_string_equal(score.grade->zh, "中");
	assert_close(score.coverage, 0.99324, 0.000005);
	assert_int_equal(score.gates, 0);
	assert_int_equal(score.vetoes, 0);
}

static void lost_points_sum_to_what_is_missing(void **state)
{
	struct score_subject subject = backbone(*state);
	struct facts facts = worked_example();

	facts.long_outage = true;
	facts.time[VERDICT_BAD] = 0;
	struct score score = score_path(&subject, &facts);
	double lost = score_lost_to_veto(&score);
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		lost += score_lost(&score, i);
	assert_true(score_lost_to_veto(&score) > 0);
	assert_close(lost, 100 - score.exact, 1e-9);
}

static void vetoes(void **state)
{
	static const struct {
		const char *name;
		enum tier tier;
		nsec bad;
		bool long_outage;
		unsigned vetoes;
	} rows[] = {
		{"a good month", TIER_BACKBONE, 0, false, 0},
		{"availability of 98.9 % on the backbone", TIER_BACKBONE, 486 * NSEC_PER_MIN, false,
		 VETO_AVAILABILITY},
		{"the same in the access tier", TIER_ACCESS, 486 * NSEC_PER_MIN, false, 0},
		{"a long outage on the backbone", TIER_BACKBONE, 0, true, VETO_OUTAGE},
		{"a long outage elsewhere", TIER_METRO, 0, true, 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct score_subject subject = backbone(*state);
		struct facts facts = worked_example();
		print_message("# %s\n", rows[i].name);
		subject.tier = rows[i].tier;
		facts.time[VERDICT_GOOD] = 44100 * NSEC_PER_MIN - rows[i].bad;
		facts.time[VERDICT_BAD] = rows[i].bad;
		facts.long_outage = rows[i].long_outage;
		facts.judged.lost = 0;
		facts.quantile[DELAY_RTT][P95].value = MS;
		facts.quantile[DELAY_PDV][P95].value = MS;
		struct score score = score_path(&subject, &facts);
		assert_int_equal(score.vetoes, rows[i].vetoes);
		if (rows[i].vetoes == 0)
			continue;
		assert_true(score.exact <= 59.9);
		assert_string_equal(score.grade->zh, "差");
		facts.time[VERDICT_UNKNOWN] = 44100 * NSEC_PER_MIN; /* too little is known of it */
		score = score_path(&subject, &facts);
		assert_false(score_given(&score));
		assert_int_equal(score.vetoes, 0);
	}
}

static void gates(void **state)
{
	static const struct {
		const char *name;
		nsec unknown;
		nsec first_reply;
		nsec judged;
		unsigned gates;
		bool marked;
	} rows[] = {
		{"covered", 0, 0, 44100, 0, false},
		{"96 %", 4, 0, 96, 0, false},
		{"95 % is not marked", 5, 0, 95, 0, false},
		{"94 % is marked", 6, 0, 94, 0, true},
		{"80 % is scored", 20, 0, 80, 0, true},
		{"79 % is not", 21, 0, 79, GATE_COVERAGE, true},
		{"seven days in service", 0, 24 * NSEC_PER_DAY, 44100, 0, false},
		{"a minute less", 0, 24 * NSEC_PER_DAY + NSEC_PER_MIN, 44100, GATE_SERVICE, false},
		{"nothing judged", 100, 0, 0, GATE_NO_DATA, true},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct score_subject subject = backbone(*state);
		struct facts facts = worked_example();
		print_message("# %s\n", rows[i].name);
		facts.time[VERDICT_BAD] = 0;
		facts.time[VERDICT_GOOD] = rows[i].judged * NSEC_PER_MIN;
		facts.time[VERDICT_UNKNOWN] = rows[i].unknown * NSEC_PER_MIN;
		facts.first_reply = rows[i].first_reply;
		struct score score = score_path(&subject, &facts);
		assert_int_equal(score.gates, rows[i].gates);
		assert_int_equal(score.marked, rows[i].marked);
		assert_int_equal(score_given(&score), rows[i].gates == 0);
		subject.mode = SCORE_TRIAL;
		score = score_path(&subject, &facts);
		assert_int_equal(score.gates, rows[i].gates);
		assert_int_equal(score_given(&score), rows[i].judged > 0);
		assert_null(score.grade);
	}
}

/* The hours of a damaged histogram file are gone, the slots are not. */
static void a_path_with_lost_histograms_is_not_scored(void **state)
{
	struct score_subject subject = backbone(*state);
	struct facts facts = worked_example();

	facts.delays.rtt[0] = facts.delays.rtt[0] / 100 * 90;
	struct score score = score_path(&subject, &facts);
	assert_true(score_given(&score));
	assert_true(score.marked);
	facts.delays.rtt[0] = facts.delays.rtt[0] / 100 * 80;
	score = score_path(&subject, &facts);
	assert_int_equal(score.gates, GATE_DELAYS);
	assert_false(score_given(&score));
}

static void a_path_never_in_service_is_not_scored(void **state)
{
	struct score_subject subject = backbone(*state);
	struct facts facts = worked_example();

	subject.mode = SCORE_TRIAL;
	facts.commissioned = false;
	facts.first_reply = NSEC_UNDEFINED;
	struct score score = score_path(&subject, &facts);
	assert_false(score_given(&score));
	assert_int_equal(score.gates, GATE_NO_DATA);
}

static void a_missing_indicator_leaves_its_weight(void **state)
{
	struct score_subject subject = backbone(*state);
	struct facts facts = worked_example();
	struct test_config lone = {.packets = 1};

	score_missing(&lone, subject.missing);
	assert_true(subject.missing[INDICATOR_PDV]);
	struct score score = score_path(&subject, &facts);
	assert_close(score.weight[INDICATOR_AVAILABILITY], 40 / 0.85, 1e-9);
	assert_close(score.weight[INDICATOR_PDV], 0, 0);
	double expected = (40 * score.points[INDICATOR_AVAILABILITY] +
			   25 * score.points[INDICATOR_LOSS] + 20 * score.points[INDICATOR_DELAY]) /
			  85;
	assert_close(score.exact, expected, 1e-9);
	double lost = 0;
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		lost += score_lost(&score, i);
	assert_close(lost, 100 - score.exact, 1e-9);
}

static void loss_beyond_the_percentile_gives_no_points(void **state)
{
	struct score_subject subject = backbone(*state);
	struct facts facts = worked_example();

	facts.quantile[DELAY_RTT][P95].value = NSEC_INFINITE;
	facts.quantile[DELAY_PDV][P95].value = NSEC_INFINITE;
	struct score score = score_path(&subject, &facts);
	assert_true(isinf(score.value[INDICATOR_DELAY]));
	assert_close(score.points[INDICATOR_DELAY], 0, 0);
	assert_close(score.points[INDICATOR_PDV], 0, 0);
	assert_true(score_given(&score));
}

static void the_grade_is_read_from_the_printed_number(void **state)
{
	static const struct {
		double exact;
		double printed;
		const char *grade;
	} rows[] = {
		{100, 100, "优"},    {89.95, 90, "优"},	    {89.9499, 89.9, "良"},
		{79.95, 80, "良"},   {79.9499, 79.9, "中"}, {75.0866, 75.1, "中"},
		{59.95, 60, "中"},   {59.9499, 59.9, "差"}, {0, 0, "差"},
		{75.05, 75.1, "中"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct group group = {0};
		struct score score = {.exact = rows[i].exact};
		group_add(&group, *state, TIER_ACCESS, 1, &score);
		group_finish(&group, *state, SCORE_REGULAR);
		assert_close(group.printed, rows[i].printed, 1e-12);
		assert_string_equal(group.grade->zh, rows[i].grade);
	}
}

static void groups_weigh_sites_not_means(void **state)
{
	const struct profile *profile = *state;
	struct group group = {0};
	struct score none = {.exact = NAN};

	group_add(&group, profile, TIER_ACCESS, 3, &(struct score){.exact = 90});
	group_add(&group, profile, TIER_ACCESS, 1, &(struct score){.exact = 50});
	group_add(&group, profile, TIER_ACCESS, 1, &none);
	group_finish(&group, profile, SCORE_REGULAR);
	assert_int_equal(group.members, 3);
	assert_int_equal(group.scored, 2);
	assert_close(group.exact, 80, 1e-9); /* 4 of 5 is just enough */
	group_add(&group, profile, TIER_ACCESS, 0.1, &none);
	group_finish(&group, profile, SCORE_REGULAR);
	assert_true(isnan(group.exact));
	assert_null(group.grade);
	group_finish(&group, profile, SCORE_TRIAL);
	assert_close(group.exact, 80, 1e-9);
	assert_null(group.grade);
}

static struct group tier_of(const struct profile *profile, enum tier tier, double exact,
			    unsigned vetoes_)
{
	struct group group = {0};

	group_add(&group, profile, tier, 1, &(struct score){.exact = exact, .vetoes = vetoes_});
	group_finish(&group, profile, SCORE_REGULAR);
	return group;
}

static void the_network_weighs_tiers(void **state)
{
	const struct profile *profile = *state;
	struct group tiers[TIER_COUNT] = {
		[TIER_BACKBONE] = tier_of(profile, TIER_BACKBONE, 95, 0),
		[TIER_METRO] = tier_of(profile, TIER_METRO, 85, 0),
		[TIER_ACCESS] = tier_of(profile, TIER_ACCESS, 75, 0),
	};
	struct group network = {0};

	group_finish_network(&network, tiers, profile, SCORE_REGULAR);
	assert_close(network.exact, 0.4 * 95 + 0.3 * 85 + 0.3 * 75, 1e-9);
	tiers[TIER_METRO] = (struct group){0};
	network = (struct group){0};
	group_finish_network(&network, tiers, profile, SCORE_REGULAR);
	assert_close(network.exact, (40 * 95.0 + 30 * 75.0) / 70, 1e-9);
	tiers[TIER_METRO] = tier_of(profile, TIER_METRO, NAN, 0);
	network = (struct group){0};
	group_finish_network(&network, tiers, profile, SCORE_REGULAR);
	assert_true(isnan(network.exact));
	assert_true(network.gated);
}

static void a_vetoed_backbone_site_bars_the_top_grade(void **state)
{
	const struct profile *profile = *state;
	struct score good = {.exact = 100};
	struct score vetoed = {.exact = 59.9, .vetoes = VETO_OUTAGE};

	for (enum tier tier = TIER_BACKBONE; tier < TIER_COUNT; tier++) {
		struct group tiers[TIER_COUNT] = {{0}};
		struct group network = {0};
		for (size_t i = 0; i < 99; i++) {
			group_add(&tiers[tier], profile, tier, 1, &good);
			group_add(&network, profile, tier, 1, &good);
		}
		group_add(&tiers[tier], profile, tier, 1, &vetoed);
		group_add(&network, profile, tier, 1, &vetoed);
		group_finish(&tiers[tier], profile, SCORE_REGULAR);
		group_finish_network(&network, tiers, profile, SCORE_REGULAR);
		assert_true(network.printed > 99);
		assert_int_equal(network.vetoed, 1);
		assert_string_equal(network.grade->zh, tier == TIER_BACKBONE ? "良" : "优");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_example),
		cmocka_unit_test(lost_points_sum_to_what_is_missing),
		cmocka_unit_test(vetoes),
		cmocka_unit_test(gates),
		cmocka_unit_test(a_path_with_lost_histograms_is_not_scored),
		cmocka_unit_test(a_path_never_in_service_is_not_scored),
		cmocka_unit_test(a_missing_indicator_leaves_its_weight),
		cmocka_unit_test(loss_beyond_the_percentile_gives_no_points),
		cmocka_unit_test(the_grade_is_read_from_the_printed_number),
		cmocka_unit_test(groups_weigh_sites_not_means),
		cmocka_unit_test(the_network_weighs_tiers),
		cmocka_unit_test(a_vetoed_backbone_site_bars_the_top_grade),
	};
	return cmocka_run_group_tests_name("score", tests, setup, teardown);
}
