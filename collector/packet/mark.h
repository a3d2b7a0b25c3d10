/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mark tells which packet this is and proves that this run of the agent made it: it is the last
 * MARK_SIZE octets of every probe packet's payload, because what comes back (a reply, or a packet
 * looped by the kernel behind link headers) is always known from its end. */
#ifndef NETGRADE_PACKET_MARK_H
#define NETGRADE_PACKET_MARK_H

#include "collector/base/err.h"
#include "collector/base/random.h"
#include "collector/base/wire.h"

#include <stddef.h>
#include <stdint.h>

enum { MARK_SIZE = 16 };

struct mark {
	uint32_t series;
	uint16_t slot; /* the slot's number modulo 65,536 */
	uint16_t packet;
};

/* What the cookie vouches for besides the mark itself. */
struct mark_seal {
	struct hash_key key;
	uint8_t family; /* 4 or 6 */
	uint16_t identifier;
};

/* Writes mark and cookie; the sequence is the one in the packet's header. */
void mark_write(struct writer *w, const struct mark_seal *seal, const struct mark *mark,
		uint16_t sequence);

/* Reads the mark from the last octets. E_SHORT, or E_CHECKSUM when the cookie is not ours. */
MUST_CHECK enum err mark_read(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
			      uint16_t sequence, struct mark *out);

#endif
