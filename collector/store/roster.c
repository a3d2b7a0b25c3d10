/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/roster.h"
#include "collector/base/log.h"
#include "collector/store/slot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_KEPT = 4096 };

/* FNV-1a, 64 bits. */
static size_t hash_of(const char *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *p = key; *p != '\0'; p++)
		hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32);
}

/* Where the key is, or the free place where it belongs. */
static uint32_t *place_of(const struct roster *roster, const char *key)
{
	size_t at = hash_of(key) & (roster->places - 1);

	while (roster->by_key[at] != 0 &&
	       strcmp(roster->entries[roster->by_key[at]]->key, key) != 0)
		at = (at + 1) & (roster->places - 1);
	return &roster->by_key[at];
}

struct enrolled *roster_find(const struct roster *roster, const char *key)
{
	return roster->places == 0 ? NULL : roster->entries[*place_of(roster, key)];
}

struct enrolled *roster_at(const struct roster *roster, uint32_t series)
{
	return series < roster->size ? roster->entries[series] : NULL;
}

/* At most three quarters of the places are taken. */
static enum err make_places(struct roster *roster)
{
	if (4 * (roster->count + 1) <= 3 * roster->places)
		return E_OK;
	size_t places = roster->places == 0 ? 64 : 2 * roster->places;
	uint32_t *by_key = calloc(places, sizeof(*by_key));
	if (by_key == NULL)
		return E_MEMORY;
	free(roster->by_key);
	roster->by_key = by_key;
	roster->places = places;
	for (uint32_t i = 0; i < roster->size; i++)
		if (roster->entries[i] != NULL)
			*place_of(roster, roster->entries[i]->key) = i;
	return E_OK;
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
	size_t key_size = strlen(record->key) + 1;
	enum err rc = record->id == 0 ? E_CORRUPT : make_room(roster, record->id);

	if (rc == E_OK)
		rc = make_places(roster);
	if (rc != E_OK)
		return rc;
	uint32_t *place = place_of(roster, record->key);
	if (roster->entries[record->id] != NULL || *place != 0)
		return E_CORRUPT;
	struct enrolled *entry = calloc(1, sizeof(*entry) + key_size);
	if (entry == NULL)
		return E_MEMORY;
	memcpy(entry->key, record->key, key_size);
	entry->id = record->id;
	entry->interval = record->interval;
	entry->first_slot = record->first_slot;
	entry->first_reply = record->first_reply;
	entry->filed = filed_none();
	entry->filed.filed_until = entry->known_until = record->filed_until;
	entry->filed.hours_until = record->hours_until;
	*place = record->id;
	roster->entries[record->id] = entry;
	roster->count++;
	if (record->id > roster->last)
		roster->last = record->id;
	*out = entry;
	return E_OK;
}

enum err roster_add(struct roster *roster, const char *key, struct enrolled **out)
{
	struct spool_series record = {
		.id = roster->last + 1,
		.first_slot = NSEC_UNDEFINED,
		.first_reply = NSEC_UNDEFINED,
		.filed_until = NSEC_UNDEFINED,
		.hours_until = NSEC_UNDEFINED,
	};

	if (strlen(key) >= sizeof(record.key))
		return E_RANGE;
	memcpy(record.key, key, strlen(key) + 1);
	return insert(roster, &record, out);
}

struct spool_series enrolled_record(const struct enrolled *entry)
{
	struct spool_series record = {
		.id = entry->id,
		.interval = entry->interval,
		.first_slot = entry->first_slot,
		.first_reply = entry->first_reply,
	};

	memcpy(record.key, entry->key, strlen(entry->key) + 1);
	return record;
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
	if (count > 0) {
		entry->filed.interval = epochs[count - 1].interval;
		entry->filed.epoch_from = epochs[count - 1].from;
		rc = filed_rename(&entry->filed, entry->key, epochs[count - 1].file);
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
			  entry->key, row->id, err_text(rc));
		return E_OK;
	}
	if (slot.summary.until > entry->known_until)
		entry->known_until = slot.summary.until;
	if (slot.summary.from >= entry->filed.filed_until)
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
	free(roster->by_key);
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

void enrolled_list_clear(struct enrolled_list *list)
{
	list->count = 0;
	if (list->capacity > LIST_KEPT)
		enrolled_list_finish(list);
}

void enrolled_list_finish(struct enrolled_list *list)
{
	free(list->list);
	*list = (struct enrolled_list){0};
}
