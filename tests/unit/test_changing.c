/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests that change in the middle of a month, from samples through a store to a report's figures,
 * beside the truth of every packet. */
#include "tests/unit/check.h"
#include "tests/unit/measured.h"

#include "collector/base/calendar.h"
#include "collector/store/growth.h"
#include "collector/store/holdings.h"
#include "collector/store/series.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MONTH "2026-09"
#define HEAD                                                                                       \
	"network: {en: Trial}\n"                                                                   \
	"organisations: [{name: city}]\n"                                                          \
	"sites: [{name: gate, organisation: city, tier: access, ipv4: 192.0.2.1}]\n"
#define TEST(keys) HEAD "tests: [{name: echo, " keys "}]\n"

static const struct series_key small = {
	.agent = "local", .target = "gate", .method = "icmp", .family = 4, .size = 64};
static const struct series_key large = {
	.agent = "local", .target = "gate", .method = "icmp", .family = 4, .size = 200};

static nsec at(const char *text)
{
	nsec t;

	assert_int_equal(calendar_parse(text, &t), E_OK);
	return t;
}

/* What the reporter says of the only path. */
static const struct facts *facts_of(const struct judged_month *judged)
{
	const struct path *path = assessment_path(&judged->assessment, 0, SCORING_PRIMARY);

	assert_int_equal(path->state, PATH_MEASURED);
	return &path->facts;
}

static void assert_near(const char *what, double value, double truth, double bound)
{
	print_message("# %s: %.5f, in truth %.5f: %+.3f %%\n", what, value, truth,
		      100 * (value / truth - 1));
	assert_true(fabs(value - truth) <= bound * truth);
}

static void assert_true_figures(const struct facts *facts, struct truth *truth)
{
	static const char *const names[PERCENTILES] = {"p50", "p95", "p99"};
	nsec sum = 0;

	for (size_t v = 0; v < VERDICT_COUNT; v++)
		sum += facts->time[v];
	assert_int_equal(sum, facts->period.until - facts->period.from);
	assert_int_equal(facts->judged.sent, truth->count);
	assert_int_equal(facts->judged.lost, truth->lost);
	assert_int_equal(facts_judged_time(facts), truth->judged);
	assert_int_equal(facts->time[VERDICT_BAD], truth->bad);
	for (size_t p = 0; p < PERCENTILES; p++)
		assert_near(names[p], facts_milliseconds(facts->quantile[DELAY_RTT][p].value),
			    truth_quantile(truth->delays, truth->count, percentiles[p]), 0.02);
	assert_near("pdv p95", facts_milliseconds(facts->quantile[DELAY_PDV][P95].value),
		    truth_quantile(truth->variations, truth->count, 0.95), 0.05);
	assert_int_equal(delays_answered(&facts->delays) + facts->delays.lost, truth->count);
}

/* --- files --- */

enum { FILES_MOST = 32 };

struct file {
	char name[256];
	off_t size;
};

static size_t list_files(const struct measured *measured, struct file files[FILES_MOST])
{
	char folder[128];
	size_t count = 0;
	const struct dirent *entry;

	snprintf(folder, sizeof(folder), "%s/series", measured->folder);
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char path[512];
		struct stat st;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.' || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
			continue;
		assert_true(count < FILES_MOST);
		snprintf(files[count].name, sizeof(files[count].name), "%s", entry->d_name);
		files[count++].size = st.st_size;
	}
	closedir(dir);
	return count;
}

/* Every file of before is there still, as long as it was. */
static void assert_nothing_deleted(const struct measured *measured, const struct file *before,
				   size_t count)
{
	struct file now[FILES_MOST];
	size_t number = list_files(measured, now);

	assert_true(number >= count);
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;
		while (k < number && strcmp(now[k].name, before[i].name) != 0)
			k++;
		assert_true(k < number);
		assert_int_equal(now[k].size, before[i].size);
	}
}

/* --- what changes --- */

/* A stretch of the month measured in one way. */
struct stretch_of_test {
	const char *until; /* when the next configuration takes effect */
	const char *test;
	const struct series_key *key;
	nsec interval;
	uint32_t packets;
};

/* Each stretch begins with the first whole slot after the one under way at the change. */
static void measure(struct measured *measured, const struct stretch_of_test *stretches,
		    size_t count, struct truth *truth)
{
	struct period month;
	struct file files[FILES_MOST];
	size_t file_count = 0;

	assert_int_equal(calendar_month(MONTH, &month), E_OK);
	nsec end = month.from;
	for (size_t i = 0; i < count; i++) {
		const struct stretch_of_test *stretch = &stretches[i];
		struct conduct conduct = {
			.period = {end, stretch->until == NULL ? month.until : at(stretch->until)},
			.interval = stretch->interval,
			.packets = stretch->packets,
			.least_ms = 4 + (double)i,
			.typical_ms = 2 + 3 * (double)i,
			.loss = 0.001 * (double)(i + 1),
			.outage = {end + 30 * NSEC_PER_HOUR,
				   end + 30 * NSEC_PER_HOUR + 40 * NSEC_PER_MIN},
		};
		measured_configure(measured,
				   i == 0 ? month.from - NSEC_PER_DAY : at(stretches[i - 1].until),
				   stretch->test);
		end = measured_put(measured, stretch->key, &conduct, truth);
		assert_nothing_deleted(measured, files, file_count);
		file_count = list_files(measured, files);
		measured_close(measured);
		measured_open(measured);
	}
}

