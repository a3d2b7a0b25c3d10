/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/arrivals.h"
#include "collector/base/clock.h"

/* The open slot that a mark is about. The sequence tells it from a slot of the same number before
 * the clock was set back. */
static struct flight *flight_marked(const struct arrivals *arrivals,
				    const struct probe_event *event)
{
	const struct track *track = tracks_at(arrivals->tracks, event->mark.series);
	struct flight *flight = track == NULL ? NULL : track_flight_marked(track, event->mark.slot);

	if (flight == NULL ||
	    track_sequence(track, flight->number, event->mark.packet) != event->sequence)
		return NULL;
	return flight;
}

/* Of an answer, be it yes or no; NULL after counting one that comes too late to be of any slot. */
static struct flight *flight_answered(struct arrivals *arrivals, const struct probe_event *event)
{
	const struct track *track = tracks_at(arrivals->tracks, event->mark.series);
	struct flight *flight = flight_marked(arrivals, event);

	/* When the program gets to settle the slot has no part in it. */
	if (flight != NULL && event->at < track_settles_at(track, flight))
		return flight;
	arrivals->counters->stale++;
	return NULL;
}

static bool comes_from_host(const struct arrivals *arrivals, const struct probe_event *event)
{
	const struct track *track = tracks_at(arrivals->tracks, event->mark.series);

	return endpoint_compare(&track->host, &event->peer) == 0;
}

static void take_reply(struct arrivals *arrivals, const struct probe_event *event)
{
	struct flight *flight = flight_answered(arrivals, event);

	if (flight == NULL)
		return;
	if (!comes_from_host(arrivals, event) ||
	    !flight_replied(flight, event->mark.packet, event->at, event->stamped_by))
		arrivals->counters->forged++;
	else
		flight->flags |= event->remarks;
}

static void take_failure(struct arrivals *arrivals, const struct probe_event *event)
{
	struct flight *flight = flight_answered(arrivals, event);

	if (flight == NULL)
		return;
	if (!comes_from_host(arrivals, event))
		arrivals->counters->forged++;
	else if (flight_failed(flight, event->mark.packet, event->cause))
		flight->flags |= event->remarks;
}

/* It waited until its deadline and may be told of later. */
static void take_expiry(struct arrivals *arrivals, const struct probe_event *event)
{
	struct flight *flight = flight_marked(arrivals, event);

	if (flight != NULL)
		(void)flight_timed_out(flight, event->mark.packet);
}

static void take_withdrawal(struct arrivals *arrivals, const struct probe_event *event)
{
	struct flight *flight = flight_answered(arrivals, event);

	if (flight != NULL)
		(void)flight_withdrawn(flight, event->mark.packet, event->cause);
}

/* How a visit went is told of those that have a slot yet. */
static void tell_visit(const struct arrivals *arrivals, const struct probe_event *event)
{
	const struct agent_listener *listener = arrivals->listener;

	if (event->visit != NULL && listener->visited != NULL &&
	    flight_marked(arrivals, event) != NULL)
		listener->visited(listener->context, event->mark.series, event->visit);
}

static void take_rejection(struct arrivals *arrivals, const struct probe_event *event)
{
	struct complaint complaint = {
		.host = &event->peer,
		.sequence = event->sequence,
		.probe = methods_find(arrivals->methods, event->method),
		.cause = event->cause,
	};

	(void)tracks_fail(arrivals->tracks, &complaint);
}

static void take_stamp(struct arrivals *arrivals, const struct probe_event *event)
{
	struct flight *flight = flight_marked(arrivals, event);

	if (flight != NULL)
		flight_stamped(flight, event->mark.packet, event->at, event->stamped_by);
}

/* It happened at some time since the last look, while it was known that nothing was missing. */
static void take_overflow(struct arrivals *arrivals, const struct probe_event *event)
{
	struct period since = {arrivals->since, clock_monotonic() + arrivals->clock_offset};

	arrivals->counters->overflows++;
	overflows_add(&arrivals->overflows[event->peer.family == 6], since);
}

static void take_event(struct arrivals *arrivals, const struct probe_event *event)
{
	tell_visit(arrivals, event);
	switch (event->kind) {
	case PROBE_STAMPED:
		take_stamp(arrivals, event);
		break;
	case PROBE_REPLIED:
		take_reply(arrivals, event);
		break;
	case PROBE_FAILED:
		take_failure(arrivals, event);
		break;
	case PROBE_EXPIRED:
		take_expiry(arrivals, event);
		break;
	case PROBE_WITHDRAWN:
		take_withdrawal(arrivals, event);
		break;
	case PROBE_REJECTED:
		take_rejection(arrivals, event);
		break;
	case PROBE_FORGED:
		arrivals->counters->forged++;
		break;
	case PROBE_BAD_CHECKSUM:
		arrivals->counters->bad_checksum++;
		break;
	case PROBE_OVERFLOWED:
		take_overflow(arrivals, event);
		break;
	}
}

/* What is known of a packet lies in memory that is cold by the time of its answer. Asking for it
 * ahead, for all events of a batch at once, saves waiting for each. */
void arrivals_take(void *context, const struct probe_event *events, size_t count)
{
	struct arrivals *arrivals = context;

	for (size_t i = 0; i < count; i++)
		tracks_expect(arrivals->tracks, events[i].mark.series);
	for (size_t i = 0; i < count; i++) {
		const struct track *track = tracks_at(arrivals->tracks, events[i].mark.series);
		if (track != NULL)
			track_expect(track, events[i].mark.packet);
	}
	for (size_t i = 0; i < count; i++)
		take_event(arrivals, &events[i]);
}
