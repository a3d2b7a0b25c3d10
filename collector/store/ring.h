/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ring is a round-robin file of librrd with a layout of ours. librrd crashes on damaged headers,
 * so every header is checked here first; rows are read without librrd. */
#ifndef NETGRADE_STORE_RING_H
#define NETGRADE_STORE_RING_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/store/syncing.h"

#include <stddef.h>
#include <stdint.h>

enum { RING_SOURCES_MAX = 80, RING_ARCHIVES_MAX = 2, RING_NAME = 20, RING_WHY = 96 };

/* Gauges that never miss a step, averaged. Times and steps are whole seconds. */
struct ring_layout {
	char source[RING_SOURCES_MAX][RING_NAME];
	size_t sources;
	uint32_t step;
	uint32_t archives;
	uint32_t steps[RING_ARCHIVES_MAX]; /* per row; archive 0 has one */
	uint32_t rows[RING_ARCHIVES_MAX];  /* asked for when a file is made; others are read too */
	/* Rows of archive 0 beyond those asked for, never read: an update broken off and undone has
	 * spoilt as many of the oldest rows as it had rows. */
	uint32_t margin;
};

/* What a checked header says. */
struct ring_head {
	int64_t updated; /* end of the newest row of archive 0 */
	uint64_t rows[RING_ARCHIVES_MAX];
	uint64_t newest[RING_ARCHIVES_MAX]; /* index of the newest row */
	size_t len;			    /* octets of the header */
};

size_t ring_head_size(const struct ring_layout *layout);
uint64_t ring_file_size(const struct ring_layout *layout); /* of a new file */

/* Pure. octets are the first ring_head_size() of a file of file_size. E_CORRUPT with the reason in
 * why. A header without a digest (rebuilt by rrdtool, or by a version that wrote none) is judged by
 * its fields alone. */
MUST_CHECK enum err ring_check(const struct ring_layout *layout, const uint8_t *octets,
			       uint64_t file_size, struct ring_head *out, char why[RING_WHY]);

/* Makes a file (mode 0600) whose first row will begin at start; it appears whole or not at all. The
 * folder's own entry is synced too. */
MUST_CHECK enum err ring_create(const char *path, const struct ring_layout *layout, int64_t start,
				enum syncing syncing);

/* Files that a creation left behind when it was broken off begin with this; the name of such a one
 * beside path. E_RANGE when that is too long. */
#define RING_UNFINISHED ".new."
MUST_CHECK enum err ring_unfinished(const char *path, char *out, size_t size);

/* Opens a file to be updated (O_RDWR) or read (O_RDONLY); neither follows a link nor waits for a
 * pipe. E_CORRUPT with why when what stands there cannot be a ring, whoever may read it. */
MUST_CHECK enum err ring_open(const char *path, int flags, int *out, char why[RING_WHY]);

/* The header of an open file, checked; the caller frees *octets (ring_head_size() of them). */
MUST_CHECK enum err ring_read_head(int fd, const struct ring_layout *layout, uint8_t **octets,
				   struct ring_head *out, char why[RING_WHY]);

/* Begins to read what the next count rows will change without filling it, so that appending them
 * need not wait for the disk. */
void ring_fetch(int fd, const struct ring_layout *layout, const struct ring_head *head,
		size_t count);

/* Fills the pages that the next count rows will take wholly with unknown values, so that librrd,
 * which writes through a mapping, need not read them first. As an append does, it spoils as many
 * of the oldest rows: what can undo that must be safe already. */
MUST_CHECK enum err ring_blank(int fd, const struct ring_layout *layout,
			       const struct ring_head *head, size_t count);

/* Appends rows ("until:value:...", U for unknown); those already there are passed over. The header
 * is unsealed afterwards. */
MUST_CHECK enum err ring_append(const char *path, const char **rows, size_t count);

/* The processor time that librrd has taken in this process so far. */
nsec ring_librrd_time(void);

/* Writes the digest of the header into it: whatever else changes the header shows from then on. */
MUST_CHECK enum err ring_seal(int fd, const struct ring_layout *layout);

/* Rows of archive 0 that end at first_end, first_end + step, ... into out, sources values each; NAN
 * where the file has none. */
MUST_CHECK enum err ring_read_rows(int fd, const struct ring_layout *layout,
				   const struct ring_head *head, int64_t first_end, size_t count,
				   double *out);

#endif
