/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/spool.h"
#include "collector/base/log.h"
#include "collector/store/packed.h"
#include "collector/store/sql.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DROPPED_TABLE                                                                              \
	"CREATE TABLE dropped (id INTEGER PRIMARY KEY, series INTEGER NOT NULL,"                   \
	" from_slot INTEGER NOT NULL, until_slot INTEGER NOT NULL, slots INTEGER NOT NULL,"        \
	" reason TEXT NOT NULL) STRICT;"                                                           \
	"CREATE INDEX dropped_series ON dropped (series, until_slot);"

static const char tables[] =
	"CREATE TABLE series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
	" interval INTEGER NOT NULL, first_slot INTEGER, first_reply INTEGER,"
	" filed_until INTEGER, hours_until INTEGER) STRICT;"
	"CREATE TABLE epoch (id INTEGER PRIMARY KEY, series INTEGER NOT NULL,"
	" interval INTEGER NOT NULL, from_slot INTEGER NOT NULL, file TEXT NOT NULL) STRICT;"
	"CREATE INDEX epoch_series ON epoch (series);"
	"CREATE TABLE slot (id INTEGER PRIMARY KEY, previous INTEGER NOT NULL,"
	" series INTEGER NOT NULL, value BLOB NOT NULL) STRICT;"
	"CREATE TABLE undo (file TEXT PRIMARY KEY, header BLOB NOT NULL) STRICT;" DROPPED_TABLE;

enum statement {
	BEGIN_WRITING,
	BEGIN_READING,
	COMMIT,
	ROLLBACK,
	SAVE_SERIES,
	SAVE_FILED,
	FIND_SERIES,
	EACH_SERIES,
	ADD_EPOCH,
	LIST_EPOCHS,
	APPEND,
	READ,
	READ_BACK,
	PREVIOUS,
	FREE_BETWEEN,
	EACH_ROW,
	SAVE_UNDO,
	FREE_UNDO,
	FREE_UNDOS,
	FIND_UNDO,
	EACH_UNDO,
	GROW_DROPPED,
	ADD_DROPPED,
	LIST_DROPPED,
	COUNT_PAGES,
	STATEMENTS
};

static const char *const texts[STATEMENTS] = {
	[BEGIN_WRITING] = "BEGIN IMMEDIATE",
	[BEGIN_READING] = "BEGIN",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[SAVE_SERIES] = "INSERT INTO series (id, key, interval, first_slot, first_reply)"
			" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET"
			" interval = ?3, first_slot = ?4, first_reply = ?5",
	[SAVE_FILED] = "UPDATE series SET filed_until = ?2, hours_until = ?3 WHERE id = ?1",
	[FIND_SERIES] = "SELECT id, key, interval, first_slot, first_reply, filed_until,"
			" hours_until FROM series WHERE key = ?1",
	[EACH_SERIES] = "SELECT id, key, interval, first_slot, first_reply, filed_until,"
			" hours_until FROM series ORDER BY id",
	[ADD_EPOCH] = "INSERT INTO epoch (series, interval, from_slot, file)"
		      " VALUES (?1, ?2, ?3, ?4)",
	[LIST_EPOCHS] = "SELECT interval, from_slot, file FROM epoch WHERE series = ?1 ORDER BY id",
	[APPEND] = "INSERT INTO slot (id, previous, series, value) VALUES (?1, ?2, ?3, ?4)",
	[READ] = "SELECT id, previous, series, value FROM slot WHERE id = ?1",
	[READ_BACK] = "SELECT id, previous, series, value FROM slot WHERE id <= ?1"
		      " ORDER BY id DESC",
	[PREVIOUS] = "SELECT previous FROM slot WHERE id = ?1",
	[FREE_BETWEEN] = "DELETE FROM slot WHERE id BETWEEN ?1 AND ?2",
	[EACH_ROW] = "SELECT id, previous, series, value FROM slot WHERE id > ?1 ORDER BY id",
	[SAVE_UNDO] = "INSERT OR REPLACE INTO undo (file, header) VALUES (?1, ?2)",
	[FREE_UNDO] = "DELETE FROM undo WHERE file = ?1",
	[FREE_UNDOS] = "DELETE FROM undo",
	[FIND_UNDO] = "SELECT header FROM undo WHERE file = ?1",
	[EACH_UNDO] = "SELECT file, header FROM undo ORDER BY file",
	[GROW_DROPPED] = "UPDATE dropped SET until_slot = ?3, slots = slots + ?4"
			 " WHERE series = ?1 AND until_slot = ?2 AND reason = ?5",
	[ADD_DROPPED] = "INSERT INTO dropped (series, from_slot, until_slot, slots, reason)"
			" VALUES (?1, ?2, ?3, ?4, ?5)",
	[LIST_DROPPED] = "SELECT from_slot, until_slot FROM dropped WHERE series = ?1"
			 " AND until_slot > ?2 AND from_slot < ?3 ORDER BY until_slot",
	[COUNT_PAGES] = "SELECT (page_count - freelist_count) * page_size"
			" FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
};

