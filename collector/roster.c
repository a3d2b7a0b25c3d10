/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/roster.h"

#include <assert.h>
#include <stdlib.h>

static void destroy(struct track *track)
{
	while (track != NULL && track->oldest != NULL) {
		struct flight *flight = track->oldest;
		track->oldest = flight->next;
		flight_destroy(flight);
	}
	free(track);
}

void roster_finish(struct roster *roster)
{
	for (size_t i = 0; i < roster->count; i++)
		destroy(roster->items[i]);
	free(roster->items);
	free(roster->by_host);
	*roster = (struct roster){0};
}

static enum err make_room(struct roster *roster)
{
	if (roster->count < roster->room)
		return E_OK;
	size_t room = roster->room == 0 ? 64 : 2 * roster->room;
	struct track **items = realloc(roster->items, room * sizeof(struct track *));
	if (items == NULL)
		return E_MEMORY;
	roster->items = items;
	struct track **by_host = realloc(roster->by_host, room * sizeof(struct track *));
	if (by_host == NULL)
		return E_MEMORY;
	roster->by_host = by_host;
	roster->room = room;
	return E_OK;
}

enum err roster_add(struct roster *roster, const struct track *track, uint32_t *number)
{
	enum err rc = make_room(roster);
	if (rc != E_OK)
		return rc;
	struct track *copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return E_MEMORY;
	*copy = *track;
	*number = (uint32_t)roster->count;
	roster->items[roster->count++] = copy;
	roster->sorted = false;
	return E_OK;
}

void roster_remove(struct roster *roster, uint32_t number)
{
	assert(number < roster->count && roster->items[number] != NULL);
	for (struct flight *f = roster->items[number]->oldest; f != NULL; f = f->next)
		roster->open_slots--;
	destroy(roster->items[number]);
	roster->items[number] = NULL;
	roster->sorted = false;
}

struct track *roster_at(const struct roster *roster, uint32_t number)
{
	return number < roster->count ? roster->items[number] : NULL;
}

uint16_t track_sequence(const struct track *track, int64_t slot, uint32_t packet)
{
	uint64_t first = (uint64_t)slot * track->target.packets;
	return (uint16_t)(track->salt + first + packet);
}

struct flight *track_flight(const struct track *track, int64_t slot)
{
	struct flight *flight = track->oldest;

	while (flight != NULL && flight->number != slot)
		flight = flight->next;
	return flight;
}

struct flight *track_flight_marked(const struct track *track, uint16_t slot)
{
	struct flight *flight = track->oldest;

	while (flight != NULL && (uint16_t)flight->number != slot)
		flight = flight->next;
	return flight;
}

enum err roster_begin(struct roster *roster, struct track *track, int64_t slot,
		      struct period period)
{
	struct flight **end = &track->oldest;
	struct flight *flight;
	const struct target *target = &track->target;

	enum err rc = flight_create(period, target->packets, target->t_max, &flight);
	if (rc != E_OK)
		return rc;
	flight->number = slot;
	while (*end != NULL)
		end = &(*end)->next;
	*end = flight;
	roster->open_slots++;
	return E_OK;
}

struct flight *roster_take_oldest(struct roster *roster, struct track *track)
{
	struct flight *flight = track->oldest;

	assert(flight != NULL);
	track->oldest = flight->next;
	flight->next = NULL;
	roster->open_slots--;
	return flight;
}

static int compare_hosts(const void *a, const void *b)
{
	const struct track *const *x = a;
	const struct track *const *y = b;
	return endpoint_compare(&(*x)->target.host, &(*y)->target.host);
}

static void sort_by_host(struct roster *roster)
{
	roster->sorted_count = 0;
	for (size_t i = 0; i < roster->count; i++) {
		if (roster->items[i] != NULL)
			roster->by_host[roster->sorted_count++] = roster->items[i];
	}
	if (roster->sorted_count > 0)
		qsort(roster->by_host, roster->sorted_count, sizeof(struct track *), compare_hosts);
	roster->sorted = true;
}

static size_t first_of(const struct roster *roster, const struct endpoint *host)
{
	size_t low = 0;
	size_t high = roster->sorted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (endpoint_compare(&roster->by_host[middle]->target.host, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool fail_in(const struct track *track, uint16_t sequence, enum outcome how)
{
	for (struct flight *f = track->oldest; f != NULL; f = f->next) {
		uint16_t packet = (uint16_t)(sequence - track_sequence(track, f->number, 0));
		if (flight_failed(f, packet, how))
			return true;
	}
	return false;
}

bool roster_fail(struct roster *roster, const struct endpoint *host, uint16_t sequence,
		 enum outcome how)
{
	if (!roster->sorted)
		sort_by_host(roster);
	for (size_t i = first_of(roster, host); i < roster->sorted_count; i++) {
		if (endpoint_compare(&roster->by_host[i]->target.host, host) != 0)
			return false;
		if (fail_in(roster->by_host[i], sequence, how))
			return true;
	}
	return false;
}
