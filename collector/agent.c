/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/agent.h"
#include "collector/arrivals.h"
#include "collector/backlog.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/base/random.h"
#include "collector/clockwatch.h"
#include "collector/departures.h"
#include "collector/methods.h"
#include "collector/overflows.h"
#include "collector/schedule.h"
#include "collector/tempo.h"
#include "collector/tracks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILIES = 2 };

/* With nothing to send the agent still looks this often. */
static const nsec idle_tick = 100 * NSEC_PER_MSEC;
static const nsec hurry_tick = 5 * NSEC_PER_MSEC;

/* How long a hurried agent waits for surplus answers. */
static const nsec linger = 200 * NSEC_PER_MSEC;

/* A packet that would leave this late was not sent in time: the agent's fault, not the network's.
 */
static const nsec lateness_max = 250 * NSEC_PER_MSEC;

struct agent {
	struct agent_options options;
	struct schedule *schedule;
	struct tracks tracks;
	struct methods methods;
	struct singleton *singletons; /* room for the largest slot */
	uint32_t singleton_room;
	struct backlog backlog;
	struct clockwatch clock;
	struct overflows overflows[FAMILIES];
	nsec received_at; /* realtime: what arrived before was read */
	nsec tick;	  /* sends due are gathered on it; 0: not known yet */
	nsec hurried_at;  /* realtime */
	nsec stop_at;	  /* monotonic; NSEC_UNDEFINED while running */
	struct departures departures;
	struct agent_counters counters;
};

enum err agent_create(const struct agent_options *options, struct agent **out)
{
	struct agent *agent = calloc(1, sizeof(*agent));

	if (agent == NULL)
		return E_MEMORY;
	enum err rc = schedule_create(&agent->schedule);
	if (rc != E_OK) {
		agent_destroy(agent);
		return rc;
	}
	agent->options = *options;
	agent->clock = clockwatch_start();
	agent->received_at = agent_now(agent);
	agent->stop_at = NSEC_UNDEFINED;
	*out = agent;
	return E_OK;
}

void agent_destroy(struct agent *agent)
{
	if (agent == NULL)
		return;
	schedule_destroy(agent->schedule);
	tracks_finish(&agent->tracks);
	backlog_finish(&agent->backlog);
	methods_close(&agent->methods);
	free(agent->singletons);
	free(agent);
}

nsec agent_now(const struct agent *agent)
{
	return clock_monotonic() + agent->clock.offset;
}

enum err agent_open(struct agent *agent, const struct probe_ops *method)
{
	struct probe_options options = {
		.receive_buffer = agent->options.receive_buffer,
		.visits = agent->options.visits,
	};

	return methods_open(&agent->methods, method, &options);
}

bool agent_has(const struct agent *agent, const struct probe_ops *method)
{
	return methods_find(&agent->methods, method) != METHODS_MAX;
}

enum err agent_renew(struct agent *agent, const struct visitor_options *visits)
{
	return methods_renew(&agent->methods, visits);
}

static enum err reserve_singletons(struct agent *agent, uint32_t count)
{
	if (count <= agent->singleton_room)
		return E_OK;
	struct singleton *room = realloc(agent->singletons, count * sizeof(*room));
	if (room == NULL)
		return E_MEMORY;
	agent->singletons = room;
	agent->singleton_room = count;
	return E_OK;
}

enum err agent_add(struct agent *agent, const struct target *target, uint32_t *out)
{
	uint8_t probe = methods_find(&agent->methods, target->method);
	struct track *track;

	if (probe == METHODS_MAX)
		return E_UNSUPPORTED;
	enum err rc = target->method->reserve(agent->methods.probes[probe], target->host.family,
					      target->size);
	if (rc == E_OK)
		rc = reserve_singletons(agent, target->packets);
	if (rc != E_OK)
		return rc;
	struct track made = track_over(target, probe);
	rc = tracks_add(&agent->tracks, &made, &track);
	if (rc != E_OK)
		return rc;
	rc = schedule_add(agent->schedule, &track->pace, agent_now(agent));
	if (rc != E_OK) {
		tracks_remove(&agent->tracks, track->pace.number);
		return rc;
	}
	agent->tick = 0;
	*out = track->pace.number;
	return E_OK;
}

static void forget(struct agent *agent, struct track *track)
{
	schedule_remove(agent->schedule, &track->pace);
	tracks_remove(&agent->tracks, track->pace.number);
}

