/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A resolver asks name servers for the addresses of a name: directly, keeping nothing, so that what
 * was not asked for now is not told. It blocks, up to a deadline: not for the measuring loop. */
#ifndef NETGRADE_NET_RESOLVER_H
#define NETGRADE_NET_RESOLVER_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/net/endpoint.h"
#include "collector/packet/dns.h"

#include <stddef.h>
#include <stdint.h>

enum { NAME_SERVERS_MOST = 8, NAME_SERVER_PORT = 53, RESOLVED_MOST = 16 };

struct name_servers {
	size_t count;
	struct endpoint items[NAME_SERVERS_MOST]; /* in the order in which they are asked */
};

/* Those of a file like /etc/resolv.conf (resolv.conf(5)), up to NAME_SERVERS_MOST; without any, or
 * without the file, the one on this machine, as the C library has it. */
struct name_servers name_servers_of_system(const char *path);

enum resolving {
	RESOLVING_FOUND,
	RESOLVING_NO_NAME,    /* a server said that there is no such name */
	RESOLVING_NO_RECORD,  /* the name has no address of the family */
	RESOLVING_FAILED,     /* each server refused, failed or sent what cannot be read */
	RESOLVING_UNANSWERED, /* at least one server said nothing in time, and none answered */
};

/* "found", "no name", "no record", "failed", "unanswered". */
const char *resolving_name(enum resolving outcome);

struct resolution {
	enum resolving outcome;
	uint16_t rcode; /* of the last answer that could be read */
	uint32_t ttl;	/* s, the least of the addresses' */
	nsec took;
	struct endpoint server; /* who said so; family 0: nobody */
	size_t count;
	struct endpoint addresses[RESOLVED_MOST];
};

struct resolver_request {
	const struct name_servers *servers;
	const char *name; /* as dns_name_parse takes it */
	uint8_t family;	  /* 4 or 6: of the addresses, not of the way to the server */
	nsec patience;	  /* for all; each server has its share of it */
};

/* Asks the servers in turn over UDP, from a socket of its own each time, and over TCP where the
 * answer was cut. E_SYNTAX, E_RANGE: no domain name; E_MEMORY; E_SYSTEM: no random number. What the
 * servers said is the outcome. */
MUST_CHECK enum err resolver_find(const struct resolver_request *request, struct resolution *out);

#endif
