/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/quarantine.h"
#include "collector/base/log.h"
#include "collector/store/home.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAME_SECOND_MOST = 1000 };

/* The reason is a help: that it cannot be written, on a full disk for one, stops nothing. */
static void write_why(const char *moved, const struct quarantined *q)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s.why", moved);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	dprintf(fd, "%s: %s\n%s\n", q->file, q->why, q->lost);
	close(fd);
}

static enum err move_away(const struct quarantined *q, const char *from, char moved[PATH_MAX])
{
	char more[16] = "";

	for (int i = 1; i < SAME_SECOND_MOST; i++) {
		int len = snprintf(moved, PATH_MAX, "%s/" QUARANTINE_FOLDER "/%" PRId64 "%s-%s",
				   q->folder, q->at / NSEC_PER_SEC, more, q->file);
		if (len < 0 || len >= PATH_MAX)
			return E_RANGE;
		if (renameat2(AT_FDCWD, from, AT_FDCWD, moved, RENAME_NOREPLACE) == 0)
			return E_OK;
		if (errno != EEXIST)
			return err_from_errno(errno);
		snprintf(more, sizeof(more), ".%d", i);
	}
	return E_EXISTS;
}

enum err quarantine_take(const struct quarantined *q)
{
	char from[PATH_MAX];
	char folder[PATH_MAX];
	char moved[PATH_MAX];
	enum err rc = home_path(q->folder, q->file, from, sizeof(from));

	if (rc == E_OK)
		rc = home_path(q->folder, QUARANTINE_FOLDER, folder, sizeof(folder));
	if (rc == E_OK && mkdir(folder, 0700) != 0 && errno != EEXIST)
		rc = err_from_errno(errno);
	if (rc == E_OK)
		rc = move_away(q, from, moved);
	if (rc == E_OK) {
		write_why(moved, q);
		log_error("store", "%s cannot be used: %s; set aside as %s. %s", from, q->why,
			  moved, q->lost);
	} else if (rc != E_NOT_FOUND) {
		log_error("store", "%s cannot be used: %s; and cannot be set aside: %s", from,
			  q->why, err_text(rc));
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}