static void the_interval_and_the_packets_change(void **state)
{
	(void)state;
	static const struct stretch_of_test stretches[] = {
		{"2026-09-09T10:20:30", TEST("interval: 60s, packets: 20"), &small, NSEC_PER_MIN,
		 20},
		{"2026-09-17T23:07:10", TEST("interval: 300s, packets: 20"), &small,
		 5 * NSEC_PER_MIN, 20},
		{"2026-09-24T04:41:00", TEST("interval: 60s, packets: 20"), &small, NSEC_PER_MIN,
		 20},
		{NULL, TEST("interval: 60s, packets: 50"), &small, NSEC_PER_MIN, 50},
	};
	struct measured measured;
	struct truth truth = {0};
	struct judged_month judged;

	measured_begin(&measured, 51);
	measure(&measured, stretches, COUNT_OF(stretches), &truth);
	measured_close(&measured);
	judge_month(&measured, stretches[3].test, MONTH, &judged);
	const struct facts *facts = facts_of(&judged);
	assert_true_figures(facts, &truth);
	/* Between the last slot of a minute at 10:21 and the first of five at 10:25; after the slot
	 * that ends at 23:10 the next begins at once. */
	assert_int_equal(facts->time[VERDICT_UNKNOWN], 4 * NSEC_PER_MIN);
	assert_int_equal(facts->time[VERDICT_UNSCHEDULED], 0);
	assert_int_equal(judged.assessment.changes.test_count, 3);
	assert_int_equal(judged.assessment.changes.site_count, 0);
	assert_false(judged.assessment.changes.concerns_score);
	judged_finish(&judged);
	truth_finish(&truth);
	measured_end(&measured);
}

static void another_kind_of_packet_goes_on_from_the_first(void **state)
{
	(void)state;
	static const struct stretch_of_test stretches[] = {
		{"2026-09-12T10:20:30", TEST("interval: 60s, packets: 20"), &small, NSEC_PER_MIN,
		 20},
		{"2026-09-20T03:02:30", TEST("interval: 300s, packets: 20, size: 200"), &large,
		 5 * NSEC_PER_MIN, 20},
		{NULL, TEST("interval: 60s, packets: 50"), &small, NSEC_PER_MIN, 50},
	};
	struct measured measured;
	struct truth truth = {0};
	struct judged_month judged;

	measured_begin(&measured, 52);
	measure(&measured, stretches, COUNT_OF(stretches), &truth);
	measured_close(&measured);
	judge_month(&measured, stretches[2].test, MONTH, &judged);
	const struct facts *facts = facts_of(&judged);
	assert_true_figures(facts, &truth);
	/* 10:21 to 10:25 nothing was asked for. */
	assert_int_equal(facts->time[VERDICT_UNSCHEDULED], 4 * NSEC_PER_MIN);
	assert_int_equal(facts->time[VERDICT_UNKNOWN], 0);
	assert_false(facts->beyond);
	assert_int_equal(assessment_path(&judged.assessment, 0, SCORING_PRIMARY)->retyped,
			 at("2026-09-20T03:02:30"));
	judged_finish(&judged);
	truth_finish(&truth);
	measured_end(&measured);
}

/* --- how long rows are kept --- */

/* As migrate does, with everything that the store asks of its files now. */
static size_t grow_files(const struct measured *measured)
{
	const struct store_options *options = &measured->options;
	struct holdings holdings;
	size_t grown = 0;

	assert_int_equal(holdings_read(measured->folder, &holdings), E_OK);
	for (size_t i = 0; i < holdings.count; i++) {
		const struct holding *holding = &holdings.items[i];
		const struct holding_file *const files[] = {&holding->curves, &holding->hours};
		const struct ring_layout layouts[] = {
			series_curves(holding->interval, options->keep_slots, options->keep_hours),
			series_histograms(options->keep_hours)};
		for (size_t k = 0; k < COUNT_OF(files); k++) {
			char path[512];
			char why[RING_WHY] = "";
			assert_int_equal(files[k]->state, HOLDING_GOOD);
			struct growth growth = growth_of(&layouts[k], &files[k]->head);
			grown += growth.after > growth.before;
			snprintf(path, sizeof(path), "%s/series/%s", measured->folder,
				 files[k]->name);
			if (growth_run(path, &layouts[k], NULL, why) != E_OK)
				fail_msg("%s: %s", path, why);
		}
	}
	holdings_finish(&holdings);
	return grown;
}

