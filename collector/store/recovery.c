/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/recovery.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/store/home.h"
#include "collector/store/quarantine.h"
#include "collector/store/ring.h"
#include "collector/store/update.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static enum err undo_one(void *context, const char *file, const void *octets, size_t len)
{
	const char *folder = context;

	log_info("store", "%s: an update was broken off; its header is put back", file);
	return update_undo(folder, file, octets, len);
}

/* Puts all headers back before any is forgotten. */
static enum err undo_updates(struct spool *spool, char *folder)
{
	enum err rc = spool_begin(spool);

	if (rc != E_OK)
		return rc;
	rc = spool_each_undo(spool, undo_one, folder);
	if (rc == E_OK)
		rc = spool_free_undos(spool);
	if (rc == E_OK)
		return spool_commit(spool);
	spool_rollback(spool);
	return rc;
}

static void remove_unfinished(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *file;

	while (dir != NULL && (file = readdir(dir)) != NULL)
		if (strncmp(file->d_name, RING_UNFINISHED, strlen(RING_UNFINISHED)) == 0)
			unlinkat(dirfd(dir), file->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

static enum err load_spool(struct recovered *recovered, const char *path, char *folder)
{
	struct spool *spool;
	enum err rc = spool_open(path, &spool);

	if (rc != E_OK)
		return rc;
	rc = undo_updates(spool, folder);
	if (rc == E_OK)
		rc = roster_load(&recovered->roster, spool);
	if (rc == E_OK)
		recovered->spool = spool;
	else
		spool_close(spool);
	return rc;
}

static const char *const spool_files[] = {"spool.db", "spool.db-wal", "spool.db-shm"};

/* A spool that cannot be read must not stop the measuring. */
static enum err set_spool_aside(const char *directory, const char *why)
{
	nsec now = clock_realtime();
	enum err rc = E_OK;

	for (size_t i = 0; i < COUNT_OF(spool_files) && rc == E_OK; i++) {
		struct quarantined quarantined = {
			.folder = directory,
			.file = spool_files[i],
			.why = why,
			.lost = "Slots that were not in the series files yet are missing from "
				"reports: try sqlite3's .recover on it",
			.at = now,
		};
		rc = quarantine_take(&quarantined);
	}
	return rc;
}

static bool has_series(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *file;
	bool found = false;

	while (dir != NULL && !found && (file = readdir(dir)) != NULL) {
		const char *tail = strrchr(file->d_name, '.');
		found = tail != NULL && strcmp(tail, ".rrd") == 0;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

/* What SQLite would wait for, follow or silently begin anew. NULL: none of it. */
static const char *foreign_spool(const char *directory, const char *folder)
{
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < COUNT_OF(spool_files); i++) {
		if (home_path(directory, spool_files[i], path, sizeof(path)) != E_OK ||
		    lstat(path, &st) != 0)
			continue;
		if (!S_ISREG(st.st_mode))
			return "no regular file";
		/* Without series a start was broken off before anything was in it. */
		if (i == 0 && st.st_size == 0 && has_series(folder))
			return "empty";
	}
	return NULL;
}

enum err recover_spool(const char *directory, struct recovered *out)
{
	struct recovered recovered = {0};
	char path[PATH_MAX];
	char folder[PATH_MAX];
	enum err rc = home_path(directory, "series", folder, sizeof(folder));

	if (rc == E_OK)
		rc = home_path(directory, "spool.db", path, sizeof(path));
	if (rc != E_OK)
		return rc;
	remove_unfinished(folder);
	const char *why = foreign_spool(directory, folder);
	rc = why == NULL ? load_spool(&recovered, path, folder) : E_CORRUPT;
	if (rc == E_CORRUPT) {
		rc = set_spool_aside(directory, why == NULL ? "damaged" : why);
		if (rc != E_OK)
			return rc;
		recovered.quarantined = 1;
		rc = load_spool(&recovered, path, folder);
	}
	if (rc == E_OK)
		*out = recovered;
	return rc;
}

enum err recover_files(const char *directory)
{
	struct spool *spool = NULL;
	char path[PATH_MAX];
	char folder[PATH_MAX];
	struct stat st;
	enum err rc = home_path(directory, "series", folder, sizeof(folder));

	if (rc == E_OK)
		rc = home_path(directory, "spool.db", path, sizeof(path));
	if (rc != E_OK)
		return rc;
	remove_unfinished(folder);
	if (foreign_spool(directory, folder) != NULL)
		return E_CORRUPT;
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? E_OK : err_from_errno(errno);
	rc = spool_open(path, &spool);
	if (rc != E_OK)
		return rc;
	rc = undo_updates(spool, folder);
	spool_close(spool);
	return rc;
}
