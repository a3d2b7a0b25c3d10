/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch is slots put and not yet committed, encoded one behind the other. */
#ifndef NETGRADE_STORE_BATCH_H
#define NETGRADE_STORE_BATCH_H

#include "collector/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct enrolled;

struct batch {
	uint8_t *octets;
	size_t used;
	size_t capacity;
	size_t count;
};

struct batch_item {
	struct enrolled *entry; /* the series */
	size_t len;
	const uint8_t *octets; /* of the encoded slot */
};

/* E_MEMORY when it does not grow any more. */
MUST_CHECK enum err batch_add(struct batch *batch, const struct batch_item *item);

/* Walks: *at is 0 at first; false after the last. */
bool batch_next(const struct batch *batch, size_t *at, struct batch_item *out);

void batch_clear(struct batch *batch); /* a large one gives its memory back */
void batch_finish(struct batch *batch);

#endif