void agent_retire(struct agent *agent, uint32_t number)
{
	struct track *track = tracks_at(&agent->tracks, number);

	if (track == NULL)
		return;
	schedule_retire(agent->schedule, &track->pace);
	track_cut_short(track);
	track->retired = true;
	agent->tick = 0;
	if (track->oldest == NULL)
		forget(agent, track);
}

void agent_judge(struct agent *agent, double c1)
{
	agent->options.c1 = c1;
}

void agent_end(struct agent *agent, nsec end)
{
	schedule_end(agent->schedule, end);
}

/* Tells who listens once a slot, when its settled losses reach c1 of the packets expected. */
static void watch_losses(struct agent *agent, struct track *track, struct flight *flight)
{
	const struct agent_listener *listener = &agent->options.listener;

	if (flight->lost == 0 || listener->worsened == NULL || track->was_bad ||
	    track->alarm >= flight->number - 1 ||
	    flight->lost < agent->options.c1 * flight->expected)
		return;
	track->alarm = flight->number;
	listener->worsened(listener->context, track->pace.number, flight->slot);
}

static void flush_batch(struct agent *agent)
{
	departures_send(&agent->departures, agent_now(agent), &agent->counters.lateness);
}

/* Asks who listens whether it is to be measured: nobody else knows the time of day. */
static enum err begin_slot(struct agent *agent, struct track *track, int64_t slot,
			   struct flight **out)
{
	const struct agent_listener *listener = &agent->options.listener;
	uint32_t why = 0;

	enum err rc = tracks_begin(&agent->tracks, track, slot, out);
	if (rc == E_OK && listener->withholds != NULL)
		why = listener->withholds(listener->context, track->pace.number, (*out)->slot);
	if (why == 0)
		return rc;
	flight_withhold(*out, why);
	schedule_pass_over(agent->schedule, &track->pace, slot);
	return rc;
}

/* The packet's slot with room for it, unless it is withheld; NULL without memory. Packets that are
 * to leave must not lose their slot when it moves. */
static struct flight *flight_for(struct agent *agent, struct track *track, const struct due *due)
{
	struct flight *flight = track_flight(track, due->slot);
	enum err rc = E_OK;

	if (flight == NULL)
		rc = begin_slot(agent, track, due->slot, &flight);
	if (rc == E_OK && !flight_withheld(flight) && flight_needs_room(flight, due->packet)) {
		flush_batch(agent);
		rc = track_grow(track, &flight);
	}
	if (rc != E_OK)
		log_error("agent", "out of memory: a packet is not sent");
	return rc == E_OK ? flight : NULL;
}

static enum probe_end end_of(const struct agent *agent, const struct track *track)
{
	return agent->methods.probes[track->probe]->ops->end;
}

static void expire(const struct agent *agent, const struct track *track, struct flight *flight,
		   nsec now)
{
	if (end_of(agent, track) == PROBE_IS_FINAL)
		flight_ripen(flight, now);
	else
		flight_expire(flight, now);
}

static void queue_send(struct agent *agent, const struct due *due, nsec now)
{
	struct track *track = track_of(due->pace);
	struct flight *flight = flight_for(agent, track, due);
	struct probe *probe = agent->methods.probes[track->probe];

	if (flight == NULL || flight_withheld(flight))
		return;
	expire(agent, track, flight, now);
	watch_losses(agent, track, flight);
	if (now - due->at > lateness_max || now >= flight->slot.until + SCHEDULE_OVERRUN) {
		flight_refused(flight, due->packet);
		return;
	}
	if (!departures_open(&agent->departures, probe))
		flush_batch(agent);
	*departures_add(&agent->departures, probe, flight, due->at) = (struct probe_packet){
		.mark = {track->pace.number, (uint16_t)due->slot, (uint16_t)due->packet},
		.to = &track->host,
		.sequence = track_sequence(track, due->slot, due->packet),
		.size = track->size,
		.dscp = track->dscp,
		.t_max = track->t_max,
		.ask = track->ask,
		.turn = track->turn,
	};
}

static void count_outcomes(struct agent *agent, const struct sample *sample, struct track *track)
{
	uint32_t sent = 0;
	uint32_t lost = 0;

	for (uint32_t i = 0; i < sample->expected; i++) {
		uint8_t outcome = sample->singletons[i].outcome;
		sent += outcome != OUTCOME_UNSENT;
		lost += outcome != OUTCOME_UNSENT && outcome != OUTCOME_REPLIED;
	}
	agent->counters.slots += sample->expected > 0;
	agent->counters.unscheduled += sample->expected == 0;
	agent->counters.sent += sent;
	agent->counters.lost += lost;
	agent->counters.unsent += sample->expected - sent;
	track_note_settled(track, sent, lost);
	track->was_bad = lost > 0 && lost >= agent->options.c1 * sent;
}