static const struct sql_schema schema = {
	.name = "spool.db",
	.version = 2,
	.mark = "slot",
	.upgrade = DROPPED_TABLE,
	.tables = tables,
	.texts = texts,
	.count = STATEMENTS,
};

struct spool {
	struct sql sql;
	pthread_mutex_t lock; /* held from a begin to its end */
};

static enum err open_in_mode(const char *path, enum sql_mode mode, struct spool **out)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (spool == NULL)
		return E_MEMORY;
	enum err rc = sql_open(&spool->sql, path, mode, &schema);
	if (rc != E_OK) {
		free(spool);
		return rc;
	}
	pthread_mutex_init(&spool->lock, NULL);
	*out = spool;
	return E_OK;
}

enum err spool_open(const char *path, struct spool **out)
{
	return open_in_mode(path, SQL_WRITING, out);
}

enum err spool_open_reading(const char *path, struct spool **out)
{
	return open_in_mode(path, SQL_READING, out);
}

void spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	sql_close(&spool->sql);
	pthread_mutex_destroy(&spool->lock);
	free(spool);
}

enum err spool_stop_syncing(struct spool *spool)
{
	return sql_exec(&spool->sql, "PRAGMA synchronous = OFF");
}

static enum err begin_with(struct spool *spool, enum statement how)
{
	pthread_mutex_lock(&spool->lock);
	enum err rc = sql_run(&spool->sql, how);
	if (rc != E_OK)
		pthread_mutex_unlock(&spool->lock);
	return rc;
}

enum err spool_begin(struct spool *spool)
{
	return begin_with(spool, BEGIN_WRITING);
}

enum err spool_begin_reading(struct spool *spool)
{
	return begin_with(spool, BEGIN_READING);
}

void spool_rollback(struct spool *spool)
{
	/* SQLite may have rolled back by itself; a second time is an error of no consequence. */
	if (sqlite3_get_autocommit(spool->sql.db) == 0)
		(void)!sql_run(&spool->sql, ROLLBACK);
	pthread_mutex_unlock(&spool->lock);
}

enum err spool_commit(struct spool *spool)
{
	enum err rc = sql_run(&spool->sql, COMMIT);

	if (rc != E_OK) {
		spool_rollback(spool);
		return rc;
	}
	sql_calm(&spool->sql);
	pthread_mutex_unlock(&spool->lock);
	return E_OK;
}

enum err spool_save_series(struct spool *spool, const struct spool_series *series)
{
	struct sql *sql = &spool->sql;

	sql_bind_integer(sql, SAVE_SERIES, 1, series->id);
	sql_bind_text(sql, SAVE_SERIES, 2, series->key);
	sql_bind_integer(sql, SAVE_SERIES, 3, series->interval);
	sql_bind_nsec(sql, SAVE_SERIES, 4, series->first_slot);
	sql_bind_nsec(sql, SAVE_SERIES, 5, series->first_reply);
	return sql_run(sql, SAVE_SERIES);
}

