/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the sample document: render_sample FORMAT LANGUAGE FILE. */
#include "reporter/out/out.h"
#include "tests/unit/sample_doc.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	enum language language;
	const struct out_format *format = out_formats;

	if (argc != 4 || language_parse(argv[2], &language) != E_OK)
		return 2;
	while (format->name != NULL && strcmp(format->name, argv[1]) != 0)
		format++;
	if (format->name == NULL)
		return 2;
	struct doc *doc = sample_doc(language);
	enum err rc = out_write_file(format, doc, argv[3]);
	doc_destroy(doc);
	if (rc != E_OK)
		fprintf(stderr, "%s: %s\n", argv[3], err_text(rc));
	return rc == E_OK ? 0 : 1;
}
