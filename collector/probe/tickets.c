/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/tickets.h"
#include "collector/base/random.h"

#include <stdlib.h>

enum { ROOM_FIRST = 1 << 10, ROUNDS = 4 };

struct place {
	struct stub stub;
	uint32_t count; /* which ticket this is */
	uint32_t second;
	bool issued;
};

/* A ring: ticket n stands at n modulo room, a power of two. */
struct tickets {
	struct hash_key key;
	uint32_t half; /* bits */
	uint32_t half_mask;
	uint32_t next; /* modulo the numbers there are */
	uint32_t room;
	struct place *places;
};

static uint32_t scramble(const struct tickets *tickets, uint8_t round, uint32_t half)
{
	uint8_t bytes[3] = {round, (uint8_t)(half >> 8), (uint8_t)half};

	return (uint32_t)hash_keyed(&tickets->key, bytes, sizeof(bytes)) & tickets->half_mask;
}

/* A Feistel network of four rounds permutes all numbers of the width (Luby and Rackoff, 1988). */
static uint32_t encrypt(const struct tickets *tickets, uint32_t count)
{
	uint32_t left = count >> tickets->half;
	uint32_t right = count & tickets->half_mask;

	for (uint8_t i = 0; i < ROUNDS; i++) {
		uint32_t mixed = left ^ scramble(tickets, i, right);
		left = right;
		right = mixed;
	}
	return left << tickets->half | right;
}

static uint32_t decrypt(const struct tickets *tickets, uint32_t number)
{
	uint32_t left = number >> tickets->half;
	uint32_t right = number & tickets->half_mask;

	for (uint8_t i = ROUNDS; i-- > 0;) {
		uint32_t mixed = right ^ scramble(tickets, i, left);
		right = left;
		left = mixed;
	}
	return left << tickets->half | right;
}

enum err tickets_create(enum tickets_width width, struct tickets **out)
{
	struct tickets *tickets = calloc(1, sizeof(*tickets));

	if (tickets == NULL)
		return E_MEMORY;
	tickets->half = (uint32_t)width / 2;
	tickets->half_mask = (UINT32_C(1) << tickets->half) - 1;
	tickets->room = ROOM_FIRST;
	tickets->places = calloc(tickets->room, sizeof(*tickets->places));
	enum err rc = tickets->places == NULL ? E_MEMORY : E_OK;
	if (rc == E_OK)
		rc = random_secret(&tickets->key, sizeof(tickets->key));
	if (rc == E_OK)
		rc = random_secret(&tickets->next, sizeof(tickets->next));
	tickets->next &= tickets->half_mask << tickets->half | tickets->half_mask;
	if (rc != E_OK) {
		tickets_destroy(tickets);
		return rc;
	}
	*out = tickets;
	return E_OK;
}

void tickets_destroy(struct tickets *tickets)
{
	if (tickets == NULL)
		return;
	free(tickets->places);
	free(tickets);
}

static enum err grow(struct tickets *tickets)
{
	uint32_t room = 2 * tickets->room;

	if (room > TICKETS_MOST)
		return E_FULL;
	struct place *places = calloc(room, sizeof(*places));
	if (places == NULL)
		return E_MEMORY;
	for (uint32_t i = 0; i < tickets->room; i++) {
		const struct place *place = &tickets->places[i];
		if (place->issued)
			places[place->count & (room - 1)] = *place;
	}
	free(tickets->places);
	tickets->places = places;
	tickets->room = room;
	return E_OK;
}

static bool is_kept(const struct place *place, uint32_t second)
{
	return place->issued && second - place->second <= TICKETS_KEPT_S;
}

static uint32_t following(const struct tickets *tickets)
{
	uint32_t most = tickets->half_mask << tickets->half | tickets->half_mask;

	return (tickets->next + 1) & most;
}

enum err tickets_issue(struct tickets *tickets, const struct stub *stub, nsec now, uint32_t *number)
{
	uint32_t second = (uint32_t)(now / NSEC_PER_SEC);
	struct place *place = &tickets->places[tickets->next & (tickets->room - 1)];

	if (is_kept(place, second)) {
		enum err rc = grow(tickets);
		if (rc != E_OK)
			return rc;
		place = &tickets->places[tickets->next & (tickets->room - 1)];
	}
	*place = (struct place){*stub, tickets->next, second, true};
	*number = encrypt(tickets, tickets->next);
	tickets->next = following(tickets);
	return E_OK;
}

bool tickets_find(const struct tickets *tickets, uint32_t number, struct stub *out)
{
	uint32_t count = decrypt(tickets, number);
	const struct place *place = &tickets->places[count & (tickets->room - 1)];

	if (!place->issued || place->count != count)
		return false;
	*out = place->stub;
	return true;
}
