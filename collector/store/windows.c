/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/windows.h"

#include "collector/store/archive_inside.h"

#include <stdlib.h>
#include <string.h>

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	ADD,
	ADD_SCOPE,
	CANCEL,
	FIND,
	READ,
	READ_SCOPES,
	STAMP,
	STATEMENTS
};

static const char tables[] =
	"CREATE TABLE IF NOT EXISTS maintenance (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" entered_at INTEGER NOT NULL, entered_by TEXT NOT NULL, from_at INTEGER NOT NULL,"
	" until_at INTEGER NOT NULL CHECK (until_at > from_at), owner TEXT NOT NULL,"
	" reason TEXT NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS maintenance_scope (window INTEGER NOT NULL REFERENCES"
	" maintenance (id), kind INTEGER NOT NULL, name TEXT NOT NULL,"
	" PRIMARY KEY (window, kind, name)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS maintenance_cancel (window INTEGER PRIMARY KEY REFERENCES"
	" maintenance (id), at INTEGER NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
#define KEEP_ROWS(table, event)                                                                    \
	"CREATE TRIGGER IF NOT EXISTS " table "_" event " BEFORE " event " ON " table              \
	" BEGIN SELECT raise(ABORT, 'maintenance windows are only added'); END;"
	KEEP_ROWS("maintenance", "UPDATE") KEEP_ROWS("maintenance", "DELETE")
		KEEP_ROWS("maintenance_scope", "UPDATE") KEEP_ROWS("maintenance_scope", "DELETE")
			KEEP_ROWS("maintenance_cancel", "UPDATE")
				KEEP_ROWS("maintenance_cancel", "DELETE");

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[ADD] = "INSERT INTO maintenance (entered_at, entered_by, from_at, until_at, owner, reason)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[ADD_SCOPE] =
		"INSERT OR IGNORE INTO maintenance_scope (window, kind, name) VALUES (?1, ?2, ?3)",
	[CANCEL] =
		"INSERT INTO maintenance_cancel (window, at, by, reason) VALUES (?1, ?2, ?3, ?4)",
	[FIND] = "SELECT until_at, at FROM maintenance LEFT JOIN maintenance_cancel"
		 " ON window = id WHERE id = ?1",
	[READ] = "SELECT id, entered_at, from_at, until_at, at, entered_by, owner, "
		 "maintenance.reason,"
		 " by, maintenance_cancel.reason FROM maintenance LEFT JOIN maintenance_cancel"
		 " ON window = id ORDER BY id",
	[READ_SCOPES] = "SELECT window, kind, name FROM maintenance_scope"
			" ORDER BY window, kind, name",
	[STAMP] = "SELECT (SELECT count(*) FROM maintenance) +"
		  " (SELECT count(*) FROM maintenance_cancel)",
};

const struct archive_part archive_windows = {tables, texts, STATEMENTS};

/* Ends what BEGIN began. */
static enum err settle(struct sql *sql, enum err rc)
{
	if (rc == E_OK)
		rc = sql_run(sql, COMMIT);
	if (rc != E_OK)
		(void)!sql_run(sql, ROLLBACK);
	return rc;
}

static enum err add_window(struct sql *sql, const struct window_entry *entry)
{
	sql_bind_nsec(sql, ADD, 1, entry->window.entered_at);
	sql_bind_text(sql, ADD, 2, entry->entered_by);
	sql_bind_nsec(sql, ADD, 3, entry->window.period.from);
	sql_bind_nsec(sql, ADD, 4, entry->window.period.until);
	sql_bind_text(sql, ADD, 5, entry->owner);
	sql_bind_text(sql, ADD, 6, entry->reason);
	return sql_run(sql, ADD);
}

static enum err add_scope(struct sql *sql, int64_t id, const struct window_scope *scope)
{
	sql_bind_integer(sql, ADD_SCOPE, 1, id);
	sql_bind_integer(sql, ADD_SCOPE, 2, scope->kind);
	sql_bind_text(sql, ADD_SCOPE, 3, scope->name);
	return sql_run(sql, ADD_SCOPE);
}

