/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/filing.h"
#include "collector/base/log.h"
#include "collector/store/discard.h"
#include "collector/store/intake.h"
#include "collector/store/layouts.h"
#include "collector/store/series.h"
#include "collector/store/update.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One series in a run. */
struct work {
	struct filing_task *task;
	struct filed next;  /* what holds once the cycle is through; owns nothing */
	struct delays open; /* of its hour, unpacked */
	struct intake intake;
	size_t done;	/* slots filed */
	size_t planned; /* slots filed or part of this cycle */
	struct update curves;
	struct update hours;
};

struct filing {
	struct filing_options options;
	char *folder;
	int folder_fd;
	struct layouts layouts;
	struct work works[FILING_GROUP];
	struct discard discard; /* what this cycle frees */
	_Atomic uint64_t filed;
	uint64_t quarantined_now; /* in this run */
	_Atomic uint64_t quarantined;
};

enum err filing_open(const struct filing_options *options, struct filing **out)
{
	struct filing *filing = calloc(1, sizeof(*filing));
	enum err rc = filing == NULL ? E_MEMORY : E_OK;

	if (rc != E_OK)
		return rc;
	filing->options = *options;
	filing->folder_fd = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (filing->folder_fd < 0)
		rc = err_from_errno(errno);
	filing->layouts = layouts_of(options->keep_slots, options->keep_hours);
	for (size_t i = 0; i < FILING_GROUP; i++)
		filing->works[i].curves.fd = filing->works[i].hours.fd = -1;
	for (size_t i = 0; i < FILING_GROUP && rc == E_OK; i++) {
		rc = update_init(&filing->works[i].curves, CURVE_BATCH, CURVE_TEXT);
		if (rc == E_OK)
			rc = update_init(&filing->works[i].hours, HOUR_BATCH, HOUR_TEXT);
	}
	if (rc == E_OK && (filing->folder = strdup(options->folder)) == NULL)
		rc = E_MEMORY;
	if (rc != E_OK) {
		filing_close(filing);
		return rc;
	}
	*out = filing;
	return E_OK;
}

void filing_close(struct filing *filing)
{
	if (filing == NULL)
		return;
	for (size_t i = 0; i < FILING_GROUP; i++) {
		update_finish(&filing->works[i].curves);
		update_finish(&filing->works[i].hours);
	}
	layouts_finish(&filing->layouts);
	if (filing->folder_fd >= 0)
		close(filing->folder_fd);
	discard_finish(&filing->discard);
	free(filing->folder);
	free(filing);
}

struct filing_counters filing_counters(const struct filing *filing)
{
	return (struct filing_counters){.filed = filing->filed, .quarantined = filing->quarantined};
}

static enum err load(struct filing *filing, struct work *work)
{
	struct intake_source source = {filing->options.spool, work->task->filed, work->task->stem,
				       work->task->newest};
	enum err rc = intake_load(&source, &work->intake);

	work->done = work->planned = 0;
	work->next = *work->task->filed;
	if (rc == E_OK) {
		work->next.hour = work->intake.hour;
		work->open = work->intake.open;
	}
	return rc;
}

/* Where rows begin if the file must be made: if there was one, with the oldest hour that the spool
 * may have. */
static nsec first_row(const struct work *work, nsec from)
{
	nsec oldest = work->next.hours_until > work->next.epoch_from ? work->next.hours_until
								     : work->next.epoch_from;
	bool filed_before = work->next.epoch_from < work->next.filed_until;

	return filed_before && oldest < from ? oldest : from;
}

static enum err open_file(struct filing *filing, struct update *update,
			  const struct update_target *target)
{
	enum err rc = update_open(update, target, &filing->quarantined_now);

	if (rc == E_OK)
		layouts_notice(&filing->layouts, target->file, target->layout, &update->head);
	return rc;
}