enum err spool_save_filed(struct spool *spool, const struct spool_series *series)
{
	struct sql *sql = &spool->sql;

	sql_bind_integer(sql, SAVE_FILED, 1, series->id);
	sql_bind_nsec(sql, SAVE_FILED, 2, series->filed_until);
	sql_bind_nsec(sql, SAVE_FILED, 3, series->hours_until);
	return sql_run(sql, SAVE_FILED);
}

static struct spool_series series_at(struct sql *sql, enum statement from)
{
	struct spool_series series;

	series.id = (uint32_t)sqlite3_column_int64(sql->statements[from], 0);
	sql_text(sql, from, 1, series.key, sizeof(series.key));
	series.interval = sql_nsec(sql, from, 2);
	series.first_slot = sql_nsec(sql, from, 3);
	series.first_reply = sql_nsec(sql, from, 4);
	series.filed_until = sql_nsec(sql, from, 5);
	series.hours_until = sql_nsec(sql, from, 6);
	return series;
}

enum err spool_find_series(struct spool *spool, const char *key, struct spool_series *out)
{
	struct sql *sql = &spool->sql;

	sql_bind_text(sql, FIND_SERIES, 1, key);
	enum err rc = sql_step(sql, FIND_SERIES);
	if (rc != E_OK)
		return rc;
	*out = series_at(sql, FIND_SERIES);
	sql_rewind(sql, FIND_SERIES);
	return E_OK;
}

enum err spool_each_series(struct spool *spool, spool_series_visit *visit, void *context)
{
	enum err rc;

	while ((rc = sql_step(&spool->sql, EACH_SERIES)) == E_OK) {
		struct spool_series series = series_at(&spool->sql, EACH_SERIES);
		rc = visit(context, &series);
		if (rc != E_OK)
			break;
	}
	sql_rewind(&spool->sql, EACH_SERIES);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

enum err spool_add_epoch(struct spool *spool, const struct spool_epoch *epoch)
{
	struct sql *sql = &spool->sql;

	sql_bind_integer(sql, ADD_EPOCH, 1, epoch->series);
	sql_bind_integer(sql, ADD_EPOCH, 2, epoch->interval);
	sql_bind_integer(sql, ADD_EPOCH, 3, epoch->from);
	sql_bind_text(sql, ADD_EPOCH, 4, epoch->file);
	return sql_run(sql, ADD_EPOCH);
}

enum err spool_list_epochs(struct spool *spool, uint32_t series, struct spool_epoch **out,
			   size_t *count)
{
	struct sql *sql = &spool->sql;
	struct spool_epoch *list = NULL;
	size_t used = 0;
	enum err rc;

	sql_bind_integer(sql, LIST_EPOCHS, 1, series);
	while ((rc = sql_step(sql, LIST_EPOCHS)) == E_OK) {
		struct spool_epoch *longer = realloc(list, (used + 1) * sizeof(*list));
		if (longer == NULL) {
			rc = E_MEMORY;
			break;
		}
		list = longer;
		list[used].series = series;
		list[used].interval = sql_nsec(sql, LIST_EPOCHS, 0);
		list[used].from = sql_nsec(sql, LIST_EPOCHS, 1);
		sql_text(sql, LIST_EPOCHS, 2, list[used++].file, SPOOL_FILE);
	}
	sql_rewind(sql, LIST_EPOCHS);
	if (rc != E_NOT_FOUND) {
		free(list);
		return rc;
	}
	*out = list;
	*count = used;
	return E_OK;
}

enum err spool_append(struct spool *spool, const struct spool_row *row)
{
	struct sql *sql = &spool->sql;

