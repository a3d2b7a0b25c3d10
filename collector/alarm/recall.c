/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/recall.h"

#include "collector/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far back a run of bad slots is followed; most begin within the first. */
static const nsec look_back[] = {NSEC_PER_DAY, 31 * NSEC_PER_DAY};
enum { LOOKS = sizeof(look_back) / sizeof(look_back[0]) };

struct outage_record outage_record_of(const char *key, const struct spell *spell, nsec until)
{
	struct outage_record record = {
		.from = spell->from,
		.until = until,
		.length = spell->length,
		.slots = spell->slots,
		.sent = spell->sent,
		.lost = spell->lost,
		.rejected = spell->rejected,
		.cause = outage_cause_of(spell->sent, spell->lost, spell->rejected, spell->flags),
		.unseen = spell->unseen,
	};

	snprintf(record.key, sizeof(record.key), "%s", key);
	return record;
}

static enum err optional(enum err rc, bool *there)
{
	*there = rc == E_OK;
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err read_open(const struct recall_request *request, struct recall *recall)
{
	enum err rc = optional(outages_find_open(request->archive, request->key, &recall->outage),
			       &recall->has_outage);

	return rc != E_OK ? rc
			  : optional(outages_find_raised(request->archive, request->key,
							 &recall->alarm),
				     &recall->has_alarm);
}

static void take_closed(const char *key, const struct spell *spell, struct recall *recall)
{
	struct outage_record record = outage_record_of(key, spell, spell->until);

	if (recall->has_outage && spell->from == recall->outage.from) {
		recall->outage = record;
		return;
	}
	recall->has_missed = true;
	recall->missed = record;
}

/* An alarm is raised as the archive says, not as today's counts would. */
static void follow(const struct recall_request *request, const struct condition_slot *slot,
		   struct recall *recall)
{
	struct condition *condition = &recall->condition;
	struct condition_rule rule = *request->rule;
	struct condition_news news;

	if (recall->has_alarm && slot->until <= recall->alarm.raised_at)
		rule.raise = UINT32_MAX;
	else if (recall->has_alarm && recall->alarm.cleared_at == NSEC_UNDEFINED)
		condition->raised = true;
	condition_take(condition, &rule, slot, &news);
	if ((news.changes & CONDITION_CLOSED) != 0)
		take_closed(request->key, &news.closed, recall);
	if ((news.changes & CONDITION_CLEARED) != 0 && recall->has_alarm &&
	    recall->alarm.cleared_at == NSEC_UNDEFINED)
		recall->alarm.cleared_at = slot->until;
}

/* Whether the run that goes on may have begun before what was looked at. */
static bool reaches_back(const struct recall *recall, const struct summary *slots, size_t count)
{
	return count > 0 && recall->condition.running &&
	       recall->condition.spell.from == slots[0].from;
}

static enum err look(const struct recall_request *request, const struct view_series *series,
		     nsec from, struct recall *recall, bool *further)
{
	struct recall looked = *recall;
	struct summary *slots;
	size_t count;

	enum err rc = view_slots(request->view, &series->key,
				 (struct period){from, request->before}, &slots, &count);
	if (rc != E_OK)
		return rc;
	looked.condition = condition_fresh();
	for (size_t i = 0; i < count; i++) {
		struct condition_slot slot =
			condition_slot(request->rule, &slots[i], series->first_reply);
		follow(request, &slot, &looked);
	}
	*further = reaches_back(&looked, slots, count);
	free(slots);
	*recall = looked;
	return E_OK;
}

static nsec begin_of(const struct recall *recall, nsec from)
{
	if (recall->has_outage && recall->outage.from < from)
		from = recall->outage.from;
	if (recall->has_alarm && recall->alarm.from < from)
		from = recall->alarm.from;
	return from;
}

static enum err read_slots(const struct recall_request *request, struct recall *recall)
{
	const struct recall read = *recall;
	struct view_series series;
	struct series_key key;
	bool further = true;

	enum err rc = series_key_parse(request->key, &key);
	if (rc == E_OK)
		rc = view_find(request->view, &key, &series);
	if (rc != E_OK)
		return rc == E_NOT_FOUND ? E_OK : rc;
	recall->commissioned =
		series.first_reply != NSEC_UNDEFINED && series.first_reply < request->before;
	for (size_t i = 0; rc == E_OK && further && i < LOOKS; i++) {
		bool commissioned = recall->commissioned;
		*recall = read;
		recall->commissioned = commissioned;
		rc = look(request, &series, begin_of(&read, request->before - look_back[i]), recall,
			  &further);
	}
	return rc;
}

/* What is open in the archive and not in the slots, because they are gone or judged by another rule
 * now: the outage ends where it was last known to be, the alarm stays raised. */
static void settle(const struct recall_request *request, struct recall *recall)
{
	struct condition *condition = &recall->condition;
	struct outage_record *outage = &recall->outage;

	if (recall->has_alarm && recall->alarm.cleared_at == NSEC_UNDEFINED) {
		condition->raised = true;
		condition->alarm_from = recall->alarm.from;
		condition->raised_at = recall->alarm.raised_at;
	} else if (condition->raised &&
		   outages_meet_alarm(
			   request->archive, request->key,
			   (struct period){condition->alarm_from, condition->raised_at}) == E_OK) {
		/* It was cleared, by other counts. */
		condition->raised = false;
	}
	recall->has_missed = recall->has_missed && request->died &&
			     outages_meet(request->archive, request->key,
					  (struct period){recall->missed.from,
							  recall->missed.until}) == E_NOT_FOUND;
	if (!recall->has_outage || outage->until != NSEC_UNDEFINED)
		return;
	if (condition_in_outage(condition, request->rule) && condition->spell.from == outage->from)
		return;
	outage->until = outage->from + outage->length;
	outage->unseen = true;
}

enum err recall_path(const struct recall_request *request, struct recall *out)
{
	struct recall recall = {.condition = condition_fresh()};

	enum err rc = read_open(request, &recall);
	if (rc != E_OK)
		return rc;
	if (request->view != NULL) {
		struct recall before = recall;
		rc = read_slots(request, &recall);
		if (rc != E_OK) {
			log_warn("alarm", "%s: what was before cannot be read: %s", request->key,
				 err_text(rc));
			recall = before;
		}
	}
	settle(request, &recall);
	*out = recall;
	return E_OK;
}
