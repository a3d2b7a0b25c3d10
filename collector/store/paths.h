/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths as an archive keeps them: the routes of a series, a row for each distinct one and the time
 * in which it was seen; its path MTU likewise; and the traces made when an outage began. */
#ifndef NETGRADE_STORE_PATHS_H
#define NETGRADE_STORE_PATHS_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/mtu_search.h"
#include "collector/metric/route.h"
#include "collector/store/archive.h"

#include <stdbool.h>
#include <stddef.h>

/* Keys are texts as of series_key_format. Whether another route of the key was seen last; a route
 * that did not reach its host does not differ from one that did. */
MUST_CHECK enum err paths_route_differs(struct archive *archive, const char *key,
					const struct route *route, bool *differs);

/* Keeps a route that was seen: the row of the one seen last goes on, or a new one begins. */
MUST_CHECK enum err paths_put_route(struct archive *archive, const char *key, nsec at,
				    const struct route *route);

struct mtu_record {
	enum mtu_state state; /* found or black hole */
	uint16_t size;
	uint16_t from; /* see struct path_mtu */
	uint16_t told;
};
MUST_CHECK enum err paths_put_mtu(struct archive *archive, const char *key, nsec at,
				  const struct mtu_record *record);

/* Evidence of the outage that began with a slot: how far the way went then. */
MUST_CHECK enum err paths_put_outage_trace(struct archive *archive, const char *key, nsec slot,
					   nsec at, const struct route *route);

enum path_event_kind {
	PATH_ROUTE_CHANGED, /* between since and at; before and after are routes */
	PATH_BLACK_HOLE,    /* seen from since until at; before: the largest size that was
			     * confirmed; after: the least that vanished */
	PATH_OUTAGE_TRACED, /* since: the slot; before: how the route ended; after: the route */
	PATH_EVENT_KINDS
};

struct path_event {
	enum path_event_kind kind;
	nsec since;
	nsec at;
	char before[ROUTE_TEXT];
	char after[ROUTE_TEXT];
};

/* What happened to the path of a key in the period, by time; the caller frees *out. */
MUST_CHECK enum err paths_events(struct archive *archive, const char *key, struct period period,
				 struct path_event **out, size_t *count);

#endif
