/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reporter's commands that have files of their own: what runs them, and their options. */
#ifndef NETGRADE_REPORTER_COMMANDS_H
#define NETGRADE_REPORTER_COMMANDS_H

#include "config/options.h"

int command_close(int count, char **operands);
extern const struct option_row close_options[];

int command_export(int count, char **operands);
extern const struct option_row export_options[];

#endif
