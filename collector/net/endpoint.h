/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An endpoint is an IPv4 or IPv6 address with, where a method has one, a port. */
#ifndef NETGRADE_NET_ENDPOINT_H
#define NETGRADE_NET_ENDPOINT_H

#include "collector/base/err.h"

#include <stdint.h>
#include <sys/socket.h>

enum { ENDPOINT_TEXT = 64 };

struct endpoint {
	uint8_t family; /* 4 or 6; 0: none */
	uint16_t port;
	uint32_t scope; /* interface index of a link-local IPv6 address, else 0 */
	uint8_t bytes[16];
};

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0". E_SYNTAX; names are not looked up. */
MUST_CHECK enum err endpoint_parse(const char *text, struct endpoint *out);
void endpoint_format(const struct endpoint *endpoint, char out[ENDPOINT_TEXT]);

/* Gives the length that goes with it. */
socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *out);
/* Family 0 when it is neither IPv4 nor IPv6. */
struct endpoint endpoint_from_sockaddr(const struct sockaddr_storage *address);

/* Order by address alone; 0 when both are the same host. */
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);

#endif
