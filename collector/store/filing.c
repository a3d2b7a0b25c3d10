/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/filing.h"
#include "collector/base/log.h"
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

/* The layout of the curves of one interval; there are few intervals. */
struct curves {
	nsec interval;
	struct ring_layout layout;
	struct curves *next;
};

struct loaded {
	int64_t id;
	int64_t previous;
	struct slot slot;
};

/* One series in a run. */
struct work {
	struct filing_task *task;
	struct filed next;    /* what holds once the cycle is through */
	struct loaded *slots; /* oldest first */
	size_t count;
	size_t done;	/* slots filed */
	size_t planned; /* slots filed or part of this cycle */
	struct update curves;
	struct update hours;
};

struct filing {
	struct filing_options options;
	char *folder;
	int folder_fd;
	struct curves *layouts;
	struct ring_layout histograms;
	struct work works[FILING_GROUP];
	_Atomic uint64_t filed;
	uint64_t quarantined_now; /* in this run */
	_Atomic uint64_t quarantined;
};

struct filed filed_none(uint32_t series, const char *stem)
{
	return (struct filed){
		.series = series,
		.stem = stem,
		.filed_until = NSEC_UNDEFINED,
		.hours_until = NSEC_UNDEFINED,
		.hour = NSEC_UNDEFINED,
		.open = delays_empty(),
	};
}

void filed_finish(struct filed *filed)
{
	free(filed->file);
	filed->file = NULL;
}

void filed_recall(struct filed *filed, const struct slot *slot)
{
	nsec hour = nsec_floor(slot->summary.from, NSEC_PER_HOUR);

	if (hour != filed->hour) {
		filed->hour = hour;
		filed->open = delays_empty();
	}
	delays_merge(&filed->open, &slot->delays);
}

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
	filing->histograms = series_histograms(options->keep_hours);
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
	while (filing->layouts != NULL) {
		struct curves *next = filing->layouts->next;
		free(filing->layouts);
		filing->layouts = next;
	}
	if (filing->folder_fd >= 0)
		close(filing->folder_fd);
	free(filing->folder);
	free(filing);
}

struct filing_counters filing_counters(const struct filing *filing)
{
	return (struct filing_counters){.filed = filing->filed, .quarantined = filing->quarantined};
}

static const struct ring_layout *curves_layout(struct filing *filing, nsec interval)
{
	struct curves *curves = filing->layouts;

	while (curves != NULL && curves->interval != interval)
		curves = curves->next;
	if (curves != NULL)
		return &curves->layout;
	curves = calloc(1, sizeof(*curves));
	if (curves == NULL)
		return NULL;
	curves->interval = interval;
	curves->layout =
		series_curves(interval, filing->options.keep_slots, filing->options.keep_hours);
	curves->next = filing->layouts;
	filing->layouts = curves;
	return &curves->layout;
}

/* Reads the slots that are not filed yet, from the newest backwards, then turns them round. */
static enum err load(struct filing *filing, struct work *work)
{
	struct spool *spool = filing->options.spool;
	size_t capacity = 0;
	struct spool_row row;
	enum err rc = spool_begin_reading(spool);

