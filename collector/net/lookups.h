/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lookups find the addresses of names in threads of their own, for who cannot wait. */
#ifndef NETGRADE_NET_LOOKUPS_H
#define NETGRADE_NET_LOOKUPS_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/net/resolver.h"

#include <stdint.h>

struct lookups;

enum { LOOKUPS_AT_ONCE = 8 };

struct lookup {
	struct lookup *next;
	void *asker;
	nsec deadline; /* monotonic */
	uint8_t family;
	enum err rc; /* E_OK: resolution says what came of it; E_BUSY: its deadline passed first */
	struct resolution resolution;
	char name[];
};

/* The bell is rung whenever one is done. */
MUST_CHECK enum err lookups_create(const struct name_servers *servers, int bell,
				   struct lookups **out);

/* What is asked for from now on is asked of these. */
void lookups_renew(struct lookups *lookups, const struct name_servers *servers);

/* Returns at once; threads at work end by themselves. NULL is fine. */
void lookups_destroy(struct lookups *lookups);

/* The first ones start the threads. */
MUST_CHECK enum err lookups_ask(struct lookups *lookups, const struct lookup *wanted,
				const char *name);

/* Those that are done, the oldest first; the caller frees each. */
struct lookup *lookups_collect(struct lookups *lookups);

#endif
