/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tickets are numbers that stand for marks in flight, for packets that have room for few bits only.
 * They come in an order that nobody without the key can foretell, so none can be guessed. */
#ifndef NETGRADE_PROBE_TICKETS_H
#define NETGRADE_PROBE_TICKETS_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/packet/mark.h"
#include "collector/probe/ask.h"

#include <stdbool.h>
#include <stdint.h>

struct tickets;

/* What a ticket stands for. */
struct stub {
	struct mark mark;
	uint16_t sequence;
	uint16_t port;
	uint32_t host;	       /* a keyed hash of it, where the method looks at it */
	const struct ask *ask; /* of a service; NULL */
};

/* Bits of a ticket. */
enum tickets_width { TICKETS_24 = 24, TICKETS_32 = 32 };

MUST_CHECK enum err tickets_create(enum tickets_width width, struct tickets **out);
void tickets_destroy(struct tickets *tickets); /* NULL is fine */

/* A ticket is kept for this long after it was issued, and then until its place is needed: longer
 * than any T_max. */
enum { TICKETS_KEPT_S = 64, TICKETS_MOST = 1 << 22 };

/* E_FULL when TICKETS_MOST are out, E_MEMORY. now is monotonic. */
MUST_CHECK enum err tickets_issue(struct tickets *tickets, const struct stub *stub, nsec now,
				  uint32_t *number);

/* False for a number that was not issued, or long ago. */
bool tickets_find(const struct tickets *tickets, uint32_t number, struct stub *out);

#endif