	sql_bind_integer(sql, APPEND, 1, row->id);
	sql_bind_integer(sql, APPEND, 2, row->previous);
	sql_bind_integer(sql, APPEND, 3, row->series);
	sql_bind_blob(sql, APPEND, 4, row->octets, row->len);
	return sql_run(sql, APPEND);
}

static void row_at(struct sql *sql, enum statement from, struct spool_row *out)
{
	sqlite3_stmt *statement = sql->statements[from];

	out->id = sqlite3_column_int64(statement, 0);
	out->previous = sqlite3_column_int64(statement, 1);
	out->series = (uint32_t)sqlite3_column_int64(statement, 2);
	const void *octets = sqlite3_column_blob(statement, 3);
	out->len = (size_t)sqlite3_column_bytes(statement, 3);
	if (octets == NULL || out->len > SLOT_OCTETS)
		out->len = 0; /* decoding will refuse it */
	else
		memcpy(out->octets, octets, out->len);
}

enum err spool_read(struct spool *spool, int64_t id, struct spool_row *out)
{
	struct sql *sql = &spool->sql;

	sql_bind_integer(sql, READ, 1, id);
	enum err rc = sql_step(sql, READ);
	if (rc != E_OK)
		return rc;
	row_at(sql, READ, out);
	sql_rewind(sql, READ);
	return E_OK;
}

enum err spool_previous(struct spool *spool, int64_t id, int64_t *previous)
{
	struct sql *sql = &spool->sql;

