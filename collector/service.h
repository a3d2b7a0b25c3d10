/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A service is an agent at work: it measures what a configuration asks, stores every slot, keeps
 * evidence, and takes a changed configuration over by difference. */
#ifndef NETGRADE_COLLECTOR_SERVICE_H
#define NETGRADE_COLLECTOR_SERVICE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/privilege.h"
#include "config/config.h"

struct service;

struct service_options {
	const char *path;  /* of the configuration */
	const char *agent; /* NULL: the only one */
	nsec duration;	   /* NSEC_INFINITE: until it is told to stop */
	struct account account;
};

/* Opens what needs privilege, gives it up, opens the store. The service owns the configuration from
 * now on, also when it fails. What is wrong has been printed or logged. */
MUST_CHECK enum err service_open(const struct service_options *options, struct config *config,
				 struct service **out);

/* Measures until the duration is over or a signal comes; SIGHUP reloads. */
MUST_CHECK enum err service_run(struct service *service);

void service_close(struct service *service); /* files everything; NULL is fine */

#endif
