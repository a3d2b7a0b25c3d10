/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/series.h"
#include "collector/store/view_inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct period cut(struct period period, struct period by)
{
	if (period.from < by.from)
		period.from = by.from;
	if (period.until > by.until)
		period.until = by.until;
	return period;
}

static bool is_empty(struct period period)
{
	return period.from >= period.until;
}

/* From the first to the last of what is gone. */
static void add_gone(struct period *gone, struct period more)
{
	if (is_empty(*gone)) {
		*gone = more;
		return;
	}
	if (more.from < gone->from)
		gone->from = more.from;
	if (more.until > gone->until)
		gone->until = more.until;
}

/* Every row up to the newest was written, gaps as rows of their own: one that holds nothing has
 * expired, or was in a file that this one has taken the place of. */
static void add_unwritten(const struct view_rows *rows, const double *values, struct period *gone)
{
	nsec step = rows->layout->step * NSEC_PER_SEC;

	for (size_t i = 0; i < rows->count; i++) {
		nsec until = rows->first_end * NSEC_PER_SEC + (nsec)i * step;
		if (isnan(values[i * rows->layout->sources]))
			add_gone(gone, (struct period){until - step, until});
	}
}

/* What the file should hold of span, as far as it reaches, and does not. */
static enum err find_in_file(struct view *view, struct view_rows *rows, struct period span,
			     struct period *gone)
{
	nsec step = rows->layout->step * NSEC_PER_SEC;
	struct ring_head head;
	enum err rc = view_read_head(view, rows->file, rows->layout, &head);

	if (rc == E_NOT_FOUND || rc == E_CORRUPT) {
		add_gone(gone, span);
		return E_OK;
	}
	if (rc != E_OK)
		return rc;
	span = cut(span, (struct period){0, head.updated * NSEC_PER_SEC});
	nsec first = nsec_ceil(span.from, step);
	if (first + step > span.until)
		return E_OK;
	rows->first_end = (first + step) / NSEC_PER_SEC;
	rows->count = (size_t)((span.until - first) / step);
	double *values = malloc(rows->count * rows->layout->sources * sizeof(*values));
	if (values == NULL)
		return E_MEMORY;
	rc = view_read_rows(view, rows, values);
	if (rc == E_OK)
		add_unwritten(rows, values, gone);
	free(values);
	return rc;
}

/* A series as the spool lists it. */
struct listed {
	struct spool_series series;
	struct spool_epoch *epochs;
	size_t count;
};

static enum err list(struct view *view, const struct series_key *key, struct listed *out)
{
	struct listed listed = {.count = 0};
	char text[KEY_TEXT];
	enum err rc = spool_begin_reading(view->spool);

	if (rc != E_OK)
		return rc;
	series_key_format(key, text);
	rc = spool_find_series(view->spool, text, &listed.series);
	if (rc == E_OK)
		rc = spool_list_epochs(view->spool, listed.series.id, &listed.epochs,
				       &listed.count);
	spool_rollback(view->spool);
	if (rc == E_OK)
		*out = listed;
	return rc;
}

static enum err find_slots(struct view *view, const struct listed *listed, struct period period,
			   struct period *gone)
{
	struct period filed = {listed->series.first_slot, listed->series.filed_until};
	enum err rc = E_OK;

	for (size_t i = 0; i < listed->count && rc == E_OK; i++) {
		const struct spool_epoch *epoch = &listed->epochs[i];
		struct ring_layout layout = series_curves(epoch->interval, 0, 0);
		nsec end = i + 1 < listed->count ? listed->epochs[i + 1].from : INT64_MAX;
		struct period span = cut(cut(period, filed), (struct period){epoch->from, end});
		struct view_rows rows = {.file = epoch->file, .layout = &layout};
		if (!is_empty(span))
			rc = find_in_file(view, &rows, span, gone);
	}
	return rc;
}

static enum err find_hours(struct view *view, const struct listed *listed, struct period period,
			   struct period *gone)
{
	struct ring_layout layout = series_histograms(0);
	struct period filed = {listed->series.first_slot, listed->series.hours_until};
	struct period span = cut(period, filed);
	char file[SPOOL_FILE];

	if (is_empty(span))
		return E_OK;
	snprintf(file, sizeof(file), "%s.hist.rrd", listed->series.key);
	struct view_rows rows = {.file = file, .layout = &layout};
	return find_in_file(view, &rows, span, gone);
}

enum err view_gone(struct view *view, const struct series_key *key, struct period period,
		   struct view_gone *out)
{
	struct view_gone gone = {{0, 0}, {0, 0}};
	struct listed listed;
	enum err rc = list(view, key, &listed);

	if (rc != E_OK)
		return rc;
	/* Nothing was ever recorded, and nothing filed, before their undefined ends. */
	if (listed.series.first_slot != NSEC_UNDEFINED) {
		rc = find_slots(view, &listed, period, &gone.slots);
		if (rc == E_OK)
			rc = find_hours(view, &listed, period, &gone.hours);
	}
	free(listed.epochs);
	if (rc == E_OK)
		*out = gone;
	return rc;
}
