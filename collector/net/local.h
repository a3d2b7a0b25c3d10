/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local addresses are those of this machine's interfaces, read again when they may be old. */
#ifndef NETGRADE_NET_LOCAL_H
#define NETGRADE_NET_LOCAL_H

#include "collector/base/err.h"
#include "collector/net/endpoint.h"

#include <stdbool.h>

struct local;

MUST_CHECK enum err local_create(struct local **out);
void local_destroy(struct local *local); /* NULL is fine */

/* Whether an address is this machine's; what it knows is at most a second old. */
bool local_has(struct local *local, const struct endpoint *endpoint);

#endif
