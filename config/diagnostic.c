/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/diagnostic.h"
#include "config/arena.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A wrong column of an inventory may give an error a row: nobody reads ten thousand. */
enum { PRINTED_MAX = 200 };

static char *copy_of(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(memory_grow(NULL, size, 1), text, size);
}

void diagnostics_finish(struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		free(diagnostics->items[i].file);
		free(diagnostics->items[i].key);
		free(diagnostics->items[i].message);
	}
	free(diagnostics->items);
	*diagnostics = (struct diagnostics){0};
}

void diagnostics_add(struct diagnostics *diagnostics, enum severity severity, struct place place,
		     const char *key, const char *format, ...)
{
	char message[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (diagnostics->count == diagnostics->capacity) {
		diagnostics->capacity = 2 * diagnostics->capacity + 16;
		diagnostics->items = memory_grow(diagnostics->items, diagnostics->capacity,
						 sizeof(*diagnostics->items));
	}
	diagnostics->items[diagnostics->count++] = (struct diagnostic){
		.severity = severity,
		.file = copy_of(place.file),
		.line = place.line,
		.column = place.column,
		.key = copy_of(key),
		.message = copy_of(message),
	};
	diagnostics->errors += severity == SEVERITY_ERROR;
}

static int by_place(const void *a, const void *b)
{
	const struct diagnostic *x = a;
	const struct diagnostic *y = b;
	int files = strcmp(x->file, y->file);

	if (files != 0)
		return files;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->message, y->message);
}

static void print_one(const struct diagnostic *d, FILE *out)
{
	fprintf(out, "%s%s:", d->severity == SEVERITY_WARNING ? "warning: " : "", d->file);
	if (d->line > 0)
		fprintf(out, "%zu:%zu:", d->line, d->column);
	fprintf(out, " %s%s%s\n", d->key, d->key[0] == '\0' ? "" : ": ", d->message);
}

void diagnostics_sort(struct diagnostics *diagnostics)
{
	if (diagnostics->count > 0)
		qsort(diagnostics->items, diagnostics->count, sizeof(*diagnostics->items),
		      by_place);
}

void diagnostics_print(struct diagnostics *diagnostics, FILE *out)
{
	size_t printed[2] = {0, 0};

	diagnostics_sort(diagnostics);
	for (size_t i = 0; i < diagnostics->count; i++) {
		if (printed[diagnostics->items[i].severity]++ < PRINTED_MAX)
			print_one(&diagnostics->items[i], out);
	}
	if (printed[SEVERITY_ERROR] > PRINTED_MAX)
		fprintf(out, "and %zu more errors\n", printed[SEVERITY_ERROR] - PRINTED_MAX);
	if (printed[SEVERITY_WARNING] > PRINTED_MAX)
		fprintf(out, "and %zu more warnings\n", printed[SEVERITY_WARNING] - PRINTED_MAX);
}
