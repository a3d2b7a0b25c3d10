/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/recovery.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/store/home.h"
#include "collector/store/ring.h"
#include "collector/store/update.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* A spool that cannot be read must not stop the measuring. */
static enum err set_spool_aside(const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	int64_t now = clock_realtime() / NSEC_PER_SEC;

	for (size_t i = 0; i < 3; i++) {
		char from[PATH_MAX];
		char to[PATH_MAX];
		snprintf(from, sizeof(from), "%s%s", path, tails[i]);
		int len = snprintf(to, sizeof(to), "%s.damaged-%" PRId64 "%s", path, now, tails[i]);
		if (len < 0 || (size_t)len >= sizeof(to))
			return E_RANGE;
		if (rename(from, to) != 0 && errno != ENOENT)
			return err_from_errno(errno);
	}
	log_error("store",
		  "%s is damaged: set aside as *.damaged-%" PRId64
		  " and begun anew. Slots that were "
		  "not in the series files yet are missing from reports: try sqlite3's .recover on "
		  "it",
		  path, now);
	return E_OK;
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
	rc = load_spool(&recovered, path, folder);
	if (rc == E_CORRUPT) {
		rc = set_spool_aside(path);
		if (rc != E_OK)
			return rc;
		recovered.quarantined = 1;
		rc = load_spool(&recovered, path, folder);
	}
	if (rc == E_OK)
		*out = recovered;
	return rc;
}
