/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Services are what is measured beside the scored tests: connections, names, websites. Their
 * figures stand on their own; a service that fails is no outage of the network and costs no point
 * of it. */
#ifndef NETGRADE_REPORTER_SERVICES_H
#define NETGRADE_REPORTER_SERVICES_H

#include "reporter/assessment.h"

struct service {
	size_t assessed; /* the site, index into the assessment */
	size_t test;
	size_t agent;
	enum family family;
	struct path path;
};

struct services {
	struct service *items; /* by site in the assessment's order, then as configured */
	size_t count;
	size_t capacity;
};

/* Of the sites of an assessment, which must outlive them. E_CORRUPT where the time of one does not
 * add up; what cannot be read is logged and marked. services_finish frees. */
MUST_CHECK enum err services_read(const struct assessment *assessment, const struct source *source,
				  struct services *out);
void services_finish(struct services *services);

const struct test_config *service_test(const struct assessment *assessment,
				       const struct service *service);

#endif
