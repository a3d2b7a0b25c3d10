/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/batch.h"

#include <stdlib.h>
#include <string.h>

/* What a second of a large agent takes; more was gathered while the disk was full. */
static const size_t kept_octets = (size_t)8 << 20;

struct record {
	struct enrolled *entry;
	size_t len;
};

static enum err grow(struct batch *batch, size_t needed)
{
	size_t capacity = batch->capacity == 0 ? 4096 : batch->capacity;

	while (capacity < needed)
		capacity *= 2;
	if (capacity == batch->capacity)
		return E_OK;
	uint8_t *larger = realloc(batch->octets, capacity);
	if (larger == NULL)
		return E_MEMORY;
	batch->octets = larger;
	batch->capacity = capacity;
	return E_OK;
}

enum err batch_add(struct batch *batch, const struct batch_item *item)
{
	struct record record = {item->entry, item->len};
	enum err rc = grow(batch, batch->used + sizeof(record) + item->len);

	if (rc != E_OK)
		return rc;
	memcpy(batch->octets + batch->used, &record, sizeof(record));
	memcpy(batch->octets + batch->used + sizeof(record), item->octets, item->len);
	batch->used += sizeof(record) + item->len;
	batch->count++;
	return E_OK;
}

bool batch_next(const struct batch *batch, size_t *at, struct batch_item *out)
{
	struct record record;

	if (*at >= batch->used)
		return false;
	memcpy(&record, batch->octets + *at, sizeof(record));
	*out = (struct batch_item){
		.entry = record.entry,
		.len = record.len,
		.octets = batch->octets + *at + sizeof(record),
	};
	*at += sizeof(record) + record.len;
	return true;
}

void batch_clear(struct batch *batch)
{
	if (batch->capacity > kept_octets)
		batch_finish(batch);
	batch->used = 0;
	batch->count = 0;
}

void batch_finish(struct batch *batch)
{
	free(batch->octets);
	*batch = (struct batch){0};
}
