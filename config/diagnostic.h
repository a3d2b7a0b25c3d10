/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnostics collect everything that is wrong with a configuration, in the order of the file. */
#ifndef NETGRADE_CONFIG_DIAGNOSTIC_H
#define NETGRADE_CONFIG_DIAGNOSTIC_H

#include <stddef.h>
#include <stdio.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* Where a text stands; line and column count from 1, a column is a character. */
struct place {
	const char *file;
	size_t line;
	size_t column;
};

struct diagnostic {
	enum severity severity;
	char *file;
	size_t line;
	size_t column;
	char *key;     /* path.to.key, "" for the file itself */
	char *message; /* what is wrong; what would be right */
};

struct diagnostics {
	struct diagnostic *items;
	size_t count;
	size_t errors;
	size_t capacity;
};

void diagnostics_finish(struct diagnostics *diagnostics);

void diagnostics_add(struct diagnostics *diagnostics, enum severity severity, struct place place,
		     const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* By file, line and column. */
void diagnostics_sort(struct diagnostics *diagnostics);

/* One line each: file:line:col: path.to.key: message (prefixed "warning: " where it is one), sorted
 * by file, line and column. Without line and column where the file itself cannot be read. */
void diagnostics_print(struct diagnostics *diagnostics, FILE *out);

#endif
