/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names map a text to an index, in constant time. */
#ifndef NETGRADE_CONFIG_NAMES_H
#define NETGRADE_CONFIG_NAMES_H

#include "config/arena.h"

#include <stddef.h>
#include <stdint.h>

#define NAMES_NONE SIZE_MAX

struct names;

/* Room for `most` names. */
struct names *names_create(struct arena *arena, size_t most);

/* The index that text already has, or NAMES_NONE after giving it this one. The text is not copied.
 */
size_t names_add(struct names *names, const char *text, size_t index);

size_t names_find(const struct names *names, const char *text);

/* A known name close to text, NULL if there is none. */
const char *names_closest(const struct names *names, const char *text);

#endif
