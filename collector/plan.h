/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan is the series that a configuration asks of one agent. */
#ifndef NETGRADE_COLLECTOR_PLAN_H
#define NETGRADE_COLLECTOR_PLAN_H

#include "collector/agent.h"
#include "collector/base/err.h"
#include "collector/base/random.h"
#include "collector/store/key.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

struct planned {
	struct series_key key;
	struct target target;
	struct ask *ask;			/* the target's, owned by the plan; NULL */
	const struct calendar_config *calendar; /* the configuration's; NULL: always */
	size_t test;				/* what asks for it, and where: indexes */
	size_t site;
	uint32_t stored; /* its number in the store, once known */
};

struct plan {
	struct planned *items; /* in the order of their keys */
	size_t count;
};

/* The agent that this process is: name, or the only one there is. CONFIG_NONE after telling on
 * standard error what would be right. */
size_t plan_agent(const struct config *config, const char *name);

/* Phases depend on the secret and the key alone, so that a plan made again keeps them. Two tests
 * that ask for the same series are one; the second is logged. */
MUST_CHECK enum err plan_create(const struct config *config, size_t agent,
				const struct hash_key *secret, struct plan *out);
void plan_finish(struct plan *plan);

int plan_compare(const struct planned *a, const struct planned *b); /* by key */
bool plan_same(const struct planned *a,
	       const struct planned *b); /* measured alike too, be it at other times */

/* Packets a second, and the longest T_max. */
double plan_rate(const struct plan *plan);
nsec plan_t_max(const struct plan *plan);

#endif
