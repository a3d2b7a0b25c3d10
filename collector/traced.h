/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trace found out about the way to one host, and how it is shown. */
#ifndef NETGRADE_COLLECTOR_TRACED_H
#define NETGRADE_COLLECTOR_TRACED_H

#include "collector/base/err.h"
#include "collector/metric/route.h"
#include "collector/probe/path_mtu.h"

#include <stdbool.h>
#include <stddef.h>

struct traced {
	const char *name; /* as the user wrote it */
	struct trace_target target;
	nsec at;
	enum err found; /* E_OK, or why there is no route */
	struct route route;
	struct path_mtu mtu;
};

const char *trace_protocol_name(enum trace_protocol protocol); /* "icmp" and so on */
bool trace_protocol_find(const char *name, enum trace_protocol *out);

/* To standard output; false when that cannot be written. */
bool traced_print(const struct traced *items, size_t count);
bool traced_print_json(const struct traced *items, size_t count);

#endif
