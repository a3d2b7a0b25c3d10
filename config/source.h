/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A source is the text of one file, known to be UTF-8 without control characters. */
#ifndef NETGRADE_CONFIG_SOURCE_H
#define NETGRADE_CONFIG_SOURCE_H

#include "config/arena.h"
#include "config/diagnostic.h"

#include <stdbool.h>
#include <stddef.h>

struct source {
	const char *path;
	const char *octets; /* the file as it is, for its digest */
	size_t size;
	char *text; /* behind a byte order mark, NUL-terminated, may be changed */
	size_t len;
};

/* Reads the regular file at path, at most limit octets. False with an error at `named`, the place
 * and key that named the file, or with an error inside the file. */
bool source_read(struct source *source, struct arena *arena, const char *path, size_t limit,
		 struct place named, const char *key, struct diagnostics *diagnostics);

/* The same over octets in memory; they are copied. */
bool source_over(struct source *source, struct arena *arena, const char *octets, size_t size,
		 const char *path, struct diagnostics *diagnostics);

/* Path as named in a file that lies in base: absolute as it is, else below base. */
char *source_path(struct arena *arena, const char *base, const char *path);

/* The folder of path, "." where it names none. */
char *source_folder(struct arena *arena, const char *path);

/* The last part of a path. */
const char *source_name(const char *path);

/* SHA-256 over the octets of the sources in turn, lower-case hex. */
bool source_digest(const struct source *sources, size_t count, char out[65]);

#endif
