/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closed_file.h"

#include "collector/base/progress.h"
#include "reporter/text/must.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the header of a database file has what is asked here (the SQLite file format, 1.3). */
enum {
	HEADER = 100,
	HEADER_JOURNAL = 18, /* two octets, 1 each where there is no write-ahead log */
	HEADER_VERSION = 60,
	HEADER_APPLICATION = 68,
};

static enum err prepare(struct sql *sql, size_t index, char *text)
{
	int result = sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT,
					&sql->statements[index], NULL);

	free(text);
	return result == SQLITE_OK ? E_OK : E_CORRUPT;
}

static enum err make_tables(struct sql *sql)
{
	char *pragmas = must_format("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF;"
				    "PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
				    "PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN",
				    CLOSED_APPLICATION, CLOSED_VERSION);
	enum err rc = sql_exec(sql, pragmas);

	free(pragmas);
	for (size_t i = 0; i < CLOSED_TABLES && rc == E_OK; i++) {
		char *text = closed_table_create(&closed_tables[i]);
		rc = sql_exec(sql, text);
		free(text);
		if (rc == E_OK)
			rc = prepare(sql, i, closed_table_insert(&closed_tables[i]));
	}
	return rc;
}

/* Nobody sees the file before it is sealed and synced: it needs no journal. */
enum err closed_file_create(const char *path, struct sql *out)
{
	struct sql sql = {.name = path};

	if (sqlite3_open_v2(path, &sql.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		sql_close(&sql);
		return E_STORE;
	}
	sql.statements = must_calloc(CLOSED_TABLES, sizeof(sqlite3_stmt *));
	sql.count = CLOSED_TABLES;
	enum err rc = make_tables(&sql);
	if (rc != E_OK) {
		sql_close(&sql);
		return rc;
	}
	*out = sql;
	return E_OK;
}

enum err closed_file_put(struct sql *sql, enum closed_table_id table, const void *row)
{
	closed_table_bind(&closed_tables[table], sql->statements[table], row);
	return sql_run(sql, table);
}

/* --- the digest --- */

/* Rows of a path's month, about: what the progress is measured by. */
enum { ROWS_EACH = 800 };

struct dumping {
	struct digest *digest;
	struct progress progress;
	uint64_t rows;
};

static enum err dump_rows(struct sql *sql, const struct closed_table *table,
			  struct dumping *dumping)
{
	sqlite3_stmt *statement = NULL;
	struct sql reading = {
		.db = sql->db, .name = sql->name, .statements = &statement, .count = 1};
	enum err rc = prepare(&reading, 0, closed_table_select(table, NULL));

	while (rc == E_OK && (rc = sql_step(&reading, 0)) == E_OK) {
		closed_table_digest(statement, dumping->digest);
		progress_show(&dumping->progress, ++dumping->rows, table->name);
	}
	sqlite3_finalize(statement);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

/* Runs a query that gives one number. */
static enum err read_count(struct sql *sql, const char *text, int *out)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(sql->db, text, -1, &statement, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*out = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return result == SQLITE_ROW ? E_OK : E_CORRUPT;
}

/* Each table as a line with its name and a line for every row. */
static enum err digest_tables(struct sql *sql, char out[DIGEST_TEXT])
{
	struct dumping dumping = {.digest = digest_start()};
	int paths = 0;
	enum err rc = read_count(sql, "SELECT coalesce(max(id), 0) FROM series", &paths);

	dumping.progress = progress_start("hashing", (uint64_t)paths * ROWS_EACH);
	for (size_t i = 0; i < CLOSED_DUMPED && rc == E_OK; i++) {
		const char *name = closed_tables[i].name;
		digest_add(dumping.digest, "table ", strlen("table "));
		digest_add(dumping.digest, name, strlen(name));
		digest_add(dumping.digest, "\n", 1);
		rc = dump_rows(sql, &closed_tables[i], &dumping);
	}
	progress_finish(&dumping.progress);
	bool whole = digest_finish(dumping.digest, out);
	return rc == E_OK && !whole ? E_MEMORY : rc;
}

enum err closed_file_seal(struct sql *sql, struct closed_seal *seal)
{
	enum err rc = digest_tables(sql, seal->digest);

