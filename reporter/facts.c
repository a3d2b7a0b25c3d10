/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/crosscheck.h"
#include "reporter/facts_inside.h"

#include "reporter/text/must.h"

#include <stdlib.h>

/* Of those that a configuration may ask for. */
#define LONGEST_SLOT (8 * NSEC_PER_HOUR)

bool facts_before_service(const struct record *record, const struct summary *slot)
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

bool facts_is_planned(const struct record *record, const struct summary *slot, enum figure figure)
{
	if (record->planned == NULL)
		return (slot->flags & SLOT_PLANNED) != 0;
	enum planned_state state =
		planned_at(record->planned, (struct period){slot->from, slot->until});
	return state == PLANNED_COUNTED ||
	       (state == PLANNED_ANNOUNCED && figure == FIGURE_ANNOUNCED);
}

/* The slot with the flag that the windows give it. */
static struct summary as_planned(const struct record *record, const struct summary *slot,
				 enum figure figure)
{
	struct summary seen = *slot;

	seen.flags &= ~(uint32_t)SLOT_PLANNED;
	if (facts_is_planned(record, slot, figure))
		seen.flags |= SLOT_PLANNED;
	return seen;
}

static enum verdict verdict_in(const struct facts_rule *rule, const struct record *record,
			       const struct summary *slot, enum figure figure)
{
	if (not_due(record, slot))
		return VERDICT_UNSCHEDULED;
	struct summary seen = as_planned(record, slot, figure);
	if (availability_judgeable(&seen) && facts_before_service(record, slot))
		return VERDICT_UNKNOWN;
	enum verdict verdict = availability_judge(&rule->verdict, &seen);
	bool limited = (slot->flags & SLOT_LIMITED) != 0 && verdict < VERDICT_PLANNED;
	return limited ? VERDICT_UNKNOWN : verdict;
}

enum verdict facts_verdict(const struct facts_rule *rule, const struct record *record,
			   const struct summary *slot)
{
	return verdict_in(rule, record, slot, FIGURE_SCORED);
}

