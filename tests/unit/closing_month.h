/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A month of a small network in a store of its own, to be closed under a clock of the test's. */
#ifndef NETGRADE_TESTS_UNIT_CLOSING_MONTH_H
#define NETGRADE_TESTS_UNIT_CLOSING_MONTH_H

#include "reporter/closed.h"
#include "reporter/closing.h"

#include <stdbool.h>

#define CLOSING_MONTH "2024-10"

enum { MONTH_TEXT = 256 };

struct month {
	char folder[MONTH_TEXT / 2];
	char data[MONTH_TEXT];
	struct config *config;
	struct period period;
};

/* An empty data directory, with announced maintenance, evidence and a cut-off in its archive. */
void month_make(struct month *month);
void month_remove(struct month *month);

/* Puts the slots of [from, until), given from the month's start; ever the same for the same time.
 */
void month_feed(const struct month *month, nsec from, nsec until);

/* Closes; the error, and with it the reason in *why (to be freed) where it is not NULL. */
struct month_closing {
	nsec now; /* from the month's end */
	enum closing_when when;
	const char *reason;
	enum closing_loss loss;
};
enum err month_close(const struct month *month, const struct month_closing *how,
		     struct closing *out, char **why);

/* The report as HTML and JSON in both languages, one behind the other; the caller frees. From the
 * store at that time from the month's end, or from an edition. */
char *month_report_live(const struct month *month, nsec now);
char *month_report_closed(const struct month *month, const char *path);

/* Opens an edition that must be whole. */
struct closed *month_open(const char *path);

#endif
