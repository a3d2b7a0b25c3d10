/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/schedule.h"

#include <assert.h>
#include <stdlib.h>

/* Four children fill a cache line, and the heap of 100,000 streams is nine levels high. */
enum { CHILDREN = 4, ROOM_MIN = 64 };

static const uint32_t nowhere = UINT32_MAX;

struct node {
	nsec at;
	uint32_t number;
};

/* A heap of the streams by their next instant. Positions stand apart from the paces, close
 * together: each move in the heap writes one. */
struct schedule {
	struct node *heap;
	size_t heap_count;
	size_t heap_room;
	uint32_t *positions; /* by number, nowhere: not in the heap */
	struct pace **paces; /* by number, NULL: gone */
	size_t count;
	size_t room;
	size_t live; /* those not gone: each may come into the heap at any time */
	nsec end;
};

nsec schedule_send_time(const struct stream *stream, int64_t slot, uint32_t packet)
{
	return stream->origin + slot * stream->interval + stream->phase +
	       (nsec)packet * stream->interval / stream->packets;
}

struct period schedule_slot(const struct stream *stream, int64_t slot)
{
	nsec from = stream->origin + slot * stream->interval;
	return (struct period){from, from + stream->interval};
}

enum err schedule_create(struct schedule **out)
{
	struct schedule *schedule = calloc(1, sizeof(*schedule));

	if (schedule == NULL)
		return E_MEMORY;
	schedule->end = NSEC_INFINITE;
	*out = schedule;
	return E_OK;
}

void schedule_destroy(struct schedule *schedule)
{
	if (schedule == NULL)
		return;
	free(schedule->heap);
	free(schedule->positions);
	free(schedule->paces);
	free(schedule);
}

static void place(struct schedule *schedule, size_t position, struct node node)
{
	schedule->heap[position] = node;
	schedule->positions[node.number] = (uint32_t)position;
}

static void sift_up(struct schedule *schedule, size_t position, struct node node)
{
	while (position > 0) {
		size_t parent = (position - 1) / CHILDREN;
		if (schedule->heap[parent].at <= node.at)
			break;
		place(schedule, position, schedule->heap[parent]);
		position = parent;
	}
	place(schedule, position, node);
}

static size_t least_child(const struct schedule *schedule, size_t first)
{
	size_t end =
		first + CHILDREN < schedule->heap_count ? first + CHILDREN : schedule->heap_count;
	size_t least = first;

	for (size_t i = first + 1; i < end; i++) {
		if (schedule->heap[i].at < schedule->heap[least].at)
			least = i;
	}
	return least;
}

static void sift_down(struct schedule *schedule, size_t position, struct node node)
{
	for (;;) {
		size_t first = CHILDREN * position + 1;
		if (first >= schedule->heap_count)
			break;
		size_t child = least_child(schedule, first);
		if (node.at <= schedule->heap[child].at)
			break;
		place(schedule, position, schedule->heap[child]);
		position = child;
	}
	place(schedule, position, node);
}

static void heap_move(struct schedule *schedule, size_t position, struct node node)
{
	if (position > 0 && schedule->heap[(position - 1) / CHILDREN].at > node.at)
		sift_up(schedule, position, node);
	else
		sift_down(schedule, position, node);
}

static void heap_remove(struct schedule *schedule, size_t position)
{
	struct node last = schedule->heap[--schedule->heap_count];

	schedule->positions[schedule->heap[position].number] = nowhere;
	if (position < schedule->heap_count)
		heap_move(schedule, position, last);
}

static bool may_begin(const struct schedule *schedule, const struct pace *pace)
{
	return pace->sending && schedule_slot(&pace->stream, pace->slot).until <= schedule->end;
}

/* Whether the stream has a packet to send, be it of a slot begun or of one to begin. */
static bool has_send(const struct schedule *schedule, const struct pace *pace)
{
	return pace->sending && (pace->packet > 0 || may_begin(schedule, pace));
}

static nsec next_of(const struct schedule *schedule, const struct pace *pace)
{
	nsec at = NSEC_INFINITE;

	if (has_send(schedule, pace))
		at = schedule_send_time(&pace->stream, pace->slot, pace->packet);
	if (pace->settle < pace->settle_end) {
		nsec settle = schedule_slot(&pace->stream, pace->settle).until + pace->stream.t_max;
		if (settle < at)
			at = settle;
	}
	return at;
}

/* Puts the stream where its next instant belongs. */
static void reposition(struct schedule *schedule, const struct pace *pace)
{
	struct node node = {next_of(schedule, pace), pace->number};
	uint32_t position = schedule->positions[pace->number];

	if (node.at == NSEC_INFINITE) {
		if (position != nowhere)
			heap_remove(schedule, position);
	} else if (position == nowhere) {
		sift_up(schedule, schedule->heap_count++, node);
	} else {
		heap_move(schedule, position, node);
	}
}

/* Room for half as many again: with doubling up to half of it would lie idle. */
static size_t room_beyond(size_t count)
{
	return count < ROOM_MIN ? ROOM_MIN : count + count / 2;
}

static enum err make_heap_room(struct schedule *schedule)
{
	if (schedule->live < schedule->heap_room)
		return E_OK;
	size_t room = room_beyond(schedule->live);
	struct node *heap = realloc(schedule->heap, room * sizeof(*heap));
	if (heap == NULL)
		return E_MEMORY;
	schedule->heap = heap;
	schedule->heap_room = room;
	return E_OK;
}

