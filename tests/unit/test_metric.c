/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/random.h"
#include "collector/metric/availability.h"
#include "collector/metric/quantile.h"
#include "collector/metric/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 20, SLOTS_AN_HOUR = 60 };

static struct singleton replied(nsec round_trip)
{
	return (struct singleton){
		.sent_at = 1,
		.round_trip = round_trip,
		.outcome = OUTCOME_REPLIED,
		.stamped_by = STAMP_KERNEL,
	};
}

static struct singleton became(enum outcome outcome)
{
	return (struct singleton){
		.sent_at = outcome == OUTCOME_UNSENT ? NSEC_UNDEFINED : 1,
		.round_trip = NSEC_UNDEFINED,
		.outcome = (uint8_t)outcome,
	};
}

static void edges_rise_and_hold_their_delays(void **state)
{
	(void)state;
	for (int k = DELAY_RTT; k <= DELAY_PDV; k++) {
		enum delay_kind kind = (enum delay_kind)k;
		double widest = kind == DELAY_RTT ? 1.26 : 1.59;
		for (size_t b = 0; b < histogram_buckets(kind); b++) {
			nsec low = histogram_lower(kind, b);
			nsec high = histogram_upper(kind, b);
			assert_true(low < high);
			assert_int_equal(histogram_bucket_of(kind, low), b);
			assert_int_equal(histogram_bucket_of(kind, high - 1), b);
			if (b > 0 && high != NSEC_INFINITE)
				assert_true((double)high / (double)low < widest);
		}
	}
	assert_int_equal(histogram_bucket_of(DELAY_RTT, -5), 0);
	assert_int_equal(histogram_bucket_of(DELAY_RTT, INT64_MAX), RTT_BUCKETS - 1);
	struct random random = random_seeded(11);
	for (int i = 0; i < 100000; i++) {
		nsec delay = (nsec)(random_u64(&random) >> (1 + random_below(&random, 62)));
		size_t b = histogram_bucket_of(DELAY_PDV, delay);
		assert_true(delay >= histogram_lower(DELAY_PDV, b));
		assert_true(delay < histogram_upper(DELAY_PDV, b));
	}
	assert_true(histogram_lower(DELAY_RTT, 1) == 100 * NSEC_PER_USEC);
	assert_true(histogram_lower(DELAY_RTT, 11) == NSEC_PER_MSEC);
	assert_true(histogram_lower(DELAY_PDV, 6) == 250 * NSEC_PER_USEC);
}

static void outcomes_are_counted_apart(void **state)
{
	(void)state;
	struct singleton singletons[] = {
		replied(5000), became(OUTCOME_LOST),	 became(OUTCOME_LATE),
		replied(3000), became(OUTCOME_REJECTED), became(OUTCOME_UNSENT),
		replied(4000), became(OUTCOME_PENDING),
	};
	singletons[0].duplicates = 2;
	singletons[6].reordered = 1;
	struct sample sample = {
		.slot = {0, 60}, .expected = COUNT_OF(singletons), .singletons = singletons};
	struct summary s = sample_summary(&sample);
	assert_int_equal(s.expected, 8);
	assert_int_equal(s.sent, 7);
	assert_int_equal(s.lost, 4);
	assert_int_equal(s.late, 1);
	assert_int_equal(s.rejected, 1);
	assert_int_equal(s.duplicated, 2);
	assert_int_equal(s.reordered, 1);
	assert_int_equal(s.flags, SLOT_UNSENT);
	assert_true(s.rtt_sum == 12000);
	assert_true(s.rtt_min == 3000);
	assert_true(s.rtt_max == 5000);
	assert_true(summary_rtt_mean(&s) == 4000);
	/* Rank 4 of 7 is beyond the three answers. */
	assert_true(s.rtt_median == NSEC_INFINITE);
	assert_true(sample_quantile(&sample, 3.0 / 7) == 5000);
}

