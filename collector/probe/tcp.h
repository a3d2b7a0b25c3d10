/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connection set-up to a TCP port: each packet is one SYN that no retransmission follows. */
#ifndef NETGRADE_PROBE_TCP_H
#define NETGRADE_PROBE_TCP_H

#include "collector/probe/probe.h"

extern const struct probe_ops probe_tcp;

#endif
