/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A blackout plan says when a link lets nothing through, by direction and family. */
#ifndef NETGRADE_TESTS_NET_BLACKOUT_H
#define NETGRADE_TESTS_NET_BLACKOUT_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "tests/net/ledger.h"

#include <stdbool.h>
#include <stddef.h>

enum { BLACKOUTS_MAX = 32 };

struct blackout {
	struct period period; /* CLOCK_REALTIME */
	bool hits[DIRECTION_COUNT][2];
};

struct blackout_plan {
	struct blackout planned[BLACKOUTS_MAX];
	size_t count;
	bool switched[DIRECTION_COUNT][2]; /* by hand, until switched back */
};

/* "3..8/forward/ipv6,@1700000000..@1700000020": half-open, seconds after start or, with @, since
 * 1970; without direction or family both are dark. Adds to the plan. E_SYNTAX, E_RANGE, E_FULL. */
MUST_CHECK enum err blackout_parse(const char *text, nsec start, struct blackout_plan *plan);

/* A line of the control pipe: "blackout on" or "blackout off", then as above what it hits:
 * "blackout on/forward/ipv6". E_SYNTAX. */
MUST_CHECK enum err blackout_switch(const char *line, struct blackout_plan *plan);

bool blackout_now(const struct blackout_plan *plan, nsec now, enum direction direction, bool ipv6);

#endif
