/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A discard gathers slots that the spool no longer needs, and deletes them in runs of neighbouring
 * numbers: series that report together lie side by side, and a run costs far less than its rows one
 * by one. */
#ifndef NETGRADE_STORE_DISCARD_H
#define NETGRADE_STORE_DISCARD_H

#include "collector/base/err.h"
#include "collector/store/spool.h"

#include <stddef.h>
#include <stdint.h>

struct discard {
	int64_t *rows;
	size_t count;
	size_t room;
};

void discard_finish(struct discard *discard);

MUST_CHECK enum err discard_add_row(struct discard *discard, int64_t row);

/* The row of this number and all of its series before it. */
MUST_CHECK enum err discard_add(struct discard *discard, struct spool *spool, int64_t newest);

/* Deletes what was gathered, as part of the transaction under way, and is empty then. */
MUST_CHECK enum err discard_run(struct discard *discard, struct spool *spool);

/* Forgets what was gathered. */
void discard_clear(struct discard *discard);

#endif
