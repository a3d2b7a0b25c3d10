/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/budget.h"
#include "collector/commands.h"
#include "collector/diagnostic_json.h"
#include "collector/forecast.h"
#include "collector/notice.h"
#include "config/closest.h"
#include "config/config.h"
#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>

static const nsec period_default = NSEC_PER_DAY;
static const nsec period_most = 31 * NSEC_PER_DAY;

static struct {
	const char *config;
	const char *from;
	const char *duration;
	const char *agent;
	const char *notice;
	const char *language;
	bool all;
	bool check;
	bool json;
} given;

/* The next full hour of the local clock. */
static nsec coming_hour(void)
{
	nsec now = nsec_ceil(clock_realtime(), NSEC_PER_SEC);
	struct tm local = calendar_local(now);
	nsec past = (local.tm_min * 60 + local.tm_sec) * NSEC_PER_SEC;

	return past == 0 ? now : now - past + NSEC_PER_HOUR;
}

static bool read_period(struct period *out)
{
	int64_t length = period_default;

	if (given.duration != NULL &&
	    (!duration_parse(given.duration, &length) || length < NSEC_PER_SEC ||
	     length > period_most || length % NSEC_PER_SEC != 0)) {
		fprintf(stderr,
			"--for: '%s' is no duration of whole seconds up to 31d, such as 24h\n",
			given.duration);
		return false;
	}
	out->from = coming_hour();
	if (given.from != NULL && calendar_parse(given.from, &out->from) != E_OK) {
		fprintf(stderr,
			"--from: '%s' is no local time; write 2026-10-05T08:30, and one that "
			"clocks "
			"show twice with its offset, 2026-10-25T02:30+01:00\n",
			given.from);
		return false;
	}
	out->until = out->from + length;
	return true;
}

/* CONFIG_NONE: all of them. */
static bool read_agent(const struct config *config, size_t *out)
{
	*out = given.agent == NULL ? CONFIG_NONE : config_find_agent(config, given.agent);
	if (given.agent == NULL || *out != CONFIG_NONE)
		return true;
	fprintf(stderr, "%s names no agent '%s'\n", config->path, given.agent);
	return false;
}

static int show(const struct config *config, size_t agent)
{
	struct forecast *forecast;
	struct period period;
	bool good = true;

	if (!read_period(&period))
		return EXIT_USAGE;
	enum err rc = forecast_create(config, period, agent, &forecast);
	if (rc != E_OK) {
		log_error("plan", "cannot be reckoned: %s", err_text(rc));
		return EXIT_FAILED;
	}
	if (given.json)
		good = forecast_print_json(forecast);
	else
		forecast_print(forecast, given.all ? FORECAST_ALL : FORECAST_TOP);
	good = good && fflush(stdout) == 0;
	if (forecast->excesses.errors > 0) {
		diagnostics_print(&forecast->excesses, stderr);
		fprintf(stderr, "refused: beyond its budget; run would refuse it too\n");
		good = false;
	}
	forecast_destroy(forecast);
	return good ? EXIT_OK : EXIT_FAILED;
}

static bool print_check_json(struct diagnostics *excesses)
{
	json_t *document = json_pack("{s:b, s:o}", "ok", excesses->errors == 0, "excesses",
				     diagnostics_json(excesses));
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    putchar('\n') != EOF;

	json_decref(document);
	return good;
}

static int check(const struct config *config)
{
	struct diagnostics excesses = {0};

	enum err rc = budget_check(config, clock_realtime(), &excesses);
	if (rc != E_OK && rc != E_RANGE) {
		log_error("plan", "cannot be reckoned: %s", err_text(rc));
		return EXIT_FAILED;
	}
	bool good = true;
	if (given.json)
		good = print_check_json(&excesses);
	else
		diagnostics_print(&excesses, stdout);
	good = good && excesses.errors == 0;
	diagnostics_finish(&excesses);
	return good ? EXIT_OK : EXIT_FAILED;
}

static int refuse_organisation(const struct config *config, const char *name)
{
	const char **names = calloc(config->organisation_count, sizeof(*names));
	const char *closest = NULL;

	for (size_t i = 0; names != NULL && i < config->organisation_count; i++)
		names[i] = config->organisations[i].name;
	if (names != NULL)
		closest = closest_name(name, names, config->organisation_count);
	fprintf(stderr, "--notice: %s names no organisation '%s'%s%s\n", config->path, name,
		closest == NULL ? "" : "; did you mean ", closest == NULL ? "" : closest);
	free(names);
	return EXIT_USAGE;
}

/* Nobody is told of what would be refused. */
static int notify(const struct config *config)
{
	struct notice_request request = {.config = config, .now = clock_realtime()};
	struct diagnostics excesses = {0};

	request.organisation = config_find_organisation(config, given.notice);
	if (request.organisation == CONFIG_NONE)
		return refuse_organisation(config, given.notice);
	if (given.language != NULL && !notice_language_parse(given.language, &request.language)) {
		fprintf(stderr, "--lang: '%s' is no language; write zh-CN or en\n", given.language);
		return EXIT_USAGE;
	}
	enum err rc = budget_check(config, request.now, &excesses);
	diagnostics_print(&excesses, stderr);
	diagnostics_finish(&excesses);
	if (rc == E_OK)
		rc = notice_write(&request, stdout);
	if (rc == E_NOT_FOUND)
		fprintf(stderr, "nothing is sent to the sites of %s\n", given.notice);
	else if (rc != E_OK)
		fprintf(stderr, "no notice was written: %s\n",
			rc == E_RANGE ? "the plan is beyond its budget" : err_text(rc));
	return rc == E_OK ? EXIT_OK : EXIT_FAILED;
}

static int plan(const struct config *config)
{
	size_t agent;

	if (given.notice != NULL)
		return notify(config);
	if (!read_agent(config, &agent))
		return EXIT_USAGE;
	return given.check ? check(config) : show(config, agent);
}

static int run_plan(int count, char **operands)
{
	return config_run(count, operands, given.config, plan);
}

static const struct option_row options[] = {
	{"config", "FILE", "the configuration (" DEFAULT_CONFIG ")", &given.config, NULL},
	{"from", "TIME", "the local time at which it begins (the next full hour)", &given.from,
	 NULL},
	{"for", "DURATION", "how far it reaches, up to 31d (24h)", &given.duration, NULL},
	{"agent", "NAME", "what this agent sends and needs, no other", &given.agent, NULL},
	{"all", NULL, "every row of the tables, not the ten largest", NULL, &given.all},
	{"check", NULL, "only what exceeds the budget, one line each; exit code 1 if anything does",
	 NULL, &given.check},
	{"notice", "OWNER",
	 "only what the security staff of an organisation must know, as a text to be sent",
	 &given.notice, NULL},
	{"lang", "LANGUAGE", "of the notice: zh-CN (default) or en", &given.language, NULL},
	{"json", NULL, "print it as JSON", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_plan = {
	"plan",	  "[FILE]", "show what is going to be sent, and what it takes", 0, 1,
	run_plan, options,
};
