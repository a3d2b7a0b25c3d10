/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sentinel watches the agent's own way out: through the agent it sends a packet a second to each
 * anchor and to the gateways that lead to them, and knows when the agent was isolated. */
#ifndef NETGRADE_COLLECTOR_SENTINEL_H
#define NETGRADE_COLLECTOR_SENTINEL_H

#include "collector/agent.h"
#include "collector/anchors.h"
#include "collector/base/err.h"
#include "collector/base/random.h"
#include "config/config.h"

#include <stdbool.h>

struct sentinel;

/* What it asks the agent for: a small packet a second to a host. */
struct target sentinel_target(const struct probe_ops *method, const struct endpoint *host);

struct sentinel_options {
	struct agent *agent; /* outlives the sentinel; its method is open */
	const struct probe_ops *method;
	const struct hash_key *secret; /* decides the phases */
	void *context;
	/* An isolation was noticed, has grown, is over. */
	void (*isolated)(void *context, uint8_t family, const struct isolation *isolation);
	/* So few anchors answer that no isolation could be proved; or enough do again. */
	void (*manned)(void *context, uint8_t family, uint32_t witnesses);
};

MUST_CHECK enum err sentinel_create(const struct sentinel_options *options, struct sentinel **out);
void sentinel_destroy(struct sentinel *sentinel); /* NULL is fine */

/* Watches by these anchors from now on; nothing changes where they are the same. A family without
 * anchors, or that the machine lacks, is not watched. */
MUST_CHECK enum err sentinel_watch(struct sentinel *sentinel, const struct agent_config *agent);

/* A slot of a series that is not a course's. */
void sentinel_take(struct sentinel *sentinel, uint32_t series, const struct sample *sample);

/* Does what is due; whether more is known than before. */
bool sentinel_tick(struct sentinel *sentinel);

/* The system clock was set. */
void sentinel_restart(struct sentinel *sentinel);

/* Connected where the family (4 or 6) is not watched. */
enum standing sentinel_judge(const struct sentinel *sentinel, uint8_t family,
			     const struct suspicion *suspicion);

#endif
