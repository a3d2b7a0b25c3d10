/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/tracks.h"
#include "collector/base/random.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

/* The deadline of a packet that left on the tick after its slot is waited for. */
static const nsec settle_slack = 50 * NSEC_PER_MSEC;
/* Another thread tells how it ended, which may have to wait for a processor. */
static const nsec telling_slack = 500 * NSEC_PER_MSEC;

static nsec draw_phase(const struct target *target, struct random *random)
{
	nsec spacing = target->interval / target->packets;

	return (nsec)random_below(random, (uint64_t)(spacing > 0 ? spacing : 1));
}

nsec target_phase(const struct target *target)
{
	struct random random = random_seeded(target->phase_seed);

	return draw_phase(target, &random);
}

struct track track_over(const struct target *target, uint8_t probe)
{
	struct random random = random_seeded(target->phase_seed);
	nsec slack = target->method->end == PROBE_IS_FINAL ? telling_slack : settle_slack;
	struct track track = {
		.pace.stream = {.origin = target->origin,
				.interval = target->interval,
				.packets = target->packets,
				.t_max = target->t_max + slack},
		.host = target->host,
		.ask = target->ask,
		.t_max = target->t_max,
		.alarm = INT64_MIN,
		.size = target->size,
		.dscp = target->dscp,
		.probe = probe,
	};

	track.pace.stream.phase = draw_phase(target, &random);
	track.salt = (uint16_t)random_u64(&random);
	return track;
}

static void destroy(struct track *track)
{
	while (track != NULL && track->oldest != NULL) {
		struct flight *flight = track->oldest;
		track->oldest = flight->next;
		flight_destroy(flight);
	}
	free(track);
}

void tracks_finish(struct tracks *tracks)
{
	for (size_t i = 0; i < tracks->count; i++)
		destroy(tracks->items[i]);
	free(tracks->items);
	free(tracks->by_host);
	*tracks = (struct tracks){0};
}

static enum err make_room(struct tracks *tracks)
{
	if (tracks->count < tracks->room)
		return E_OK;
	size_t room = tracks->room == 0 ? 64 : tracks->room + tracks->room / 2;
	struct track **items = realloc(tracks->items, room * sizeof(struct track *));
	if (items == NULL)
		return E_MEMORY;
	tracks->items = items;
	tracks->room = room;
	return E_OK;
}

enum err tracks_add(struct tracks *tracks, const struct track *track, struct track **out)
{
	enum err rc = make_room(tracks);
	if (rc != E_OK)
		return rc;
	struct track *copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return E_MEMORY;
	*copy = *track;
	copy->pace.number = (uint32_t)tracks->count;
	tracks->items[tracks->count++] = copy;
	tracks->sorted = false;
	*out = copy;
	return E_OK;
}

void tracks_remove(struct tracks *tracks, uint32_t number)
{
	assert(number < tracks->count && tracks->items[number] != NULL);
	for (struct flight *f = tracks->items[number]->oldest; f != NULL; f = f->next)
		tracks->open_slots--;
	destroy(tracks->items[number]);
	tracks->items[number] = NULL;
	tracks->sorted = false;
}

struct track *tracks_at(const struct tracks *tracks, uint32_t number)
{
	return number < tracks->count ? tracks->items[number] : NULL;
}

void tracks_expect(const struct tracks *tracks, uint32_t number)
{
	const struct track *track = tracks_at(tracks, number);

	if (track == NULL)
		return;
	__builtin_prefetch(track);
	__builtin_prefetch(&track->oldest);
}

void track_expect(const struct track *track, uint32_t packet)
{
	if (track->oldest == NULL || packet >= track->pace.stream.packets)
		return;
	__builtin_prefetch(track->oldest);
	__builtin_prefetch(&track->oldest->packets[packet]);
}

struct track *track_of(struct pace *pace)
{
	_Static_assert(offsetof(struct track, pace) == 0, "a pace is where its track begins");
	return (struct track *)(void *)pace;
}

