/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slot as it is spooled: its summary and its delays, in compact self-contained octets. */
#ifndef NETGRADE_STORE_SLOT_H
#define NETGRADE_STORE_SLOT_H

#include "collector/base/err.h"
#include "collector/metric/histogram.h"
#include "collector/metric/summary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that a slot can take. One of up to 127 packets takes at most 150. */
enum { SLOT_OCTETS = 640 };

struct slot {
	struct summary summary;
	struct delays delays; /* empty unless the slot may be judged */
};

/* Whether slots may have this length: whole seconds, a divisor of an hour, or 2, 4, 8 hours. */
bool slot_length_allowed(nsec length);

/* The octets used; 0 when the slot is none: not on the grid of an allowed length, or before 1970.
 */
size_t slot_encode(const struct slot *slot, uint8_t out[SLOT_OCTETS]);

/* E_SHORT when the octets end early, E_CORRUPT when they contradict themselves, E_MISMATCH when a
 * later version wrote them. */
MUST_CHECK enum err slot_decode(const void *octets, size_t len, struct slot *out);

#endif
