/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/agent.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/base/random.h"
#include "collector/schedule.h"
#include "collector/tracks.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { METHODS_MAX = 8 };

/* Sends due are gathered on this tick; without any, the agent still looks this often. */
static const nsec tick = NSEC_PER_MSEC;
static const nsec idle_tick = 100 * NSEC_PER_MSEC;
static const nsec hurry_tick = 5 * NSEC_PER_MSEC;

/* A packet due at the very end of its slot may leave on the next tick; its deadline is waited for.
 */
static const nsec overrun_max = 25 * NSEC_PER_MSEC;
static const nsec settle_slack = 50 * NSEC_PER_MSEC;

/* How long a hurried agent waits for surplus answers. */
static const nsec linger = 200 * NSEC_PER_MSEC;

/* A packet that would leave this late was not sent in time: the agent's fault, not the network's.
 */
static const nsec lateness_max = 250 * NSEC_PER_MSEC;

/* realtime − monotonic does not move but by a step; what slewing could leak into it in the time
 * between two looks is allowed for. */
static const nsec step_min = 100 * NSEC_PER_USEC;
static const int64_t slew_divisor = 1000;

/* After a jump ahead of more than an hour the clock may be wrong by years. Slots written then would
 * bar every honest one, so nothing is handed over until the clock has stood for a while. */
static const nsec jump_ahead = NSEC_PER_HOUR;
static const nsec distrust = 5 * NSEC_PER_MIN;

struct agent {
	struct agent_options options;
	struct schedule *schedule;
	struct tracks tracks;
	struct probe *probes[METHODS_MAX];
	size_t probe_count;
	struct singleton *singletons; /* room for the largest slot */
	uint32_t singleton_room;
	nsec offset;	       /* realtime − monotonic */
	nsec looked_at;	       /* monotonic */
	nsec trusted_from;     /* monotonic */
	nsec ahead;	       /* how far the clock was set since it was last trusted */
	uint32_t overflows[2]; /* by family */
	nsec hurried_at;       /* realtime */
	nsec stop_at;	       /* monotonic; NSEC_UNDEFINED while running */
	struct probe_packet batch[PROBE_BATCH];
	nsec due_at[PROBE_BATCH];
	size_t batch_count;
	struct probe *batch_probe;
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
	agent->offset = clock_offset();
	agent->looked_at = clock_monotonic();
	agent->trusted_from = agent->looked_at;
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
	for (size_t i = 0; i < agent->probe_count; i++)
		agent->probes[i]->ops->close(agent->probes[i]);
	free(agent->singletons);
	free(agent);
}

nsec agent_now(const struct agent *agent)
{
	return clock_monotonic() + agent->offset;
}

static struct probe *find_probe(const struct agent *agent, const struct probe_ops *method)
{
	for (size_t i = 0; i < agent->probe_count; i++) {
		if (agent->probes[i]->ops == method)
			return agent->probes[i];
	}
	return NULL;
}

enum err agent_open(struct agent *agent, const struct probe_ops *method)
{
	if (find_probe(agent, method) != NULL)
		return E_OK;
	if (agent->probe_count == METHODS_MAX)
		return E_FULL;
	enum err rc = method->open(&agent->probes[agent->probe_count]);
	if (rc != E_OK)
		return rc;
	agent->probe_count++;
	return E_OK;
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
	struct random random = random_seeded(target->phase_seed);
	struct track track = {.target = *target, .alarm = INT64_MIN};
	struct stream stream = {
		.origin = target->origin,
		.interval = target->interval,
		.packets = target->packets,
		.t_max = target->t_max + settle_slack,
	};
	uint32_t number;

	track.probe = find_probe(agent, target->method);
	if (track.probe == NULL)
		return E_UNSUPPORTED;
	enum err rc = track.probe->ops->reserve(track.probe, target->host.family, target->size);
	if (rc == E_OK)
		rc = reserve_singletons(agent, target->packets);
	if (rc != E_OK)
		return rc;
	nsec spacing = target->interval / target->packets;
	stream.phase = (nsec)random_below(&random, (uint64_t)(spacing > 0 ? spacing : 1));
	track.salt = (uint16_t)random_u64(&random);
	rc = tracks_add(&agent->tracks, &track, &number);
	if (rc != E_OK)
		return rc;
	rc = schedule_add(agent->schedule, number, &stream, agent_now(agent));
	if (rc != E_OK) {
		tracks_remove(&agent->tracks, number);
		return rc;
	}
	*out = number;
	return E_OK;
}