static void causes_of_losses_are_flagged(void **state)
{
	static const struct {
		enum outcome outcome;
		enum loss_cause cause;
		uint32_t flags;
	} rows[] = {
		{OUTCOME_LOST, LOSS_UNTOLD, 0},
		{OUTCOME_REJECTED, LOSS_REFUSED, SLOT_REFUSED},
		{OUTCOME_REJECTED, LOSS_UNREACHABLE, SLOT_UNREACHABLE},
		{OUTCOME_REJECTED, LOSS_FILTERED, SLOT_FILTERED},
		{OUTCOME_LOST, LOSS_NEIGHBOUR, SLOT_NEIGHBOUR},
		{OUTCOME_REPLIED, LOSS_REFUSED, 0}, /* it came all the same */
	};

	(void)state;
	uint32_t all = 0;
	struct singleton every[COUNT_OF(rows)];
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		every[i] = became(rows[i].outcome);
		every[i].cause = (uint8_t)rows[i].cause;
		if (rows[i].outcome == OUTCOME_REPLIED)
			every[i].round_trip = 7;
		every[i].stamped_by = STAMP_KERNEL;
		struct sample one = {.slot = {0, 60}, .expected = 1, .singletons = &every[i]};
		assert_int_equal(sample_summary(&one).flags, rows[i].flags);
		all |= rows[i].flags;
	}
	struct sample together = {.slot = {0, 60}, .expected = COUNT_OF(rows), .singletons = every};
	assert_int_equal(sample_summary(&together).flags, all);
}

static int compare(const void *a, const void *b)
{
	nsec x = *(const nsec *)a;
	nsec y = *(const nsec *)b;
	return (x > y) - (x < y);
}

/* Equal delays, few, many, and as many lost as leave no answer at the rank. */
static void quantiles_are_those_of_the_sorted_delays(void **state)
{
	(void)state;
	enum { MOST = 200 };
	static const double quantiles[] = {0.001, 0.25, 0.5, 0.95, 0.99, 1};
	struct random random = random_seeded(7);

	for (uint32_t count = 1; count <= MOST; count++) {
		struct singleton singletons[MOST];
		nsec delays[MOST];
		uint32_t lost = count / 7;
		for (uint32_t i = 0; i < count; i++) {
			delays[i] =
				i < lost ? NSEC_INFINITE
					 : (nsec)random_below(&random, count % 3 == 0 ? 5 : 1000);
			singletons[i] = i < lost ? became(OUTCOME_LOST) : replied(delays[i]);
		}
		qsort(delays, count, sizeof(*delays), compare);
		struct sample sample = {.expected = count, .singletons = singletons};
		for (size_t q = 0; q < COUNT_OF(quantiles); q++) {
			size_t rank = (size_t)ceil(quantiles[q] * count * (1 - 1e-12));
			assert_true(sample_quantile(&sample, quantiles[q]) == delays[rank - 1]);
		}
	}
}

static void weak_stamps_are_flagged(void **state)
{
	(void)state;
	struct singleton singletons[] = {replied(1), replied(2)};
	struct sample sample = {.expected = 2, .singletons = singletons};
	assert_int_equal(sample_summary(&sample).flags, 0);
	singletons[1].stamped_by = STAMP_USER;
	assert_int_equal(sample_summary(&sample).flags, SLOT_USER_STAMP);
}

static void nothing_answered_leaves_delays_undefined(void **state)
{
	(void)state;
	struct singleton singletons[] = {became(OUTCOME_LOST), became(OUTCOME_LOST)};
	struct sample sample = {.expected = 2, .singletons = singletons};
	struct summary s = sample_summary(&sample);
	assert_true(s.rtt_min == NSEC_UNDEFINED);
	assert_true(s.rtt_max == NSEC_UNDEFINED);
	assert_true(summary_rtt_mean(&s) == NSEC_UNDEFINED);
	struct delays d = sample_delays(&sample);
	assert_int_equal(d.slots, 1);
	assert_int_equal(d.lost, 2);
	assert_true(d.pdv_max == NSEC_UNDEFINED);
}

