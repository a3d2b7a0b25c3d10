/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "config/profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct place here = {"test", 1, 1};

static struct profile *built_in(void)
{
	struct diagnostics diagnostics = {0};
	struct profile *profile = profile_load("egov-extranet-default", ".", here, &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_int_equal(diagnostics.count, 0);
	assert_non_null(profile);
	diagnostics_finish(&diagnostics);
	return profile;
}

static void assert_near(double a, double b, double within)
{
	if (!(fabs(a - b) <= within))
		fail_msg("%.10g is not %.10g", a, b);
}

/* 44,100 judged slots of 20 packets, 45 of them bad, 200 packets lost elsewhere. */
static void the_worked_example_earns_its_points(void **state)
{
	(void)state;
	struct profile *profile = built_in();
	const struct {
		enum indicator indicator;
		double value;
		double points;
	} rows[] = {
		{INDICATOR_AVAILABILITY, 100.0 * (44100 - 45) / 44100, 59.864},
		{INDICATOR_LOSS, 100.0 * (45 * 20 + 200) / (44100 * 20), 78.764},
		{INDICATOR_DELAY, 18, 92},
		{INDICATOR_PDV, 6.5, 87},
	};
	double score = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double points = scale_points(
			profile_scale(profile, rows[i].indicator, TIER_BACKBONE, REACH_PROVINCE),
			rows[i].value);
		print_message("# %s\n", indicator_name(rows[i].indicator));
		assert_near(points, rows[i].points, 0.0005);
		score += profile->weight[rows[i].indicator] * points / 100;
	}
	assert_near(score, 75.0866, 0.00005);
	profile_destroy(profile);
}

static void every_anchor_is_the_published_one(void **state)
{
	(void)state;
	static const double points[] = {100, 90, 80, 60, 0};
	static const struct {
		const char *name;
		enum indicator indicator;
		enum tier tier;
		enum reach reach;
		double values[5];
		int published; /* index of the anchor that is no default, −1: all are */
	} rows[] = {
		{"availability, backbone",
		 INDICATOR_AVAILABILITY,
		 TIER_BACKBONE,
		 REACH_CITY,
		 {99.99, 99.97, 99.95, 99.9, 99.0},
		 1},
		{"availability, metro",
		 INDICATOR_AVAILABILITY,
		 TIER_METRO,
		 REACH_PROVINCE,
		 {99.99, 99.95, 99.91, 99.8, 98.5},
		 2},
		{"availability, access",
		 INDICATOR_AVAILABILITY,
		 TIER_ACCESS,
		 REACH_CITY,
		 {99.95, 99.91, 99.8, 99.5, 98.0},
		 1},
		{"loss", INDICATOR_LOSS, TIER_METRO, REACH_CITY, {0.01, 0.05, 0.1, 0.5, 3}, 2},
		{"delay, city",
		 INDICATOR_DELAY,
		 TIER_BACKBONE,
		 REACH_CITY,
		 {2, 5, 10, 30, 100},
		 -1},
		{"delay, province",
		 INDICATOR_DELAY,
		 TIER_ACCESS,
		 REACH_PROVINCE,
		 {10, 20, 40, 100, 200},
		 -1},
		{"pdv", INDICATOR_PDV, TIER_ACCESS, REACH_CITY, {2, 5, 10, 50, 100}, 3},
	};
	struct profile *profile = built_in();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct scale *scale =
			profile_scale(profile, rows[i].indicator, rows[i].tier, rows[i].reach);
		print_message("# %s\n", rows[i].name);
		assert_true(scale->given);
		assert_int_equal(scale->count, 5);
		for (size_t k = 0; k < 5; k++) {
			assert_near(scale->anchors[k].value, rows[i].values[k], 0);
			assert_near(scale->anchors[k].points, points[k], 0);
			assert_int_equal(strcmp(scale->anchors[k].source, "default") == 0,
					 (int)k != rows[i].published);
		}
	}
	profile_destroy(profile);
}

