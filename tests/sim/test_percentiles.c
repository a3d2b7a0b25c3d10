/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Percentiles that hourly rows give of whole months, against those of all single packets: kinds of
 * paths by intervals and packets a slot. NETGRADE_LONG=1 draws eight months of each for one. */
#include "collector/base/random.h"
#include "collector/metric/quantile.h"
#include "collector/metric/sample.h"
#include "collector/simulate/losses.h"
#include "collector/simulate/shape.h"
#include "tests/unit/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAYS = 31, HOURS = 24 * DAYS, MOST_PACKETS = 50, LONG_SEEDS = 8, SHORTEST = 60 };
enum { MOST_SLOTS = DAYS * 86400 / SHORTEST };

static const int intervals[] = {60, 120, 300};
static const uint32_t packets_a_slot[] = {10, 20, 50};

static const struct asked {
	const char *name;
	enum delay_kind kind;
	double p;
	double bound;
} asked[] = {
	{"p50", DELAY_RTT, 0.50, 0.02},
	{"p95", DELAY_RTT, 0.95, 0.02},
	{"p99", DELAY_RTT, 0.99, 0.02},
	{"variation p95", DELAY_PDV, 0.95, 0.05},
};

/* A slot in a burst has a queue so many times longer. */
struct bursts {
	double longer;
	double share;  /* of the time */
	double length; /* mean, seconds */
};

enum marks { MAY_BE_MARKED, NEVER_MARKED, ALWAYS_MARKED };

static const struct kind {
	const char *name;
	double base; /* milliseconds, as in the queue */
	struct queue queue;
	struct losses losses;
	struct bursts bursts;
	double load;	 /* at 21:00, for 1 at 9:00 */
	double detour;	 /* from the tenth day on */
	double flapping; /* for half of each hour, ten minutes at a time */
	enum marks marks;
} kinds[] = {
	{"bursty",
	 8,
	 {.model = queue_log_normal, .size = 1.5, .spread = 0.6, .tail = 60, .tail_share = 0.01},
	 {0.003, 5, 1},
	 {12, 0.04, 90},
	 .load = 1},
	{"bursts of ten minutes",
	 8,
	 {.model = queue_log_normal, .size = 1.5, .spread = 0.6, .tail = 60, .tail_share = 0.01},
	 {0.003, 5, 1},
	 {12, 0.04, 600},
	 .load = 1},
	{"steady", 4.95, {.model = queue_uniform, .size = 0.1}, .load = 1, .marks = NEVER_MARKED},
	{"rerouted",
	 10.2,
	 {.model = queue_log_normal, .size = 0.4, .spread = 0.4},
	 {0.0002, 1, 1},
	 .load = 1,
	 .detour = 5,
	 .marks = NEVER_MARKED},
	{"lossy",
	 12,
	 {.model = queue_log_normal, .size = 2, .spread = 0.8, .tail = 40, .tail_share = 0.1},
	 {0.3, 1, 1},
	 .load = 1,
	 .marks = NEVER_MARKED},
	{"two ways",
	 10.2,
	 {.model = queue_uniform, .size = 0.1, .second = 2.1, .second_share = 0.4},
	 .load = 1},
	{"evenings",
	 5,
	 {.model = queue_log_normal, .size = 0.5, .spread = 0.5},
	 {0.005, 3, 0.6},
	 .load = 60,
	 .marks = NEVER_MARKED},
	{"busy evenings",
	 12,
	 {.model = queue_log_normal, .size = 1, .spread = 0.6},
	 {0.002, 3, 1},
	 .load = 8},
	{"exponential",
	 3,
	 {.model = queue_exponential, .size = 4},
	 .load = 1,
	 .marks = NEVER_MARKED},
	{"mixed in a bucket",
	 10.2,
	 {.model = queue_uniform, .size = 0.1},
	 .load = 1,
	 .flapping = 2.1,
	 .marks = ALWAYS_MARKED},
	{"quiet", 4, {.model = queue_log_normal, .size = 0.5, .spread = 0.5}, .load = 1},
	{"narrow", 20, {.model = queue_log_normal, .size = 1, .spread = 0.6}, .load = 1},
	{"narrow, 4 % lost",
	 20,
	 {.model = queue_log_normal, .size = 1, .spread = 0.8},
	 {0.04, 1, 1},
	 .load = 1},
	{"wide",
	 5,
	 {.model = queue_log_normal, .size = 3, .spread = 0.6},
	 .load = 1,
	 .marks = NEVER_MARKED},
	{"near",
	 0.3,
	 {.model = queue_log_normal, .size = 0.3, .spread = 0.6},
	 {0.001, 1, 1},
	 .load = 1,
	 .marks = NEVER_MARKED},
	{"above an edge", 27, {.model = queue_exponential, .size = 0.5}, .load = 1},
	{"below an edge, 4 % lost",
	 31,
	 {.model = queue_exponential, .size = 0.5},
	 {0.04, 1, 1},
	 .load = 1},
	{"long tail",
	 15,
	 {.model = queue_log_normal, .size = 0.5, .spread = 0.5, .tail = 30, .tail_share = 0.08},
	 {0.002, 3, 1},
	 .load = 1},
};

