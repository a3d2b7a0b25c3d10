/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A packed image leaves out runs of zero words, which most of a series file's header is: a quarter
 * is left of it. */
#ifndef NETGRADE_STORE_PACKED_H
#define NETGRADE_STORE_PACKED_H

#include "collector/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { PACKED_MOST = 1 << 20 /* octets of an image */ };

/* The caller frees *out. E_RANGE: longer than PACKED_MOST. */
MUST_CHECK enum err packed_make(const void *image, size_t len, uint8_t **out, size_t *out_len);

/* What was packed; an image kept as it was, as earlier versions did, is copied. The caller frees
 * *out. E_CORRUPT. */
MUST_CHECK enum err packed_open(const void *packed, size_t len, uint8_t **out, size_t *out_len);

#endif
