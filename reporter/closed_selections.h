/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selections are what is read from a facts file, each by a prepared statement. */
#ifndef NETGRADE_REPORTER_CLOSED_SELECTIONS_H
#define NETGRADE_REPORTER_CLOSED_SELECTIONS_H

#include "reporter/closed_schema.h"

enum statement {
	READ_HEAD,
	READ_SEAL,
	READ_CONFIGURATIONS,
	READ_KEYS,
	READ_SERIES,
	READ_HOURS,
	READ_STRETCHES,
	READ_OUTAGES,
	READ_SHIFTS,
	READ_WEEKS,
	READ_EVIDENCE,
	READ_PATH_EVENTS,
	READ_CERTIFICATES,
	READ_ENDS,
	READ_CUT_OFFS,
	READ_WINDOWS,
	READ_SCOPES,
	READ_REVISIONS,
	STATEMENTS
};

struct closed_selection {
	enum closed_table_id table;
	const char *where; /* NULL: all rows */
};

extern const struct closed_selection closed_selections[STATEMENTS];

#endif
