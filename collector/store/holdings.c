/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/holdings.h"
#include "collector/base/log.h"
#include "collector/store/home.h"
#include "collector/store/series.h"
#include "collector/store/view_inside.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a walk through the spool gathers. */
struct gathering {
	struct view *view;
	struct holdings *holdings;
	size_t capacity;
};

static uint64_t size_of(const struct view *view, const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	if (home_path(view->folder, file, path, sizeof(path)) != E_OK || lstat(path, &st) != 0)
		return 0;
	return (uint64_t)st.st_size;
}

static enum err add_epochs(const struct view *view, const struct spool_series *series,
			   struct holding *holding)
{
	struct spool_epoch *epochs = NULL;
	char hours[SPOOL_FILE];
	enum err rc = spool_list_epochs(view->spool, series->id, &epochs, &holding->epochs);

	if (rc != E_OK || holding->epochs == 0) {
		free(epochs);
		return rc;
	}
	size_t newest = holding->epochs - 1;
	for (size_t i = 0; i < newest; i++)
		holding->earlier += size_of(view, epochs[i].file);
	snprintf(hours, sizeof(hours), "%s.hist.rrd", series->key);
	holding->interval = epochs[newest].interval;
	holding->curves.name = strdup(epochs[newest].file);
	holding->hours.name = strdup(hours);
	free(epochs);
	return holding->curves.name == NULL || holding->hours.name == NULL ? E_MEMORY : E_OK;
}

static enum err make_room(struct gathering *gathering)
{
	struct holdings *holdings = gathering->holdings;

	if (holdings->count < gathering->capacity)
		return E_OK;
	size_t capacity = gathering->capacity == 0 ? 64 : 2 * gathering->capacity;
	struct holding *items = realloc(holdings->items, capacity * sizeof(*items));
	if (items == NULL)
		return E_MEMORY;
	holdings->items = items;
	gathering->capacity = capacity;
	return E_OK;
}

static enum err gather(void *context, const struct spool_series *series)
{
	struct gathering *gathering = context;
	struct holding holding = {.interval = 0};
	enum err rc = series_key_parse(series->key, &holding.key);

	if (rc != E_OK) {
		log_error("store", "spool.db names a series '%s', which is no key", series->key);
		return E_CORRUPT;
	}
	rc = make_room(gathering);
	if (rc != E_OK)
		return rc;
	struct holding *place = &gathering->holdings->items[gathering->holdings->count++];
	*place = holding;
	return add_epochs(gathering->view, series, place);
}

static enum err look_at(struct view *view, const struct ring_layout *layout,
			struct holding_file *file)
{
	if (file->name == NULL)
		return E_OK;
	enum err rc = view_read_head(view, file->name, layout, &file->head);
	if (rc != E_OK && rc != E_NOT_FOUND && rc != E_CORRUPT)
		return rc;
	file->state = rc == E_OK	  ? HOLDING_GOOD
		      : rc == E_NOT_FOUND ? HOLDING_NONE
					  : HOLDING_DAMAGED;
	file->octets = size_of(view, file->name);
	return E_OK;
}

static enum err look_at_all(struct view *view, struct holdings *holdings)
{
	const struct ring_layout hours = series_histograms(0);
	enum err rc = E_OK;

	for (size_t i = 0; i < holdings->count && rc == E_OK; i++) {
		struct holding *holding = &holdings->items[i];
		if (holding->interval == 0)
			continue;
		const struct ring_layout curves = series_curves(holding->interval, 0, 0);
		rc = look_at(view, &curves, &holding->curves);
		if (rc == E_OK)
			rc = look_at(view, &hours, &holding->hours);
	}
	return rc;
}

enum err holdings_read(const char *directory, struct holdings *out)
{
	struct holdings holdings = {0};
	struct gathering gathering = {.holdings = &holdings};
	enum err rc = view_open(directory, &gathering.view);

	if (rc == E_NOT_FOUND) {
		*out = holdings;
		return E_OK;
	}
	if (rc != E_OK)
		return rc;
	rc = spool_begin_reading(gathering.view->spool);
	if (rc == E_OK) {
		rc = spool_each_series(gathering.view->spool, gather, &gathering);
		spool_rollback(gathering.view->spool);
	}
	if (rc == E_OK)
		rc = look_at_all(gathering.view, &holdings);
	view_close(gathering.view);
	if (rc != E_OK) {
		holdings_finish(&holdings);
		return rc;
	}
	*out = holdings;
	return E_OK;
}

void holdings_finish(struct holdings *holdings)
{
	for (size_t i = 0; i < holdings->count; i++) {
		free(holdings->items[i].curves.name);
		free(holdings->items[i].hours.name);
	}
	free(holdings->items);
	*holdings = (struct holdings){0};
}

uint64_t holding_octets(const struct holding *holding)
{
	return holding->earlier + holding->curves.octets + holding->hours.octets;
}
