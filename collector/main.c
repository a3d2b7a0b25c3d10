/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"
#include "collector/commands.h"
#include "collector/timetable.h"

#include <stdio.h>

const char *config_path(int count, char **operands, const char *option)
{
	if (count > 0 && option != NULL) {
		fprintf(stderr, "the configuration is given twice: '%s' and --config '%s'\n",
			operands[0], option);
		return NULL;
	}
	if (option != NULL)
		return option;
	return count > 0 ? operands[0] : DEFAULT_CONFIG;
}

int config_run(int count, char **operands, const char *option, int (*run)(const struct config *))
{
	const char *path = config_path(count, operands, option);
	struct diagnostics diagnostics = {0};

	if (path == NULL)
		return EXIT_USAGE;
	struct config *config = timetable_load(path, clock_realtime(), &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	int code = config == NULL ? EXIT_USAGE : run(config);
	config_destroy(config);
	return code;
}

int main(int argc, char **argv)
{
	const struct command commands[] = {
		command_run,
		command_check,
		command_plan,
		command_alarms,
		command_once,
		command_simulate,
		command_window_add,
		command_window_list,
		command_window_cancel,
		command_migrate,
		{NULL, NULL, NULL, 0, 0, NULL, NULL},
	};
	const struct program program = {
		.name = "netgrade-collector",
		.summary = "measures how well a network works and stores what it finds",
		.commands = commands,
	};
	return program_main(&program, argc, argv);
}