static void the_first_verdict_that_fits_is_given(void **state)
{
	(void)state;
	static const struct availability_rule rule = {0.20, 0.05, 100};
	static const struct {
		const char *name;
		uint32_t expected, sent, lost, flags;
		nsec median;
		enum verdict verdict;
	} rows[] = {
		{"no loss", 20, 20, 0, 0, 50, VERDICT_GOOD},
		{"5 % is not above 5 %", 20, 20, 1, 0, 50, VERDICT_GOOD},
		{"10 %", 20, 20, 2, 0, 50, VERDICT_DEGRADED},
		{"15 %", 20, 20, 3, 0, 50, VERDICT_DEGRADED},
		{"20 % reaches c1", 20, 20, 4, 0, 50, VERDICT_BAD},
		{"slow", 20, 20, 0, 0, 101, VERDICT_DEGRADED},
		{"as slow as allowed", 20, 20, 0, 0, 100, VERDICT_GOOD},
		{"half unsent is still known", 20, 10, 0, 0, 50, VERDICT_GOOD},
		{"more than half unsent", 20, 9, 0, 0, 50, VERDICT_UNKNOWN},
		{"nothing sent", 20, 0, 0, 0, 50, VERDICT_UNKNOWN},
		{"tainted", 20, 20, 20, SLOT_TAINTED, 50, VERDICT_UNKNOWN},
		{"isolated", 20, 20, 20, SLOT_ISOLATED, 50, VERDICT_UNKNOWN},
		{"clock step", 20, 20, 0, SLOT_CLOCK_STEP, 50, VERDICT_UNKNOWN},
		{"no record", 0, 0, 0, SLOT_NO_RECORD, 50, VERDICT_UNKNOWN},
		{"planned beats unknown", 20, 0, 0, SLOT_PLANNED | SLOT_TAINTED, 50,
		 VERDICT_PLANNED},
		{"unscheduled beats planned", 0, 0, 0, SLOT_UNSCHEDULED | SLOT_PLANNED, 50,
		 VERDICT_UNSCHEDULED},
		{"weak stamps and some unsent are judged", 20, 19, 0, SLOT_USER_STAMP | SLOT_UNSENT,
		 50, VERDICT_GOOD},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct summary s = summary_absent((struct period){0, 60}, 0);
		s.expected = rows[i].expected;
		s.sent = rows[i].sent;
		s.lost = rows[i].lost;
		s.flags = rows[i].flags;
		s.rtt_median = rows[i].median;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(availability_judge(&rule, &s), rows[i].verdict);
		bool judged = rows[i].verdict <= VERDICT_BAD;
		assert_int_equal(availability_judgeable(&s), judged);
	}
}

static void unjudged_slots_add_no_delays(void **state)
{
	(void)state;
	struct singleton singletons[] = {replied(5000), replied(6000)};
	struct sample sample = {.expected = 2, .flags = SLOT_PLANNED, .singletons = singletons};
	struct delays d = sample_delays(&sample);
	assert_int_equal(d.slots, 0);
	assert_true(delays_answered(&d) == 0);
}

/* What a path does: gives a delay, or NSEC_INFINITE for a loss. */
typedef nsec (*path_model)(struct random *random, unsigned int hour);

static nsec bursty(struct random *random, unsigned int hour)
{
	double delay = 8e6 - 3e6 * log(1 - random_unit(random));
	if (hour % 24 >= 19 && random_unit(random) < 0.2)
		delay -= 60e6 * log(1 - random_unit(random));
	return random_unit(random) < 0.004 ? NSEC_INFINITE : (nsec)delay;
}

static nsec steady(struct random *random, unsigned int hour)
{
	(void)hour;
	return (nsec)(5e6 * (0.99 + 0.02 * random_unit(random)));
}

static nsec rerouted(struct random *random, unsigned int hour)
{
	return (hour < 120 ? 10 : 15) * NSEC_PER_MSEC + (nsec)(random_unit(random) * 1e6);
}

static nsec lossy(struct random *random, unsigned int hour)
{
	return random_unit(random) < 0.3 ? NSEC_INFINITE : bursty(random, hour);
}

static nsec exponential(struct random *random, double mean)
{
	return (nsec)(-mean * log(1 - random_unit(random)));
}

/* A fibre path whose smallest delay lies just above a bucket's lower edge, or just below it. */
static nsec above_edge(struct random *random, unsigned int hour)
{
	(void)hour;
	return 27 * NSEC_PER_MSEC + exponential(random, 0.5e6);
}

static nsec below_edge(struct random *random, unsigned int hour)
{
	(void)hour;
	return 31 * NSEC_PER_MSEC + exponential(random, 0.5e6);
}

static nsec drifting(struct random *random, unsigned int hour)
{
	return 10 * NSEC_PER_MSEC + hour * 20000 + exponential(random, 0.2e6);
}

static nsec busy_evenings(struct random *random, unsigned int hour)
{
	bool busy = hour % 24 >= 19 && hour % 24 < 22;
	return 5 * NSEC_PER_MSEC + exponential(random, busy ? 20e6 : 0.3e6);
}

