/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/sql.h"
#include "collector/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err code_of(int result)
{
	switch (result & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return E_CORRUPT;
	case SQLITE_FULL:
		return E_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return E_BUSY;
	case SQLITE_NOMEM:
		return E_MEMORY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return E_PERMISSION;
	default:
		return E_STORE;
	}
}

/* What lasts is told once. */
static enum err refused(struct sql *sql, int result)
{
	if (result != sql->told)
		log_error("store", "%s: %s (SQLite %d)", sql->name,
			  sql->db != NULL ? sqlite3_errmsg(sql->db) : sqlite3_errstr(result),
			  result);
	sql->told = result;
	return code_of(result);
}

void sql_calm(struct sql *sql)
{
	sql->told = SQLITE_OK;
}

enum err sql_exec(struct sql *sql, const char *text)
{
	int result = sqlite3_exec(sql->db, text, NULL, NULL, NULL);
	return result == SQLITE_OK ? E_OK : refused(sql, result);
}

static enum err read_integer(struct sql *sql, const char *text, int *out)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(sql->db, text, -1, &statement, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*out = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return result == SQLITE_ROW ? E_OK : refused(sql, result);
}

/* Runs what leads to the schema's version, and notes it, as one. */
static enum err change_tables(struct sql *sql, const struct sql_schema *schema, const char *text)
{
	char version[64];

	snprintf(version, sizeof(version), "PRAGMA user_version = %d", schema->version);
	enum err rc = sql_exec(sql, "BEGIN IMMEDIATE");
	if (rc == E_OK)
		rc = sql_exec(sql, text);
	if (rc == E_OK)
		rc = sql_exec(sql, version);
	return rc == E_OK ? sql_exec(sql, "COMMIT") : rc;
}

/* A database of something else, or one that lost its tables. */
static enum err check_mark(struct sql *sql, const struct sql_schema *schema, int version)
{
	char text[128];
	int tables = 0;
	int marked = 0;

	if (schema->mark == NULL)
		return E_OK;
	snprintf(text, sizeof(text), "SELECT count(*) FROM sqlite_schema WHERE name = '%s'",
		 schema->mark);
	enum err rc = read_integer(sql, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc == E_OK)
		rc = read_integer(sql, text, &marked);
	if (rc != E_OK)
		return rc;
	return (version == 0) == (tables == 0) && (version == 0 || marked != 0) ? E_OK : E_CORRUPT;
}

static enum err agree_on_version(struct sql *sql, enum sql_mode mode,
				 const struct sql_schema *schema)
{
	int version = 0;
	enum err rc = read_integer(sql, "PRAGMA user_version", &version);

	if (rc == E_OK)
		rc = check_mark(sql, schema, version);
	if (rc != E_OK || version == schema->version)
		return rc;
	if (version == 0)
		return mode == SQL_READING ? E_NOT_FOUND
					   : change_tables(sql, schema, schema->tables);
	if (version == schema->version - 1 && schema->upgrade != NULL && mode == SQL_WRITING)
		return change_tables(sql, schema, schema->upgrade);
	log_error("store",
		  "%s has layout version %d, this program knows %d: use the program that "
		  "wrote it",
		  sql->name, version, schema->version);
	return E_MISMATCH;
}

static enum err prepare_all(struct sql *sql, const struct sql_schema *schema)
{
	sql->statements = calloc(schema->count, sizeof(sqlite3_stmt *));
	if (sql->statements == NULL)
		return E_MEMORY;
	sql->count = schema->count;
	for (size_t i = 0; i < schema->count; i++) {
		int result =
			sqlite3_prepare_v3(sql->db, schema->texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					   &sql->statements[i], NULL);
		if (result != SQLITE_OK) {
			enum err rc = refused(sql, result);
			return (result & 0xff) == SQLITE_ERROR ? E_CORRUPT : rc; /* no such table */
		}
	}
	return E_OK;
}

/* Journal and shared-memory files take their mode from the database file. */
static enum err make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_from_errno(errno);
	close(fd);
	return E_OK;
}

/* Counting each allocation under a lock costs a tenth of a slot's time. Refused, without harm, when
 * the program has used SQLite before. */
