/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/options.h"
#include "config/closest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 64, NAMES_MAX = 64 };

static int usage_error(const struct program *program, const struct command *command,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));

static int usage_error(const struct program *program, const struct command *command,
		       const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s: %s (see '%s%s%s --help')\n", program->name, message, program->name,
		command == NULL ? "" : " ", command == NULL ? "" : command->name);
	return EXIT_USAGE;
}

static void print_program_help(const struct program *program)
{
	printf("%s: %s\n\nUsage: %s COMMAND [OPTION...]\n\nCommands:\n", program->name,
	       program->summary, program->name);
	for (const struct command *c = program->commands; c->name != NULL; c++)
		printf("  %-13s %s\n", c->name, c->summary);
	printf("\nOptions:\n  --help     this text; COMMAND --help tells about one command\n"
	       "  --version  the version\n");
	if (program->footer != NULL)
		printf("\n%s\n", program->footer);
}

static void print_command_help(const struct program *program, const struct command *command)
{
	printf("%s %s: %s\n\nUsage: %s %s [OPTION...]%s%s\n\nOptions:\n", program->name,
	       command->name, command->summary, program->name, command->name,
	       command->operands[0] == '\0' ? "" : " ", command->operands);
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		char left[64];
		snprintf(left, sizeof(left), "--%s%s%s", row->name,
			 row->argument == NULL ? "" : " ",
			 row->argument == NULL ? "" : row->argument);
		printf("  %-24s %s\n", left, row->help);
	}
	printf("  %-24s %s\n", "--help", "this text");
}

static const struct option_row *find_option(const struct command *command, const char *name,
					    size_t len)
{
	for (const struct option_row *row = command->options; row->name != NULL; row++) {
		if (strlen(row->name) == len && strncmp(row->name, name, len) == 0)
			return row;
	}
	return NULL;
}

static const char *closest_option(const struct command *command, const char *word)
{
	const char *names[NAMES_MAX] = {"help"};
	size_t count = 1;

	for (const struct option_row *row = command->options;
	     row->name != NULL && count < NAMES_MAX; row++)
		names[count++] = row->name;
	return closest_name(word, names, count);
}

static int unknown_option(const struct program *program, const struct command *command,
			  const char *word)
{
	const char *closest = closest_option(command, word);

	if (closest != NULL)
		return usage_error(program, command, "unknown option --%s; did you mean --%s?",
				   word, closest);
	return usage_error(program, command, "unknown option --%s", word);
}

/* Takes the option at argv[*at]; moves *at over its argument. EXIT_OK or EXIT_USAGE. */
static int take_option(const struct program *program, const struct command *command, int argc,
		       char **argv, int *at)
{
	const char *word = argv[*at] + 2;
	const char *equals = strchr(word, '=');
	size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
	const struct option_row *row = find_option(command, word, len);

	if (row == NULL) {
		char name[WORD_MAX + 1];
		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		return unknown_option(program, command, name);
	}
	if (row->flag != NULL) {
		if (equals != NULL)
			return usage_error(program, command, "--%s takes no value", row->name);
		*row->flag = true;
		return EXIT_OK;
	}
	if (*row->value != NULL)
		return usage_error(program, command, "--%s is given twice", row->name);
	if (equals != NULL) {
		*row->value = equals + 1;
	} else if (*at + 1 < argc) {
		*row->value = argv[++*at];
	} else {
		return usage_error(program, command, "--%s needs a value: %s", row->name,
				   row->argument);
	}
	return EXIT_OK;
}

static int run_command(const struct program *program, const struct command *command, int argc,
		       char **argv)
{
	int operands = 0;
	bool options_end = false;

	for (int i = 0; i < argc; i++) {
		if (!options_end && strcmp(argv[i], "--") == 0) {
			options_end = true;
		} else if (!options_end &&
			   (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			print_command_help(program, command);
			return EXIT_OK;
		} else if (!options_end && strncmp(argv[i], "--", 2) == 0) {
			int rc = take_option(program, command, argc, argv, &i);
			if (rc != EXIT_OK)
				return rc;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
			return usage_error(program, command, "unknown option %s", argv[i]);
		} else {
			argv[operands++] = argv[i];
		}
	}
	if (operands < command->operands_min)
		return usage_error(program, command, "missing %s", command->operands);
	if (command->operands_max >= 0 && operands > command->operands_max)
		return usage_error(program, command, "'%s' is one argument too many",
				   argv[command->operands_max]);
	return command->run(operands, argv);
}

/* How many of the words name the command; 0: another is meant. */
static int match(const struct command *command, int count, char **words)
{
	const char *space = strchr(command->name, ' ');
	size_t len = space == NULL ? strlen(command->name) : (size_t)(space - command->name);

	if (count < 1 || strlen(words[0]) != len || strncmp(words[0], command->name, len) != 0)
		return 0;
	if (space == NULL)
		return 1;
	return count > 1 && strcmp(words[1], space + 1) == 0 ? 2 : 0;
}

/* Whether word is the first of a command of two. */
static bool is_half(const struct program *program, const char *word)
{
	size_t len = strlen(word);

	for (const struct command *c = program->commands; c->name != NULL; c++) {
		if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
			return true;
	}
	return false;
}

static int unknown_command(const struct program *program, int count, char **words)
{
	const char *names[NAMES_MAX];
	char wanted[2 * WORD_MAX];
	size_t known = 0;

	snprintf(wanted, sizeof(wanted), "%s", words[0]);
	if (is_half(program, words[0]) && count > 1)
		snprintf(wanted, sizeof(wanted), "%s %s", words[0], words[1]);
	for (const struct command *c = program->commands; c->name != NULL && known < NAMES_MAX; c++)
		names[known++] = c->name;
	const char *closest = closest_name(wanted, names, known);
	if (closest != NULL)
		return usage_error(program, NULL, "unknown command '%s'; did you mean '%s'?",
				   wanted, closest);
	return usage_error(program, NULL, "unknown command '%s'", wanted);
}

static bool asks_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int choose(const struct program *program, int argc, char **argv)
{
	if (argc < 2)
		return usage_error(program, NULL, "which command?");
	if (asks_help(argv[1]) || strcmp(argv[1], "help") == 0 ||
	    (argc > 2 && is_half(program, argv[1]) && asks_help(argv[2]))) {
		print_program_help(program);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", program->name, NETGRADE_VERSION);
		return EXIT_OK;
	}
	for (const struct command *c = program->commands; c->name != NULL; c++) {
		int words = match(c, argc - 1, argv + 1);
		if (words > 0)
			return run_command(program, c, argc - 1 - words, argv + 1 + words);
	}
	return unknown_command(program, argc - 1, argv + 1);
}

int program_main(const struct program *program, int argc, char **argv)
{
	int rc = choose(program, argc, argv);

	/* What was printed counts only once it is out: a full disk shows here. */
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && rc == EXIT_OK) {
		fprintf(stderr, "%s: standard output: %s\n", program->name, strerror(errno));
		return EXIT_FAILED;
	}
	return rc;
}
