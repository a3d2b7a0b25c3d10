/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/link.h"
#include "collector/base/calendar.h"

#include <math.h>
#include <stdlib.h>

enum err link_init(struct link *link, const struct scenario *scenario,
		   const struct subject *subject, uint64_t seed)
{
	link->random = random_seeded(seed);
	link->conditions = calloc(scenario->condition_count + 1, sizeof(struct condition *));
	if (link->conditions == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < scenario->condition_count; i++) {
		const struct condition *condition = &scenario->conditions[i];
		if (condition_concerns(condition, subject))
			link->conditions[link->condition_count++] = condition;
	}
	link->calm = &scenario->calm;
	return E_OK;
}

void link_finish(struct link *link)
{
	free(link->conditions);
	link->conditions = NULL;
}

/* --- the weather --- */

/* The number of the condition's first span that ends after t. */
static size_t span_at(const struct condition *condition, nsec t)
{
	size_t low = 0;
	size_t high = condition->span_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (condition->spans[middle].until <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void later(nsec *from, nsec t)
{
	if (t > *from)
		*from = t;
}

static void earlier(nsec *until, nsec t)
{
	if (t < *until)
		*until = t;
}

/* Whether the condition holds at t; narrows the period in which that does not change. */
static bool holds(const struct condition *condition, nsec t, struct period *period)
{
	size_t i = span_at(condition, t);

	if (i > 0)
		later(&period->from, condition->spans[i - 1].until);
	if (i == condition->span_count)
		return false;
	const struct period *span = &condition->spans[i];
	if (t < span->from) {
		earlier(&period->until, span->from);
		return false;
	}
	later(&period->from, span->from);
	earlier(&period->until, span->until);
	return true;
}

static void fold(struct weather *weather, const struct condition *condition)
{
	if (condition->shape != NULL)
		weather->shape = condition->shape;
	if (condition->losses != NULL)
		weather->losses = condition->losses;
	if (!isnan(condition->duplicates))
		weather->duplicates = condition->duplicates;
	weather->detour += condition->detour;
	if (condition->fate > weather->fate)
		weather->fate = condition->fate;
}

/* A day may have 23 or 25 hours. */
static struct period day_of(nsec t)
{
	struct period day = {.from = calendar_next_midnight(t - 2 * NSEC_PER_DAY)};

	while ((day.until = calendar_next_midnight(day.from)) <= t)
		day.from = day.until;
	return day;
}

static struct weather weather_at(const struct link *link, nsec t)
{
	struct weather weather = {.period = day_of(t), .shape = link->calm};

	weather.midnight = weather.period.from;
	for (size_t i = 0; i < link->condition_count; i++) {
		if (holds(link->conditions[i], t, &weather.period))
			fold(&weather, link->conditions[i]);
	}
	return weather;
}

static void look_out(struct link *link, nsec t)
{
	if (t >= link->weather.period.from && t < link->weather.period.until)
		return;
	link->weather = weather_at(link, t);
	if (link->weather.losses != link->chain.losses)
		link->chain = loss_chain_start(link->weather.losses, &link->random);
}

/* --- the queue --- */

static nsec draw_length(struct random *random, double mean)
{
	double length = -mean * log1p(-random_unit(random));
	return length < 1e18 ? (nsec)length + 1 : (nsec)1e18;
}

/* Bursts and the times between them are exponential. */
static double burst_at(struct link *link, nsec t)
{
	const struct shape *shape = link->weather.shape;

	if (shape->burst_share <= 0)
		return 1;
	double between = shape->burst_length * (1 / shape->burst_share - 1);
	if (link->bursting != shape) {
		link->bursting = shape;
		link->in_burst = random_unit(&link->random) < shape->burst_share;
		link->burst_changes = t;
		link->in_burst = !link->in_burst;
	}
	while (link->burst_changes <= t) {
		link->in_burst = !link->in_burst;
		link->burst_changes +=
			draw_length(&link->random, link->in_burst ? shape->burst_length : between);
	}
	return link->in_burst ? shape->burst : 1;
}

/* How many times longer than its table the queue is now. */
static float swelling(struct link *link, nsec t)
{
	double load = shape_load(link->weather.shape, t - link->weather.midnight);

	return (float)(load * burst_at(link, t));
}

/* --- packets --- */

static nsec send_time(const struct link *link, nsec from, uint32_t i)
{
	return from + link->phase + (nsec)i * link->interval / link->packets;
}

static nsec round_trip(struct link *link, float swollen, uint32_t chance)
{
	const struct shape *shape = link->weather.shape;

	nsec delay =
		shape->base + link->weather.detour + (nsec)(swollen * shape_draw(shape, chance));
	return delay > 0 ? delay : 1;
}

static void lose(struct singleton *one, enum outcome outcome)
{
	one->outcome = (uint8_t)outcome;
	one->cause = outcome == OUTCOME_REJECTED ? LOSS_UNREACHABLE : LOSS_UNTOLD;
	one->round_trip = NSEC_UNDEFINED;
}

/* Answers every packet; gives how far their round trips lie apart. */
static nsec answer_all(struct link *link, nsec from, float swollen, struct singleton *singletons)
{
	nsec least = INT64_MAX;
	nsec most = 0;
	uint64_t chance = 0;

	for (uint32_t i = 0; i < link->packets; i++) {
		chance = (i & 1) == 0 ? random_u64(&link->random) : chance >> 32;
		nsec delay = round_trip(link, swollen, (uint32_t)chance);
		least = delay < least ? delay : least;
		most = delay > most ? delay : most;
		singletons[i] = (struct singleton){
			.sent_at = send_time(link, from, i),
			.round_trip = delay,
			.outcome = OUTCOME_REPLIED,
			.stamped_by = STAMP_KERNEL,
		};
	}
	if (most > link->t_max) {
		for (uint32_t i = 0; i < link->packets; i++)
			if (singletons[i].round_trip > link->t_max)
				lose(&singletons[i], OUTCOME_LATE);
	}
	return most - least;
}

static void lose_some(struct link *link, struct singleton *singletons)
{
	if (loss_chain_spares(&link->chain, link->packets))
		return;
	for (uint32_t i = 0; i < link->packets; i++) {
		if (loss_chain_next(&link->chain, &link->random))
			lose(&singletons[i], OUTCOME_LOST);
	}
}

static void duplicate_some(struct link *link, struct singleton *singletons)
{
	for (uint32_t i = 0; i < link->packets; i++) {
		if (singletons[i].outcome == OUTCOME_REPLIED &&
		    random_unit(&link->random) < link->weather.duplicates)
			singletons[i].duplicates = 1;
	}
}

/* RFC 4737, section 3.3, as the agent counts it. */
static void mark_reordered(const struct link *link, struct singleton *singletons)
{
	nsec earliest = NSEC_INFINITE;

	for (uint32_t i = link->packets; i-- > 0;) {
		struct singleton *one = &singletons[i];
		if (one->outcome != OUTCOME_REPLIED)
			continue;
		nsec arrival = one->sent_at + one->round_trip;
		one->reordered = arrival > earliest;
		earliest = arrival < earliest ? arrival : earliest;
	}
}

/* The slot as the network left it, all packets under one weather. */
static void carry(struct link *link, nsec from, struct singleton *singletons)
{
	nsec apart = answer_all(link, from, swelling(link, from), singletons);

	if (link->weather.losses != NULL)
		lose_some(link, singletons);
	if (link->weather.duplicates > 0)
		duplicate_some(link, singletons);
	if (apart > link->interval / link->packets)
		mark_reordered(link, singletons);
}

/* --- what goes wrong --- */

static void unsend(struct singleton *one)
{
	*one = (struct singleton){.sent_at = NSEC_UNDEFINED, .round_trip = NSEC_UNDEFINED};
}

/* A packet that was lost already is lost in an isolation too. */
static void befall(struct singleton *one, enum fate fate, uint32_t *flags)
{
	switch (fate) {
	case FATE_SILENT:
		lose(one, OUTCOME_LOST);
		break;
	case FATE_REJECTED:
		lose(one, OUTCOME_REJECTED);
		break;
	case FATE_ISOLATED:
		lose(one, OUTCOME_LOST);
		*flags |= SLOT_ISOLATED;
		break;
	case FATE_TAINTED:
		lose(one, OUTCOME_LOST);
		*flags |= SLOT_TAINTED;
		break;
	case FATE_UNSENT:
	case FATE_OFF:
	case FATE_STEPPED:
		unsend(one);
		break;
	default:
		break;
	}
}

/* Whether the agent ends its slots for good: the rest of them is not sent. */
static bool ends_slots(enum fate fate)
{
	return fate == FATE_OFF || fate == FATE_STEPPED;
}

/* Looks out at every change of the weather up to t; keeps what ended the agent's slots. */
static void look_out_until(struct link *link, nsec t, enum fate *ended)
{
	for (;;) {
		if (!ends_slots(*ended))
			*ended = link->weather.fate;
		if (link->weather.period.until > t)
			return;
		look_out(link, link->weather.period.until);
	}
}

/* Every packet that meets another weather than the slot began with has another round trip; losses
 * go on as they began. */
static uint32_t go_through(struct link *link, nsec from, struct singleton *singletons)
{
	const struct shape *shape = link->weather.shape;
	nsec detour = link->weather.detour;
	enum fate ended = FATE_CARRIED;
	uint32_t flags = 0;

	for (uint32_t i = 0; i < link->packets; i++) {
		nsec at = send_time(link, from, i);
		look_out_until(link, at, &ended);
		if ((link->weather.shape != shape || link->weather.detour != detour) &&
		    singletons[i].outcome == OUTCOME_REPLIED)
			singletons[i].round_trip =
				round_trip(link, swelling(link, at),
					   (uint32_t)(random_u64(&link->random) >> 32));
		befall(&singletons[i], ends_slots(ended) ? ended : link->weather.fate, &flags);
	}
	look_out_until(link, from + link->interval - 1, &ended);
	if (ended == FATE_OFF)
		flags |= SLOT_PARTIAL;
	if (ended == FATE_STEPPED)
		flags |= SLOT_CLOCK_STEP;
	return flags;
}

/* What its retirement leaves of a slot. */
static uint32_t cut_short(const struct link *link, nsec from, struct singleton *singletons)
{
	for (uint32_t i = 0; i < link->packets; i++) {
		if (send_time(link, from, i) >= link->end)
			unsend(&singletons[i]);
	}
	return SLOT_PARTIAL;
}

bool link_measure(struct link *link, nsec from, struct singleton *singletons, struct sample *out)
{
	nsec until = from + link->interval;

	look_out(link, from);
	/* A slot that has begun without the agent is left out. */
	if (ends_slots(link->weather.fate))
		return false;
	carry(link, from, singletons);
	*out = (struct sample){
		.slot = {from, until}, .expected = link->packets, .singletons = singletons};
	if (link->weather.fate != FATE_CARRIED || until > link->weather.period.until)
		out->flags = go_through(link, from, singletons);
	if (until > link->end)
		out->flags |= cut_short(link, from, singletons);
	return true;
}

bool link_pass_over(struct link *link, nsec from, uint32_t why, struct singleton *singletons,
		    struct sample *out)
{
	look_out(link, from);
	if (ends_slots(link->weather.fate))
		return false;
	for (uint32_t i = 0; i < link->packets; i++)
		unsend(&singletons[i]);
	*out = (struct sample){
		.slot = {from, from + link->interval},
		.expected = (why & SLOT_UNSCHEDULED) != 0 ? 0 : link->packets,
		.flags = why,
		.singletons = singletons,
	};
	return true;
}