uint16_t track_sequence(const struct track *track, int64_t slot, uint32_t packet)
{
	uint64_t first = (uint64_t)slot * track->pace.stream.packets;
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

nsec track_settles_at(const struct track *track, const struct flight *flight)
{
	return flight->slot.until + track->pace.stream.t_max;
}

void track_note_settled(struct track *track, uint32_t sent, uint32_t lost)
{
	enum { LASTING = 3 };

	if (sent > 0)
		track->dark = lost == sent ? track->dark + 1 : 0;
	if (track->dark < LASTING)
		return;
	track->dark = 0;
	track->turn++;
}

enum err tracks_begin(struct tracks *tracks, struct track *track, int64_t slot, struct flight **out)
{
	const struct stream *stream = &track->pace.stream;
	struct flight **end = &track->oldest;
	struct flight *flight;

	enum err rc =
		flight_create(schedule_slot(stream, slot), stream->packets, track->t_max, &flight);
	if (rc != E_OK)
		return rc;
	flight->number = slot;
	while (*end != NULL)
		end = &(*end)->next;
	*end = flight;
	tracks->open_slots++;
	*out = flight;
	return E_OK;
}

enum err track_grow(struct track *track, struct flight **flight)
{
	struct flight **place = &track->oldest;

	while (*place != *flight)
		place = &(*place)->next;
	enum err rc = flight_grow(place);
	*flight = *place;
	return rc;
}

void track_cut_short(struct track *track)
{
	for (struct flight *f = track->oldest; f != NULL; f = f->next) {
		if (f->passed < f->expected)
			f->flags |= SLOT_PARTIAL;
	}
}

struct flight *tracks_take_oldest(struct tracks *tracks, struct track *track)
{
	struct flight *flight = track->oldest;

	assert(flight != NULL);
	track->oldest = flight->next;
	flight->next = NULL;
	tracks->open_slots--;
	return flight;
}

static int compare_hosts(const void *a, const void *b)
{
	const struct track *const *x = a;
	const struct track *const *y = b;
	return endpoint_compare(&(*x)->host, &(*y)->host);
}

/* Few agents ever hear of an error, so the memory is taken when the first one comes. */
static bool sort_by_host(struct tracks *tracks)
{
	if (tracks->sorted)
		return true;
	struct track **by_host = realloc(tracks->by_host, tracks->count * sizeof(struct track *));
	if (by_host == NULL)
		return false;
	tracks->by_host = by_host;
	tracks->sorted_count = 0;
	for (size_t i = 0; i < tracks->count; i++) {
		if (tracks->items[i] != NULL)
			by_host[tracks->sorted_count++] = tracks->items[i];
	}
	qsort(by_host, tracks->sorted_count, sizeof(struct track *), compare_hosts);
	tracks->sorted = true;
	return true;
}

static size_t first_of(const struct tracks *tracks, const struct endpoint *host)
{
	size_t low = 0;
	size_t high = tracks->sorted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (endpoint_compare(&tracks->by_host[middle]->host, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool fail_in(const struct track *track, uint16_t sequence, enum loss_cause cause)
{
	for (struct flight *f = track->oldest; f != NULL; f = f->next) {
		uint16_t packet = (uint16_t)(sequence - track_sequence(track, f->number, 0));
		if (flight_failed(f, packet, cause))
			return true;
	}
	return false;
}

bool tracks_fail(struct tracks *tracks, const struct complaint *complaint)
{
	if (tracks->count == 0 || !sort_by_host(tracks))
		return false;
	for (size_t i = first_of(tracks, complaint->host); i < tracks->sorted_count; i++) {
		const struct track *track = tracks->by_host[i];
		if (endpoint_compare(&track->host, complaint->host) != 0)
			return false;
		if (track->probe == complaint->probe &&
		    fail_in(track, complaint->sequence, complaint->cause))
			return true;
	}
	return false;
}
