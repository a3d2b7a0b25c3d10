/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err parse_scope(const char *text, uint32_t *out)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*out = if_nametoindex(text);
	if (*out == 0 && end != text && *end == '\0' && number <= UINT32_MAX)
		*out = (uint32_t)number;
	return *out == 0 ? E_SYNTAX : E_OK;
}

enum err endpoint_parse(const char *text, struct endpoint *out)
{
	struct endpoint endpoint = {.family = 4};
	char address[INET6_ADDRSTRLEN];
	const char *percent = strchr(text, '%');

	if (inet_pton(AF_INET, text, endpoint.bytes) == 1) {
		*out = endpoint;
		return E_OK;
	}
	size_t len = percent == NULL ? strlen(text) : (size_t)(percent - text);
	if (len >= sizeof(address))
		return E_SYNTAX;
	snprintf(address, sizeof(address), "%.*s", (int)len, text);
	endpoint.family = 6;
	if (inet_pton(AF_INET6, address, endpoint.bytes) != 1)
		return E_SYNTAX;
	if (percent != NULL && parse_scope(percent + 1, &endpoint.scope) != E_OK)
		return E_SYNTAX;
	*out = endpoint;
	return E_OK;
}

void endpoint_format(const struct endpoint *endpoint, char out[ENDPOINT_TEXT])
{
	char address[INET6_ADDRSTRLEN] = "?";

	inet_ntop(endpoint->family == 4 ? AF_INET : AF_INET6, endpoint->bytes, address,
		  sizeof(address));
	if (endpoint->scope != 0)
		snprintf(out, ENDPOINT_TEXT, "%s%%%u", address, endpoint->scope);
	else
		snprintf(out, ENDPOINT_TEXT, "%s", address);
}

socklen_t endpoint_to_sockaddr(const struct endpoint *endpoint, struct sockaddr_storage *out)
{
	if (endpoint->family == 4) {
		struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
		memcpy(&v4.sin_addr, endpoint->bytes, sizeof(v4.sin_addr));
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
	v6.sin6_scope_id = endpoint->scope;
	memcpy(&v6.sin6_addr, endpoint->bytes, sizeof(v6.sin6_addr));
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

struct endpoint endpoint_from_sockaddr(const struct sockaddr_storage *address)
{
	struct endpoint endpoint = {0};

	if (address->ss_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof(v4));
		endpoint.family = 4;
		endpoint.port = ntohs(v4.sin_port);
		memcpy(endpoint.bytes, &v4.sin_addr, sizeof(v4.sin_addr));
	} else if (address->ss_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof(v6));
		endpoint.family = 6;
		endpoint.port = ntohs(v6.sin6_port);
		endpoint.scope = v6.sin6_scope_id;
		memcpy(endpoint.bytes, &v6.sin6_addr, sizeof(v6.sin6_addr));
	}
	return endpoint;
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16);
}
