/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/anchors.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEPT = 1024, /* isolations */
	HOP_ECHOES = 3,
	HOP_HABIT = 5, /* echoes ignored in a row, while anchors answer, that make a habit */
};

static const nsec witness_age = 10 * NSEC_PER_MIN;

struct anchor {
	nsec answered_at; /* the sending of its last packet answered */
	bool vouched;	  /* was a witness when the clock was set */
	uint32_t proved;  /* lost in the stretch up to the last sign of life */
	uint32_t since;	  /* lost since that */
};

struct anchors {
	struct anchor_event *events; /* told and not settled */
	size_t event_count;
	size_t event_room;
	nsec settled; /* NSEC_UNDEFINED: nothing */
	nsec run;     /* the last packet that any anchor answered */
	/* A stretch is time without an anchor's answer in which the hop shows life. */
	nsec stretch; /* NSEC_UNDEFINED: the hop is not known to be alive */
	nsec sign;    /* the last sign of life */
	uint32_t own_signs;
	uint32_t hop_silence; /* echoes in a row */
	uint32_t ignored;     /* the same, through good times too */
	bool hop_ignores;
	struct isolation isolations[KEPT];
	size_t isolation_count;
	uint32_t number;
	uint32_t count;
	struct anchor anchors[];
};

enum err anchors_create(uint32_t count, struct anchors **out)
{
	struct anchors *anchors = calloc(1, sizeof(*anchors) + count * sizeof(struct anchor));

	if (anchors == NULL)
		return E_MEMORY;
	anchors->count = count;
	anchors->run = NSEC_UNDEFINED;
	anchors_restart(anchors);
	*out = anchors;
	return E_OK;
}

void anchors_destroy(struct anchors *anchors)
{
	if (anchors == NULL)
		return;
	free(anchors->events);
	free(anchors);
}

enum err anchors_tell(struct anchors *anchors, const struct anchor_event *event)
{
	if (anchors->settled != NSEC_UNDEFINED && event->at < anchors->settled)
		return E_OK;
	if (anchors->event_count == anchors->event_room) {
		size_t room = anchors->event_room == 0 ? 64 : 2 * anchors->event_room;
		struct anchor_event *events = realloc(anchors->events, room * sizeof(*events));
		if (events == NULL)
			return E_MEMORY;
		anchors->events = events;
		anchors->event_room = room;
	}
	anchors->events[anchors->event_count++] = *event;
	return E_OK;
}

static struct isolation *last_of(struct anchors *anchors)
{
	return &anchors->isolations[anchors->isolation_count - 1];
}

static bool is_open(const struct anchors *anchors)
{
	return anchors->isolation_count > 0 &&
	       anchors->isolations[anchors->isolation_count - 1].open;
}

static void add_isolation(struct anchors *anchors, struct period period)
{
	if (anchors->isolation_count == KEPT)
		memmove(anchors->isolations, anchors->isolations + 1,
			--anchors->isolation_count * sizeof(*anchors->isolations));
	anchors->isolations[anchors->isolation_count++] =
		(struct isolation){.period = period, .open = true, .number = ++anchors->number};
}

static bool is_witness(const struct anchors *anchors, const struct anchor *anchor)
{
	if (anchors->run == NSEC_UNDEFINED)
		return anchor->vouched;
	return anchor->answered_at != NSEC_UNDEFINED &&
	       anchor->answered_at >= anchors->run - witness_age;
}

uint32_t anchors_witnesses(const struct anchors *anchors)
{
	uint32_t witnesses = 0;

	for (uint32_t i = 0; i < anchors->count; i++)
		witnesses += is_witness(anchors, &anchors->anchors[i]);
	return witnesses;
}

/* Whether the stretch up to the last sign of life is an isolation. */
static bool is_proved(const struct anchors *anchors)
{
	if (anchors->own_signs == 0)
		return false;
	for (uint32_t i = 0; i < anchors->count; i++) {
		if (is_witness(anchors, &anchors->anchors[i]) &&
		    anchors->anchors[i].proved < WITNESS_PACKETS)
			return false;
	}
	return anchors_witnesses(anchors) >= WITNESSES_LEAST;
}

static void forget_losses(struct anchors *anchors)
{
	for (uint32_t i = 0; i < anchors->count; i++) {
		anchors->anchors[i].proved = 0;
		anchors->anchors[i].since = 0;
	}
}

static void start_stretch(struct anchors *anchors, nsec at)
{
	anchors->stretch = at;
	anchors->sign = at;
	anchors->own_signs = 0;
	anchors->hop_silence = 0;
	forget_losses(anchors);
}

/* The hop was alive from its last sign of life until now. */
static void extend_stretch(struct anchors *anchors, nsec at)
{
	for (uint32_t i = 0; i < anchors->count; i++) {
		anchors->anchors[i].proved += anchors->anchors[i].since;
		anchors->anchors[i].since = 0;
	}
	anchors->sign = at;
	anchors->hop_silence = 0;
	if (!is_open(anchors) && is_proved(anchors))
		add_isolation(anchors, (struct period){anchors->stretch, at});
	if (is_open(anchors))
		last_of(anchors)->period.until = at;
}

