/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/schedule.h"

#include <assert.h>
#include <stdlib.h>

/* What a stream does next: a send, and the settlement of its oldest slot begun. */
struct entry {
	struct stream stream;
	int64_t slot; /* of the next packet */
	uint32_t packet;
	bool sending;	    /* false: no further slot is begun */
	int64_t settle;	    /* the oldest slot not yet settled */
	int64_t settle_end; /* slots [settle, settle_end) have been begun */
	size_t position;    /* in the heap; SIZE_MAX: nothing more to do */
};

struct node {
	nsec at;
	uint32_t stream;
};

/* A binary heap of the streams by their next instant. */
struct schedule {
	struct entry *entries;
	size_t entry_count;
	struct node *heap;
	size_t heap_count;
	size_t room; /* of both arrays */
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
	free(schedule->entries);
	free(schedule->heap);
	free(schedule);
}

static void place(struct schedule *schedule, size_t position, struct node node)
{
	schedule->heap[position] = node;
	schedule->entries[node.stream].position = position;
}

static void sift_up(struct schedule *schedule, size_t position, struct node node)
{
	while (position > 0) {
		size_t parent = (position - 1) / 2;
		if (schedule->heap[parent].at <= node.at)
			break;
		place(schedule, position, schedule->heap[parent]);
		position = parent;
	}
	place(schedule, position, node);
}

static void sift_down(struct schedule *schedule, size_t position, struct node node)
{
	for (;;) {
		size_t child = 2 * position + 1;
		if (child >= schedule->heap_count)
			break;
		if (child + 1 < schedule->heap_count &&
		    schedule->heap[child + 1].at < schedule->heap[child].at)
			child++;
		if (node.at <= schedule->heap[child].at)
			break;
		place(schedule, position, schedule->heap[child]);
		position = child;
	}
	place(schedule, position, node);
}

static void heap_move(struct schedule *schedule, size_t position, struct node node)
{
	if (position > 0 && schedule->heap[(position - 1) / 2].at > node.at)
		sift_up(schedule, position, node);
	else
		sift_down(schedule, position, node);
}

static void heap_remove(struct schedule *schedule, size_t position)
{
	struct node last = schedule->heap[--schedule->heap_count];

	schedule->entries[schedule->heap[position].stream].position = SIZE_MAX;
	if (position < schedule->heap_count)
		heap_move(schedule, position, last);
}

static bool may_begin(const struct schedule *schedule, const struct entry *entry)
{
	return entry->sending && schedule_slot(&entry->stream, entry->slot).until <= schedule->end;
}

/* Whether the entry has a packet to send, be it of a slot begun or of one to begin. */
static bool has_send(const struct schedule *schedule, const struct entry *entry)
{
	return entry->sending && (entry->packet > 0 || may_begin(schedule, entry));
}

static nsec next_of(const struct schedule *schedule, const struct entry *entry)
{
	nsec at = NSEC_INFINITE;

	if (has_send(schedule, entry))
		at = schedule_send_time(&entry->stream, entry->slot, entry->packet);
	if (entry->settle < entry->settle_end) {
		nsec settle =
			schedule_slot(&entry->stream, entry->settle).until + entry->stream.t_max;
		if (settle < at)
			at = settle;
	}
	return at;
}

/* Puts the entry where its next instant belongs. */
static void reposition(struct schedule *schedule, uint32_t number)
{
	struct entry *entry = &schedule->entries[number];
	struct node node = {next_of(schedule, entry), number};

	if (node.at == NSEC_INFINITE) {
		if (entry->position != SIZE_MAX)
			heap_remove(schedule, entry->position);
	} else if (entry->position == SIZE_MAX) {
		sift_up(schedule, schedule->heap_count++, node);
	} else {
		heap_move(schedule, entry->position, node);
	}
}

static enum err make_room(struct schedule *schedule, uint32_t number)
{
	size_t room = schedule->room == 0 ? 64 : schedule->room;

	while (room <= number)
		room *= 2;
	if (room > schedule->room) {
		struct entry *entries = realloc(schedule->entries, room * sizeof(*entries));
		if (entries == NULL)
			return E_MEMORY;
		schedule->entries = entries;
		struct node *heap = realloc(schedule->heap, room * sizeof(*heap));
		if (heap == NULL)
			return E_MEMORY;
		schedule->heap = heap;
		schedule->room = room;
	}
	for (; schedule->entry_count <= number; schedule->entry_count++)
		schedule->entries[schedule->entry_count] = (struct entry){.position = SIZE_MAX};
	return E_OK;
}

