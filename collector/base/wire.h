/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cursors over wire bytes that remember failure, so that a codec checks once at its end.
 * Multi-octet numbers are big-endian (network order). */
#ifndef NETGRADE_BASE_WIRE_H
#define NETGRADE_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed; /* once set, every read gives 0 and moves nothing */
};

struct reader reader_over(const void *bytes, size_t len);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
const uint8_t *read_bytes(struct reader *r, size_t len); /* NULL on failure */
void read_skip(struct reader *r, size_t len);

/* Variable-length unsigned integer, seven bits an octet, least significant first, at most 10. */
uint64_t read_varint(struct reader *r);

struct writer {
	uint8_t *start;
	size_t used;
	size_t size;
	bool failed; /* no room: once set, nothing more is written */
};

struct writer writer_over(void *bytes, size_t size);
void write_u8(struct writer *w, uint8_t value);
void write_u16(struct writer *w, uint16_t value);
void write_u32(struct writer *w, uint32_t value);
void write_u64(struct writer *w, uint64_t value);
void write_bytes(struct writer *w, const void *bytes, size_t len);
void write_fill(struct writer *w, uint8_t value, size_t len);
void write_varint(struct writer *w, uint64_t value);

#endif
