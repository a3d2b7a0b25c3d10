/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/wire.h"

#include <endian.h>
#include <string.h>

struct reader reader_over(const void *bytes, size_t len)
{
	return (struct reader){.at = bytes, .left = len};
}

const uint8_t *read_bytes(struct reader *r, size_t len)
{
	if (r->failed || r->left < len) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *bytes = r->at;
	r->at += len;
	r->left -= len;
	return bytes;
}

void read_skip(struct reader *r, size_t len)
{
	(void)read_bytes(r, len);
}

uint8_t read_u8(struct reader *r)
{
	const uint8_t *bytes = read_bytes(r, 1);

	return bytes == NULL ? 0 : *bytes;
}

uint16_t read_u16(struct reader *r)
{
	const uint8_t *bytes = read_bytes(r, sizeof(uint16_t));
	uint16_t value = 0;

	if (bytes != NULL)
		memcpy(&value, bytes, sizeof(value));
	return be16toh(value);
}

uint32_t read_u32(struct reader *r)
{
	const uint8_t *bytes = read_bytes(r, sizeof(uint32_t));
	uint32_t value = 0;

	if (bytes != NULL)
		memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

uint64_t read_u64(struct reader *r)
{
	const uint8_t *bytes = read_bytes(r, sizeof(uint64_t));
	uint64_t value = 0;

	if (bytes != NULL)
		memcpy(&value, bytes, sizeof(value));
	return be64toh(value);
}

uint64_t read_varint(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t octet = read_u8(r);
		if (shift == 63 && octet > 1)
			break;
		value |= (uint64_t)(octet & 0x7f) << shift;
		if ((octet & 0x80) == 0)
			return r->failed ? 0 : value;
	}
	r->failed = true;
	return 0;
}

struct writer writer_over(void *bytes, size_t size)
{
	return (struct writer){.start = bytes, .size = size};
}

static uint8_t *take(struct writer *w, size_t len)
{
	if (w->failed || w->size - w->used < len) {
		w->failed = true;
		return NULL;
	}
	uint8_t *bytes = w->start + w->used;
	w->used += len;
	return bytes;
}

void write_u8(struct writer *w, uint8_t value)
{
	write_bytes(w, &value, sizeof(value));
}

void write_u16(struct writer *w, uint16_t value)
{
	uint16_t big = htobe16(value);

	write_bytes(w, &big, sizeof(big));
}

void write_u32(struct writer *w, uint32_t value)
{
	uint32_t big = htobe32(value);

	write_bytes(w, &big, sizeof(big));
}

void write_u64(struct writer *w, uint64_t value)
{
	uint64_t big = htobe64(value);

	write_bytes(w, &big, sizeof(big));
}

void write_bytes(struct writer *w, const void *source, size_t len)
{
	uint8_t *bytes = take(w, len);

	if (bytes != NULL && len > 0)
		memcpy(bytes, source, len);
}

void write_fill(struct writer *w, uint8_t value, size_t len)
{
	uint8_t *bytes = take(w, len);

	if (bytes != NULL && len > 0)
		memset(bytes, value, len);
}

void write_varint(struct writer *w, uint64_t value)
{
	while (value > 0x7f) {
		write_u8(w, (uint8_t)(value | 0x80));
		value >>= 7;
	}
	write_u8(w, (uint8_t)value);
}
