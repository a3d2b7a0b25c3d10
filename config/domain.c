/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/domain.h"

#include <idn2.h>
#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_TEXT = 253, SHOWN = 60 };

static bool is_allowed(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* RFC 1035, section 2.3.4, with the underscores of services (RFC 8552). */
static bool is_name(const char *text)
{
	size_t label = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '.' ? label == 0 : !is_allowed(*c))
			return false;
		label = *c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return label > 0 && strlen(text) <= NAME_MAX_TEXT;
}

static bool take_ascii(const char *text, char out[DOMAIN_TEXT])
{
	size_t len = strlen(text);

	if (strcmp(text, ".") != 0 && len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0 || len >= DOMAIN_TEXT)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	out[len] = '\0';
	return strcmp(out, ".") == 0 || is_name(out);
}

static bool has_other_scripts(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((*text & 0x80) != 0)
			return true;
	}
	return false;
}

bool domain_parse(const char *text, char out[DOMAIN_TEXT], struct problem *problem)
{
	char *ascii = NULL;
	bool good;

	if (has_other_scripts(text)) {
		int flags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;
		good = idn2_to_ascii_8z(text, &ascii, flags) == IDN2_OK && take_ascii(ascii, out);
		idn2_free(ascii);
	} else {
		good = take_ascii(text, out);
	}
	if (!good)
		problem_say(problem, "\"%.*s\" is no domain name; write one such as www.example.cn",
			    SHOWN, text);
	return good;
}
