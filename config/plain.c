/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/plain.h"

#include <string.h>

size_t plain_character(const char *text, size_t len, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)text;
	size_t octets = u[0] < 0x80		? 1
			: (u[0] & 0xE0) == 0xC0 ? 2
			: (u[0] & 0xF0) == 0xE0 ? 3
			: (u[0] & 0xF8) == 0xF0 ? 4
						: 0;

	if (octets == 0 || octets > len)
		return 0;
	uint32_t character = octets == 1 ? u[0] : u[0] & (0xFFu >> (octets + 1));
	for (size_t i = 1; i < octets; i++) {
		if ((u[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (u[i] & 0x3Fu);
	}
	if (character < least[octets] || character > 0x10FFFF ||
	    (character >= 0xD800 && character < 0xE000))
		return 0;
	*out = character;
	return octets;
}

bool plain_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF ||
	       c == 0xFFFE || c == 0xFFFF;
}

bool plain_text(const char *text, size_t len)
{
	for (size_t at = 0, octets; at < len; at += octets) {
		uint32_t character;
		octets = plain_character(text + at, len - at, &character);
		if (octets == 0 || plain_is_control(character))
			return false;
	}
	return true;
}

void plain_copy(char *out, size_t room, const char *text)
{
	size_t len = strlen(text);
	size_t used = 0;

	for (size_t at = 0; at < len;) {
		uint32_t character;
		size_t octets = plain_character(text + at, len - at, &character);
		bool good = octets > 0 && !plain_is_control(character);
		size_t written = good ? octets : 1;
		if (used + written >= room)
			break;
		memcpy(out + used, good ? text + at : "?", written);
		used += written;
		at += octets > 0 ? octets : 1;
	}
	out[used] = '\0';
}