struct month {
	struct delays rows[HOURS];
	struct row_slots row_slots[HOURS];
	struct smallest *slots;
	size_t slot_count;
	nsec *all[DELAY_PDV + 1];
	size_t packets;
};

/* What changes from slot to slot. */
struct course {
	const struct kind *kind;
	struct random random;
	struct shape shape;
	struct loss_chain chain;
	bool in_burst;
	double burst_changes; /* seconds */
};

static double swelling(struct course *course, int at)
{
	const struct bursts *bursts = &course->kind->bursts;
	nsec since_midnight = (nsec)(at % 86400) * NSEC_PER_SEC;
	double load = shape_load(&course->shape, since_midnight);

	if (bursts->share <= 0)
		return load;
	while (course->burst_changes <= at) {
		course->in_burst = !course->in_burst;
		double mean = bursts->length * (course->in_burst ? 1 : 1 / bursts->share - 1);
		course->burst_changes -= mean * log1p(-random_unit(&course->random));
	}
	return load * (course->in_burst ? bursts->longer : 1);
}

static nsec base_at(const struct kind *kind, int at)
{
	double base = kind->base;

	if (at >= 10 * 86400)
		base += kind->detour;
	if (at / 600 % 2 != 0)
		base += kind->flapping;
	return (nsec)(base * (double)NSEC_PER_MSEC);
}

static void add_slot(struct month *month, size_t hour, const struct sample *sample)
{
	struct delays delays = sample_delays(sample);

	for (uint32_t i = 0; i < sample->expected; i++) {
		const struct singleton *one = &sample->singletons[i];
		bool answered = one->outcome == OUTCOME_REPLIED;
		month->all[DELAY_RTT][month->packets] = answered ? one->round_trip : NSEC_INFINITE;
		month->all[DELAY_PDV][month->packets++] =
			answered ? one->round_trip - delays.rtt_min : NSEC_INFINITE;
	}
	delays_merge(&month->rows[hour], &delays);
	if (delays_answered(&delays) == 0)
		return;
	if (month->row_slots[hour].count++ == 0)
		month->row_slots[hour].items = &month->slots[month->slot_count];
	month->slots[month->slot_count++] =
		(struct smallest){delays.rtt_min, (uint32_t)delays_answered(&delays)};
}

static void draw_slot(struct course *course, int at, struct sample *sample,
		      struct singleton *singletons)
{
	double swollen = swelling(course, at);
	nsec base = base_at(course->kind, at);

	for (uint32_t i = 0; i < sample->expected; i++) {
		uint32_t chance = (uint32_t)random_u64(&course->random);
		bool lost = loss_chain_next(&course->chain, &course->random);
		singletons[i] = (struct singleton){
			.sent_at = 1,
			.round_trip =
				base + (nsec)(swollen * (double)shape_draw(&course->shape, chance)),
			.outcome = lost ? OUTCOME_LOST : OUTCOME_REPLIED,
			.stamped_by = STAMP_KERNEL,
		};
	}
}

static void draw(const struct kind *kind, int interval, uint32_t packets, uint64_t seed,
		 struct month *month)
{
	struct course course = {
		.kind = kind,
		.random = random_seeded(seed * 1000003 + packets * 1009 + (uint64_t)interval),
		.shape = {.load = kind->load, .peak = 21 * NSEC_PER_HOUR},
		.in_burst = true,
	};
	struct singleton singletons[MOST_PACKETS];
	struct sample sample = {.slot = {0, 1}, .expected = packets, .singletons = singletons};

	shape_lay_out(&course.shape, &kind->queue);
	course.chain = loss_chain_start(&kind->losses, &course.random);
	month->packets = month->slot_count = 0;
	for (size_t h = 0; h < HOURS; h++) {
		month->rows[h] = delays_empty();
		month->row_slots[h] = (struct row_slots){0};
	}
	for (int at = 0; at < DAYS * 86400; at += interval) {
		draw_slot(&course, at, &sample, singletons);
		add_slot(month, (size_t)at / 3600, &sample);
	}
}