static void mark_partial(struct track *track)
{
	for (struct flight *f = track->oldest; f != NULL; f = f->next) {
		if (f->passed < f->expected)
			f->flags |= SLOT_PARTIAL;
	}
}

void agent_retire(struct agent *agent, uint32_t number)
{
	struct track *track = tracks_at(&agent->tracks, number);

	if (track == NULL)
		return;
	schedule_retire(agent->schedule, number);
	mark_partial(track);
	track->retired = true;
	if (track->oldest == NULL)
		tracks_remove(&agent->tracks, number);
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
static void watch_losses(struct agent *agent, uint32_t number, struct flight *flight)
{
	struct track *track = tracks_at(&agent->tracks, number);

	if (agent->options.listener.worsened == NULL || track->was_bad ||
	    track->alarm >= flight->number - 1 || flight->lost == 0 ||
	    flight->lost < agent->options.c1 * flight->expected)
		return;
	track->alarm = flight->number;
	agent->options.listener.worsened(agent->options.listener.context, number, flight->slot);
}

static void flush_batch(struct agent *agent)
{
	struct probe *probe = agent->batch_probe;

	if (agent->batch_count == 0)
		return;
	nsec now = agent_now(agent);
	probe->ops->send(probe, agent->batch, agent->batch_count);
	for (size_t i = 0; i < agent->batch_count; i++) {
		const struct probe_packet *packet = &agent->batch[i];
		struct track *track = tracks_at(&agent->tracks, packet->mark.series);
		struct flight *flight = track_flight_marked(track, packet->mark.slot);
		lateness_add(&agent->counters.lateness, now - agent->due_at[i]);
		if (packet->refused == 0)
			flight_sent(flight, packet->mark.packet, packet->sent_at);
		else
			flight_refused(flight, packet->mark.packet);
	}
	agent->batch_count = 0;
}

static struct flight *flight_for(struct agent *agent, struct track *track, int64_t slot)
{
	struct flight *flight = track_flight(track, slot);
	const struct target *target = &track->target;

	if (flight != NULL)
		return flight;
	nsec from = target->origin + slot * target->interval;
	struct period period = {from, from + target->interval};
	if (tracks_begin(&agent->tracks, track, slot, period) != E_OK) {
		log_error("agent", "out of memory: a slot is not measured");
		return NULL;
	}
	flight = track_flight(track, slot);
	flight->overflows_before = agent->overflows[target->host.family == 6];
	return flight;
}

static void queue_send(struct agent *agent, const struct due *due, nsec now)
{
	struct track *track = tracks_at(&agent->tracks, due->stream);
	struct flight *flight = flight_for(agent, track, due->slot);

	if (flight == NULL)
		return;
	flight_expire(flight, now);
	watch_losses(agent, due->stream, flight);
	if (now - due->at > lateness_max || now >= flight->slot.until + overrun_max) {
		flight_refused(flight, due->packet);
		return;
	}
	if (agent->batch_probe != track->probe || agent->batch_count == PROBE_BATCH)
		flush_batch(agent);
	agent->batch_probe = track->probe;
	agent->due_at[agent->batch_count] = due->at;
	agent->batch[agent->batch_count++] = (struct probe_packet){
		.mark = {due->stream, (uint16_t)due->slot, (uint16_t)due->packet},
		.to = &track->target.host,
		.sequence = track_sequence(track, due->slot, due->packet),
		.size = track->target.size,
		.dscp = track->target.dscp,
	};
}

static void count_outcomes(struct agent *agent, const struct summary *s)
{
	agent->counters.slots++;
	agent->counters.sent += s->sent;
	agent->counters.lost += s->lost;
	agent->counters.unsent += s->expected - s->sent;
}

/* Settles the series' oldest slot; a series that is retired goes with its last. */
static void settle_oldest(struct agent *agent, uint32_t number)
{
	struct track *track = tracks_at(&agent->tracks, number);
	struct flight *flight = tracks_take_oldest(&agent->tracks, track);
	struct sample sample = flight_finish(flight, agent->singletons);

	if (flight->overflows_before != agent->overflows[track->target.host.family == 6])
		sample.flags |= SLOT_TAINTED;
	struct summary summary = sample_summary(&sample);
	count_outcomes(agent, &summary);
	track->was_bad = summary.lost > 0 && summary.lost >= agent->options.c1 * summary.sent;
	flight_destroy(flight);
	if (clock_monotonic() >= agent->trusted_from)
		agent->options.listener.finished(agent->options.listener.context, number, &sample);
	if (track->retired && track->oldest == NULL)
		tracks_remove(&agent->tracks, number);
}

static void settle_due(struct agent *agent, const struct due *due, nsec now)
{
	struct track *track = tracks_at(&agent->tracks, due->stream);

	if (track == NULL || track->oldest == NULL || track->oldest->number != due->slot)
		return;
	/* Its own packets may stand in the batch; all others can wait for more. */
	if (track->oldest->passed < track->oldest->expected)
		flush_batch(agent);
	flight_expire(track->oldest, now);
	watch_losses(agent, due->stream, track->oldest);
	settle_oldest(agent, due->stream);
}

static void settle_all(struct agent *agent, uint32_t flags)
{
	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		struct track *track;
		while ((track = tracks_at(&agent->tracks, i)) != NULL && track->oldest != NULL) {
			track->oldest->flags |= flags;
			settle_oldest(agent, i);
		}
	}
}

