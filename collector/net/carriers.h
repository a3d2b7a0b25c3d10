/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carriers are what is known of the interfaces' carrier: which are without it, and when one may
 * have been without it unnoticed. The kernel gathers such news for up to a second, in which it
 * takes packets and drops them. Pure: it is told the news and asks no clock. */
#ifndef NETGRADE_NET_CARRIERS_H
#define NETGRADE_NET_CARRIERS_H

#include "collector/base/nsec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CARRIERS_MAX = 1024, GAPS_MAX = 64 };

#define LOSSES_UNTOLD UINT32_MAX

struct carrier {
	uint32_t interface;
	bool absent;
	uint32_t losses; /* how often it went, as the kernel counts, or LOSSES_UNTOLD */
};

struct carriers {
	struct carrier known[CARRIERS_MAX];
	size_t known_count;
	size_t absent_count;
	/* The times in which a carrier may have gone unnoticed, the newest last; instants are
	 * realtime. */
	struct gap {
		uint32_t interface;
		struct period time;
	} gaps[GAPS_MAX];
	size_t gap_count;
};

/* News that come now. Whether an interface lost or found its carrier. */
bool carriers_tell(struct carriers *carriers, const struct carrier *news, nsec now);

/* The interface is no more. */
void carriers_forget(struct carriers *carriers, uint32_t interface);

bool carriers_absent(const struct carriers *carriers, uint32_t interface);

/* Whether the interface may have dropped what it took at this instant. */
bool carriers_dropped(const struct carriers *carriers, uint32_t interface, nsec at);

#endif
