/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/rerun.h"

#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/metric/availability.h"
#include "collector/plan.h"
#include "collector/simulate/chronicle.h"
#include "collector/simulate/season.h"
#include "collector/simulate/slot_file.h"
#include "collector/simulate/witness.h"
#include "collector/store/ring.h"
#include "collector/store/store.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	SLOTS_GATHERED = 480,	/* that share an update of a series */
	SLOTS_FLUSHED = 300000, /* that the store is let file at once */
};

static const nsec share = 20 * NSEC_PER_MSEC;

struct rerun {
	const struct rerun_options *options;
	struct slot_file *file;
	const struct calendar_config **calendars;
	uint32_t *stored;
	struct season season;
	struct store *store;
	struct witness *witness;
	struct pump_result result;
	uint64_t without; /* slots judged whose round trips were not kept */
	uint64_t missing; /* slots to be measured that were not */
};

/* --- opening --- */

static enum err open_store(struct rerun *rerun)
{
	const struct config *config = rerun->options->config;
	struct store_options options = {
		.directory = rerun->options->directory,
		.keep_slots = config->keep_slots_ns,
		.keep_hours = config->keep_hours_ns,
		.gather = SLOTS_GATHERED * slot_file_shortest(rerun->file),
		.share = share,
		.syncing = SYNCING_NEVER,
	};

	return store_open(&options, &rerun->store);
}

static enum err copy_windows(const struct window_list *windows, struct archive *to)
{
	enum err rc = E_OK;

	for (size_t i = 0; rc == E_OK && i < windows->count; i++) {
		const struct window_entry *entry = &windows->items[i];
		struct window_cancel cancel = {.at = entry->window.cancelled_at,
					       .by = entry->cancelled_by,
					       .reason = entry->cancel_reason};
		rc = windows_add(to, entry, &cancel.id);
		if (rc == E_OK && cancel.at != NSEC_INFINITE)
			rc = windows_cancel(to, &cancel);
	}
	return rc;
}

static enum err copy_cut_offs(struct archive *from, struct archive *to, struct period period)
{
	struct cut_off *cut_offs;
	size_t count;
	enum err rc = archive_find_cut_offs(from, period, &cut_offs, &count);

	if (rc != E_OK)
		return rc;
	for (size_t i = 0; rc == E_OK && i < count; i++)
		rc = archive_cut_off(to, &cut_offs[i]);
	free(cut_offs);
	return rc;
}

static enum err copy_history(const struct rerun *rerun, struct archive *to)
{
	struct window_list windows = {0};
	struct archive *from;

	if (rerun->options->windows == NULL)
		return E_OK;
	enum err rc = archive_open_reading(rerun->options->windows, &from);
	if (rc == E_OK) {
		rc = windows_read(from, &windows);
		if (rc == E_OK)
			rc = copy_windows(&windows, to);
		if (rc == E_OK)
			rc = copy_cut_offs(from, to, slot_file_period(rerun->file));
		windows_finish(&windows);
		archive_close(from);
	}
	if (rc != E_OK)
		log_error("simulate", "%s: its archive cannot be read: %s", rerun->options->windows,
			  err_text(rc));
	return rc;
}

static enum err open_archive(struct rerun *rerun)
{
	const struct config *config = rerun->options->config;
	struct archive *archive;

	enum err rc = archive_open(rerun->options->directory, &archive);
	if (rc != E_OK)
		return rc;
	rc = chronicle_configuration(archive, config, slot_file_period(rerun->file).from);
	if (rc == E_OK)
		rc = copy_history(rerun, archive);
	if (rc == E_OK)
		rc = season_init(&rerun->season, config, archive);
	archive_close(archive);
	return rc;
}

/* The calendars of the series that the configuration still asks for. */
static enum err find_calendars(struct rerun *rerun)
{
	const struct config *config = rerun->options->config;
	struct hash_key secret = {{0, 0}};
	enum err rc = E_OK;

	rerun->calendars = calloc(slot_file_count(rerun->file) + 1, sizeof(void *));
	rerun->stored = calloc(slot_file_count(rerun->file) + 1, sizeof(*rerun->stored));
	if (rerun->calendars == NULL || rerun->stored == NULL)
		return E_MEMORY;
	for (size_t a = 0; rc == E_OK && a < config->agent_count; a++) {
		struct plan plan;
		rc = plan_create(config, a, &secret, &plan);
		for (size_t i = 0; rc == E_OK && i < plan.count; i++) {
			size_t series = slot_file_find(rerun->file, &plan.items[i].key);
			if (series != SLOT_FILE_NONE)
				rerun->calendars[series] = plan.items[i].calendar;
		}
		if (rc == E_OK)
			plan_finish(&plan);
	}
	return rc;
}

static enum err open_all(struct rerun *rerun)
{
	enum err rc = open_store(rerun);

	if (rc == E_OK)
		rc = open_archive(rerun);
	if (rc == E_OK)
		rc = witness_open(rerun->options->directory, &rerun->witness);
	if (rc == E_OK)
		rc = find_calendars(rerun);
	if (rc == E_OK)
		witness_judge(rerun->witness, rerun->options->config);
	else
		log_error("simulate", "%s: %s", rerun->options->directory, err_text(rc));
	return rc;
}

