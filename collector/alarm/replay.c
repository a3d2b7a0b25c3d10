/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/replay.h"

#include "collector/alarm/recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is open when the period begins is looked for this far back. */
static const nsec look_back = NSEC_PER_DAY;

static void *grow(void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	size_t more = *room == 0 ? 64 : 2 * *room;
	void *longer = realloc(items, more * size);
	if (longer != NULL)
		*room = more;
	return longer;
}

static enum err add_outage(struct replay *replay, const struct outage_record *outage)
{
	struct outage_record *outages =
		grow(replay->outages, replay->outage_count, &replay->outage_room, sizeof(*outages));

	if (outages == NULL)
		return E_MEMORY;
	replay->outages = outages;
	outages[replay->outage_count++] = *outage;
	return E_OK;
}

static enum err add_alarm(struct replay *replay, const struct alarm_record *alarm)
{
	struct alarm_record *alarms =
		grow(replay->alarms, replay->alarm_count, &replay->alarm_room, sizeof(*alarms));

	if (alarms == NULL)
		return E_MEMORY;
	replay->alarms = alarms;
	alarms[replay->alarm_count++] = *alarm;
	return E_OK;
}

/* A path as it is walked through. */
struct walk {
	struct replay *replay;
	const struct replay_request *request;
	char key[KEY_TEXT];
	struct condition condition;
};

static enum err end_outage(struct walk *walk, const struct spell *spell, nsec until)
{
	struct outage_record outage = outage_record_of(walk->key, spell, until);

	return spell->until <= walk->request->period.from ? E_OK
							  : add_outage(walk->replay, &outage);
}

static enum err end_alarm(struct walk *walk, nsec cleared_at)
{
	const struct condition *condition = &walk->condition;
	struct alarm_record alarm = {
		.from = condition->alarm_from,
		.raised_at = condition->raised_at,
		.cleared_at = cleared_at,
		.raise = walk->request->rule.raise,
		.clear = walk->request->rule.clear,
	};

	if (cleared_at != NSEC_UNDEFINED && cleared_at <= walk->request->period.from)
		return E_OK;
	memcpy(alarm.key, walk->key, sizeof(alarm.key));
	return add_alarm(walk->replay, &alarm);
}

static enum err step(struct walk *walk, const struct condition_slot *slot)
{
	struct condition_news news;
	enum err rc = E_OK;

	condition_take(&walk->condition, &walk->request->rule, slot, &news);
	if ((news.changes & CONDITION_CLOSED) != 0)
		rc = end_outage(walk, &news.closed, news.closed.until);
	if (rc == E_OK && (news.changes & CONDITION_CLEARED) != 0)
		rc = end_alarm(walk, slot->until);
	return rc;
}

static enum err end_walk(struct walk *walk)
{
	const struct condition *condition = &walk->condition;
	enum err rc = E_OK;

	if (condition_in_outage(condition, &walk->request->rule))
		rc = end_outage(walk, &condition->spell, NSEC_UNDEFINED);
	return rc == E_OK && condition->raised ? end_alarm(walk, NSEC_UNDEFINED) : rc;
}

enum err replay_path(struct replay *replay, const struct replay_request *request)
{
	struct walk walk = {.replay = replay, .request = request, .condition = condition_fresh()};
	struct period period = {request->period.from - look_back, request->period.until};
	struct view_series series;
	struct summary *slots;
	size_t count;

	series_key_format(request->key, walk.key);
	enum err rc = view_find(request->view, request->key, &series);
	if (rc == E_OK)
		rc = view_slots(request->view, request->key, period, &slots, &count);
	if (rc != E_OK)
		return rc;
	/* What is not measured yet says nothing. */
	while (count > 0 && series.last_slot != NSEC_UNDEFINED &&
	       slots[count - 1].until > series.last_slot)
		count--;
	for (size_t i = 0; rc == E_OK && i < count; i++) {
		struct condition_slot slot =
			condition_slot(&request->rule, &slots[i], series.first_reply);
		rc = step(&walk, &slot);
	}
	free(slots);
	return rc == E_OK ? end_walk(&walk) : rc;
}

enum err replay_recorded(struct replay *replay, struct archive *archive, struct period period)
{
	struct replay read = {0};

	enum err rc = outages_list(archive, period, &read.outages, &read.outage_count);
	if (rc == E_OK)
		rc = outages_list_alarms(archive, period, &read.alarms, &read.alarm_count);
	if (rc != E_OK) {
		replay_finish(&read);
		return rc;
	}
	replay_finish(replay);
	*replay = read;
	return E_OK;
}

static int compare(nsec a, nsec b, const char *key, const char *other)
{
	return a != b ? (a < b ? -1 : 1) : strcmp(key, other);
}

static int compare_outages(const void *a, const void *b)
{
	const struct outage_record *x = a;
	const struct outage_record *y = b;

	return compare(x->from, y->from, x->key, y->key);
}

static int compare_alarms(const void *a, const void *b)
{
	const struct alarm_record *x = a;
	const struct alarm_record *y = b;

	return compare(x->from, y->from, x->key, y->key);
}

void replay_sort(struct replay *replay)
{
	if (replay->outage_count > 0)
		qsort(replay->outages, replay->outage_count, sizeof(*replay->outages),
		      compare_outages);
	if (replay->alarm_count > 0)
		qsort(replay->alarms, replay->alarm_count, sizeof(*replay->alarms), compare_alarms);
}

void replay_finish(struct replay *replay)
{
	free(replay->outages);
	free(replay->alarms);
	*replay = (struct replay){0};
}
