/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/flight.h"

#include <assert.h>
#include <stdlib.h>

enum err flight_create(struct period slot, uint32_t expected, nsec t_max, struct flight **out)
{
	struct flight *flight =
		calloc(1, sizeof(*flight) + expected * sizeof(struct flight_packet));

	if (flight == NULL)
		return E_MEMORY;
	flight->slot = slot;
	flight->t_max = t_max;
	flight->expected = expected;
	for (uint32_t i = 0; i < expected; i++) {
		flight->packets[i].sent_at = NSEC_UNDEFINED;
		flight->packets[i].received_at = NSEC_UNDEFINED;
	}
	*out = flight;
	return E_OK;
}

void flight_destroy(struct flight *flight)
{
	free(flight);
}

static bool is_lost(const struct flight_packet *packet)
{
	return packet->outcome == OUTCOME_LOST || packet->outcome == OUTCOME_LATE ||
	       packet->outcome == OUTCOME_REJECTED;
}

/* Changes an outcome and keeps count of the losses among the ripe packets. */
static void decide(struct flight *flight, uint32_t index, enum outcome outcome)
{
	struct flight_packet *packet = &flight->packets[index];
	bool ripe = index < flight->ripe;

	flight->lost -= ripe && is_lost(packet);
	packet->outcome = (uint8_t)outcome;
	flight->lost += ripe && is_lost(packet);
}

/* Replied or late, by the stamps alone: when this program reads them has no part in it. */
static void decide_answered(struct flight *flight, uint32_t index)
{
	const struct flight_packet *packet = &flight->packets[index];
	bool late = packet->received_at - packet->sent_at > flight->t_max;

	decide(flight, index, late ? OUTCOME_LATE : OUTCOME_REPLIED);
}

void flight_sent(struct flight *flight, uint32_t packet, nsec at)
{
	assert(packet < flight->expected);
	flight->packets[packet].sent_at = at;
	flight->packets[packet].sent_stamp = STAMP_USER;
	flight->packets[packet].outcome = OUTCOME_PENDING;
	flight->passed = packet + 1;
}

void flight_refused(struct flight *flight, uint32_t packet)
{
	assert(packet < flight->expected);
	flight->passed = packet + 1;
}

void flight_stamped(struct flight *flight, uint32_t index, nsec at, enum stamp_source source)
{
	if (index >= flight->expected)
		return;
	struct flight_packet *packet = &flight->packets[index];
	if (packet->outcome == OUTCOME_UNSENT || source <= packet->sent_stamp)
		return;
	packet->sent_at = at;
	packet->sent_stamp = (uint8_t)source;
	if (packet->received_at != NSEC_UNDEFINED)
		decide_answered(flight, index);
}

bool flight_replied(struct flight *flight, uint32_t index, nsec at, enum stamp_source source)
{
	if (index >= flight->expected)
		return false;
	struct flight_packet *packet = &flight->packets[index];
	if (packet->outcome == OUTCOME_UNSENT)
		return false;
	if (packet->received_at != NSEC_UNDEFINED) {
		if (packet->duplicates < UINT8_MAX)
			packet->duplicates++;
		return true;
	}
	packet->received_at = at;
	packet->received_stamp = (uint8_t)source;
	decide_answered(flight, index);
	return true;
}

bool flight_failed(struct flight *flight, uint32_t index, enum outcome how)
{
	if (index >= flight->expected || flight->packets[index].outcome != OUTCOME_PENDING)
		return false;
	decide(flight, index, how);
	return true;
}

void flight_expire(struct flight *flight, nsec now)
{
	for (; flight->ripe < flight->passed; flight->ripe++) {
		struct flight_packet *packet = &flight->packets[flight->ripe];
		if (packet->outcome != OUTCOME_UNSENT && packet->sent_at + flight->t_max >= now)
			return;
		if (packet->outcome == OUTCOME_PENDING)
			packet->outcome = OUTCOME_LOST;
		flight->lost += is_lost(packet);
	}
}

bool flight_complete(const struct flight *flight)
{
	if (flight->passed < flight->expected)
		return false;
	for (uint32_t i = 0; i < flight->expected; i++) {
		if (flight->packets[i].outcome == OUTCOME_PENDING)
			return false;
	}
	return true;
}

static struct singleton singleton_of(const struct flight_packet *packet)
{
	struct singleton one = {
		.sent_at = packet->sent_at,
		.round_trip = NSEC_UNDEFINED,
		.outcome = packet->outcome,
		.duplicates = packet->duplicates,
	};
	if (packet->outcome == OUTCOME_UNSENT) {
		one.sent_at = NSEC_UNDEFINED;
		return one;
	}
	one.stamped_by = packet->sent_stamp;
	if (packet->outcome != OUTCOME_REPLIED)
		return one;
	one.round_trip = packet->received_at - packet->sent_at;
	if (packet->received_stamp < one.stamped_by)
		one.stamped_by = packet->received_stamp;
	return one;
}

struct sample flight_finish(const struct flight *flight, struct singleton *out)
{
	struct sample sample = {flight->slot, flight->expected, flight->flags, out};
	nsec earliest = NSEC_INFINITE; /* arrival among the packets sent later */

	for (uint32_t i = flight->expected; i-- > 0;) {
		const struct flight_packet *packet = &flight->packets[i];
		out[i] = singleton_of(packet);
		if (packet->outcome != OUTCOME_REPLIED)
			continue;
		/* RFC 4737, section 3.3: a packet sent later has arrived before. Late packets are
		 * lost, so they are no arrivals (section 2.1). */
		out[i].reordered = packet->received_at > earliest;
		if (packet->received_at < earliest)
			earliest = packet->received_at;
		/* Only a clock set back between the two stamps can make this. */
		if (out[i].round_trip < 0) {
			out[i].round_trip = 0;
			sample.flags |= SLOT_CLOCK_STEP;
		}
	}
	return sample;
}
