/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"
#include "collector/base/random.h"
#include "collector/budget.h"
#include "collector/capacity.h"
#include "collector/commands.h"
#include "collector/diagnostic_json.h"
#include "collector/plan.h"
#include "collector/privilege.h"
#include "collector/timetable.h"
#include "config/config.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static struct {
	const char *config;
	const char *agent;
	bool print;
	bool reference;
	bool json;
} given;

/* What measuring by a configuration comes to. */
struct extent {
	size_t series;
	double rate; /* packets a second */
};

static bool find_extent(const struct config *config, struct extent *out)
{
	struct hash_key key = {{0, 0}};

	for (size_t i = 0; i < config->agent_count; i++) {
		struct plan plan;
		if (plan_create(config, i, &key, &plan) != E_OK)
			return false;
		out->series += plan.count;
		out->rate += plan_rate(&plan);
		plan_finish(&plan);
	}
	return true;
}

/* Which agent this machine is, CONFIG_NONE if that is not known. */
static size_t own_agent(const struct config *config)
{
	if (given.agent != NULL)
		return config_find_agent(config, given.agent);
	return config->agent_count == 1 ? 0 : CONFIG_NONE;
}

static bool compare_machine(const struct config *config, size_t agent, struct shortfalls *out)
{
	struct capacity_request request = {
		.config = config,
		.agent = agent,
		.ceiling = NAN,
		.forced = privilege_may_force(),
	};
	struct hash_key key = {{0, 0}};
	struct plan plan;

	if (plan_create(config, agent, &key, &plan) != E_OK)
		return false;
	request.plan = &plan;
	capacity_compare(&request, out);
	plan_finish(&plan);
	return true;
}

/* Where this machine and the plan do not fit; while it is not known which agent this is, which
 * agents have no anchors. */
static bool find_shortfalls(const struct config *config, struct shortfalls *out)
{
	size_t agent = own_agent(config);

	out->count = 0;
	if (agent != CONFIG_NONE)
		return compare_machine(config, agent, out);
	for (size_t i = 0; i < config->agent_count && out->count < SHORTFALLS_MOST; i++)
		out->count += capacity_lack_anchors(&config->agents[i], &out->items[out->count]);
	return true;
}

static void print_shortfalls(const struct shortfalls *shortfalls)
{
	for (size_t i = 0; i < shortfalls->count; i++) {
		const struct shortfall *s = &shortfalls->items[i];
		fprintf(stderr, "warning: %s: needed %s, there is %s; %s\n", s->what, s->need,
			s->have, s->mend);
	}
}

static json_t *shortfalls_json(const struct shortfalls *shortfalls)
{
	json_t *list = json_array();

	for (size_t i = 0; i < shortfalls->count; i++) {
		const struct shortfall *s = &shortfalls->items[i];
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s}", "what", s->what, "need",
						s->need, "have", s->have, "mend", s->mend));
	}
	return list;
}

static bool print_summary(const struct config *config)
{
	struct extent extent = {0};
	struct shortfalls shortfalls;

	if (!find_extent(config, &extent) || !find_shortfalls(config, &shortfalls))
		return false;
	print_shortfalls(&shortfalls);
	printf("ok: %zu sites, %zu tests, %zu agents, %zu series, %.6g packets/s\n",
	       config->site_count, config->test_count, config->agent_count, extent.series,
	       extent.rate);
	return true;
}

static bool print_json(const struct config *config, struct diagnostics *diagnostics)
{
	json_t *document = json_pack("{s:b, s:o}", "ok", config != NULL, "diagnostics",
				     diagnostics_json(diagnostics));
	struct extent extent = {0};
	struct shortfalls shortfalls;
	bool good = document != NULL;

	if (good && config != NULL) {
		good = find_extent(config, &extent) && find_shortfalls(config, &shortfalls) &&
		       json_object_update_new(
			       document, json_pack("{s:I, s:I, s:I, s:I, s:f, s:o}", "sites",
						   (json_int_t)config->site_count, "tests",
						   (json_int_t)config->test_count, "agents",
						   (json_int_t)config->agent_count, "series",
						   (json_int_t)extent.series, "packets_per_second",
						   extent.rate, "shortfalls",
						   shortfalls_json(&shortfalls))) == 0;
	}
	good = good && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF;
	json_decref(document);
	return good;
}

static bool print_result(const struct config *config, struct diagnostics *diagnostics)
{
	if (given.json)
		return print_json(config, diagnostics);
	diagnostics_print(diagnostics, stderr);
	if (config != NULL && !given.print)
		return print_summary(config);
	if (config != NULL)
		config_print(config, stdout);
	return true;
}

static int check_file(const char *path)
{
	struct diagnostics diagnostics = {0};
	struct config *config = timetable_load(path, clock_realtime(), &diagnostics);
	if (config != NULL && budget_check(config, clock_realtime(), &diagnostics) != E_OK) {
		config_destroy(config);
		config = NULL;
	}
	int code = config == NULL ? EXIT_USAGE : EXIT_OK;

	if (config != NULL && given.agent != NULL && own_agent(config) == CONFIG_NONE) {
		fprintf(stderr, "%s names no agent '%s'\n", path, given.agent);
		code = EXIT_USAGE;
	}

	if (!print_result(config, &diagnostics) || fflush(stdout) != 0)
		code = EXIT_FAILED;
	config_destroy(config);
	diagnostics_finish(&diagnostics);
	return code;
}

static int run_check(int count, char **operands)
{
	if (given.reference) {
		config_print_reference(stdout);
		return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
	}
	const char *path = config_path(count, operands, given.config);
	return path == NULL ? EXIT_USAGE : check_file(path);
}

static const struct option_row options[] = {
	{"config", "FILE", "the configuration (" DEFAULT_CONFIG ")", &given.config, NULL},
	{"agent", "NAME",
	 "the agent that this machine is: what it can carry is compared (the only "
	 "one)",
	 &given.agent, NULL},
	{"print", NULL, "print it as understood, defaults filled in", NULL, &given.print},
	{"help-config", NULL, "print every key with its bounds, default and meaning", NULL,
	 &given.reference},
	{"json", NULL, "print what is wrong, or the summary, as JSON", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_check = {
	"check",   "[FILE]", "tell everything that is wrong with a configuration", 0, 1,
	run_check, options,
};