static enum err open_curves(struct filing *filing, struct work *work, nsec from)
{
	nsec grid = work->next.interval > NSEC_PER_HOUR ? work->next.interval : NSEC_PER_HOUR;
	char file[SPOOL_FILE];
	struct update_target target = {
		.folder = filing->folder,
		.file = file,
		.layout = layouts_curves(&filing->layouts, work->next.interval),
		/* A whole hour, so that its average is one over all of its slots. */
		.start = nsec_floor(first_row(work, from), grid) / NSEC_PER_SEC,
		.syncing = filing->options.syncing,
	};

	if (target.layout == NULL)
		return E_MEMORY;
	filed_name(&work->next, work->task->stem, file);
	return open_file(filing, &work->curves, &target);
}

static enum err save_epoch(struct spool *spool, const struct spool_epoch *epoch)
{
	enum err rc = spool_begin(spool);

	if (rc != E_OK)
		return rc;
	rc = spool_add_epoch(spool, epoch);
	if (rc == E_OK)
		return spool_commit(spool);
	spool_rollback(spool);
	return rc;
}

/* From now on slots go to another file; the old one stays as it is. */
static enum err start_epoch(struct filing *filing, struct work *work, const struct summary *slot)
{
	struct filed *filed = work->task->filed;
	struct spool_epoch epoch = {
		.series = work->task->series,
		.interval = slot->until - slot->from,
		.from = slot->from,
	};

	if (filed->interval == 0)
		snprintf(epoch.file, sizeof(epoch.file), "%s.rrd", work->task->stem);
	else
		snprintf(epoch.file, sizeof(epoch.file), "%s@%" PRId64 ".rrd", work->task->stem,
			 slot->from / NSEC_PER_SEC);
	enum err rc = save_epoch(filing->options.spool, &epoch);
	if (rc == E_OK && filed->interval != 0)
		log_info("store", "%s: slots of %" PRId64 " s go to %s from now on",
			 work->task->stem, epoch.interval / NSEC_PER_SEC, epoch.file);
	if (rc == E_OK)
		rc = filed_rename(filed, work->task->stem, epoch.file);
	if (rc != E_OK)
		return rc;
	/* The epoch is on disk: it holds even if the rest of the cycle fails. */
	work->next.file = filed->file;
	work->next.interval = filed->interval = epoch.interval;
	work->next.epoch_from = filed->epoch_from = epoch.from;
	work->next.seen = filed->seen = false;
	return E_OK;
}

/* A file that already reaches beyond a slot never filed: the clock was far ahead once, or the
 * spool was lost. It would refuse every honest slot. */
static bool lies_ahead(const struct work *work, const struct summary *slot)
{
	return !work->next.seen && slot->until / NSEC_PER_SEC <= work->curves.position;
}

/* The file ends before what was filed into it: it was set aside, deleted or replaced by a copy. */
static bool lacks_rows(const struct work *work)
{
	return work->curves.position * NSEC_PER_SEC < work->next.filed_until &&
	       work->next.epoch_from < work->next.filed_until;
}

static enum err ready_curves(struct filing *filing, struct work *work, const struct summary *slot)
{
	char file[SPOOL_FILE];
	enum err rc = E_OK;

	if (work->next.interval != slot->until - slot->from)
		rc = start_epoch(filing, work, slot);
	if (rc == E_OK)
		rc = open_curves(filing, work, slot->from);
	if (rc == E_OK && lies_ahead(work, slot)) {
		filed_name(&work->next, work->task->stem, file);
		log_warn("store",
			 "%s: %s reaches beyond the slots to be filed; it is kept as it is",
			 work->task->stem, file);
		update_close(&work->curves);
		rc = start_epoch(filing, work, slot);
		if (rc == E_OK)
			rc = open_curves(filing, work, slot->from);
	}
	if (rc == E_OK)
		work->next.seen = work->task->filed->seen = true;
	return rc;
}

/* Begins again with what the spool still has of the missing rows. Nothing is planned yet. */
static enum err file_again(struct filing *filing, struct work *work)
{
	struct filed *filed = work->task->filed;
	nsec position = work->curves.position * NSEC_PER_SEC;

