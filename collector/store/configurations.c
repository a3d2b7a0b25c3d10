/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/archive_inside.h"

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	ADD_PROFILE,
	LAST,
	ADD,
	LINK,
	FIND_PROFILE,
	STATEMENTS,
};

/* Profiles are long and change seldom. */
static const char tables[] =
	"CREATE TABLE IF NOT EXISTS profile (digest TEXT PRIMARY KEY, text TEXT NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS configuration_profile (configuration INTEGER PRIMARY KEY"
	" REFERENCES configuration (id), profile TEXT NOT NULL REFERENCES profile (digest)) "
	"STRICT;";

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[ADD_PROFILE] = "INSERT OR IGNORE INTO profile (digest, text) VALUES (?1, ?2)",
	[LAST] = "SELECT 1 FROM configuration JOIN configuration_profile ON configuration = id"
		 " WHERE id = (SELECT max(id) FROM configuration) AND digest = ?1 AND profile = ?2",
	[ADD] = "INSERT INTO configuration (at, digest, text) VALUES (?1, ?2, ?3)",
	[LINK] = "INSERT INTO configuration_profile (configuration, profile) VALUES (?1, ?2)",
	[FIND_PROFILE] = "SELECT digest, text FROM profile JOIN configuration_profile"
			 " ON profile = digest WHERE configuration = ?1",
};

const struct archive_part archive_profiles = {tables, texts, STATEMENTS};

/* These need no table that an earlier version lacks. */
enum { FIND, FIND_STATEMENTS };

static const char *const find_texts[FIND_STATEMENTS] = {
	[FIND] = "SELECT id, at, digest, text FROM configuration WHERE at < ?2 AND id >= coalesce("
		 "(SELECT max(id) FROM configuration WHERE at <= ?1), 0) ORDER BY id",
};

const struct archive_part archive_configurations = {"", find_texts, FIND_STATEMENTS};

/* Who walks the configurations. */
struct visitor {
	configuration_visit *visit;
	void *context;
};

static enum err add(struct sql *sql, const struct configuration *configuration)
{
	sql_bind_text(sql, LAST, 1, configuration->digest);
	sql_bind_text(sql, LAST, 2, configuration->profile_digest);
	enum err rc = sql_step(sql, LAST);
	sql_rewind(sql, LAST);
	if (rc != E_NOT_FOUND)
		return rc;
	sql_bind_text(sql, ADD_PROFILE, 1, configuration->profile_digest);
	sql_bind_text(sql, ADD_PROFILE, 2, configuration->profile);
	rc = sql_run(sql, ADD_PROFILE);
	if (rc != E_OK)
		return rc;
	sql_bind_nsec(sql, ADD, 1, configuration->at);
	sql_bind_text(sql, ADD, 2, configuration->digest);
	sql_bind_text(sql, ADD, 3, configuration->text);
	rc = sql_run(sql, ADD);
	if (rc != E_OK)
		return rc;
	sql_bind_integer(sql, LINK, 1, sqlite3_last_insert_rowid(sql->db));
	sql_bind_text(sql, LINK, 2, configuration->profile_digest);
	return sql_run(sql, LINK);
}

enum err archive_configuration(struct archive *archive, const struct configuration *configuration)
{
	struct sql *sql = archive_part(archive, ARCHIVE_PROFILES);
	enum err rc = sql_run(sql, BEGIN);

	if (rc != E_OK)
		return rc;
	rc = add(sql, configuration);
	if (rc == E_OK)
		rc = sql_run(sql, COMMIT);
	if (rc != E_OK)
		(void)!sql_run(sql, ROLLBACK);
	return rc;
}

static const char *text_at(const struct sql *sql, size_t statement, int column)
{
	return (const char *)sqlite3_column_text(sql->statements[statement], column);
}

/* With the profile that was in force, where it is known. */
static enum err visit_row(struct archive *archive, int64_t id, struct configuration *configuration,
			  const struct visitor *visitor)
{
	struct sql *sql = archive_part(archive, ARCHIVE_PROFILES);
	enum err rc = E_NOT_FOUND;

	if (sql != NULL) {
		sql_bind_integer(sql, FIND_PROFILE, 1, id);
		rc = sql_step(sql, FIND_PROFILE);
	}
	if (rc == E_OK) {
		configuration->profile_digest = text_at(sql, FIND_PROFILE, 0);
		configuration->profile = text_at(sql, FIND_PROFILE, 1);
	}
	if (rc == E_OK || rc == E_NOT_FOUND)
		rc = visitor->visit(visitor->context, configuration);
	if (sql != NULL)
		sql_rewind(sql, FIND_PROFILE);
	return rc;
}

static enum err visit_rows(struct archive *archive, const struct visitor *visitor)
{
	struct sql *sql = archive_part(archive, ARCHIVE_CONFIGURATIONS);
	enum err rc;

	while ((rc = sql_step(sql, FIND)) == E_OK) {
		struct configuration configuration = {
			.at = sql_nsec(sql, FIND, 1),
			.digest = text_at(sql, FIND, 2),
			.text = text_at(sql, FIND, 3),
		};
		rc = configuration.digest == NULL || configuration.text == NULL
			     ? E_MEMORY
			     : visit_row(archive, sql_nsec(sql, FIND, 0), &configuration, visitor);
		if (rc != E_OK)
			return rc;
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

enum err archive_each_configuration(struct archive *archive, struct period period,
				    configuration_visit *visit, void *context)
{
	struct visitor visitor = {visit, context};
	struct sql *sql = archive_part(archive, ARCHIVE_CONFIGURATIONS);

	if (sql == NULL)
		return E_STORE;
	sql_bind_nsec(sql, FIND, 1, period.from);
	sql_bind_nsec(sql, FIND, 2, period.until);
	enum err rc = visit_rows(archive, &visitor);
	sql_rewind(sql, FIND);
	return rc;
}
