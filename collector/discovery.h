/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A discovery tries every way at every site of an inventory, one packet at a time and at a bounded
 * rate. What is not answered is tried again, three times at most; what refuses is not. */
#ifndef NETGRADE_COLLECTOR_DISCOVERY_H
#define NETGRADE_COLLECTOR_DISCOVERY_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/privilege.h"
#include "collector/trial.h"

#include <stdint.h>

enum { DISCOVERY_PACKETS = 3 }; /* of a kind to an address, at most */

struct discovery_options {
	struct account account; /* becomes this user once its sockets are open */
	uint32_t rate;		/* packets a second in all, 1 to 1000 */
	nsec t_max;
};

/* Fills in the trials. E_CLOSED: it was stopped before the end. */
MUST_CHECK enum err discovery_run(const struct discovery_options *options, struct trials *trials);

#endif
