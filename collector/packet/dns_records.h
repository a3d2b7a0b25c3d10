/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records are what a DNS message says besides its header and its question. */
#ifndef NETGRADE_PACKET_DNS_RECORDS_H
#define NETGRADE_PACKET_DNS_RECORDS_H

#include "collector/packet/dns.h"

/* Records of an answer that the short way has room for. */
enum { DNS_RECORDS_PLAIN = 8 };

struct dns_record {
	bool good; /* the value is one of its type */
	struct dns_name owner;
	struct dns_value value;
};

struct dns_records {
	uint16_t edns;		  /* as in struct dns_answer */
	uint8_t upper;		  /* bits of the rcode */
	size_t count;		  /* of the class IN in the section of answers */
	struct dns_record *items; /* made by dns_records_read */
	struct dns_record plain[DNS_RECORDS_PLAIN];
};

/* The short way, without a library: true for a message of which every part is usual, so that there
 * is no doubt about what it says. False leaves it open whether it is malformed. */
bool dns_records_plain(const uint8_t *bytes, size_t len, struct dns_records *out);

/* The whole way: records of the type and of aliases. E_CORRUPT, E_MEMORY. */
MUST_CHECK enum err dns_records_read(const uint8_t *bytes, size_t len, uint16_t type,
				     struct dns_records *out);

void dns_records_finish(struct dns_records *records); /* after either */

#endif