	update_close(&work->curves);
	intake_finish(&work->intake);
	filed->filed_until = position > filed->epoch_from ? position : filed->epoch_from;
	filed->recalled = false;
	return load(filing, work);
}

/* Rows of zeros up to slot->from, then the slot's. false: the batch is full before that. */
static bool plan_curve_row(const struct filing *filing, struct work *work,
			   const struct summary *slot)
{
	struct update *curves = &work->curves;
	nsec step = slot->until - slot->from;
	nsec at = curves->position * NSEC_PER_SEC;
	nsec hour_end = nsec_ceil(at, step > NSEC_PER_HOUR ? step : NSEC_PER_HOUR);
	/* Of a gap longer than the retention only what is kept is written. */
	nsec keep = filing->options.keep_slots > filing->options.keep_hours
			    ? filing->options.keep_slots
			    : filing->options.keep_hours;
	nsec kept = nsec_floor(slot->from - keep, step > NSEC_PER_HOUR ? step : NSEC_PER_HOUR);

	while (at < slot->until) {
		struct summary row = *slot;
		if (at >= hour_end && at < kept)
			at = kept;
		if (at < slot->from)
			row = summary_absent((struct period){at, at + step}, SLOT_NO_RECORD);
		char *text = update_next(curves);
		if (text == NULL)
			return false;
		update_take(curves, series_curve_row(&row, text), row.until / NSEC_PER_SEC);
		at += step;
	}
	return true;
}

/* Plans the row of the open hour, and those of empty hours before it. */
static bool plan_hour_rows(const struct filing *filing, struct work *work)
{
	struct update *hours = &work->hours;
	nsec at = hours->position * NSEC_PER_SEC;
	struct delays none = delays_empty();

	if (at < work->next.hour - filing->options.keep_hours)
		at = nsec_floor(work->next.hour - filing->options.keep_hours, NSEC_PER_HOUR);
	for (; at <= work->next.hour; at += NSEC_PER_HOUR) {
		char *text = update_next(hours);
		if (text == NULL)
			return false;
		size_t len = series_hour_row(at, at == work->next.hour ? &work->open : &none, text);
		update_take(hours, len, (at + NSEC_PER_HOUR) / NSEC_PER_SEC);
	}
	return true;
}

static enum err open_hours(struct filing *filing, struct work *work)
{
	char file[SPOOL_FILE];
	struct update_target target = {
		.folder = filing->folder,
		.file = file,
		.layout = &filing->layouts.histograms,
		.start = work->next.hour / NSEC_PER_SEC,
		.syncing = filing->options.syncing,
	};

	snprintf(file, sizeof(file), "%s.hist.rrd", work->task->stem);
	enum err rc = open_file(filing, &work->hours, &target);
	/* The clock was far ahead once and the spool was lost: it would refuse every honest hour.
	 */
	if (rc == E_OK && work->hours.position * NSEC_PER_SEC > work->next.hour &&
	    work->next.hour >= work->next.hours_until)
		rc = update_begin_anew(&work->hours, &target, "its hours lie in the future",
				       &filing->quarantined_now);
	return rc;
}

/* Closes the open hour if the slot lies in a later one: nothing else proves that no slot of that
 * hour is to come. E_FULL: not in this cycle any more. */
static enum err pass_hour(struct filing *filing, struct work *work, const struct summary *slot)
{
	nsec hour = nsec_floor(slot->from, NSEC_PER_HOUR);

	if (work->next.hour == hour)
		return E_OK;
	if (work->next.hour != NSEC_UNDEFINED && hour > work->next.hour) {
		enum err rc = work->hours.fd < 0 ? open_hours(filing, work) : E_OK;
		if (rc != E_OK)
			return rc;
		if (!plan_hour_rows(filing, work))
			return E_FULL;
		work->next.hours_until = work->next.hour + NSEC_PER_HOUR;
	}
	work->next.hour = hour;
	work->open = delays_empty();
	return E_OK;
}

