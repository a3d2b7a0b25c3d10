/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/outages.h"

#include "collector/metric/summary.h"
#include "collector/store/archive_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	PUT,
	PUT_ALARM,
	FIND_OPEN,
	FIND_RAISED,
	MEET,
	MEET_ALARM,
	READ_RUN,
	SAVE_RUN,
	LIST,
	LIST_ALARMS,
	LIST_PENDING,
	STATEMENTS
};

static const char tables[] =
	"CREATE TABLE IF NOT EXISTS outage (key TEXT NOT NULL, from_at INTEGER NOT NULL,"
	" until_at INTEGER, cause TEXT NOT NULL, length INTEGER NOT NULL, slots INTEGER NOT NULL,"
	" sent INTEGER NOT NULL, lost INTEGER NOT NULL, rejected INTEGER NOT NULL,"
	" unseen INTEGER NOT NULL, PRIMARY KEY (key, from_at)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS outage_begin ON outage (from_at);"
	"CREATE TABLE IF NOT EXISTS alarm (key TEXT NOT NULL, from_at INTEGER NOT NULL,"
	" raised_at INTEGER NOT NULL, cleared_at INTEGER, raise_count INTEGER NOT NULL,"
	" clear_count INTEGER NOT NULL, told INTEGER NOT NULL, PRIMARY KEY (key, from_at)) STRICT,"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS outage_run (id INTEGER PRIMARY KEY, ended INTEGER NOT NULL) "
	"STRICT;"
	"CREATE INDEX IF NOT EXISTS alarm_begin ON alarm (from_at);"
	"CREATE INDEX IF NOT EXISTS alarm_pending ON alarm (key) WHERE told < 2;";

#define OUTAGE                                                                                     \
	"SELECT key, from_at, until_at, length, slots, sent, lost, rejected, unseen, cause"        \
	" FROM outage"
#define ALARM                                                                                      \
	"SELECT key, from_at, raised_at, cleared_at, raise_count, clear_count, told FROM alarm"

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[PUT] = "INSERT INTO outage (key, from_at, until_at, length, slots, sent, lost, rejected,"
		" unseen, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
		" ON CONFLICT DO UPDATE SET until_at = excluded.until_at, cause = excluded.cause,"
		" length = excluded.length, slots = excluded.slots, sent = excluded.sent,"
		" lost = excluded.lost, rejected = excluded.rejected, unseen = excluded.unseen",
	[PUT_ALARM] = "INSERT INTO alarm (key, from_at, raised_at, cleared_at, raise_count, "
		      "clear_count, told)"
		      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
		      " cleared_at = coalesce(cleared_at, excluded.cleared_at),"
		      " told = max(told, excluded.told)",
	[FIND_OPEN] = OUTAGE " WHERE key = ?1 AND until_at IS NULL ORDER BY from_at DESC LIMIT 1",
	[FIND_RAISED] =
		ALARM " WHERE key = ?1 AND cleared_at IS NULL ORDER BY from_at DESC LIMIT 1",
	[MEET] = "SELECT 1 FROM outage WHERE key = ?1 AND from_at < ?3"
		 " AND (until_at IS NULL OR until_at > ?2) LIMIT 1",
	[MEET_ALARM] = "SELECT 1 FROM alarm WHERE key = ?1 AND from_at < ?3"
		       " AND (cleared_at IS NULL OR cleared_at > ?2) LIMIT 1",
	[READ_RUN] = "SELECT ended FROM outage_run WHERE id = 1",
	[SAVE_RUN] = "INSERT OR REPLACE INTO outage_run (id, ended) VALUES (1, ?1)",
	[LIST] = OUTAGE " WHERE from_at < ?2 AND (until_at IS NULL OR until_at > ?1)"
			" ORDER BY from_at, key",
	[LIST_ALARMS] = ALARM " WHERE from_at < ?2 AND (cleared_at IS NULL OR cleared_at > ?1)"
			      " ORDER BY from_at, key",
	[LIST_PENDING] = ALARM " WHERE told < 2 ORDER BY key, from_at",
};

const struct archive_part archive_outages = {tables, texts, STATEMENTS};

const char *outage_cause_name(enum outage_cause cause)
{
	static const char *const names[CAUSE_COUNT] = {
		[CAUSE_SILENT] = "silent",
		[CAUSE_REJECTED] = "rejected",
		[CAUSE_LOSSY] = "lossy",
		[CAUSE_REFUSED] = "refused",
		[CAUSE_UNREACHABLE] = "unreachable",
		[CAUSE_FILTERED] = "filtered",
		[CAUSE_FAILURE] = "failure",
		[CAUSE_WRONG] = "wrong",
		[CAUSE_MALFORMED] = "malformed",
	};
	return names[cause];
}

