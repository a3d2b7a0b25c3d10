/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Origins are the addresses of this machine from which packets leave for hosts, as the routes have
 * it: some checksums cover them. */
#ifndef NETGRADE_NET_ORIGINS_H
#define NETGRADE_NET_ORIGINS_H

#include "collector/base/err.h"
#include "collector/net/endpoint.h"

#include <stdbool.h>

struct origins;

MUST_CHECK enum err origins_create(struct origins **out);
void origins_destroy(struct origins *origins); /* NULL is fine */

/* The address for an IPv4 host, known for at most ten seconds. False, with errno set, when no route
 * leads there. */
bool origins_find(struct origins *origins, const struct endpoint *host, struct endpoint *out);

#endif
