/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"
#include "collector/budget.h"
#include "collector/commands.h"
#include "collector/privilege.h"
#include "collector/service.h"
#include "collector/timetable.h"
#include "config/config.h"
#include "config/value.h"

#include <stdio.h>

static struct {
	const char *config;
	const char *agent;
	const char *duration;
	const char *user;
} given;

static bool read_duration(nsec *out)
{
	int64_t duration;

	if (given.duration == NULL)
		return true;
	if (!duration_parse(given.duration, &duration) || duration < NSEC_PER_SEC) {
		fprintf(stderr,
			"--for: '%s' is no duration of at least a second, such as 90s or 2h\n",
			given.duration);
		return false;
	}
	*out = duration;
	return true;
}

static enum err serve(const struct service_options *options, struct config *config)
{
	struct service *service;

	enum err rc = service_open(options, config, &service);
	if (rc != E_OK)
		return rc;
	rc = service_run(service);
	service_close(service);
	return rc;
}

static int run_run(int count, char **operands)
{
	struct service_options options = {.agent = given.agent, .duration = NSEC_INFINITE};
	struct diagnostics diagnostics = {0};

	options.path = config_path(count, operands, given.config);
	if (options.path == NULL || !read_duration(&options.duration))
		return EXIT_USAGE;
	struct config *config = timetable_load(options.path, clock_realtime(), &diagnostics);
	if (config != NULL && budget_check(config, clock_realtime(), &diagnostics) != E_OK) {
		config_destroy(config);
		config = NULL;
	}
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	if (config == NULL)
		return EXIT_USAGE;
	enum err rc = privilege_account(given.user, &options.account);
	if (rc != E_OK) {
		config_destroy(config);
		return rc == E_USAGE ? EXIT_USAGE : EXIT_FAILED;
	}
	rc = serve(&options, config);
	return rc == E_OK ? EXIT_OK : rc == E_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

static const struct option_row options[] = {
	{"config", "FILE", "the configuration (" DEFAULT_CONFIG ")", &given.config, NULL},
	{"agent", "NAME", "which of the configured agents this is (the only one)", &given.agent,
	 NULL},
	{"for", "DURATION", "stop after the last slots that end within this time", &given.duration,
	 NULL},
	{"user", "NAME", "become this user after opening sockets (netgrade)", &given.user, NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct command command_run = {
	"run", "[FILE]", "measure and store what the configuration asks", 0, 1, run_run, options,
};
