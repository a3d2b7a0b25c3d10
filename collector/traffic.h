/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traffic is what a set of flows puts on the network, second by second; each way, for an answer is
 * as large as what it answers. */
#ifndef NETGRADE_COLLECTOR_TRAFFIC_H
#define NETGRADE_COLLECTOR_TRAFFIC_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/flows.h"
#include "collector/timeline.h"

#include <stddef.h>
#include <stdint.h>

struct traffic;

struct amount {
	uint64_t packets;
	uint64_t octets; /* of Ethernet frames */
};

struct rate {
	double packets; /* a second */
	double bits;	/* a second */
};

/* What a period sees of it. */
struct demand {
	size_t series;	     /* flows */
	struct amount sent;  /* in the period */
	struct rate average; /* over the period */
	struct rate busiest; /* while the most of it runs at once, each by itself */
	nsec busiest_at;     /* when as many bits begin to run */
	struct amount peak;  /* the most in one second of the clock, each by itself */
	nsec peak_at;	     /* the second of the most packets */
};

/* The flows need not stay. */
MUST_CHECK enum err traffic_create(const struct flow *const *flows, size_t count,
				   struct traffic **out);
void traffic_destroy(struct traffic *traffic); /* NULL is fine */

/* What is sent within the period, which begins and ends with a whole second. */
struct amount traffic_amount(const struct traffic *traffic, const struct timeline *timeline,
			     struct period period);

MUST_CHECK enum err traffic_demand(const struct traffic *traffic, const struct timeline *timeline,
				   struct demand *out);

/* The test whose packets make most of it at an instant; CONFIG_NONE: no test's. */
size_t traffic_main_test(const struct traffic *traffic, const struct timeline *timeline, nsec at);

#endif
