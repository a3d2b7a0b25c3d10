/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holdings are what a data directory has of each series: its epochs, their files, the rows that
 * these keep. They are read beside a store that goes on writing. */
#ifndef NETGRADE_STORE_HOLDINGS_H
#define NETGRADE_STORE_HOLDINGS_H

#include "collector/base/err.h"
#include "collector/store/key.h"
#include "collector/store/ring.h"

#include <stddef.h>
#include <stdint.h>

enum holding_state {
	HOLDING_NONE, /* no such file */
	HOLDING_GOOD,
	HOLDING_DAMAGED, /* the store sets it aside when it comes to it */
};

struct holding_file {
	char *name; /* in DATA/series; NULL: none was ever asked for */
	enum holding_state state;
	struct ring_head head; /* of a good one */
	uint64_t octets;
};

struct holding {
	struct series_key key;
	nsec interval; /* of the newest epoch; 0: nothing was filed */
	size_t epochs;
	struct holding_file curves; /* of the newest epoch: those of earlier ones never change */
	struct holding_file hours;
	uint64_t earlier; /* octets of the curves of earlier epochs */
};

struct holdings {
	struct holding *items; /* in the order in which the series were first known */
	size_t count;
};

/* A directory in which nothing was stored yet has none. */
MUST_CHECK enum err holdings_read(const char *directory, struct holdings *out);
void holdings_finish(struct holdings *holdings);

uint64_t holding_octets(const struct holding *holding); /* of all its files */

#endif
