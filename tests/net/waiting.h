/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A waiting room holds packets until the instant at which they leave, earliest first. */
#ifndef NETGRADE_TESTS_NET_WAITING_H
#define NETGRADE_TESTS_NET_WAITING_H

#include "collector/base/err.h"
#include "tests/net/ledger.h"

#include <stddef.h>
#include <stdint.h>

struct passenger {
	nsec exit;	/* CLOCK_MONOTONIC */
	uint64_t order; /* of two that leave at the same instant the smaller goes first */
	nsec arrival;	/* CLOCK_REALTIME */
	enum direction direction;
	enum fate fate; /* DELIVERED, DUPLICATE or FORGED */
	size_t octets;
	uint8_t bytes[];
};

struct waiting {
	struct passenger **heap;
	size_t count;
	size_t capacity;
	uint64_t entered;
};

void waiting_finish(struct waiting *waiting);

/* Copies about and the octets; order is filled in. E_MEMORY. */
MUST_CHECK enum err waiting_enter(struct waiting *waiting, const struct passenger *about,
				  const uint8_t *bytes);

/* The exit of the first, NSEC_INFINITE if nobody waits. */
nsec waiting_next(const struct waiting *waiting);

/* Takes the first one out; NULL if nobody waits. The caller frees it. */
struct passenger *waiting_leave(struct waiting *waiting);

#endif
