/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/log.h"
#include "collector/store/home.h"
#include "collector/store/view_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
	const struct view_rows *rows;
	double *out; /* NULL: the header alone */
	struct ring_head head;
	char path[PATH_MAX];
	char why[RING_WHY];
};

/* The header as it was before an update that is under way, or was broken off, if there is one. */
static enum err head_before(struct view *view, int fd, struct reading *reading)
{
	const struct view_rows *rows = reading->rows;
	struct ring_head *head = &reading->head;
	uint8_t *octets = NULL;
	size_t len;
	struct stat st;
	enum err rc = spool_begin_reading(view->spool);

	if (rc != E_OK)
		return rc;
	rc = spool_find_undo(view->spool, rows->file, &octets, &len);
	spool_rollback(view->spool);
	if (rc == E_NOT_FOUND)
		rc = ring_read_head(fd, rows->layout, &octets, head, reading->why);
	else if (rc == E_OK && (fstat(fd, &st) != 0 || len != ring_head_size(rows->layout)))
		rc = E_CORRUPT;
	else if (rc == E_OK)
		rc = ring_check(rows->layout, octets, (uint64_t)st.st_size, head, reading->why);
	free(octets);
	return rc;
}

static enum err read_locked(struct view *view, int fd, struct reading *reading)
{
	const struct view_rows *rows = reading->rows;

	while (flock(fd, LOCK_SH) != 0)
		if (errno != EINTR)
			return err_from_errno(errno);
	enum err rc = head_before(view, fd, reading);
	if (rc == E_OK && reading->out != NULL)
		rc = ring_read_rows(fd, rows->layout, &reading->head, rows->first_end, rows->count,
				    reading->out);
	return rc;
}

static enum err read_file(struct view *view, struct reading *reading)
{
	int fd = -1;
	enum err rc =
		home_path(view->folder, reading->rows->file, reading->path, sizeof(reading->path));

	if (rc != E_OK)
		return rc;
	rc = ring_open(reading->path, O_RDONLY, &fd, reading->why);
	if (rc == E_OK) {
		rc = read_locked(view, fd, reading);
		close(fd);
	}
	if (rc == E_PERMISSION)
		log_error("store", "%s: may not be read", reading->path);
	return rc;
}

/* The store says so too, and begins the file anew. */
enum err view_read_rows(struct view *view, const struct view_rows *rows, double *out)
{
	struct reading reading = {.rows = rows, .out = out, .why = "it ends early"};
	enum err rc = read_file(view, &reading);

	if (rc != E_NOT_FOUND && rc != E_CORRUPT)
		return rc;
	if (rc == E_CORRUPT)
		log_warn("store", "%s: %s; read as empty", reading.path, reading.why);
	for (size_t i = 0; i < rows->count * rows->layout->sources; i++)
		out[i] = (double)NAN;
	return E_OK;
}

enum err view_read_head(struct view *view, const char *file, const struct ring_layout *layout,
			struct ring_head *out)
{
	struct view_rows none = {.file = file, .layout = layout};
	struct reading reading = {.rows = &none};
	enum err rc = read_file(view, &reading);

	if (rc == E_OK)
		*out = reading.head;
	return rc;
}
