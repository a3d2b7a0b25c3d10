/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/losses.h"

#include <math.h>
#include <stddef.h>

/* Packets before the first success, each with this probability. */
static uint64_t geometric(struct random *random, double probability)
{
	if (probability >= 1)
		return 0;
	if (probability <= 0)
		return UINT64_MAX;
	double count = floor(log1p(-random_unit(random)) / log1p(-probability));
	return count < 1e18 ? (uint64_t)count : UINT64_MAX;
}

/* The share of packets in bad times. */
static double share_bad(const struct losses *losses)
{
	return fmin(losses->ratio / losses->inside, 1);
}

/* The probability that a bad time begins with the next packet of a good one, or that a bad packet
 * follows a bad one where each stands by itself. */
static double entering(const struct losses *losses)
{
	double share = share_bad(losses);

	if (losses->burst <= 1)
		return share;
	return share >= 1 ? 1 : fmin(share / (1 - share) / losses->burst, 1);
}

static void stay_good(struct loss_chain *chain, struct random *random)
{
	chain->bad = false;
	chain->left = geometric(random, entering(chain->losses));
	/* A time has at least one packet, unless packets stand by themselves. */
	if (chain->losses->burst > 1 && share_bad(chain->losses) < 1 && chain->left < UINT64_MAX)
		chain->left++;
}

static void stay_bad(struct loss_chain *chain, struct random *random)
{
	chain->bad = true;
	chain->left = 1;
	if (chain->losses->burst > 1)
		chain->left += geometric(random, 1 / chain->losses->burst);
}

struct loss_chain loss_chain_start(const struct losses *losses, struct random *random)
{
	struct loss_chain chain = {.losses = losses, .left = UINT64_MAX};

	if (losses == NULL || losses->ratio <= 0)
		return chain;
	if (losses->burst > 1 && random_unit(random) < share_bad(losses))
		stay_bad(&chain, random);
	else
		stay_good(&chain, random);
	return chain;
}

bool loss_chain_next(struct loss_chain *chain, struct random *random)
{
	while (chain->left == 0) {
		if (chain->bad)
			stay_good(chain, random);
		else
			stay_bad(chain, random);
	}
	if (chain->left < UINT64_MAX)
		chain->left--;
	if (!chain->bad)
		return false;
	return chain->losses->inside >= 1 || random_unit(random) < chain->losses->inside;
}
