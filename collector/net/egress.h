/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An egress knows whether packets to a host can leave this machine: the system call takes them also
 * while the interface has no carrier, and what it takes then was never sent. Nor is what can only
 * be sent from an address that ends at the link: no answer finds its way to that. */
#ifndef NETGRADE_NET_EGRESS_H
#define NETGRADE_NET_EGRESS_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/net/endpoint.h"

#include <stdbool.h>

struct egress;

MUST_CHECK enum err egress_open(struct egress **out);
void egress_close(struct egress *egress); /* NULL is fine */

/* Hears what happened to the interfaces and their addresses; returns without waiting. */
void egress_read(struct egress *egress);

/* Whether this machine has an address of the host's family to send from, and the interface that
 * leads there is up and has carrier. True also when none leads there: then the system call refuses.
 */
bool egress_ready(struct egress *egress, const struct endpoint *host);

/* Whether the interface that leads to the host may have been without carrier, not yet noticed, when
 * it took a packet at this instant (realtime). */
bool egress_dropped(struct egress *egress, const struct endpoint *host, nsec at);

#endif
