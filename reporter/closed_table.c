/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closed_table.h"

#include "collector/base/nsec.h"
#include "collector/metric/availability.h"
#include "reporter/facts.h"
#include "reporter/text/must.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKET_TEXT = 20, NUMBER_TEXT = 40 };

static void add(char **text, const char *more)
{
	char *longer = must_format("%s%s", *text, more);

	free(*text);
	*text = longer;
}

static void add_column(char **text, size_t index, const char *column)
{
	add(text, index == 0 ? "" : ", ");
	add(text, column);
}

static const char *type_of(enum column_kind kind)
{
	static const char *const types[] = {
		[COLUMN_UNSIGNED] = "INTEGER NOT NULL", [COLUMN_NSEC] = "INTEGER",
		[COLUMN_BOOL] = "INTEGER NOT NULL",	[COLUMN_REAL] = "REAL",
		[COLUMN_TEXT] = "TEXT NOT NULL",	[COLUMN_STRING] = "TEXT NOT NULL",
		[COLUMN_VERDICT] = "TEXT NOT NULL",	[COLUMN_REASON] = "TEXT",
		[COLUMN_BUCKETS] = "TEXT NOT NULL",
	};
	return types[kind];
}

char *closed_table_create(const struct closed_table *table)
{
	char *sql = must_format("CREATE TABLE %s (", table->name);

	for (size_t i = 0; i < table->count; i++) {
		add_column(&sql, i, table->columns[i].name);
		add(&sql, " ");
		add(&sql, type_of(table->columns[i].kind));
	}
	add(&sql, ", PRIMARY KEY (");
	add(&sql, table->key);
	add(&sql, ")) STRICT, WITHOUT ROWID");
	return sql;
}

char *closed_table_insert(const struct closed_table *table)
{
	char *sql = must_format("INSERT INTO %s VALUES (", table->name);

	for (size_t i = 0; i < table->count; i++)
		add_column(&sql, i, "?");
	add(&sql, ")");
	return sql;
}

char *closed_table_select(const struct closed_table *table, const char *where)
{
	char *sql = must_copy("SELECT ");

	for (size_t i = 0; i < table->count; i++)
		add_column(&sql, i, table->columns[i].name);
	add(&sql, " FROM ");
	add(&sql, table->name);
	add(&sql, where == NULL ? "" : " WHERE ");
	add(&sql, where == NULL ? "" : where);
	add(&sql, " ORDER BY ");
	add(&sql, table->key);
	return sql;
}

static uint64_t unsigned_at(const void *member, size_t size)
{
	uint64_t value = 0;

	switch (size) {
	case sizeof(uint8_t):
		value = *(const uint8_t *)member;
		break;
	case sizeof(uint16_t):
		value = *(const uint16_t *)member;
		break;
	case sizeof(uint32_t):
		value = *(const uint32_t *)member;
		break;
	default:
		value = *(const uint64_t *)member;
	}
	return value;
}

static void bind_buckets(sqlite3_stmt *statement, int index, const uint32_t *buckets, size_t count)
{
	char *text = must_calloc(count + 1, BUCKET_TEXT);
	char *end = text;

	*end++ = '{';
	for (size_t i = 0; i < count; i++) {
		if (buckets[i] == 0)
			continue;
		end += snprintf(end, BUCKET_TEXT, "%s\"%zu\":%" PRIu32, end[-1] == '{' ? "" : ",",
				i, buckets[i]);
	}
	*end++ = '}';
	sqlite3_bind_text(statement, index, text, (int)(end - text), free);
}

