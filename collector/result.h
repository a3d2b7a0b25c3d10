/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result is what one measurement by hand found out about one host, and how it is shown. */
#ifndef NETGRADE_COLLECTOR_RESULT_H
#define NETGRADE_COLLECTOR_RESULT_H

#include "collector/agent.h"
#include "collector/metric/sample.h"
#include "collector/metric/summary.h"
#include "collector/visits.h"

#include <stdbool.h>
#include <stddef.h>

struct result {
	const char *name; /* as the user wrote it */
	struct endpoint host;
	struct ask *page; /* of its own, owned; NULL: what all are asked for */
	uint16_t port;	  /* of that page */
	struct summary summary;
	nsec p95;		      /* of all packets sent, lost = NSEC_INFINITE */
	enum stamp_source stamped_by; /* the weakest of the answered packets */
	struct visits visits;	      /* where packets are visits */
	struct singleton *packets;    /* room for all of them, or NULL: not wanted */
};

struct result_list {
	const struct result *results;
	size_t count;
	const struct target *plan;
	const struct agent *agent;
};

/* Of a host of which nothing is known yet. */
struct result result_absent(const char *name, const struct endpoint *host);

void result_finish(struct result *result);

void result_take(struct result *result, const struct sample *sample);

/* To standard output; false when that cannot be written. */
bool result_print_table(const struct result_list *list);
bool result_print_json(const struct result_list *list);

#endif
