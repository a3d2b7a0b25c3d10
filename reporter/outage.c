/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/outage.h"

#include "reporter/text/must.h"

struct search {
	const struct outage_rule *rule;
	struct period period;
	bool running;
	uint32_t slots; /* bad ones of the run, after the period too */
	nsec last_end;	/* of the run's last bad slot */
	struct outage run;
	struct outage *found;
	size_t count;
	size_t capacity;
};

/* Settles the run, if there is one, as over or as still open. */
static void settle(struct search *search, bool open, bool unseen)
{
	struct outage *run = &search->run;

	if (!search->running)
		return;
	search->running = false;
	if (search->slots < search->rule->slots || run->within == 0)
		return;
	run->open = open || search->last_end > search->period.until;
	run->unseen = !run->open && unseen;
	run->until = run->open ? NSEC_UNDEFINED : search->last_end;
	run->before = run->from < search->period.from;
	run->long_here = run->length > search->rule->long_after &&
			 run->length - run->within <= search->rule->long_after;
	search->found =
		must_grow(search->found, search->count, &search->capacity, sizeof(*search->found));
	search->found[search->count++] = *run;
}

static nsec clip(nsec t, struct period period)
{
	return t < period.from ? period.from : t > period.until ? period.until : t;
}

static void take_bad(struct search *search, const struct judged *slot)
{
	struct period period = search->period;

	if (!search->running) {
		search->running = true;
		search->slots = 0;
		search->run = (struct outage){.from = slot->from};
	}
	search->slots++;
	search->last_end = slot->until;
	if (slot->from >= period.until)
		return;
	nsec until = slot->until < period.until ? slot->until : period.until;
	search->run.length += until - slot->from;
	search->run.within += clip(until, period) - clip(slot->from, period);
}

void outages_find(const struct outage_rule *rule, const struct judged *slots, size_t count,
		  struct period period, struct outage **out, size_t *found)
{
	struct search search = {.rule = rule, .period = period};

	for (size_t i = 0; i < count; i++) {
		if (slots[i].verdict == VERDICT_BAD) {
			take_bad(&search, &slots[i]);
		} else if (slots[i].verdict != VERDICT_UNKNOWN) {
			settle(&search, false, false);
		} else if (search.running && slots[i].until - search.last_end > rule->bridge) {
			settle(&search, false, true);
		}
	}
	settle(&search, true, false);
	*out = search.found;
	*found = search.count;
}

nsec outages_mean_repair(const struct outage *outages, size_t count)
{
	nsec sum = 0;
	nsec ended = 0;

	for (size_t i = 0; i < count; i++) {
		if (outages[i].open)
			continue;
		sum += outages[i].length;
		ended++;
	}
	return ended == 0 ? NSEC_UNDEFINED : sum / ended;
}
