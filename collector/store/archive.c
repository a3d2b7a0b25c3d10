/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/archive.h"
#include "collector/store/archive_inside.h"
#include "collector/store/home.h"
#include "collector/store/sql.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char tables[] =
	"CREATE TABLE configuration (id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
	" digest TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
	"CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, agent TEXT NOT NULL,"
	" kind TEXT NOT NULL, detail TEXT NOT NULL) STRICT;"
	"CREATE TABLE evidence (id INTEGER PRIMARY KEY, key TEXT NOT NULL,"
	" from_slot INTEGER NOT NULL, until_slot INTEGER NOT NULL, path TEXT NOT NULL,"
	" digest TEXT NOT NULL) STRICT;"
	"CREATE INDEX evidence_slot ON evidence (key, from_slot);";

enum statement { ADD_EVENT, ADD_EVIDENCE, FIND_EVIDENCE, STATEMENTS };

static const char *const texts[STATEMENTS] = {
	[ADD_EVENT] = "INSERT INTO event (at, agent, kind, detail) VALUES (?1, ?2, ?3, ?4)",
	[ADD_EVIDENCE] = "INSERT INTO evidence (key, from_slot, until_slot, path, digest)"
			 " VALUES (?1, ?2, ?3, ?4, ?5)",
	[FIND_EVIDENCE] = "SELECT from_slot, until_slot, path, digest FROM evidence"
			  " WHERE key = ?1 AND from_slot < ?3 AND until_slot > ?2"
			  " ORDER BY from_slot, id",
};

static const struct sql_schema schema = {
	.name = "archive.db",
	.version = 1,
	.tables = tables,
	.texts = texts,
	.count = STATEMENTS,
};

/* Made beside the tables of the first version, which lack it: who knows nothing of it loses
 * nothing.
 */
static const char cut_off_table[] =
	"CREATE TABLE IF NOT EXISTS cut_off (agent TEXT NOT NULL, family INTEGER NOT NULL,"
	" from_at INTEGER NOT NULL, until_at INTEGER NOT NULL, open INTEGER NOT NULL,"
	" PRIMARY KEY (agent, family, from_at)) STRICT, WITHOUT ROWID";

enum { ADD_CUT_OFF, FIND_CUT_OFFS, CUT_OFF_STATEMENTS };

static const char *const cut_off_texts[CUT_OFF_STATEMENTS] = {
	[ADD_CUT_OFF] = "INSERT INTO cut_off (agent, family, from_at, until_at, open)"
			" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE"
			" SET until_at = excluded.until_at, open = excluded.open",
	[FIND_CUT_OFFS] = "SELECT agent, family, from_at, until_at, open FROM cut_off"
			  " WHERE from_at < ?2 AND until_at > ?1"
			  " ORDER BY agent, family, from_at",
};

/* By their numbers. */
static const struct archive_part *const parts[ARCHIVE_PARTS] = {
	[ARCHIVE_CONFIGURATIONS] = &archive_configurations,
	[ARCHIVE_PROFILES] = &archive_profiles,
	[ARCHIVE_WINDOWS] = &archive_windows,
	[ARCHIVE_OUTAGES] = &archive_outages,
	[ARCHIVE_SIGHTINGS] = &archive_sightings,
	[ARCHIVE_PATHS] = &archive_paths,
};

struct archive {
	struct sql sql;
	struct sql parts[ARCHIVE_PARTS]; /* the same file */
	sqlite3_stmt *cut_off_statements[CUT_OFF_STATEMENTS];
	struct sql cut_offs; /* the same file */
};

