/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/peek.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peek before;
	struct peek after;
	uint8_t *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	bool read = peek_packet(data, size, &before);
	if (peek_forge(copy, size)) {
		assert(read && before.echo);
		assert(peek_packet(copy, size, &after));
		assert(after.id == before.id && after.seq == before.seq);
		assert(memcmp(copy, data, size) != 0);
	}
	free(copy);
	return 0;
}
