/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planned maintenance of one path: which slots the announced windows that cover it take out of its
 * score, and which they take out of the second figure alone. */
#ifndef NETGRADE_METRIC_PLANNED_H
#define NETGRADE_METRIC_PLANNED_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
	int64_t id;
	struct period period;
	nsec entered_at;
	nsec cancelled_at; /* NSEC_INFINITE: it stands */
};

struct planned_rule {
	nsec notice;	/* how long before its start a window must be entered to be in time */
	nsec allowance; /* of slots that a path may have planned in a calendar month */
};

/* The part of the window that stands: up to its cancellation; empty when that came first. */
struct period window_standing(const struct window *window);

/* Entered at least the notice before its start. */
bool window_in_time(const struct planned_rule *rule, const struct window *window);

enum planned_state {
	PLANNED_NOT,	   /* no window */
	PLANNED_ANNOUNCED, /* late, or beyond the allowance: the second figure leaves it out */
	PLANNED_COUNTED,   /* the score leaves it out */
};

struct planned_path;

/* From the windows that cover the path, in any order. */
MUST_CHECK enum err planned_create(const struct planned_rule *rule, const struct window *windows,
				   size_t count, struct planned_path **out);
void planned_destroy(struct planned_path *path); /* NULL is fine */

/* A slot is announced when it overlaps a window, and counted when it overlaps one that is in time
 * and the allowance of the month in which it starts has room for the whole of it. The allowance is
 * used up in the order of time by the slots of that month that overlap windows in time: whether
 * they are measured, and whatever is entered or cancelled later than they end, makes no difference.
 * Months are those of the process's zone (calendar.h). Not for several threads at once. */
enum planned_state planned_at(struct planned_path *path, struct period slot);

/* Slots that a window makes planned, by their length; those that it shares are in each one's. */
struct planned_time {
	nsec counted;
	nsec over; /* in time, but beyond the allowance */
};

/* For slots of this length, multiples of it, that start in the period. A late window gives 0. */
struct planned_time planned_time_of(struct planned_path *path, const struct window *window,
				    struct period period, nsec length);

enum window_fate {
	WINDOW_COUNTS,
	WINDOW_EXCEEDS, /* in time, but some of it is beyond a path's allowance */
	WINDOW_LATE,
	WINDOW_CANCELLED, /* before it began: it counts in neither figure */
};

/* over: what any path has beyond its allowance. */
enum window_fate window_fate(const struct planned_rule *rule, const struct window *window,
			     nsec over);

#endif