enum err windows_add(struct archive *archive, const struct window_entry *entry, int64_t *id)
{
	struct sql *sql = archive_part(archive, ARCHIVE_WINDOWS);

	if (entry->scope_count == 0 || entry->window.period.until <= entry->window.period.from)
		return E_RANGE;
	enum err rc = sql_run(sql, BEGIN);
	if (rc != E_OK)
		return rc;
	rc = add_window(sql, entry);
	int64_t added = sqlite3_last_insert_rowid(sql->db);
	for (size_t i = 0; rc == E_OK && i < entry->scope_count; i++)
		rc = add_scope(sql, added, &entry->scopes[i]);
	rc = settle(sql, rc);
	if (rc == E_OK)
		*id = added;
	return rc;
}

/* Whether the window can be cancelled at that time. */
static enum err check_cancel(struct sql *sql, const struct window_cancel *cancel)
{
	sql_bind_integer(sql, FIND, 1, cancel->id);
	enum err rc = sql_step(sql, FIND);
	if (rc != E_OK)
		return rc;
	nsec until = sql_nsec(sql, FIND, 0);
	nsec cancelled = sql_nsec(sql, FIND, 1);
	sql_rewind(sql, FIND);
	if (cancelled != NSEC_UNDEFINED)
		return E_EXISTS;
	return cancel->at < until ? E_OK : E_RANGE;
}

enum err windows_cancel(struct archive *archive, const struct window_cancel *cancel)
{
	struct sql *sql = archive_part(archive, ARCHIVE_WINDOWS);

	enum err rc = sql_run(sql, BEGIN);
	if (rc != E_OK)
		return rc;
	rc = check_cancel(sql, cancel);
	if (rc == E_OK) {
		sql_bind_integer(sql, CANCEL, 1, cancel->id);
		sql_bind_nsec(sql, CANCEL, 2, cancel->at);
		sql_bind_text(sql, CANCEL, 3, cancel->by);
		sql_bind_text(sql, CANCEL, 4, cancel->reason);
		rc = sql_run(sql, CANCEL);
	}
	return settle(sql, rc);
}

static void read_entry(struct sql *sql, struct window_entry *out)
{
	nsec cancelled = sql_nsec(sql, READ, 4);

	*out = (struct window_entry){
		.window = {.id = sql_nsec(sql, READ, 0),
			   .period = {sql_nsec(sql, READ, 2), sql_nsec(sql, READ, 3)},
			   .entered_at = sql_nsec(sql, READ, 1),
			   .cancelled_at = cancelled == NSEC_UNDEFINED ? NSEC_INFINITE : cancelled},
	};
	sql_text(sql, READ, 5, out->entered_by, sizeof(out->entered_by));
	sql_text(sql, READ, 6, out->owner, sizeof(out->owner));
	sql_text(sql, READ, 7, out->reason, sizeof(out->reason));
	sql_text(sql, READ, 8, out->cancelled_by, sizeof(out->cancelled_by));
	sql_text(sql, READ, 9, out->cancel_reason, sizeof(out->cancel_reason));
}

/* Room for one more of size octets each. */
static enum err grow(void **items, size_t count, size_t size)
{
	if (count != 0 && (count < 16 || (count & (count - 1)) != 0))
		return E_OK;
	void *longer = realloc(*items, (count == 0 ? 16 : 2 * count) * size);
	if (longer == NULL)
		return E_MEMORY;
	*items = longer;
	return E_OK;
}

static enum err read_entries(struct sql *sql, struct window_list *list)
{
	enum err rc;

