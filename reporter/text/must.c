/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/text/must.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *proven(void *memory)
{
	if (memory == NULL) {
		fputs("out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return memory;
}

void *must_calloc(size_t count, size_t size)
{
	return proven(calloc(count == 0 ? 1 : count, size));
}

void *must_grow(void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
	array = proven(wanted > SIZE_MAX / size ? NULL : realloc(array, wanted * size));
	*capacity = wanted;
	return array;
}

char *must_copy(const char *text)
{
	return proven(strdup(text == NULL ? "" : text));
}

char *must_format(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return proven(length < 0 ? NULL : text);
}
