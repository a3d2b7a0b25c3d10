/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drops are the slots for which there was no room, as spans to be told to the spool: whoever reads
 * the series must know that they were measured. */
#ifndef NETGRADE_STORE_DROPS_H
#define NETGRADE_STORE_DROPS_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/store/roster.h"
#include "collector/store/spool.h"

#include <stddef.h>
#include <stdint.h>

struct drop {
	struct enrolled *entry;
	struct period span;
	uint32_t slots;
	enum err reason;
};

struct drops {
	struct drop *list;
	size_t count;
	size_t capacity;
};

/* Counts a slot in: into the series' span of the same reason that is still open, or a new one. A
 * span for which there is no memory is lost; the counter of dropped slots is not. */
void drops_note(struct drops *drops, struct enrolled *entry, struct period slot, enum err reason);

/* The series' span is over: a slot of it was taken again. */
void drops_end(struct enrolled *entry);

/* No span of the list is added to any more. */
void drops_end_all(const struct drops *drops);

MUST_CHECK enum err drops_save(const struct drops *drops, struct spool *spool);
void drops_finish(struct drops *drops);

#endif
