/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shifts of a path: moments from which on its smallest round trips lie on another level and stay
 * there, as after a change of its route. */
#ifndef NETGRADE_REPORTER_SHIFT_H
#define NETGRADE_REPORTER_SHIFT_H

#include "collector/base/nsec.h"

#include <stddef.h>
#include <stdint.h>

/* The published rule. A level is the median of the hours' smallest round trips over up to
 * SHIFT_SPAN on one side of the moment. */
#define SHIFT_SPAN  (5 * NSEC_PER_DAY)
#define SHIFT_STEP  (2 * NSEC_PER_MSEC) /* the levels differ by this much at least ... */
#define SHIFT_SHARE 0.2			/* ... and by this share of the lower one */
enum {
	SHIFT_HOURS = 24,   /* answered on each side, at least */
	SHIFT_APART = 90,   /* per cent of them that lie nearer to their own side's level */
	SHIFT_PACKETS = 10, /* answered in an hour, or it is not counted */
};

/* A judged slot. */
struct leveled {
	nsec from;
	nsec rtt_min; /* NSEC_UNDEFINED where nothing was answered */
	uint32_t sent;
	uint32_t lost;
};

/* One side of a shift, within SHIFT_SPAN of it. */
struct shift_side {
	nsec level;
	uint32_t hours; /* that have an answer */
	uint64_t sent;
	uint64_t lost;
};

struct shift {
	nsec at; /* start of the first slot on the new level */
	struct shift_side before;
	struct shift_side after;
};

/* Oldest first; the slots are in the order of time; the caller frees *out. */
void shifts_find(const struct leveled *slots, size_t count, struct shift **out, size_t *found);

#endif
