/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/pump.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "collector/simulate/chronicle.h"
#include "collector/simulate/course.h"
#include "collector/simulate/season.h"
#include "collector/simulate/truth.h"
#include "collector/simulate/witness.h"
#include "collector/store/ring.h"
#include "collector/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	SLOTS_GATHERED = 480, /* that share an update of a series: an update takes 512 rows */
	UNCOMMITTED_MOST = 200000,
	UNFILED_LEAST = 500000,
	PAUSE_US = 5000,
};

static const nsec share = 20 * NSEC_PER_MSEC;
static const nsec stalled_after = 60 * NSEC_PER_SEC;

struct pump {
	const struct scenario *scenario;
	struct course_list courses;
	struct season *seasons; /* one a phase */
	struct store *store;
	struct witness *witness;
	struct truth *truth;
	struct singleton *singletons;
	struct pump_result result;
	uint64_t unfiled_most;
	nsec shortest; /* interval */
	nsec t_max;
	nsec began;
};

/* --- opening --- */

static enum err survey(struct pump *pump)
{
	uint32_t packets = 1;

	pump->shortest = 8 * NSEC_PER_HOUR;
	for (size_t i = 0; i < pump->courses.count; i++) {
		const struct link *link = &pump->courses.items[i].link;
		packets = link->packets > packets ? link->packets : packets;
		pump->t_max = link->t_max > pump->t_max ? link->t_max : pump->t_max;
		pump->shortest = link->interval < pump->shortest ? link->interval : pump->shortest;
	}
	pump->unfiled_most = 3 * SLOTS_GATHERED * (uint64_t)pump->courses.count;
	if (pump->unfiled_most < UNFILED_LEAST)
		pump->unfiled_most = UNFILED_LEAST;
	pump->singletons = calloc(packets, sizeof(*pump->singletons));
	pump->seasons = calloc(pump->scenario->phase_count, sizeof(*pump->seasons));
	return pump->singletons == NULL || pump->seasons == NULL ? E_MEMORY : E_OK;
}

static enum err open_store(struct pump *pump, const char *directory)
{
	const struct config *config = pump->scenario->phases[0].config;
	struct store_options options = {
		.directory = directory,
		.keep_slots = config->keep_slots_ns,
		.keep_hours = config->keep_hours_ns,
		.gather = SLOTS_GATHERED * pump->shortest,
		.share = share,
		.syncing = SYNCING_NEVER,
	};
	struct archive *archive;

	enum err rc = store_open(&options, &pump->store);
	if (rc == E_OK)
		rc = archive_open(directory, &archive);
	if (rc == E_OK) {
		rc = chronicle_write(archive, pump->scenario);
		for (size_t i = 0; i < pump->scenario->phase_count && rc == E_OK; i++)
			rc = season_init(&pump->seasons[i], pump->scenario->phases[i].config,
					 archive);
		archive_close(archive);
	}
	if (rc == E_OK)
		rc = witness_open(directory, &pump->witness);
	if (rc != E_OK)
		log_error("simulate", "%s: %s", directory, err_text(rc));
	return rc;
}

static enum err open_truth(struct pump *pump, const char *directory)
{
	if (directory == NULL)
		return E_OK;
	enum err rc = truth_open(directory, pump->courses.count, &pump->truth);
	if (rc != E_OK) {
		log_error("simulate", "%s: %s", directory, err_text(rc));
		return rc;
	}
	for (size_t i = 0; i < pump->courses.count; i++) {
		const struct course *course = &pump->courses.items[i];
		truth_tell_events(pump->truth, &course->key, &course->link);
	}
	return E_OK;
}

/* --- slots --- */

/* A slot under way at a change is ended first, as agents do. */
static enum err register_course(struct pump *pump, struct course *course)
{
	enum err rc =
		store_series(pump->store, &course->key, course->link.interval, &course->stored);

	course->registered = rc == E_OK;
	if (rc != E_OK)
		return rc;
	nsec last = store_last(pump->store, course->stored);
	if (last > course->next)
		course->next = nsec_ceil(last, course->link.interval);
	return witness_watch(pump->witness, course->stored, &course->key);
}

/* One slot as its agent would hand it over. False: it recorded nothing. */
static bool take(struct pump *pump, struct course *course, struct sample *out)
{
	struct season *season = &pump->seasons[course->phase];
	struct period slot = {course->next, course->next + course->link.interval};
	uint32_t why = timetable_withholds(&season->timetable, course->calendar, slot.from);

	if (why != 0)
		return link_pass_over(&course->link, slot.from, why, pump->singletons, out);
	if (!link_measure(&course->link, slot.from, pump->singletons, out))
		return false;
	if (maintenance_plans(season->maintenance, course->key.target, slot))
		out->flags |= SLOT_PLANNED;
	return true;
}

static enum err measure(struct pump *pump, struct course *course)
{
	struct sample sample;

	if (!take(pump, course, &sample))
		return E_OK;
	struct summary summary = sample_summary(&sample);
	struct delays delays = sample_delays(&sample);
	store_put(pump->store, course->stored, &summary, &delays);
	witness_put(pump->witness, course->stored, &summary);
	pump->result.slots++;
	pump->result.sent += summary.sent;
	pump->result.lost += summary.lost;
	if (pump->truth == NULL)
		return E_OK;
	struct true_slot slot = {
		.series = (size_t)(course - pump->courses.items),
		.key = &course->key,
		.sample = &sample,
		.summary = &summary,
		.delays = &delays,
	};
	return truth_take(pump->truth, &slot);
}

