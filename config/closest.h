/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "Did you mean": the known word that a mistyped one is closest to. */
#ifndef NETGRADE_CONFIG_CLOSEST_H
#define NETGRADE_CONFIG_CLOSEST_H

#include <stddef.h>

/* The candidate closest to word by edit distance, NULL if none is close enough to be a slip. */
const char *closest_name(const char *word, const char *const *candidates, size_t count);

#endif
