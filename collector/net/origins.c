/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/origins.h"
#include "collector/base/clock.h"
#include "collector/base/nsec.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A host has one of a few neighbouring places; where all are other hosts', there come to be more.
 */
enum { BITS_FIRST = 10, BITS_MOST = 18, NEIGHBOURS = 8, ANY_PORT = 9 };

static const nsec age = 10 * NSEC_PER_SEC;

struct origin {
	uint32_t host;
	uint32_t address;
	nsec found_at; /* monotonic; 0: never */
};

struct origins {
	unsigned int bits; /* of the number of places */
	struct origin *places;
};

enum err origins_create(struct origins **out)
{
	struct origins *origins = calloc(1, sizeof(*origins));

	if (origins == NULL)
		return E_MEMORY;
	origins->bits = BITS_FIRST;
	origins->places = calloc((size_t)1 << BITS_FIRST, sizeof(*origins->places));
	if (origins->places == NULL) {
		free(origins);
		return E_MEMORY;
	}
	*out = origins;
	return E_OK;
}

void origins_destroy(struct origins *origins)
{
	if (origins == NULL)
		return;
	free(origins->places);
	free(origins);
}

static uint32_t word_of(const struct endpoint *endpoint)
{
	uint32_t word;

	memcpy(&word, endpoint->bytes, sizeof(word));
	return word;
}

static bool is_young(const struct origin *origin, nsec now)
{
	return origin->found_at != 0 && now - origin->found_at < age;
}

/* The host's own place; else the one that it may have, which was found the longest ago. Only the
 * upper bits of the product depend on all octets of an address. */
static struct origin *place_of(const struct origins *origins, uint32_t host)
{
	size_t mask = ((size_t)1 << origins->bits) - 1;
	size_t first = host * 2654435761u >> (32 - origins->bits);
	struct origin *oldest = &origins->places[first];

	for (size_t i = 0; i < NEIGHBOURS; i++) {
		struct origin *origin = &origins->places[(first + i) & mask];
		if (origin->found_at != 0 && origin->host == host)
			return origin;
		if (origin->found_at < oldest->found_at)
			oldest = origin;
	}
	return oldest;
}

static bool grow(struct origins *origins)
{
	size_t count = (size_t)1 << origins->bits;
	struct origins larger = {.bits = origins->bits + 1};

	if (origins->bits == BITS_MOST)
		return false;
	larger.places = calloc(2 * count, sizeof(*larger.places));
	if (larger.places == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct origin *origin = &origins->places[i];
		if (origin->found_at != 0)
			*place_of(&larger, origin->host) = *origin;
	}
	free(origins->places);
	*origins = larger;
	return true;
}

/* For a host that has none yet, or an old one; another's that is young only where there cannot be
 * more of them. */
static struct origin *take_place(struct origins *origins, uint32_t host, nsec now)
{
	struct origin *origin = place_of(origins, host);

	while (origin->host != host && is_young(origin, now) && grow(origins))
		origin = place_of(origins, host);
	return origin;
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
	uint32_t word = word_of(host);
	const struct origin *known = place_of(origins, word);
	nsec now = clock_monotonic();
	struct endpoint found = {.family = 4};

	if (known->host == word && is_young(known, now)) {
		memcpy(found.bytes, &known->address, sizeof(known->address));
		*out = found;
		return true;
	}
	if (!look_up(host, &found))
		return false;
	*take_place(origins, word, now) = (struct origin){word, word_of(&found), now};
	*out = found;
	return true;
}