static void end_stretch(struct anchors *anchors)
{
	if (is_open(anchors))
		last_of(anchors)->open = false;
	anchors->stretch = NSEC_UNDEFINED;
}

static void take_answer(struct anchors *anchors, const struct anchor_event *event)
{
	if (anchors->stretch != NSEC_UNDEFINED)
		extend_stretch(anchors, event->at);
	end_stretch(anchors);
	anchors->anchors[event->anchor].answered_at = event->at;
	anchors->run = event->at;
	anchors->hop_ignores = anchors->ignored >= HOP_HABIT;
	start_stretch(anchors, event->at);
}

static void take_sign(struct anchors *anchors, nsec at)
{
	anchors->ignored = 0;
	if (anchors->stretch == NSEC_UNDEFINED)
		start_stretch(anchors, at);
	anchors->own_signs++;
	extend_stretch(anchors, at);
}

static void take_silence(struct anchors *anchors)
{
	anchors->ignored++;
	anchors->hop_silence++;
	if (!anchors->hop_ignores && anchors->hop_silence >= HOP_ECHOES)
		end_stretch(anchors);
}

static void take(struct anchors *anchors, const struct anchor_event *event)
{
	switch (event->kind) {
	case ANCHOR_ANSWERED:
		take_answer(anchors, event);
		break;
	case ANCHOR_LOST:
		anchors->anchors[event->anchor].since++;
		break;
	case HOP_ANSWERED:
		take_sign(anchors, event->at);
		break;
	case HOP_SILENT:
		take_silence(anchors);
		break;
	case HOP_FAILED:
		end_stretch(anchors);
		break;
	}
}

static int compare_events(const void *a, const void *b)
{
	const struct anchor_event *x = a;
	const struct anchor_event *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

bool anchors_settle(struct anchors *anchors, nsec until)
{
	size_t done = 0;

	if (anchors->settled != NSEC_UNDEFINED && until <= anchors->settled)
		return false;
	if (anchors->event_count > 1)
		qsort(anchors->events, anchors->event_count, sizeof(*anchors->events),
		      compare_events);
	while (done < anchors->event_count && anchors->events[done].at < until)
		take(anchors, &anchors->events[done++]);
	anchors->event_count -= done;
	if (anchors->event_count > 0)
		memmove(anchors->events, anchors->events + done,
			anchors->event_count * sizeof(*anchors->events));
	anchors->settled = until;
	return true;
}

void anchors_restart(struct anchors *anchors)
{
	end_stretch(anchors);
	for (uint32_t i = 0; i < anchors->count; i++) {
		anchors->anchors[i].vouched = is_witness(anchors, &anchors->anchors[i]);
		anchors->anchors[i].answered_at = NSEC_UNDEFINED;
	}
	anchors->event_count = 0;
	anchors->settled = NSEC_UNDEFINED;
	anchors->run = NSEC_UNDEFINED;
	anchors_change_hop(anchors);
	forget_losses(anchors);
}

void anchors_change_hop(struct anchors *anchors)
{
	anchors->hop_silence = 0;
	anchors->ignored = 0;
	anchors->hop_ignores = false;
}

size_t anchors_isolations(const struct anchors *anchors, const struct isolation **out)
{
	*out = anchors->isolations;
	return anchors->isolation_count;
}

/* From here on it may yet turn out that the agent was isolated. */
static nsec frontier_of(const struct anchors *anchors)
{
	if (anchors->stretch == NSEC_UNDEFINED)
		return anchors->settled;
	return is_open(anchors) ? anchors->sign : anchors->stretch;
}

static bool inside(struct period slot, const struct isolation *isolation)
{
	return slot.from >= isolation->period.from && slot.until <= isolation->period.until;
}

static bool lost_in(const struct suspicion *suspicion, const struct isolation *isolation)
{
	for (size_t i = 0; i < suspicion->lost_count; i++) {
		nsec at = suspicion->lost[i];
		/* The answer to a packet sent just before was still on its way. */
		if (at >= isolation->period.from - suspicion->t_max && at < isolation->period.until)
			return true;
	}
	return false;
}

/* Newer isolations cannot be of this slot if it is over before the frontier. */
static bool is_undecided(const struct anchors *anchors, const struct suspicion *suspicion)
{
	nsec frontier = frontier_of(anchors);
	size_t count = suspicion->lost_count;
	nsec wholly = is_open(anchors) ? anchors->stretch : frontier;

	if (frontier == NSEC_UNDEFINED)
		return true;
	if (suspicion->slot.from >= wholly)
		return true;
	return count > 0 &&
	       suspicion->lost[count - 1] >= frontier - (is_open(anchors) ? 0 : suspicion->t_max);
}

enum standing anchors_judge(const struct anchors *anchors, const struct suspicion *suspicion)
{
	for (size_t i = anchors->isolation_count; i-- > 0;) {
		const struct isolation *isolation = &anchors->isolations[i];
		if (isolation->period.until <= suspicion->slot.from)
			break;
		if (inside(suspicion->slot, isolation) || lost_in(suspicion, isolation))
			return STANDING_ISOLATED;
	}
	return is_undecided(anchors, suspicion) ? STANDING_UNDECIDED : STANDING_CONNECTED;
}
