/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/log.h"
#include "collector/migration.h"
#include "collector/store/home.h"
#include "collector/store/series.h"

#include <limits.h>
#include <stdio.h>

/* A run over all files. */
struct running {
	const struct migration *migration;
	const struct growth_watcher *watcher;
	struct migration_result *result;
};

uint64_t migration_work(const struct migration *migration)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < migration->count; i++) {
		const struct migration_row *row = &migration->rows[i];
		if (row->holding == NULL)
			continue;
		if (migration_grows(&row->holding->curves, &row->curves))
			octets += row->curves.after;
		if (migration_grows(&row->holding->hours, &row->hours))
			octets += row->hours.after;
	}
	return octets;
}

static enum err grow_file(const struct running *running, const struct holding_file *file,
			  const struct ring_layout *layout)
{
	char folder[PATH_MAX];
	char path[PATH_MAX];
	char why[RING_WHY] = "";

	enum err rc = home_path(running->migration->config->data, "series", folder, sizeof(folder));
	if (rc == E_OK)
		rc = home_path(folder, file->name, path, sizeof(path));
	if (rc == E_OK)
		rc = growth_run(path, layout, running->watcher, why);
	if (rc == E_OK) {
		running->result->grown++;
		return E_OK;
	}
	running->result->failed++;
	log_error("migrate", "%s has not grown and is as it was: %s%s%s", file->name, err_text(rc),
		  why[0] == '\0' ? "" : ": ", why);
	return rc == E_FULL ? rc : E_OK;
}

static enum err grow_row(const struct running *running, const struct migration_row *row)
{
	const struct config *config = running->migration->config;
	enum err rc = E_OK;

	if (row->holding == NULL)
		return E_OK;
	if (migration_grows(&row->holding->curves, &row->curves)) {
		struct ring_layout curves = series_curves(
			row->holding->interval, config->keep_slots_ns, config->keep_hours_ns);
		rc = grow_file(running, &row->holding->curves, &curves);
	}
	if (rc == E_OK && migration_grows(&row->holding->hours, &row->hours)) {
		struct ring_layout hours = series_histograms(config->keep_hours_ns);
		rc = grow_file(running, &row->holding->hours, &hours);
	}
	return rc;
}

enum err migration_run(const struct migration *migration, const struct growth_watcher *watcher,
		       struct migration_result *result)
{
	struct running running = {migration, watcher, result};

	*result = (struct migration_result){0};
	for (size_t i = 0; i < migration->count; i++) {
		enum err rc = grow_row(&running, &migration->rows[i]);
		if (rc != E_OK)
			return rc;
	}
	return E_OK;
}