/* Of a name; what a later version wrote is a refusal of some kind. */
static enum outage_cause cause_named(const char *name)
{
	for (enum outage_cause cause = 0; cause < CAUSE_COUNT; cause++) {
		if (strcmp(outage_cause_name(cause), name) == 0)
			return cause;
	}
	return CAUSE_REJECTED;
}

enum outage_cause outage_cause_of(uint64_t sent, uint64_t lost, uint64_t rejected, uint32_t flags)
{
	if (rejected == 0 || 2 * rejected < lost)
		return lost == sent ? CAUSE_SILENT : CAUSE_LOSSY;
	switch (flags & SLOT_CAUSES) {
	case SLOT_REFUSED:
		return CAUSE_REFUSED;
	case SLOT_UNREACHABLE:
		return CAUSE_UNREACHABLE;
	case SLOT_FILTERED:
		return CAUSE_FILTERED;
	case SLOT_FAILURE:
	case SLOT_NAME:
	case SLOT_TLS:
	case SLOT_STATUS:
		return CAUSE_FAILURE;
	case SLOT_WRONG:
	case SLOT_TEXT:
		return CAUSE_WRONG;
	case SLOT_MALFORMED:
	case SLOT_BOUNDS:
		return CAUSE_MALFORMED;
	default:
		return CAUSE_REJECTED;
	}
}

void alarm_agent_key(const char *agent, uint8_t family, char out[KEY_TEXT])
{
	snprintf(out, KEY_TEXT, "%s~v%d", agent, family);
}

static struct sql *part_of(struct archive *archive)
{
	return archive_part(archive, ARCHIVE_OUTAGES);
}

enum err outages_begin(struct archive *archive)
{
	return sql_run(part_of(archive), BEGIN);
}

enum err outages_commit(struct archive *archive)
{
	enum err rc = sql_run(part_of(archive), COMMIT);

	if (rc != E_OK)
		outages_rollback(archive);
	return rc;
}

void outages_rollback(struct archive *archive)
{
	(void)!sql_run(part_of(archive), ROLLBACK);
}

enum err outages_put(struct archive *archive, const struct outage_record *record)
{
	struct sql *sql = part_of(archive);

	sql_bind_text(sql, PUT, 1, record->key);
	sql_bind_nsec(sql, PUT, 2, record->from);
	sql_bind_nsec(sql, PUT, 3, record->until);
	sql_bind_nsec(sql, PUT, 4, record->length);
	sql_bind_integer(sql, PUT, 5, record->slots);
	sql_bind_integer(sql, PUT, 6, (int64_t)record->sent);
	sql_bind_integer(sql, PUT, 7, (int64_t)record->lost);
	sql_bind_integer(sql, PUT, 8, (int64_t)record->rejected);
	sql_bind_integer(sql, PUT, 9, record->unseen);
	sql_bind_text(sql, PUT, 10, outage_cause_name(record->cause));
	return sql_run(sql, PUT);
}

enum err outages_put_alarm(struct archive *archive, const struct alarm_record *record)
{
	struct sql *sql = part_of(archive);

	sql_bind_text(sql, PUT_ALARM, 1, record->key);
	sql_bind_nsec(sql, PUT_ALARM, 2, record->from);
	sql_bind_nsec(sql, PUT_ALARM, 3, record->raised_at);
	sql_bind_nsec(sql, PUT_ALARM, 4, record->cleared_at);
	sql_bind_integer(sql, PUT_ALARM, 5, record->raise);
	sql_bind_integer(sql, PUT_ALARM, 6, record->clear);
	sql_bind_integer(sql, PUT_ALARM, 7, record->told);
	return sql_run(sql, PUT_ALARM);
}

static void read_outage(struct sql *sql, enum statement row, void *out)
{
	struct outage_record *record = out;
	char cause[16];

	*record = (struct outage_record){
		.from = sql_nsec(sql, row, 1),
		.until = sql_nsec(sql, row, 2),
		.length = sql_nsec(sql, row, 3),
		.slots = (uint32_t)sql_nsec(sql, row, 4),
		.sent = (uint64_t)sql_nsec(sql, row, 5),
		.lost = (uint64_t)sql_nsec(sql, row, 6),
		.rejected = (uint64_t)sql_nsec(sql, row, 7),
		.unseen = sql_nsec(sql, row, 8) != 0,
	};
	sql_text(sql, row, 0, record->key, sizeof(record->key));
	sql_text(sql, row, 9, cause, sizeof(cause));
	record->cause = cause_named(cause);
}

static void read_alarm(struct sql *sql, enum statement row, void *out)
{
	struct alarm_record *record = out;

	*record = (struct alarm_record){
		.from = sql_nsec(sql, row, 1),
		.raised_at = sql_nsec(sql, row, 2),
		.cleared_at = sql_nsec(sql, row, 3),
		.raise = (uint32_t)sql_nsec(sql, row, 4),
		.clear = (uint32_t)sql_nsec(sql, row, 5),
		.told = (enum alarm_told)sql_nsec(sql, row, 6),
	};
	sql_text(sql, row, 0, record->key, sizeof(record->key));
}

