/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A visitor makes visits over HTTP in a thread of its own, which measures nothing else and which
 * nothing else keeps waiting: they are asked for and collected without blocking. */
#ifndef NETGRADE_NET_VISITOR_H
#define NETGRADE_NET_VISITOR_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/visit.h"
#include "collector/net/endpoint.h"
#include "collector/net/resolver.h"
#include "collector/packet/mark.h"

#include <stdint.h>

struct visitor;

/* Where the first page of a visit is asked for. */
enum visit_way {
	VISIT_BY_ADDRESS, /* at the host's */
	VISIT_BY_NAME,	  /* at the address that the name in its URL has */
};

struct visitor_options {
	struct name_servers name_servers; /* asked for the names of redirects too */
	const char *authorities; /* PEM file of those believed besides this machine's; NULL: none */
	const char *contact;	 /* who answers for the visits: part of User-Agent; NULL */
	uint32_t at_once;	 /* to one address, at most */
	nsec distance;		 /* from the beginning of one to that of the next, at least */
};

/* What an asker knows a visit by. */
struct visit_label {
	struct mark mark;
	struct endpoint host;
	uint16_t sequence;
	nsec asked_at; /* realtime */
};

struct visit_order {
	struct visit_label label;
	const char *url;
	const char *expect; /* as in struct transfer_request, as the next */
	const char *const *blocked;
	enum visit_way way;
	nsec t_max; /* from asked_at to the last octet */
	uint32_t body_most;
	uint8_t redirects_most;
	uint8_t dscp;
};

struct visited {
	struct visited *next;
	struct visit_label label;
	struct visit visit;
};

/* Reads what it needs of files, so call it while the process may. */
MUST_CHECK enum err visitor_create(const struct visitor_options *options, struct visitor **out);
void visitor_destroy(struct visitor *visitor); /* NULL is fine; gives up what is on its way */

/* From the next visit on; the texts are copied. It reads the file in its own thread: where that
 * cannot be read any more, those believed until then go on, which is logged. */
MUST_CHECK enum err visitor_renew(struct visitor *visitor, const struct visitor_options *options);

/* The order is copied. The first one starts the thread, which keeps no rights that were given up
 * before. */
MUST_CHECK enum err visitor_ask(struct visitor *visitor, const struct visit_order *order);

/* What came to its end since, the oldest first; the caller frees each. */
struct visited *visitor_collect(struct visitor *visitor);

#endif
