/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands are the rows of the program's table; each keeps its options beside it. */
#ifndef NETGRADE_COLLECTOR_COMMANDS_H
#define NETGRADE_COLLECTOR_COMMANDS_H

#include "config/config.h"
#include "config/options.h"

#define DEFAULT_CONFIG "/etc/netgrade/netgrade.yaml"

extern const struct command command_run;
extern const struct command command_check;
extern const struct command command_plan;
extern const struct command command_alarms;
extern const struct command command_once;
extern const struct command command_window_add;
extern const struct command command_window_list;
extern const struct command command_window_cancel;
extern const struct command command_simulate;
extern const struct command command_migrate;

/* The configuration's path: the operand, --config, or the default; both given is a mistake that is
 * printed, and the result NULL. */
const char *config_path(int count, char **operands, const char *option);

/* Loads the configuration of that path as one that can be used now, its mistakes printed, and runs
 * what is to be done with it. Gives the exit code. */
int config_run(int count, char **operands, const char *option, int (*run)(const struct config *));

#endif
