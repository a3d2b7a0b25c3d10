/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Methods are the probes that an agent has open, one for each way of measuring. */
#ifndef NETGRADE_COLLECTOR_METHODS_H
#define NETGRADE_COLLECTOR_METHODS_H

#include "collector/base/err.h"
#include "collector/probe/probe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { METHODS_MAX = 8 };

struct methods {
	struct probe *probes[METHODS_MAX];
	size_t count;
};

/* Opens a method's sockets; once is enough. E_FULL beyond METHODS_MAX. */
MUST_CHECK enum err methods_open(struct methods *methods, const struct probe_ops *method,
				 const struct probe_options *options);
void methods_close(struct methods *methods);

/* Has those that visit take over other options. */
MUST_CHECK enum err methods_renew(const struct methods *methods,
				  const struct visitor_options *visits);

/* The index of its probe, METHODS_MAX: it is not open. */
uint8_t methods_find(const struct methods *methods, const struct probe_ops *method);

/* Reads what arrived before now (realtime) on all of them. */
void methods_receive(const struct methods *methods, nsec now,
		     const struct probe_listener *listener);

/* Whether any of them has work that does not wait for the next packet. */
bool methods_wait(const struct methods *methods);

#endif
