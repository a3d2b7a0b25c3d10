/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growth lets a ring keep more rows: a larger file with the same rows takes its place, whole or
 * not at all. Nothing may update the ring meanwhile; readers go on with the one they opened. */
#ifndef NETGRADE_STORE_GROWTH_H
#define NETGRADE_STORE_GROWTH_H

#include "collector/base/err.h"
#include "collector/store/ring.h"

#include <stdbool.h>
#include <stdint.h>

struct growth {
	uint64_t before;		  /* octets of the file */
	uint64_t after;			  /* as many where no archive is to have more rows */
	uint64_t rows[RING_ARCHIVES_MAX]; /* that it is to have, margin included */
	bool surplus;			  /* an archive has more rows than asked for: they stay */
};

/* What becomes of a file with this header, so that it keeps what the layout asks for. */
struct growth growth_of(const struct ring_layout *layout, const struct ring_head *head);

/* Told as often as a part of a larger file was written: its octets. NULL is fine. */
struct growth_watcher {
	void *context;
	void (*wrote)(void *context, uint64_t octets);
};

/* Lets the file grow; one that has the rows already is left alone. The new one is read back and
 * compared before it takes the old one's name, owner and mode. E_CORRUPT with why: the file is no
 * ring of the layout, or what was read back differs; then, as after any failure, the old one is
 * there unchanged. Killed at any moment it leaves the old one or the new one, and perhaps a file
 * whose name begins with RING_UNFINISHED. The rows of the margin, which may be spoilt and were
 * never read, become unknown: otherwise the larger ring would show them. */
MUST_CHECK enum err growth_run(const char *path, const struct ring_layout *layout,
			       const struct growth_watcher *watcher, char why[RING_WHY]);

#endif
