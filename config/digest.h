/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A digest is SHA-256 (FIPS 180-4), taken piece by piece. */
#ifndef NETGRADE_CONFIG_DIGEST_H
#define NETGRADE_CONFIG_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_TEXT = 65 };

struct digest;

struct digest *digest_start(void); /* NULL where the library refuses */
/* Of NULL nothing; a failure shows at the end. */
void digest_add(struct digest *digest, const void *octets, size_t len);
/* Lower-case hex; frees. False where anything failed. */
bool digest_finish(struct digest *digest, char out[DIGEST_TEXT]);

#endif
