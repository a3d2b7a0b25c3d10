/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/key.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void series_key_format(const struct series_key *key, char out[KEY_TEXT])
{
	int len = snprintf(out, KEY_TEXT, "%s~%s~%s~v%u~s%u~d%u~p%u", key->agent, key->target,
			   key->method, (unsigned int)key->family, (unsigned int)key->size,
			   (unsigned int)key->dscp, (unsigned int)key->port);
	assert(len > 0 && len < KEY_TEXT);
	(void)len;
}

void series_key_method(const struct series_key *key, char out[KEY_METHOD])
{
	snprintf(out, KEY_METHOD, "%.*s", (int)strcspn(key->method, "-"), key->method);
}

/* The part up to the next '~' or the end; *text moves behind it. */
static bool take_part(const char **text, char *out, size_t size)
{
	size_t len = strcspn(*text, "~");

	if (len == 0 || len >= size)
		return false;
	memcpy(out, *text, len);
	out[len] = '\0';
	*text += len + ((*text)[len] == '~');
	return true;
}

static bool take_name(const char **text, char *out, size_t size)
{
	return take_part(text, out, size) &&
	       strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(out);
}

/* A letter and a decimal number without leading zeros, so that a key has one text only. */
static enum err take_number(const char **text, char letter, uint32_t limit, uint32_t *out)
{
	char part[8];
	uint32_t value = 0;

	if (!take_part(text, part, sizeof(part)) || part[0] != letter || part[1] == '\0')
		return E_SYNTAX;
	if (part[1] == '0' && part[2] != '\0')
		return E_SYNTAX;
	for (const char *p = part + 1; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return E_SYNTAX;
		value = value * 10 + (uint32_t)(*p - '0');
	}
	if (value > limit)
		return E_RANGE;
	*out = value;
	return E_OK;
}

enum err series_key_parse(const char *text, struct series_key *out)
{
	static const struct {
		char letter;
		uint32_t limit;
	} numbers[] = {{'v', 6}, {'s', UINT16_MAX}, {'d', 63}, {'p', UINT16_MAX}};
	struct series_key key;
	uint32_t value[4];

	if (strlen(text) >= KEY_TEXT || text[0] == '\0' || text[strlen(text) - 1] == '~')
		return E_SYNTAX;
	if (!take_name(&text, key.agent, sizeof(key.agent)) ||
	    !take_name(&text, key.target, sizeof(key.target)) ||
	    !take_name(&text, key.method, sizeof(key.method)))
		return E_SYNTAX;
	for (size_t i = 0; i < 4; i++) {
		enum err rc = take_number(&text, numbers[i].letter, numbers[i].limit, &value[i]);
		if (rc != E_OK)
			return rc;
	}
	if (*text != '\0')
		return E_SYNTAX;
	if (value[0] != 4 && value[0] != 6)
		return E_RANGE;
	key.family = (uint8_t)value[0];
	key.size = (uint16_t)value[1];
	key.dscp = (uint8_t)value[2];
	key.port = (uint16_t)value[3];
	*out = key;
	return E_OK;
}
