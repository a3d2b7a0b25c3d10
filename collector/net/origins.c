/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/origins.h"
#include "collector/base/clock.h"
#include "collector/base/nsec.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 8192, ANY_PORT = 9 };

static const nsec age = 10 * NSEC_PER_SEC;

struct origin {
	uint32_t host;
	struct endpoint address;
	nsec found_at; /* monotonic; 0: never */
};

struct origins {
	struct origin places[PLACES]; /* by a hash of the host; a later takes its place */
};

enum err origins_create(struct origins **out)
{
	struct origins *origins = calloc(1, sizeof(*origins));

	if (origins == NULL)
		return E_MEMORY;
	*out = origins;
	return E_OK;
}

void origins_destroy(struct origins *origins)
{
	free(origins);
}

static uint32_t key_of(const struct endpoint *host)
{
	uint32_t key;

	memcpy(&key, host->bytes, sizeof(key));
	return key;
}

static struct origin *place_of(struct origins *origins, uint32_t key)
{
	return &origins->places[(key * 2654435761u >> 16) % PLACES];
}

/* Connecting a datagram socket sends nothing and tells the route's address. */
static bool look_up(const struct endpoint *host, struct endpoint *out)
{
	struct endpoint to = *host;
	struct sockaddr_storage address;
	socklen_t len;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	to.port = ANY_PORT;
	len = endpoint_to_sockaddr(&to, &address);
	bool found = connect(fd, (struct sockaddr *)&address, len) == 0;
	len = sizeof(address);
	found = found && getsockname(fd, (struct sockaddr *)&address, &len) == 0;
	int kept = errno;
	close(fd);
	errno = kept;
	if (found)
		*out = endpoint_from_sockaddr(&address);
	return found;
}

bool origins_find(struct origins *origins, const struct endpoint *host, struct endpoint *out)
{
	uint32_t key = key_of(host);
	struct origin *origin = place_of(origins, key);
	nsec now = clock_monotonic();

	if (origin->found_at == 0 || origin->host != key || now - origin->found_at >= age) {
		origin->found_at = 0;
		if (!look_up(host, &origin->address))
			return false;
		origin->host = key;
		origin->found_at = now;
	}
	*out = origin->address;
	return true;
}
