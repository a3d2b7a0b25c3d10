/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ticker drives an agent from a libuv loop: one timer, and the signals that end or reload. */
#ifndef NETGRADE_COLLECTOR_TICKER_H
#define NETGRADE_COLLECTOR_TICKER_H

#include "collector/agent.h"

#include <uv.h>

struct ticker;

struct ticker_listener {
	void *context;
	void (*ticked)(void *context);		/* after every tick; may be NULL */
	void (*reload)(void *context);		/* SIGHUP; may be NULL: it ends the program */
	void (*stop)(void *context, int count); /* SIGTERM, SIGINT: the count-th of them */
};

MUST_CHECK enum err ticker_create(uv_loop_t *loop, struct agent *agent,
				  const struct ticker_listener *listener, struct ticker **out);

/* Closes its handles; the loop must run once more for that, then the ticker frees itself. */
void ticker_close(struct ticker *ticker);

#endif
