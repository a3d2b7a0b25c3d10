/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/gate.h"

#include <stdlib.h>

struct held {
	struct held *next;
	size_t octets;
	nsec until; /* monotonic: how long it may be held */
	struct gate_series series;
	struct summary summary;
	struct delays delays;
	size_t lost_count;
	nsec lost[];
};

/* What is known of a series in one review. */
struct line {
	uint32_t waiting; /* slots held */
	uint32_t blocked; /* the review in which one of them stays */
};

struct gate {
	struct gate_options options;
	struct held *first;
	struct held *last;
	size_t octets;
	struct line *lines; /* by number */
	size_t line_count;
	uint32_t reviews;
	nsec *lost; /* room for a slot's */
	size_t lost_room;
	struct gate_counters counters;
};

enum err gate_create(const struct gate_options *options, struct gate **out)
{
	struct gate *gate = calloc(1, sizeof(*gate));

	if (gate == NULL)
		return E_MEMORY;
	gate->options = *options;
	*out = gate;
	return E_OK;
}

void gate_destroy(struct gate *gate)
{
	if (gate == NULL)
		return;
	for (struct held *held = gate->first, *next; held != NULL; held = next) {
		next = held->next;
		free(held);
	}
	free(gate->lines);
	free(gate->lost);
	free(gate);
}

static bool is_lost(const struct singleton *singleton)
{
	return singleton->outcome == OUTCOME_LOST || singleton->outcome == OUTCOME_LATE ||
	       singleton->outcome == OUTCOME_REJECTED || singleton->outcome == OUTCOME_PENDING;
}

static enum err reserve(struct gate *gate, uint32_t series, uint32_t packets)
{
	if (packets > gate->lost_room) {
		nsec *lost = realloc(gate->lost, packets * sizeof(*lost));
		if (lost == NULL)
			return E_MEMORY;
		gate->lost = lost;
		gate->lost_room = packets;
	}
	if (series >= gate->line_count) {
		size_t count = 2 * (size_t)series + 64;
		struct line *lines = realloc(gate->lines, count * sizeof(*lines));
		if (lines == NULL)
			return E_MEMORY;
		while (gate->line_count < count)
			lines[gate->line_count++] = (struct line){0};
		gate->lines = lines;
	}
	return E_OK;
}

static size_t find_losses(const struct sample *sample, nsec *lost)
{
	size_t count = 0;

	for (uint32_t i = 0; i < sample->expected; i++) {
		if (is_lost(&sample->singletons[i]))
			lost[count++] = sample->singletons[i].sent_at;
	}
	return count;
}

static void pass(struct gate *gate, uint32_t series, struct summary *summary,
		 const struct delays *delays, enum standing standing)
{
	if (standing == STANDING_ISOLATED) {
		summary->flags |= SLOT_ISOLATED;
		gate->counters.isolated++;
	}
	gate->options.pass(gate->options.context, series, summary, delays);
}

static enum standing judge(const struct gate *gate, const struct gate_series *series,
			   const struct suspicion *suspicion)
{
	return gate->options.judge(gate->options.context, series->family, suspicion);
}

static struct held *hold(struct gate *gate, const struct gate_series *series,
			 const struct sample *sample, const struct suspicion *suspicion)
{
	size_t octets = sizeof(struct held) + suspicion->lost_count * sizeof(nsec);
	struct held *held = malloc(octets);

	if (held == NULL)
		return NULL;
	*held = (struct held){
		.octets = octets,
		.series = *series,
		.summary = sample_summary(sample),
		.delays = sample_delays(sample),
		.lost_count = suspicion->lost_count,
	};
	for (size_t i = 0; i < suspicion->lost_count; i++)
		held->lost[i] = suspicion->lost[i];
	if (gate->first == NULL)
		gate->first = held;
	else
		gate->last->next = held;
	gate->last = held;
	gate->octets += octets;
	gate->lines[series->number].waiting++;
	gate->counters.held++;
	return held;
}

static void release(struct gate *gate, struct held *held, enum standing standing)
{
	gate->counters.overdue += standing == STANDING_UNDECIDED;
	gate->lines[held->series.number].waiting--;
	gate->octets -= held->octets;
	pass(gate, held->series.number, &held->summary, &held->delays, standing);
	free(held);
}

static enum standing standing_of(const struct gate *gate, const struct held *held)
{
	struct suspicion suspicion = {
		.slot = {held->summary.from, held->summary.until},
		.t_max = held->series.t_max,
		.lost = held->lost,
		.lost_count = held->lost_count,
	};
	return judge(gate, &held->series, &suspicion);
}

static void release_oldest(struct gate *gate)
{
	struct held *held = gate->first;

	gate->first = held->next;
	release(gate, held, standing_of(gate, held));
}

void gate_put(struct gate *gate, const struct gate_series *series, const struct sample *sample,
	      nsec now)
{
	struct suspicion suspicion = {.slot = sample->slot, .t_max = series->t_max};
	enum standing standing = STANDING_CONNECTED;

	if (reserve(gate, series->number, sample->expected) == E_OK) {
		suspicion.lost_count = find_losses(sample, gate->lost);
		suspicion.lost = gate->lost;
		standing = judge(gate, series, &suspicion);
		if (standing == STANDING_UNDECIDED || gate->lines[series->number].waiting > 0) {
			struct held *held = hold(gate, series, sample, &suspicion);
			if (held != NULL) {
				held->until = now + gate->options.patience;
				while (gate->octets > gate->options.octets)
					release_oldest(gate);
				return;
			}
		}
	}
	struct summary summary = sample_summary(sample);
	struct delays delays = sample_delays(sample);
	pass(gate, series->number, &summary, &delays, standing);
}

/* Whether it must wait on; else how it stands. */
static bool stays(struct gate *gate, const struct held *held, nsec now, enum standing *standing)
{
	struct line *line = &gate->lines[held->series.number];

	if (line->blocked == gate->reviews)
		return true;
	*standing = standing_of(gate, held);
	if (*standing != STANDING_UNDECIDED || now >= held->until)
		return false;
	line->blocked = gate->reviews;
	return true;
}

void gate_review(struct gate *gate, nsec now)
{
	struct held **link = &gate->first;
	struct held *kept = NULL;

	gate->reviews++;
	while (*link != NULL) {
		struct held *held = *link;
		enum standing standing = STANDING_CONNECTED;
		if (stays(gate, held, now, &standing)) {
			kept = held;
			link = &held->next;
			continue;
		}
		*link = held->next;
		release(gate, held, standing);
	}
	gate->last = kept;
}

void gate_flush(struct gate *gate)
{
	while (gate->first != NULL)
		release_oldest(gate);
	gate->last = NULL;
}

const struct gate_counters *gate_counters(const struct gate *gate)
{
	return &gate->counters;
}