static bool takes_part(const struct work *work)
{
	return work->curves.count > 0 || work->hours.count > 0 || work->planned > work->done;
}

/* Everything that a slot needs: its file, its hour, its row. E_FULL: not in this cycle any more. */
static enum err plan_slot(struct filing *filing, struct work *work, const struct slot *slot)
{
	enum err rc = pass_hour(filing, work, &slot->summary);

	if (rc != E_OK)
		return rc;
	if (!plan_curve_row(filing, work, &slot->summary))
		return E_FULL;
	delays_merge(&work->open, &slot->delays);
	work->next.filed_until = slot->summary.until;
	work->planned++;
	return E_OK;
}

/* Plans as many slots as one update of each file takes. */
static enum err plan(struct filing *filing, struct work *work)
{
	while (work->planned < work->intake.count) {
		const struct slot *slot = &work->intake.slots[work->planned].slot;
		nsec length = slot->summary.until - slot->summary.from;
		enum err rc = E_OK;
		if (work->curves.fd >= 0 && length != work->next.interval)
			return E_OK;
		if (work->curves.fd < 0) {
			rc = ready_curves(filing, work, &slot->summary);
			if (rc == E_OK && lacks_rows(work)) {
				rc = file_again(filing, work);
				if (rc != E_OK)
					return rc;
				continue;
			}
		}
		if (rc == E_OK)
			rc = plan_slot(filing, work, slot);
		if (rc != E_OK)
			return rc == E_FULL && takes_part(work) ? E_OK : rc;
	}
	return E_OK;
}

/* The rows whose hours the histograms hold are needed no more, from the newest of them backwards.
 */
static enum err free_rows(struct filing *filing, const struct work *work)
{
	const struct loaded *slots = work->intake.slots;
	size_t i = work->planned;
	enum err rc = E_OK;

	if (work->next.hours_until == work->task->filed->hours_until || work->intake.count == 0)
		return E_OK;
	while (i > 0 && slots[i - 1].slot.summary.from >= work->next.hours_until)
		i--;
	/* What was loaded need not be looked up, unless a row between was passed over. */
	for (; i > 1 && slots[i - 1].previous == slots[i - 2].id && rc == E_OK; i--)
		rc = discard_add_row(&filing->discard, slots[i - 1].id);
	if (rc != E_OK)
		return rc;
	return discard_add(&filing->discard, filing->options.spool,
			   i > 0 ? slots[i - 1].id : slots[0].previous);
}

static enum err save_undo(struct filing *filing, const struct work *work)
{
	struct spool *spool = filing->options.spool;
	enum err rc = E_OK;

	if (work->curves.count > 0)
		rc = update_save_undo(&work->curves, spool);
	if (rc == E_OK && work->hours.count > 0)
		rc = update_save_undo(&work->hours, spool);
	return rc;
}

static enum err settle(struct filing *filing, const struct work *work)
{
	struct spool *spool = filing->options.spool;
	struct spool_series progress = {
		.id = work->task->series,
		.filed_until = work->next.filed_until,
		.hours_until = work->next.hours_until,
	};
	enum err rc = E_OK;

	if (work->task->result == E_OK) {
		rc = spool_save_filed(spool, &progress);
		if (rc == E_OK)
			rc = free_rows(filing, work);
	}
	if (rc == E_OK && work->curves.count > 0)
		rc = spool_free_undo(spool, work->curves.file);
	if (rc == E_OK && work->hours.count > 0)
		rc = spool_free_undo(spool, work->hours.file);
	return rc;
}

/* One transaction over all that take part. */
static enum err together(struct filing *filing, size_t count,
			 enum err (*step)(struct filing *, const struct work *))
{
	struct spool *spool = filing->options.spool;
	enum err rc = spool_begin(spool);

	if (rc != E_OK)
		return rc;
	for (size_t i = 0; i < count && rc == E_OK; i++)
		if (takes_part(&filing->works[i]))
			rc = step(filing, &filing->works[i]);
	if (rc == E_OK)
		rc = discard_run(&filing->discard, spool);
	if (rc == E_OK)
		return spool_commit(spool);
	discard_clear(&filing->discard);
	spool_rollback(spool);
	return rc;
}

