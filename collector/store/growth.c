/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/growth.h"
#include "collector/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RRD_EXPORT_DEPRECATED
#include <rrd.h>

enum { PART_ROWS = 256 };

static uint64_t row_size(const struct ring_layout *layout)
{
	return layout->sources * sizeof(rrd_value_t);
}

static uint64_t wanted_rows(const struct ring_layout *layout, uint32_t archive)
{
	return layout->rows[archive] + (archive == 0 ? layout->margin : 0);
}

struct growth growth_of(const struct ring_layout *layout, const struct ring_head *head)
{
	struct growth growth = {.before = head->len, .after = head->len};

	for (uint32_t a = 0; a < layout->archives; a++) {
		uint64_t wanted = wanted_rows(layout, a);
		growth.surplus = growth.surplus || head->rows[a] > wanted;
		growth.rows[a] = head->rows[a] > wanted ? head->rows[a] : wanted;
		growth.before += head->rows[a] * row_size(layout);
		growth.after += growth.rows[a] * row_size(layout);
	}
	return growth;
}

/* A file under way from the old one to the larger one. */
struct copy {
	const struct ring_layout *layout;
	const struct growth_watcher *watcher;
	int from;
	int to;
	struct ring_head old;
	struct ring_head grown;
	uint8_t *header; /* the old file's */
	double *part;	 /* PART_ROWS rows */
	double *other;	 /* as many, to compare with */
	char *why;
};

/* Rows that go over, the newest ones. Only archive 0 has a margin. */
static uint64_t kept_rows(const struct copy *copy, uint32_t archive)
{
	return copy->old.rows[archive] - (archive == 0 ? copy->layout->margin : 0);
}

static uint64_t place_of(const struct copy *copy, const struct ring_head *head, uint32_t archive,
			 uint64_t index)
{
	for (uint32_t a = 0; a < archive; a++)
		index += head->rows[a];
	return head->len + index * row_size(copy->layout);
}

/* Rows that lie in one piece. */
struct run {
	uint64_t at; /* offset in the file */
	uint64_t count;
};

/* From the row that lies back rows before the newest towards the newest, at most PART_ROWS. */
static struct run run_of(const struct copy *copy, const struct ring_head *head, uint32_t archive,
			 uint64_t back)
{
	uint64_t rows = head->rows[archive];
	uint64_t index = (head->newest[archive] + rows - back) % rows;
	struct run run = {place_of(copy, head, archive, index), back + 1};

	if (run.count > rows - index)
		run.count = rows - index;
	if (run.count > PART_ROWS)
		run.count = PART_ROWS;
	return run;
}

static enum err write_part(const struct copy *copy, struct run run)
{
	size_t len = run.count * row_size(copy->layout);
	enum err rc = disk_write(copy->to, copy->part, len, run.at);

	if (rc == E_OK && copy->watcher != NULL)
		copy->watcher->wrote(copy->watcher->context, len);
	return rc;
}

static enum err fill_archive(const struct copy *copy, uint32_t archive)
{
	uint64_t index = kept_rows(copy, archive);

	for (size_t i = 0; i < PART_ROWS * copy->layout->sources; i++)
		copy->part[i] = (double)NAN;
	while (index < copy->grown.rows[archive]) {
		struct run run = {place_of(copy, &copy->grown, archive, index),
				  copy->grown.rows[archive] - index};
		if (run.count > PART_ROWS)
			run.count = PART_ROWS;
		enum err rc = write_part(copy, run);
		if (rc != E_OK)
			return rc;
		index += run.count;
	}
	return E_OK;
}

/* From the oldest row on, to the beginning of the archive. */
static enum err copy_archive(const struct copy *copy, uint32_t archive)
{
	uint64_t kept = kept_rows(copy, archive);

