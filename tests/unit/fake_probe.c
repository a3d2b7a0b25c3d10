/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fake_probe.h"

#include "collector/base/clock.h"

#include <assert.h>
#include <stdlib.h>

struct arrival {
	nsec at; /* monotonic */
	uint64_t order;
	struct probe_event event;
};

static struct {
	struct fake fake;
	size_t sent_room;
	struct arrival *arrivals; /* a binary heap by instant */
	size_t count;
	size_t room;
	uint64_t order;
	nsec last_at;
	size_t at_once;
	struct probe probe;
} state;

struct fake *fake_state(void)
{
	return &state.fake;
}

void fake_finish(void)
{
	free(state.fake.sent);
	free(state.arrivals);
	state.fake = (struct fake){0};
	state.sent_room = 0;
	state.arrivals = NULL;
	state.count = 0;
	state.room = 0;
}

void fake_reset(fake_policy *policy, void *context)
{
	fake_finish();
	state.fake.policy = policy;
	state.fake.context = context;
	state.last_at = NSEC_UNDEFINED;
}

static bool earlier(const struct arrival *a, const struct arrival *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void *grow(void *items, size_t *room, size_t size)
{
	*room = *room == 0 ? 256 : 2 * *room;
	void *bigger = realloc(items, *room * size);
	assert(bigger != NULL);
	return bigger;
}

void fake_happen(nsec delay, const struct probe_event *event)
{
	struct arrival arrival = {clock_monotonic() + delay, state.order++, *event};

	if (state.count == state.room)
		state.arrivals = grow(state.arrivals, &state.room, sizeof(*state.arrivals));
	size_t at = state.count++;
	while (at > 0 && earlier(&arrival, &state.arrivals[(at - 1) / 2])) {
		state.arrivals[at] = state.arrivals[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	state.arrivals[at] = arrival;
}

void fake_event(const struct probe_packet *packet, nsec delay, const struct probe_event *event)
{
	struct probe_event copy = *event;

	copy.mark = packet->mark;
	copy.sequence = packet->sequence;
	fake_happen(delay, &copy);
}

/* The kernel's two stamps are exact. */
void fake_answer(const struct probe_packet *packet, nsec delay)
{
	struct probe_event stamp = {.kind = PROBE_STAMPED, .stamped_by = STAMP_KERNEL};
	struct probe_event reply = {
		.kind = PROBE_REPLIED, .stamped_by = STAMP_KERNEL, .peer = *packet->to};

	fake_event(packet, 0, &stamp);
	fake_event(packet, delay, &reply);
}

static struct arrival take_first(void)
{
	struct arrival first = state.arrivals[0];
	struct arrival last = state.arrivals[--state.count];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= state.count)
			break;
		if (child + 1 < state.count &&
		    earlier(&state.arrivals[child + 1], &state.arrivals[child]))
			child++;
		if (earlier(&last, &state.arrivals[child]))
			break;
		state.arrivals[at] = state.arrivals[child];
		at = child;
	}
	state.arrivals[at] = last;
	return first;
}

static enum err fake_open(const struct probe_options *options, struct probe **out)
{
	state.fake.receive_buffer = options->receive_buffer;
	state.probe.ops = &fake_probe;
	*out = &state.probe;
	return E_OK;
}

static void fake_close(struct probe *probe)
{
	(void)probe;
}

static enum err fake_reserve(struct probe *probe, uint8_t family, uint16_t size)
{
	(void)probe;
	(void)family;
	/* A size that no test means to send stands for a family that the machine lacks. */
	return size == UINT16_MAX ? E_UNSUPPORTED : E_OK;
}

static void record(const struct probe_packet *packet)
{
	if (state.fake.sent_count == state.sent_room)
		state.fake.sent = grow(state.fake.sent, &state.sent_room, sizeof(struct fake_sent));
	state.fake.sent[state.fake.sent_count++] =
		(struct fake_sent){packet->mark, packet->sequence, clock_monotonic()};
}

static void fake_send(struct probe *probe, struct probe_packet *packets, size_t count)
{
	nsec now = clock_monotonic();

	(void)probe;
	assert(count > 0 && count <= PROBE_BATCH);
	state.at_once = now == state.last_at ? state.at_once + count : count;
	state.last_at = now;
	if (state.at_once > state.fake.largest)
		state.fake.largest = state.at_once;
	for (size_t i = 0; i < count; i++) {
		packets[i].refused = 0;
		packets[i].sent_at = clock_realtime();
		if (state.fake.record)
			record(&packets[i]);
		state.fake.policy(state.fake.context, &packets[i]);
	}
}

/* What arrived while nobody looked bears the stamp of its arrival. */
static void fake_receive(struct probe *probe, nsec until, const struct probe_listener *listener)
{
	nsec now = clock_monotonic();

	(void)probe;
	(void)until;
	while (state.count > 0 && state.arrivals[0].at <= now) {
		struct arrival arrival = take_first();
		arrival.event.at = arrival.at + clock_realtime() - now;
		listener->take(listener->context, &arrival.event, 1);
	}
}

static bool fake_dropped(struct probe *probe, const struct endpoint *host, nsec at)
{
	(void)probe;
	(void)host;
	return at >= state.fake.dropped.from && at < state.fake.dropped.until;
}

static void fake_filter(const struct probe *probe, const struct endpoint *host,
			char out[PROBE_FILTER])
{
	(void)probe;
	(void)host;
	out[0] = '\0';
}

const struct probe_ops fake_probe = {
	.method = "fake",
	.size_min = MARK_SIZE,
	.open = fake_open,
	.close = fake_close,
	.reserve = fake_reserve,
	.send = fake_send,
	.receive = fake_receive,
	.dropped = fake_dropped,
	.filter = fake_filter,
};
