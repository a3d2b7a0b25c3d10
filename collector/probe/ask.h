/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An ask is what a service is asked for, beside its address, and what it must answer. */
#ifndef NETGRADE_PROBE_ASK_H
#define NETGRADE_PROBE_ASK_H

#include "collector/base/err.h"
#include "collector/packet/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASK_SUBJECT = 17 };

enum ask_transport { ASK_DATAGRAM, ASK_STREAM };

struct ask {
	char subject[ASK_SUBJECT]; /* as in the key of its series */
	/* Of dns; its id is chosen anew for each packet. */
	struct dns_query query;
	enum ask_transport transport;
	const struct dns_value *expected; /* right answers */
	size_t expected_count;		  /* 0: any will do */
	/* Of http; url is NULL of other methods. */
	const char *url;
	const char *text;	    /* that the page must have; NULL: any will do */
	const char *const *blocked; /* texts of pages for robots, besides those known; NULL at the
				       end, may be NULL itself */
	uint32_t body_most;	    /* octets of a page */
	uint8_t redirects_most;
	bool by_name; /* at the address that the name in the URL has, not at the target's */
};

/* With memory of its own; NULL of NULL. */
MUST_CHECK enum err ask_copy(const struct ask *ask, struct ask **out);
void ask_destroy(struct ask *ask); /* of a copy; NULL is fine */

bool ask_same(const struct ask *a, const struct ask *b); /* either may be NULL */

/* A right answer of this record as text: an address, or a name. E_SYNTAX: it is none. */
MUST_CHECK enum err ask_expect(uint16_t type, const char *text, struct dns_value *out);

/* Whether an answer has records of the type asked for, and none but right ones. */
bool ask_satisfied(const struct ask *ask, const struct dns_answer *answer);

#endif
