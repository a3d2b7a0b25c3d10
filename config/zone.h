/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time zones by name: a name without a file would silently be taken for UTC. */
#ifndef NETGRADE_CONFIG_ZONE_H
#define NETGRADE_CONFIG_ZONE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the machine's zone data has it. */
bool zone_exists(const char *name);

/* The existing name that a mistyped one is closest to; false if none is close. */
bool zone_closest(const char *name, char *out, size_t size);

#endif
