/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Built-in profiles are the files of config/profiles, made part of the program when it is built. */
#ifndef NETGRADE_CONFIG_BUILTIN_H
#define NETGRADE_CONFIG_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

struct built_in {
	const char *name; /* of the file, without ".yaml" */
	const unsigned char *octets;
	size_t size;
};

extern const struct built_in built_in_profiles[];
extern const size_t built_in_profile_count;

/* Whether a configuration that says `profile: named` means a built-in one: a file is named with a
 * slash or ends in .yaml. */
bool profile_is_built_in(const char *named);

#endif