static size_t count_up_to(const nsec *values, size_t count, nsec bound)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += values[i] <= bound;
	return found;
}

/* The value of this rank, which must lie within the quantile's interval. */
static nsec true_value(const nsec *values, size_t count, size_t rank, const struct quantile *q)
{
	nsec low = q->low - 1;
	nsec high = q->high;

	assert_true(count_up_to(values, count, low) < rank);
	assert_true(count_up_to(values, count, high) >= rank);
	while (high - low > 1) {
		nsec middle = low + (high - low) / 2;
		if (count_up_to(values, count, middle) >= rank)
			high = middle;
		else
			low = middle;
	}
	return high;
}

/* The largest error of some months, and how many were marked. */
struct errors {
	double most;
	unsigned marked;
};

static void compare_quantile(const struct month *month, const struct asked *what,
			     struct errors *errors)
{
	size_t rank = (size_t)ceil(what->p * (double)month->packets * (1 - 1e-12));
	struct quantile q = delays_quantile(month->rows, HOURS, what->kind, what->p);
	const nsec *all = month->all[what->kind];

	if (q.value == NSEC_INFINITE) {
		assert_true(count_up_to(all, month->packets, NSEC_INFINITE - 1) < rank);
		return;
	}
	if (what->kind == DELAY_RTT)
		q.exact &= delays_check(month->rows, month->row_slots, HOURS, q, what->p);
	nsec truth = true_value(all, month->packets, rank, &q);
	double off = (double)q.value / (double)truth - 1;
	if (q.exact && fabs(off) > what->bound)
		fail_msg("%s is off by %.2f %% and not marked", what->name, 100 * off);
	if (fabs(off) > fabs(errors->most))
		errors->most = off;
	errors->marked += !q.exact;
}

static void print_errors(const struct errors errors[COUNT_OF(asked)], const char *setting)
{
	char line[200];
	size_t used = 0;

	for (size_t i = 0; i < COUNT_OF(asked); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s %+.2f %%%s;",
					 asked[i].name, 100 * errors[i].most,
					 errors[i].marked > 0 ? " marked" : "");
	print_message("# %s:%s\n", setting, line);
}

static void check_marks(const struct kind *kind, const struct errors errors[COUNT_OF(asked)])
{
	if (kind->marks == ALWAYS_MARKED)
		assert_true(errors[1].marked > 0);
	for (size_t i = 0; i < COUNT_OF(asked) && kind->marks == NEVER_MARKED; i++)
		assert_int_equal(errors[i].marked, 0);
}

static struct month *month_create(void)
{
	struct month *month = calloc(1, sizeof(*month));

	assert_non_null(month);
	month->slots = calloc(MOST_SLOTS, sizeof(*month->slots));
	for (size_t kind = 0; kind <= DELAY_PDV; kind++)
		month->all[kind] = calloc((size_t)MOST_SLOTS * MOST_PACKETS, sizeof(nsec));
	return month;
}

static void month_destroy(struct month *month)
{
	free(month->slots);
	for (size_t kind = 0; kind <= DELAY_PDV; kind++)
		free(month->all[kind]);
	free(month);
}

static void try_setting(const struct kind *kind, int interval, uint32_t packets,
			struct month *month)
{
	struct errors errors[COUNT_OF(asked)] = {{0}};
	uint64_t seeds = getenv("NETGRADE_LONG") != NULL ? LONG_SEEDS : 1;
	char setting[80];

	snprintf(setting, sizeof(setting), "%s, %d s, %u packets", kind->name, interval, packets);
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		draw(kind, interval, packets, seed, month);
		for (size_t i = 0; i < COUNT_OF(asked); i++)
			compare_quantile(month, &asked[i], &errors[i]);
	}
	print_errors(errors, setting);
	check_marks(kind, errors);
}

static void months_meet_the_truth_or_are_marked(void **state)
{
	struct month *month = month_create();

	for (size_t i = 0; i < COUNT_OF(intervals); i++) {
		for (size_t k = 0; k < COUNT_OF(packets_a_slot); k++)
			try_setting(*state, intervals[i], packets_a_slot[k], month);
	}
	month_destroy(month);
}

int main(void)
{
	struct CMUnitTest tests[COUNT_OF(kinds)];

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		tests[i] = (struct CMUnitTest){.name = kinds[i].name,
					       .test_func = months_meet_the_truth_or_are_marked,
					       .initial_state = (void *)(uintptr_t)&kinds[i]};
	return cmocka_run_group_tests_name("percentiles", tests, NULL, NULL);
}