/* The open slot that a mark is about. The sequence tells it from a slot of the same number before
 * the clock was set back. */
static struct flight *flight_marked(const struct agent *agent, const struct probe_event *event)
{
	const struct track *track = tracks_at(&agent->tracks, event->mark.series);
	struct flight *flight = track == NULL ? NULL : track_flight_marked(track, event->mark.slot);

	if (flight == NULL ||
	    track_sequence(track, flight->number, event->mark.packet) != event->sequence)
		return NULL;
	return flight;
}

static void take_reply(struct agent *agent, const struct probe_event *event)
{
	struct flight *flight = flight_marked(agent, event);

	if (flight == NULL) {
		agent->counters.stale++;
		return;
	}
	const struct track *track = tracks_at(&agent->tracks, event->mark.series);
	if (endpoint_compare(&track->target.host, &event->peer) != 0 ||
	    !flight_replied(flight, event->mark.packet, event->at, event->stamped_by))
		agent->counters.forged++;
}

static void take_stamp(struct agent *agent, const struct probe_event *event)
{
	struct flight *flight = flight_marked(agent, event);

	if (flight != NULL)
		flight_stamped(flight, event->mark.packet, event->at, event->stamped_by);
}

static void take_event(void *context, const struct probe_event *event)
{
	struct agent *agent = context;

	switch (event->kind) {
	case PROBE_STAMPED:
		take_stamp(agent, event);
		break;
	case PROBE_REPLIED:
		take_reply(agent, event);
		break;
	case PROBE_REJECTED:
		(void)tracks_fail(&agent->tracks, &event->peer, event->sequence, OUTCOME_REJECTED);
		break;
	case PROBE_UNREACHABLE:
		(void)tracks_fail(&agent->tracks, &event->peer, event->sequence, OUTCOME_LOST);
		break;
	case PROBE_FORGED:
		agent->counters.forged++;
		break;
	case PROBE_BAD_CHECKSUM:
		agent->counters.bad_checksum++;
		break;
	case PROBE_OVERFLOWED:
		agent->counters.overflows++;
		agent->overflows[event->peer.family == 6]++;
		break;
	}
}

static void receive_all(struct agent *agent)
{
	struct probe_listener listener = {agent, take_event};

	for (size_t i = 0; i < agent->probe_count; i++)
		agent->probes[i]->ops->receive(agent->probes[i], &listener);
}