/* --- slots --- */

/* As the calendars and windows of the configuration have it. False: it cannot be known, for it was
 * not measured. */
static bool apply_rules(struct rerun *rerun, const struct slot_file_row *row, struct slot *slot)
{
	struct summary *s = &slot->summary;
	struct period period = {s->from, s->until};
	uint32_t why = timetable_withholds(&rerun->season.timetable, rerun->calendars[row->series],
					   s->from);

	if (why != 0) {
		slot->delays = delays_empty();
		*s = summary_absent(period, why);
		return true;
	}
	if ((s->flags & SLOT_UNSCHEDULED) != 0) {
		rerun->missing++;
		return false;
	}
	if (rerun->options->windows == NULL)
		return true;
	s->flags &= ~(uint32_t)SLOT_PLANNED;
	if (maintenance_plans(rerun->season.maintenance, row->slot.key.target, period))
		s->flags |= SLOT_PLANNED;
	return true;
}

static enum err register_series(struct rerun *rerun, const struct slot_file_row *row)
{
	const struct summary *s = &row->slot.slot.summary;
	uint32_t *stored = &rerun->stored[row->series];

	enum err rc = store_series(rerun->store, &row->slot.key, s->until - s->from, stored);
	return rc == E_OK ? witness_watch(rerun->witness, *stored, &row->slot.key) : rc;
}

static void put(struct rerun *rerun, const struct slot_file_row *row, const struct slot *slot)
{
	const struct summary *s = &slot->summary;
	bool kept = slot->delays.slots > 0;

	if (!kept && summary_answered(s) > 0 && availability_judgeable(s))
		rerun->without++;
	store_put(rerun->store, rerun->stored[row->series], s, kept ? &slot->delays : NULL);
	witness_put(rerun->witness, rerun->stored[row->series], s);
	rerun->result.slots++;
	rerun->result.sent += s->sent;
	rerun->result.lost += s->lost;
}

static enum err take(struct rerun *rerun, const struct slot_file_row *row)
{
	struct slot slot = row->slot.slot;
	enum err rc = row->begins ? register_series(rerun, row) : E_OK;

	if (slot.summary.until > clock_realtime())
		clock_advance(slot.summary.until - clock_realtime());
	if (rc == E_OK && apply_rules(rerun, row, &slot))
		put(rerun, row, &slot);
	if (rc != E_OK || rerun->result.slots % SLOTS_FLUSHED != SLOTS_FLUSHED - 1)
		return rc;
	rc = witness_save(rerun->witness);
	return rc == E_OK ? store_flush(rerun->store) : rc;
}

static enum err run(struct rerun *rerun)
{
	struct slot_file_row row;
	enum err rc;

	while ((rc = slot_file_next(rerun->file, &row)) == E_OK) {
		rc = take(rerun, &row);
		if (rc != E_OK)
			return rc;
	}
	if (rc == E_NOT_FOUND)
		rc = store_flush(rerun->store);
	return rc == E_OK ? witness_finish(rerun->witness) : rc;
}

static enum err check(const struct rerun *rerun)
{
	struct store_counters c = store_counters(rerun->store);
	uint64_t lost = c.dropped + c.dropped_old + c.misfits;

	if (rerun->without > 0)
		log_warn("simulate",
			 "the round trips of %" PRIu64 " slots that are judged now were not kept: "
			 "no percentile has them",
			 rerun->without);
	if (rerun->missing > 0)
		log_warn("simulate",
			 "%" PRIu64 " slots that are scheduled now were not measured: unknown",
			 rerun->missing);
	if (lost == 0)
		return E_OK;
	log_error("simulate", "the store did not take %" PRIu64 " slots", lost);
	return E_FULL;
}

static void finish(struct rerun *rerun)
{
	witness_close(rerun->witness);
	store_close(rerun->store);
	season_finish(&rerun->season);
	free(rerun->calendars);
	free(rerun->stored);
	slot_file_close(rerun->file);
}

enum err rerun_run(const struct rerun_options *options, struct pump_result *out)
{
	struct rerun rerun = {.options = options};
	nsec began = clock_stopwatch();
	nsec processor = clock_processor_all();
	nsec own = clock_processor();

	enum err rc = slot_file_open(options->slots, &rerun.file);
	if (rc != E_OK)
		return rc;
	clock_use_virtual(slot_file_period(rerun.file).from, NSEC_PER_DAY);
	rc = open_all(&rerun);
	if (rc == E_OK)
		rc = run(&rerun);
	if (rc == E_OK)
		rc = check(&rerun);
	rerun.result.series = slot_file_count(rerun.file);
	rerun.result.generating = clock_processor() - own;
	finish(&rerun);
	rerun.result.elapsed = clock_stopwatch() - began;
	rerun.result.processor = clock_processor_all() - processor;
	rerun.result.librrd = ring_librrd_time();
	if (rc != E_OK)
		log_error("simulate", "broken off: %s", err_text(rc));
	*out = rerun.result;
	return rc;
}
