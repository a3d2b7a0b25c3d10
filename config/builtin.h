/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Built-in files are those of config/profiles and config/holidays, made part of the program when it
 * is built. */
#ifndef NETGRADE_CONFIG_BUILTIN_H
#define NETGRADE_CONFIG_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct built_in {
	const char *name; /* of the file, without ".yaml" */
	const unsigned char *octets;
	size_t size;
};

extern const struct built_in built_in_profiles[];
extern const size_t built_in_profiles_count;
extern const struct built_in built_in_holidays[];
extern const size_t built_in_holidays_count;

/* Whether a configuration that names this means what is built in: a file is named with a slash or
 * ends in .yaml. */
static inline bool named_built_in(const char *named)
{
	size_t len = strlen(named);

	return strchr(named, '/') == NULL && (len < 5 || strcmp(named + len - 5, ".yaml") != 0);
}

#endif
