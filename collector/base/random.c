/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/random.h"

#include <errno.h>
#include <sys/random.h>

uint64_t random_below(struct random *random, uint64_t limit)
{
	/* Values at the top that would favour small results are drawn again. */
	uint64_t unfair = (UINT64_MAX - limit + 1) % limit;
	uint64_t value;

	do
		value = random_u64(random);
	while (value < unfair);
	return value % limit;
}

enum err random_secret(void *bytes, size_t len)
{
	uint8_t *at = bytes;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return E_SYSTEM;
		at += got;
		len -= (size_t)got;
	}
	return E_OK;
}

static uint64_t rotate(uint64_t value, int by)
{
	return value << by | value >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static uint64_t little_endian(const uint8_t *bytes, size_t len)
{
	uint64_t word = 0;

	for (size_t i = len; i-- > 0;)
		word = word << 8 | bytes[i];
	return word;
}

static void sip_absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

uint64_t hash_keyed(const struct hash_key *key, const void *bytes, size_t len)
{
	uint64_t v[4] = {
		key->word[0] ^ UINT64_C(0x736f6d6570736575),
		key->word[1] ^ UINT64_C(0x646f72616e646f6d),
		key->word[0] ^ UINT64_C(0x6c7967656e657261),
		key->word[1] ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *at = bytes;
	size_t whole = len / 8 * 8;

	for (size_t i = 0; i < whole; i += 8)
		sip_absorb(v, little_endian(at + i, 8));
	sip_absorb(v, little_endian(at + whole, len - whole) | (uint64_t)len << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
