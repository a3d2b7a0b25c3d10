/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/message.h"

#include "collector/base/calendar.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More are counted, not listed. */
enum { ITEMS_MOST = 1000, TEXT_ITEMS_MOST = 5 };

enum language { ZH, EN, LANGUAGES };

const char *message_kind_name(enum message_kind kind)
{
	static const char *const names[] = {
		[MESSAGE_RAISED] = "raised",
		[MESSAGE_CLEARED] = "cleared",
		[MESSAGE_REMINDER] = "reminder",
		[MESSAGE_TEST] = "test",
	};
	return names[kind];
}

/* What one item is about. */
struct about {
	bool is_path;
	struct series_key key;
	uint8_t family;
	const struct subject *subject; /* NULL: unknown, or an agent */
	const struct news *news;
	nsec until; /* NSEC_UNDEFINED: not over */
};

static struct about about(const struct message_request *request, const struct news *news)
{
	struct about about = {.news = news, .until = NSEC_UNDEFINED};

	about.is_path = series_key_parse(news->alarm.key, &about.key) == E_OK;
	if (about.is_path) {
		about.family = about.key.family;
		about.subject = subjects_find(request->subjects, about.key.target);
	} else {
		about.family = strstr(news->alarm.key, "~v6") != NULL ? 6 : 4;
	}
	if (news->kind == NEWS_CLEARED)
		about.until = about.is_path && news->spell.length > 0 ? news->spell.until
								      : news->alarm.cleared_at;
	return about;
}

/* --- text --- */

static const char *in(enum language language, const struct title *title)
{
	return language == ZH ? title->zh : title->en;
}

static const char *title_of(const struct message_request *request, const struct about *about,
			    enum language language)
{
	if (!about->is_path)
		return in(language, subjects_agent_title(request->subjects));
	return about->subject == NULL ? about->key.target : in(language, &about->subject->title);
}

static enum outage_cause cause_of(const struct spell *spell)
{
	return outage_cause_of(spell->sent, spell->lost, spell->rejected, spell->flags);
}

static const char *cause_text(const struct spell *spell, enum language language)
{
	static const char *const texts[CAUSE_COUNT][LANGUAGES] = {
		[CAUSE_SILENT] = {"无应答", "no answer"},
		[CAUSE_REJECTED] = {"被拒绝", "refused"},
		[CAUSE_LOSSY] = {"丢包严重", "heavy loss"},
		[CAUSE_REFUSED] = {"连接被拒绝", "connections refused"},
		[CAUSE_UNREACHABLE] = {"不可达", "unreachable"},
		[CAUSE_FILTERED] = {"被安全策略拦截", "administratively prohibited"},
		[CAUSE_FAILURE] = {"服务返回错误", "the service answers with failures"},
		[CAUSE_WRONG] = {"服务应答不正确", "the service answers wrongly"},
		[CAUSE_MALFORMED] = {"服务应答无法解析", "the service's answers are malformed"},
	};
	return texts[cause_of(spell)][language];
}

static void print_when(FILE *out, const struct about *about, enum language language)
{
	char from[CALENDAR_TEXT];
	char until[CALENDAR_TEXT];

	calendar_format(about->news->alarm.from, from);
	if (about->until == NSEC_UNDEFINED) {
		fprintf(out, language == ZH ? "%s 起" : "since %s", from);
		return;
	}
	calendar_format(about->until, until);
	fprintf(out, language == ZH ? "%s 至 %s" : "%s to %s", from, until);
}

static void print_item(FILE *out, const struct message_request *request, size_t index,
		       enum language language)
{
	struct about item = about(request, &request->news[index]);
	const struct spell *spell = &item.news->spell;
	const char *title = title_of(request, &item, language);
	bool zh = language == ZH;

	if (item.is_path)
		fprintf(out, zh ? "%s（IPv%d，" : "%s (IPv%d, ", title, item.family);
	else
		fprintf(out, zh ? "探针“%s”与网络隔断（IPv%d，" : "agent %s is cut off (IPv%d, ",
			title, item.family);
	print_when(out, &item, language);
	if (item.is_path && spell->length > 0)
		fprintf(out, zh ? "，%s" : ", %s", cause_text(spell, language));
	fputs(zh ? "）" : ")", out);
}

static const char *head_of(enum message_kind kind, enum language language)
{
	static const char *const heads[][LANGUAGES] = {
		[MESSAGE_RAISED] = {"告警", "alarms raised"},
		[MESSAGE_CLEARED] = {"告警解除", "alarms cleared"},
		[MESSAGE_REMINDER] = {"告警仍未解除", "alarms still raised"},
		[MESSAGE_TEST] = {"测试：告警可以送达", "test: alarms arrive"},
	};
	return heads[kind][language];
}

