/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/edition.h"

#include "collector/store/home.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 32 };

static void name_of(uint32_t edition, char out[NAME])
{
	if (edition == 1)
		snprintf(out, NAME, "facts.db");
	else
		snprintf(out, NAME, "facts.%" PRIu32 ".db", edition);
}

/* 0 for the name of anything else. */
static uint32_t edition_of(const char *file)
{
	char name[NAME];
	uint32_t edition = 0;

	if (strcmp(file, "facts.db") == 0)
		return 1;
	if (sscanf(file, "facts.%9" SCNu32 ".db", &edition) != 1 || edition < 2)
		return 0;
	name_of(edition, name);
	return strcmp(file, name) == 0 ? edition : 0;
}

enum err edition_folder(const char *data, const char *month, char out[PATH_MAX])
{
	char reports[PATH_MAX];
	enum err rc = home_path(data, "reports", reports, sizeof(reports));

	return rc == E_OK ? home_path(reports, month, out, PATH_MAX) : rc;
}

enum err edition_path(const char *data, const char *month, uint32_t edition, char out[PATH_MAX])
{
	char folder[PATH_MAX];
	char name[NAME];
	enum err rc = edition_folder(data, month, folder);

	name_of(edition, name);
	return rc == E_OK ? home_path(folder, name, out, PATH_MAX) : rc;
}

enum err edition_newest(const char *data, const char *month, uint32_t *out)
{
	char folder[PATH_MAX];
	const struct dirent *entry;
	uint32_t newest = 0;
	enum err rc = edition_folder(data, month, folder);

	if (rc != E_OK)
		return rc;
	DIR *listing = opendir(folder);
	if (listing == NULL)
		return errno == ENOTDIR ? E_NOT_FOUND : err_from_errno(errno);
	while ((entry = readdir(listing)) != NULL) {
		uint32_t edition = edition_of(entry->d_name);
		if (edition > newest)
			newest = edition;
	}
	closedir(listing);
	if (newest == 0)
		return E_NOT_FOUND;
	*out = newest;
	return E_OK;
}