/* Settles the series' oldest slot; a series that is retired goes with its last. */
static void settle_oldest(struct agent *agent, struct track *track)
{
	const struct agent_listener *listener = &agent->options.listener;
	const struct overflows *overflows = &agent->overflows[track->host.family == 6];
	struct flight *flight = tracks_take_oldest(&agent->tracks, track);

	if (overflows_concern(overflows, flight))
		flight->flags |= SLOT_TAINTED;
	if (end_of(agent, track) == PROBE_IS_FINAL)
		flight_disown(flight);
	struct sample sample = flight_finish(flight, agent->singletons);
	probe_withdraw(agent->methods.probes[track->probe], &track->host, agent->singletons,
		       sample.expected);
	count_outcomes(agent, &sample, track);
	flight_destroy(flight);
	if (clockwatch_trusted(&agent->clock))
		listener->finished(listener->context, track->pace.number, &sample);
	if (track->retired && track->oldest == NULL)
		forget(agent, track);
}

static void settle(struct agent *agent, const struct ended *ended, nsec now)
{
	struct track *track = tracks_at(&agent->tracks, ended->series);

	if (track == NULL || track->oldest == NULL ||
	    (uint32_t)track->oldest->number != ended->slot)
		return;
	expire(agent, track, track->oldest, now);
	watch_losses(agent, track, track->oldest);
	settle_oldest(agent, track);
}

static void queue_settlement(struct agent *agent, const struct due *due, nsec now)
{
	struct ended ended = {due->pace->number, (uint32_t)due->slot};

	if (backlog_put(&agent->backlog, ended) == E_OK)
		return;
	flush_batch(agent);
	settle(agent, &ended, now);
}

static void settle_ended(struct agent *agent, nsec now)
{
	size_t share = backlog_share(&agent->backlog);
	struct ended ended;

	for (size_t i = 0; i < share && backlog_take(&agent->backlog, &ended); i++)
		settle(agent, &ended, now);
}

static void settle_all(struct agent *agent, uint32_t flags)
{
	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		struct track *track;
		while ((track = tracks_at(&agent->tracks, i)) != NULL && track->oldest != NULL) {
			track->oldest->flags |= flags;
			settle_oldest(agent, track);
		}
	}
}

static void receive_all(struct agent *agent, nsec now)
{
	struct arrivals arrivals = {
		.tracks = &agent->tracks,
		.methods = &agent->methods,
		.overflows = agent->overflows,
		.counters = &agent->counters,
		.listener = &agent->options.listener,
		.clock_offset = agent->clock.offset,
		.since = agent->received_at,
	};
	struct probe_listener listener = {&arrivals, arrivals_take};

	methods_receive(&agent->methods, now, &listener);
	agent->received_at = now;
}

/* Slot numbers may come again after a step, so what they are known by must not. */
static void start_labels_anew(struct agent *agent, nsec moved)
{
	struct random random = random_seeded((uint64_t)(agent->clock.looked_at ^ moved));

	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		struct track *track = tracks_at(&agent->tracks, i);
		if (track == NULL)
			continue;
		track->salt = (uint16_t)(track->salt + 1 + random_below(&random, UINT16_MAX));
		track->alarm = INT64_MIN;
	}
	schedule_restart(agent->schedule, agent_now(agent));
}

/* Schedules run on the monotonic clock and are labelled with the realtime one; when the two move
 * apart, the open slots cannot be believed and the labels start anew. */
static void look_at_clock(struct agent *agent)
{
	nsec moved = clockwatch_look(&agent->clock);

	if (moved == 0)
		return;
	agent->counters.clock_steps++;
	log_warn("agent", "the system clock was set by %+.6f s: the open slots are not judged",
		 (double)moved / (double)NSEC_PER_SEC);
	settle_all(agent, SLOT_CLOCK_STEP);
	clockwatch_accept(&agent->clock, moved);
	backlog_finish(&agent->backlog);
	memset(agent->overflows, 0, sizeof(agent->overflows));
	agent->received_at += moved;
	start_labels_anew(agent, moved);
	if (agent->options.listener.clock_stepped != NULL)
		agent->options.listener.clock_stepped(agent->options.listener.context, moved);
}

void agent_stop(struct agent *agent, nsec patience)
{
	nsec at = clock_monotonic() + patience;

	if (agent->stop_at == NSEC_UNDEFINED || at < agent->stop_at)
		agent->stop_at = at;
	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		struct track *track = tracks_at(&agent->tracks, i);
		if (track == NULL)
			continue;
		schedule_retire(agent->schedule, &track->pace);
		track_cut_short(track);
	}
}