	if (rc != E_OK)
		return rc;
	for (int64_t id = work->task->newest; id > 0; id = row.previous) {
		struct slot slot;
		rc = spool_read(spool, id, &row);
		if (rc != E_OK)
			break;
		rc = slot_decode(row.octets, row.len, &slot);
		if (rc != E_OK) {
			log_error("store", "%s: slot %" PRId64 " in the spool passed over: %s",
				  work->next.stem, id, err_text(rc));
			rc = E_OK;
			continue;
		}
		if (slot.summary.from < work->next.filed_until)
			break;
		if (work->count == capacity) {
			capacity = capacity == 0 ? 64 : 2 * capacity;
			struct loaded *more = realloc(work->slots, capacity * sizeof(*more));
			if (more == NULL) {
				rc = E_MEMORY;
				break;
			}
			work->slots = more;
		}
		work->slots[work->count++] = (struct loaded){id, row.previous, slot};
	}
	spool_rollback(spool);
	for (size_t i = 0, j = work->count; i + 1 < j; i++) {
		struct loaded swapped = work->slots[i];
		work->slots[i] = work->slots[--j];
		work->slots[j] = swapped;
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err open_curves(struct filing *filing, struct work *work, nsec from)
{
	nsec grid = work->next.interval > NSEC_PER_HOUR ? work->next.interval : NSEC_PER_HOUR;
	struct update_target target = {
		.folder = filing->folder,
		.file = work->next.file,
		.layout = curves_layout(filing, work->next.interval),
		/* A whole hour, so that its average is one over all of its slots. */
		.start = nsec_floor(from, grid) / NSEC_PER_SEC,
	};

	if (target.layout == NULL)
		return E_MEMORY;
	return update_open(&work->curves, &target, &filing->quarantined_now);
}

/* From now on slots go to another file; the old one stays as it is. */
static enum err start_epoch(struct filing *filing, struct work *work, const struct summary *slot)
{
	struct spool_epoch epoch = {
		.series = work->next.series,
		.interval = slot->until - slot->from,
		.from = slot->from,
	};

	if (work->next.interval == 0)
		snprintf(epoch.file, sizeof(epoch.file), "%s.rrd", work->next.stem);
	else
		snprintf(epoch.file, sizeof(epoch.file), "%s@%" PRId64 ".rrd", work->next.stem,
			 slot->from / NSEC_PER_SEC);
	char *file = strdup(epoch.file);
	if (file == NULL)
		return E_MEMORY;
	enum err rc = spool_begin(filing->options.spool);
	if (rc == E_OK) {
		rc = spool_add_epoch(filing->options.spool, &epoch);
		if (rc == E_OK)
			rc = spool_commit(filing->options.spool);
		else
			spool_rollback(filing->options.spool);
	}
	if (rc != E_OK) {
		free(file);
		return rc;
	}
	if (work->next.interval != 0)
		log_info("store", "%s: slots of %" PRId64 " s go to %s from now on",
			 work->next.stem, epoch.interval / NSEC_PER_SEC, epoch.file);
	/* The epoch is on disk: it holds even if the rest of the cycle fails. */
	free(work->task->filed->file);
	work->next.file = work->task->filed->file = file;
	work->next.interval = work->task->filed->interval = epoch.interval;
	work->next.seen = work->task->filed->seen = false;
	return E_OK;
}

/* A file that already reaches beyond a slot never filed: the clock was far ahead once, or the
 * spool was lost. It would refuse every honest slot. */
static bool lies_ahead(const struct work *work, const struct summary *slot)
{
	return !work->next.seen && slot->until / NSEC_PER_SEC <= work->curves.position;
}

static enum err ready_curves(struct filing *filing, struct work *work, const struct summary *slot)
{
	enum err rc = E_OK;

	if (work->next.interval != slot->until - slot->from)
		rc = start_epoch(filing, work, slot);
	if (rc == E_OK)
		rc = open_curves(filing, work, slot->from);
	if (rc == E_OK && lies_ahead(work, slot)) {
		log_warn("store",
			 "%s: %s reaches beyond the slots to be filed; it is kept as it is",
			 work->next.stem, work->next.file);
		update_close(&work->curves);
		rc = start_epoch(filing, work, slot);
		if (rc == E_OK)
			rc = open_curves(filing, work, slot->from);
	}
	if (rc == E_OK)
		work->next.seen = work->task->filed->seen = true;
	return rc;
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
	nsec kept = nsec_floor(slot->from - filing->options.keep_slots,
			       step > NSEC_PER_HOUR ? step : NSEC_PER_HOUR);

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
		size_t len =
			series_hour_row(at, at == work->next.hour ? &work->next.open : &none, text);
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
		.layout = &filing->histograms,
		.start = work->next.hour / NSEC_PER_SEC,
	};

	snprintf(file, sizeof(file), "%s.hist.rrd", work->next.stem);
	return update_open(&work->hours, &target, &filing->quarantined_now);
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
	work->next.open = delays_empty();
	return E_OK;
}

/* Plans as many slots as one update of each file takes. */
static enum err plan(struct filing *filing, struct work *work)
{
	work->next = *work->task->filed;
	work->planned = work->done;
	while (work->planned < work->count) {
		const struct slot *slot = &work->slots[work->planned].slot;
		bool same = slot->summary.until - slot->summary.from == work->next.interval;
		enum err rc = E_OK;
		if (work->curves.fd >= 0 && !same)
			return E_OK;
		if (work->curves.fd < 0)
			rc = ready_curves(filing, work, &slot->summary);
		if (rc == E_OK)
			rc = pass_hour(filing, work, &slot->summary);
		if (rc == E_FULL)
			return E_OK;
		if (rc != E_OK)
			return rc;
		if (!plan_curve_row(filing, work, &slot->summary))
			return E_OK;
		delays_merge(&work->next.open, &slot->delays);
		work->next.filed_until = slot->summary.until;
		work->planned++;
	}
	return E_OK;
}

/* Frees the rows whose hours the histograms hold, from the newest of them backwards. */
static enum err free_rows(struct spool *spool, const struct work *work)
{
	size_t i = work->planned;
	int64_t id;
	enum err rc = E_OK;

