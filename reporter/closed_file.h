/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A facts file as a database: how it is made, sealed, and told from anything else. */
#ifndef NETGRADE_REPORTER_CLOSED_FILE_H
#define NETGRADE_REPORTER_CLOSED_FILE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/store/sql.h"
#include "config/digest.h"
#include "reporter/closed_schema.h"

enum { CLOSED_WHY = 256 };

/* Makes the tables in an empty file and begins to write; the insertion into a table is the
 * statement of its number. sql_close drops what is not sealed. */
MUST_CHECK enum err closed_file_create(const char *path, struct sql *out);
MUST_CHECK enum err closed_file_put(struct sql *sql, enum closed_table_id table, const void *row);
/* Writes the digest over all rows and ends the writing. */
MUST_CHECK enum err closed_file_seal(struct sql *sql, struct closed_seal *seal);

/* Opens to read, and holds the file as it is until sql_close; there are no statements yet. Refused
 * with the reason in why: what is no facts file, one of another version, with other tables, or
 * whose rows do not give its digest. */
MUST_CHECK enum err closed_file_open(const char *path, struct sql *out, char why[CLOSED_WHY]);

#endif