static void the_rest_of_the_rule_is_the_published_one(void **state)
{
	(void)state;
	static const int64_t second = 1000000000;
	static const char *const grades[] = {"优", "良", "中", "差"};
	static const double from[] = {90, 80, 60, 0};
	struct profile *p = built_in();

	assert_string_equal(p->name, "egov-extranet-default");
	assert_string_equal(p->zh, "缺省评估方案");
	assert_int_equal(strlen(p->digest), 64);
	assert_non_null(strstr(p->text, "egov-extranet-default"));
	assert_near(p->c1, 0.20, 0);
	assert_near(p->degraded_loss, 0.05, 0);
	assert_near(p->degraded_points, 60, 0);
	assert_int_equal(p->outage_slots, 2);
	assert_int_equal(p->outage_bridge_ns, 15 * 60 * second);
	assert_near(p->weight[INDICATOR_AVAILABILITY], 40, 0);
	assert_near(p->weight[INDICATOR_LOSS], 25, 0);
	assert_near(p->weight[INDICATOR_DELAY], 20, 0);
	assert_near(p->weight[INDICATOR_PDV], 15, 0);
	assert_near(p->coverage_marked, 0.95, 0);
	assert_near(p->coverage_required, 0.80, 0);
	assert_int_equal(p->service_required_ns, 7 * 86400 * second);
	assert_near(p->veto_cap, 59.9, 0);
	assert_true(p->veto_availability);
	assert_int_equal(p->veto_outage_ns, 4 * 3600 * second);
	assert_near(p->tier_weight[TIER_BACKBONE], 40, 0);
	assert_near(p->tier_weight[TIER_METRO], 30, 0);
	assert_near(p->tier_weight[TIER_ACCESS], 30, 0);
	for (enum tier t = 0; t < TIER_COUNT; t++) {
		assert_int_equal(p->veto_outage_tier[t], t == TIER_BACKBONE);
		assert_int_equal(p->veto_bars_top[t], t == TIER_BACKBONE);
	}
	assert_near(p->weight_required, 0.80, 0);
	assert_int_equal(p->grade_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(p->grades[i].zh, grades[i]);
		assert_near(p->grades[i].from, from[i], 0);
	}
	profile_destroy(p);
}

static const struct scale falling = {
	.given = true, .anchors = {{99.9, 100, NULL}, {99.5, 60, NULL}, {98, 0, NULL}}, .count = 3};
static const struct scale rising = {
	.given = true, .anchors = {{2, 100, NULL}, {10, 80, NULL}, {100, 0, NULL}}, .count = 3};

