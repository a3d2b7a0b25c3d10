/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/packed.h"
#include "collector/base/wire.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An octet that no header of librrd begins with, the length, then in turn: how many words are zero,
 * how many are not, those; and what is left of less than a word. */
enum { MARK = 1, WORD = 8, ROOM = 32 /* beyond the image's length; a run of zeros makes more */ };

static bool is_zero(const uint8_t *word)
{
	static const uint8_t zero[WORD];

	return memcmp(word, zero, WORD) == 0;
}

enum err packed_make(const void *image, size_t len, uint8_t **out, size_t *out_len)
{
	const uint8_t *octets = image;
	size_t words = len / WORD;

	if (len > PACKED_MOST)
		return E_RANGE;
	uint8_t *packed = malloc(len + ROOM);
	if (packed == NULL)
		return E_MEMORY;
	struct writer writer = writer_over(packed, len + ROOM);
	write_u8(&writer, MARK);
	write_varint(&writer, len);
	for (size_t i = 0; i < words;) {
		size_t zero = i;
		while (i < words && is_zero(octets + i * WORD))
			i++;
		size_t other = i;
		while (i < words && !is_zero(octets + i * WORD))
			i++;
		write_varint(&writer, other - zero);
		write_varint(&writer, i - other);
		write_bytes(&writer, octets + other * WORD, (i - other) * WORD);
	}
	write_bytes(&writer, octets + words * WORD, len % WORD);
	if (writer.failed) {
		free(packed);
		return E_RANGE;
	}
	*out = packed;
	*out_len = writer.used;
	return E_OK;
}

/* The image is zero wherever nothing is written. */
static enum err fill(struct reader *reader, uint8_t *image, size_t len)
{
	size_t words = len / WORD;
	size_t i = 0;

	while (i < words && !reader->failed) {
		uint64_t zero = read_varint(reader);
		uint64_t other = read_varint(reader);
		if (zero > words - i || other > words - i - zero || zero + other == 0)
			return E_CORRUPT;
		const uint8_t *octets = read_bytes(reader, other * WORD);
		if (octets == NULL)
			return E_CORRUPT;
		memcpy(image + (i + zero) * WORD, octets, other * WORD);
		i += zero + other;
	}
	const uint8_t *rest = read_bytes(reader, len % WORD);
	if (reader->failed || reader->left > 0)
		return E_CORRUPT;
	memcpy(image + words * WORD, rest, len % WORD);
	return E_OK;
}

static enum err copy(const void *octets, size_t len, uint8_t **out, size_t *out_len)
{
	uint8_t *image = malloc(len + 1);

	if (image == NULL)
		return E_MEMORY;
	if (len > 0)
		memcpy(image, octets, len);
	*out = image;
	*out_len = len;
	return E_OK;
}

enum err packed_open(const void *packed, size_t len, uint8_t **out, size_t *out_len)
{
	struct reader reader = reader_over(packed, len);

	if (len == 0 || read_u8(&reader) != MARK)
		return copy(packed, len, out, out_len);
	uint64_t size = read_varint(&reader);
	if (reader.failed || size > PACKED_MOST)
		return E_CORRUPT;
	uint8_t *image = calloc(1, (size_t)size + 1);
	if (image == NULL)
		return E_MEMORY;
	enum err rc = fill(&reader, image, (size_t)size);
	if (rc != E_OK) {
		free(image);
		return rc;
	}
	*out = image;
	*out_len = (size_t)size;
	return E_OK;
}
