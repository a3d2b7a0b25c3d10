/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/view.h"
#include "collector/store/home.h"
#include "collector/store/series.h"
#include "collector/store/view_inside.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A slip in a period must not ask for all memory. */
static const nsec longest_period = 40 * 366 * NSEC_PER_DAY;

enum err view_open(const char *directory, struct view **out)
{
	char path[PATH_MAX];
	struct view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		return E_MEMORY;
	enum err rc = home_path(directory, "spool.db", path, sizeof(path));
	if (rc == E_OK)
		rc = spool_open_reading(path, &view->spool);
	if (rc == E_OK)
		rc = home_path(directory, "series", path, sizeof(path));
	if (rc == E_OK && (view->folder = strdup(path)) == NULL)
		rc = E_MEMORY;
	if (rc != E_OK) {
		view_close(view);
		return rc;
	}
	*out = view;
	return E_OK;
}

void view_close(struct view *view)
{
	if (view == NULL)
		return;
	spool_close(view->spool);
	free(view->folder);
	free(view->newest);
	free(view);
}

/* --- the spool --- */

static enum err see_row(void *context, const struct spool_row *row)
{
	struct view *view = context;

	if (row->series >= view->size) {
		size_t size = (size_t)row->series * 2 + 64;
		int64_t *larger = realloc(view->newest, size * sizeof(*larger));
		if (larger == NULL)
			return E_MEMORY;
		memset(larger + view->size, 0, (size - view->size) * sizeof(*larger));
		view->newest = larger;
		view->size = size;
	}
	view->newest[row->series] = row->id;
	view->seen = row->id;
	return E_OK;
}

/* A series as one moment of the spool shows it. */
struct found {
	struct spool_series series;
	struct spool_epoch *epochs;
	size_t epoch_count;
	struct slot *slots; /* of the spool, oldest first; more than those in the period */
	size_t slot_count;
	struct period *dropped;
	size_t dropped_count;
	nsec last; /* end of the newest slot in the spool; NSEC_UNDEFINED: none */
};

static void found_finish(struct found *found)
{
	free(found->epochs);
	free(found->slots);
	free(found->dropped);
}

static void turn_round(struct slot *slots, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++, count--) {
		struct slot first = slots[i];
		slots[i] = slots[count - 1];
		slots[count - 1] = first;
	}
}

static enum err add_found(struct found *found, size_t *capacity, const struct slot *slot)
{
	if (found->slot_count == *capacity) {
		*capacity = *capacity == 0 ? 64 : 2 * *capacity;
		struct slot *more = realloc(found->slots, *capacity * sizeof(*more));
		if (more == NULL)
			return E_MEMORY;
		found->slots = more;
	}
	found->slots[found->slot_count++] = *slot;
	return E_OK;
}

/* Walks the series' slots from the newest backwards: all that are not filed, because they may begin
 * an epoch, and those filed ones that lie in the period. */
static enum err collect_slots(struct view *view, struct period period, struct found *found)
{
	uint32_t id = found->series.id;
	size_t capacity = 0;
	struct spool_row row;
	struct slot slot;

	found->last = NSEC_UNDEFINED;
	for (int64_t at = id < view->size ? view->newest[id] : 0; at > 0; at = row.previous) {
		enum err rc = spool_read(view->spool, at, &row);
		if (rc != E_OK)
			return rc == E_NOT_FOUND ? E_OK : rc;
		if (slot_decode(row.octets, row.len, &slot) != E_OK)
			continue;
		if (found->last == NSEC_UNDEFINED)
			found->last = slot.summary.until;
		bool filed = slot.summary.from < found->series.filed_until;
		if (filed && slot.summary.from < period.from)
			return E_OK;
		if (filed && slot.summary.from >= period.until)
			continue;
		rc = add_found(found, &capacity, &slot);
		if (rc != E_OK)
			return rc;
	}
	return E_OK;
}

