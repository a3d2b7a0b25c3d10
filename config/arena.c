/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	max_align_t octets[];
};

struct arena {
	struct chunk *chunks; /* the one being filled first */
};

static void *required(void *memory)
{
	if (memory == NULL) {
		fputs("no memory for the configuration\n", stderr);
		abort();
	}
	return memory;
}

struct arena *arena_create(void)
{
	return required(calloc(1, sizeof(struct arena)));
}

void arena_destroy(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->chunks != NULL) {
		struct chunk *next = arena->chunks->next;
		free(arena->chunks);
		arena->chunks = next;
	}
	free(arena);
}

void *arena_zeroed(struct arena *arena, size_t count, size_t size)
{
	size_t octets;
	struct chunk *chunk = arena->chunks;

	if (__builtin_mul_overflow(count, size, &octets) || octets > SIZE_MAX / 2)
		required(NULL);
	octets = (octets + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (chunk == NULL || chunk->size - chunk->used < octets) {
		size_t room = octets > CHUNK ? octets : CHUNK;
		chunk = required(calloc(1, sizeof(*chunk) + room));
		chunk->size = room;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	void *memory = (char *)chunk->octets + chunk->used;
	chunk->used += octets;
	return memory;
}

char *arena_text(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_format(arena, "%s", text);
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int len = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	char *text = arena_zeroed(arena, (size_t)(len < 0 ? 0 : len) + 1, 1);
	va_start(arguments, format);
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, format, arguments);
	va_end(arguments);
	return text;
}

void *memory_grow(void *old, size_t count, size_t size)
{
	return required(reallocarray(old, count, size));
}