/* False where an archive that is only read has no such table yet. */
static bool prepare_cut_offs(struct archive *archive)
{
	archive->cut_offs = archive->sql;
	archive->cut_offs.statements = archive->cut_off_statements;
	archive->cut_offs.count = CUT_OFF_STATEMENTS;
	for (size_t i = 0; i < CUT_OFF_STATEMENTS; i++) {
		if (sqlite3_prepare_v3(archive->sql.db, cut_off_texts[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &archive->cut_off_statements[i],
				       NULL) != SQLITE_OK)
			return false;
	}
	return true;
}

static enum err prepare(struct sql *sql, const struct archive_part *part)
{
	sql->statements = calloc(part->count, sizeof(sqlite3_stmt *));
	sql->count = part->count;
	if (sql->statements == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < part->count; i++) {
		if (sqlite3_prepare_v3(sql->db, part->texts[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &sql->statements[i], NULL) != SQLITE_OK)
			return E_STORE;
	}
	return E_OK;
}

static void forget_part(struct sql *sql)
{
	for (size_t i = 0; sql->statements != NULL && i < sql->count; i++)
		sqlite3_finalize(sql->statements[i]);
	free(sql->statements);
	sql->statements = NULL;
}

static enum err open_part(struct archive *archive, enum archive_part_number number,
			  enum sql_mode mode)
{
	struct sql *sql = &archive->parts[number];
	enum err rc = mode == SQL_WRITING ? sql_exec(&archive->sql, parts[number]->tables) : E_OK;

	if (rc != E_OK)
		return rc;
	*sql = archive->sql;
	rc = prepare(sql, parts[number]);
	if (rc != E_OK)
		forget_part(sql);
	return mode == SQL_READING && rc == E_STORE ? E_OK : rc;
}

struct sql *archive_part(struct archive *archive, enum archive_part_number part)
{
	struct sql *sql = &archive->parts[part];

	return sql->statements == NULL ? NULL : sql;
}

static void close_all(struct archive *archive)
{
	for (size_t i = 0; i < ARCHIVE_PARTS; i++)
		forget_part(&archive->parts[i]);
	for (size_t i = 0; i < CUT_OFF_STATEMENTS; i++)
		sqlite3_finalize(archive->cut_off_statements[i]);
	sql_close(&archive->sql);
	free(archive);
}

static enum err open_in_mode(const char *directory, enum sql_mode mode, struct archive **out)
{
	char path[PATH_MAX];
	struct archive *archive = calloc(1, sizeof(*archive));

	if (archive == NULL)
		return E_MEMORY;
	enum err rc = mode == SQL_WRITING ? home_make(directory) : E_OK;
	if (rc == E_OK)
		rc = home_path(directory, "archive.db", path, sizeof(path));
	if (rc == E_OK)
		rc = sql_open(&archive->sql, path, mode, &schema);
	if (rc != E_OK) {
		free(archive);
		return rc;
	}
	if (mode == SQL_WRITING)
		rc = sql_exec(&archive->sql, cut_off_table);
	if (rc == E_OK && !prepare_cut_offs(archive) && mode == SQL_WRITING)
		rc = E_STORE;
	for (enum archive_part_number i = 0; rc == E_OK && i < ARCHIVE_PARTS; i++)
		rc = open_part(archive, i, mode);
	if (rc != E_OK) {
		close_all(archive);
		return rc;
	}
	*out = archive;
	return E_OK;
}

enum err archive_open(const char *directory, struct archive **out)
{
	return open_in_mode(directory, SQL_WRITING, out);
}

enum err archive_open_reading(const char *directory, struct archive **out)
{
	return open_in_mode(directory, SQL_READING, out);
}

void archive_close(struct archive *archive)
{
	if (archive != NULL)
		close_all(archive);
}

enum err archive_event(struct archive *archive, nsec at, const char *agent, const char *kind,
		       const char *detail)
{
	struct sql *sql = &archive->sql;

	sql_bind_nsec(sql, ADD_EVENT, 1, at);
	sql_bind_text(sql, ADD_EVENT, 2, agent);
	sql_bind_text(sql, ADD_EVENT, 3, kind);
	sql_bind_text(sql, ADD_EVENT, 4, detail);
	return sql_run(sql, ADD_EVENT);
}

enum err archive_evidence(struct archive *archive, const struct evidence *evidence)
{
	struct sql *sql = &archive->sql;
	char key[KEY_TEXT];

	series_key_format(&evidence->key, key);
	sql_bind_text(sql, ADD_EVIDENCE, 1, key);
	sql_bind_nsec(sql, ADD_EVIDENCE, 2, evidence->slot.from);
	sql_bind_nsec(sql, ADD_EVIDENCE, 3, evidence->slot.until);
	sql_bind_text(sql, ADD_EVIDENCE, 4, evidence->path);
	sql_bind_text(sql, ADD_EVIDENCE, 5, evidence->digest);
	return sql_run(sql, ADD_EVIDENCE);
}

static void read_evidence(struct sql *sql, struct evidence *out)
{
	out->slot.from = sql_nsec(sql, FIND_EVIDENCE, 0);
	out->slot.until = sql_nsec(sql, FIND_EVIDENCE, 1);
	sql_text(sql, FIND_EVIDENCE, 2, out->path, sizeof(out->path));
	sql_text(sql, FIND_EVIDENCE, 3, out->digest, sizeof(out->digest));
}

enum err archive_find_evidence(struct archive *archive, const struct series_key *key,
			       struct period period, struct evidence **out, size_t *count)
{
	struct sql *sql = &archive->sql;
	struct evidence *list = NULL;
	size_t used = 0;
	char text[KEY_TEXT];
	enum err rc;

	series_key_format(key, text);
	sql_bind_text(sql, FIND_EVIDENCE, 1, text);
	sql_bind_nsec(sql, FIND_EVIDENCE, 2, period.from);
	sql_bind_nsec(sql, FIND_EVIDENCE, 3, period.until);
	while ((rc = sql_step(sql, FIND_EVIDENCE)) == E_OK) {
		struct evidence *longer = realloc(list, (used + 1) * sizeof(*list));
		if (longer == NULL) {
			rc = E_MEMORY;
			break;
		}
		list = longer;
		list[used] = (struct evidence){.key = *key};
		read_evidence(sql, &list[used++]);
	}
	sql_rewind(sql, FIND_EVIDENCE);
	if (rc != E_NOT_FOUND) {
		free(list);
		return rc;
	}
	*out = list;
	*count = used;
	return E_OK;
}

enum err archive_cut_off(struct archive *archive, const struct cut_off *cut_off)
{
	struct sql *sql = &archive->cut_offs;

	sql_bind_text(sql, ADD_CUT_OFF, 1, cut_off->agent);
	sql_bind_integer(sql, ADD_CUT_OFF, 2, cut_off->family);
	sql_bind_nsec(sql, ADD_CUT_OFF, 3, cut_off->period.from);
	sql_bind_nsec(sql, ADD_CUT_OFF, 4, cut_off->period.until);
	sql_bind_integer(sql, ADD_CUT_OFF, 5, cut_off->open);
	return sql_run(sql, ADD_CUT_OFF);
}

static struct cut_off read_cut_off(struct sql *sql)
{
	struct cut_off cut_off = {
		.family = (uint8_t)sql_nsec(sql, FIND_CUT_OFFS, 1),
		.period = {sql_nsec(sql, FIND_CUT_OFFS, 2), sql_nsec(sql, FIND_CUT_OFFS, 3)},
		.open = sql_nsec(sql, FIND_CUT_OFFS, 4) != 0,
	};

	sql_text(sql, FIND_CUT_OFFS, 0, cut_off.agent, sizeof(cut_off.agent));
	return cut_off;
}

enum err archive_find_cut_offs(struct archive *archive, struct period period, struct cut_off **out,
			       size_t *count)
{
	struct sql *sql = &archive->cut_offs;
	struct cut_off *list = NULL;
	size_t used = 0;
	enum err rc = E_NOT_FOUND;

	if (archive->cut_off_statements[FIND_CUT_OFFS] != NULL) {
		sql_bind_nsec(sql, FIND_CUT_OFFS, 1, period.from);
		sql_bind_nsec(sql, FIND_CUT_OFFS, 2, period.until);
		while ((rc = sql_step(sql, FIND_CUT_OFFS)) == E_OK) {
			struct cut_off *longer = realloc(list, (used + 1) * sizeof(*list));
			if (longer == NULL) {
				rc = E_MEMORY;
				break;
			}
			list = longer;
			list[used++] = read_cut_off(sql);
		}
		sql_rewind(sql, FIND_CUT_OFFS);
	}
	if (rc != E_NOT_FOUND) {
		free(list);
		return rc;
	}
	*out = list;
	*count = used;
	return E_OK;
}