static void measure_until(struct measured *measured, const char *until, nsec *end,
			  struct truth *truth)
{
	struct conduct conduct = {
		.period = {*end, at(until)},
		.interval = NSEC_PER_MIN,
		.packets = 20,
		.least_ms = 5,
		.typical_ms = 3,
		.loss = 0.002,
		.outage = {*end + 30 * NSEC_PER_HOUR,
			   *end + 30 * NSEC_PER_HOUR + 40 * NSEC_PER_MIN},
	};

	*end = measured_put(measured, &small, &conduct, truth);
}

static void keep(struct measured *measured, nsec slots, nsec hours)
{
	measured_close(measured);
	measured->options.keep_slots = slots;
	measured->options.keep_hours = hours;
	measured_open(measured);
}

/* Stores what a month is, beside one whose files were large from the beginning. */
static void begin_month(struct measured *measured, struct period month, nsec slots, nsec hours)
{
	measured_begin(measured, 53);
	measured_configure(measured, month.from - NSEC_PER_DAY, TEST("interval: 60s, packets: 20"));
	keep(measured, slots, hours);
}

/* Begun with rows that expire after twelve days, gone on with in the files that are there, grown,
 * gone on with, lowered. */
static void measure_with_changes(struct measured *measured, nsec from)
{
	struct file files[FILES_MOST];
	struct file grown[FILES_MOST];
	nsec end = from;

	measure_until(measured, "2026-09-09T07:20", &end, NULL);
	size_t count = list_files(measured, files);
	assert_int_equal(count, 2);
	keep(measured, 45 * NSEC_PER_DAY, 400 * NSEC_PER_DAY);
	measure_until(measured, "2026-09-12T11:33", &end, NULL);
	assert_nothing_deleted(measured, files, count);
	measured_close(measured);
	assert_int_equal(grow_files(measured), 2);
	assert_int_equal(grow_files(measured), 0);
	assert_int_equal(list_files(measured, grown), 2);
	for (size_t i = 0; i < count; i++)
		assert_true(grown[i].size > files[0].size + files[1].size);
	measured_open(measured);
	measure_until(measured, "2026-09-21", &end, NULL);
	keep(measured, 5 * NSEC_PER_DAY, 5 * NSEC_PER_DAY);
	measure_until(measured, "2026-10-01", &end, NULL);
	assert_nothing_deleted(measured, grown, count);
	assert_int_equal(store_counters(measured->store).quarantined, 0);
}

static void assert_same_facts(const struct facts *a, const struct facts *b)
{
	assert_memory_equal(a->time, b->time, sizeof(a->time));
	assert_int_equal(a->judged.sent, b->judged.sent);
	assert_int_equal(a->judged.lost, b->judged.lost);
	assert_memory_equal(a->delays.rtt, b->delays.rtt, sizeof(a->delays.rtt));
	assert_memory_equal(a->delays.pdv, b->delays.pdv, sizeof(a->delays.pdv));
	for (size_t p = 0; p < PERCENTILES; p++) {
		assert_int_equal(a->quantile[DELAY_RTT][p].value, b->quantile[DELAY_RTT][p].value);
		assert_int_equal(a->quantile[DELAY_PDV][p].value, b->quantile[DELAY_PDV][p].value);
	}
}

/* Without growing, the month would lack half of itself. */
static void the_retention_changes(void **state)
{
	(void)state;
	struct measured changing;
	struct measured constant;
	struct truth truth = {0};
	struct judged_month judged;
	struct judged_month other;
	struct period month;

	assert_int_equal(calendar_month(MONTH, &month), E_OK);
	begin_month(&changing, month, 12 * NSEC_PER_DAY, 12 * NSEC_PER_DAY);
	measure_with_changes(&changing, month.from);
	measured_close(&changing);
	begin_month(&constant, month, 45 * NSEC_PER_DAY, 400 * NSEC_PER_DAY);
	nsec end = month.from;
	static const char *const stretches[] = {"2026-09-09T07:20", "2026-09-12T11:33",
						"2026-09-21", "2026-10-01"};
	for (size_t i = 0; i < COUNT_OF(stretches); i++)
		measure_until(&constant, stretches[i], &end, &truth);
	measured_close(&constant);
	judge_month(&changing, TEST("interval: 60s, packets: 20"), MONTH, &judged);
	judge_month(&constant, TEST("interval: 60s, packets: 20"), MONTH, &other);
	const struct facts *facts = facts_of(&judged);
	assert_int_equal(facts->time[VERDICT_UNKNOWN], 0);
	assert_int_equal(facts->judged.sent, truth.count);
	assert_int_equal(facts->judged.lost, truth.lost);
	assert_int_equal(facts->time[VERDICT_BAD], truth.bad);
	assert_same_facts(facts, facts_of(&other));
	judged_finish(&judged);
	judged_finish(&other);
	truth_finish(&truth);
	measured_end(&changing);
	measured_end(&constant);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interval_and_the_packets_change),
		cmocka_unit_test(another_kind_of_packet_goes_on_from_the_first),
		cmocka_unit_test(the_retention_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