	if (work->next.hours_until == work->task->filed->hours_until || work->count == 0)
		return E_OK;
	while (i > 0 && work->slots[i - 1].slot.summary.from >= work->next.hours_until)
		i--;
	id = i > 0 ? work->slots[i - 1].id : work->slots[0].previous;
	while (id > 0 && rc == E_OK)
		rc = spool_free(spool, id, &id);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err save_undo(struct spool *spool, const struct work *work)
{
	enum err rc = E_OK;

	if (work->curves.count > 0)
		rc = update_save_undo(&work->curves, spool);
	if (rc == E_OK && work->hours.count > 0)
		rc = update_save_undo(&work->hours, spool);
	return rc;
}

static enum err settle(struct spool *spool, const struct work *work)
{
	struct spool_series progress = {
		.id = work->next.series,
		.filed_until = work->next.filed_until,
		.hours_until = work->next.hours_until,
	};
	enum err rc = E_OK;

	if (work->task->result == E_OK) {
		rc = spool_save_filed(spool, &progress);
		if (rc == E_OK)
			rc = free_rows(spool, work);
	}
	if (rc == E_OK && work->curves.count > 0)
		rc = spool_free_undo(spool, work->curves.file);
	if (rc == E_OK && work->hours.count > 0)
		rc = spool_free_undo(spool, work->hours.file);
	return rc;
}

static bool takes_part(const struct work *work)
{
	return work->curves.count > 0 || work->hours.count > 0 || work->planned > work->done;
}

/* One transaction over all that take part. */
static enum err together(struct filing *filing, size_t count,
			 enum err (*step)(struct spool *, const struct work *))
{
	struct spool *spool = filing->options.spool;
	enum err rc = spool_begin(spool);

	if (rc != E_OK)
		return rc;
	for (size_t i = 0; i < count && rc == E_OK; i++)
		if (takes_part(&filing->works[i]))
			rc = step(spool, &filing->works[i]);
	if (rc == E_OK)
		return spool_commit(spool);
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

static void finish_cycle(struct filing *filing, struct work *work)
{
	if (work->task->result == E_OK) {
		filing->filed += work->planned - work->done;
		*work->task->filed = work->next;
		work->done = work->planned;
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
		if (work->task->result == E_OK && work->done < work->count)
			work->task->result = plan(filing, work);
		if (work->task->result != E_OK) {
			update_close(&work->curves);
			update_close(&work->hours);
			work->planned = work->done;
		}
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
		struct work *work = &filing->works[i];
		work->task = &tasks[i];
		work->slots = NULL;
		work->count = work->done = work->planned = 0;
		work->next = *tasks[i].filed;
		tasks[i].result = load(filing, work);
	}
	while (run_cycle(filing, count))
		;
	for (size_t i = 0; i < count; i++) {
		if (tasks[i].result != E_OK)
			log_error("store", "%s: not filed now, kept in the spool: %s",
				  tasks[i].filed->stem, err_text(tasks[i].result));
		free(filing->works[i].slots);
		filing->works[i].slots = NULL;
	}
	filing->quarantined += filing->quarantined_now;
}