	for (uint64_t done = 0; done < kept;) {
		struct run run = run_of(copy, &copy->old, archive, kept - 1 - done);
		enum err rc = disk_read(copy->from, copy->part, run.count * row_size(copy->layout),
					run.at);
		if (rc != E_OK)
			return rc;
		run.at = place_of(copy, &copy->grown, archive, done);
		rc = write_part(copy, run);
		if (rc != E_OK)
			return rc;
		done += run.count;
	}
	return fill_archive(copy, archive);
}

/* All but the numbers of rows and the rows' pointers stay; what is consolidated goes on. */
static enum err write_header(const struct copy *copy)
{
	const struct ring_layout *layout = copy->layout;
	size_t archives = sizeof(stat_head_t) + layout->sources * sizeof(ds_def_t);
	size_t pointers = copy->old.len - layout->archives * sizeof(rra_ptr_t);
	uint8_t *octets = malloc(copy->old.len);

	if (octets == NULL)
		return E_MEMORY;
	memcpy(octets, copy->header, copy->old.len);
	for (uint32_t a = 0; a < layout->archives; a++) {
		unsigned long rows = copy->grown.rows[a];
		unsigned long newest = copy->grown.newest[a];
		memcpy(octets + archives + a * sizeof(rra_def_t) + offsetof(rra_def_t, row_cnt),
		       &rows, sizeof(rows));
		memcpy(octets + pointers + a * sizeof(rra_ptr_t) + offsetof(rra_ptr_t, cur_row),
		       &newest, sizeof(newest));
	}
	enum err rc = disk_write(copy->to, octets, copy->old.len, 0);
	free(octets);
	return rc == E_OK ? ring_seal(copy->to, layout) : rc;
}

static bool is_unknown(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!isnan(values[i]))
			return false;
	}
	return true;
}

static enum err differs(const struct copy *copy)
{
	snprintf(copy->why, RING_WHY, "its larger copy was read back otherwise");
	return E_CORRUPT;
}

static enum err compare_kept(const struct copy *copy, const struct ring_head *found,
			     uint32_t archive)
{
	uint64_t kept = kept_rows(copy, archive);

	for (uint64_t done = 0; done < kept;) {
		struct run from = run_of(copy, &copy->old, archive, kept - 1 - done);
		struct run to = run_of(copy, found, archive, kept - 1 - done);
		uint64_t count = from.count < to.count ? from.count : to.count;
		size_t len = count * row_size(copy->layout);
		enum err rc = disk_read(copy->from, copy->part, len, from.at);
		if (rc == E_OK)
			rc = disk_read(copy->to, copy->other, len, to.at);
		if (rc != E_OK)
			return rc;
		if (memcmp(copy->part, copy->other, len) != 0)
			return differs(copy);
		done += count;
	}
	return E_OK;
}

/* What is older than all that went over. */
static enum err compare_rest(const struct copy *copy, const struct ring_head *found,
			     uint32_t archive)
{
	for (uint64_t back = found->rows[archive]; back > kept_rows(copy, archive);) {
		struct run run = run_of(copy, found, archive, back - 1);
		if (run.count > back - kept_rows(copy, archive))
			run.count = back - kept_rows(copy, archive);
		enum err rc = disk_read(copy->to, copy->other, run.count * row_size(copy->layout),
					run.at);
		if (rc != E_OK)
			return rc;
		if (!is_unknown(copy->other, run.count * copy->layout->sources))
			return differs(copy);
		back -= run.count;
	}
	return E_OK;
}

/* As whoever opens it will find it, from the disk and not from what lies cached. */
static enum err read_back(const struct copy *copy)
{
	uint8_t *octets = NULL;
	struct ring_head found;

	(void)posix_fadvise(copy->to, 0, 0, POSIX_FADV_DONTNEED);
	enum err rc = ring_read_head(copy->to, copy->layout, &octets, &found, copy->why);
	free(octets);
	if (rc == E_OK && (found.updated != copy->old.updated ||
			   memcmp(found.rows, copy->grown.rows, sizeof(found.rows)) != 0))
		rc = differs(copy);
	for (uint32_t a = 0; a < copy->layout->archives && rc == E_OK; a++) {
		rc = compare_kept(copy, &found, a);
		if (rc == E_OK)
			rc = compare_rest(copy, &found, a);
	}
	(void)posix_fadvise(copy->to, 0, 0, POSIX_FADV_DONTNEED);
	return rc;
}

