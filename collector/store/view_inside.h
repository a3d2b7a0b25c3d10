/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a view share: its spool, and the series files, which it reads beside the store
 * that goes on writing them. */
#ifndef NETGRADE_STORE_VIEW_INSIDE_H
#define NETGRADE_STORE_VIEW_INSIDE_H

#include "collector/store/ring.h"
#include "collector/store/spool.h"
#include "collector/store/view.h"

#include <stddef.h>
#include <stdint.h>

struct view {
	struct spool *spool;
	char *folder;
	int64_t *newest; /* by number of series: its newest slot in the spool, 0: none */
	size_t size;
	int64_t seen; /* the highest number of a slot counted in */
};

/* The rows of a file to be read: those that end at first_end and so on. */
struct view_rows {
	const char *file;
	const struct ring_layout *layout;
	int64_t first_end;
	size_t count;
};

/* A file that is missing or damaged has no rows: NAN, and a line in the log. */
MUST_CHECK enum err view_read_rows(struct view *view, const struct view_rows *rows, double *out);

/* E_NOT_FOUND: no such file; E_CORRUPT: damaged. */
MUST_CHECK enum err view_read_head(struct view *view, const char *file,
				   const struct ring_layout *layout, struct ring_head *out);

#endif
