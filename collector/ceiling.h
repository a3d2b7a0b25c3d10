/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ceiling is how many probes a second one processor of this machine can carry. */
#ifndef NETGRADE_COLLECTOR_CEILING_H
#define NETGRADE_COLLECTOR_CEILING_H

#include "collector/base/err.h"

/* Measures it with an agent of its own that sends 10,000 ICMP echo requests to the loopback
 * interface within a tenth of a second, and returns after less than 0.3 s. Call it while the
 * process may open raw sockets; nothing else may use this thread meanwhile.
 *
 * It covers schedule, system calls, stamps of both ways, matching and the settling of slots, and
 * besides them what a network's other end does, because on loopback our own kernel answers. It
 * covers neither storing, nor interface and driver, nor caches that many series do not fit into: a
 * plan of more than half of the ceiling is too much. E_PERMISSION; E_UNSUPPORTED: the loopback
 * interface does not answer. */
MUST_CHECK enum err ceiling_measure(double *probes_per_second);

#endif
