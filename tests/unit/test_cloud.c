/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of a visited page beside figures worked out by hand. */
#include "reporter/cloud.h"
#include "tests/unit/check.h"

#include <math.h>
#include <string.h>

#define DAY NSEC_PER_DAY

enum { DAYS = 30 };

/* A month of which 99.92 per cent was good, with a p95 of 750 ms to the first octet; connections
 * with a p95 of 8 ms; a certificate with 20 days left. */
struct example {
	struct profile *profile;
	struct facts visits;
	struct facts connections;
	struct certificate_sighting certificate;
	struct cloud_subject subject;
};

static struct quantile exactly(nsec value)
{
	return (struct quantile){.value = value, .low = value, .high = value, .exact = true};
}

static struct facts facts_with(nsec bad, nsec p95)
{
	struct facts facts = {
		.period = {0, DAYS * DAY},
		.commissioned = true,
		.judged = {.sent = 100000, .lost = 10},
		.time = {[VERDICT_GOOD] = DAYS * DAY - bad, [VERDICT_BAD] = bad},
		/* The histograms hold as much as was sent; the quantiles are given. */
		.delays = {.slots = 8640, .lost = 100000},
	};

	facts.quantile[DELAY_RTT][P95] = exactly(p95);
	facts.available = facts.judged;
	return facts;
}

static int setup(void **state)
{
	static struct example example;
	struct diagnostics diagnostics = {0};

	memset(&example, 0, sizeof(example));
	example.profile = profile_load("egov-extranet-default", ".", (struct place){"test", 1, 1},
				       &diagnostics);
	diagnostics_finish(&diagnostics);
	assert_non_null(example.profile);
	/* 0.08 per cent of 30 days. */
	example.visits = facts_with(DAYS * DAY / 1250, 750 * NSEC_PER_MSEC);
	example.connections = facts_with(0, 8 * NSEC_PER_MSEC);
	example.certificate = (struct certificate_sighting){
		.tls = "TLSv1.3",
		.certificate = {.shown = true,
				.verified = true,
				.named = true,
				.not_after = (DAYS + 20) * DAY,
				.chain_not_after = (DAYS + 900) * DAY},
	};
	example.subject = (struct cloud_subject){
		.profile = example.profile,
		.reach = REACH_CITY,
		.visits = &example.visits,
		.connections = &example.connections,
		.certificate = &example.certificate,
		.encrypted = true,
	};
	*state = &example;
	return 0;
}

static int teardown(void **state)
{
	profile_destroy(((struct example *)*state)->profile);
	return 0;
}

static void assert_near(double found, double expected)
{
	if (!(fabs(found - expected) < 1e-9))
		fail_msg("%.12g, not %.12g", found, expected);
}

/* 84 points of availability (90 at 99.95, 80 at 99.9), 85 of the first octet (90 at 500 ms, 80 at
 * 1 s), 84 of the connection (90 at 5 ms, 80 at 10 ms), 60 of the certificate: 0.4 · 84 + 0.3 · 85
 * + 0.2 · 84 + 0.1 · 60 = 81.9. */
static void the_example_has_the_points_worked_out(void **state)
{
	const struct example *example = *state;
	struct cloud_score score = cloud_judge(&example->subject);

	assert_int_equal(score.gates, 0);
	assert_near(score.points[CLOUD_AVAILABILITY], 84);
	assert_near(score.points[CLOUD_FIRST_BYTE], 85);
	assert_near(score.points[CLOUD_CONNECTION], 84);
	assert_near(score.points[CLOUD_CERTIFICATE], 60);
	assert_near(score.value[CLOUD_CERTIFICATE], 20);
	assert_near(score.exact, 81.9);
	assert_near(score.printed, 81.9);
	assert_string_equal(score.grade->en, "good");
	assert_int_equal(score.shown, SHOWN_ENDING);
}

/* (33.6 + 25.5 + 6) / 0.8 without connections; 75.9 without TLS, whose certificate has no points;
 * (33.6 + 25.5 + 16.8) / 0.9 where certificates are not on record. */
static void what_is_not_measured_leaves_its_weight(void **state)
{
	const struct example *example = *state;
	struct facts silent = {.period = {0, DAYS * DAY}};
	struct cloud_subject subject = example->subject;

	subject.connections = NULL;
	struct cloud_score score = cloud_judge(&subject);
	assert_true(score.missing[CLOUD_CONNECTION]);
	assert_near(score.weight[CLOUD_AVAILABILITY], 50);
	assert_near(score.exact, 81.375);
	subject.connections = &silent;
	assert_near(cloud_judge(&subject).exact, 81.375);
	subject = example->subject;
	subject.encrypted = false;
	subject.certificate = NULL;
	score = cloud_judge(&subject);
	assert_int_equal(score.shown, SHOWN_PLAIN);
	assert_false(score.missing[CLOUD_CERTIFICATE]);
	assert_near(score.exact, 75.9);
	subject.encrypted = true;
	score = cloud_judge(&subject);
	assert_int_equal(score.shown, SHOWN_UNKNOWN);
	assert_near(score.exact, 253.0 / 3);
}

