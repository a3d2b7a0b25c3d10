/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An update gathers rows for one ring and appends them so that being killed at any moment can be
 * undone: the header's image lies in the spool first. Readers are kept out by flock meanwhile. */
#ifndef NETGRADE_STORE_UPDATE_H
#define NETGRADE_STORE_UPDATE_H

#include "collector/base/err.h"
#include "collector/store/ring.h"
#include "collector/store/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct update {
	char file[SPOOL_FILE]; /* name in the folder */
	const struct ring_layout *layout;
	int fd; /* −1: not open, nothing to do */
	uint8_t *image;
	struct ring_head head;
	int64_t position; /* end of the newest row, gathered ones included, seconds */
	char *text;	  /* gathered rows, each a string */
	size_t used;
	size_t row_size;
	const char **rows;
	size_t count;
	size_t limit;
	bool applied; /* appended, not known to be durable */
};

/* limit rows of at most row_size octets each. */
MUST_CHECK enum err update_init(struct update *update, size_t limit, size_t row_size);
void update_finish(struct update *update);

struct update_target {
	const char *folder;
	const char *file;
	const struct ring_layout *layout;
	int64_t start; /* where rows begin if the file must be made */
	enum syncing syncing;
};

/* Opens and checks the file; makes it when absent. One that fails the check is renamed away first,
 * with a line in the log, and counted in *quarantined. */
MUST_CHECK enum err update_open(struct update *update, const struct update_target *target,
				uint64_t *quarantined);

/* Closes the file, moves it into the quarantine and begins it anew. */
MUST_CHECK enum err update_begin_anew(struct update *update, const struct update_target *target,
				      const char *why, uint64_t *quarantined);

/* Where the next row is to be written, row_size octets; NULL when the batch is full. */
char *update_next(struct update *update);
/* Takes the len octets written there as the row that ends at until. */
void update_take(struct update *update, size_t len, int64_t until);

/* Begins to read what will be changed, if anything. */
void update_fetch(const struct update *update);

MUST_CHECK enum err update_save_undo(const struct update *update, struct spool *spool);

/* Appends; nothing is durable before the file is synced. On failure the header is put back. */
MUST_CHECK enum err update_apply(struct update *update, const char *folder, uint64_t *quarantined);

/* Puts the header back as it was before the update, when it could not be made durable. */
void update_take_back(struct update *update, const char *folder, uint64_t *quarantined);

void update_close(struct update *update);

/* Writes an image back over the header of a file; a file that is gone is no failure. */
MUST_CHECK enum err update_undo(const char *folder, const char *file, const void *octets,
				size_t len);

#endif
