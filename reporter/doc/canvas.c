/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/canvas.h"

#include "reporter/text/must.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct paint paints[INK_COUNT] = {
	[INK_AXIS] = {.name = "axis", .colour = "#7b8794", .width = 1},
	[INK_GRID] = {.name = "grid", .colour = "#e3e7ec", .width = 1},
	[INK_LABEL] = {.name = "label", .colour = "#1f2933", .width = 1},
	[INK_SCALE] = {.name = "scale", .colour = "#5a6673", .width = 1},
	[INK_BOUND] = {.name = "bound", .colour = "#b42318", .width = 1.2, .dash = "7 3 1.5 3"},
	[INK_BEYOND] = {.name = "beyond", .colour = "#b42318", .width = 1.4},
	[INK_SERIES] = {.name = "s1", .colour = "#1d4f91", .width = 1.8},
	[INK_SERIES + 1] = {.name = "s2", .colour = "#c2570c", .width = 1.6, .dash = "6 2.5"},
	[INK_SERIES + 2] = {.name = "s3", .colour = "#0f766e", .width = 1.6, .dash = "2 2.2"},
	[INK_SERIES + 3] = {.name = "s4", .colour = "#7a3e8e", .width = 1.6, .dash = "9 2.5 2 2.5"},
	[INK_SERIES + 4] = {.name = "s5", .colour = "#556270", .width = 1.6, .dash = "12 3"},
	[INK_SERIES + 5] = {.name = "s6", .colour = "#8a6d1a", .width = 1.6, .dash = "4 2 1 2"},
	[INK_VERDICT + VERDICT_GOOD] = {.name = "good", .colour = "#c3e2cb"},
	[INK_VERDICT + VERDICT_DEGRADED] = {.name = "degraded",
					    .colour = "#eca93c",
					    .hatch = HATCH_RISING,
					    .hatch_colour = "#8a5a00"},
	[INK_VERDICT + VERDICT_BAD] = {.name = "bad", .colour = "#a61b1b"},
	[INK_VERDICT + VERDICT_PLANNED] = {.name = "planned",
					   .colour = "#b9cfea",
					   .hatch = HATCH_LEVEL,
					   .hatch_colour = "#1d4f91"},
	[INK_VERDICT + VERDICT_UNKNOWN] = {.name = "unknown",
					   .colour = "#eceff2",
					   .hatch = HATCH_DOTS,
					   .hatch_colour = "#5a6673"},
	[INK_VERDICT + VERDICT_UNSCHEDULED] = {.name = "unscheduled", .colour = "#f6f7f9"},
};

const struct paint *canvas_paint(enum ink ink)
{
	assert(ink < INK_COUNT);
	return &paints[ink];
}

enum ink ink_of_series(size_t index)
{
	return (enum ink)(INK_SERIES + (int)(index % CANVAS_SERIES));
}

enum ink ink_of_verdict(enum verdict verdict)
{
	assert(verdict < VERDICT_COUNT);
	return (enum ink)(INK_VERDICT + (int)verdict);
}

void canvas_line(struct canvas *canvas, enum ink ink, struct spot from, struct spot to)
{
	const struct spot spots[] = {from, to};

	canvas->ops->polyline(canvas, ink, spots, 2);
}

/* The octets of the letter that text starts with, and its width in ems. */
static size_t letter(const char *text, double *ems)
{
	unsigned char first = (unsigned char)text[0];
	size_t length = 1;

	while (length < 4 && ((unsigned char)text[length] & 0xC0) == 0x80)
		length++;
	if (first >= 0xE2)
		*ems = first == 0xE2 && (unsigned char)text[1] < 0xBA ? 0.6 : 1; /* U+2E80 on */
	else if (strchr("ijl.,:;'|! ", first) != NULL)
		*ems = 0.32;
	else if ((first >= 'A' && first <= 'Z') || strchr("mw%@&", first) != NULL)
		*ems = first == 'W' || first == 'M' || first > 'Z' || first < 'A' ? 0.92 : 0.7;
	else
		*ems = 0.58;
	return length;
}

double canvas_text_width(const char *text, double size)
{
	double width = 0;
	double ems;

	for (; *text != '\0'; width += ems * size)
		text += letter(text, &ems);
	return width;
}

/* How many octets of text stay within width. */
static size_t fitting(const char *text, double size, double width)
{
	const char *at = text;
	double ems;

	while (*at != '\0') {
		size_t length = letter(at, &ems);
		width -= ems * size;
		if (width < 0)
			break;
		at += length;
	}
	return (size_t)(at - text);
}

char *canvas_fit_text(const char *text, double size, double width)
{
	if (canvas_text_width(text, size) <= width)
		return must_copy(text);
	size_t kept = fitting(text, size, width - size);
	return must_format("%.*s…", (int)kept, text);
}

void canvas_wrap_text(const char *text, double size, double width, char *lines[2])
{
	size_t kept = fitting(text, size, width);

	lines[1] = NULL;
	if (text[kept] == '\0') {
		lines[0] = must_copy(text);
		return;
	}
	/* Latin words stay whole; Han text breaks anywhere. */
	size_t cut = kept;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	if (cut == 0)
		cut = kept;
	lines[0] = must_format("%.*s", (int)cut, text);
	lines[1] = canvas_fit_text(text + cut + (text[cut] == ' '), size, width);
}
