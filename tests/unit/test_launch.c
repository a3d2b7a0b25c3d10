/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/alarm/launch.h"
#include "collector/base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *const environment[] = {(char[]){"WHO=an operator"}, NULL};

static struct launch_result run(const char *script, nsec timeout)
{
	char text[512];
	char *arguments[] = {(char[]){"/bin/sh"}, (char[]){"-c"},	  text,
			     (char[]){"name"},	  (char[]){"a  b $HOME"}, NULL};
	struct launch_request request = {
		.arguments = arguments,
		.environment = environment,
		.input = "first\nsecond\n",
		.timeout = timeout,
	};
	struct launch_result result;

	snprintf(text, sizeof(text), "%s", script);
	assert_int_equal(launch(&request, &result), E_OK);
	return result;
}

static void what_a_command_is_told_and_prints(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *script;
		const char *line;
		int code;
	} rows[] = {
		{"nothing", "", "", 0},
		{"its code", "exit 3", "", 3},
		{"the first line", "echo one; echo two", "one", 0},
		{"without its end", "printf one", "one", 0},
		{"of either output", "echo one >&2", "one", 0},
		{"control characters go", "printf '\\033[1mone\\r\\n'", "[1mone", 0},
		{"the environment is ours alone", "echo \"$WHO,$NETGRADE_X\"", "an operator,", 0},
		{"arguments are not split", "echo \"$1\"", "a  b $HOME", 0},
		{"the input", "read a; read b; echo $b", "second", 0},
		{"where it runs", "pwd", "/", 0},
		{"much output", "head -c 300000 /dev/zero | tr '\\0' x; exit 4", NULL, 4},
		{"no other files", "ls /proc/self/fd | wc -l", "4", 0},
	};

	int kept = open("/dev/null", O_RDONLY);
	assert_true(kept >= 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct launch_result result = run(rows[i].script, 10 * NSEC_PER_SEC);
		if (result.code != rows[i].code ||
		    (rows[i].line != NULL && strcmp(result.line, rows[i].line) != 0))
			fail_msg("%s: code %d, \"%s\"", rows[i].name, result.code, result.line);
		assert_false(result.overdue);
	}
	close(kept);
}

static void a_command_that_takes_too_long_is_killed_with_what_it_started(void **state)
{
	(void)state;
	char path[] = "/tmp/netgrade-launch-XXXXXX";
	char script[128];

	close(mkstemp(path));
	snprintf(script, sizeof(script), "echo begun; (sleep 2; echo late >%s) & wait", path);
	nsec begun = clock_monotonic();
	struct launch_result result = run(script, 300 * NSEC_PER_MSEC);
	nsec took = clock_monotonic() - begun;

	assert_true(result.overdue);
	assert_int_equal(result.signal, SIGKILL);
	assert_string_equal(result.line, "begun");
	assert_true(took >= 300 * NSEC_PER_MSEC && took < 2 * NSEC_PER_SEC);
	usleep(2200000);
	char octet;
	int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, &octet, 1), 0);
	close(fd);
	unlink(path);
}

static void what_a_command_leaves_running_is_not_waited_for(void **state)
{
	(void)state;
	nsec begun = clock_monotonic();
	struct launch_result result = run("sleep 3 & echo gone", 10 * NSEC_PER_SEC);

	assert_string_equal(result.line, "gone");
	assert_true(clock_monotonic() - begun < 2 * NSEC_PER_SEC);
}

static void a_hurry_shortens_the_wait(void **state)
{
	(void)state;
	atomic_bool hurry = true;
	char *arguments[] = {(char[]){"/bin/sleep"}, (char[]){"5"}, NULL};
	struct launch_request request = {
		.arguments = arguments,
		.environment = environment,
		.input = "",
		.timeout = 10 * NSEC_PER_SEC,
		.hurry = &hurry,
		.hurried_timeout = 100 * NSEC_PER_MSEC,
	};
	struct launch_result result;

	nsec begun = clock_monotonic();
	assert_int_equal(launch(&request, &result), E_OK);
	assert_true(result.overdue);
	assert_true(clock_monotonic() - begun < 3 * NSEC_PER_SEC);
}

static void what_cannot_be_run_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		enum err rc;
	} rows[] = {{"/nowhere/command", E_NOT_FOUND}, {"/etc/passwd", E_PERMISSION}};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[64];
		char *arguments[] = {path, NULL};
		struct launch_request request = {
			.arguments = arguments,
			.environment = environment,
			.input = "",
			.timeout = NSEC_PER_SEC,
		};
		struct launch_result result;
		snprintf(path, sizeof(path), "%s", rows[i].path);
		assert_int_equal(launch(&request, &result), rows[i].rc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_command_is_told_and_prints),
		cmocka_unit_test(a_command_that_takes_too_long_is_killed_with_what_it_started),
		cmocka_unit_test(what_a_command_leaves_running_is_not_waited_for),
		cmocka_unit_test(a_hurry_shortens_the_wait),
		cmocka_unit_test(what_cannot_be_run_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
