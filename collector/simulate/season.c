/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/season.h"

enum err season_init(struct season *season, const struct config *config, struct archive *archive)
{
	struct window_list windows;

	*season = (struct season){0};
	timetable_take(&season->timetable, config);
	enum err rc = maintenance_create(&season->maintenance);
	if (rc != E_OK)
		return rc;
	maintenance_configure(season->maintenance, config);
	rc = windows_read(archive, &windows);
	if (rc == E_OK)
		maintenance_take(season->maintenance, &windows);
	return rc;
}

void season_finish(struct season *season)
{
	maintenance_destroy(season->maintenance);
	season->maintenance = NULL;
}
