/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tempo is how long packets due are gathered before they are sent together. Waking costs as much
 * as several packets, and the kernel stamps what is sent when it leaves, so that gathering moves a
 * packet in time without making its delay any less exact. */
#ifndef NETGRADE_COLLECTOR_TEMPO_H
#define NETGRADE_COLLECTOR_TEMPO_H

#include "collector/base/nsec.h"
#include "collector/tracks.h"

/* The tick at which these series are to be sent: for some fifty packets a tick, from TEMPO_MIN to
 * TEMPO_MAX, and no longer than an eighth of the shortest time between two packets of a series. */
#define TEMPO_MIN NSEC_PER_MSEC
#define TEMPO_MAX (5 * NSEC_PER_MSEC)

nsec tempo_of(const struct tracks *tracks);

#endif
