/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP echo (RFC 792, RFC 4443) as a probe. */
#ifndef NETGRADE_PROBE_ICMP_H
#define NETGRADE_PROBE_ICMP_H

#include "collector/probe/probe.h"

extern const struct probe_ops probe_icmp;

#endif