/* The slots of a course that begin before an instant. */
static enum err advance(struct pump *pump, struct course *course, nsec until)
{
	enum err rc = E_OK;

	if (course->until < until)
		until = course->until;
	if (!course->registered && course->next < until)
		rc = register_course(pump, course);
	if (course->next < until)
		witness_judge(pump->witness, pump->scenario->phases[course->phase].config);
	for (; course->next < until && rc == E_OK; course->next += course->link.interval)
		rc = measure(pump, course);
	return rc;
}

/* Waits until the store has room: what finds none would be dropped. */
static enum err keep_pace(struct pump *pump)
{
	nsec since = clock_stopwatch();
	uint64_t filed = 0;

	for (;;) {
		struct store_counters c = store_counters(pump->store);
		if (c.waiting < UNCOMMITTED_MOST && c.put < c.filed + pump->unfiled_most)
			return E_OK;
		if (c.filed != filed)
			since = clock_stopwatch();
		filed = c.filed;
		if (clock_stopwatch() - since > stalled_after) {
			enum err rc = store_flush(pump->store);
			return rc == E_OK ? E_OK : rc;
		}
		usleep(PAUSE_US);
	}
}

static void show(struct progress *progress, const struct pump *pump, nsec at)
{
	struct period period = pump->scenario->period;
	double took = (double)(clock_stopwatch() - pump->began);
	double left = took * (double)(period.until - at) / (double)(at - period.from);
	char note[64];

	snprintf(note, sizeof(note), "%.0f slots/s, %.0f s left",
		 (double)pump->result.slots * (double)NSEC_PER_SEC / took,
		 left / (double)NSEC_PER_SEC);
	progress_show(progress, (uint64_t)(at - period.from) / NSEC_PER_SEC, note);
}

static uint64_t memory_most(void)
{
	struct rusage usage = {.ru_maxrss = 0};

	(void)getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss * 1024;
}

/* An hour of each series in turn, which the spool and its reader like. */
static enum err run(struct pump *pump)
{
	struct period period = pump->scenario->period;
	struct progress progress =
		progress_start("simulate", (uint64_t)(period.until - period.from) / NSEC_PER_SEC);
	enum err rc = E_OK;

	for (nsec at = period.from; at < period.until && rc == E_OK;) {
		nsec until = nsec_floor(at, NSEC_PER_HOUR) + NSEC_PER_HOUR;
		for (size_t i = 0; i < pump->courses.count && rc == E_OK; i++)
			rc = advance(pump, &pump->courses.items[i], until);
		if (rc == E_OK)
			rc = witness_save(pump->witness);
		if (rc == E_OK)
			rc = keep_pace(pump);
		clock_advance(until - at);
		at = until;
		show(&progress, pump, at);
	}
	progress_finish(&progress);
	return rc;
}

static enum err check_counts(const struct pump *pump)
{
	struct store_counters c = store_counters(pump->store);

	if (c.dropped + c.dropped_old + c.misfits == 0)
		return E_OK;
	log_error("simulate", "the store did not take %" PRIu64 " slots",
		  c.dropped + c.dropped_old + c.misfits);
	return E_FULL;
}

static void finish(struct pump *pump)
{
	witness_close(pump->witness);
	store_close(pump->store);
	course_list_finish(&pump->courses);
	for (size_t i = 0; pump->seasons != NULL && i < pump->scenario->phase_count; i++)
		season_finish(&pump->seasons[i]);
	free(pump->seasons);
	free(pump->singletons);
}

enum err pump_run(const struct pump_options *options, struct pump_result *out)
{
	struct pump pump = {.scenario = options->scenario, .began = clock_stopwatch()};
	nsec processor = clock_processor_all();
	nsec own = clock_processor();

	clock_use_virtual(options->scenario->period.from, NSEC_PER_DAY);
	enum err rc = course_list_make(options->scenario, &pump.courses);
	if (rc == E_OK)
		rc = survey(&pump);
	if (rc == E_OK)
		rc = open_store(&pump, options->directory);
	if (rc == E_OK)
		rc = open_truth(&pump, options->truth);
	if (rc == E_OK)
		rc = run(&pump);
	if (rc == E_OK)
		rc = store_flush(pump.store);
	if (rc == E_OK)
		rc = witness_finish(pump.witness);
	if (rc == E_OK)
		rc = check_counts(&pump);
	enum err written = truth_close(pump.truth);
	if (rc == E_OK)
		rc = written;
	pump.result.series = pump.courses.count;
	pump.result.generating = clock_processor() - own;
	finish(&pump);
	pump.result.elapsed = clock_stopwatch() - pump.began;
	pump.result.processor = clock_processor_all() - processor;
	pump.result.librrd = ring_librrd_time();
	pump.result.memory = memory_most();
	if (rc != E_OK)
		log_error("simulate", "broken off: %s", err_text(rc));
	*out = pump.result;
	return rc;
}
