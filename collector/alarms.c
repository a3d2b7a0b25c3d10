/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/alarms.h"
#include "collector/alarm/message.h"
#include "collector/alarm/notifier.h"
#include "collector/alarm/post.h"
#include "collector/alarm/replay.h"
#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/progress.h"
#include "collector/commands.h"
#include "collector/plan.h"
#include "config/config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *config;
	const char *agent;
	const char *month;
	const char *from;
	const char *until;
	const char *raise;
	const char *clear;
	bool replay;
	bool test;
	bool json;
} given;

static const nsec default_length = 30 * NSEC_PER_DAY;

/* What the command works on. */
struct asking {
	struct config *config;
	struct period period;
	struct condition_rule rule;
	struct replay found;
	size_t paths; /* that something is stored of; replay only */
};

static int refuse(const char *option, const char *text, const char *right)
{
	fprintf(stderr, "--%s: '%s' %s\n", option, text, right);
	return EXIT_USAGE;
}

static int read_time(const char *option, const char *text, nsec *out)
{
	return text == NULL || calendar_parse(text, out) == E_OK
		       ? EXIT_OK
		       : refuse(option, text,
				"is no local time such as 2026-10-05 or 2026-10-05T22:00; one that "
				"clocks show twice has its offset, 2026-10-25T02:30+01:00");
}

static int read_count(const char *option, const char *text, uint32_t *out)
{
	char *end;

	if (text == NULL)
		return EXIT_OK;
	unsigned long value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < 1 || value > 1000)
		return refuse(option, text, "is no number from 1 to 1000");
	*out = (uint32_t)value;
	return EXIT_OK;
}

static int read_period(struct asking *asking)
{
	nsec now = clock_realtime();

	if (given.month != NULL && (given.from != NULL || given.until != NULL)) {
		fputs("--month and --from or --until are given; write one of them\n", stderr);
		return EXIT_USAGE;
	}
	asking->period = (struct period){NSEC_UNDEFINED, now};
	if (given.month != NULL && calendar_month(given.month, &asking->period) != E_OK)
		return refuse("month", given.month, "is no month; write it as 2026-10");
	int code = read_time("until", given.until, &asking->period.until);
	if (code == EXIT_OK)
		code = read_time("from", given.from, &asking->period.from);
	if (code != EXIT_OK)
		return code;
	if (asking->period.from == NSEC_UNDEFINED)
		asking->period.from = asking->period.until - default_length;
	if (asking->period.until > now)
		asking->period.until = now;
	if (asking->period.from < asking->period.until)
		return EXIT_OK;
	fputs("the period has not begun or ends before it begins; write another one\n", stderr);
	return EXIT_USAGE;
}

static int read_options(struct asking *asking)
{
	if (!given.replay && (given.raise != NULL || given.clear != NULL)) {
		fputs("--raise and --clear are for --replay: what was raised is recorded\n",
		      stderr);
		return EXIT_USAGE;
	}
	asking->rule = alarms_rule(asking->config);
	int code = read_count("raise", given.raise, &asking->rule.raise);
	if (code == EXIT_OK)
		code = read_count("clear", given.clear, &asking->rule.clear);
	if (code == EXIT_OK)
		code = read_period(asking);
	if (code == EXIT_OK && given.agent != NULL &&
	    config_find_agent(asking->config, given.agent) == CONFIG_NONE)
		code = refuse("agent", given.agent, "is no agent of the configuration");
	return code;
}

/* --- what was recorded, and what would have been --- */

