/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first octet says what the rest is: an answer, a looped packet or a quotation, of which
 * family. What is read must be what stands there, and a number in it is no ticket. */
#include "collector/packet/tcp.h"
#include "collector/probe/tickets.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { KIND_ANSWER_V4, KIND_ANSWER_V6, KIND_LOOPED, KIND_QUOTED, KIND_COUNT };

static enum err read_as(enum kind kind, const uint8_t *bytes, size_t len, struct tcp_segment *out)
{
	switch (kind) {
	case KIND_ANSWER_V4:
		return tcp_read_answer(bytes, len, 4, out);
	case KIND_ANSWER_V6:
		return tcp_read_answer(bytes, len, 6, out);
	case KIND_LOOPED:
		return tcp_read_looped(bytes, len, out);
	default:
		return tcp_read_quoted(bytes, len, out);
	}
}

/* Where the segment begins of which something was read. */
static const uint8_t *start_of(enum kind kind, const uint8_t *bytes, size_t len)
{
	if (kind == KIND_ANSWER_V4)
		return bytes + (size_t)(bytes[0] & 0x0f) * 4;
	return kind == KIND_LOOPED ? bytes + len - TCP_SYN_SIZE : bytes;
}

static uint32_t number_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tickets *none;
	struct tcp_segment segment;
	struct stub stub;

	if (size == 0 || (none == NULL && tickets_create(TICKETS_32, &none) != E_OK))
		return 0;
	enum kind kind = data[0] % KIND_COUNT;
	/* A copy of its own size, so that a read beyond its end is noticed. */
	uint8_t *bytes = malloc(size - 1 == 0 ? 1 : size - 1);
	if (bytes == NULL)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	if (read_as(kind, bytes, size - 1, &segment) == E_OK &&
	    (segment.number != number_at(start_of(kind, bytes, size - 1) + 4) ||
	     tickets_find(none, segment.number, &stub) ||
	     tickets_find(none, segment.acknowledged - 1, &stub)))
		abort();
	free(bytes);
	return 0;
}
