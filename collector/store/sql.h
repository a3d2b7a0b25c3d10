/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the spool and the archive share of SQLite: opening durably, prepared statements. */
#ifndef NETGRADE_STORE_SQL_H
#define NETGRADE_STORE_SQL_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <sqlite3.h>
#include <stddef.h>

enum sql_mode { SQL_WRITING, SQL_READING };

/* One database file and its prepared statements, by the index of their texts. */
struct sql {
	sqlite3 *db;
	const char *name; /* for log lines */
	int told;	  /* result code that the log has last */
	sqlite3_stmt **statements;
	size_t count;
};

struct sql_schema {
	const char *name;
	int version;	     /* PRAGMA user_version */
	const char *mark;    /* a table that every version has; NULL: none */
	const char *upgrade; /* from version − 1; NULL: none */
	const char *tables;
	const char *const *texts;
	size_t count;
};

/* Opens path; SQL_WRITING makes it (mode 0600) with its tables, journalled ahead and synchronous.
 * E_NOT_FOUND: reading, and nothing is there yet; E_MISMATCH: another version wrote it; E_CORRUPT:
 * it is no database any more. sql is closed again on failure. */
MUST_CHECK enum err sql_open(struct sql *sql, const char *path, enum sql_mode mode,
			     const struct sql_schema *schema);
void sql_close(struct sql *sql);

/* From now on the log tells a refusal again, even the same. */
void sql_calm(struct sql *sql);

MUST_CHECK enum err sql_exec(struct sql *sql, const char *text);

/* Runs a prepared statement that gives no rows, or whose rows do not matter. */
MUST_CHECK enum err sql_run(struct sql *sql, size_t statement);

/* The next row: E_OK, E_NOT_FOUND after the last; sql_rewind ends it at any time. */
MUST_CHECK enum err sql_step(struct sql *sql, size_t statement);
void sql_rewind(struct sql *sql, size_t statement);

void sql_bind_nsec(struct sql *sql, size_t statement, int index, nsec value); /* undefined = NULL */
void sql_bind_integer(struct sql *sql, size_t statement, int index, int64_t value);
void sql_bind_text(struct sql *sql, size_t statement, int index, const char *text);
void sql_bind_blob(struct sql *sql, size_t statement, int index, const void *octets, size_t len);
nsec sql_nsec(struct sql *sql, size_t statement, int column);

/* Copies a text column; an absent or too long one gives "". */
void sql_text(struct sql *sql, size_t statement, int column, char *out, size_t size);

#endif
