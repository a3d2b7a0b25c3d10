/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A domain name as it stands in DNS messages (RFC 1035, section 3.1), in lower case, so that equal
 * names have equal octets. */
#ifndef NETGRADE_PACKET_DNS_NAME_H
#define NETGRADE_PACKET_DNS_NAME_H

#include "collector/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text has each octet that is no plain character as \DDD, four for one. */
enum { DNS_NAME_MAX = 255, DNS_NAME_TEXT = 4 * DNS_NAME_MAX };

struct dns_name {
	uint8_t len; /* 0: no name; the root has 1 */
	uint8_t octets[DNS_NAME_MAX];
};

/* "www.example.cn", with or without a dot at its end; a name in other scripts (UTF-8) is taken as
 * IDNA 2008 has it. E_SYNTAX: no domain name; E_RANGE: longer than a label or a name may be;
 * E_MEMORY. */
MUST_CHECK enum err dns_name_parse(const char *text, struct dns_name *out);

/* The name of an uncompressed wire name; false if it is none, or longer than len. */
bool dns_name_take(const uint8_t *octets, size_t len, struct dns_name *out);

/* The name that stands at an octet of a message and may end by pointers, of which each leads back,
 * and behind the header (RFC 1035, section 4.1.4); moves behind it. False, with nothing moved, for
 * any other. */
bool dns_name_unpack(const uint8_t *message, size_t len, size_t *at, struct dns_name *out);

/* Without the last dot; "." for the root. */
void dns_name_format(const struct dns_name *name, char out[DNS_NAME_TEXT]);

bool dns_name_same(const struct dns_name *a, const struct dns_name *b);

#endif
