/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to a name server: each packet is one query, over UDP, or over a TCP connection of its
 * own. */
#ifndef NETGRADE_PROBE_DNS_H
#define NETGRADE_PROBE_DNS_H

#include "collector/probe/probe.h"

extern const struct probe_ops probe_dns;

#endif
