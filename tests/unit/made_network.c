/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/made_network.h"

#include "collector/metric/sample.h"
#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

enum { PACKETS_MAX = 64 };

static struct singleton singleton_of(nsec round_trip)
{
	if (round_trip == NSEC_INFINITE || round_trip == NSEC_UNDEFINED)
		return (struct singleton){
			.sent_at = round_trip == NSEC_UNDEFINED ? NSEC_UNDEFINED : 0,
			.round_trip = NSEC_UNDEFINED,
			.outcome = round_trip == NSEC_UNDEFINED ? OUTCOME_UNSENT : OUTCOME_LOST,
		};
	return (struct singleton){
		.round_trip = round_trip, .outcome = OUTCOME_REPLIED, .stamped_by = STAMP_KERNEL};
}

void made_slot(struct period slot, const nsec *round_trips, uint32_t count, uint32_t flags,
	       struct summary *summary, struct delays *delays)
{
	struct singleton singletons[PACKETS_MAX];
	struct sample sample = {
		.slot = slot, .expected = count, .flags = flags, .singletons = singletons};

	for (uint32_t i = 0; i < count; i++)
		singletons[i] = singleton_of(round_trips[i]);
	*summary = sample_summary(&sample);
	*delays = sample_delays(&sample);
}

struct made_series *made_add_series(struct made_network *network, const struct series_key *key,
				    nsec interval)
{
	network->series = must_grow(network->series, network->count, &network->capacity,
				    sizeof(*network->series));
	struct made_series *series = &network->series[network->count++];
	*series = (struct made_series){.key = *key, .interval = interval};
	return series;
}

void made_add_slot(struct made_series *series, const struct summary *summary,
		   const struct delays *delays)
{
	nsec hour = nsec_floor(summary->from, NSEC_PER_HOUR);

	series->slots = must_grow(series->slots, series->slot_count, &series->slot_capacity,
				  sizeof(*series->slots));
	series->slots[series->slot_count++] = *summary;
	if (delays->slots == 0)
		return;
	if (series->hour_count == 0 || series->hours[series->hour_count - 1].from != hour) {
		series->hours = must_grow(series->hours, series->hour_count, &series->hour_capacity,
					  sizeof(*series->hours));
		series->hours[series->hour_count++] =
			(struct hour){.from = hour, .delays = delays_empty()};
	}
	delays_merge(&series->hours[series->hour_count - 1].delays, delays);
}

void made_add(struct made_series *series, nsec from, const nsec *round_trips, uint32_t count,
	      uint32_t flags)
{
	struct summary summary;
	struct delays delays;

	made_slot((struct period){from, from + series->interval}, round_trips, count, flags,
		  &summary, &delays);
	made_add_slot(series, &summary, &delays);
}

void made_add_even(struct made_series *series, nsec from, nsec round_trip, uint32_t count,
		   uint32_t flags)
{
	nsec round_trips[PACKETS_MAX];

	for (uint32_t i = 0; i < count; i++)
		round_trips[i] = round_trip;
	made_add(series, from, round_trips, count, flags);
}

static nsec first_reply(const struct made_series *series)
{
	for (size_t i = 0; i < series->slot_count; i++) {
		if (summary_answered(&series->slots[i]) > 0)
			return series->slots[i].from;
	}
	return NSEC_UNDEFINED;
}

static struct made_series *series_of(const struct made_network *network,
				     const struct series_key *key)
{
	char wanted[KEY_TEXT];
	char name[KEY_TEXT];

	series_key_format(key, wanted);
	for (size_t i = 0; i < network->count; i++) {
		series_key_format(&network->series[i].key, name);
		if (strcmp(name, wanted) == 0)
			return &network->series[i];
	}
	return NULL;
}

static enum err find(void *context, const struct series_key *key, struct view_series *out)
{
	const struct made_series *series = series_of(context, key);

