/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/out/markup.h"

#include "reporter/text/must.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\uFFFD"

/* The octets of the character that text starts with, 0 where none starts (RFC 3629). */
static size_t character(const unsigned char *text)
{
	static const struct {
		unsigned char mask;
		unsigned char lead;
		uint32_t least;
	} forms[] = {
		{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};

	for (size_t length = 1; length <= 4; length++) {
		if ((text[0] & forms[length - 1].mask) != forms[length - 1].lead)
			continue;
		uint32_t code = text[0] & (uint32_t)~forms[length - 1].mask;
		for (size_t i = 1; i < length; i++) {
			if ((text[i] & 0xC0) != 0x80)
				return 0;
			code = code << 6 | (text[i] & 0x3F);
		}
		bool surrogate = code >= 0xD800 && code <= 0xDFFF;
		bool forbidden = code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF; /* XML */
		return code < forms[length - 1].least || surrogate || forbidden ? 0 : length;
	}
	return 0;
}

static bool is_control(unsigned char octet)
{
	return (octet < ' ' && octet != '\t' && octet != '\n') || octet == 0x7F;
}

char *markup_clean(const char *text)
{
	char *clean = must_calloc(strlen(text) + 1, strlen(REPLACEMENT));
	char *end = clean;

	while (*text != '\0') {
		size_t length = character((const unsigned char *)text);
		if (length == 0 || is_control((unsigned char)*text))
			end = stpcpy(end, REPLACEMENT);
		else
			end = mempcpy(end, text, length);
		text += length == 0 ? 1 : length;
	}
	return clean;
}

void markup_text(FILE *file, const char *text)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	char *clean = markup_clean(text);

	for (const char *at = clean; *at != '\0'; at++) {
		const char *found = strchr(special, *at);
		if (found != NULL)
			fputs(entities[found - special], file);
		else
			putc(*at, file);
	}
	free(clean);
}
