/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A closing writes what a month was, for good: DATA/reports/YYYY-MM/facts.db, and beside it further
 * editions. */
#ifndef NETGRADE_REPORTER_CLOSING_H
#define NETGRADE_REPORTER_CLOSING_H

#include "config/config.h"
#include "config/digest.h"
#include "reporter/past.h"
#include "reporter/period.h"
#include "reporter/query.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum closing_when {
	CLOSING_FINAL, /* refused before the month is final */
	CLOSING_NOW,   /* whatever is missing; provisional where something is */
};

enum closing_loss {
	ROWS_REFUSED,
	ROWS_ACCEPTED, /* what is kept no longer counts as unknown, and reports say so */
};

struct closing_request {
	const struct config *config;
	const char *data;
	struct query *query;
	const struct past *past;     /* NULL where it is not to be heeded */
	struct report_period period; /* a whole month that is over, in the calendar's zone */
	enum closing_when when;
	enum closing_loss loss; /* of rows that were stored once */
	const char *reason;	/* of a revised edition; NULL: the first, or what follows a
				 * provisional one */
};

struct closing {
	uint32_t edition;
	bool provisional;
	size_t series;
	size_t incomplete; /* of them: rows were lost */
	bool compared;	/* with the edition before; false where there is none, or it is damaged */
	size_t revised; /* figures that are not as in that one */
	uint64_t octets;
	char path[PATH_MAX];
	char digest[DIGEST_TEXT];
};

/* On failure *why says it in a sentence, with what to do; the caller frees it. Nothing that stands
 * there is ever overwritten. */
MUST_CHECK enum err closing_make(const struct closing_request *request, struct closing *out,
				 char **why);

#endif
