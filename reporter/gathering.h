/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A gathering joins what happened to several paths at once: periods of one owner and kind that
 * begin and end within a slack of each other. */
#ifndef NETGRADE_REPORTER_GATHERING_H
#define NETGRADE_REPORTER_GATHERING_H

#include "collector/base/nsec.h"

#include <stddef.h>
#include <stdint.h>

/* So many slots apart is together. */
enum { GATHERING_SLOTS = 2 };

struct gathered {
	size_t owner;
	unsigned kind;
	struct period period;
	nsec slack;
	size_t index; /* whatever its owner means by it */
	size_t group; /* given by gathering_make */
};

/* Orders the items by group, each group by time and index; groups count from 0, by owner, kind and
 * time. How many groups there are. A group is held together by its first item. */
size_t gathering_make(struct gathered *items, size_t count);

#endif
