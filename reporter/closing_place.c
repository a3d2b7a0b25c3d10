/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closing_place.h"

#include "collector/store/home.h"
#include "reporter/edition.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAFT ".closing-"

/* Root closes for the user that the data belong to. */
static void give_to_owner(const char *data, int fd)
{
	struct stat owner;

	if (geteuid() == 0 && stat(data, &owner) == 0 &&
	    fchown(fd, owner.st_uid, owner.st_gid) != 0)
		return; /* root may read it all the same */
}

static enum err make_folder(const char *data, const char *path)
{
	enum err rc = home_make(path);

	if (rc != E_OK)
		return rc;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_from_errno(errno);
	give_to_owner(data, fd);
	close(fd);
	return E_OK;
}

static enum err make_folders(const char *data, const char *folder)
{
	char reports[PATH_MAX];
	enum err rc = home_path(data, "reports", reports, sizeof(reports));

	if (rc == E_OK)
		rc = make_folder(data, reports);
	return rc == E_OK ? make_folder(data, folder) : rc;
}

enum err closing_place_take(const char *data, const char *month, struct closing_place *out)
{
	struct closing_place place = {.held = -1};
	enum err rc = edition_folder(data, month, place.folder);

	if (rc == E_OK)
		rc = make_folders(data, place.folder);
	if (rc != E_OK)
		return rc;
	place.held = open(place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place.held < 0)
		return err_from_errno(errno);
	if (flock(place.held, LOCK_EX | LOCK_NB) != 0) {
		rc = errno == EWOULDBLOCK ? E_BUSY : err_from_errno(errno);
		closing_place_leave(&place);
		return rc;
	}
	*out = place;
	return E_OK;
}

static void clear_drafts(const struct closing_place *place)
{
	DIR *listing = opendir(place->folder);
	const struct dirent *entry;

	if (listing == NULL)
		return;
	while ((entry = readdir(listing)) != NULL) {
		if (strncmp(entry->d_name, DRAFT, strlen(DRAFT)) == 0)
			(void)unlinkat(place->held, entry->d_name, 0);
	}
	closedir(listing);
}

enum err closing_place_begin(struct closing_place *place)
{
	char draft[PATH_MAX];
	struct stat folder;

	clear_drafts(place);
	enum err rc = home_path(place->folder, DRAFT "XXXXXX", draft, sizeof(draft));
	if (rc != E_OK)
		return rc;
	int fd = mkostemp(draft, O_CLOEXEC);
	if (fd < 0)
		return err_from_errno(errno);
	if (geteuid() == 0 && fstat(place->held, &folder) == 0)
		rc = fchown(fd, folder.st_uid, folder.st_gid) == 0 ? E_OK : err_from_errno(errno);
	close(fd);
	memcpy(place->draft, draft, sizeof(draft));
	return rc;
}

static enum err sync_draft(const struct closing_place *place, uint64_t *octets)
{
	struct stat st;
	int fd = open(place->draft, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_from_errno(errno);
	enum err rc = fsync(fd) == 0 && fstat(fd, &st) == 0 ? E_OK : err_from_errno(errno);
	close(fd);
	if (rc == E_OK)
		*octets = (uint64_t)st.st_size;
	return rc;
}

enum err closing_place_keep(struct closing_place *place, const char *path, uint64_t *octets)
{
	enum err rc = sync_draft(place, octets);

	if (rc != E_OK)
		return rc;
	if (renameat2(AT_FDCWD, place->draft, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
		return err_from_errno(errno);
	place->draft[0] = '\0';
	return fsync(place->held) == 0 ? E_OK : err_from_errno(errno);
}

void closing_place_leave(struct closing_place *place)
{
	if (place->draft[0] != '\0')
		(void)unlink(place->draft);
	place->draft[0] = '\0';
	if (place->held >= 0)
		close(place->held);
	place->held = -1;
}
