/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const nsec bias = INT64_C(1) << 47;
#define TIME_MASK ((UINT64_C(1) << 48) - 1)

_Static_assert(sizeof(struct flight_packet) == 16, "packets are many");

/* With 20 packets a minute the first flight of a series is settled before the second grows. */
enum { ROOM_FIRST = 8 };

static size_t octets_of(uint32_t packets)
{
	return sizeof(struct flight) + packets * sizeof(struct flight_packet);
}

enum err flight_create(struct period slot, uint32_t expected, nsec t_max, struct flight **out)
{
	uint32_t room = expected < ROOM_FIRST ? expected : ROOM_FIRST;
	struct flight *flight = calloc(1, octets_of(room));

	if (flight == NULL)
		return E_MEMORY;
	flight->slot = slot;
	flight->t_max = t_max;
	flight->expected = expected;
	flight->room = room;
	*out = flight;
	return E_OK;
}

void flight_withhold(struct flight *flight, uint32_t why)
{
	if ((why & SLOT_UNSCHEDULED) != 0)
		flight->expected = 0;
	flight->room = 0;
	flight->flags |= why;
}

bool flight_needs_room(const struct flight *flight, uint32_t packet)
{
	return packet >= flight->room;
}

enum err flight_grow(struct flight **flight)
{
	uint32_t before = (*flight)->room;
	uint32_t expected = (*flight)->expected;
	struct flight *grown = realloc(*flight, octets_of(expected));

	if (grown == NULL)
		return E_MEMORY;
	memset(&grown->packets[before], 0, octets_of(expected) - octets_of(before));
	grown->room = expected;
	*flight = grown;
	return E_OK;
}

void flight_destroy(struct flight *flight)
{
	free(flight);
}

static uint64_t packed(nsec time)
{
	if (time >= bias)
		return TIME_MASK;
	return time < -bias ? 0 : (uint64_t)(time + bias);
}

static nsec sent_at(const struct flight *flight, const struct flight_packet *packet)
{
	return flight->slot.from + (nsec)packet->sent - bias;
}

static nsec round_trip(const struct flight_packet *packet)
{
	return (nsec)packet->round_trip - bias;
}

static nsec received_at(const struct flight *flight, const struct flight_packet *packet)
{
	return sent_at(flight, packet) + round_trip(packet);
}

static void set_sent(struct flight *flight, struct flight_packet *packet, nsec at)
{
	packet->sent = packed(at - flight->slot.from) & TIME_MASK;
}

static void set_received(struct flight *flight, struct flight_packet *packet, nsec at)
{
	packet->round_trip = packed(at - sent_at(flight, packet)) & TIME_MASK;
}

static bool is_lost(const struct flight_packet *packet)
{
	return packet->outcome == OUTCOME_LOST || packet->outcome == OUTCOME_LATE ||
	       packet->outcome == OUTCOME_REJECTED || packet->outcome == OUTCOME_FAILED;
}

/* Changes an outcome and keeps count of the losses among the ripe packets. */
static void decide(struct flight *flight, uint32_t index, enum outcome outcome)
{
	struct flight_packet *packet = &flight->packets[index];
	bool ripe = index < flight->ripe;

	flight->lost -= ripe && is_lost(packet);
	packet->outcome = outcome & 0xf;
	flight->lost += ripe && is_lost(packet);
}

/* Replied or late, by the stamps alone: when this program reads them has no part in it. */
static void decide_answered(struct flight *flight, uint32_t index)
{
	const struct flight_packet *packet = &flight->packets[index];
	bool late = round_trip(packet) > flight->t_max;

	decide(flight, index, late ? OUTCOME_LATE : OUTCOME_REPLIED);
}

void flight_sent(struct flight *flight, uint32_t packet, nsec at)
{
	assert(packet < flight->room);
	set_sent(flight, &flight->packets[packet], at);
	flight->packets[packet].sent_stamp = STAMP_USER;
	flight->packets[packet].outcome = OUTCOME_PENDING;
	flight->passed = packet + 1;
}

void flight_refused(struct flight *flight, uint32_t packet)
{
	assert(packet < flight->room);
	flight->passed = packet + 1;
}

void flight_stamped(struct flight *flight, uint32_t index, nsec at, enum stamp_source source)
{
	if (index >= flight->room)
		return;
	struct flight_packet *packet = &flight->packets[index];
	if (packet->outcome == OUTCOME_UNSENT || source <= packet->sent_stamp)
		return;
	nsec received = received_at(flight, packet);
	set_sent(flight, packet, at);
	packet->sent_stamp = source & 0xf;
	if (!packet->answered)
		return;
	set_received(flight, packet, received);
	decide_answered(flight, index);
}

bool flight_replied(struct flight *flight, uint32_t index, nsec at, enum stamp_source source)
{
	if (index >= flight->room)
		return false;
	struct flight_packet *packet = &flight->packets[index];
	if (packet->outcome == OUTCOME_UNSENT)
		return false;
	if (packet->answered) {
		if (packet->duplicates < UINT8_MAX)
			packet->duplicates++;
		return true;
	}
	packet->answered = true;
	set_received(flight, packet, at);
	packet->received_stamp = source & 0x7;
	decide_answered(flight, index);
	return true;
}

static enum outcome outcome_of(enum loss_cause cause)
{
	switch (cause) {
	case LOSS_NEIGHBOUR:
		return OUTCOME_LOST;
	case LOSS_FAILURE:
	case LOSS_WRONG:
	case LOSS_MALFORMED:
	case LOSS_NAME:
	case LOSS_TLS:
	case LOSS_STATUS:
	case LOSS_TEXT:
	case LOSS_BOUNDS:
		return OUTCOME_FAILED;
	default:
		return OUTCOME_REJECTED;
	}
}

