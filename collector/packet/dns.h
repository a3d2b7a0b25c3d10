/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DNS queries that we ask, and what a server answers to them, as octets (RFC 1035, RFC 6891). */
#ifndef NETGRADE_PACKET_DNS_H
#define NETGRADE_PACKET_DNS_H

#include "collector/base/err.h"
#include "collector/base/wire.h"
#include "collector/packet/dns_name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records of one answer that are looked at, and of them those kept; longest chain of aliases. */
enum { DNS_RECORDS_MAX = 256, DNS_VALUES_MAX = 128, DNS_CHAIN_MAX = 16 };

/* What is read of one message; what a query without EDNS may get over UDP; the answer that passes
 * every path unbroken (DNS flag day 2020). */
enum { DNS_MESSAGE_MAX = 65535, DNS_PLAIN_MAX = 512, DNS_EDNS_SIZE = 1232 };

enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_AAAA = 28 };

/* Those that a caller acts on; others come as their number. */
enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5
};

/* "A" and so on; NULL, or 0, for any other. */
const char *dns_type_name(uint16_t type);
uint16_t dns_type_find(const char *name);

/* "SERVFAIL" and so on, NULL where it has no name here. */
const char *dns_rcode_name(uint16_t rcode);

struct dns_query {
	uint16_t id;
	uint16_t type;	/* enum dns_type */
	uint16_t edns;	/* octets that an answer over UDP may have; 0: without EDNS */
	bool recursion; /* desired */
	struct dns_name name;
};

/* Header, name, type and class, an OPT record. */
enum { DNS_QUERY_MAX = 12 + DNS_NAME_MAX + 4 + 11 };

/* Octets that the query takes. */
size_t dns_query_size(const struct dns_query *query);

/* Writes a query without the length that precedes it over TCP. E_SHORT: no room. */
MUST_CHECK enum err dns_write_query(struct writer *w, const struct dns_query *query);

struct dns_value {
	uint16_t type;	      /* enum dns_type */
	uint32_t ttl;	      /* s */
	uint8_t address[16];  /* A: four octets; AAAA */
	struct dns_name name; /* NS; CNAME; SOA: the primary server */
	uint32_t serial;      /* SOA */
};

struct dns_answer {
	uint16_t rcode; /* with the upper eight bits of EDNS */
	bool authoritative;
	bool truncated; /* the records of such an answer are not looked at */
	bool recursion_available;
	bool authentic;	      /* AD: the server says that it has validated it */
	uint16_t edns;	      /* octets that the server takes over UDP; 0: it speaks no EDNS */
	uint8_t aliases;      /* CNAME records followed */
	size_t count;	      /* records of the type asked for, of the name or the last alias */
	struct dns_name name; /* the last alias, or the name asked for */
	struct dns_value values[DNS_VALUES_MAX]; /* [0, count) */
};

/* Whether the octets are a response to the query: its id and its question (a server that could not
 * read the question may leave it out). Nobody who has not seen the query can make one but by
 * chance. */
bool dns_answers(const uint8_t *bytes, size_t len, const struct dns_query *query);

/* Reads a response. E_NOT_FOUND: it does not answer the query; E_SHORT, E_CORRUPT: it does, and is
 * malformed; E_FULL: it has more records than DNS_RECORDS_MAX, or aliases without end. */
MUST_CHECK enum err dns_read_answer(const uint8_t *bytes, size_t len, const struct dns_query *query,
				    struct dns_answer *out);

/* Reads the query at the front of octets, as an ICMP error quotes it or the kernel loops it back;
 * edns is not read. E_SHORT, E_CORRUPT. */
MUST_CHECK enum err dns_read_query(const uint8_t *bytes, size_t len, struct dns_query *out);

#endif