static void print_text(FILE *out, const struct message_request *request, enum language language)
{
	bool zh = language == ZH;

	fputs(head_of(request->kind, language), out);
	if (request->kind == MESSAGE_TEST)
		return;
	fprintf(out, zh ? " %zu 项：" : ": %zu: ", request->count);
	for (size_t i = 0; i < request->count && i < TEXT_ITEMS_MOST; i++) {
		if (i > 0)
			fputs(zh ? "；" : "; ", out);
		print_item(out, request, i, language);
	}
	if (request->count > TEXT_ITEMS_MOST)
		fprintf(out, zh ? "；另有 %zu 项" : "; and %zu more",
			request->count - TEXT_ITEMS_MOST);
}

static char *text_of(const struct message_request *request, enum language language)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	print_text(out, request, language);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* --- JSON --- */

static json_t *title_json(const struct title *title)
{
	return json_pack("{s:s, s:s}", "zh", title->zh, "en", title->en);
}

static json_t *time_json(nsec t)
{
	char text[CALENDAR_TEXT];

	if (t == NSEC_UNDEFINED)
		return json_null();
	calendar_format_iso(t, text);
	return json_string(text);
}

static json_t *times_json(const struct about *item)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "from", time_json(item->news->alarm.from), "until",
			 time_json(item->until), "raised_at",
			 time_json(item->news->alarm.raised_at), "cleared_at",
			 time_json(item->news->alarm.cleared_at));
}

static void add_spell(json_t *json, const struct spell *spell)
{
	if (spell->length == 0)
		return;
	(void)json_object_update_new(
		json, json_pack("{s:s, s:I, s:I, s:I}", "cause", outage_cause_name(cause_of(spell)),
				"sent", (json_int_t)spell->sent, "lost", (json_int_t)spell->lost,
				"rejected", (json_int_t)spell->rejected));
}

static json_t *path_json(const struct about *item)
{
	const struct series_key *key = &item->key;
	const struct subject *subject = item->subject;
	char method[KEY_METHOD];

	series_key_method(key, method);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s}", "kind", "path", "site",
				 subject == NULL ? key->target : subject->name, "family",
				 item->family == 6 ? "ipv6" : "ipv4", "method", method, "size",
				 (int)key->size, "port", (int)key->port, "dscp", (int)key->dscp,
				 "series", item->news->alarm.key);

	if (json != NULL && subject != NULL)
		(void)json_object_update_new(
			json, json_pack("{s:o, s:o, s:s}", "title", title_json(&subject->title),
					"organisation", title_json(&subject->organisation), "tier",
					tier_name(subject->tier)));
	if (json != NULL)
		add_spell(json, &item->news->spell);
	return json;
}

static json_t *item_json(const struct message_request *request, const struct about *item)
{
	json_t *json = item->is_path
			       ? path_json(item)
			       : json_pack("{s:s, s:s, s:o, s:s}", "kind", "agent", "agent",
					   subjects_agent(request->subjects), "title",
					   title_json(subjects_agent_title(request->subjects)),
					   "family", item->family == 6 ? "ipv6" : "ipv4");

	if (json != NULL)
		(void)json_object_update_new(json, times_json(item));
	return json;
}

static char *json_of(const struct message_request *request, const struct message *message)
{
	size_t listed = request->count < ITEMS_MOST ? request->count : ITEMS_MOST;
	json_t *items = json_array();
	char *text = NULL;

	for (size_t i = 0; items != NULL && i < listed; i++) {
		struct about item = about(request, &request->news[i]);
		(void)json_array_append_new(items, item_json(request, &item));
	}
	json_t *json = json_pack(
		"{s:i, s:s, s:o, s:o, s:s, s:o, s:I, s:I, s:I, s:o}", "version", 1, "event",
		message_kind_name(request->kind), "at", time_json(request->at), "network",
		title_json(subjects_network(request->subjects)), "agent", message->agent, "text",
		json_pack("{s:s, s:s}", "zh", message->zh, "en", message->en), "count",
		(json_int_t)request->count, "watched", (json_int_t)request->watched, "left_out",
		(json_int_t)(request->count - listed), "items", items);
	if (json != NULL)
		text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

enum err message_create(const struct message_request *request, struct message **out)
{
	struct message *message = calloc(1, sizeof(*message));

	if (message == NULL)
		return E_MEMORY;
	message->kind = request->kind;
	message->agent = strdup(subjects_agent(request->subjects));
	message->zh = text_of(request, ZH);
	message->en = text_of(request, EN);
	message->news = calloc(request->count + 1, sizeof(*message->news));
	if (message->agent != NULL && message->zh != NULL && message->en != NULL)
		message->json = json_of(request, message);
	if (message->json == NULL || message->news == NULL) {
		message_destroy(message);
		return E_MEMORY;
	}
	if (request->count > 0)
		memcpy(message->news, request->news, request->count * sizeof(*message->news));
	message->count = request->count;
	*out = message;
	return E_OK;
}

void message_destroy(struct message *message)
{
	if (message == NULL)
		return;
	free(message->agent);
	free(message->zh);
	free(message->en);
	free(message->json);
	free(message->news);
	free(message);
}