static void configure_once(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* Who reads beside a writer shares memory with it through a file; it takes part in making that. */
static bool can_share(const char *path)
{
	char folder[PATH_MAX];
	char journal[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : (int)(slash - path),
		 slash == NULL ? "." : path);
	snprintf(journal, sizeof(journal), "%s-wal", path);
	return access(folder, W_OK) == 0 || (stat(journal, &st) == 0 && st.st_size > 0);
}

/* On read-only media without a journal nothing will change while it is read. */
static int open_unchanging(struct sql *sql, const char *path)
{
	char *uri = sqlite3_mprintf("file:%s?immutable=1", path);
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
	int result = uri == NULL || strpbrk(path, "?#%") != NULL
			     ? SQLITE_CANTOPEN
			     : sqlite3_open_v2(uri, &sql->db, flags, NULL);

	sqlite3_free(uri);
	return result;
}

static enum err connect_to(struct sql *sql, const char *path, enum sql_mode mode)
{
	int flags = SQLITE_OPEN_NOMUTEX |
		    (mode == SQL_READING ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	static pthread_once_t configured = PTHREAD_ONCE_INIT;

	pthread_once(&configured, configure_once);
	int result = mode == SQL_READING && !can_share(path)
			     ? open_unchanging(sql, path)
			     : sqlite3_open_v2(path, &sql->db, flags, NULL);

	if (result != SQLITE_OK)
		return refused(sql, result);
	sqlite3_extended_result_codes(sql->db, 1);
	sqlite3_busy_timeout(sql->db, 10000);
	if (mode == SQL_READING)
		return sql_exec(sql, "PRAGMA query_only = ON");
	return sql_exec(sql, "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = FULL;"
			     "PRAGMA cache_size = -16384;"
			     "PRAGMA wal_autocheckpoint = 4000;"
			     "PRAGMA journal_size_limit = 67108864;");
}

enum err sql_open(struct sql *sql, const char *path, enum sql_mode mode,
		  const struct sql_schema *schema)
{
	*sql = (struct sql){.name = schema->name};
	if (mode == SQL_READING && access(path, F_OK) != 0)
		return err_from_errno(errno);
	enum err rc = mode == SQL_WRITING ? make_private(path) : E_OK;
	if (rc == E_OK)
		rc = connect_to(sql, path, mode);
	if (rc == E_OK)
		rc = agree_on_version(sql, mode, schema);
	if (rc == E_OK)
		rc = prepare_all(sql, schema);
	if (rc != E_OK)
		sql_close(sql);
	return rc;
}

void sql_close(struct sql *sql)
{
	for (size_t i = 0; i < sql->count; i++)
		sqlite3_finalize(sql->statements[i]);
	free(sql->statements);
	sqlite3_close(sql->db);
	sql->statements = NULL;
	sql->count = 0;
	sql->db = NULL;
}

void sql_rewind(struct sql *sql, size_t statement)
{
	sqlite3_reset(sql->statements[statement]);
	sqlite3_clear_bindings(sql->statements[statement]);
}

enum err sql_step(struct sql *sql, size_t statement)
{
	int result = sqlite3_step(sql->statements[statement]);

	if (result == SQLITE_ROW)
		return E_OK;
	enum err rc = result == SQLITE_DONE ? E_NOT_FOUND : refused(sql, result);
	sql_rewind(sql, statement);
	return rc;
}

enum err sql_run(struct sql *sql, size_t statement)
{
	enum err rc = sql_step(sql, statement);

	if (rc == E_OK)
		sql_rewind(sql, statement);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

/* Binding fails for want of memory only; the step then meets a NULL that the tables refuse. */
void sql_bind_integer(struct sql *sql, size_t statement, int index, int64_t value)
{
	sqlite3_bind_int64(sql->statements[statement], index, value);
}

void sql_bind_nsec(struct sql *sql, size_t statement, int index, nsec value)
{
	if (value == NSEC_UNDEFINED)
		sqlite3_bind_null(sql->statements[statement], index);
	else
		sqlite3_bind_int64(sql->statements[statement], index, value);
}

void sql_bind_text(struct sql *sql, size_t statement, int index, const char *text)
{
	sqlite3_bind_text(sql->statements[statement], index, text, -1, SQLITE_STATIC);
}

void sql_bind_blob(struct sql *sql, size_t statement, int index, const void *octets, size_t len)
{
	sqlite3_bind_blob64(sql->statements[statement], index, octets, len, SQLITE_STATIC);
}

nsec sql_nsec(struct sql *sql, size_t statement, int column)
{
	if (sqlite3_column_type(sql->statements[statement], column) == SQLITE_NULL)
		return NSEC_UNDEFINED;
	return sqlite3_column_int64(sql->statements[statement], column);
}

void sql_text(struct sql *sql, size_t statement, int column, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(sql->statements[statement], column);
	size_t len = (size_t)sqlite3_column_bytes(sql->statements[statement], column);

	if (text == NULL || len >= size)
		len = 0;
	memcpy(out, text == NULL ? (const unsigned char *)"" : text, len);
	out[len] = '\0';
}
