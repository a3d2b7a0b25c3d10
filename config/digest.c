/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Gathers small pieces: a call of the library costs more than hashing them. */
struct digest {
	gnutls_hash_hd_t hash;
	bool failed;
	size_t used;
	unsigned char gathered[4096];
};

struct digest *digest_start(void)
{
	struct digest *digest = calloc(1, sizeof(*digest));

	if (digest == NULL || gnutls_hash_init(&digest->hash, GNUTLS_DIG_SHA256) < 0) {
		free(digest);
		return NULL;
	}
	return digest;
}

static void hash(struct digest *digest, const void *octets, size_t len)
{
	if (len > 0)
		digest->failed |= gnutls_hash(digest->hash, octets, len) < 0;
}

static void flush(struct digest *digest)
{
	hash(digest, digest->gathered, digest->used);
	digest->used = 0;
}

void digest_add(struct digest *digest, const void *octets, size_t len)
{
	if (digest == NULL || len == 0)
		return;
	if (len > sizeof(digest->gathered) - digest->used)
		flush(digest);
	if (len > sizeof(digest->gathered)) {
		hash(digest, octets, len);
		return;
	}
	memcpy(digest->gathered + digest->used, octets, len);
	digest->used += len;
}

bool digest_finish(struct digest *digest, char out[DIGEST_TEXT])
{
	unsigned char octets[32];

	if (digest == NULL)
		return false;
	flush(digest);
	bool whole = !digest->failed;
	gnutls_hash_deinit(digest->hash, octets);
	free(digest);
	for (size_t i = 0; i < sizeof(octets); i++)
		snprintf(out + 2 * i, 3, "%02x", octets[i]);
	return whole;
}