/* Slots of another length than the newest epoch's begin one that the spool does not list yet. */
static enum err add_coming_epochs(struct found *found)
{
	for (size_t i = 0; i < found->slot_count; i++) {
		const struct summary *slot = &found->slots[i].summary;
		nsec length = slot->until - slot->from;
		size_t count = found->epoch_count;
		if (slot->from < found->series.filed_until ||
		    (count > 0 && found->epochs[count - 1].interval == length))
			continue;
		struct spool_epoch *more = realloc(found->epochs, (count + 1) * sizeof(*more));
		if (more == NULL)
			return E_MEMORY;
		found->epochs = more;
		found->epochs[found->epoch_count++] =
			(struct spool_epoch){.interval = length, .from = slot->from};
	}
	return E_OK;
}

static enum err find_now(struct view *view, const struct series_key *key, struct period period,
			 struct found *found)
{
	char text[KEY_TEXT];

	series_key_format(key, text);
	enum err rc = spool_find_series(view->spool, text, &found->series);
	if (rc == E_OK)
		rc = spool_list_epochs(view->spool, found->series.id, &found->epochs,
				       &found->epoch_count);
	if (rc == E_OK)
		rc = spool_list_dropped(view->spool, found->series.id, period, &found->dropped,
					&found->dropped_count);
	if (rc == E_OK)
		rc = spool_each_row(view->spool, view->seen, see_row, view);
	if (rc == E_OK)
		rc = collect_slots(view, period, found);
	turn_round(found->slots, found->slot_count);
	return rc == E_OK ? add_coming_epochs(found) : rc;
}

/* The spool is read before the files: what leaves it in between is in them by then. */
static enum err find(struct view *view, const struct series_key *key, struct period period,
		     struct found *out)
{
	struct found found = {0};
	enum err rc = spool_begin_reading(view->spool);

	if (rc != E_OK)
		return rc;
	rc = find_now(view, key, period, &found);
	spool_rollback(view->spool);
	if (rc != E_OK) {
		found_finish(&found);
		return rc;
	}
	*out = found;
	return E_OK;
}

static nsec later(nsec a, nsec b)
{
	return a > b ? a : b; /* NSEC_UNDEFINED is the smallest integer */
}

enum err view_find(struct view *view, const struct series_key *key, struct view_series *out)
{
	struct period nothing = {INT64_MAX, INT64_MAX};
	struct found found;
	enum err rc = find(view, key, nothing, &found);

	if (rc != E_OK)
		return rc;
	*out = (struct view_series){
		.key = *key,
		.interval = found.series.interval,
		.first_slot = found.series.first_slot,
		.first_reply = found.series.first_reply,
		.last_slot = later(found.last, found.series.filed_until),
	};
	found_finish(&found);
	return E_OK;
}

/* --- slots --- */

struct slot_list {
	struct summary *slots;
	size_t count;
	size_t capacity;
};

static enum err make_room(struct slot_list *list, size_t more)
{
	if (list->capacity - list->count >= more)
		return E_OK;
	size_t capacity = list->capacity * 2 + more;
	struct summary *larger = realloc(list->slots, capacity * sizeof(*larger));
	if (larger == NULL)
		return E_MEMORY;
	list->slots = larger;
	list->capacity = capacity;
	return E_OK;
}

/* A stretch of the period in which slots have one length. */
struct stretch {
	nsec from; /* on the grid of its slots */
	size_t count;
	nsec interval;
	const char *file; /* "": nothing was filed */
};

static enum err add_stretch(struct view *view, const struct stretch *stretch,
			    struct slot_list *list)
{
	nsec step = stretch->interval;
	size_t count = stretch->count;
	struct ring_layout layout = series_curves(step, 0, 0);
	struct view_rows wanted = {stretch->file, &layout, (stretch->from + step) / NSEC_PER_SEC,
				   count};
	double *rows = NULL;
	enum err rc = make_room(list, count);

