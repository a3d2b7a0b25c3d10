/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/holidays_load.h"
#include "config/schema.h"

#include <string.h>

enum { KEY_TEXT = 128, TYPE_TEXT = 160 };

static const char *type_name(const struct key_row *row)
{
	static const char *const names[] = {
		[VALUE_TEXT] = "text",	       [VALUE_NAME] = "name",
		[VALUE_DURATION] = "duration", [VALUE_INTEGER] = "whole number",
		[VALUE_NUMBER] = "number",     [VALUE_RATIO] = "ratio",
		[VALUE_SWITCH] = "switch",     [VALUE_CHOICE] = "one of",
		[VALUE_IPV4] = "IPv4 address", [VALUE_IPV6] = "IPv6 address",
		[VALUE_SECTION] = "section",   [VALUE_SECTIONS] = "list of sections",
	};

	return names[row->type];
}

/* "whole number, 16 to 8972 octets". */
static void type_format(const struct key_row *row, char *out, size_t size)
{
	char bounds[TYPE_TEXT] = "";
	if (row->type == VALUE_TEXT)
		snprintf(bounds, sizeof(bounds), "%s", row->unit == NULL ? "" : row->unit);
	else
		bounds_format(row, bounds, sizeof(bounds));
	snprintf(out, size, "%s%s%s%s",
		 row->list ? row->single ? "one, or a list, each " : "list, each " : "",
		 row->scaled ? "number, k, M, G or T may follow" : type_name(row),
		 bounds[0] == '\0'	     ? ""
		 : row->type == VALUE_CHOICE ? " "
					     : ", ",
		 bounds);
}

static void print_row(const struct key_row *row, const char *key, FILE *out)
{
	char type[2 * TYPE_TEXT];

	type_format(row, type, sizeof(type));
	fprintf(out, "%s\n    %s\n    %s", key, row->meaning, type);
	if (row->required)
		fputs("; required", out);
	else if (row->fallback != NULL || row->fallback_told != NULL)
		fprintf(out, "; default: %s",
			row->fallback != NULL ? row->fallback : row->fallback_told);
	putc('\n', out);
}

static void print_rows(const struct key_row *rows, const char *above, FILE *out)
{
	for (const struct key_row *row = rows; row->name != NULL; row++) {
		char key[KEY_TEXT];
		snprintf(key, sizeof(key), "%s%s%s", above, above[0] == '\0' ? "" : ".", row->name);
		/* Sections that hold more of their own kind are described once. */
		bool repeats = row->rows == rows || row->rows == holiday_year_rows;
		if (row->type == VALUE_SECTIONS)
			strncat(key, "[]", sizeof(key) - strlen(key) - 1);
		print_row(row, key, out);
		if (row->rows != NULL && (!repeats || rows == holidays_rows))
			print_rows(row->rows, key, out);
	}
}

void reference_print(const struct key_row *rows, FILE *out)
{
	print_rows(rows, "", out);
}

void config_print_reference(FILE *out)
{
	fputs("The configuration is one YAML document with these keys.\n"
	      "A name has at most 48 of a-z, 0-9 and -. A duration is a whole number and ms, s, m, "
	      "h or d.\n\n",
	      out);
	reference_print(config_rows, out);
	fputs("\nA file of holidays is one YAML document with these keys.\n\n", out);
	reference_print(holidays_rows, out);
}
