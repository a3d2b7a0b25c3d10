/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/mark.h"

static uint64_t cookie_of(const struct mark_seal *seal, const struct mark *mark, uint16_t sequence)
{
	uint8_t bytes[13];
	struct writer w = writer_over(bytes, sizeof(bytes));

	write_u8(&w, seal->family);
	write_u16(&w, seal->identifier);
	write_u16(&w, sequence);
	write_u32(&w, mark->series);
	write_u16(&w, mark->slot);
	write_u16(&w, mark->packet);
	return hash_keyed(&seal->key, bytes, w.used);
}

void mark_write(struct writer *w, const struct mark_seal *seal, const struct mark *mark,
		uint16_t sequence)
{
	write_u32(w, mark->series);
	write_u16(w, mark->slot);
	write_u16(w, mark->packet);
	write_u64(w, cookie_of(seal, mark, sequence));
}

enum err mark_read(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
		   uint16_t sequence, struct mark *out)
{
	if (len < MARK_SIZE)
		return E_SHORT;
	struct reader r = reader_over(bytes + len - MARK_SIZE, MARK_SIZE);
	struct mark mark = {.series = read_u32(&r)};
	mark.slot = read_u16(&r);
	mark.packet = read_u16(&r);
	if (read_u64(&r) != cookie_of(seal, &mark, sequence))
		return E_CHECKSUM;
	*out = mark;
	return E_OK;
}
