/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A writer turns a document into one file format; each format is one file and one table row. */
#ifndef NETGRADE_REPORTER_OUT_OUT_H
#define NETGRADE_REPORTER_OUT_OUT_H

#include "collector/base/err.h"
#include "reporter/doc/doc.h"

#include <stdio.h>

struct out_format {
	const char *name;   /* "html" */
	const char *suffix; /* ".html" */
	MUST_CHECK enum err (*write)(const struct doc *doc, FILE *file);
};

/* All formats; the last row has a NULL name. */
extern const struct out_format out_formats[];

/* Writes doc to path by way of a temporary file in the same folder, synced and renamed, so that no
 * half report is ever seen under its name. E_PERMISSION, E_FULL, E_SYSTEM. */
MUST_CHECK enum err out_write_file(const struct out_format *format, const struct doc *doc,
				   const char *path);

#endif