	while ((rc = sql_step(sql, READ)) == E_OK) {
		void *items = list->items;
		rc = grow(&items, list->count, sizeof(*list->items));
		list->items = items;
		if (rc != E_OK) {
			sql_rewind(sql, READ);
			return rc;
		}
		read_entry(sql, &list->items[list->count++]);
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

/* The entry of this number, from *at on: both tables are in that order. */
static struct window_entry *entry_of(struct window_list *list, int64_t id, size_t *at)
{
	while (*at < list->count && list->items[*at].window.id < id)
		++*at;
	return *at < list->count && list->items[*at].window.id == id ? &list->items[*at] : NULL;
}

static enum err read_scopes(struct sql *sql, struct window_list *list)
{
	size_t count = 0;
	size_t at = 0;
	enum err rc;

	while ((rc = sql_step(sql, READ_SCOPES)) == E_OK) {
		struct window_entry *entry = entry_of(list, sql_nsec(sql, READ_SCOPES, 0), &at);
		void *scopes = list->scopes;
		rc = grow(&scopes, count, sizeof(*list->scopes));
		list->scopes = scopes;
		if (rc != E_OK || entry == NULL) {
			sql_rewind(sql, READ_SCOPES);
			return rc == E_OK ? E_CORRUPT : rc;
		}
		struct window_scope *scope = &list->scopes[count++];
		scope->kind = (enum window_scope_kind)sql_nsec(sql, READ_SCOPES, 1);
		sql_text(sql, READ_SCOPES, 2, scope->name, sizeof(scope->name));
		entry->scope_count++;
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static void give_scopes(struct window_list *list)
{
	const struct window_scope *next = list->scopes;

	for (size_t i = 0; i < list->count; i++) {
		list->items[i].scopes = next;
		next += list->items[i].scope_count;
	}
}

/* One transaction: a window added in between would come without its scopes. */
static enum err read_all(struct sql *sql, struct window_list *list)
{
	enum err rc = sql_exec(sql, "BEGIN");

	if (rc != E_OK)
		return rc;
	rc = read_entries(sql, list);
	if (rc == E_OK)
		rc = read_scopes(sql, list);
	give_scopes(list);
	return settle(sql, rc);
}

enum err windows_read(struct archive *archive, struct window_list *out)
{
	struct sql *sql = archive_part(archive, ARCHIVE_WINDOWS);
	struct window_list list = {0};

	if (sql != NULL) {
		enum err rc = read_all(sql, &list);
		if (rc != E_OK) {
			windows_finish(&list);
			return rc;
		}
	}
	*out = list;
	return E_OK;
}

void windows_finish(struct window_list *list)
{
	free(list->items);
	free(list->scopes);
	*list = (struct window_list){0};
}

enum err windows_stamp(struct archive *archive, int64_t *out)
{
	struct sql *sql = archive_part(archive, ARCHIVE_WINDOWS);

	if (sql == NULL) {
		*out = 0;
		return E_OK;
	}
	enum err rc = sql_step(sql, STAMP);
	if (rc != E_OK)
		return rc == E_NOT_FOUND ? E_CORRUPT : rc;
	*out = sql_nsec(sql, STAMP, 0);
	sql_rewind(sql, STAMP);
	return E_OK;
}

static bool scope_covers(const struct window_scope *scope, const struct window_place *place)
{
	switch (scope->kind) {
	case SCOPE_EVERYTHING:
		return true;
	case SCOPE_ORGANISATION:
		return place->within(place->context, scope->name);
	case SCOPE_SITE:
		return strcmp(scope->name, place->key) == 0;
	}
	return false;
}

bool window_covers(const struct window_entry *entry, const struct window_place *place)
{
	for (size_t i = 0; i < entry->scope_count; i++) {
		if (scope_covers(&entry->scopes[i], place))
			return true;
	}
	return false;
}

enum err windows_over(const struct window_list *list, const struct window_place *place,
		      struct window **out, size_t *count)
{
	struct window *windows = calloc(list->count + 1, sizeof(*windows));
	size_t used = 0;

	if (windows == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < list->count; i++) {
		if (window_covers(&list->items[i], place))
			windows[used++] = list->items[i].window;
	}
	*out = windows;
	*count = used;
	return E_OK;
}
