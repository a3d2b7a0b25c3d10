/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/facts.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>

const double percentiles[PERCENTILES] = {[P50] = 0.50, [P95] = 0.95, [P99] = 0.99};

static bool before_service(const struct record *record, const struct summary *slot)
{
	return record->first_reply == NSEC_UNDEFINED || slot->from < record->first_reply;
}

/* Nothing was due to be on record then: not measured yet, or not finished. */
static bool not_due(const struct record *record, const struct summary *slot)
{
	if ((slot->flags & SLOT_NO_RECORD) == 0)
		return false;
	return record->first_slot == NSEC_UNDEFINED || slot->from < record->first_slot ||
	       slot->until > record->settled;
}

enum verdict facts_verdict(const struct facts_rule *rule, const struct record *record,
			   const struct summary *slot)
{
	if (not_due(record, slot))
		return VERDICT_UNSCHEDULED;
	enum verdict verdict = availability_judge(&rule->verdict, slot);
	if (availability_judgeable(slot) && before_service(record, slot))
		return VERDICT_UNKNOWN;
	return verdict;
}

static enum unknown_reason unknown_reason(const struct record *record, const struct summary *slot)
{
	static const struct {
		uint32_t flag;
		enum unknown_reason reason;
	} rows[] = {
		{SLOT_DROPPED, UNKNOWN_DROPPED},       {SLOT_NO_RECORD, UNKNOWN_NO_RECORD},
		{SLOT_TAINTED, UNKNOWN_TAINTED},       {SLOT_ISOLATED, UNKNOWN_ISOLATED},
		{SLOT_CLOCK_STEP, UNKNOWN_CLOCK_STEP},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((slot->flags & rows[i].flag) != 0)
			return rows[i].reason;
	}
	return availability_judgeable(slot) && before_service(record, slot)
		       ? UNKNOWN_NOT_COMMISSIONED
		       : UNKNOWN_UNSENT;
}

static bool is_judged(enum verdict verdict)
{
	return verdict == VERDICT_GOOD || verdict == VERDICT_DEGRADED || verdict == VERDICT_BAD;
}

static void add_packets(struct packets *packets, const struct summary *slot)
{
	packets->sent += slot->sent;
	packets->lost += slot->lost;
	packets->duplicated += slot->duplicated;
	packets->reordered += slot->reordered;
	packets->late += slot->late;
	packets->rejected += slot->rejected;
}

/* Finds the hour with the largest part of a sum that is given in the order of time. */
struct peak_search {
	nsec hour;
	double in_hour;
	nsec best;
	double most;
	double total;
};

static void peak_add(struct peak_search *search, nsec at, double amount)
{
	nsec hour = nsec_floor(at, NSEC_PER_HOUR);

	if (hour != search->hour) {
		search->hour = hour;
		search->in_hour = 0;
	}
	search->in_hour += amount;
	search->total += amount;
	if (search->in_hour > search->most) {
		search->most = search->in_hour;
		search->best = hour;
	}
}

static struct peak peak_of(const struct peak_search *search)
{
	if (!(search->total > 0))
		return (struct peak){NSEC_UNDEFINED, 0};
	return (struct peak){search->best, search->most / search->total};
}

static bool inside(const struct summary *slot, struct period period)
{
	return slot->from >= period.from && slot->from < period.until;
}

static void count_slot(struct facts *facts, const struct record *record, const struct summary *slot,
		       enum verdict verdict)
{
	nsec until = slot->until < record->period.until ? slot->until : record->period.until;

	facts->slots[verdict]++;
	facts->time[verdict] += until - slot->from;
	if (verdict == VERDICT_UNKNOWN) {
		enum unknown_reason reason = unknown_reason(record, slot);
		facts->unknown[reason]++;
		facts->unknown_time[reason] += until - slot->from;
	}
	if (!is_judged(verdict))
		return;
	add_packets(&facts->judged, slot);
	if (verdict != VERDICT_BAD)
		add_packets(&facts->available, slot);
	facts->user_stamped += (slot->flags & SLOT_USER_STAMP) != 0;
}

/* A slot that started before the period belongs to the one before; the rest of it that reaches into
 * this period is no time of this one's slots. */
static nsec head_of(const struct record *record, const struct summary *first)
{
	nsec head = first->from - record->period.from;
	return head < first->until - first->from ? head : 0;
}

static enum err count_slots(const struct facts_rule *rule, const struct record *record,
			    struct facts *facts)
{
	struct peak_search search = {.hour = NSEC_UNDEFINED};
	nsec length = record->period.until - record->period.from;
	bool first = true;
	nsec sum = 0;

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		if (!inside(slot, record->period))
			continue;
		if (first)
			facts->time[VERDICT_UNSCHEDULED] += head_of(record, slot);
		first = false;
		enum verdict verdict = facts_verdict(rule, record, slot);
		count_slot(facts, record, slot, verdict);
		if (is_judged(verdict))
			peak_add(&search, slot->from, slot->lost);
	}
	if (first) /* shorter than a slot, or a series without any */
		facts->time[VERDICT_UNSCHEDULED] = length;
	facts->lost_peak = peak_of(&search);
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		sum += facts->time[v];
	return sum == length ? E_OK : E_CORRUPT;
}

struct delays facts_in_service(const struct record *record, const struct hour *hour)
{
	struct delays delays = hour->delays;

	if (record->first_reply == NSEC_UNDEFINED ||
	    hour->from + NSEC_PER_HOUR <= record->first_reply)
		return delays_empty();
	if (hour->from >= record->first_reply)
		return delays;
	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		if (nsec_floor(slot->from, NSEC_PER_HOUR) != hour->from ||
		    slot->from >= record->first_reply || !availability_judgeable(slot))
			continue;
		delays.lost -= delays.lost < slot->lost ? delays.lost : slot->lost;
		delays.slots -= delays.slots > 0;
	}
	return delays;
}