	if (rc == E_OK && stretch->file[0] != '\0' && count > 0) {
		rows = malloc(count * CURVE_SOURCES * sizeof(*rows));
		rc = rows == NULL ? E_MEMORY : view_read_rows(view, &wanted, rows);
	}
	for (size_t i = 0; i < count && rc == E_OK; i++) {
		nsec from = stretch->from + (nsec)i * step;
		struct period slot = {from, from + step};
		list->slots[list->count++] =
			rows == NULL ? summary_absent(slot, SLOT_NO_RECORD)
				     : series_summary(rows + i * CURVE_SOURCES, slot);
	}
	free(rows);
	return rc;
}

/* The slots of one epoch up to where the next one begins. What is left there and shorter than a
 * slot is a slot of its own, so that every moment belongs to one. */
static enum err add_epoch(struct view *view, const struct spool_epoch *epoch, struct period within,
			  struct slot_list *list)
{
	nsec step = epoch->interval;
	struct stretch stretch = {nsec_ceil(within.from, step), 0, step, epoch->file};

	if (stretch.from >= within.until)
		return E_OK;
	stretch.count = (size_t)((within.until - stretch.from) / step);
	enum err rc = add_stretch(view, &stretch, list);
	nsec end = stretch.from + (nsec)stretch.count * step;
	if (rc == E_OK && end < within.until)
		rc = make_room(list, 1);
	if (rc == E_OK && end < within.until)
		list->slots[list->count++] =
			summary_absent((struct period){end, within.until}, SLOT_NO_RECORD);
	return rc;
}

static enum err add_epochs(struct view *view, const struct found *found, struct period period,
			   struct slot_list *list)
{
	struct spool_epoch none = {.interval = found->series.interval};
	const struct spool_epoch *epochs = found->epoch_count == 0 ? &none : found->epochs;
	size_t count = found->epoch_count == 0 ? 1 : found->epoch_count;
	nsec at = period.from;

	for (size_t k = 0; k < count && at < period.until; k++) {
		/* The last slot of the period may end beyond it. */
		nsec until = nsec_ceil(period.until, epochs[k].interval);
		for (size_t next = k + 1; next < count; next++)
			if (epochs[next].from < until)
				until = epochs[next].from;
		if (until <= at)
			continue;
		enum err rc = add_epoch(view, &epochs[k], (struct period){at, until}, list);
		if (rc != E_OK)
			return rc;
		at = until;
	}
	/* Cut by the next epoch the remainder may lie behind the period. */
	while (list->count > 0 && list->slots[list->count - 1].from >= period.until)
		list->count--;
	return E_OK;
}

static int compare_starts(const void *a, const void *b)
{
	nsec x = ((const struct summary *)a)->from;
	nsec y = ((const struct summary *)b)->from;
	return (x > y) - (x < y);
}

static void lay_over(const struct found *found, struct slot_list *list)
{
	for (size_t i = 0; i < found->slot_count; i++) {
		const struct summary *slot = &found->slots[i].summary;
		struct summary *place = list->count == 0 ? NULL
							 : bsearch(slot, list->slots, list->count,
								   sizeof(*slot), compare_starts);
		if (place != NULL && place->until == slot->until)
			*place = *slot;
	}
}

/* What was dropped is told by its spans: no row was ever written of it. */
static void mark_dropped(const struct found *found, struct slot_list *list)
{
	size_t at = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct summary *slot = &list->slots[i];
		while (at < found->dropped_count && found->dropped[at].until <= slot->from)
			at++;
		if (at < found->dropped_count && found->dropped[at].from < slot->until &&
		    (slot->flags & SLOT_NO_RECORD) != 0)
			slot->flags |= SLOT_DROPPED;
	}
}

enum err view_slots(struct view *view, const struct series_key *key, struct period period,
		    struct summary **out, size_t *count)
{
	struct slot_list list = {0};
	struct found found;