/* A slot with packets still waiting for their answers tells nothing about the network. */
static void settle_stopped(struct agent *agent, nsec now)
{
	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		struct track *track = tracks_at(&agent->tracks, i);
		if (track == NULL)
			continue;
		schedule_remove(agent->schedule, &track->pace);
		for (struct flight *f = track->oldest; f != NULL; f = f->next) {
			expire(agent, track, f, now);
			if (flight_waits(f))
				f->flags |= SLOT_TAINTED;
		}
	}
	settle_all(agent, 0);
}

/* Surplus answers come soon after the first ones if at all; late ones can come until T_max. */
static bool settled_early(const struct flight *flight, enum probe_end end, nsec now)
{
	nsec last = flight_answered_at(flight);

	if (end == PROBE_IS_FINAL && flight->passed == flight->expected)
		return !flight_waits(flight);
	return last != NSEC_UNDEFINED && now > last + linger;
}

/* Looking at every series takes its time, so it is not done on every tick. */
static void settle_early(struct agent *agent, nsec now)
{
	if (now - agent->hurried_at < linger / 10)
		return;
	agent->hurried_at = now;
	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		struct track *track = tracks_at(&agent->tracks, i);
		if (track == NULL || track->oldest == NULL)
			continue;
		if (!settled_early(track->oldest, end_of(agent, track), now))
			continue;
		/* Slots behind it that are withheld wait for their time. */
		if (track->oldest->next == NULL)
			schedule_remove(agent->schedule, &track->pace);
		settle_oldest(agent, track);
	}
}

static nsec next_tick(const struct agent *agent)
{
	nsec now = clock_monotonic();
	bool hurry = agent->options.hurry || methods_wait(&agent->methods);
	nsec longest = hurry ? hurry_tick : idle_tick;
	nsec next = schedule_next(agent->schedule);

	if (agent->backlog.count > 0)
		longest = agent->tick;
	next = next == NSEC_INFINITE ? NSEC_INFINITE
				     : nsec_ceil(next - agent->clock.offset, agent->tick);
	if (next > now + longest)
		next = nsec_ceil(now + longest, agent->tick);
	if (agent->stop_at > now && agent->stop_at < next)
		next = agent->stop_at;
	return next;
}

/* Takes up to a batch of what is due; the schedule has brought the tracks near, and their slots are
 * asked for ahead. */
static size_t do_due(struct agent *agent, nsec now)
{
	struct due dues[PROBE_BATCH];
	size_t count = 0;

	while (count < PROBE_BATCH && schedule_take(agent->schedule, now, &dues[count])) {
		track_expect(track_of(dues[count].pace), dues[count].packet);
		count++;
	}
	for (size_t i = 0; i < count; i++) {
		if (dues[i].kind == DUE_SEND)
			queue_send(agent, &dues[i], now);
		else
			queue_settlement(agent, &dues[i], now);
	}
	return count;
}

nsec agent_tick(struct agent *agent)
{
	if (agent->tick == 0)
		agent->tick = tempo_of(&agent->tracks);
	look_at_clock(agent);
	/* What arrived before now is read before anything is settled as of now. */
	nsec now = agent_now(agent);
	receive_all(agent, now);
	while (do_due(agent, now) == PROBE_BATCH)
		;
	flush_batch(agent);
	settle_ended(agent, now);
	if (agent->options.hurry)
		settle_early(agent, now);
	if (agent->stop_at != NSEC_UNDEFINED && clock_monotonic() >= agent->stop_at)
		settle_stopped(agent, now);
	return next_tick(agent);
}

bool agent_finished(const struct agent *agent)
{
	return agent->tracks.open_slots == 0 && schedule_next(agent->schedule) == NSEC_INFINITE;
}

const struct agent_counters *agent_counters(const struct agent *agent)
{
	return &agent->counters;
}

void agent_filter(const struct agent *agent, uint32_t number, char out[PROBE_FILTER])
{
	const struct track *track = tracks_at(&agent->tracks, number);

	out[0] = '\0';
	if (track == NULL)
		return;
	const struct probe *probe = agent->methods.probes[track->probe];
	probe->ops->filter(probe, &track->host, out);
}

void agent_filter_all(const struct agent *agent, const struct probe_ops *method,
		      char out[PROBE_FILTER])
{
	uint8_t probe = methods_find(&agent->methods, method);

	assert(probe != METHODS_MAX);
	method->filter(agent->methods.probes[probe], NULL, out);
}
