/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/notice_text.h"

#include <stdint.h>
#include <string.h>

enum { COLUMNS = 80, WIDE_FROM = 0x2e80 };

/* A character, and what may be done around it. */
struct glyph {
	uint32_t code;
	size_t len; /* octets; 0 at the end of the text */
};

/* The text is UTF-8; an octet that is not stands for itself. */
static struct glyph glyph_at(const char *text)
{
	const uint8_t *octets = (const uint8_t *)text;
	size_t len = octets[0] < 0x80 ? 1 : octets[0] < 0xe0 ? 2 : octets[0] < 0xf0 ? 3 : 4;
	uint32_t code = len == 1 ? octets[0] : octets[0] & (0xffu >> (len + 1));

	if (octets[0] == '\0')
		return (struct glyph){0, 0};
	for (size_t i = 1; i < len; i++) {
		if ((octets[i] & 0xc0) != 0x80)
			return (struct glyph){octets[0], 1};
		code = code << 6 | (octets[i] & 0x3f);
	}
	return (struct glyph){code, len};
}

static bool is_wide(uint32_t code)
{
	return code >= WIDE_FROM;
}

static bool is_one_of(const char *marks, const char *at, size_t len)
{
	for (struct glyph mark; (mark = glyph_at(marks)).len > 0; marks += mark.len) {
		if (mark.len == len && memcmp(marks, at, len) == 0)
			return true;
	}
	return false;
}

/* The piece from at on that must not be parted, a blank before it left out. */
static size_t piece_at(const char *at)
{
	struct glyph glyph = glyph_at(at);
	size_t len = 0;

	while (glyph.len > 0 && glyph.code != '\n') {
		struct glyph next = glyph_at(at + len + glyph.len);
		bool opening = is_one_of("（《“", at + len, glyph.len);
		len += glyph.len;
		if (next.len == 0 || next.code == '\n' || next.code == ' ')
			break;
		bool closing = is_one_of("，。；：、）》”！？", at + len, next.len);
		if (!opening && !closing && (is_wide(glyph.code) || is_wide(next.code)))
			break;
		glyph = next;
	}
	return len;
}

static size_t width_of(const char *at, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len;) {
		struct glyph glyph = glyph_at(at + i);
		width += is_wide(glyph.code) ? 2 : 1;
		i += glyph.len;
	}
	return width;
}

/* Lines of a list go on below its text. */
static size_t indent_of(const char *line)
{
	size_t blanks = strspn(line, " ");

	return strncmp(line + blanks, "- ", 2) == 0 ? blanks + 2 : blanks;
}

static const char *wrap_line(const char *line, FILE *out)
{
	size_t indent = indent_of(line);
	const char *at = line + indent;
	size_t column = indent;
	bool begun = false;

	fwrite(line, 1, indent, out);
	while (*at != '\0' && *at != '\n') {
		size_t blanks = strspn(at, " ");
		size_t len = piece_at(at + blanks);
		size_t width = width_of(at + blanks, len);
		if (begun && column + blanks + width > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			blanks = 0;
		}
		at += strspn(at, " ");
		fprintf(out, "%*s%.*s", (int)blanks, "", (int)len, at);
		column += blanks + width;
		at += len;
		begun = true;
	}
	putc('\n', out);
	return *at == '\n' ? at + 1 : at;
}

void notice_wrap(const char *text, FILE *out)
{
	while (*text != '\0')
		text = wrap_line(text, out);
}