/* A clock that leapt ahead must stand for a while, unless it was set back to where it was. */
static void judge_clock(struct agent *agent, nsec now, nsec moved)
{
	agent->ahead = (now < agent->trusted_from ? agent->ahead : 0) + moved;
	agent->trusted_from = now;
	if (agent->ahead <= jump_ahead)
		return;
	agent->trusted_from = now + distrust;
	log_warn("agent",
		 "the system clock leapt ahead by more than an hour: no slot is handed over for "
		 "%.0f min, in case it is wrong",
		 (double)distrust / (double)NSEC_PER_MIN);
}

/* Slot numbers may come again after a step, so what they are known by must not. */
static void start_labels_anew(struct agent *agent, nsec moved)
{
	struct random random = random_seeded((uint64_t)(agent->looked_at ^ moved));

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
	nsec now = clock_monotonic();
	nsec offset = clock_offset();
	nsec moved = offset - agent->offset;
	nsec allowed = step_min + (now - agent->looked_at) / slew_divisor;

	agent->looked_at = now;
	if (moved >= -allowed && moved <= allowed) {
		agent->offset = offset;
		return;
	}
	agent->counters.clock_steps++;
	log_warn("agent", "the system clock was set by %+.6f s: the open slots are not judged",
		 (double)moved / (double)NSEC_PER_SEC);
	settle_all(agent, SLOT_CLOCK_STEP);
	agent->offset = offset;
	judge_clock(agent, now, moved);
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
		schedule_retire(agent->schedule, i);
		mark_partial(track);
	}
}

/* A slot with packets still waiting for their answers tells nothing about the network. */
static void settle_stopped(struct agent *agent, nsec now)
{
	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		const struct track *track = tracks_at(&agent->tracks, i);
		if (track == NULL)
			continue;
		schedule_remove(agent->schedule, i);
		for (struct flight *f = track->oldest; f != NULL; f = f->next) {
			flight_expire(f, now);
			if (f->ripe < f->passed && !flight_complete(f))
				f->flags |= SLOT_TAINTED;
		}
	}
	settle_all(agent, 0);
}

/* Surplus answers come soon after the first ones if at all; late ones can come until T_max. */
static bool settled_early(const struct flight *flight, nsec now)
{
	nsec last = flight->slot.from;

	if (flight->passed < flight->expected)
		return false;
	for (uint32_t i = 0; i < flight->expected; i++) {
		if (flight->packets[i].outcome != OUTCOME_REPLIED)
			return false;
		if (flight->packets[i].received_at > last)
			last = flight->packets[i].received_at;
	}
	return now > last + linger;
}

/* Looking at every series takes its time, so it is not done on every tick. */
static void settle_early(struct agent *agent, nsec now)
{
	if (now - agent->hurried_at < linger / 10)
		return;
	agent->hurried_at = now;
	for (uint32_t i = 0; i < agent->tracks.count; i++) {
		struct track *track = tracks_at(&agent->tracks, i);
		if (track != NULL && track->oldest != NULL && settled_early(track->oldest, now)) {
			schedule_remove(agent->schedule, i);
			settle_oldest(agent, i);
		}
	}
}

static nsec next_tick(const struct agent *agent)
{
	nsec now = clock_monotonic();
	nsec longest = agent->options.hurry ? hurry_tick : idle_tick;
	nsec next = schedule_next(agent->schedule);

	next = next == NSEC_INFINITE ? NSEC_INFINITE : nsec_ceil(next - agent->offset, tick);
	if (next > now + longest)
		next = nsec_ceil(now + longest, tick);
	if (agent->stop_at > now && agent->stop_at < next)
		next = agent->stop_at;
	return next;
}

nsec agent_tick(struct agent *agent)
{
	struct due due;

	look_at_clock(agent);
	/* What arrived before now is read before anything is settled as of now. */
	nsec now = agent_now(agent);
	receive_all(agent);
	while (schedule_take(agent->schedule, now, &due)) {
		if (due.kind == DUE_SEND)
			queue_send(agent, &due, now);
		else
			settle_due(agent, &due, now);
	}
	flush_batch(agent);
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
	if (track != NULL)
		track->probe->ops->filter(track->probe, &track->target.host, out);
}

void agent_filter_all(const struct agent *agent, const struct probe_ops *method,
		      char out[PROBE_FILTER])
{
	const struct probe *probe = find_probe(agent, method);

	assert(probe != NULL);
	method->filter(probe, NULL, out);
}