/* Nothing was ever open: no certificate was shown, and that is no lack of records. */
static void a_page_that_never_opened_has_no_points(void **state)
{
	const struct example *example = *state;
	struct facts dead = facts_with(DAYS * DAY, NSEC_INFINITE);
	struct cloud_subject subject = example->subject;

	dead.judged.lost = dead.judged.sent;
	subject.visits = &dead;
	subject.certificate = NULL;
	struct cloud_score score = cloud_judge(&subject);
	assert_int_equal(score.shown, SHOWN_NOTHING);
	assert_near(score.points[CLOUD_AVAILABILITY], 0);
	assert_near(score.points[CLOUD_FIRST_BYTE], 0);
	assert_near(score.exact, 16.8);
	assert_string_equal(score.grade->en, "poor");
}

static void too_little_is_not_scored(void **state)
{
	const struct example *example = *state;
	struct facts facts = example->visits;
	struct cloud_subject subject = example->subject;

	facts.time[VERDICT_UNKNOWN] = facts.time[VERDICT_GOOD] / 2;
	facts.time[VERDICT_GOOD] /= 2;
	subject.visits = &facts;
	struct cloud_score score = cloud_judge(&subject);
	assert_int_equal(score.gates & GATE_COVERAGE, GATE_COVERAGE);
	assert_true(isnan(score.exact) && score.grade == NULL);
	subject.mode = SCORE_TRIAL;
	score = cloud_judge(&subject);
	assert_true(!isnan(score.exact) && score.grade == NULL);
	subject.visits = &(struct facts){.period = {0, DAYS * DAY}};
	score = cloud_judge(&subject);
	assert_int_equal(score.gates, GATE_NO_DATA);
	assert_true(isnan(score.exact));
}

static void certificates_are_told_apart(void **state)
{
	const struct example *example = *state;
	static const struct {
		bool verified;
		bool named;
		const char *tls;
		nsec left;
		nsec chain;
		enum shown shown;
	} rows[] = {
		{true, true, "TLSv1.3", 30 * DAY, 99 * DAY, SHOWN_GOOD},
		{true, true, "TLSv1.2", 30 * DAY, 99 * DAY, SHOWN_GOOD},
		{true, true, "TLSv1.3", 30 * DAY - 1, 99 * DAY, SHOWN_ENDING},
		{true, true, "TLSv1.3", 99 * DAY, 29 * DAY, SHOWN_ENDING},
		{true, true, "TLSv1.3", 7 * DAY, 99 * DAY, SHOWN_ENDING},
		{true, true, "TLSv1.3", 7 * DAY - 1, 99 * DAY, SHOWN_SHORT},
		{true, true, "TLSv1.3", -DAY, 99 * DAY, SHOWN_SHORT},
		{true, true, "TLSv1.1", 99 * DAY, 99 * DAY, SHOWN_OLD_TLS},
		{true, true, "TLSv1", 99 * DAY, 99 * DAY, SHOWN_OLD_TLS},
		{true, true, "SSLv3", 99 * DAY, 99 * DAY, SHOWN_OLD_TLS},
		{true, false, "TLSv1.3", 99 * DAY, 99 * DAY, SHOWN_MISNAMED},
		{false, true, "TLSv1.3", 99 * DAY, 99 * DAY, SHOWN_INVALID},
		{false, false, "TLSv1.1", -DAY, 99 * DAY, SHOWN_INVALID},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct certificate_sighting seen = {
			.certificate = {.shown = true,
					.verified = rows[i].verified,
					.named = rows[i].named,
					.not_after = DAY + rows[i].left,
					.chain_not_after = DAY + rows[i].chain},
		};
		strcpy(seen.tls, rows[i].tls);
		print_message("# row %zu\n", i);
		assert_int_equal(cloud_shown(&example->profile->cloud, &seen, DAY), rows[i].shown);
	}
}

static void the_built_in_rule_is_as_agreed(void **state)
{
	const struct cloud_rule *rule = &((const struct example *)*state)->profile->cloud;
	static const double availability[] = {99.99, 99.95, 99.9, 99.5, 98};
	static const double first_byte[] = {200, 500, 1000, 3000, 15000};
	static const double points[] = {100, 90, 80, 60, 0};
	static const double weight[CLOUD_COUNT] = {40, 30, 20, 10};

	assert_true(rule->given);
	for (size_t i = 0; i < COUNT_OF(points); i++) {
		assert_near(scale_points(&rule->availability, availability[i]), points[i]);
		assert_near(scale_points(&rule->first_byte, first_byte[i]), points[i]);
	}
	for (size_t i = 0; i < CLOUD_COUNT; i++)
		assert_near(rule->weight[i], weight[i]);
	assert_int_equal(rule->days_full, 30);
	assert_int_equal(rule->days_least, 7);
	assert_near(rule->points_least, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_built_in_rule_is_as_agreed),
		cmocka_unit_test(the_example_has_the_points_worked_out),
		cmocka_unit_test(what_is_not_measured_leaves_its_weight),
		cmocka_unit_test(a_page_that_never_opened_has_no_points),
		cmocka_unit_test(too_little_is_not_scored),
		cmocka_unit_test(certificates_are_told_apart),
	};

	return cmocka_run_group_tests_name("cloud", tests, setup, teardown);
}
