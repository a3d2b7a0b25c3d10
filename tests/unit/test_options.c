/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "config/closest.h"
#include "config/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void slips_find_their_word(void **state)
{
	(void)state;
	static const char *const words[] = {"interval", "packets", "size"};
	assert_string_equal(closest_name("intervall", words, 3), "interval");
	assert_string_equal(closest_name("paket", words, 3), "packets");
	assert_null(closest_name("zebra", words, 3));
}

static const char *month;
static bool json;
static int operands_seen;

static int run_report(int count, char **operands)
{
	(void)operands;
	operands_seen = count;
	return EXIT_FAILED;
}

static const struct option_row report_options[] = {
	{"month", "YYYY-MM", "the month", &month, NULL},
	{"json", NULL, "for machines", NULL, &json},
	{NULL, NULL, NULL, NULL, NULL},
};

static const struct command commands[] = {
	{"report", "[FILE]", "a report", 0, 1, run_report, report_options},
	{"window add", "SCOPE...", "two words", 1, 2, run_report, report_options},
	{NULL, NULL, NULL, 0, 0, NULL, NULL},
};

static const struct program program = {"tester", "for tests", commands, NULL};

/* Help goes to standard output, which here belongs to the test's protocol. */
static int run_unheard(int argc, char **argv)
{
	fflush(stdout);
	int kept = dup(STDOUT_FILENO);
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(kept >= 0 && nowhere >= 0);
	assert_int_equal(dup2(nowhere, STDOUT_FILENO), STDOUT_FILENO);
	int code = program_main(&program, argc, argv);
	fflush(stdout);
	assert_int_equal(dup2(kept, STDOUT_FILENO), STDOUT_FILENO);
	close(nowhere);
	close(kept);
	return code;
}

static void command_lines_are_understood_or_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *words[5];
		int code;
		const char *month;
		bool json;
		int operands;
	} rows[] = {
		{"value behind a space",
		 {"report", "--month", "2026-10"},
		 EXIT_FAILED,
		 "2026-10",
		 false,
		 0},
		{"value behind =",
		 {"report", "--month=2026-10", "--json"},
		 EXIT_FAILED,
		 "2026-10",
		 true,
		 0},
		{"operand", {"report", "file"}, EXIT_FAILED, NULL, false, 1},
		{"-- ends options", {"report", "--", "--json"}, EXIT_FAILED, NULL, false, 1},
		{"no command", {NULL}, EXIT_USAGE, NULL, false, -1},
		{"unknown command", {"repotr"}, EXIT_USAGE, NULL, false, -1},
		{"unknown option", {"report", "--mont", "x"}, EXIT_USAGE, NULL, false, -1},
		{"value missing", {"report", "--month"}, EXIT_USAGE, NULL, false, -1},
		{"value for a switch", {"report", "--json=1"}, EXIT_USAGE, NULL, false, -1},
		{"given twice", {"report", "--month=1", "--month=2"}, EXIT_USAGE, "1", false, -1},
		{"two words", {"window", "add", "all"}, EXIT_FAILED, NULL, false, 1},
		{"two words and an option",
		 {"window", "add", "--json", "all"},
		 EXIT_FAILED,
		 NULL,
		 true,
		 1},
		{"half a command", {"window"}, EXIT_USAGE, NULL, false, -1},
		{"its other half unknown", {"window", "ad", "all"}, EXIT_USAGE, NULL, false, -1},
		{"help for half a command", {"window", "--help"}, EXIT_OK, NULL, false, -1},
		{"too many operands", {"report", "a", "b"}, EXIT_USAGE, NULL, false, -1},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char words[5][32] = {{0}};
		char *argv[6] = {words[4]};
		int argc = 1;
		month = NULL;
		json = false;
		operands_seen = -1;
		for (; argc < 5 && rows[i].words[argc - 1] != NULL; argc++) {
			snprintf(words[argc - 1], sizeof(words[0]), "%s", rows[i].words[argc - 1]);
			argv[argc] = words[argc - 1];
		}
		print_message("# %s\n", rows[i].name);
		assert_int_equal(run_unheard(argc, argv), rows[i].code);
		assert_int_equal(operands_seen, rows[i].operands);
		assert_int_equal(json, rows[i].json);
		if (rows[i].month == NULL)
			assert_null(month);
		else
			assert_string_equal(month, rows[i].month);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips_find_their_word),
		cmocka_unit_test(command_lines_are_understood_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
