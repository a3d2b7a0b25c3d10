/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/update.h"
#include "collector/base/clock.h"
#include "collector/store/disk.h"
#include "collector/store/quarantine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum err update_init(struct update *update, size_t limit, size_t row_size)
{
	*update = (struct update){.fd = -1, .limit = limit, .row_size = row_size};
	update->text = malloc(limit * row_size);
	update->rows = calloc(limit, sizeof(*update->rows));
	if (update->text != NULL && update->rows != NULL)
		return E_OK;
	update_finish(update);
	return E_MEMORY;
}

void update_finish(struct update *update)
{
	update_close(update);
	free(update->text);
	free(update->rows);
	update->text = NULL;
	update->rows = NULL;
}

void update_close(struct update *update)
{
	if (update->fd >= 0)
		close(update->fd);
	free(update->image);
	update->image = NULL;
	update->fd = -1;
	update->used = 0;
	update->count = 0;
	update->applied = false;
}

static enum err set_aside(const char *folder, const char *file, const char *why)
{
	const struct quarantined quarantined = {
		.folder = folder,
		.file = file,
		.why = why,
		.at = clock_realtime(),
		.lost = "The series goes on in a new file; what this one held is missing from "
			"reports. If there is a copy: stop the program, put it in its place, "
			"start again",
	};

	return quarantine_take(&quarantined);
}

/* A file that may not be opened in a folder that may be written. */
static bool must_be_ours(const char *path)
{
	char folder[PATH_MAX];

	return disk_folder(path, folder, sizeof(folder)) == E_OK &&
	       access(folder, R_OK | W_OK | X_OK) == 0;
}

/* E_NOT_FOUND, E_CORRUPT with why, or a system's refusal. */
static enum err open_checked(struct update *update, const char *path, char why[RING_WHY])
{
	int fd = -1;
	enum err rc = ring_open(path, O_RDWR, &fd, why);

	if (rc == E_PERMISSION && must_be_ours(path)) {
		snprintf(why, RING_WHY, "its owner or mode keeps this program out");
		return E_CORRUPT;
	}
	if (rc != E_OK)
		return rc;
	rc = ring_read_head(fd, update->layout, &update->image, &update->head, why);
	if (rc != E_OK) {
		close(fd);
		return rc;
	}
	update->fd = fd;
	update->position = update->head.updated;
	return E_OK;
}

enum err update_open(struct update *update, const struct update_target *target,
		     uint64_t *quarantined)
{
	char path[PATH_MAX];
	char why[RING_WHY];

	assert(update->fd < 0);
	int len = snprintf(path, sizeof(path), "%s/%s", target->folder, target->file);
	if (len < 0 || (size_t)len >= sizeof(path) || strlen(target->file) >= SPOOL_FILE)
		return E_RANGE;
	snprintf(update->file, sizeof(update->file), "%s", target->file);
	update->layout = target->layout;
	enum err rc = open_checked(update, path, why);
	if (rc == E_CORRUPT) {
		rc = set_aside(target->folder, target->file, why);
		if (rc != E_OK)
			return rc;
		*quarantined += 1;
		rc = E_NOT_FOUND;
	}
	if (rc != E_NOT_FOUND)
		return rc;
	rc = ring_create(path, target->layout, target->start, target->syncing);
	return rc == E_OK ? open_checked(update, path, why) : rc;
}

enum err update_begin_anew(struct update *update, const struct update_target *target,
			   const char *why, uint64_t *quarantined)
{
	update_close(update);
	enum err rc = set_aside(target->folder, target->file, why);
	if (rc != E_OK)
		return rc;
	*quarantined += 1;
	return update_open(update, target, quarantined);
}

char *update_next(struct update *update)
{
	if (update->count == update->limit)
		return NULL;
	return update->text + update->used;
}

void update_take(struct update *update, size_t len, int64_t until)
{
	assert(len < update->row_size);
	update->rows[update->count++] = update->text + update->used;
	update->used += len + 1;
	update->position = until;
}

void update_fetch(const struct update *update)
{
	if (update->count > 0)
		ring_fetch(update->fd, update->layout, &update->head, update->count);
}

enum err update_save_undo(const struct update *update, struct spool *spool)
{
	return spool_save_undo(spool, update->file, update->image, update->head.len);
}

static enum err write_head(int fd, const void *octets, size_t len)
{
	enum err rc = disk_write(fd, octets, len, 0);

	return rc == E_OK && fdatasync(fd) != 0 ? err_from_errno(errno) : rc;
}

static enum err lock_wholly(int fd)
{
	while (flock(fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return err_from_errno(errno);
	return E_OK;
}

/* A header that cannot be put back must not become the next image. */
static void put_back(struct update *update, const char *folder, uint64_t *quarantined)
{
	if (write_head(update->fd, update->image, update->head.len) == E_OK)
		return;
	if (set_aside(folder, update->file, "an update failed and could not be undone") == E_OK)
		*quarantined += 1;
}

enum err update_apply(struct update *update, const char *folder, uint64_t *quarantined)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, update->file);
	enum err rc = lock_wholly(update->fd);
	if (rc != E_OK)
		return rc;
	rc = ring_blank(update->fd, update->layout, &update->head, update->count);
	if (rc == E_OK)
		rc = ring_append(path, update->rows, update->count);
	if (rc == E_OK)
		rc = ring_seal(update->fd, update->layout);
	update->applied = rc == E_OK;
	if (rc != E_OK)
		put_back(update, folder, quarantined);
	flock(update->fd, LOCK_UN);
	return rc;
}

void update_take_back(struct update *update, const char *folder, uint64_t *quarantined)
{
	if (lock_wholly(update->fd) == E_OK)
		put_back(update, folder, quarantined);
	update->applied = false;
	flock(update->fd, LOCK_UN);
}

enum err update_undo(const char *folder, const char *file, const void *octets, size_t len)
{
	char path[PATH_MAX];
	char why[RING_WHY];
	struct stat st;
	int fd = -1;

	int used = snprintf(path, sizeof(path), "%s/%s", folder, file);
	if (used < 0 || (size_t)used >= sizeof(path) || strchr(file, '/') != NULL)
		return E_CORRUPT;
	enum err rc = ring_open(path, O_RDWR, &fd, why);
	/* What is gone, or no file any more, is found so when the next slots are filed. */
	if (rc == E_NOT_FOUND || rc == E_CORRUPT || (rc == E_PERMISSION && must_be_ours(path)))
		return E_OK;
	if (rc != E_OK)
		return rc;
	rc = lock_wholly(fd);
	if (rc == E_OK && fstat(fd, &st) != 0)
		rc = err_from_errno(errno);
	/* A file too short for its header is damaged in another way: the check will say so. */
	if (rc == E_OK && st.st_size >= (off_t)len)
		rc = write_head(fd, octets, len);
	close(fd);
	return rc;
}