	if (series == NULL)
		return E_NOT_FOUND;
	*out = (struct view_series){.key = *key,
				    .interval = series->interval,
				    .first_slot = series->slots[0].from,
				    .first_reply = first_reply(series),
				    .last_slot = series->slots[series->slot_count - 1].until};
	return E_OK;
}

static enum err slots(void *context, const struct series_key *key, struct period period,
		      struct summary **out, size_t *count)
{
	const struct made_series *series = series_of(context, key);
	nsec from = nsec_ceil(period.from, series->interval);
	size_t all = (size_t)((period.until - from + series->interval - 1) / series->interval);
	size_t at = 0;

	*out = must_calloc(all, sizeof(**out));
	*count = all;
	for (size_t i = 0; i < all; i++, from += series->interval) {
		while (at < series->slot_count && series->slots[at].from < from)
			at++;
		(*out)[i] = at < series->slot_count && series->slots[at].from == from
				    ? series->slots[at]
				    : summary_absent((struct period){from, from + series->interval},
						     SLOT_NO_RECORD);
	}
	return E_OK;
}

static enum err hours(void *context, const struct series_key *key, struct period period,
		      struct hour **out, size_t *count)
{
	const struct made_series *series = series_of(context, key);

	*out = must_calloc(series->hour_count, sizeof(**out));
	*count = 0;
	for (size_t i = 0; i < series->hour_count; i++) {
		if (series->hours[i].from < period.until &&
		    series->hours[i].from + NSEC_PER_HOUR > period.from)
			(*out)[(*count)++] = series->hours[i];
	}
	return E_OK;
}

static enum err evidence(void *context, const struct series_key *key, struct period period,
			 struct evidence **out, size_t *count)
{
	const struct made_network *network = context;
	const struct evidence *kept = &network->evidence;

	*out = NULL;
	*count = 0;
	if (kept->path[0] == '\0' || series_of(network, key) != series_of(network, &kept->key) ||
	    kept->slot.from >= period.until || kept->slot.until <= period.from)
		return E_OK;
	*out = must_calloc(1, sizeof(**out));
	(*out)[0] = *kept;
	*count = 1;
	return E_OK;
}

static enum err cut_offs(void *context, struct period period, struct cut_off **out, size_t *count)
{
	const struct made_network *network = context;
	const struct cut_off *kept = &network->cut_off;

	*out = NULL;
	*count = 0;
	if (kept->agent[0] == '\0' || kept->period.from >= period.until ||
	    kept->period.until <= period.from)
		return E_OK;
	*out = must_calloc(1, sizeof(**out));
	(*out)[0] = *kept;
	*count = 1;
	return E_OK;
}

static enum err windows(void *context, struct window_list *out)
{
	const struct made_network *network = context;

	if (network->windows == NULL)
		return E_NOT_FOUND;
	*out = (struct window_list){
		.items = must_calloc(network->window_count, sizeof(*network->windows)),
		.count = network->window_count};
	for (size_t i = 0; i < network->window_count; i++)
		out->items[i] = network->windows[i];
	return E_OK;
}

struct source made_source(struct made_network *network)
{
	return (struct source){
		.context = network,
		.find = find,
		.slots = slots,
		.hours = hours,
		.evidence = evidence,
		.cut_offs = cut_offs,
		.windows = windows,
	};
}

void made_finish(struct made_network *network)
{
	for (size_t i = 0; i < network->count; i++) {
		free(network->series[i].slots);
		free(network->series[i].hours);
	}
	free(network->series);
	*network = (struct made_network){0};
}

struct record made_record(const struct made_series *series, struct period period)
{
	return (struct record){
		.period = period,
		.settled = period.until,
		.first_slot = series->slot_count == 0 ? NSEC_UNDEFINED : series->slots[0].from,
		.first_reply = first_reply(series),
		.slots = series->slots,
		.slot_count = series->slot_count,
		.hours = series->hours,
		.hour_count = series->hour_count,
	};
}
