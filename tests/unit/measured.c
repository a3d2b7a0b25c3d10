/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/measured.h"
#include "tests/unit/check.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"
#include "tests/unit/made_network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS_MAX = 64 };

static const double c1 = 0.20;

void measured_begin(struct measured *measured, uint64_t seed)
{
	*measured = (struct measured){
		.folder = "/tmp/netgrade-measured-XXXXXX",
		.random = random_seeded(seed),
		.options = {.keep_slots = 70 * NSEC_PER_DAY,
			    .keep_hours = 400 * NSEC_PER_DAY,
			    .gather = NSEC_PER_SEC},
	};
	assert_non_null(mkdtemp(measured->folder));
	measured->options.directory = measured->folder;
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	measured_open(measured);
}

void measured_end(struct measured *measured)
{
	char command[128];

	measured_close(measured);
	snprintf(command, sizeof(command), "rm -rf '%s'", measured->folder);
	assert_int_equal(system(command), 0);
}

void measured_open(struct measured *measured)
{
	assert_int_equal(store_open(&measured->options, &measured->store), E_OK);
}

void measured_close(struct measured *measured)
{
	if (measured->store == NULL)
		return;
	assert_int_equal(store_flush(measured->store), E_OK);
	store_close(measured->store);
	measured->store = NULL;
}

struct config *measured_load(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "test.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	return config;
}

void measured_configure(struct measured *measured, nsec at, const char *text)
{
	struct archive *archive;
	struct config *config = measured_load(text);
	char *printed = config_text(config);
	const struct configuration configuration = {
		.at = at,
		.digest = config->digest,
		.text = printed,
		.profile_digest = config->profile->digest,
		.profile = config->profile->text,
	};

	assert_non_null(printed);
	assert_int_equal(archive_open(measured->folder, &archive), E_OK);
	assert_int_equal(archive_configuration(archive, &configuration), E_OK);
	archive_close(archive);
	free(printed);
	config_destroy(config);
}

/* Box and Muller. */
static double normal(struct random *random)
{
	double radius = sqrt(-2 * log(1 - random_unit(random)));

	return radius * cos(6.283185307179586 * random_unit(random));
}

static nsec round_trip(struct measured *measured, const struct conduct *conduct)
{
	double ms = conduct->least_ms + conduct->typical_ms * exp(0.6 * normal(&measured->random));

	return random_unit(&measured->random) < conduct->loss ? NSEC_INFINITE
							      : (nsec)(ms * NSEC_PER_MSEC);
}

static void add_packet(struct truth *truth, double delay, double least)
{
	if (truth->count == truth->capacity) {
		truth->capacity = truth->capacity == 0 ? 4096 : 2 * truth->capacity;
		truth->delays = realloc(truth->delays, truth->capacity * sizeof(double));
		truth->variations = realloc(truth->variations, truth->capacity * sizeof(double));
		assert_true(truth->delays != NULL && truth->variations != NULL);
	}
	truth->delays[truth->count] = delay;
	truth->variations[truth->count] = isinf(delay) ? (double)INFINITY : delay - least;
	truth->count++;
}

static void add_truth(struct truth *truth, const nsec *delays, uint32_t count, nsec interval)
{
	nsec least = NSEC_INFINITE;
	uint64_t lost = 0;

	for (uint32_t i = 0; i < count; i++) {
		least = delays[i] < least ? delays[i] : least;
		lost += delays[i] == NSEC_INFINITE;
	}
	for (uint32_t i = 0; i < count; i++)
		add_packet(truth,
			   delays[i] == NSEC_INFINITE ? (double)INFINITY
						      : (double)delays[i] / NSEC_PER_MSEC,
			   (double)least / NSEC_PER_MSEC);
	truth->lost += lost;
	truth->judged += interval;
	if ((double)lost >= c1 * count)
		truth->bad += interval;
}

nsec measured_put(struct measured *measured, const struct series_key *key,
		  const struct conduct *conduct, struct truth *truth)
{
	nsec step = conduct->interval;
	nsec from = nsec_ceil(conduct->period.from, step);
	uint32_t series;

	assert_int_equal(store_series(measured->store, key, step, &series), E_OK);
	for (; from < conduct->period.until; from += step) {
		bool is_out = from >= conduct->outage.from && from < conduct->outage.until;
		nsec delays[PACKETS_MAX];
		struct summary summary;
		struct delays histogram;
		for (uint32_t i = 0; i < conduct->packets; i++) {
			nsec delay = round_trip(measured, conduct);
			delays[i] = is_out ? NSEC_INFINITE : delay;
		}
		made_slot((struct period){from, from + step}, delays, conduct->packets, 0, &summary,
			  &histogram);
		store_put(measured->store, series, &summary, &histogram);
		if (truth != NULL)
			add_truth(truth, delays, conduct->packets, step);
	}
	assert_int_equal(store_flush(measured->store), E_OK);
	return from;
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double truth_quantile(double *list, size_t count, double share)
{
	size_t rank = (size_t)ceil(share * (double)count);

	qsort(list, count, sizeof(*list), compare_numbers);
	return list[rank == 0 ? 0 : rank - 1];
}

void truth_finish(struct truth *truth)
{
	free(truth->delays);
	free(truth->variations);
	*truth = (struct truth){0};
}

void judge_month(const struct measured *measured, const char *given, const char *month,
		 struct judged_month *out)
{
	struct judged_month judged = {.query = NULL};
	struct report_period period = {.month = true};
	struct config *file = measured_load(given);

	assert_int_equal(calendar_month(month, &period.asked), E_OK);
	period.passed = period.asked;
	period.now = period.asked.until + 10 * NSEC_PER_DAY;
	snprintf(period.name, sizeof(period.name), "%s", month);
	assert_int_equal(query_open(measured->folder, &judged.query), E_OK);
	struct source store = query_source(judged.query);
	assert_int_equal(configurations_last(&store, period.passed, file, &judged.config), E_OK);
	if (judged.config == NULL)
		judged.config = file;
	else
		config_destroy(file);
	assert_int_equal(past_read(&store, period.passed, judged.config, &judged.past), E_OK);
	struct assessment_request request = {
		.config = judged.config,
		.period = period,
		.mode = SCORE_REGULAR,
		.organisation = CONFIG_NONE,
		.configurations = &judged.past.configurations,
	};
	assert_int_equal(assessment_make(&request, &judged.past.source, &judged.assessment), E_OK);
	*out = judged;
}

void judged_finish(struct judged_month *judged)
{
	assessment_finish(&judged->assessment);
	past_finish(&judged->past);
	query_close(judged->query);
	config_destroy(judged->config);
}
