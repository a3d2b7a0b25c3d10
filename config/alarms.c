/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/alarms.h"
#include "config/loading.h"

#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define DAY    (24 * 60 * MINUTE)

enum { SLOTS_MOST = 1000 };

/* Where the host of a URL begins; NULL when it is none of ours. */
static const char *host_of(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i]);
		if (strncmp(url, schemes[i], len) != 0)
			continue;
		const char *host = url + len;
		const char *at = memchr(host, '@', strcspn(host, "/?#"));
		return at == NULL ? host : at + 1;
	}
	return NULL;
}

/* The value is never repeated: it may hold a secret. */
static bool check_url(const struct value *value, struct problem *problem)
{
	const char *host = host_of(value->text);

	if (host == NULL) {
		problem_say(problem, "is no URL; write one that begins with https:// or http://");
		return false;
	}
	size_t len = strcspn(host, "/?#");
	if (len == 0 || len > 256) {
		problem_say(problem, "names no host; write one such as https://host/path");
		return false;
	}
	for (const char *c = value->text; *c != '\0'; c++) {
		if ((unsigned char)*c > ' ' && (unsigned char)*c < 0x7f)
			continue;
		problem_say(problem, "has a character that a URL cannot hold; write it as %%XX");
		return false;
	}
	return true;
}

void alarm_destination(const char *url, char out[ALARM_DESTINATION])
{
	const char *host = host_of(url);

	out[0] = '\0';
	if (host == NULL)
		return;
	const char *scheme_end = strstr(url, "://");
	snprintf(out, ALARM_DESTINATION, "%.*s://%.*s", (int)(scheme_end - url), url,
		 (int)strcspn(host, "/?#"), host);
}

const struct key_row alarms_rows[] = {
	{.name = "raise",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_alarms, raise),
	 .least = 1,
	 .most = SLOTS_MOST,
	 .fallback = "2",
	 .unit = "slots",
	 .meaning = "bad slots in a row that raise an alarm; an unknown gap that does not end an "
		    "outage does not break the row"},
	{.name = "clear",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_alarms, clear),
	 .least = 1,
	 .most = SLOTS_MOST,
	 .fallback = "2",
	 .unit = "slots",
	 .meaning = "good or degraded slots in a row that clear it; unknown and planned ones do "
		    "not count"},
	{.name = "gather",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_alarms, gather),
	 .least = 0,
	 .most = 10 * MINUTE,
	 .fallback = "10s",
	 .meaning = "what happens within this time becomes one message"},
	{.name = "remind",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_alarms, remind),
	 .least = MINUTE,
	 .most = 31 * DAY,
	 .fallback_told = "never",
	 .meaning = "an alarm that stays raised this long is told again, and so on"},
	{.name = "timeout",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_alarms, timeout),
	 .least = SECOND,
	 .most = 10 * MINUTE,
	 .fallback = "30s",
	 .meaning = "a command or POST that takes longer is given up"},
	{.name = "command",
	 .type = VALUE_TEXT,
	 .list = true,
	 .single = true,
	 .repeats = true,
	 .offset = offsetof(struct draft_alarms, command),
	 .fallback_told = "none",
	 .unit = "an absolute path and its arguments",
	 .meaning = "run for each message, without a shell; what it is told is in the man page"},
	{.name = "post",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_alarms, post),
	 .check = check_url,
	 .fallback_told = "none",
	 .unit = "a URL",
	 .meaning = "each message is sent there as JSON; only its host is ever shown"},
	{.name = "targets",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_alarms, targets),
	 .rows = targets_rows,
	 .fallback_told = "all sites",
	 .meaning = "sites that messages tell of; outages of the others are recorded all the same"},
	{.name = NULL},
};

static void resolve_command(struct loading *l, struct draft_alarms *draft,
			    struct alarms_config *alarms)
{
	struct arena *arena = l->config->arena;
	struct value *words = &draft->command;

	if (words->count == 0)
		return;
	if (value_known(&words->items[0]) && words->items[0].text[0] != '/')
		section_complain(&l->reading, &draft->section, &words->items[0],
				 "\"%.60s\" is not absolute; write the command's path from / on",
				 words->items[0].text);
	alarms->command = arena_zeroed(arena, words->count + 1, sizeof(char *));
	for (size_t i = 0; i < words->count; i++)
		alarms->command[i] = arena_text(
			arena, value_known(&words->items[i]) ? words->items[i].text : "");
}

void resolve_alarms(struct loading *l)
{
	struct draft_alarms *draft = &l->draft.alarms;
	struct alarms_config *alarms = &l->config->alarms;

	alarms->raise = (uint32_t)draft->raise.integer;
	alarms->clear = (uint32_t)draft->clear.integer;
	alarms->gather_ns = draft->gather.integer;
	alarms->remind_ns = value_known(&draft->remind) ? draft->remind.integer : 0;
	alarms->timeout_ns = draft->timeout.integer;
	if (value_known(&draft->post))
		alarms->post = arena_text(l->config->arena, draft->post.text);
	resolve_command(l, draft, alarms);
}
