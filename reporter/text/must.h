/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for batch jobs that have nothing to save: when it runs out the program ends. */
#ifndef NETGRADE_REPORTER_TEXT_MUST_H
#define NETGRADE_REPORTER_TEXT_MUST_H

#include <stddef.h>

/* Zeroed; never NULL. */
void *must_calloc(size_t count, size_t size);

/* Makes room for one more: doubles *capacity when count has reached it. Never NULL. */
void *must_grow(void *array, size_t count, size_t *capacity, size_t size);

/* A copy; NULL gives "". */
char *must_copy(const char *text);

/* As asprintf. */
char *must_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