static void apply(struct filing *filing, struct work *work)
{
	enum err rc = E_OK;

	if (work->curves.count > 0)
		rc = update_apply(&work->curves, filing->folder, &filing->quarantined_now);
	if (rc == E_OK && work->hours.count > 0)
		rc = update_apply(&work->hours, filing->folder, &filing->quarantined_now);
	work->task->result = rc;
}

/* Makes what was appended durable. One sync of the file system costs less than those of more files
 * than a few: each of them ends with a flush of the disk. */
static enum err sync_files(const struct filing *filing, struct update *const *files, size_t count)
{
	enum { FEW = 4 };

	if (filing->options.syncing == SYNCING_NEVER)
		return E_OK;
	if (count > FEW)
		return syncfs(filing->folder_fd) == 0 ? E_OK : err_from_errno(errno);
	for (size_t i = 0; i < count; i++)
		if (fdatasync(files[i]->fd) != 0)
			return err_from_errno(errno);
	return E_OK;
}

static enum err sync_cycle(struct filing *filing, size_t count)
{
	struct update *files[2 * FILING_GROUP];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct work *work = &filing->works[i];
		if (work->curves.applied)
			files[used++] = &work->curves;
		if (work->hours.applied)
			files[used++] = &work->hours;
	}
	enum err rc = sync_files(filing, files, used);
	for (size_t i = 0; i < used && rc != E_OK; i++)
		update_take_back(files[i], filing->folder, &filing->quarantined_now);
	return rc;
}

static void fail_all(struct filing *filing, size_t count, enum err rc)
{
	for (size_t i = 0; i < count; i++)
		if (filing->works[i].task->result == E_OK)
			filing->works[i].task->result = rc;
}

static enum err keep_cycle(struct work *work)
{
	struct filed *filed = work->task->filed;

	filed->filed_until = work->next.filed_until;
	filed->hours_until = work->next.hours_until;
	work->done = work->planned;
	return filed_keep_hour(filed, work->next.hour, &work->open);
}

static void finish_cycle(struct filing *filing, struct work *work)
{
	if (work->task->result == E_OK && takes_part(work)) {
		filing->filed += work->planned - work->done;
		work->task->result = keep_cycle(work);
	}
	update_close(&work->curves);
	update_close(&work->hours);
}

/* true while something is left to be done. */
static bool run_cycle(struct filing *filing, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		struct work *work = &filing->works[i];
		if (work->task->result == E_OK && work->done < work->intake.count)
			work->task->result = plan(filing, work);
		if (work->task->result != E_OK) {
			update_close(&work->curves);
			update_close(&work->hours);
			work->planned = work->done;
		}
		update_fetch(&work->curves);
		update_fetch(&work->hours);
		any = any || takes_part(work);
	}
	if (!any)
		return false;
	enum err rc = together(filing, count, save_undo);
	if (rc == E_OK) {
		for (size_t i = 0; i < count; i++)
			if (takes_part(&filing->works[i]))
				apply(filing, &filing->works[i]);
		rc = sync_cycle(filing, count);
	}
	if (rc == E_OK)
		rc = together(filing, count, settle);
	if (rc != E_OK)
		fail_all(filing, count, rc);
	for (size_t i = 0; i < count; i++)
		finish_cycle(filing, &filing->works[i]);
	return rc == E_OK;
}

void filing_run(struct filing *filing, struct filing_task *tasks, size_t count)
{
	filing->quarantined_now = 0;
	for (size_t i = 0; i < count; i++) {
		filing->works[i].task = &tasks[i];
		tasks[i].result = load(filing, &filing->works[i]);
	}
	while (run_cycle(filing, count))
		;
	for (size_t i = 0; i < count; i++)
		intake_finish(&filing->works[i].intake);
	filing->quarantined += filing->quarantined_now;
}