static void start(struct entry *entry, nsec now)
{
	const struct stream *stream = &entry->stream;

	entry->slot = nsec_ceil(now - stream->origin, stream->interval) / stream->interval;
	entry->packet = 0;
	entry->settle = entry->slot;
	entry->settle_end = entry->slot;
}

enum err schedule_add(struct schedule *schedule, uint32_t number, const struct stream *stream,
		      nsec now)
{
	assert(stream->interval > 0 && stream->packets > 0 && stream->phase >= 0);
	enum err rc = make_room(schedule, number);
	if (rc != E_OK)
		return rc;
	struct entry *entry = &schedule->entries[number];
	assert(entry->position == SIZE_MAX);
	*entry = (struct entry){.stream = *stream, .sending = true, .position = SIZE_MAX};
	start(entry, now);
	reposition(schedule, number);
	return E_OK;
}

void schedule_retire(struct schedule *schedule, uint32_t number)
{
	assert(number < schedule->entry_count);
	schedule->entries[number].sending = false;
	reposition(schedule, number);
}

void schedule_remove(struct schedule *schedule, uint32_t number)
{
	assert(number < schedule->entry_count);
	schedule->entries[number].settle = schedule->entries[number].settle_end;
	schedule_retire(schedule, number);
}

static void reposition_all(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->entry_count; i++) {
		if (schedule->entries[i].stream.interval > 0)
			reposition(schedule, (uint32_t)i);
	}
}

void schedule_end(struct schedule *schedule, nsec end)
{
	schedule->end = end;
	reposition_all(schedule);
}

void schedule_restart(struct schedule *schedule, nsec now)
{
	for (size_t i = 0; i < schedule->entry_count; i++) {
		if (schedule->entries[i].stream.interval > 0)
			start(&schedule->entries[i], now);
	}
	reposition_all(schedule);
}

nsec schedule_next(const struct schedule *schedule)
{
	return schedule->heap_count == 0 ? NSEC_INFINITE : schedule->heap[0].at;
}

/* A slot that nobody began while there was time for it is not begun afterwards; the one that now
 * lies in is, because every slot is measured as far as it can be. */
static void skip_passed(struct entry *entry, nsec now)
{
	const struct stream *stream = &entry->stream;

	if (entry->packet > 0 || schedule_slot(stream, entry->slot).until > now)
		return;
	entry->slot = nsec_floor(now - stream->origin, stream->interval) / stream->interval;
}

static void take_send(struct entry *entry, struct due *out)
{
	out->kind = DUE_SEND;
	out->slot = entry->slot;
	out->packet = entry->packet;
	if (entry->packet == 0) {
		/* Skipped slots are not settled; those between are harmless: nothing is in them. */
		if (entry->settle == entry->settle_end)
			entry->settle = entry->slot;
		entry->settle_end = entry->slot + 1;
	}
	if (++entry->packet == entry->stream.packets) {
		entry->packet = 0;
		entry->slot++;
	}
}

static bool take_from(struct schedule *schedule, uint32_t number, nsec now, struct due *out)
{
	struct entry *entry = &schedule->entries[number];
	bool send = false;

	if (has_send(schedule, entry)) {
		nsec at = schedule_send_time(&entry->stream, entry->slot, entry->packet);
		send = at == out->at;
	}
	if (!send) {
		out->kind = DUE_SETTLE;
		out->slot = entry->settle++;
		return true;
	}
	int64_t before = entry->slot;
	skip_passed(entry, now);
	if (entry->slot != before)
		return false;
	take_send(entry, out);
	return true;
}

bool schedule_take(struct schedule *schedule, nsec now, struct due *out)
{
	while (schedule_next(schedule) <= now) {
		struct node node = schedule->heap[0];
		struct due due = {.stream = node.stream, .at = node.at};
		bool taken = take_from(schedule, node.stream, now, &due);
		reposition(schedule, node.stream);
		if (taken) {
			*out = due;
			return true;
		}
	}
	return false;
}
