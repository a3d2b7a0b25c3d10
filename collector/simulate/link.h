/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A link is what the packets of one series meet. It makes the singletons of a slot; the same seed
 * makes the same ones, whatever else is simulated beside it. */
#ifndef NETGRADE_SIMULATE_LINK_H
#define NETGRADE_SIMULATE_LINK_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/base/random.h"
#include "collector/metric/sample.h"
#include "collector/simulate/scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What holds at an instant, all conditions taken together. */
struct weather {
	struct period period; /* in which it holds */
	nsec midnight;	      /* the local one before */
	const struct shape *shape;
	const struct losses *losses;
	nsec detour;
	enum fate fate;
	double duplicates;
};

struct link {
	struct random random;
	const struct condition **conditions; /* those that concern the series, owned */
	size_t condition_count;
	const struct shape *calm; /* while no condition says otherwise */
	struct weather weather;
	struct loss_chain chain;
	const struct shape *bursting; /* whose bursts these are */
	bool in_burst;
	nsec burst_changes;
	nsec end; /* the series is retired then; NSEC_INFINITE: never */
	nsec interval;
	nsec phase; /* of the first packet of a slot */
	nsec t_max;
	uint32_t packets;
};

/* End, interval, phase, t_max and packets are given. E_MEMORY. */
MUST_CHECK enum err link_init(struct link *link, const struct scenario *scenario,
			      const struct subject *subject, uint64_t seed);
void link_finish(struct link *link);

/* Makes the slot that starts at from; slots come in the order of time. singletons has room for its
 * packets. False: the agent recorded nothing. */
bool link_measure(struct link *link, nsec from, struct singleton *singletons, struct sample *out);

/* The same for a slot in which nothing is to be sent, and why. */
bool link_pass_over(struct link *link, nsec from, uint32_t why, struct singleton *singletons,
		    struct sample *out);

#endif
