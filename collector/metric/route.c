/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/route.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *route_end_name(enum route_end end)
{
	static const char *const names[ROUTE_ENDS] = {
		[ROUTE_REACHED] = "reached",	     [ROUTE_FILTERED] = "filtered",
		[ROUTE_UNREACHABLE] = "unreachable", [ROUTE_SILENT] = "silent",
		[ROUTE_TTL_OUT] = "ttl out",	     [ROUTE_LOOP] = "loop",
		[ROUTE_UNSENT] = "unsent",
	};

	assert(end < ROUTE_ENDS);
	return names[end];
}

struct hop hop_silent(void)
{
	return (struct hop){.least = NSEC_UNDEFINED, .most = NSEC_UNDEFINED};
}

bool hop_has(const struct hop *hop, const uint8_t address[16])
{
	for (uint8_t i = 0; i < hop->address_count; i++) {
		if (memcmp(hop->addresses[i], address, sizeof(hop->addresses[i])) == 0)
			return true;
	}
	return false;
}

static void hop_name(struct hop *hop, const uint8_t address[16])
{
	if (hop->address_count < HOP_ADDRESSES && !hop_has(hop, address))
		memcpy(hop->addresses[hop->address_count++], address, 16);
}

void hop_take(struct hop *hop, const uint8_t address[16], nsec delay)
{
	hop_name(hop, address);
	if (hop->answered == 0 || delay < hop->least)
		hop->least = delay;
	if (hop->answered == 0 || delay > hop->most)
		hop->most = delay;
	hop->total += delay;
	hop->answered++;
}

static bool share(const struct hop *a, const struct hop *b)
{
	for (uint8_t i = 0; i < a->address_count; i++) {
		if (hop_has(b, a->addresses[i]))
			return true;
	}
	return false;
}

static bool contradict(const struct hop *a, const struct hop *b)
{
	return a->address_count > 0 && b->address_count > 0 && !share(a, b);
}

/* The same router at neighbouring distances only forwards what it should have dropped. */
bool route_loops(const struct route *route)
{
	for (uint8_t i = 0; i < route->count; i++) {
		bool another = false;
		for (uint8_t j = (uint8_t)(i + 1); j < route->count; j++) {
			if (another && share(&route->hops[i], &route->hops[j]))
				return true;
			another = another || contradict(&route->hops[i], &route->hops[j]);
		}
	}
	return false;
}

bool route_same(const struct route *a, const struct route *b)
{
	uint8_t both = a->count < b->count ? a->count : b->count;

	for (uint8_t i = 0; i < both; i++) {
		if (contradict(&a->hops[i], &b->hops[i]))
			return false;
	}
	if (a->end == ROUTE_REACHED && b->count > a->count)
		return false;
	return b->end != ROUTE_REACHED || a->count <= b->count;
}

bool route_learn(struct route *known, const struct route *other)
{
	bool learnt = other->count > known->count;

	for (uint8_t i = 0; i < other->count; i++) {
		struct hop *hop = &known->hops[i];
		if (i >= known->count)
			*hop = hop_silent();
		if (hop->address_count > 0)
			continue;
		learnt = learnt || other->hops[i].address_count > 0;
		*hop = other->hops[i];
	}
	if (other->count > known->count)
		known->count = other->count;
	return learnt;
}

void route_format(const struct route *route, char out[ROUTE_TEXT])
{
	int family = route->family == 4 ? AF_INET : AF_INET6;
	size_t used = 0;

	out[0] = '\0';
	for (uint8_t i = 0; i < route->count; i++) {
		const struct hop *hop = &route->hops[i];
		if (i > 0)
			used += (size_t)snprintf(out + used, ROUTE_TEXT - used, " ");
		if (hop->address_count == 0)
			used += (size_t)snprintf(out + used, ROUTE_TEXT - used, "*");
		for (uint8_t j = 0; j < hop->address_count; j++) {
			char text[INET6_ADDRSTRLEN] = "?";
			inet_ntop(family, hop->addresses[j], text, sizeof(text));
			used += (size_t)snprintf(out + used, ROUTE_TEXT - used, "%s%s",
						 j == 0 ? "" : "/", text);
		}
	}
}

/* Reads one hop that is len long. */
static bool parse_hop(const char *text, size_t len, uint8_t family, struct hop *out)
{
	*out = hop_silent();
	if (len == 1 && *text == '*')
		return true;
	for (const char *end = text + len; text <= end;) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		size_t size = (size_t)((slash == NULL ? end : slash) - text);
		char word[INET6_ADDRSTRLEN];
		uint8_t address[16] = {0};
		if (size == 0 || size >= sizeof(word) || out->address_count == HOP_ADDRESSES)
			return false;
		memcpy(word, text, size);
		word[size] = '\0';
		if (inet_pton(family == 4 ? AF_INET : AF_INET6, word, address) != 1)
			return false;
		hop_name(out, address);
		text += size + 1;
	}
	return out->address_count > 0;
}

enum err route_parse(const char *text, uint8_t family, struct route *out)
{
	struct route route = {.family = family, .end = ROUTE_SILENT};

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		if (route.count == ROUTE_HOPS ||
		    !parse_hop(text, len, family, &route.hops[route.count++]))
			return E_SYNTAX;
		text += len + (text[len] == ' ');
	}
	*out = route;
	return E_OK;
}
