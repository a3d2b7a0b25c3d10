/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a service is asked for, from words: a configuration's or those of a command line. */
#ifndef NETGRADE_COLLECTOR_ASKING_H
#define NETGRADE_COLLECTOR_ASKING_H

#include "collector/base/err.h"
#include "collector/probe/ask.h"
#include "config/config.h"

/* NULL for a test of no service; at this site. The caller destroys it. E_MEMORY; E_SYNTAX for words
 * that the loader would have refused. */
MUST_CHECK enum err asking_of(const struct test_config *test, const struct site *site,
			      struct ask **out);

/* The words of a command line; NULL where they were not given. */
struct asking_words {
	const char *query;
	const char *record;
	const char *transport;
	const char *expect; /* right answers, between commas */
};

/* E_USAGE after telling on standard error what would be right; E_MEMORY. */
MUST_CHECK enum err asking_from_words(const struct asking_words *words, struct ask **out);

#endif