static nsec log_normal(struct random *random, unsigned int hour)
{
	(void)hour;
	double normal =
		sqrt(-2 * log(1 - random_unit(random))) * cos(2 * acos(-1) * random_unit(random));
	return 20 * NSEC_PER_MSEC + (nsec)(1e6 * exp(0.8 * normal));
}

/* What a simulation leaves: the hours' rows, and every single delay and delay variation. */
struct story {
	struct delays *rows;
	size_t hours;
	nsec *rtt;
	nsec *pdv;
	size_t packets;
};

static void add_truth(struct story *story, const struct singleton *singletons, nsec least)
{
	for (int i = 0; i < PACKETS; i++) {
		bool answered = singletons[i].outcome == OUTCOME_REPLIED;
		nsec delay = singletons[i].round_trip;
		story->rtt[story->packets] = answered ? delay : NSEC_INFINITE;
		story->pdv[story->packets++] = answered ? delay - least : NSEC_INFINITE;
	}
}

static void simulate(path_model model, struct story *story)
{
	struct random random = random_seeded(20261001);

	story->packets = 0;
	for (unsigned int slot = 0; slot < story->hours * SLOTS_AN_HOUR; slot++) {
		struct delays *row = &story->rows[slot / SLOTS_AN_HOUR];
		struct singleton singletons[PACKETS];
		if (slot % SLOTS_AN_HOUR == 0)
			*row = delays_empty();
		for (int i = 0; i < PACKETS; i++) {
			nsec delay = model(&random, slot / SLOTS_AN_HOUR);
			singletons[i] =
				delay == NSEC_INFINITE ? became(OUTCOME_LOST) : replied(delay);
		}
		struct sample sample = {.expected = PACKETS, .singletons = singletons};
		struct delays d = sample_delays(&sample);
		delays_merge(row, &d);
		add_truth(story, singletons, d.rtt_min);
	}
	qsort(story->rtt, story->packets, sizeof(nsec), compare);
	qsort(story->pdv, story->packets, sizeof(nsec), compare);
}

static struct story story_create(size_t hours)
{
	size_t packets = hours * SLOTS_AN_HOUR * PACKETS;
	return (struct story){
		.rows = calloc(hours, sizeof(struct delays)),
		.hours = hours,
		.rtt = calloc(packets, sizeof(nsec)),
		.pdv = calloc(packets, sizeof(nsec)),
	};
}

static void story_destroy(struct story *story)
{
	free(story->rows);
	free(story->rtt);
	free(story->pdv);
}

static void compare_quantile(const struct story *story, enum delay_kind kind, double p,
			     double tolerance)
{
	const nsec *all = kind == DELAY_RTT ? story->rtt : story->pdv;
	nsec truth = all[(size_t)ceil(p * (double)story->packets - 1e-6) - 1];
	struct quantile q = delays_quantile(story->rows, story->hours, kind, p);

	print_message("# p%g: truth %.4f ms, from hours %.4f ms\n", 100 * p, (double)truth / 1e6,
		      (double)q.value / 1e6);
	if (truth == NSEC_INFINITE) {
		assert_true(q.value == NSEC_INFINITE);
		return;
	}
	assert_true(fabs((double)(q.value - truth)) <= tolerance * (double)truth);
	assert_true(q.low <= truth && truth <= q.high);
}

static void quantiles_from_hours_meet_the_truth(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		path_model model;
	} paths[] = {
		{"bursty", bursty},
		{"steady", steady},
		{"rerouted", rerouted},
		{"30 % loss", lossy},
		{"above an edge", above_edge},
		{"below an edge", below_edge},
		{"drifting", drifting},
		{"busy evenings", busy_evenings},
		{"log-normal", log_normal},
	};
	static const double ps[] = {0.5, 0.69, 0.95, 0.99, 0.999};
	struct story story = story_create(240);

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		print_message("# %s\n", paths[i].name);
		simulate(paths[i].model, &story);
		for (size_t p = 0; p < COUNT_OF(ps); p++)
			compare_quantile(&story, DELAY_RTT, ps[p], 0.01);
		compare_quantile(&story, DELAY_PDV, 0.95, 0.05);
	}
	story_destroy(&story);
}