	if (period.from < 0 || period.until - period.from > longest_period)
		return E_RANGE;
	enum err rc = find(view, key, period, &found);
	if (rc != E_OK)
		return rc;
	rc = add_epochs(view, &found, period, &list);
	if (rc == E_OK) {
		lay_over(&found, &list);
		mark_dropped(&found, &list);
	}
	found_finish(&found);
	if (rc != E_OK) {
		free(list.slots);
		return rc;
	}
	*out = list.slots;
	*count = list.count;
	return E_OK;
}

/* --- hours --- */

struct hour_list {
	struct hour *hours;
	size_t count;
	struct period period;
};

/* Adds to the newest hour of the list or begins the next one. Room is made before. */
static void add_delays(struct hour_list *list, nsec from, const struct delays *delays)
{
	if (delays->slots == 0)
		return;
	if (list->count == 0 || list->hours[list->count - 1].from != from)
		list->hours[list->count++] = (struct hour){.from = from, .delays = delays_empty()};
	delays_merge(&list->hours[list->count - 1].delays, delays);
}

static enum err add_filed_hours(struct view *view, const struct found *found, nsec from,
				struct hour_list *list)
{
	nsec until = nsec_ceil(list->period.until, NSEC_PER_HOUR);
	struct ring_layout layout = series_histograms(0);
	char file[SPOOL_FILE];

	if (until > found->series.hours_until)
		until = found->series.hours_until;
	if (from >= until)
		return E_OK;
	snprintf(file, sizeof(file), "%s.hist.rrd", found->series.key);
	struct view_rows wanted = {file, &layout, (from + NSEC_PER_HOUR) / NSEC_PER_SEC,
				   (size_t)((until - from) / NSEC_PER_HOUR)};
	double *rows = malloc(wanted.count * HOUR_SOURCES * sizeof(*rows));
	if (rows == NULL)
		return E_MEMORY;
	enum err rc = view_read_rows(view, &wanted, rows);
	for (size_t i = 0; i < wanted.count && rc == E_OK; i++, from += NSEC_PER_HOUR) {
		struct delays delays = series_delays(rows + i * HOUR_SOURCES);
		size_t before = list->count;
		add_delays(list, from, &delays);
		if (list->count > before)
			list->hours[before].beyond = from < list->period.from ||
						     from + NSEC_PER_HOUR > list->period.until;
	}
	free(rows);
	return rc;
}

static void add_open_hours(const struct found *found, struct hour_list *list)
{
	for (size_t i = 0; i < found->slot_count; i++) {
		const struct slot *slot = &found->slots[i];
		nsec hour = nsec_floor(slot->summary.from, NSEC_PER_HOUR);
		if (slot->summary.from < list->period.from ||
		    slot->summary.from >= list->period.until || hour < found->series.hours_until)
			continue;
		add_delays(list, hour, &slot->delays);
	}
}

enum err view_hours(struct view *view, const struct series_key *key, struct period period,
		    struct hour **out, size_t *count)
{
	struct hour_list list = {.period = period};
	struct found found;

	if (period.from < 0 || period.until - period.from > longest_period)
		return E_RANGE;
	enum err rc = find(view, key, period, &found);
	if (rc != E_OK)
		return rc;
	nsec from = nsec_floor(period.from, NSEC_PER_HOUR);
	size_t most =
		period.until <= from ? 1 : (size_t)((period.until - from) / NSEC_PER_HOUR + 2);
	list.hours = calloc(most, sizeof(*list.hours));
	rc = list.hours == NULL ? E_MEMORY : add_filed_hours(view, &found, from, &list);
	if (rc == E_OK)
		add_open_hours(&found, &list);
	found_finish(&found);
	if (rc != E_OK) {
		free(list.hours);
		return rc;
	}
	*out = list.hours;
	*count = list.count;
	return E_OK;
}