static int compare_sites(const void *a, const void *b)
{
	size_t x = *(const size_t *)a;
	size_t y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static bool is_told(const struct config *config, size_t site)
{
	const struct alarms_config *alarms = &config->alarms;

	return alarms->site_count > 0 && bsearch(&site, alarms->sites, alarms->site_count,
						 sizeof(site), compare_sites) != NULL;
}

static enum err replay_agent(struct asking *asking, struct view *view, size_t agent)
{
	struct hash_key secret = {{0, 0}};
	struct plan plan;

	enum err rc = plan_create(asking->config, agent, &secret, &plan);
	if (rc != E_OK)
		return rc;
	struct progress progress = progress_start("replaying", plan.count);
	for (size_t i = 0; rc == E_OK && i < plan.count; i++) {
		struct replay_request request = {view, &plan.items[i].key, asking->rule,
						 asking->period};
		progress_show(&progress, i, plan.items[i].key.target);
		if (!is_told(asking->config, plan.items[i].site))
			continue;
		rc = replay_path(&asking->found, &request);
		asking->paths += rc == E_OK;
		rc = rc == E_NOT_FOUND ? E_OK : rc;
	}
	progress_finish(&progress);
	plan_finish(&plan);
	return rc;
}

static bool wants_agent(const struct asking *asking, size_t agent)
{
	return given.agent == NULL || strcmp(asking->config->agents[agent].name, given.agent) == 0;
}

static enum err replay_all(struct asking *asking)
{
	struct view *view;

	enum err rc = view_open(asking->config->data, &view);
	if (rc != E_OK)
		return rc;
	for (size_t i = 0; rc == E_OK && i < asking->config->agent_count; i++) {
		if (wants_agent(asking, i))
			rc = replay_agent(asking, view, i);
	}
	view_close(view);
	replay_sort(&asking->found);
	return rc;
}

static bool is_of_agent(const char *key)
{
	size_t len = given.agent == NULL ? 0 : strlen(given.agent);

	return len == 0 || (strncmp(key, given.agent, len) == 0 && key[len] == '~');
}

static void keep_agents(struct replay *found)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->outage_count; i++) {
		if (is_of_agent(found->outages[i].key))
			found->outages[kept++] = found->outages[i];
	}
	found->outage_count = kept;
	kept = 0;
	for (size_t i = 0; i < found->alarm_count; i++) {
		if (is_of_agent(found->alarms[i].key))
			found->alarms[kept++] = found->alarms[i];
	}
	found->alarm_count = kept;
}

static enum err read_recorded(struct asking *asking)
{
	struct archive *archive;

	enum err rc = archive_open_reading(asking->config->data, &archive);
	if (rc != E_OK)
		return rc;
	rc = replay_recorded(&asking->found, archive, asking->period);
	archive_close(archive);
	keep_agents(&asking->found);
	return rc;
}

/* --- printing --- */

static const char *time_text(nsec t, char out[CALENDAR_TEXT])
{
	if (t == NSEC_UNDEFINED)
		return "-";
	calendar_format(t, out);
	return out;
}

/* The site and family of a path, or the agent. */
static void subject_text(const char *key, char *out, size_t size)
{
	struct series_key series;

	if (series_key_parse(key, &series) == E_OK)
		snprintf(out, size, "%s IPv%d %s s%d d%d from %s", series.target, series.family,
			 series.method, series.size, series.dscp, series.agent);
	else
		snprintf(out, size, "agent %s", key);
}

static bool print_table(const struct asking *asking)
{
	const struct replay *found = &asking->found;

	if (found->alarm_count > 0)
		printf("%-20s %-20s %-20s %s\n", "SINCE", "RAISED", "CLEARED", "WHAT");
	for (size_t i = 0; i < found->alarm_count; i++) {
		const struct alarm_record *alarm = &found->alarms[i];
		char since[CALENDAR_TEXT];
		char raised[CALENDAR_TEXT];
		char cleared[CALENDAR_TEXT];
		char what[KEY_TEXT + 64];
		subject_text(alarm->key, what, sizeof(what));
		printf("%-20s %-20s %-20s %s\n", time_text(alarm->from, since),
		       time_text(alarm->raised_at, raised), time_text(alarm->cleared_at, cleared),
		       what);
	}
	if (given.replay)
		printf("%zu alarms by raise %" PRIu32 " and clear %" PRIu32
		       ", %zu outages, on %zu paths\n",
		       found->alarm_count, asking->rule.raise, asking->rule.clear,
		       found->outage_count, asking->paths);
	else
		printf("%zu alarms, %zu outages recorded\n", found->alarm_count,
		       found->outage_count);
	return fflush(stdout) == 0;
}

static json_t *time_json(nsec t)
{
	char text[CALENDAR_TEXT];

	if (t == NSEC_UNDEFINED)
		return json_null();
	calendar_format_iso(t, text);
	return json_string(text);
}

static json_t *alarms_json(const struct replay *found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->alarm_count; i++) {
		const struct alarm_record *alarm = &found->alarms[i];
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:o, s:o, s:I, s:I}", "key", alarm->key, "from",
				  time_json(alarm->from), "raised_at", time_json(alarm->raised_at),
				  "cleared_at", time_json(alarm->cleared_at), "raise",
				  (json_int_t)alarm->raise, "clear", (json_int_t)alarm->clear));
	}
	return list;
}

