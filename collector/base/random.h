/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chance as an argument: a seeded generator, the kernel's entropy for secrets, and a keyed hash. */
#ifndef NETGRADE_BASE_RANDOM_H
#define NETGRADE_BASE_RANDOM_H

#include "collector/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* SplitMix64: small, fast, good enough for phases and orders; not for secrets. */
struct random {
	uint64_t state;
};

static inline struct random random_seeded(uint64_t seed)
{
	return (struct random){.state = seed};
}

static inline uint64_t random_u64(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* [0, 1) */
static inline double random_unit(struct random *random)
{
	return (double)(random_u64(random) >> 11) * 0x1.0p-53;
}

uint64_t random_below(struct random *random, uint64_t limit); /* [0, limit), limit > 0 */

/* Fills from getrandom(2): identifiers and keys. E_SYSTEM when the kernel has none. */
MUST_CHECK enum err random_secret(void *bytes, size_t len);

struct hash_key {
	uint64_t word[2];
};

/* SipHash-2-4 (Aumasson and Bernstein, 2012): without the key nobody can guess its value. */
uint64_t hash_keyed(const struct hash_key *key, const void *bytes, size_t len);

#endif
