/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/local.h"
#include "collector/base/clock.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { LOCAL_MAX = 1024 };

struct local {
	nsec read_at;
	size_t count;
	struct endpoint endpoints[LOCAL_MAX];
};

static void add(struct local *local, const struct sockaddr *address)
{
	struct sockaddr_storage copy = {0};

	if (address == NULL || local->count == LOCAL_MAX)
		return;
	if (address->sa_family == AF_INET)
		memcpy(&copy, address, sizeof(struct sockaddr_in));
	else if (address->sa_family == AF_INET6)
		memcpy(&copy, address, sizeof(struct sockaddr_in6));
	else
		return;
	local->endpoints[local->count++] = endpoint_from_sockaddr(&copy);
}

static void refresh(struct local *local)
{
	struct ifaddrs *list;

	local->read_at = clock_monotonic();
	if (getifaddrs(&list) != 0)
		return;
	local->count = 0;
	for (const struct ifaddrs *item = list; item != NULL; item = item->ifa_next)
		add(local, item->ifa_addr);
	freeifaddrs(list);
}

enum err local_create(struct local **out)
{
	struct local *local = calloc(1, sizeof(*local));

	if (local == NULL)
		return E_MEMORY;
	refresh(local);
	*out = local;
	return E_OK;
}

void local_destroy(struct local *local)
{
	free(local);
}

bool local_has(struct local *local, const struct endpoint *endpoint)
{
	if (clock_monotonic() - local->read_at > NSEC_PER_SEC)
		refresh(local);
	for (size_t i = 0; i < local->count; i++) {
		if (endpoint_compare(&local->endpoints[i], endpoint) == 0)
			return true;
	}
	return false;
}
