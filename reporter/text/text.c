/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/text/text.h"

#include "reporter/text/must.h"
#include "reporter/text/text_table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[LANGUAGE_COUNT] = {
	[LANGUAGE_ZH_CN] = "zh-CN",
	[LANGUAGE_EN] = "en",
};

enum err language_parse(const char *name, enum language *out)
{
	for (int i = 0; i < LANGUAGE_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum language)i;
			return E_OK;
		}
	}
	return E_NOT_FOUND;
}

const char *language_name(enum language language)
{
	assert(language < LANGUAGE_COUNT);
	return names[language];
}

const char *text_get(enum language language, enum text_id id)
{
	assert(language < LANGUAGE_COUNT && id < TEXT_COUNT);
	return text_table[language][id];
}

/* The length of the placeholder that text starts with, 0 for none; its number into *number. */
static size_t placeholder(const char *text, size_t *number)
{
	size_t length = 1;

	if (text[0] != '{' || text[1] < '0' || text[1] > '9')
		return 0;
	*number = 0;
	while (text[length] >= '0' && text[length] <= '9')
		*number = *number * 10 + (size_t)(text[length++] - '0');
	return text[length] == '}' ? length + 1 : 0;
}

char *text_format(enum language language, enum text_id id, const char *const *arguments,
		  size_t count)
{
	const char *pattern = text_get(language, id);
	size_t room = strlen(pattern) + 1;
	size_t number;
	size_t skip;

	for (const char *at = pattern; *at != '\0'; at += skip != 0 ? skip : 1) {
		skip = placeholder(at, &number);
		assert(skip == 0 || number < count);
		if (skip != 0)
			room += strlen(arguments[number]);
	}
	char *text = must_calloc(room, 1);
	char *end = text;
	for (const char *at = pattern; *at != '\0'; at += skip != 0 ? skip : 1) {
		skip = placeholder(at, &number);
		if (skip != 0)
			end = stpcpy(end, arguments[number]);
		else
			*end++ = *at;
	}
	return text;
}
