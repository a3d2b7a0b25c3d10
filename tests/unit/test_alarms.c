/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/alarm/alarms.h"
#include "collector/alarm/bulletin.h"
#include "collector/base/calendar.h"
#include "collector/base/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT = 4096, PATHS = 3, WAIT_MS = 10000 };

static const nsec start = 1730000040 * NSEC_PER_SEC;

struct fixture {
	char folder[64];
	struct config *config;
	struct alarms *alarms;
};

/* Each message becomes a file: what the command was told, and then the JSON. */
static void write_command(struct fixture *f, const char *script)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/command", f->folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	fclose(file);
	assert_int_equal(chmod(path, 0700), 0);
}

static struct config *load(struct fixture *f, const char *alarms)
{
	struct diagnostics diagnostics = {0};
	char text[TEXT];

	snprintf(text, sizeof(text),
		 "network: {zh: 试验网, en: Trial}\ntime-zone: Asia/Shanghai\ndata: %s\n"
		 "organisations: [{name: city, zh: 市级, en: City}]\nsites:\n"
		 "  - {name: hall, zh: 大厅, en: Hall, organisation: city, tier: access,"
		 " ipv4: 192.0.2.1}\n"
		 "  - {name: desk, zh: 柜台, en: Desk, organisation: city, tier: access,"
		 " ipv4: 192.0.2.2}\n"
		 "  - {name: core, zh: 核心, en: Core, organisation: city, tier: backbone,"
		 " ipv4: 192.0.2.3}\n"
		 "tests: [{name: echo}]\nalarms:\n  command: [%s/command, page]\n%s",
		 f->folder, f->folder, alarms);
	struct config *config = config_load_text(text, strlen(text), "test.yaml", &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	return config;
}

static const char *const sites[PATHS] = {"hall", "desk", "core"};

static void open_alarms(struct fixture *f, const char *settings)
{
	struct alarm_path *paths = calloc(PATHS, sizeof(*paths));

	assert_non_null(paths);
	for (uint32_t i = 0; i < PATHS; i++) {
		char key[KEY_TEXT];
		snprintf(key, sizeof(key), "local~%s~icmp~v4~s64~d0~p0", sites[i]);
		paths[i] = (struct alarm_path){i, strdup(key)};
	}
	f->config = load(f, settings);
	assert_int_equal(alarms_open(f->folder, &f->alarms), E_OK);
	assert_int_equal(alarms_configure(f->alarms, f->config, 0, paths, PATHS), E_OK);
}

static void close_alarms(struct fixture *f)
{
	alarms_close(f->alarms);
	config_destroy(f->config);
	f->alarms = NULL;
	f->config = NULL;
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "/tmp/netgrade-alarms-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	write_command(f, "d=$(dirname \"$0\"); n=$(ls \"$d\" | grep -c '^message')\n"
			 "{ echo \"$1 $NETGRADE_EVENT $NETGRADE_COUNT $NETGRADE_AGENT\"\n"
			 "echo \"$NETGRADE_TEXT_ZH\"; echo \"$NETGRADE_TEXT_EN\"; cat\n"
			 "} >\"$d/new\"; mv \"$d/new\" \"$d/message$n\"");
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[96];

	close_alarms(f);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void put(struct fixture *f, uint32_t path, int minute, char letter)
{
	struct summary summary = {
		.from = start + minute * 60 * NSEC_PER_SEC,
		.until = start + (minute + 1) * 60 * NSEC_PER_SEC,
		.expected = 10,
		.sent = 10,
		.lost = letter == '#' ? 10 : 0,
		.rejected = letter == '#' && path == 1 ? 10 : 0,
		.flags = letter == '?' ? SLOT_ISOLATED : 0,
	};

	alarms_put(f->alarms, path, &summary);
}

static void put_story(struct fixture *f, uint32_t path, int minute, const char *letters)
{
	for (; *letters != '\0'; letters++)
		put(f, path, minute++, *letters);
}

/* The message of this number, when it has come; NULL after waiting in vain. The caller frees. */
static char *message(struct fixture *f, int number, int wait_ms)
{
	char path[96];
	char *text = NULL;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/message%d", f->folder, number);
	for (; wait_ms > 0 && access(path, R_OK) != 0; wait_ms -= 20)
		usleep(20000);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return NULL;
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static json_t *json_of(const char *text)
{
	json_error_t error;
	const char *brace = strchr(text, '{');

	assert_non_null(brace);
	json_t *json = json_loads(brace, 0, &error);
	assert_non_null(json);
	return json;
}

static const char *string_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text == NULL ? "" : text;
}

static void many_paths_at_once_are_one_message(void **state)
{
	struct fixture *f = *state;

	open_alarms(f, "  gather: 1s\n");
	for (uint32_t i = 0; i < PATHS; i++)
		put_story(f, i, 0, "..##");
	char *text = message(f, 0, WAIT_MS);
	assert_non_null(text);
	assert_memory_equal(text, "page raised 3 local\n", 20);
	assert_non_null(strstr(text, "\n告警 3 项：大厅（IPv4，2024-10-27 11:36 起，无应答）；"
				     "柜台（IPv4，2024-10-27 11:36 起，被拒绝）；"));
	assert_non_null(strstr(text, "\nalarms raised: 3: Hall (IPv4, since 2024-10-27 11:36, no "
				     "answer); Desk (IPv4, since 2024-10-27 11:36, refused); "));
	json_t *json = json_of(text);
	json_t *items = json_object_get(json, "items");
	assert_string_equal(string_at(json, "event"), "raised");
	assert_int_equal(json_integer_value(json_object_get(json, "count")), 3);
	assert_int_equal(json_integer_value(json_object_get(json, "watched")), 3);
	assert_int_equal(json_array_size(items), 3);
	const json_t *desk = json_array_get(items, 1);
	assert_string_equal(string_at(desk, "site"), "desk");
	assert_string_equal(string_at(desk, "family"), "ipv4");
	assert_string_equal(string_at(desk, "cause"), "rejected");
	assert_string_equal(string_at(desk, "from"), "2024-10-27T11:36:00+08:00");
	assert_string_equal(string_at(desk, "raised_at"), "2024-10-27T11:38:00+08:00");
	assert_true(json_is_null(json_object_get(desk, "until")));
	json_decref(json);
	free(text);
	put_story(f, 0, 4, "..");
	text = message(f, 1, WAIT_MS);
	assert_non_null(text);
	assert_memory_equal(text, "page cleared 1 local\n", 21);
	assert_non_null(
		strstr(text, "Hall (IPv4, 2024-10-27 11:36 to 2024-10-27 11:38, no answer)"));
	free(text);
}

static void only_those_that_are_selected_are_told(void **state)
{
	struct fixture *f = *state;

	open_alarms(f, "  gather: 0s\n  targets: {tiers: [backbone]}\n");
	put_story(f, 0, 0, "..##");
	put_story(f, 2, 0, "..##");
	char *text = message(f, 0, WAIT_MS);
	assert_non_null(text);
	assert_non_null(strstr(text, "page raised 1 local\n"));
	assert_non_null(strstr(text, "\"site\":\"core\""));
	assert_null(strstr(text, "\"site\":\"hall\""));
	free(text);
}

static void what_is_gathered_is_told_before_the_end_and_not_again(void **state)
{
	struct fixture *f = *state;

	open_alarms(f, "  gather: 5m\n");
	put_story(f, 0, 0, "..##");
	close_alarms(f);
	char *text = message(f, 0, 1);
	assert_non_null(text);
	free(text);
	open_alarms(f, "  gather: 0s\n");
	put_story(f, 0, 4, "##");
	put_story(f, 1, 0, "..##");
	text = message(f, 1, WAIT_MS);
	assert_non_null(text);
	assert_non_null(strstr(text, "\"site\":\"desk\""));
	assert_null(strstr(text, "\"site\":\"hall\""));
	free(text);
}

static void the_agent_cut_off_is_one_alarm(void **state)
{
	struct fixture *f = *state;
	struct alarm_cut_off cut_off = {4, {start, start + 60 * NSEC_PER_SEC}, true};

	open_alarms(f, "  gather: 0s\n  targets: {tiers: [backbone]}\n");
	for (uint32_t i = 0; i < PATHS; i++)
		put_story(f, i, 0, "..????");
	alarms_cut_off(f->alarms, &cut_off);
	char *text = message(f, 0, WAIT_MS);
	assert_non_null(text);
	assert_non_null(strstr(text, "page raised 1 local\n"));
	assert_non_null(strstr(text, "agent This machine is cut off (IPv4, since"));
	json_t *json = json_of(text);
	const json_t *item = json_array_get(json_object_get(json, "items"), 0);
	assert_string_equal(string_at(item, "kind"), "agent");
	assert_string_equal(string_at(item, "agent"), "local");
	json_decref(json);
	free(text);
	cut_off.open = false;
	alarms_cut_off(f->alarms, &cut_off);
	text = message(f, 1, WAIT_MS);
	assert_non_null(text);
	assert_non_null(strstr(text, "page cleared 1 local\n"));
	free(text);
	assert_null(message(f, 2, 1000));
}

static void a_command_that_hangs_holds_up_nobody(void **state)
{
	struct fixture *f = *state;

	open_alarms(f, "  gather: 0s\n  timeout: 1s\n");
	write_command(f, "touch \"$(dirname \"$0\")/hung\"; sleep 20");
	put_story(f, 0, 0, "..##");
	char path[96];
	snprintf(path, sizeof(path), "%s/hung", f->folder);
	for (int ms = 0; ms < WAIT_MS && access(path, R_OK) != 0; ms += 20)
		usleep(20000);
	assert_int_equal(access(path, R_OK), 0);
	for (int minute = 4; minute < 1000; minute++)
		put(f, 1, minute, '.');
}

/* The text lists some, the JSON many, and both count all. */
static void a_flood_is_cut_and_counted(void **state)
{
	struct fixture *f = *state;
	enum { FLOOD = 1500 };
	static struct news news[FLOOD];
	struct message *made;

	open_alarms(f, "  gather: 0s\n");
	struct subjects *subjects = subjects_create(f->config, 0);
	for (size_t i = 0; i < FLOOD; i++) {
		news[i] = (struct news){
			.kind = NEWS_RAISED,
			.alarm = {.from = start, .raised_at = start, .cleared_at = NSEC_UNDEFINED}};
		snprintf(news[i].alarm.key, KEY_TEXT, "local~site-%zu~icmp~v6~s64~d0~p0", i);
	}
	struct message_request request = {MESSAGE_RAISED, subjects, news, FLOOD, 2000, start};
	assert_int_equal(message_create(&request, &made), E_OK);
	json_t *json = json_of(made->json);
	assert_int_equal(json_array_size(json_object_get(json, "items")), 1000);
	assert_int_equal(json_integer_value(json_object_get(json, "left_out")), 500);
	assert_int_equal(json_integer_value(json_object_get(json, "count")), FLOOD);
	assert_non_null(strstr(made->en, "alarms raised: 1500: site-0 (IPv6"));
	assert_non_null(strstr(made->en, "; and 1495 more"));
	assert_non_null(strstr(made->zh, "；另有 1495 项"));
	json_decref(json);
	message_destroy(made);
	subjects_destroy(subjects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_paths_at_once_are_one_message, begin, end),
		cmocka_unit_test_setup_teardown(only_those_that_are_selected_are_told, begin, end),
		cmocka_unit_test_setup_teardown(
			what_is_gathered_is_told_before_the_end_and_not_again, begin, end),
		cmocka_unit_test_setup_teardown(the_agent_cut_off_is_one_alarm, begin, end),
		cmocka_unit_test_setup_teardown(a_command_that_hangs_holds_up_nobody, begin, end),
		cmocka_unit_test_setup_teardown(a_flood_is_cut_and_counted, begin, end),
	};
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