/* Every hour half of the slots go one way and half another, 2 ms longer: both within [10 ms, 12.6
 * ms). Nothing that is kept tells how many went which way, so that must be said. */
static void modes_mixed_inside_a_bucket_are_marked(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		nsec detour;
		bool exact;
	} rows[] = {
		{"one way", 0, true},
		{"a little longer", 100 * NSEC_PER_USEC, true},
		{"longer, in the same bucket", 2 * NSEC_PER_MSEC, false},
		{"longer, in another bucket", 5 * NSEC_PER_MSEC, true},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct random random = random_seeded(3);
		struct delays hour = delays_empty();
		print_message("# %s\n", rows[i].name);
		for (int slot = 0; slot < SLOTS_AN_HOUR; slot++) {
			struct singleton packets[PACKETS];
			struct sample sample = {
				.slot = {0, 1}, .expected = PACKETS, .singletons = packets};
			nsec base = 10200 * NSEC_PER_USEC + (slot % 2 == 0 ? 0 : rows[i].detour);
			for (size_t k = 0; k < PACKETS; k++)
				packets[k] = replied(base + (nsec)random_below(&random, 100000));
			struct delays delays = sample_delays(&sample);
			delays_merge(&hour, &delays);
		}
		assert_int_equal(delays_quantile(&hour, 1, DELAY_RTT, 0.95).exact, rows[i].exact);
		assert_true(delays_quantile(&hour, 1, DELAY_PDV, 0.95).exact);
	}
}

static void quantiles_of_few_packets_use_the_nearest_rank(void **state)
{
	(void)state;
	struct delays one = delays_empty();
	assert_true(delays_quantile(&one, 1, DELAY_RTT, 0.5).value == NSEC_UNDEFINED);
	one.lost = 1;
	assert_true(delays_quantile(&one, 1, DELAY_RTT, 0.5).value == NSEC_INFINITE);
	/* 19 answers at exactly 5 ms and one loss: p95 has rank 19, p96 rank 20. */
	one.slots = 1;
	one.rtt_min = one.rtt_max = 5 * NSEC_PER_MSEC;
	one.pdv_max = 0;
	one.rtt[histogram_bucket_of(DELAY_RTT, one.rtt_min)] = 19;
	one.pdv[0] = 19;
	assert_true(delays_quantile(&one, 1, DELAY_RTT, 0.95).value == 5 * NSEC_PER_MSEC);
	assert_true(delays_quantile(&one, 1, DELAY_RTT, 0.96).value == NSEC_INFINITE);
	assert_true(delays_quantile(&one, 1, DELAY_PDV, 0.95).value == 0);
	assert_true(delays_above(&one, 1, DELAY_RTT, 5 * NSEC_PER_MSEC) == 0.0);
	assert_true(delays_above(&one, 1, DELAY_RTT, 4 * NSEC_PER_MSEC) == 19.0);
}

static void merging_adds_counts_and_widens_bounds(void **state)
{
	(void)state;
	struct story story = story_create(4);
	struct delays merged = delays_empty();

	simulate(lossy, &story);
	for (size_t i = 0; i < story.hours; i++)
		delays_merge(&merged, &story.rows[i]);
	assert_true(merged.lost + delays_answered(&merged) == story.packets);
	assert_int_equal(merged.slots, 4 * SLOTS_AN_HOUR);
	assert_true(merged.rtt_min == story.rtt[0]);
	assert_true(merged.rtt_max == story.rtt[delays_answered(&merged) - 1]);
	story_destroy(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_rise_and_hold_their_delays),
		cmocka_unit_test(outcomes_are_counted_apart),
		cmocka_unit_test(causes_of_losses_are_flagged),
		cmocka_unit_test(quantiles_are_those_of_the_sorted_delays),
		cmocka_unit_test(weak_stamps_are_flagged),
		cmocka_unit_test(nothing_answered_leaves_delays_undefined),
		cmocka_unit_test(the_first_verdict_that_fits_is_given),
		cmocka_unit_test(unjudged_slots_add_no_delays),
		cmocka_unit_test(quantiles_from_hours_meet_the_truth),
		cmocka_unit_test(modes_mixed_inside_a_bucket_are_marked),
		cmocka_unit_test(quantiles_of_few_packets_use_the_nearest_rank),
		cmocka_unit_test(merging_adds_counts_and_widens_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
