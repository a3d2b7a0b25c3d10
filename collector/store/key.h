/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A series is keyed by what is measured: agent, target, method and Type-P (RFC 2330, section 13).
 */
#ifndef NETGRADE_STORE_KEY_H
#define NETGRADE_STORE_KEY_H

#include "collector/base/err.h"

#include <stdint.h>

enum { KEY_NAME = 49, KEY_METHOD = 40, KEY_TEXT = 192 };

struct series_key {
	char agent[KEY_NAME]; /* names are [a-z0-9-], checked by who reads them */
	char target[KEY_NAME];
	char method[KEY_METHOD]; /* of a service with what it is asked for: test_type_at */
	uint8_t family;		 /* 4 or 6 */
	uint8_t dscp;
	uint16_t size; /* octets of payload */
	uint16_t port; /* 0 where the method has none */
};

/* "agent~target~icmp~v4~s64~d0~p0": also the stem of the series' file names. */
void series_key_format(const struct series_key *key, char out[KEY_TEXT]);

/* The method's word alone: "dns". */
void series_key_method(const struct series_key *key, char out[KEY_METHOD]);

/* The reverse; E_SYNTAX or E_RANGE when the text is no key. */
MUST_CHECK enum err series_key_parse(const char *text, struct series_key *out);

#endif
