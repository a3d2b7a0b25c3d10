/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that users read, in each language, compiled in from zh-CN.yaml and en.yaml. */
#ifndef NETGRADE_REPORTER_TEXT_TEXT_H
#define NETGRADE_REPORTER_TEXT_TEXT_H

#include "collector/base/err.h"

#include <stddef.h>

enum language { LANGUAGE_ZH_CN, LANGUAGE_EN, LANGUAGE_COUNT };

/* "zh-CN" or "en"; E_NOT_FOUND otherwise. */
MUST_CHECK enum err language_parse(const char *name, enum language *out);
const char *language_name(enum language language);

/* enum text_id, one TEXT_SCORE_TITLE for each key score.title; made at build time. */
#include "reporter/text/text_id.h"

/* The text as it stands in the catalogue, never NULL. */
const char *text_get(enum language language, enum text_id id);

/* The text with {0} {1} … replaced by the arguments; allocated, the caller frees; never NULL
 * (the program ends when memory does). A placeholder without argument is our own mistake. */
char *text_format(enum language language, enum text_id id, const char *const *arguments,
		  size_t count);

#define TEXT(language, id, ...)                                                                    \
	text_format(language, id, (const char *const[]){__VA_ARGS__},                              \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

#endif
