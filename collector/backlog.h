/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backlog is the slots whose time is over and that are still to be settled, first come first
 * served: the slots of 100,000 series end at one instant, and sending must go on meanwhile. */
#ifndef NETGRADE_COLLECTOR_BACKLOG_H
#define NETGRADE_COLLECTOR_BACKLOG_H

#include "collector/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ended {
	uint32_t series;
	uint32_t slot; /* its number modulo 2^32 */
};

struct backlog {
	struct ended *items; /* a ring */
	size_t first;
	size_t count;
	size_t room;
};

void backlog_finish(struct backlog *backlog);
MUST_CHECK enum err backlog_put(struct backlog *backlog, struct ended ended);

/* How many of them may be settled at once without holding up what else is to be done: enough for
 * the backlog not to grow for ever. */
size_t backlog_share(const struct backlog *backlog);

/* False when it is empty. An empty backlog gives its memory back. */
bool backlog_take(struct backlog *backlog, struct ended *out);

#endif
