/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/bulletin.h"

#include "collector/base/log.h"

#include <stdlib.h>
#include <string.h>

void bulletin_add(struct bulletin *bulletin, struct news *news, size_t count, nsec now)
{
	if (count == 0) {
		free(news);
		return;
	}
	if (bulletin->count == 0) {
		*bulletin = (struct bulletin){news, count, now};
		return;
	}
	struct news *longer = realloc(bulletin->news, (bulletin->count + count) * sizeof(*longer));
	if (longer == NULL) {
		log_error("alarm", "out of memory: %zu alarms are not told", count);
	} else {
		memcpy(longer + bulletin->count, news, count * sizeof(*news));
		bulletin->news = longer;
		bulletin->count += count;
	}
	free(news);
}

nsec bulletin_due(const struct bulletin *bulletin, nsec gather)
{
	return bulletin->count == 0 ? NSEC_INFINITE : bulletin->since + gather;
}

static bool is_wanted(const struct subjects *subjects, const struct news *news)
{
	struct series_key key;

	if (series_key_parse(news->alarm.key, &key) != E_OK)
		return true;
	const struct subject *subject = subjects_find(subjects, key.target);
	return subject != NULL && subject->selected;
}

/* Moves the wanted news of a kind to the front of room; the others of it behind. */
static size_t sort_out(const struct bulletin *bulletin, const struct bulletin_request *request,
		       enum news_kind kind, struct news *room, size_t *unwanted)
{
	size_t wanted = 0;
	size_t end = bulletin->count;

	for (size_t i = 0; i < bulletin->count; i++) {
		const struct news *news = &bulletin->news[i];
		if (news->kind != kind)
			continue;
		if (is_wanted(request->subjects, news))
			room[wanted++] = *news;
		else
			room[--end] = *news;
	}
	*unwanted = bulletin->count - end;
	return wanted;
}

static void flush_kind(const struct bulletin *bulletin, const struct bulletin_request *request,
		       enum news_kind kind, const struct bulletin_listener *listener)
{
	static const enum message_kind kinds[NEWS_KINDS] = {
		[NEWS_RAISED] = MESSAGE_RAISED,
		[NEWS_CLEARED] = MESSAGE_CLEARED,
		[NEWS_REMINDER] = MESSAGE_REMINDER,
	};
	struct news *room = malloc(bulletin->count * sizeof(*room));
	struct message *message = NULL;
	size_t unwanted = 0;
	enum err rc = room == NULL ? E_MEMORY : E_OK;
	size_t wanted = rc == E_OK ? sort_out(bulletin, request, kind, room, &unwanted) : 0;

	struct message_request made = {kinds[kind], request->subjects, room,
				       wanted,	    request->watched,  request->at};
	if (wanted > 0)
		rc = message_create(&made, &message);
	if (rc != E_OK)
		log_error("alarm", "out of memory: no message is made");
	if (message != NULL)
		listener->take(listener->context, message);
	if (unwanted > 0)
		listener->skip(listener->context, room + bulletin->count - unwanted, unwanted);
	free(room);
}

void bulletin_flush(struct bulletin *bulletin, const struct bulletin_request *request,
		    const struct bulletin_listener *listener)
{
	for (enum news_kind kind = 0; bulletin->count > 0 && kind < NEWS_KINDS; kind++)
		flush_kind(bulletin, request, kind, listener);
	bulletin_finish(bulletin);
}

void bulletin_finish(struct bulletin *bulletin)
{
	free(bulletin->news);
	*bulletin = (struct bulletin){0};
}