static void scales_work_in_both_directions(void **state)
{
	(void)state;
	const struct {
		const char *name;
		const struct scale *scale;
		double value;
		double points;
	} rows[] = {
		{"falling, above the best", &falling, 100, 100},
		{"falling, the best", &falling, 99.9, 100},
		{"falling, between", &falling, 99.7, 80},
		{"falling, an anchor", &falling, 99.5, 60},
		{"falling, the worst", &falling, 98, 0},
		{"falling, below the worst", &falling, 3, 0},
		{"rising, below the best", &rising, 0, 100},
		{"rising, the best", &rising, 2, 100},
		{"rising, between", &rising, 6, 90},
		{"rising, between the last", &rising, 55, 40},
		{"rising, the worst", &rising, 100, 0},
		{"rising, above the worst", &rising, 1e9, 0},
		{"rising, infinite", &rising, (double)INFINITY, 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		print_message("# %s\n", rows[i].name);
		assert_near(scale_points(rows[i].scale, rows[i].value), rows[i].points, 1e-9);
	}
	assert_true(isnan(scale_points(&rising, (double)NAN)));
	assert_true(isnan(scale_points(&falling, (double)NAN)));
}

static void a_value_is_the_inverse_of_its_points(void **state)
{
	(void)state;

	assert_near(scale_value(&rising, 100), 2, 0);
	assert_near(scale_value(&rising, 0), 100, 0);
	assert_near(scale_value(&falling, 60), 99.5, 0);
	for (double points = 0; points <= 100; points += 0.5) {
		assert_near(scale_points(&rising, scale_value(&rising, points)), points, 1e-9);
		assert_near(scale_points(&falling, scale_value(&falling, points)), points, 1e-9);
	}
	assert_true(isnan(scale_value(&rising, (double)NAN)));
}

/* The built-in profile with one text in it replaced, as a file. */
static void write_changed(char *path, const char *from, const char *to)
{
	struct profile *profile = built_in();
	const char *at = strstr(profile->text, from);
	int fd = mkstemps(path, 5);

	assert_non_null(at);
	assert_true(fd >= 0);
	FILE *file = fdopen(fd, "w");
	assert_non_null(file);
	fprintf(file, "%.*s%s%s", (int)(at - profile->text), profile->text, to, at + strlen(from));
	fclose(file);
	profile_destroy(profile);
}

static void wrong_rules_are_refused_in_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *from;
		const char *to;
		const char *key;
		const char *words;
	} rows[] = {
		{"a threshold without source", "slots: {value: 2, source: default}",
		 "slots: {value: 2}", "outage.slots", "has no source"},
		{"an anchor without source", "{value: 10, points: 80, source: default}",
		 "{value: 10, points: 80}", "scales.delay.city[2].source", "is missing"},
		{"an empty source", "slots: {value: 2, source: default}",
		 "slots: {value: 2, source: }", "outage.slots", "has no source"},
		{"weights that miss 100", "loss: {value: 25,", "loss: {value: 24,", "weights",
		 "sum to 99"},
		{"tiers that miss 100", "metro: {value: 30,", "metro: {value: 31,", "tiers",
		 "sum to 101"},
		{"availability that rises", "{value: 99.95, points: 80,",
		 "{value: 99.98, points: 80,", "scales.availability.backbone[2]", "must fall"},
		{"delay that falls", "{value: 40, points: 80,", "{value: 4, points: 80,",
		 "scales.delay.province[2]", "must rise"},
		{"points that rise", "{value: 0.5, points: 60,", "{value: 0.5, points: 85,",
		 "scales.loss[3]", "points must fall"},
		{"no anchor of 100", "{value: 0.01, points: 100,", "{value: 0.01, points: 99,",
		 "scales.loss[0]", "100 points"},
		{"no anchor of 0", "{value: 3, points: 0,", "{value: 3, points: 1,",
		 "scales.loss[4]", "0 points"},
		{"degraded above bad", "degraded-loss: {value: 0.05,",
		 "degraded-loss: {value: 50 %,", "slot.degraded-loss", "above bad-loss"},
		{"coverage the wrong way", "required: {value: 0.80,", "required: {value: 0.99,",
		 "coverage.required", "above marked"},
		{"grades out of order", "from: 80", "from: 95", "grades[1].from", "below 90"},
		{"no lowest grade", "from: 0", "from: 1", "grades[3].from", "begin at 0"},
		{"a ratio out of range", "bad-loss: {value: 0.20,", "bad-loss: {value: 20,",
		 "slot.bad-loss", "out of range"},
		{"an unknown key", "degraded-points:", "degraded-point:", "slot.degraded-point",
		 "did you mean degraded-points"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[] = "/tmp/test-profile-XXXXXX.yaml";
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", rows[i].name);
		write_changed(path, rows[i].from, rows[i].to);
		struct profile *profile = profile_load(path, ".", here, &diagnostics);
		unlink(path);
		diagnostics_print(&diagnostics, stderr);
		assert_null(profile);
		assert_int_equal(diagnostics.errors, 1);
		assert_string_equal(diagnostics.items[0].key, rows[i].key);
		assert_non_null(strstr(diagnostics.items[0].message, rows[i].words));
		assert_string_equal(diagnostics.items[0].file, path);
		assert_true(diagnostics.items[0].line > 1);
		diagnostics_finish(&diagnostics);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_example_earns_its_points),
		cmocka_unit_test(every_anchor_is_the_published_one),
		cmocka_unit_test(the_rest_of_the_rule_is_the_published_one),
		cmocka_unit_test(scales_work_in_both_directions),
		cmocka_unit_test(a_value_is_the_inverse_of_its_points),
		cmocka_unit_test(wrong_rules_are_refused_in_their_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
