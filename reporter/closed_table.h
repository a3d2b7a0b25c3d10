/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A closed table is a table of a facts file, described by its columns: the description makes the
 * schema, writes rows, reads them back and dumps them for the digest. */
#ifndef NETGRADE_REPORTER_CLOSED_TABLE_H
#define NETGRADE_REPORTER_CLOSED_TABLE_H

#include "collector/base/err.h"
#include "config/digest.h"

#include <sqlite3.h>
#include <stddef.h>

enum column_kind {
	COLUMN_UNSIGNED, /* of 1, 2, 4 or 8 octets */
	COLUMN_NSEC,	 /* NULL where undefined */
	COLUMN_BOOL,	 /* 0 or 1 */
	COLUMN_REAL,	 /* NULL for NAN */
	COLUMN_TEXT,	 /* an array of characters */
	COLUMN_STRING,	 /* a pointer to a text that the row owns */
	COLUMN_VERDICT,	 /* its name */
	COLUMN_REASON,	 /* the name of an unknown slot's; NULL where there is none */
	COLUMN_BUCKETS,	 /* an array of uint32_t: {"bucket":count,...} without the empty ones */
};

struct closed_column {
	const char *name;
	enum column_kind kind;
	size_t offset; /* of the member in the row */
	size_t size;   /* of the member */
};

#define CLOSED_COLUMN(name, kind, type, member)                                                    \
	{                                                                                          \
		name, kind, offsetof(type, member), sizeof(((type *)0)->member)                    \
	}

struct closed_table {
	const char *name;
	const char *key; /* primary key and order of the rows */
	const struct closed_column *columns;
	size_t count;
};

/* SQL; the caller frees. where is NULL or the condition of a selection. */
char *closed_table_create(const struct closed_table *table);
char *closed_table_insert(const struct closed_table *table);
char *closed_table_select(const struct closed_table *table, const char *where);

/* Binds all columns of a row to the insertion. */
void closed_table_bind(const struct closed_table *table, sqlite3_stmt *insertion, const void *row);

/* The row that the selection stands at; out is all zero before. E_CORRUPT where a value does not
 * fit its column. closed_table_finish frees its strings, after a failure too. */
MUST_CHECK enum err closed_table_read(const struct closed_table *table, sqlite3_stmt *selection,
				      void *out);
void closed_table_finish(const struct closed_table *table, void *row);

/* Adds the row that a selection stands at, in the form that netgrade-reporter(1) states. */
void closed_table_digest(sqlite3_stmt *selection, struct digest *digest);

#endif