enum unknown_reason facts_unknown_reason(const struct record *record, const struct summary *slot)
{
	static const struct {
		uint32_t flag;
		enum unknown_reason reason;
	} rows[] = {
		{SLOT_DROPPED, UNKNOWN_DROPPED},       {SLOT_NO_RECORD, UNKNOWN_NO_RECORD},
		{SLOT_TAINTED, UNKNOWN_TAINTED},       {SLOT_ISOLATED, UNKNOWN_ISOLATED},
		{SLOT_CLOCK_STEP, UNKNOWN_CLOCK_STEP}, {SLOT_LIMITED, UNKNOWN_LIMITED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((slot->flags & rows[i].flag) != 0)
			return rows[i].reason;
	}
	return availability_judgeable(slot) && facts_before_service(record, slot)
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

static void count_slot(struct facts *facts, const struct record *record, const struct summary *slot,
		       enum verdict verdict)
{
	nsec until = slot->until < record->period.until ? slot->until : record->period.until;

	facts->slots[verdict]++;
	facts->time[verdict] += until - slot->from;
	if (verdict == VERDICT_UNKNOWN) {
		enum unknown_reason reason = facts_unknown_reason(record, slot);
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

/* Whether the hour's histograms count the slot, as it was flagged when it was measured. */
static bool in_histogram(const struct record *record, const struct summary *slot)
{
	return availability_judgeable(slot) && !facts_before_service(record, slot);
}

static void count_announced(struct second_figure *second, const struct record *record,
			    const struct summary *slot, enum verdict verdict)
{
	nsec until = slot->until < record->period.until ? slot->until : record->period.until;

	second->slots[verdict]++;
	second->time[verdict] += until - slot->from;
	if (verdict == VERDICT_PLANNED && in_histogram(record, slot))
		second->kept += summary_answered(slot);
	if (!is_judged(verdict))
		return;
	add_packets(&second->judged, slot);
	if (verdict != VERDICT_BAD)
		add_packets(&second->available, slot);
}

static void compare_flag(struct disagreement *disagreement, const struct record *record,
			 const struct summary *slot)
{
	bool flagged = (slot->flags & SLOT_PLANNED) != 0;

	if ((slot->flags & (SLOT_NO_RECORD | SLOT_UNSCHEDULED)) != 0 ||
	    flagged == facts_is_planned(record, slot, FIGURE_SCORED))
		return;
	disagreement->flagged += flagged;
	disagreement->missed += !flagged;
}

/* A slot that started before the period belongs to the one before; the rest of it that reaches into
 * this period is no time of this one's slots. It may be longer than the first slot here, where the
 * interval changed; it is not always among the record's. */
static nsec head_of(const struct record *record, size_t first)
{
	const struct summary *slot = &record->slots[first];
	nsec head = slot->from - record->period.from;

	if (first > 0)
		return record->slots[first - 1].until == slot->from ? head : 0;
	return head < LONGEST_SLOT ? head : 0;
}

/* How many slots the time holds from the first one on: told from where their lengths change, and
 * not from how many there are. */
static uint64_t expected_slots(const struct record *record)
{
	uint64_t expected = 0;
	nsec start = NSEC_UNDEFINED;
	nsec length = 0;

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		if (!facts_has(record, slot) || slot->until - slot->from == length)
			continue;
		if (length > 0)
			expected += (uint64_t)((slot->from - start) / length);
		start = slot->from;
		length = slot->until - slot->from;
	}
	if (length > 0)
		expected += (uint64_t)((record->period.until - start + length - 1) / length);
	return expected;
}

static void count_slots(const struct facts_rule *rule, const struct record *record,
			struct facts *facts)
{
	struct peak_search search = {.hour = NSEC_UNDEFINED};
	struct second_figure *second = &facts->announced;
	nsec head = record->period.until - record->period.from;
	bool first = true;

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		if (!facts_has(record, slot))
			continue;
		if (first)
			head = head_of(record, i);
		first = false;
		enum verdict verdict = verdict_in(rule, record, slot, FIGURE_SCORED);
		enum verdict announced = verdict_in(rule, record, slot, FIGURE_ANNOUNCED);
		count_slot(facts, record, slot, verdict);
		count_announced(second, record, slot, announced);
		compare_flag(&facts->disagreement, record, slot);
		second->differs |= verdict != announced;
		if (verdict == VERDICT_PLANNED && in_histogram(record, slot))
			facts->kept += summary_answered(slot);
		if (is_judged(verdict))
			peak_add(&search, slot->from, slot->lost);
	}
	/* All of it where the period is shorter than a slot, or a series has none. */
	facts->time[VERDICT_UNSCHEDULED] += head;
	second->time[VERDICT_UNSCHEDULED] += head;
	facts->slot_count = expected_slots(record);
	facts->lost_peak = peak_of(&search);
}

static void find_outages(const struct facts_rule *rule, const struct record *record,
			 enum figure figure, struct facts *facts)
{
	struct judged *judged = must_calloc(record->slot_count, sizeof(*judged));
	size_t count = 0;

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		judged[i] = (struct judged){slot->from, slot->until,
					    verdict_in(rule, record, slot, figure)};
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

static void find_announced_outages(const struct facts_rule *rule, const struct record *record,
				   struct facts *facts)
{
	struct facts second = {.period = facts->period};

	facts->announced.long_outage = facts->long_outage;
	if (!facts->announced.differs)
		return;
	find_outages(rule, record, FIGURE_ANNOUNCED, &second);
	facts->announced.long_outage = second.long_outage;
	facts_finish(&second);
}

/* Of the judged slots alone. */
static void find_shifts(const struct facts_rule *rule, const struct record *record,
			struct facts *facts)
{
	struct leveled *slots = must_calloc(record->slot_count, sizeof(*slots));
	size_t count = 0;

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		if (facts_has(record, slot) && is_judged(facts_verdict(rule, record, slot)))
			slots[count++] =
				(struct leveled){slot->from, slot->rtt_min, slot->sent, slot->lost};
	}
	shifts_find(slots, count, &facts->shifts, &facts->shift_count);
	free(slots);
}

static struct facts start(const struct facts_rule *rule, const struct record *record)
{
	struct facts facts = {
		.period = record->period,
		.commissioned = record->first_reply != NSEC_UNDEFINED,
		.first_reply = record->first_reply,
	};

	count_slots(rule, record, &facts);
	return facts;
}

enum err facts_make(const struct facts_rule *rule, const struct record *record, struct facts *out)
{
	struct facts facts = start(rule, record);

	if (!facts_balanced(&facts))
		return E_CORRUPT;
	facts_count_delays(rule, record, &facts);
	find_outages(rule, record, FIGURE_SCORED, &facts);
	find_announced_outages(rule, record, &facts);
	find_shifts(rule, record, &facts);
	*out = facts;
	return E_OK;
}

struct balance facts_balance(const struct facts_rule *rule, const struct record *record)
{
	struct facts facts = start(rule, record);
	struct balance balance = {
		.length = record->period.until - record->period.from,
		.expected = facts.slot_count,
	};

	for (size_t v = 0; v < VERDICT_COUNT; v++) {
		balance.slots += facts.slots[v];
		balance.time += facts.time[v];
	}
	return balance;
}

void facts_finish(struct facts *facts)
{
	free(facts->outages);
	free(facts->shifts);
	facts->outages = NULL;
	facts->outage_count = 0;
	facts->shifts = NULL;
	facts->shift_count = 0;
	free(facts->weeks);
	facts->weeks = NULL;
	facts->week_count = 0;
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