static json_t *outages_json(const struct replay *found)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->outage_count; i++) {
		const struct outage_record *outage = &found->outages[i];
		(void)json_array_append_new(
			list, json_pack("{s:s, s:o, s:o, s:f, s:I, s:s, s:I, s:I, s:b}", "key",
					outage->key, "from", time_json(outage->from), "until",
					time_json(outage->until), "bad_seconds",
					(double)outage->length / (double)NSEC_PER_SEC, "slots",
					(json_int_t)outage->slots, "cause",
					outage_cause_name(outage->cause), "sent",
					(json_int_t)outage->sent, "lost", (json_int_t)outage->lost,
					"unseen", outage->unseen));
	}
	return list;
}

static bool print_json(const struct asking *asking)
{
	json_t *json = json_pack(
		"{s:o, s:o, s:b, s:o, s:o}", "from", time_json(asking->period.from), "until",
		time_json(asking->period.until), "replayed", given.replay, "alarms",
		alarms_json(&asking->found), "outages", outages_json(&asking->found));
	bool good = json != NULL && json_dumpf(json, stdout, JSON_INDENT(2)) == 0 &&
		    putchar('\n') != EOF && fflush(stdout) == 0;

	json_decref(json);
	return good;
}

static int show(struct asking *asking)
{
	enum err rc = given.replay ? replay_all(asking) : read_recorded(asking);

	if (rc != E_OK) {
		fprintf(stderr, "%s: %s\n", asking->config->data,
			rc == E_NOT_FOUND ? "nothing was measured there yet" : err_text(rc));
		return EXIT_FAILED;
	}
	return (given.json ? print_json(asking) : print_table(asking)) ? EXIT_OK : EXIT_FAILED;
}

/* --- a message to see whether messages arrive --- */

static int test(const struct asking *asking)
{
	const struct alarms_config *alarms = &asking->config->alarms;
	struct message_request request = {.kind = MESSAGE_TEST, .at = clock_realtime()};
	struct message *message;

	if (alarms->command == NULL && alarms->post == NULL) {
		fprintf(stderr, "%s: alarms: names neither command nor post: nobody is told\n",
			asking->config->path);
		return EXIT_USAGE;
	}
	size_t agent = plan_agent(asking->config, given.agent);
	if (agent == CONFIG_NONE)
		return EXIT_USAGE;
	struct subjects *subjects = subjects_create(asking->config, agent);
	request.subjects = subjects;
	enum err rc = post_prepare();
	if (rc == E_OK)
		rc = message_create(&request, &message);
	if (rc == E_OK) {
		rc = notifier_deliver_once(alarms, message) ? E_OK : E_SYSTEM;
		message_destroy(message);
	}
	subjects_destroy(subjects);
	return rc == E_OK ? EXIT_OK : EXIT_FAILED;
}

static int run_alarms(int count, char **operands)
{
	const char *path = config_path(count, operands, given.config);
	struct diagnostics diagnostics = {0};
	struct asking asking = {0};
	int code = EXIT_USAGE;

	if (path == NULL)
		return code;
	asking.config = config_load(path, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	if (asking.config == NULL)
		return code;
	if (calendar_use_zone(asking.config->time_zone) == E_OK)
		code = read_options(&asking);
	if (code == EXIT_OK)
		code = given.test ? test(&asking) : show(&asking);
	replay_finish(&asking.found);
	config_destroy(asking.config);
	return code;
}

static const struct option_row options[] = {
	{"config", "FILE", "the configuration (" DEFAULT_CONFIG ")", &given.config, NULL},
	{"agent", "NAME", "those of one agent (all; with --test the only one)", &given.agent, NULL},
	{"month", "YYYY-MM", "those of a month (the last 30 days)", &given.month, NULL},
	{"from", "TIME", "those from a local time on, such as 2026-10-05T22:00", &given.from, NULL},
	{"until", "TIME", "those before a local time (now)", &given.until, NULL},
	{"replay", NULL, "those that the stored slots would raise", NULL, &given.replay},
	{"raise", "N", "by this count (the configured one)", &given.raise, NULL},
	{"clear", "N", "by this count (the configured one)", &given.clear, NULL},
	{"test", NULL, "send a test message as the configuration says", NULL, &given.test},
	{"json", NULL, "the same as JSON, outages too", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_alarms = {
	"alarms",   "[FILE]", "list alarms that were raised, or would have been", 0, 1,
	run_alarms, options,
};
