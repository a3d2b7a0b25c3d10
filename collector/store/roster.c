/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/roster.h"
#include "collector/base/log.h"
#include "collector/metric/summary.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *a, const void *b)
{
	const struct enrolled *x = a;
	const struct enrolled *y = b;
	return strcmp(x->record.key, y->record.key);
}

static void keep_entry(void *entry)
{
	(void)entry; /* the list owns it */
}

struct enrolled *roster_find(const struct roster *roster, const char *key)
{
	struct enrolled wanted = {0};

	if (strlen(key) >= sizeof(wanted.record.key))
		return NULL;
	memcpy(wanted.record.key, key, strlen(key) + 1);
	struct enrolled *const *found = tfind(&wanted, &roster->by_key, compare_keys);
	return found == NULL ? NULL : *found;
}

struct enrolled *roster_at(const struct roster *roster, uint32_t series)
{
	return series < roster->size ? roster->entries[series] : NULL;
}

static enum err make_room(struct roster *roster, uint32_t series)
{
	size_t size = roster->size == 0 ? 64 : roster->size;

	if (series > 100000000)
		return E_CORRUPT;
	while (size <= series)
		size *= 2;
	if (size == roster->size)
		return E_OK;
	struct enrolled **entries = realloc(roster->entries, size * sizeof(struct enrolled *));
	if (entries == NULL)
		return E_MEMORY;
	for (size_t i = roster->size; i < size; i++)
		entries[i] = NULL;
	roster->entries = entries;
	roster->size = size;
	return E_OK;
}

static enum err insert(struct roster *roster, const struct spool_series *record,
		       struct enrolled **out)
{
	enum err rc = make_room(roster, record->id);

	if (rc != E_OK)
		return rc;
	if (roster->entries[record->id] != NULL)
		return E_CORRUPT;
	struct enrolled *entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return E_MEMORY;
	entry->record = *record;
	entry->filed = filed_none(record->id, entry->record.key);
	entry->known_until = NSEC_UNDEFINED;
	if (tsearch(entry, &roster->by_key, compare_keys) == NULL) {
		free(entry);
		return E_MEMORY;
	}
	roster->entries[record->id] = entry;
	if (record->id > roster->last)
		roster->last = record->id;
	*out = entry;
	return E_OK;
}

enum err roster_add(struct roster *roster, const char *key, struct enrolled **out)
{
	struct spool_series record = {
		.first_slot = NSEC_UNDEFINED,
		.first_reply = NSEC_UNDEFINED,
		.filed_until = NSEC_UNDEFINED,
		.hours_until = NSEC_UNDEFINED,
	};

	if (strlen(key) >= sizeof(record.key))
		return E_RANGE;
	memcpy(record.key, key, strlen(key) + 1);
	record.id = roster->last + 1;
	return insert(roster, &record, out);
}

/* Context of the walks through the spool. */
struct loading {
	struct roster *roster;
	struct spool *spool;
};

static enum err load_series(void *context, const struct spool_series *record)
{
	struct loading *loading = context;
	struct spool_epoch *epochs = NULL;
	struct enrolled *entry;
	size_t count;

	enum err rc = insert(loading->roster, record, &entry);
	if (rc == E_OK)
		rc = spool_list_epochs(loading->spool, record->id, &epochs, &count);
	if (rc != E_OK)
		return rc;
	entry->filed.filed_until = entry->known_until = record->filed_until;
	entry->filed.hours_until = record->hours_until;
	if (count > 0) {
		entry->filed.interval = epochs[count - 1].interval;
		entry->filed.file = strdup(epochs[count - 1].file);
		rc = entry->filed.file == NULL ? E_MEMORY : E_OK;
	}
	free(epochs);
	return rc;
}

static enum err load_row(void *context, const struct spool_row *row)
{
	struct loading *loading = context;
	struct enrolled *entry = roster_at(loading->roster, row->series);
	struct slot slot;

	loading->roster->newest_row = row->id;
	if (entry == NULL)
		return E_CORRUPT;
	entry->newest = entry->newest_written = row->id;
	enum err rc = slot_decode(row->octets, row->len, &slot);
	if (rc != E_OK) {
		log_error("store", "%s: slot %" PRId64 " in the spool cannot be read: %s",
			  entry->record.key, row->id, err_text(rc));
		return E_OK;
	}
	if (slot.summary.until > entry->known_until)
		entry->known_until = slot.summary.until;
	if (slot.summary.from < entry->filed.filed_until)
		filed_recall(&entry->filed, &slot);
	else
		entry->unfiled++;
	return E_OK;
}

enum err roster_load(struct roster *roster, struct spool *spool)
{
	struct loading loading = {roster, spool};

	*roster = (struct roster){0};
	enum err rc = spool_begin_reading(spool);
	if (rc != E_OK)
		return rc;
	rc = spool_each_series(spool, load_series, &loading);
	if (rc == E_OK)
		rc = spool_each_row(spool, 0, load_row, &loading);
	spool_rollback(spool);
	if (rc != E_OK)
		roster_finish(roster);
	return rc;
}

void roster_finish(struct roster *roster)
{
	tdestroy(roster->by_key, keep_entry);
	for (size_t i = 0; i < roster->size; i++) {
		if (roster->entries[i] != NULL)
			filed_finish(&roster->entries[i]->filed);
		free(roster->entries[i]);
	}
	free(roster->entries);
	*roster = (struct roster){0};
}

enum err enrolled_list_add(struct enrolled_list *list, struct enrolled *entry)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
		struct enrolled **larger =
			realloc(list->list, capacity * sizeof(struct enrolled *));
		if (larger == NULL)
			return E_MEMORY;
		list->list = larger;
		list->capacity = capacity;
	}
	list->list[list->count++] = entry;
	return E_OK;
}

void enrolled_list_finish(struct enrolled_list *list)
{
	free(list->list);
	*list = (struct enrolled_list){0};
}