	sql_bind_integer(sql, PREVIOUS, 1, id);
	enum err rc = sql_step(sql, PREVIOUS);
	if (rc != E_OK)
		return rc;
	*previous = sqlite3_column_int64(sql->statements[PREVIOUS], 0);
	sql_rewind(sql, PREVIOUS);
	return E_OK;
}

enum err spool_each_before(struct spool *spool, int64_t newest, spool_row_visit *visit,
			   void *context)
{
	struct sql *sql = &spool->sql;
	struct spool_row row;
	int64_t next = newest;
	int64_t below = 0; /* the number that the statement gives next, if there is such a row */
	enum err rc = E_OK;

	while (next > 0 && rc == E_OK) {
		if (next != below) {
			sql_rewind(sql, READ_BACK);
			sql_bind_integer(sql, READ_BACK, 1, next);
		}
		rc = sql_step(sql, READ_BACK);
		if (rc != E_OK)
			break;
		row_at(sql, READ_BACK, &row);
		if (row.id != next)
			break;
		rc = visit(context, &row);
		below = row.id - 1;
		next = row.previous < row.id ? row.previous : 0;
	}
	sql_rewind(sql, READ_BACK);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

enum err spool_free_between(struct spool *spool, int64_t first, int64_t last)
{
	struct sql *sql = &spool->sql;

	sql_bind_integer(sql, FREE_BETWEEN, 1, first);
	sql_bind_integer(sql, FREE_BETWEEN, 2, last);
	return sql_run(sql, FREE_BETWEEN);
}

enum err spool_each_row(struct spool *spool, int64_t after, spool_row_visit *visit, void *context)
{
	struct sql *sql = &spool->sql;
	struct spool_row row;
	enum err rc;

	sql_bind_integer(sql, EACH_ROW, 1, after);
	while ((rc = sql_step(sql, EACH_ROW)) == E_OK) {
		row_at(sql, EACH_ROW, &row);
		rc = visit(context, &row);
		if (rc != E_OK)
			break;
	}
	sql_rewind(sql, EACH_ROW);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err run_dropped(struct sql *sql, enum statement how,
			    const struct spool_dropped *dropped)
{
	sql_bind_integer(sql, how, 1, dropped->series);
	sql_bind_integer(sql, how, 2, dropped->span.from);
	sql_bind_integer(sql, how, 3, dropped->span.until);
	sql_bind_integer(sql, how, 4, dropped->slots);
	sql_bind_text(sql, how, 5, dropped->reason);
	return sql_run(sql, how);
}

enum err spool_add_dropped(struct spool *spool, const struct spool_dropped *dropped)
{
	enum err rc = run_dropped(&spool->sql, GROW_DROPPED, dropped);

	if (rc != E_OK || sqlite3_changes(spool->sql.db) > 0)
		return rc;
	return run_dropped(&spool->sql, ADD_DROPPED, dropped);
}

enum err spool_list_dropped(struct spool *spool, uint32_t series, struct period period,
			    struct period **out, size_t *count)
{
	struct sql *sql = &spool->sql;
	struct period *list = NULL;
	size_t used = 0;
	enum err rc;

	sql_bind_integer(sql, LIST_DROPPED, 1, series);
	sql_bind_integer(sql, LIST_DROPPED, 2, period.from);
	sql_bind_integer(sql, LIST_DROPPED, 3, period.until);
	while ((rc = sql_step(sql, LIST_DROPPED)) == E_OK) {
		struct period *longer = realloc(list, (used + 1) * sizeof(*list));
		if (longer == NULL) {
			rc = E_MEMORY;
			break;
		}
		list = longer;
		list[used].from = sql_nsec(sql, LIST_DROPPED, 0);
		list[used++].until = sql_nsec(sql, LIST_DROPPED, 1);
	}
	sql_rewind(sql, LIST_DROPPED);
	if (rc != E_NOT_FOUND) {
		free(list);
		return rc;
	}
	*out = list;
	*count = used;
	return E_OK;
}

enum err spool_octets(struct spool *spool, uint64_t *out)
{
	struct sql *sql = &spool->sql;
	enum err rc = sql_step(sql, COUNT_PAGES);

	if (rc != E_OK)
		return rc;
	*out = (uint64_t)sqlite3_column_int64(sql->statements[COUNT_PAGES], 0);
	sql_rewind(sql, COUNT_PAGES);
	return E_OK;
}

enum err spool_save_undo(struct spool *spool, const char *file, const void *octets, size_t len)
{
	uint8_t *packed;
	size_t packed_len;
	enum err rc = packed_make(octets, len, &packed, &packed_len);

	if (rc != E_OK)
		return rc;
	sql_bind_text(&spool->sql, SAVE_UNDO, 1, file);
	sql_bind_blob(&spool->sql, SAVE_UNDO, 2, packed, packed_len);
	rc = sql_run(&spool->sql, SAVE_UNDO);
	free(packed);
	return rc;
}

enum err spool_free_undo(struct spool *spool, const char *file)
{
	sql_bind_text(&spool->sql, FREE_UNDO, 1, file);
	return sql_run(&spool->sql, FREE_UNDO);
}

enum err spool_free_undos(struct spool *spool)
{
	return sql_run(&spool->sql, FREE_UNDOS);
}

static enum err undo_at(struct sql *sql, enum statement from, int column, uint8_t **out,
			size_t *len)
{
	sqlite3_stmt *statement = sql->statements[from];
	const void *packed = sqlite3_column_blob(statement, column);

	return packed_open(packed, (size_t)sqlite3_column_bytes(statement, column), out, len);
}

enum err spool_find_undo(struct spool *spool, const char *file, uint8_t **out, size_t *len)
{
	struct sql *sql = &spool->sql;

	sql_bind_text(sql, FIND_UNDO, 1, file);
	enum err rc = sql_step(sql, FIND_UNDO);
	if (rc != E_OK)
		return rc;
	rc = undo_at(sql, FIND_UNDO, 0, out, len);
	sql_rewind(sql, FIND_UNDO);
	return rc;
}

enum err spool_each_undo(struct spool *spool, spool_undo_visit *visit, void *context)
{
	struct sql *sql = &spool->sql;
	enum err rc;

	while ((rc = sql_step(sql, EACH_UNDO)) == E_OK) {
		char file[SPOOL_FILE];
		uint8_t *octets = NULL;
		size_t len = 0;
		sql_text(sql, EACH_UNDO, 0, file, sizeof(file));
		rc = undo_at(sql, EACH_UNDO, 1, &octets, &len);
		if (rc == E_OK)
			rc = visit(context, file, octets, len);
		free(octets);
		if (rc == E_CORRUPT) { /* the file's own check finds what could not be put back */
			log_error("store", "%s: the image of its header is damaged", file);
			rc = E_OK;
		}
		if (rc != E_OK)
			break;
	}
	sql_rewind(sql, EACH_UNDO);
	return rc == E_NOT_FOUND ? E_OK : rc;
}