/* The hours since the first answer; the caller frees. */
static struct delays *hours_in_service(const struct record *record, size_t *count)
{
	struct delays *rows = must_calloc(record->hour_count, sizeof(*rows));

	*count = 0;
	for (size_t i = 0; i < record->hour_count; i++) {
		const struct hour *hour = &record->hours[i];
		if (record->first_reply == NSEC_UNDEFINED ||
		    hour->from + NSEC_PER_HOUR <= record->first_reply)
			continue;
		rows[(*count)++] = facts_in_service(record, hour);
	}
	return rows;
}

static void count_delays(const struct facts_rule *rule, const struct record *record,
			 struct facts *facts)
{
	size_t count;
	struct delays *rows = hours_in_service(record, &count);
	const struct hour *hours = record->hours + (record->hour_count - count);

	facts->delays = delays_empty();
	for (size_t i = 0; i < count; i++) {
		delays_merge(&facts->delays, &rows[i]);
		facts->beyond |= hours[i].beyond;
	}
	for (enum delay_kind kind = DELAY_RTT; kind <= DELAY_PDV; kind++) {
		struct peak_search search = {.hour = NSEC_UNDEFINED};
		for (size_t p = 0; p < PERCENTILES; p++)
			facts->quantile[kind][p] =
				delays_quantile(rows, count, kind, percentiles[p]);
		for (size_t i = 0; i < count; i++)
			peak_add(&search, hours[i].from,
				 delays_above(&rows[i], 1, kind, rule->full_points[kind]) +
					 (double)rows[i].lost);
		facts->delay_peak[kind] = peak_of(&search);
	}
	free(rows);
}

static void find_outages(const struct facts_rule *rule, const struct record *record,
			 struct facts *facts)
{
	struct judged *judged = must_calloc(record->slot_count, sizeof(*judged));
	size_t count = 0;

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		judged[i] =
			(struct judged){slot->from, slot->until, facts_verdict(rule, record, slot)};
		if (!not_due(record, slot)) /* what is not due yet ends no outage */
			count = i + 1;
	}
	outages_find(&rule->outage, judged, count, record->period, &facts->outages,
		     &facts->outage_count);
	free(judged);
	facts->mean_repair = outages_mean_repair(facts->outages, facts->outage_count);
	for (size_t i = 0; i < facts->outage_count; i++)
		facts->long_outage |= facts->outages[i].long_here;
}

enum err facts_make(const struct facts_rule *rule, const struct record *record, struct facts *out)
{
	struct facts facts = {
		.period = record->period,
		.commissioned = record->first_reply != NSEC_UNDEFINED,
		.first_reply = record->first_reply,
	};
	enum err rc = count_slots(rule, record, &facts);

	if (rc != E_OK)
		return rc;
	count_delays(rule, record, &facts);
	find_outages(rule, record, &facts);
	*out = facts;
	return E_OK;
}

void facts_finish(struct facts *facts)
{
	free(facts->outages);
	facts->outages = NULL;
	facts->outage_count = 0;
}

bool facts_open_before(const struct facts_rule *rule, const struct record *record)
{
	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		enum verdict verdict = facts_verdict(rule, record, slot);
		if (verdict != VERDICT_UNKNOWN)
			return verdict == VERDICT_BAD &&
			       slot->from - record->period.from <= rule->outage.bridge;
	}
	return false;
}

bool facts_open_after(const struct facts_rule *rule, const struct record *record)
{
	for (size_t i = record->slot_count; i-- > 0;) {
		const struct summary *slot = &record->slots[i];
		enum verdict verdict = facts_verdict(rule, record, slot);
		if (verdict != VERDICT_UNKNOWN)
			return verdict == VERDICT_BAD;
	}
	return false;
}

nsec facts_judged_time(const struct facts *facts)
{
	return facts->time[VERDICT_GOOD] + facts->time[VERDICT_DEGRADED] + facts->time[VERDICT_BAD];
}

nsec facts_scheduled_time(const struct facts *facts)
{
	return facts_judged_time(facts) + facts->time[VERDICT_UNKNOWN];
}

static double share(nsec part, nsec whole)
{
	return whole == 0 ? (double)NAN : (double)part / (double)whole;
}

double facts_availability(const struct facts *facts)
{
	return 100 * share(facts->time[VERDICT_GOOD] + facts->time[VERDICT_DEGRADED],
			   facts_judged_time(facts));
}

double facts_availability_floor(const struct facts *facts)
{
	return 100 * share(facts->time[VERDICT_GOOD] + facts->time[VERDICT_DEGRADED],
			   facts_scheduled_time(facts));
}

double facts_loss(const struct packets *packets)
{
	return packets->sent == 0 ? (double)NAN
				  : 100 * (double)packets->lost / (double)packets->sent;
}

double facts_coverage(const struct facts *facts)
{
	return share(facts_judged_time(facts), facts_scheduled_time(facts));
}

double facts_delay_coverage(const struct facts *facts)
{
	uint64_t held = delays_answered(&facts->delays) + facts->delays.lost;

	if (facts->judged.sent == 0)
		return NAN;
	return held >= facts->judged.sent ? 1 : (double)held / (double)facts->judged.sent;
}

double facts_milliseconds(nsec delay)
{
	if (delay == NSEC_UNDEFINED)
		return NAN;
	if (delay == NSEC_INFINITE)
		return INFINITY;
	return (double)delay / NSEC_PER_MSEC;
}
