/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/names.h"
#include "config/closest.h"

#include <string.h>

struct entry {
	const char *text; /* NULL: free */
	size_t index;
};

struct names {
	size_t mask;
	size_t count;
	const char **texts; /* in the order of adding */
	struct entry *entries;
};

struct names *names_create(struct arena *arena, size_t most)
{
	struct names *names = arena_zeroed(arena, 1, sizeof(*names));
	size_t size = 8;

	while (size / 2 < most)
		size *= 2;
	names->mask = size - 1;
	names->entries = arena_zeroed(arena, size, sizeof(*names->entries));
	names->texts = arena_zeroed(arena, most + 1, sizeof(*names->texts));
	return names;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

/* The entry of text, or the free one where it belongs. */
static struct entry *entry_of(const struct names *names, const char *text)
{
	size_t at = (size_t)hash_of(text) & names->mask;

	while (names->entries[at].text != NULL && strcmp(names->entries[at].text, text) != 0)
		at = (at + 1) & names->mask;
	return &names->entries[at];
}

size_t names_add(struct names *names, const char *text, size_t index)
{
	struct entry *entry = entry_of(names, text);

	if (entry->text != NULL)
		return entry->index;
	*entry = (struct entry){text, index};
	names->texts[names->count++] = text;
	return NAMES_NONE;
}

size_t names_find(const struct names *names, const char *text)
{
	const struct entry *entry = entry_of(names, text);

	return entry->text == NULL ? NAMES_NONE : entry->index;
}

const char *names_closest(const struct names *names, const char *text)
{
	return closest_name(text, names->texts, names->count);
}
