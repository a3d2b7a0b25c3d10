/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines as tables: the same rows parse the options and print the help. */
#ifndef NETGRADE_CONFIG_OPTIONS_H
#define NETGRADE_CONFIG_OPTIONS_H

#include <stdbool.h>

struct option_row {
	const char *name;     /* "month": --month VALUE or --month=VALUE */
	const char *argument; /* "YYYY-MM" in the help; NULL: a switch that takes none */
	const char *help;
	/* Where it goes: exactly one of these is not NULL. */
	const char **value; /* set to the argument; given twice is an error */
	bool *flag;	    /* set to true */
};

struct command {
	const char *name;     /* "report", or two words: "window add" */
	const char *operands; /* "[FILE]" or "TARGET..." in the help; "" if none */
	const char *summary;  /* one line */
	int operands_min;
	int operands_max;			/* −1: any number */
	int (*run)(int count, char **operands); /* the exit code */
	const struct option_row *options;	/* the last row has a NULL name */
};

struct program {
	const char *name; /* "netgrade-reporter" */
	const char *summary;
	const struct command *commands; /* the last row has a NULL name */
	const char *footer;		/* printed at the end of the help, or NULL */
};

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Picks the command, parses its options, runs it, gives its exit code. --help and --version are
 * understood everywhere. A mistake prints one line with "did you mean" and gives EXIT_USAGE. */
int program_main(const struct program *program, int argc, char **argv);

#endif
