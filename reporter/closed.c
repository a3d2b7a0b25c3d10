/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closed.h"

#include "collector/base/log.h"
#include "reporter/closed_check.h"
#include "reporter/closed_selections.h"
#include "reporter/text/must.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct closed {
	struct sql sql;
	struct closed_head head;
	struct closed_seal seal;
	char **keys; /* texts of the series' keys, by id − 1, rising */
	size_t key_count;
	size_t key_capacity;
};

/* The next row of a selection: E_NOT_FOUND after the last. */
static enum err next_row(struct closed *closed, enum statement statement, void *row)
{
	enum err rc = sql_step(&closed->sql, statement);

	if (rc != E_OK)
		return rc;
	const struct closed_table *table = &closed_tables[closed_selections[statement].table];
	rc = closed_table_read(table, closed->sql.statements[statement], row);
	if (rc != E_OK) {
		closed_table_finish(table, row);
		sql_rewind(&closed->sql, statement);
	}
	return rc;
}

static enum err prepare(struct closed *closed)
{
	struct sql *sql = &closed->sql;

	sql->statements = must_calloc(STATEMENTS, sizeof(sqlite3_stmt *));
	sql->count = STATEMENTS;
	for (size_t i = 0; i < STATEMENTS; i++) {
		char *text = closed_table_select(&closed_tables[closed_selections[i].table],
						 closed_selections[i].where);
		int result = sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT,
						&sql->statements[i], NULL);
		free(text);
		if (result != SQLITE_OK)
			return E_CORRUPT;
	}
	return E_OK;
}

/* A table's only row. */
static enum err read_only_row(struct closed *closed, enum statement statement, void *row)
{
	enum err rc = next_row(closed, statement, row);

	sql_rewind(&closed->sql, statement);
	return rc == E_NOT_FOUND ? E_CORRUPT : rc;
}

/* Series are found by their place in the order of keys. */
static enum err add_key(struct closed *closed, const struct closed_series *row)
{
	size_t count = closed->key_count;
	char key[KEY_TEXT];

	series_key_format(&row->series.key, key);
	if (row->id != count + 1 || (count > 0 && strcmp(closed->keys[count - 1], key) >= 0))
		return E_CORRUPT;
	closed->keys = must_grow(closed->keys, count, &closed->key_capacity, sizeof(*closed->keys));
	closed->keys[closed->key_count++] = must_copy(key);
	return E_OK;
}