static enum err make_room(struct schedule *schedule, uint32_t number)
{
	if (number >= schedule->room) {
		size_t room = room_beyond((size_t)number + 1);
		struct pace **paces = realloc(schedule->paces, room * sizeof(struct pace *));
		if (paces == NULL)
			return E_MEMORY;
		schedule->paces = paces;
		uint32_t *positions = realloc(schedule->positions, room * sizeof(*positions));
		if (positions == NULL)
			return E_MEMORY;
		schedule->positions = positions;
		schedule->room = room;
	}
	for (; schedule->count <= number; schedule->count++) {
		schedule->positions[schedule->count] = nowhere;
		schedule->paces[schedule->count] = NULL;
	}
	return E_OK;
}

static void start(struct pace *pace, nsec now)
{
	const struct stream *stream = &pace->stream;

	pace->slot = nsec_ceil(now - stream->origin, stream->interval) / stream->interval;
	pace->packet = 0;
	pace->settle = pace->slot;
	pace->settle_end = pace->slot;
}

enum err schedule_add(struct schedule *schedule, struct pace *pace, nsec now)
{
	const struct stream *stream = &pace->stream;

	assert(stream->interval > 0 && stream->packets > 0 && stream->phase >= 0);
	enum err rc = make_room(schedule, pace->number);
	if (rc == E_OK)
		rc = make_heap_room(schedule);
	if (rc != E_OK)
		return rc;
	assert(schedule->paces[pace->number] == NULL);
	schedule->paces[pace->number] = pace;
	schedule->live++;
	pace->sending = true;
	start(pace, now);
	reposition(schedule, pace);
	return E_OK;
}

void schedule_retire(struct schedule *schedule, struct pace *pace)
{
	pace->sending = false;
	reposition(schedule, pace);
}

void schedule_remove(struct schedule *schedule, struct pace *pace)
{
	pace->settle = pace->settle_end;
	schedule_retire(schedule, pace);
	schedule->live -= schedule->paces[pace->number] != NULL;
	schedule->paces[pace->number] = NULL;
}

void schedule_pass_over(struct schedule *schedule, struct pace *pace, int64_t slot)
{
	/* Of few packets the last may have been taken meanwhile. */
	if (pace->slot != slot || pace->packet == 0)
		return;
	pace->packet = 0;
	pace->slot++;
	reposition(schedule, pace);
}

static void reposition_all(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->count; i++) {
		if (schedule->paces[i] != NULL)
			reposition(schedule, schedule->paces[i]);
	}
}

void schedule_end(struct schedule *schedule, nsec end)
{
	schedule->end = end;
	reposition_all(schedule);
}

void schedule_restart(struct schedule *schedule, nsec now)
{
	for (size_t i = 0; i < schedule->count; i++) {
		if (schedule->paces[i] != NULL)
			start(schedule->paces[i], now);
	}
	reposition_all(schedule);
}

nsec schedule_next(const struct schedule *schedule)
{
	return schedule->heap_count == 0 ? NSEC_INFINITE : schedule->heap[0].at;
}

/* A slot that nobody began while there was time for it is not begun afterwards; the one that now
 * lies in is, because every slot is measured as far as it can be. */
static void skip_passed(struct pace *pace, nsec now)
{
	const struct stream *stream = &pace->stream;

	if (pace->packet > 0 || schedule_slot(stream, pace->slot).until + SCHEDULE_OVERRUN > now)
		return;
	pace->slot = nsec_floor(now - stream->origin, stream->interval) / stream->interval;
}

static void take_send(struct pace *pace, struct due *out)
{
	out->kind = DUE_SEND;
	out->slot = pace->slot;
	out->packet = pace->packet;
	if (pace->packet == 0) {
		/* Skipped slots are not settled; those between are harmless: nothing is in them. */
		if (pace->settle == pace->settle_end)
			pace->settle = pace->slot;
		pace->settle_end = pace->slot + 1;
	}
	if (++pace->packet == pace->stream.packets) {
		pace->packet = 0;
		pace->slot++;
	}
}

static bool take_from(struct schedule *schedule, nsec now, struct due *out)
{
	struct pace *pace = out->pace;
	bool send = false;

	if (has_send(schedule, pace)) {
		nsec at = schedule_send_time(&pace->stream, pace->slot, pace->packet);
		send = at == out->at;
	}
	if (!send) {
		out->kind = DUE_SETTLE;
		out->slot = pace->settle++;
		return true;
	}
	int64_t before = pace->slot;
	skip_passed(pace, now);
	if (pace->slot != before)
		return false;
	take_send(pace, out);
	return true;
}

/* The next streams are among the first in the heap; their memory is asked for ahead. */
static void expect_next(const struct schedule *schedule)
{
	for (size_t i = 0; i <= CHILDREN && i < schedule->heap_count; i++)
		__builtin_prefetch(schedule->paces[schedule->heap[i].number]);
}

bool schedule_take(struct schedule *schedule, nsec now, struct due *out)
{
	while (schedule_next(schedule) <= now) {
		struct node node = schedule->heap[0];
		struct due due = {.pace = schedule->paces[node.number], .at = node.at};
		bool taken = take_from(schedule, now, &due);
		reposition(schedule, due.pace);
		expect_next(schedule);
		if (taken) {
			*out = due;
			return true;
		}
	}
	return false;
}
