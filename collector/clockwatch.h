/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A clock watch notices when the system clock is set, and says whether it is to be believed. */
#ifndef NETGRADE_COLLECTOR_CLOCKWATCH_H
#define NETGRADE_COLLECTOR_CLOCKWATCH_H

#include "collector/base/nsec.h"

#include <stdbool.h>

struct clockwatch {
	nsec offset;	   /* realtime − monotonic */
	nsec looked_at;	   /* monotonic */
	nsec trusted_from; /* monotonic */
	nsec ahead;	   /* how far the clock was set since it was last trusted */
};

struct clockwatch clockwatch_start(void);

/* By how much the clock was set since the last look, 0 if it was not. The offset follows slewing at
 * once, a step only when it is accepted. */
nsec clockwatch_look(struct clockwatch *watch);
void clockwatch_accept(struct clockwatch *watch, nsec moved);

/* False while a leap ahead may be a mistake. */
bool clockwatch_trusted(const struct clockwatch *watch);

#endif
