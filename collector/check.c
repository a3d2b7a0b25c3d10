/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/random.h"
#include "collector/commands.h"
#include "collector/plan.h"
#include "config/config.h"

#include <stdio.h>

static struct {
	const char *config;
	bool print;
	bool reference;
} given;

static bool print_summary(const struct config *config)
{
	struct hash_key key = {{0, 0}};
	size_t series = 0;
	double rate = 0;

	for (size_t i = 0; i < config->agent_count; i++) {
		struct plan plan;
		if (plan_create(config, i, &key, &plan) != E_OK)
			return false;
		series += plan.count;
		rate += plan_rate(&plan);
		plan_finish(&plan);
	}
	printf("ok: %zu sites, %zu tests, %zu agents, %zu series, %.6g packets/s\n",
	       config->site_count, config->test_count, config->agent_count, series, rate);
	return true;
}

static int check_file(const char *path)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load(path, &diagnostics);
	int code = config == NULL ? EXIT_USAGE : EXIT_OK;

	diagnostics_print(&diagnostics, stderr);
	if (config != NULL && given.print)
		config_print(config, stdout);
	else if (config != NULL && !print_summary(config))
		code = EXIT_FAILED;
	if (fflush(stdout) != 0)
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
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_check = {
	"check",   "[FILE]", "tell everything that is wrong with a configuration", 0, 1,
	run_check, options,
};