/* How the rows of a statement are read. */
struct reading {
	enum statement statement;
	size_t size; /* of a record */
	void (*read)(struct sql *sql, enum statement row, void *out);
};

static enum err find(struct archive *archive, const struct reading *reading, const char *key,
		     void *out)
{
	struct sql *sql = part_of(archive);

	if (sql == NULL)
		return E_NOT_FOUND;
	sql_bind_text(sql, reading->statement, 1, key);
	enum err rc = sql_step(sql, reading->statement);
	if (rc == E_OK)
		reading->read(sql, reading->statement, out);
	sql_rewind(sql, reading->statement);
	return rc;
}

enum err outages_find_open(struct archive *archive, const char *key, struct outage_record *out)
{
	static const struct reading reading = {FIND_OPEN, sizeof(*out), read_outage};

	return find(archive, &reading, key, out);
}

enum err outages_find_raised(struct archive *archive, const char *key, struct alarm_record *out)
{
	static const struct reading reading = {FIND_RAISED, sizeof(*out), read_alarm};

	return find(archive, &reading, key, out);
}

static enum err meet(struct archive *archive, enum statement statement, const char *key,
		     struct period period)
{
	struct sql *sql = part_of(archive);

	if (sql == NULL)
		return E_NOT_FOUND;
	sql_bind_text(sql, statement, 1, key);
	sql_bind_nsec(sql, statement, 2, period.from);
	sql_bind_nsec(sql, statement, 3, period.until);
	enum err rc = sql_step(sql, statement);
	sql_rewind(sql, statement);
	return rc;
}

enum err outages_meet(struct archive *archive, const char *key, struct period period)
{
	return meet(archive, MEET, key, period);
}

enum err outages_meet_alarm(struct archive *archive, const char *key, struct period period)
{
	return meet(archive, MEET_ALARM, key, period);
}

static enum err save_run(struct sql *sql, int64_t ended)
{
	sql_bind_integer(sql, SAVE_RUN, 1, ended);
	return sql_run(sql, SAVE_RUN);
}

enum err outages_begin_run(struct archive *archive, bool *ended)
{
	struct sql *sql = part_of(archive);
	enum err rc = sql_step(sql, READ_RUN);

	*ended = rc == E_NOT_FOUND || (rc == E_OK && sql_nsec(sql, READ_RUN, 0) != 0);
	sql_rewind(sql, READ_RUN);
	return rc == E_OK || rc == E_NOT_FOUND ? save_run(sql, 0) : rc;
}

enum err outages_end_run(struct archive *archive)
{
	return save_run(part_of(archive), 1);
}

/* All rows of a statement whose parameters are bound. */
static enum err list(struct sql *sql, const struct reading *reading, void **out, size_t *count)
{
	char *records = NULL;
	size_t room = 0;
	size_t used = 0;
	enum err rc;

	while ((rc = sql_step(sql, reading->statement)) == E_OK) {
		if (used == room) {
			room = room == 0 ? 16 : 2 * room;
			char *longer = realloc(records, room * reading->size);
			if (longer == NULL) {
				rc = E_MEMORY;
				break;
			}
			records = longer;
		}
		reading->read(sql, reading->statement, records + used++ * reading->size);
	}
	sql_rewind(sql, reading->statement);
	if (rc != E_NOT_FOUND) {
		free(records);
		return rc;
	}
	*out = records;
	*count = used;
	return E_OK;
}

static enum err list_over(struct archive *archive, const struct reading *reading,
			  struct period period, void **out, size_t *count)
{
	struct sql *sql = part_of(archive);

	*out = NULL;
	*count = 0;
	if (sql == NULL)
		return E_OK;
	sql_bind_nsec(sql, reading->statement, 1, period.from);
	sql_bind_nsec(sql, reading->statement, 2, period.until);
	return list(sql, reading, out, count);
}

enum err outages_list(struct archive *archive, struct period period, struct outage_record **out,
		      size_t *count)
{
	static const struct reading reading = {LIST, sizeof(**out), read_outage};
	void *records;
	enum err rc = list_over(archive, &reading, period, &records, count);

	if (rc == E_OK)
		*out = records;
	return rc;
}

enum err outages_list_alarms(struct archive *archive, struct period period,
			     struct alarm_record **out, size_t *count)
{
	static const struct reading reading = {LIST_ALARMS, sizeof(**out), read_alarm};
	void *records;
	enum err rc = list_over(archive, &reading, period, &records, count);

	if (rc == E_OK)
		*out = records;
	return rc;
}

enum err outages_list_pending(struct archive *archive, struct alarm_record **out, size_t *count)
{
	static const struct reading reading = {LIST_PENDING, sizeof(**out), read_alarm};
	void *records = NULL;
	enum err rc = list(part_of(archive), &reading, &records, count);

	if (rc == E_OK)
		*out = records;
	return rc;
}
