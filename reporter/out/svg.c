/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/out/svg.h"

#include "reporter/out/markup.h"

#include <stdlib.h>

struct svg {
	struct canvas canvas;
	FILE *file;
	const char *name;
};

/* A tenth of a pixel is finer than any printer's eye; "12.0" is written "12". */
static void number(FILE *file, double value)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%.1f", value);

	if (length > 2 && text[length - 1] == '0')
		text[length - 2] = '\0';
	fputs(text[0] == '-' && text[1] == '0' && text[2] == '\0' ? "0" : text, file);
}

static void pair(FILE *file, double x, double y)
{
	number(file, x);
	putc(' ', file);
	number(file, y);
}

static void spots(const struct svg *svg, const struct spot *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		putc(i == 0 ? 'M' : 'L', svg->file);
		pair(svg->file, list[i].x, list[i].y);
	}
}

static void polyline(struct canvas *canvas, enum ink ink, const struct spot *list, size_t count)
{
	const struct svg *svg = (const struct svg *)canvas;
	const struct paint *paint = canvas_paint(ink);

	fprintf(svg->file, "<path class=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%g\"",
		paint->name, paint->colour, paint->width);
	if (paint->dash != NULL)
		fprintf(svg->file, " stroke-dasharray=\"%s\"", paint->dash);
	fputs(" stroke-linejoin=\"round\" d=\"", svg->file);
	spots(svg, list, count);
	fputs("\"/>\n", svg->file);
}

static void polygon(struct canvas *canvas, enum ink ink, const struct spot *list, size_t count)
{
	const struct svg *svg = (const struct svg *)canvas;
	const struct paint *paint = canvas_paint(ink);

	fprintf(svg->file, "<path class=\"%s\" fill=\"%s\" d=\"", paint->name, paint->colour);
	spots(svg, list, count);
	fputs("Z\"/>\n", svg->file);
}

static void box_path(const struct svg *svg, const struct box *boxes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* Two decimals: boxes that touch must not leave a seam. */
		fprintf(svg->file, "M%.2f %.2fh%.2fv%.2fh%.2fz", boxes[i].x, boxes[i].y,
			boxes[i].width, boxes[i].height, -boxes[i].width);
	}
}

static void boxes(struct canvas *canvas, enum ink ink, const struct box *list, size_t count)
{
	const struct svg *svg = (const struct svg *)canvas;
	const struct paint *paint = canvas_paint(ink);

	if (count == 0)
		return;
	fprintf(svg->file, "<path class=\"%s\" fill=\"%s\" d=\"", paint->name, paint->colour);
	box_path(svg, list, count);
	fputs("\"/>\n", svg->file);
	if (paint->hatch == HATCH_NONE)
		return;
	fprintf(svg->file, "<path fill=\"url(#%s-%s)\" d=\"", svg->name, paint->name);
	box_path(svg, list, count);
	fputs("\"/>\n", svg->file);
}

static void letters(struct canvas *canvas, enum ink ink, const struct lettering *lettering)
{
	static const char *const anchors[] = {"start", "middle", "end"};
	const struct svg *svg = (const struct svg *)canvas;
	const struct paint *paint = canvas_paint(ink);

	fprintf(svg->file,
		"<text class=\"%s\" fill=\"%s\" font-size=\"%g\" text-anchor=\"%s\" x=\"",
		paint->name, paint->colour, lettering->size, anchors[lettering->anchor]);
	number(svg->file, lettering->at.x);
	fputs("\" y=\"", svg->file);
	number(svg->file, lettering->at.y);
	fputs("\">", svg->file);
	markup_text(svg->file, lettering->text);
	fputs("</text>\n", svg->file);
}

static const struct canvas_ops ops = {polyline, polygon, boxes, letters};

static void define_hatches(const struct svg *svg)
{
	static const char *const shapes[] = {
		[HATCH_RISING] = "<path d=\"M-1 5L5 -1M-1 1L1 -1M3 5L5 3\"",
		[HATCH_LEVEL] = "<path d=\"M0 1H4\"",
		[HATCH_DOTS] = "<path d=\"M1 0V1.2M3 2V3.2\"",
	};

	fputs("<defs>", svg->file);
	for (int i = 0; i < INK_COUNT; i++) {
		const struct paint *paint = canvas_paint((enum ink)i);
		if (paint->hatch == HATCH_NONE)
			continue;
		fprintf(svg->file,
			"<pattern id=\"%s-%s\" width=\"4\" height=\"4\" "
			"patternUnits=\"userSpaceOnUse\">%s stroke=\"%s\" fill=\"none\"/>"
			"</pattern>",
			svg->name, paint->name, shapes[paint->hatch], paint->hatch_colour);
	}
	fputs("</defs>\n", svg->file);
}

void svg_write(FILE *file, const struct chart *chart, enum language language, const char *name)
{
	struct svg svg = {.canvas = {&ops, language}, .file = file, .name = name};
	char *description = chart_describe(chart, language);

	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" "
		"height=\"%.0f\" role=\"img\" aria-labelledby=\"%s-t %s-d\" "
		"font-family=\"'Noto Sans CJK SC','Source Han Sans SC','PingFang SC',"
		"'Microsoft YaHei',sans-serif\">\n<title id=\"%s-t\">",
		CHART_WIDTH, chart_height(chart, language), CHART_WIDTH,
		chart_height(chart, language), name, name, name);
	markup_text(file, chart->title);
	fprintf(file, "</title>\n<desc id=\"%s-d\">", name);
	markup_text(file, description);
	fputs("</desc>\n", file);
	if (chart->kind == CHART_STRIP)
		define_hatches(&svg);
	chart_draw(chart, &svg.canvas);
	fputs("</svg>\n", file);
	free(description);
}