bool flight_failed(struct flight *flight, uint32_t index, enum loss_cause cause)
{
	if (index >= flight->room || flight->packets[index].outcome != OUTCOME_PENDING)
		return false;
	flight->packets[index].cause = cause & 0xf;
	decide(flight, index, outcome_of(cause));
	return true;
}

bool flight_timed_out(struct flight *flight, uint32_t index)
{
	if (index >= flight->room || flight->packets[index].outcome != OUTCOME_PENDING)
		return false;
	decide(flight, index, OUTCOME_LOST);
	return true;
}

bool flight_withdrawn(struct flight *flight, uint32_t index, enum loss_cause cause)
{
	if (index >= flight->room || flight->packets[index].answered)
		return false;
	flight->packets[index].cause = cause & 0xf;
	decide(flight, index, OUTCOME_UNSENT);
	return true;
}

/* Passes the packets whose deadline is before now; those without an outcome get this one. */
static void ripen(struct flight *flight, nsec now, enum outcome outcome)
{
	for (; flight->ripe < flight->passed; flight->ripe++) {
		struct flight_packet *packet = &flight->packets[flight->ripe];
		if (packet->outcome != OUTCOME_UNSENT &&
		    sent_at(flight, packet) + flight->t_max >= now)
			return;
		if (packet->outcome == OUTCOME_PENDING)
			packet->outcome = outcome & 0xf;
		flight->lost += is_lost(packet);
	}
}

void flight_expire(struct flight *flight, nsec now)
{
	ripen(flight, now, OUTCOME_LOST);
}

void flight_ripen(struct flight *flight, nsec now)
{
	ripen(flight, now, OUTCOME_PENDING);
}

void flight_disown(struct flight *flight)
{
	for (uint32_t i = 0; i < flight->passed; i++) {
		if (flight->packets[i].outcome == OUTCOME_PENDING)
			decide(flight, i, OUTCOME_UNSENT);
	}
}

bool flight_waits(const struct flight *flight)
{
	for (uint32_t i = 0; i < flight->passed; i++) {
		if (flight->packets[i].outcome == OUTCOME_PENDING)
			return true;
	}
	return false;
}

nsec flight_answered_at(const struct flight *flight)
{
	nsec last = NSEC_UNDEFINED;

	if (flight->passed < flight->expected)
		return NSEC_UNDEFINED;
	for (uint32_t i = 0; i < flight->expected; i++) {
		const struct flight_packet *packet = &flight->packets[i];
		if (packet->outcome != OUTCOME_REPLIED)
			return NSEC_UNDEFINED;
		if (received_at(flight, packet) > last)
			last = received_at(flight, packet);
	}
	return last;
}

bool flight_missed(const struct flight *flight, struct period when)
{
	for (uint32_t i = 0; i < flight->passed; i++) {
		const struct flight_packet *packet = &flight->packets[i];
		if (packet->outcome == OUTCOME_UNSENT || packet->answered)
			continue;
		nsec sent = sent_at(flight, packet);
		if (sent <= when.until && sent + flight->t_max >= when.from)
			return true;
	}
	return false;
}

static struct singleton singleton_of(const struct flight *flight,
				     const struct flight_packet *packet)
{
	struct singleton one = {
		.sent_at = sent_at(flight, packet),
		.round_trip = NSEC_UNDEFINED,
		.outcome = packet->outcome,
		.duplicates = packet->duplicates,
	};
	if (packet->outcome == OUTCOME_UNSENT) {
		one.sent_at = NSEC_UNDEFINED;
		one.cause = packet->cause;
		return one;
	}
	one.stamped_by = packet->sent_stamp;
	if (packet->outcome == OUTCOME_LOST || packet->outcome == OUTCOME_REJECTED ||
	    packet->outcome == OUTCOME_FAILED)
		one.cause = packet->cause;
	if (packet->outcome != OUTCOME_REPLIED)
		return one;
	one.round_trip = round_trip(packet);
	if (packet->received_stamp < one.stamped_by)
		one.stamped_by = packet->received_stamp;
	return one;
}

struct sample flight_finish(const struct flight *flight, struct singleton *out)
{
	struct sample sample = {flight->slot, flight->expected, flight->flags, out};
	nsec earliest = NSEC_INFINITE; /* arrival among the packets sent later */

	for (uint32_t i = flight->expected; i-- > flight->room;)
		out[i] =
			(struct singleton){.sent_at = NSEC_UNDEFINED, .round_trip = NSEC_UNDEFINED};
	for (uint32_t i = flight->room; i-- > 0;) {
		const struct flight_packet *packet = &flight->packets[i];
		out[i] = singleton_of(flight, packet);
		if (packet->outcome != OUTCOME_REPLIED)
			continue;
		/* RFC 4737, section 3.3: a packet sent later has arrived before. Late packets are
		 * lost, so they are no arrivals (section 2.1). */
		out[i].reordered = received_at(flight, packet) > earliest;
		if (received_at(flight, packet) < earliest)
			earliest = received_at(flight, packet);
		/* Only a clock set back between the two stamps can make this. */
		if (out[i].round_trip < 0) {
			out[i].round_trip = 0;
			sample.flags |= SLOT_CLOCK_STEP;
		}
	}
	return sample;
}
