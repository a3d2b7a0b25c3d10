/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first octet says what the rest is: an answer, a looped packet or a quotation, of which
 * family. With another octet of the key than ours no cookie may be accepted. */
#include "collector/packet/icmp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { KIND_REPLY, KIND_LOOPED, KIND_QUOTED, KIND_COUNT };

static const struct mark_seal seals[] = {
	{{{UINT64_C(0x0123456789abcdef), 42}}, 4, 0xbeef},
	{{{UINT64_C(0x0123456789abcdef), 42}}, 6, 0xbeef},
};

static enum err read_as(enum kind kind, const uint8_t *bytes, size_t len,
			const struct mark_seal *seal)
{
	struct icmp_echo echo;
	uint16_t sequence;

	switch (kind) {
	case KIND_REPLY:
		return icmp_read_reply(bytes, len, seal, &echo);
	case KIND_LOOPED:
		return icmp_read_looped(bytes, len, seal, &echo);
	default:
		return icmp_read_quoted(bytes, len, seal, &sequence);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	enum kind kind = data[0] % KIND_COUNT;
	const struct mark_seal *seal = &seals[data[0] / KIND_COUNT % 2];
	struct mark_seal other = *seal;
	/* A copy of its own size, so that a read beyond its end is noticed. */
	uint8_t *bytes = malloc(size - 1 == 0 ? 1 : size - 1);
	if (bytes == NULL)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	other.key.word[0]++;
	enum err rc = read_as(kind, bytes, size - 1, seal);
	if (kind != KIND_QUOTED && rc == E_OK && read_as(kind, bytes, size - 1, &other) == E_OK)
		abort();
	free(bytes);
	return 0;
}