static void bind_one(const struct closed_column *column, sqlite3_stmt *statement, int index,
		     const void *member)
{
	enum unknown_reason reason;
	nsec time;

	switch (column->kind) {
	case COLUMN_UNSIGNED:
		sqlite3_bind_int64(statement, index,
				   (sqlite3_int64)unsigned_at(member, column->size));
		break;
	case COLUMN_NSEC:
		time = *(const nsec *)member;
		if (time != NSEC_UNDEFINED)
			sqlite3_bind_int64(statement, index, time);
		break;
	case COLUMN_BOOL:
		sqlite3_bind_int64(statement, index, *(const bool *)member);
		break;
	case COLUMN_REAL: /* NAN becomes NULL */
		sqlite3_bind_double(statement, index, *(const double *)member);
		break;
	case COLUMN_TEXT:
		sqlite3_bind_text(statement, index, member, -1, SQLITE_STATIC);
		break;
	case COLUMN_STRING:
		sqlite3_bind_text(statement, index, *(const char *const *)member, -1,
				  SQLITE_STATIC);
		break;
	case COLUMN_VERDICT:
		sqlite3_bind_text(statement, index, verdict_name(*(const enum verdict *)member), -1,
				  SQLITE_STATIC);
		break;
	case COLUMN_REASON:
		reason = *(const enum unknown_reason *)member;
		if (reason != UNKNOWN_REASONS)
			sqlite3_bind_text(statement, index, unknown_reason_name(reason), -1,
					  SQLITE_STATIC);
		break;
	case COLUMN_BUCKETS:
		bind_buckets(statement, index, member, column->size / sizeof(uint32_t));
		break;
	}
}

void closed_table_bind(const struct closed_table *table, sqlite3_stmt *insertion, const void *row)
{
	sqlite3_clear_bindings(insertion);
	for (size_t i = 0; i < table->count; i++)
		bind_one(&table->columns[i], insertion, (int)i + 1,
			 (const char *)row + table->columns[i].offset);
}

static enum err read_unsigned(sqlite3_int64 value, void *member, size_t size)
{
	if (value < 0 || (size < sizeof(uint64_t) && value >> (8 * size) != 0))
		return E_CORRUPT;
	switch (size) {
	case sizeof(uint8_t):
		*(uint8_t *)member = (uint8_t)value;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)member = (uint16_t)value;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)member = (uint32_t)value;
		break;
	default:
		*(uint64_t *)member = (uint64_t)value;
	}
	return E_OK;
}

/* Digits alone, as many as there are. */
static enum err read_digits(const char **at, uint64_t most, uint64_t *out)
{
	const char *first = *at;
	uint64_t value = 0;

	for (; **at >= '0' && **at <= '9'; ++*at) {
		value = value * 10 + (uint64_t)(**at - '0');
		if (value > most)
			return E_CORRUPT;
	}
	if (*at == first)
		return E_CORRUPT;
	*out = value;
	return E_OK;
}

static bool take(const char **at, char wanted)
{
	if (**at != wanted)
		return false;
	++*at;
	return true;
}

static enum err read_bucket(const char **at, uint32_t *out, size_t count)
{
	uint64_t bucket;
	uint64_t packets;

	if (!take(at, '"') || read_digits(at, count - 1, &bucket) != E_OK || !take(at, '"') ||
	    !take(at, ':') || read_digits(at, UINT32_MAX, &packets) != E_OK)
		return E_CORRUPT;
	out[bucket] = (uint32_t)packets;
	return E_OK;
}

static enum err read_buckets(const char *text, uint32_t *out, size_t count)
{
	const char *at = text;

	if (strcmp(text, "{}") == 0)
		return E_OK;
	if (!take(&at, '{'))
		return E_CORRUPT;
	do {
		if (read_bucket(&at, out, count) != E_OK)
			return E_CORRUPT;
	} while (take(&at, ','));
	return take(&at, '}') && *at == '\0' ? E_OK : E_CORRUPT;
}

/* The text of a column; NULL where it has a NUL inside or is none. */
static const char *text_of(sqlite3_stmt *statement, int index)
{
	const char *text = (const char *)sqlite3_column_text(statement, index);

	if (text == NULL || strlen(text) != (size_t)sqlite3_column_bytes(statement, index))
		return NULL;
	return text;
}

