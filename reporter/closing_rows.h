/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a closing: how what is known of a month becomes rows of its facts file. */
#ifndef NETGRADE_REPORTER_CLOSING_ROWS_H
#define NETGRADE_REPORTER_CLOSING_ROWS_H

#include "reporter/closed_file.h"
#include "reporter/closing.h"
#include "reporter/revision.h"
#include "reporter/subjects.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct closing_rows {
	const struct closing_request *request;
	struct source source;
	struct sql sql;
	uint32_t edition;
	bool provisional;
	bool windows_known;
	const char *previous; /* digest of the edition before, "" for none */
	size_t series;	      /* put, as the next two */
	size_t measured;      /* series that have a slot that was due in the period */
	size_t configurations;
	size_t revised;
	size_t unreadable; /* series that cannot be read */
	/* Series whose rows are kept no longer, and the time from the first to the last of these.
	 */
	struct {
		size_t series;
		struct period span;
	} gone;
};

MUST_CHECK enum err closing_rows_head(struct closing_rows *rows);
MUST_CHECK enum err closing_rows_configurations(struct closing_rows *rows);
/* All series with what hangs on them; what cannot be put is counted. */
MUST_CHECK enum err closing_rows_series(struct closing_rows *rows, const struct subjects *subjects);
MUST_CHECK enum err closing_rows_cut_offs(struct closing_rows *rows);
/* Those that touch a slot of the period. */
MUST_CHECK enum err closing_rows_windows(struct closing_rows *rows,
					 const struct window_list *windows);
MUST_CHECK enum err closing_rows_revisions(struct closing_rows *rows, const struct figures *before,
					   const struct figures *after);

/* Why the month cannot be closed any more; the caller frees. */
char *closing_rows_say_gone(const struct closing_rows *rows);

#endif
