/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An arena holds what is freed together. A configuration is read at start and on reload, its size
 * capped by the files it comes from: a machine without memory for that cannot go on, so running
 * out of memory ends the program with a line on standard error. */
#ifndef NETGRADE_CONFIG_ARENA_H
#define NETGRADE_CONFIG_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is fine */

/* count elements of size octets, all zero, aligned for any type; never NULL. */
void *arena_zeroed(struct arena *arena, size_t count, size_t size);

/* A copy of text; of NULL NULL. */
char *arena_text(struct arena *arena, const char *text);

char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* realloc that ends the program when refused; for growing arrays outside an arena. */
void *memory_grow(void *old, size_t count, size_t size);

#endif