/* A group that this process may not give is left out, and what it might do with the file. */
static enum err keep_owner(const struct copy *copy)
{
	struct stat st;
	struct stat made;

	if (fstat(copy->from, &st) != 0 || fstat(copy->to, &made) != 0)
		return err_from_errno(errno);
	mode_t mode = st.st_mode & 07777;
	if (made.st_uid != st.st_uid && fchown(copy->to, st.st_uid, (gid_t)-1) != 0)
		return err_from_errno(errno);
	if (made.st_gid != st.st_gid && fchown(copy->to, (uid_t)-1, st.st_gid) != 0)
		mode &= ~(mode_t)(S_IRWXG | S_ISGID);
	return fchmod(copy->to, mode) == 0 ? E_OK : err_from_errno(errno);
}

static enum err make_copy(const struct copy *copy, uint64_t octets)
{
	int number = posix_fallocate(copy->to, 0, (off_t)octets);
	enum err rc = number == 0 ? write_header(copy) : err_from_errno(number);

	for (uint32_t a = 0; a < copy->layout->archives && rc == E_OK; a++)
		rc = copy_archive(copy, a);
	if (rc == E_OK)
		rc = keep_owner(copy);
	if (rc == E_OK && fsync(copy->to) != 0)
		rc = err_from_errno(errno);
	return rc == E_OK ? read_back(copy) : rc;
}

static enum err replace(const char *path, const struct copy *copy, uint64_t octets)
{
	char folder[PATH_MAX];
	char unfinished[PATH_MAX];
	struct copy making = *copy;

	enum err rc = disk_folder(path, folder, sizeof(folder));
	if (rc == E_OK)
		rc = ring_unfinished(path, unfinished, sizeof(unfinished));
	if (rc != E_OK)
		return rc;
	if (unlink(unfinished) != 0 && errno != ENOENT)
		return err_from_errno(errno);
	making.to = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (making.to < 0)
		return err_from_errno(errno);
	rc = make_copy(&making, octets);
	close(making.to);
	if (rc == E_OK && rename(unfinished, path) != 0)
		rc = err_from_errno(errno);
	if (rc != E_OK)
		unlink(unfinished);
	return rc == E_OK ? disk_sync_folder(folder) : rc;
}

/* With the header read. */
static enum err grow(const char *path, struct copy *copy)
{
	struct growth growth = growth_of(copy->layout, &copy->old);
	size_t part = PART_ROWS * row_size(copy->layout);

	if (growth.after == growth.before)
		return E_OK;
	copy->grown = copy->old;
	for (uint32_t a = 0; a < copy->layout->archives; a++) {
		copy->grown.rows[a] = growth.rows[a];
		copy->grown.newest[a] = kept_rows(copy, a) - 1;
	}
	copy->part = malloc(part);
	copy->other = malloc(part);
	enum err rc = copy->part == NULL || copy->other == NULL ? E_MEMORY
								: replace(path, copy, growth.after);
	free(copy->part);
	free(copy->other);
	return rc;
}

enum err growth_run(const char *path, const struct ring_layout *layout,
		    const struct growth_watcher *watcher, char why[RING_WHY])
{
	struct copy copy = {.layout = layout, .watcher = watcher, .to = -1, .why = why};
	enum err rc = ring_open(path, O_RDONLY, &copy.from, why);

	if (rc != E_OK)
		return rc;
	rc = ring_read_head(copy.from, layout, &copy.header, &copy.old, why);
	if (rc == E_OK)
		rc = grow(path, &copy);
	free(copy.header);
	close(copy.from);
	return rc;
}