	if (rc == E_OK)
		rc = closed_file_put(sql, CLOSED_SEAL, seal);
	return rc == E_OK ? sql_exec(sql, "COMMIT") : rc;
}

/* --- what is read --- */

static uint32_t number_at(const unsigned char *octets)
{
	return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
	       octets[3];
}

/* Before SQLite sees it: what it makes of a header decides which files it looks for. */
static enum err check_header(const char *path, char why[CLOSED_WHY])
{
	unsigned char octets[HEADER] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		snprintf(why, CLOSED_WHY, "it cannot be read: %s", strerror(errno));
		return err_from_errno(errno);
	}
	ssize_t got = read(fd, octets, sizeof(octets));
	close(fd);
	uint32_t version = number_at(octets + HEADER_VERSION);
	if (got != HEADER || memcmp(octets, "SQLite format 3", 16) != 0 ||
	    octets[HEADER_JOURNAL] != 1 || octets[HEADER_JOURNAL + 1] != 1 ||
	    number_at(octets + HEADER_APPLICATION) != CLOSED_APPLICATION) {
		snprintf(why, CLOSED_WHY, "it is damaged, or no facts file");
		return E_CORRUPT;
	}
	if (version != CLOSED_VERSION) {
		snprintf(why, CLOSED_WHY,
			 "it has layout version %u, this program knows %d: use the program that "
			 "wrote it",
			 (unsigned)version, CLOSED_VERSION);
		return E_MISMATCH;
	}
	return E_OK;
}

/* Exactly the tables that are made here: no trigger, view or index of anybody else's. */
static enum err check_schema(struct sql *sql, char why[CLOSED_WHY])
{
	int count = 0;
	enum err rc =
		read_count(sql, "SELECT count(*) FROM sqlite_schema WHERE sql NOT NULL", &count);

	for (size_t i = 0; i < CLOSED_TABLES && rc == E_OK && count == CLOSED_TABLES; i++) {
		char *table = closed_table_create(&closed_tables[i]);
		char *text = sqlite3_mprintf("SELECT count(*) FROM sqlite_schema WHERE "
					     "type = 'table' AND sql = %Q",
					     table);
		int found = 0;
		rc = text == NULL ? E_MEMORY : read_count(sql, text, &found);
		if (rc == E_OK && found != 1)
			rc = E_CORRUPT;
		sqlite3_free(text);
		free(table);
	}
	if (rc == E_OK && count != CLOSED_TABLES)
		rc = E_CORRUPT;
	if (rc != E_OK)
		snprintf(why, CLOSED_WHY, "its tables are not those of a facts file");
	return rc;
}

static enum err check_digest(struct sql *sql, char why[CLOSED_WHY])
{
	char digest[DIGEST_TEXT];
	int sealed = 0;
	enum err rc = digest_tables(sql, digest);
	char *text = sqlite3_mprintf("SELECT count(*) FROM seal WHERE digest = %Q AND"
				     " (SELECT count(*) FROM seal) = 1",
				     rc == E_OK ? digest : "");

	if (rc == E_OK)
		rc = text == NULL ? E_MEMORY : read_count(sql, text, &sealed);
	sqlite3_free(text);
	if (rc == E_OK && sealed == 0)
		rc = E_CHECKSUM;
	if (rc != E_OK)
		snprintf(why, CLOSED_WHY,
			 "its rows do not give the digest that it was closed "
			 "with: it was damaged or changed");
	return rc;
}

/* The first reading statement fixes what is seen until the end. */
static enum err connect_to(struct sql *sql, const char *path, char why[CLOSED_WHY])
{
	int result =
		sqlite3_open_v2(path, &sql->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_exec(sql->db,
				      "PRAGMA cache_size = -256; PRAGMA query_only = ON;"
				      "PRAGMA trusted_schema = OFF;"
				      "PRAGMA cell_size_check = ON; BEGIN;"
				      "SELECT count(*) FROM sqlite_schema",
				      NULL, NULL, NULL);
	if (result == SQLITE_OK)
		return E_OK;
	snprintf(why, CLOSED_WHY, "it cannot be read: %s", sqlite3_errmsg(sql->db));
	return E_CORRUPT;
}

enum err closed_file_open(const char *path, struct sql *out, char why[CLOSED_WHY])
{
	struct sql sql = {.name = path};
	enum err rc = check_header(path, why);

	if (rc == E_OK)
		rc = connect_to(&sql, path, why);
	if (rc == E_OK)
		rc = check_schema(&sql, why);
	if (rc == E_OK)
		rc = check_digest(&sql, why);
	if (rc != E_OK) {
		sql_close(&sql);
		return rc;
	}
	*out = sql;
	return E_OK;
}
