/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/drops.h"

#include <stdlib.h>

static struct drop *add(struct drops *drops)
{
	if (drops->count == drops->capacity) {
		size_t capacity = drops->capacity == 0 ? 64 : 2 * drops->capacity;
		struct drop *larger = realloc(drops->list, capacity * sizeof(*larger));
		if (larger == NULL)
			return NULL;
		drops->list = larger;
		drops->capacity = capacity;
	}
	return &drops->list[drops->count++];
}

void drops_note(struct drops *drops, struct enrolled *entry, struct period slot, enum err reason)
{
	struct drop *drop = entry->dropping == 0 ? NULL : &drops->list[entry->dropping - 1];

	if (drop == NULL || drop->reason != reason) {
		drop = add(drops);
		if (drop == NULL)
			return;
		*drop = (struct drop){.entry = entry, .span = slot, .reason = reason};
		entry->dropping = (uint32_t)drops->count;
	}
	drop->span.until = slot.until;
	drop->slots++;
}

void drops_end(struct enrolled *entry)
{
	entry->dropping = 0;
}

void drops_end_all(const struct drops *drops)
{
	for (size_t i = 0; i < drops->count; i++)
		drops_end(drops->list[i].entry);
}

enum err drops_save(const struct drops *drops, struct spool *spool)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < drops->count && rc == E_OK; i++) {
		const struct drop *drop = &drops->list[i];
		struct spool_dropped dropped = {
			.series = drop->entry->id,
			.span = drop->span,
			.slots = drop->slots,
			.reason = err_text(drop->reason),
		};
		rc = spool_add_dropped(spool, &dropped);
	}
	return rc;
}

void drops_finish(struct drops *drops)
{
	free(drops->list);
	*drops = (struct drops){0};
}