static enum err check_series(struct closed *closed, struct closed_check *check,
			     char why[CLOSED_WHY])
{
	struct closed_series row = {0};
	const char *wrong = NULL;
	enum err rc;

	while ((rc = next_row(closed, READ_KEYS, &row)) == E_OK) {
		const struct series_key *key = &row.series.key;
		rc = add_key(closed, &row);
		if (rc != E_OK)
			break;
		row.facts.period = closed->head.period;
		wrong = closed_check_series(check, &row);
		if (wrong != NULL) {
			snprintf(why, CLOSED_WHY, "agent %s, site %s, IPv%d: %s", key->agent,
				 key->target, key->family, wrong);
			rc = E_CORRUPT;
			break;
		}
		row = (struct closed_series){0};
	}
	sql_rewind(&closed->sql, READ_KEYS);
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err read_whole(struct closed *closed, char why[CLOSED_WHY])
{
	struct closed_check check = {0};
	enum err rc = prepare(closed);

	snprintf(why, CLOSED_WHY, "its rows cannot be understood");
	if (rc == E_OK)
		rc = read_only_row(closed, READ_HEAD, &closed->head);
	if (rc == E_OK)
		rc = read_only_row(closed, READ_SEAL, &closed->seal);
	if (rc == E_OK)
		rc = closed_check_init(&check, closed->sql.db, closed->head.period);
	if (rc == E_OK)
		rc = check_series(closed, &check, why);
	closed_check_finish(&check);
	return rc;
}

enum err closed_open(const char *path, struct closed **out, char why[CLOSED_WHY])
{
	struct closed *closed = must_calloc(1, sizeof(*closed));
	enum err rc = closed_file_open(path, &closed->sql, why);

	if (rc == E_OK)
		rc = read_whole(closed, why);
	if (rc != E_OK) {
		closed_close(closed);
		return rc;
	}
	*out = closed;
	return E_OK;
}

void closed_close(struct closed *closed)
{
	if (closed == NULL)
		return;
	sql_close(&closed->sql);
	closed_table_finish(&closed_tables[CLOSED_HEAD], &closed->head);
	for (size_t i = 0; i < closed->key_count; i++)
		free(closed->keys[i]);
	free(closed->keys);
	free(closed);
}

const struct closed_head *closed_head(const struct closed *closed)
{
	return &closed->head;
}

const struct closed_seal *closed_seal(const struct closed *closed)
{
	return &closed->seal;
}

struct config *closed_config(const struct closed *closed, char why[CLOSED_WHY])
{
	const struct closed_head *head = &closed->head;
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_kept(head->configuration, head->profile,
						 "the configuration kept", &diagnostics);

	if (config == NULL)
		snprintf(why, CLOSED_WHY, "its configuration is not understood: %s%s%s",
			 diagnostics.count == 0 ? "" : diagnostics.items[0].key,
			 diagnostics.count == 0 ? "" : ": ",
			 diagnostics.count == 0 ? "" : diagnostics.items[0].message);
	else
		snprintf(config->digest, sizeof(config->digest), "%s", head->configuration_digest);
	diagnostics_finish(&diagnostics);
	return config;
}

enum err closed_revisions_read(struct closed *closed, struct closed_revisions *out)
{
	struct closed_revisions revisions = {0};
	struct closed_revision row = {0};
	size_t capacity = 0;
	enum err rc;

	while ((rc = next_row(closed, READ_REVISIONS, &row)) == E_OK) {
		revisions.rows = must_grow(revisions.rows, revisions.count, &capacity,
					   sizeof(*revisions.rows));
		revisions.rows[revisions.count++] = row;
		row = (struct closed_revision){0};
	}
	if (rc != E_NOT_FOUND) {
		closed_revisions_finish(&revisions);
		return rc;
	}
	*out = revisions;
	return E_OK;
}

void closed_revisions_finish(struct closed_revisions *revisions)
{
	for (size_t i = 0; i < revisions->count; i++)
		closed_table_finish(&closed_tables[CLOSED_REVISIONS], &revisions->rows[i]);
	free(revisions->rows);
	*revisions = (struct closed_revisions){0};
}

/* --- the source --- */

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The number of a series, 0 if it was not closed. */
static uint32_t id_of(const struct closed *closed, const struct series_key *key)
{
	char text[KEY_TEXT];
	char *wanted = text;

	series_key_format(key, text);
	if (closed->key_count == 0)
		return 0;
	char **found = bsearch(&wanted, closed->keys, closed->key_count, sizeof(*closed->keys),
			       compare_keys);
	return found == NULL ? 0 : (uint32_t)(found - closed->keys) + 1;
}

/* Stands before the rows of a series. */
static enum err select_series(struct closed *closed, enum statement statement,
			      const struct series_key *key)
{
	uint32_t id = id_of(closed, key);

	if (id == 0)
		return E_NOT_FOUND;
	sql_rewind(&closed->sql, statement);
	sql_bind_integer(&closed->sql, statement, 1, id);
	return E_OK;
}

static enum err read_series(struct closed *closed, const struct series_key *key,
			    struct closed_series *out)
{
	enum err rc = select_series(closed, READ_SERIES, key);

	return rc == E_OK ? read_only_row(closed, READ_SERIES, out) : rc;
}

static enum err find(void *context, const struct series_key *key, struct view_series *out)
{
	struct closed *closed = context;
	struct closed_series row = {0};
	enum err rc = read_series(closed, key, &row);

	if (rc != E_OK)
		return rc;
	*out = row.series;
	out->first_reply = row.facts.first_reply;
	out->last_slot = closed->head.period.until;
	return E_OK;
}

static enum err gone(void *context, const struct series_key *key, struct period period,
		     struct view_gone *out)
{
	struct closed_series row = {0};
	enum err rc = read_series(context, key, &row);

	(void)period;
	if (rc == E_OK)
		*out = row.gone;
	return rc;
}

/* What a series has several of: where a row of it stands in that of its table. */
struct member {
	enum statement statement;
	size_t offset;
	size_t size;
};

static enum err read_members(struct closed *closed, const struct series_key *key,
			     const struct member *member, void **items, size_t *count)
{
	union {
		struct closed_outage outage;
		struct closed_shift shift;
		struct closed_week week;
		struct closed_path_event event;
		struct closed_certificate certificate;
		struct closed_end end;
	} row;
	char *list = NULL;
	size_t capacity = 0;
	enum err rc = select_series(closed, member->statement, key);

	memset(&row, 0, sizeof(row));
	*count = 0;
	while (rc == E_OK && (rc = next_row(closed, member->statement, &row)) == E_OK) {
		list = must_grow(list, *count, &capacity, member->size);
		memcpy(list + (*count)++ * member->size, (char *)&row + member->offset,
		       member->size);
	}
	*items = list;
	return rc == E_NOT_FOUND ? E_OK : rc;
}

#define MEMBER(statement, type, member)                                                            \
	{                                                                                          \
		statement, offsetof(struct type, member), sizeof(((struct type *)NULL)->member)    \
	}

static enum err read_lists(struct closed *closed, const struct series_key *key, struct facts *facts)
{
	static const struct member outages = MEMBER(READ_OUTAGES, closed_outage, outage);
	static const struct member shifts = MEMBER(READ_SHIFTS, closed_shift, shift);
	static const struct member weeks = MEMBER(READ_WEEKS, closed_week, week);
	void *items[3] = {NULL, NULL, NULL};

	enum err rc = read_members(closed, key, &outages, &items[0], &facts->outage_count);
	if (rc == E_OK)
		rc = read_members(closed, key, &shifts, &items[1], &facts->shift_count);
	if (rc == E_OK)
		rc = read_members(closed, key, &weeks, &items[2], &facts->week_count);
	facts->outages = items[0];
	facts->shifts = items[1];
	facts->weeks = items[2];
	return rc;
}

static enum err facts(void *context, const struct series_key *key, struct facts *out)
{
	struct closed *closed = context;
	struct closed_series row = {0};
	enum err rc = read_series(closed, key, &row);

	row.facts.period = closed->head.period;
	if (rc == E_OK)
		rc = read_lists(closed, key, &row.facts);
	if (rc != E_OK) {
		facts_finish(&row.facts);
		return rc;
	}
	*out = row.facts;
	return E_OK;
}

static enum err read_hours(struct closed *closed, const struct series_key *key,
			   struct timeline *timeline)
{
	struct closed_hour row = {0};
	size_t capacity = 0;
	enum err rc = select_series(closed, READ_HOURS, key);

	while (rc == E_OK && (rc = next_row(closed, READ_HOURS, &row)) == E_OK) {
		timeline->hours = must_grow(timeline->hours, timeline->hour_count, &capacity,
					    sizeof(*timeline->hours));
		timeline->hours[timeline->hour_count++] = row.hour;
		row = (struct closed_hour){0};
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err read_stretches(struct closed *closed, const struct series_key *key,
			       struct timeline *timeline)
{
	struct closed_stretch row = {0};
	size_t capacity = 0;
	enum err rc = select_series(closed, READ_STRETCHES, key);

	while (rc == E_OK && (rc = next_row(closed, READ_STRETCHES, &row)) == E_OK) {
		timeline->stretches = must_grow(timeline->stretches, timeline->stretch_count,
						&capacity, sizeof(*timeline->stretches));
		timeline->stretches[timeline->stretch_count++] = row.stretch;
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err timeline(void *context, const struct series_key *key, struct timeline *out)
{
	struct closed *closed = context;
	struct timeline timeline = {.period = closed->head.period};
	enum err rc = read_hours(closed, key, &timeline);

	if (rc == E_OK)
		rc = read_stretches(closed, key, &timeline);
	if (rc != E_OK) {
		timeline_finish(&timeline);
		return rc;
	}
	*out = timeline;
	return E_OK;
}

static enum err evidence(void *context, const struct series_key *key, struct period period,
			 struct evidence **out, size_t *count)
{
	struct closed *closed = context;
	struct closed_evidence row = {0};
	struct evidence *list = NULL;
	size_t capacity = 0;
	size_t used = 0;
	enum err rc = select_series(closed, READ_EVIDENCE, key);

	sql_bind_nsec(&closed->sql, READ_EVIDENCE, 2, period.from);
	sql_bind_nsec(&closed->sql, READ_EVIDENCE, 3, period.until);
	while (rc == E_OK && (rc = next_row(closed, READ_EVIDENCE, &row)) == E_OK) {
		list = must_grow(list, used, &capacity, sizeof(*list));
		row.evidence.key = *key;
		list[used++] = row.evidence;
	}
	if (rc != E_NOT_FOUND) {
		free(list);
		return rc;
	}
	*out = list;
	*count = used;
	return E_OK;
}

/* What a source has several of for a series; only those of the period were kept. */
#define LIST(name, type, statement, row, of)                                                       \
	static enum err name(void *context, const struct series_key *key, struct period period,    \
			     type **out, size_t *count)                                            \
	{                                                                                          \
		static const struct member member = MEMBER(statement, row, of);                    \
		void *items = NULL;                                                                \
		enum err rc = read_members(context, key, &member, &items, count);                  \
                                                                                                   \
		(void)period;                                                                      \
		*out = items;                                                                      \
		return rc;                                                                         \
	}

LIST(path_events, struct path_event, READ_PATH_EVENTS, closed_path_event, event)
LIST(certificates, struct certificate_sighting, READ_CERTIFICATES, closed_certificate, sighting)
LIST(ends, struct end_sighting, READ_ENDS, closed_end, sighting)

static enum err cut_offs(void *context, struct period period, struct cut_off **out, size_t *count)
{
	struct closed *closed = context;
	struct closed_cut_off row = {0};
	struct cut_off *list = NULL;
	size_t capacity = 0;
	size_t used = 0;
	enum err rc;

	sql_bind_nsec(&closed->sql, READ_CUT_OFFS, 1, period.from);
	sql_bind_nsec(&closed->sql, READ_CUT_OFFS, 2, period.until);
	while ((rc = next_row(closed, READ_CUT_OFFS, &row)) == E_OK) {
		list = must_grow(list, used, &capacity, sizeof(*list));
		list[used++] = row.cut_off;
	}
	if (rc != E_NOT_FOUND) {
		free(list);
		return rc;
	}
	*out = list;
	*count = used;
	return E_OK;
}

/* All scopes in the order of their windows; which window each is of goes to owners. */
static enum err read_scopes(struct closed *closed, struct window_list *list, int64_t **owners,
			    size_t *count)
{
	struct closed_scope row = {0};
	size_t capacity = 0;
	size_t owner_capacity = 0;
	enum err rc;

	while ((rc = next_row(closed, READ_SCOPES, &row)) == E_OK) {
		if (row.scope.kind > SCOPE_SITE) {
			sql_rewind(&closed->sql, READ_SCOPES);
			return E_CORRUPT;
		}
		list->scopes = must_grow(list->scopes, *count, &capacity, sizeof(*list->scopes));
		*owners = must_grow(*owners, *count, &owner_capacity, sizeof(**owners));
		(*owners)[*count] = row.window;
		list->scopes[(*count)++] = row.scope;
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static enum err read_windows(struct closed *closed, struct window_list *list)
{
	struct closed_window row = {0};
	size_t capacity = 0;
	enum err rc;

	while ((rc = next_row(closed, READ_WINDOWS, &row)) == E_OK) {
		list->items = must_grow(list->items, list->count, &capacity, sizeof(*list->items));
		list->items[list->count++] = row.entry;
		row = (struct closed_window){0};
	}
	return rc == E_NOT_FOUND ? E_OK : rc;
}

static void share_scopes(struct window_list *list, const int64_t *owners, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct window_entry *entry = &list->items[i];
		while (at < count && owners[at] < entry->window.id)
			at++;
		entry->scopes = list->scopes + at;
		while (at < count && owners[at] == entry->window.id) {
			entry->scope_count++;
			at++;
		}
	}
}

static enum err windows(void *context, struct window_list *out)
{
	struct closed *closed = context;
	struct window_list list = {0};
	int64_t *owners = NULL;
	size_t count = 0;

	if (!closed->head.windows_known)
		return E_NOT_FOUND;
	enum err rc = read_windows(closed, &list);
	if (rc == E_OK)
		rc = read_scopes(closed, &list, &owners, &count);
	if (rc == E_OK)
		share_scopes(&list, owners, count);
	free(owners);
	if (rc != E_OK) {
		windows_finish(&list);
		return rc;
	}
	*out = list;
	return E_OK;
}

/* Those of the closed month, whatever period is asked for. */
static enum err configurations(void *context, struct period period, configuration_visit *visit,
			       void *visitor)
{
	struct closed *closed = context;
	enum err rc = E_OK;

	(void)period;
	while (rc == E_OK) {
		struct closed_configuration row = {0};
		rc = next_row(closed, READ_CONFIGURATIONS, &row);
		if (rc != E_OK)
			return rc == E_NOT_FOUND ? E_OK : rc;
		bool profiled = row.profile_digest[0] != '\0';
		const struct configuration configuration = {
			.at = row.at,
			.digest = row.digest,
			.text = row.text,
			.profile_digest = profiled ? row.profile_digest : NULL,
			.profile = profiled ? row.profile : NULL,
		};
		rc = visit(visitor, &configuration);
		closed_table_finish(&closed_tables[CLOSED_CONFIGURATIONS], &row);
	}
	sql_rewind(&closed->sql, READ_CONFIGURATIONS);
	return rc;
}

struct source closed_source(struct closed *closed)
{
	return (struct source){
		.context = closed,
		.find = find,
		.evidence = evidence,
		.path_events = path_events,
		.certificates = certificates,
		.ends = ends,
		.cut_offs = cut_offs,
		.windows = windows,
		.configurations = configurations,
		.gone = gone,
		.facts = facts,
		.timeline = timeline,
	};
}
