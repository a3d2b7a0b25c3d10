/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses come one by one (Bernoulli) or in bad times (Gilbert, 1960; Elliott, 1963): a chain of two
 * states that moves with every packet. */
#ifndef NETGRADE_SIMULATE_LOSSES_H
#define NETGRADE_SIMULATE_LOSSES_H

#include "collector/base/random.h"

#include <stdbool.h>
#include <stdint.h>

struct losses {
	double ratio;  /* of all packets */
	double burst;  /* mean packets of a bad time; 1: each packet by itself */
	double inside; /* of the packets of a bad time; not less than ratio */
};

struct loss_chain {
	const struct losses *losses; /* NULL: nothing is lost */
	uint64_t left;		     /* packets until the state changes */
	bool bad;
};

/* As the chain is found at any time. */
struct loss_chain loss_chain_start(const struct losses *losses, struct random *random);

/* Whether none of the next packets is lost: then they are passed over. */
static inline bool loss_chain_spares(struct loss_chain *chain, uint32_t packets)
{
	if (chain->bad || chain->left < packets)
		return false;
	chain->left -= packets;
	return true;
}

/* Whether the next packet is lost. */
bool loss_chain_next(struct loss_chain *chain, struct random *random);

#endif
