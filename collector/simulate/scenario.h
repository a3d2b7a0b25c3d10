/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario is the story of a network that does not exist: whose configuration it has, from when
 * to when, and what its packets meet. */
#ifndef NETGRADE_SIMULATE_SCENARIO_H
#define NETGRADE_SIMULATE_SCENARIO_H

#include "collector/base/nsec.h"
#include "collector/simulate/losses.h"
#include "collector/simulate/shape.h"
#include "collector/store/windows.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draft_selector;

/* What becomes of a packet that is sent meanwhile. */
enum fate {
	FATE_CARRIED,
	FATE_SILENT,   /* lost */
	FATE_REJECTED, /* refused by a router */
	FATE_ISOLATED, /* lost, and the agent knows that it is cut off */
	FATE_TAINTED,  /* its answer is lost in the agent's receive queue */
	FATE_UNSENT,
	FATE_OFF,     /* the agent is stopped */
	FATE_STEPPED, /* the agent's clock jumps over this time */
	FATE_COUNT
};

/* "outage" and so on: the truth's words; "condition" for packets that are carried. */
const char *fate_name(enum fate fate);

struct condition {
	const char *name;
	const struct draft_selector *on;
	struct period *spans; /* in the order of time */
	size_t span_count;
	bool always;		     /* as long as the scenario: no event */
	const struct shape *shape;   /* NULL: as without it */
	const struct losses *losses; /* likewise */
	nsec detour;		     /* added to every round trip */
	enum fate fate;
	double duplicates; /* of the answered packets; NAN: as without it */
};

/* A configuration and from when on it is in force. */
struct phase {
	nsec from;
	struct config *config;
};

struct scenario {
	struct period period;
	uint64_t seed;
	struct phase *phases; /* in the order of time; the first begins with the period */
	size_t phase_count;
	struct condition *conditions; /* a later one wins */
	size_t condition_count;
	struct window_entry *windows; /* with their cancellations, in the order of the file */
	size_t window_count;
	struct shape calm;   /* of paths of which nothing else is said */
	struct arena *arena; /* of all this */
};

struct scenario_request {
	const char *path;
	const char *config; /* another configuration to begin with; NULL: the scenario's */
};

/* Makes the configuration's zone that of the process. NULL when there is at least one error; all
 * errors and warnings, also of the configurations, are added to diagnostics. */
struct scenario *scenario_load(const struct scenario_request *request,
			       struct diagnostics *diagnostics);
void scenario_destroy(struct scenario *scenario); /* NULL is fine */

/* One series of a configuration. */
struct subject {
	const struct config *config;
	size_t site;
	size_t agent;
	enum family family;
	const char *method;
};

bool condition_concerns(const struct condition *condition, const struct subject *subject);

/* Every key of a scenario with type, bounds, default and meaning. */
void scenario_print_reference(FILE *out);

#endif