static enum err read_text(const struct closed_column *column, const char *text, void *member)
{
	switch (column->kind) {
	case COLUMN_TEXT:
		if (text == NULL || strlen(text) >= column->size)
			return E_CORRUPT;
		memcpy(member, text, strlen(text) + 1);
		return E_OK;
	case COLUMN_STRING:
		if (text == NULL)
			return E_CORRUPT;
		*(const char **)member = must_copy(text);
		return E_OK;
	case COLUMN_VERDICT:
		return text != NULL && verdict_parse(text, member) == E_OK ? E_OK : E_CORRUPT;
	case COLUMN_REASON:
		return text != NULL && unknown_reason_parse(text, member) == E_OK ? E_OK
										  : E_CORRUPT;
	default:
		return text == NULL ? E_CORRUPT
				    : read_buckets(text, member, column->size / sizeof(uint32_t));
	}
}

static enum err read_one(const struct closed_column *column, sqlite3_stmt *statement, int index,
			 void *member)
{
	bool is_null = sqlite3_column_type(statement, index) == SQLITE_NULL;
	sqlite3_int64 value;

	switch (column->kind) {
	case COLUMN_UNSIGNED:
		return read_unsigned(sqlite3_column_int64(statement, index), member, column->size);
	case COLUMN_NSEC:
		*(nsec *)member = is_null ? NSEC_UNDEFINED : sqlite3_column_int64(statement, index);
		return E_OK;
	case COLUMN_BOOL:
		value = sqlite3_column_int64(statement, index);
		*(bool *)member = value == 1;
		return value == 0 || value == 1 ? E_OK : E_CORRUPT;
	case COLUMN_REAL:
		*(double *)member = is_null ? (double)NAN : sqlite3_column_double(statement, index);
		return E_OK;
	case COLUMN_REASON:
		*(enum unknown_reason *)member = UNKNOWN_REASONS;
		return is_null ? E_OK : read_text(column, text_of(statement, index), member);
	default:
		return read_text(column, text_of(statement, index), member);
	}
}

enum err closed_table_read(const struct closed_table *table, sqlite3_stmt *selection, void *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct closed_column *column = &table->columns[i];
		enum err rc = read_one(column, selection, (int)i, (char *)out + column->offset);
		if (rc != E_OK)
			return rc;
	}
	return E_OK;
}

void closed_table_finish(const struct closed_table *table, void *row)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->columns[i].kind != COLUMN_STRING)
			continue;
		const char **member =
			(const char **)(void *)((char *)row + table->columns[i].offset);
		free((void *)(uintptr_t)*member);
		*member = NULL;
	}
}

/* What would end a value or a row is written as backslash and letter. */
static void digest_text(struct digest *digest, const char *text, size_t len)
{
	static const char special[] = "\\\t\n\r";
	static const char *const written[] = {"\\\\", "\\t", "\\n", "\\r"};
	size_t plain = 0;

	for (size_t i = 0; i < len; i++) {
		const char *found = text[i] == '\0' ? NULL : strchr(special, text[i]);
		if (found == NULL)
			continue;
		digest_add(digest, text + plain, i - plain);
		digest_add(digest, written[found - special], 2);
		plain = i + 1;
	}
	digest_add(digest, text + plain, len - plain);
}

static void digest_integer(struct digest *digest, int64_t value)
{
	char text[NUMBER_TEXT];
	size_t at = sizeof(text);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		text[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	if (value < 0)
		text[--at] = '-';
	digest_add(digest, text + at, sizeof(text) - at);
}

static void digest_value(struct digest *digest, sqlite3_stmt *selection, int index)
{
	char number[NUMBER_TEXT];
	const char *text;

	switch (sqlite3_column_type(selection, index)) {
	case SQLITE_NULL:
		digest_add(digest, "\\N", 2);
		break;
	case SQLITE_INTEGER:
		digest_integer(digest, sqlite3_column_int64(selection, index));
		break;
	case SQLITE_FLOAT:
		snprintf(number, sizeof(number), "%.17g", sqlite3_column_double(selection, index));
		digest_add(digest, number, strlen(number));
		break;
	default:
		text = sqlite3_column_blob(selection, index);
		digest_text(digest, text, (size_t)sqlite3_column_bytes(selection, index));
	}
}

void closed_table_digest(sqlite3_stmt *selection, struct digest *digest)
{
	int count = sqlite3_column_count(selection);

	for (int i = 0; i < count; i++) {
		digest_value(digest, selection, i);
		digest_add(digest, i + 1 < count ? "\t" : "\n", 1);
	}
}
