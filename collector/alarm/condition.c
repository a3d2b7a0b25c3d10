/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/condition.h"

struct condition condition_fresh(void)
{
	return (struct condition){
		.until = NSEC_UNDEFINED,
		.alarm_from = NSEC_UNDEFINED,
		.raised_at = NSEC_UNDEFINED,
	};
}

bool condition_in_outage(const struct condition *condition, const struct condition_rule *rule)
{
	return condition->running && condition->spell.slots >= rule->slots;
}

bool condition_quiet(const struct condition *condition)
{
	return !condition->running && !condition->raised;
}

struct condition_slot condition_slot(const struct condition_rule *rule,
				     const struct summary *summary, nsec first_reply)
{
	/* Degraded or good is all the same here. */
	struct availability_rule verdict = {
		.c1 = rule->c1, .degraded_loss = 1, .degraded_delay = NSEC_INFINITE};
	struct condition_slot slot = {
		.from = summary->from,
		.until = summary->until,
		.verdict = availability_judge(&verdict, summary),
		.sent = summary->sent,
		.lost = summary->lost,
		.rejected = summary->rejected,
		.flags = summary->flags,
	};

	if (availability_judgeable(summary) &&
	    (first_reply == NSEC_UNDEFINED || summary->from < first_reply))
		slot.verdict = VERDICT_UNKNOWN;
	return slot;
}

static void end_spell(struct condition *condition, const struct condition_rule *rule,
		      struct condition_news *news)
{
	if (condition_in_outage(condition, rule)) {
		news->changes |= CONDITION_CLOSED;
		news->closed = condition->spell;
	}
	condition->running = false;
}

static void take_unknown(struct condition *condition, const struct condition_rule *rule, nsec until,
			 struct condition_news *news)
{
	if (!condition->running || until - condition->spell.until <= rule->bridge)
		return;
	condition->spell.unseen = true;
	end_spell(condition, rule, news);
}

static void take_bad(struct condition *condition, const struct condition_rule *rule,
		     const struct condition_slot *slot, struct condition_news *news)
{
	struct spell *spell = &condition->spell;
	bool outage = condition_in_outage(condition, rule);

	if (!condition->running)
		*spell = (struct spell){.from = slot->from};
	condition->running = true;
	condition->good = 0;
	spell->until = slot->until;
	spell->length += slot->until - slot->from;
	spell->slots++;
	spell->sent += slot->sent;
	spell->lost += slot->lost;
	spell->rejected += slot->rejected;
	spell->flags |= slot->flags;
	if (!outage && condition_in_outage(condition, rule))
		news->changes |= CONDITION_OPENED;
	if (condition->raised || spell->slots < rule->raise)
		return;
	condition->raised = true;
	condition->alarm_from = spell->from;
	condition->raised_at = slot->until;
	news->changes |= CONDITION_RAISED;
}

static void take_good(struct condition *condition, const struct condition_rule *rule,
		      struct condition_news *news)
{
	end_spell(condition, rule, news);
	if (!condition->raised || ++condition->good < rule->clear)
		return;
	condition->raised = false;
	news->changes |= CONDITION_CLEARED;
}

void condition_take(struct condition *condition, const struct condition_rule *rule,
		    const struct condition_slot *slot, struct condition_news *news)
{
	*news = (struct condition_news){0};
	if (condition->until != NSEC_UNDEFINED) {
		if (slot->until <= condition->until)
			return;
		if (slot->from > condition->until)
			take_unknown(condition, rule, slot->from, news);
	}
	condition->until = slot->until;
	switch (slot->verdict) {
	case VERDICT_BAD:
		take_bad(condition, rule, slot, news);
		break;
	case VERDICT_GOOD:
	case VERDICT_DEGRADED:
		take_good(condition, rule, news);
		break;
	case VERDICT_UNKNOWN:
		take_unknown(condition, rule, slot->until, news);
		break;
	case VERDICT_PLANNED:
	case VERDICT_UNSCHEDULED:
	case VERDICT_COUNT:
		end_spell(condition, rule, news);
		break;
	}
}
