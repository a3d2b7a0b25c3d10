/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/random.h"
#include "collector/commands.h"
#include "collector/plan.h"
#include "config/config.h"

#include <jansson.h>
#include <stdio.h>

static struct {
	const char *config;
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

static bool print_summary(const struct config *config)
{
	struct extent extent = {0};

	if (!find_extent(config, &extent))
		return false;
	printf("ok: %zu sites, %zu tests, %zu agents, %zu series, %.6g packets/s\n",
	       config->site_count, config->test_count, config->agent_count, extent.series,
	       extent.rate);
	return true;
}

static json_t *diagnostics_json(struct diagnostics *diagnostics)
{
	json_t *list = json_array();

	diagnostics_sort(diagnostics);
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *d = &diagnostics->items[i];
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "severity",
						d->severity == SEVERITY_ERROR ? "error" : "warning",
						"file", d->file, "line", (json_int_t)d->line,
						"column", (json_int_t)d->column, "key", d->key,
						"message", d->message));
	}
	return list;
}

static bool print_json(const struct config *config, struct diagnostics *diagnostics)
{
	json_t *document = json_pack("{s:b, s:o}", "ok", config != NULL, "diagnostics",
				     diagnostics_json(diagnostics));
	struct extent extent = {0};
	bool good = document != NULL;

	if (good && config != NULL) {
		good = find_extent(config, &extent) &&
		       json_object_update_new(document,
					      json_pack("{s:I, s:I, s:I, s:I, s:f}", "sites",
							(json_int_t)config->site_count, "tests",
							(json_int_t)config->test_count, "agents",
							(json_int_t)config->agent_count, "series",
							(json_int_t)extent.series,
							"packets_per_second", extent.rate)) == 0;
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
	struct config *config = config_load(path, &diagnostics);
	int code = config == NULL ? EXIT_USAGE : EXIT_OK;

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
