/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/plain.h"
#include "reporter/closing.h"
#include "reporter/commands.h"
#include "reporter/session.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MOST = 511, RIGHT_TEXT = 80 };

static int check_usage(const struct report_period *period)
{
	if (!period->month)
		return session_refuse("only whole months are closed", NULL,
				      "name one with --month");
	if (period->in_progress) {
		fprintf(stderr, "netgrade-reporter: %s is not over: it cannot be closed yet\n",
			period->name);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

/* What the report prints on a line of its own. */
static bool is_printable(const char *reason)
{
	size_t len = strlen(reason);

	return len > 0 && len <= REASON_MOST && plain_text(reason, len);
}

static int check_reason(void)
{
	char right[RIGHT_TEXT];

	if (given.revise && given.reason == NULL)
		return session_refuse("a revised edition says why it was made", NULL,
				      "give --reason TEXT");
	if (!given.revise && given.reason != NULL)
		return session_refuse("only a revised edition has a reason", NULL,
				      "give --revise, or no --reason");
	if (given.reason == NULL || is_printable(given.reason))
		return EXIT_OK;
	snprintf(right, sizeof(right), "write one line of at most %d octets", REASON_MOST);
	return session_refuse("--reason is printed in the report, but cannot be", NULL, right);
}

static int print_json(const char *month, const struct closing *closing)
{
	json_t *said = json_pack(
		"{s:s, s:i, s:b, s:s, s:s, s:I, s:I, s:I, s:o}", "month", month, "edition",
		(int)closing->edition, "provisional", closing->provisional, "file", closing->path,
		"digest", closing->digest, "octets", (json_int_t)closing->octets, "series",
		(json_int_t)closing->series, "incomplete_series", (json_int_t)closing->incomplete,
		"revised_figures",
		closing->compared ? json_integer((json_int_t)closing->revised) : json_null());

	json_dumpf(said, stdout, JSON_INDENT(2));
	json_decref(said);
	putchar('\n');
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int print(const char *month, const struct closing *closing)
{
	printf("%s\n%s is closed: edition %" PRIu32 "%s, %zu series, SHA-256 %s\n", closing->path,
	       month, closing->edition, closing->provisional ? " (provisional)" : "",
	       closing->series, closing->digest);
	if (closing->incomplete > 0)
		printf("%zu series are incomplete: rows of theirs are kept no longer\n",
		       closing->incomplete);
	if (closing->edition > 1 && !closing->compared)
		printf("edition %" PRIu32 " is damaged: what differs from it cannot be told\n",
		       closing->edition - 1);
	else if (closing->edition > 1)
		printf("%zu figures differ from the edition before\n", closing->revised);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int close_month(struct session *session, const struct report_period *period)
{
	struct closing_request request = {
		.config = session->config,
		.data = session->data,
		.query = session->query,
		.past = given.as_given ? NULL : &session->past,
		.period = *period,
		.when = given.now ? CLOSING_NOW : CLOSING_FINAL,
		.loss = given.incomplete ? ROWS_ACCEPTED : ROWS_REFUSED,
		.reason = given.reason,
	};
	struct closing closing = {0};
	char *why = NULL;

	if (closing_make(&request, &closing, &why) == E_OK)
		return given.json ? print_json(period->name, &closing)
				  : print(period->name, &closing);
	fprintf(stderr, "netgrade-reporter: %s\n", why);
	free(why);
	return EXIT_FAILED;
}

int command_close(int count, char **operands)
{
	struct session session = {0};
	struct report_period period;

	(void)count;
	(void)operands;
	int rc = given.month == NULL
			 ? session_refuse("no month to close", NULL, "name one with --month")
			 : check_reason();
	if (rc == EXIT_OK)
		rc = session_settle(&session, &period);
	if (rc == EXIT_OK)
		rc = check_usage(&period);
	if (rc == EXIT_OK)
		rc = session_open_store(&session, &period);
	if (rc == EXIT_OK)
		rc = close_month(&session, &period);
	session_finish(&session);
	return rc;
}

const struct option_row close_options[] = {
	PLACE_OPTIONS,
	{"month", "YYYY-MM", "the calendar month, in the configured zone", &given.month, NULL},
	{"now", NULL, "before it is final too; then the edition is provisional", NULL, &given.now},
	{"incomplete", NULL, "also where rows are kept no longer; reports then say so", NULL,
	 &given.incomplete},
	{"revise", NULL, "write another edition of a closed month", NULL, &given.revise},
	{"reason", "TEXT", "why it is revised; the report says it", &given.reason, NULL},
	{"json", NULL, "print what was closed as JSON", NULL, &given.json},
	{NULL, NULL, NULL, NULL, NULL},
};
