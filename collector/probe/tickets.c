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
	uint32_t next;
	uint32_t room;
	struct place *places;
};

static uint16_t scramble(const struct hash_key *key, uint8_t round, uint16_t half)
{
	uint8_t bytes[3] = {round, (uint8_t)(half >> 8), (uint8_t)half};

	return (uint16_t)hash_keyed(key, bytes, sizeof(bytes));
}

/* A Feistel network of four rounds permutes all 32-bit numbers (Luby and Rackoff, 1988). */
static uint32_t encrypt(const struct hash_key *key, uint32_t count)
{
	uint16_t left = (uint16_t)(count >> 16);
	uint16_t right = (uint16_t)count;

	for (uint8_t i = 0; i < ROUNDS; i++) {
		uint16_t mixed = left ^ scramble(key, i, right);
		left = right;
		right = mixed;
	}
	return (uint32_t)left << 16 | right;
}

static uint32_t decrypt(const struct hash_key *key, uint32_t number)
{
	uint16_t left = (uint16_t)(number >> 16);
	uint16_t right = (uint16_t)number;

	for (uint8_t i = ROUNDS; i-- > 0;) {
		uint16_t mixed = right ^ scramble(key, i, left);
		right = left;
		left = mixed;
	}
	return (uint32_t)left << 16 | right;
}

enum err tickets_create(struct tickets **out)
{
	struct tickets *tickets = calloc(1, sizeof(*tickets));

	if (tickets == NULL)
		return E_MEMORY;
	tickets->room = ROOM_FIRST;
	tickets->places = calloc(tickets->room, sizeof(*tickets->places));
	enum err rc = tickets->places == NULL ? E_MEMORY : E_OK;
	if (rc == E_OK)
		rc = random_secret(&tickets->key, sizeof(tickets->key));
	if (rc == E_OK)
		rc = random_secret(&tickets->next, sizeof(tickets->next));
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
	*number = encrypt(&tickets->key, tickets->next++);
	return E_OK;
}

bool tickets_find(const struct tickets *tickets, uint32_t number, struct stub *out)
{
	uint32_t count = decrypt(&tickets->key, number);
	const struct place *place = &tickets->places[count & (tickets->room - 1)];

	if (!place->issued || place->count != count)
		return false;
	*out = place->stub;
	return true;
}
