/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An errand is a visit on its way: the order, and one transfer after another until a page comes
 * that leads no further. Used by the visitor alone. */
#ifndef NETGRADE_NET_ERRAND_H
#define NETGRADE_NET_ERRAND_H

#include "collector/net/lookups.h"
#include "collector/net/transfer.h"
#include "collector/net/visitor.h"

#include <stdbool.h>

struct errand {
	struct errand *next;
	struct visit_label label;
	struct transfer *transfer; /* NULL while none is on its way */
	struct visited *visited;   /* what is known until now */
	struct endpoint to;	   /* of the next transfer */
	nsec asked;		   /* monotonic, as the next three */
	nsec began;
	nsec deadline;
	nsec hop_began;
	uint32_t body_most;
	uint8_t redirects_most;
	uint8_t dscp;
	char *lookup;	/* the name whose address must be found before it; NULL: none */
	char *url;	/* of the next transfer */
	char *expect;	/* NULL */
	char **blocked; /* NULL */
};

MUST_CHECK enum err errand_open(const struct visit_order *order, nsec now, struct errand **out);
void errand_destroy(struct errand *errand); /* NULL is fine */

/* Makes the next transfer; false: there is none, and the visit says why. */
bool errand_next(struct errand *errand, struct transfer_setting *setting);

/* Takes up what became of looking its name up; false: it goes nowhere. */
bool errand_found(struct errand *errand, const struct lookup *lookup);

/* Takes up how the transfer went; whether it leads to another. */
bool errand_conclude(struct errand *errand, CURLcode code);

/* Destroys it and gives what became of it. */
struct visited *errand_close(struct errand *errand);

#endif
