/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/series.h"
#include "collector/store/view_inside.h"

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

/* What the file should hold of span and does not. */
static enum err find_in_file(struct view *view, const char *file, const struct ring_layout *layout,
			     struct period span, struct period *gone)
{
	struct ring_head head;
	enum err rc = view_read_head(view, file, layout, &head);

	if (rc != E_OK && rc != E_NOT_FOUND && rc != E_CORRUPT)
		return rc;
	if (rc == E_OK) {
		int64_t held = (int64_t)(head.rows[0] - layout->margin) * layout->step;
		nsec oldest = (head.updated - held) * NSEC_PER_SEC;
		if (span.until > oldest)
			span.until = oldest;
	}
	if (!is_empty(span))
		add_gone(gone, span);
	return E_OK;
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
		if (!is_empty(span))
			rc = find_in_file(view, epoch->file, &layout, span, gone);
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
	return find_in_file(view, file, &layout, span, gone);
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
