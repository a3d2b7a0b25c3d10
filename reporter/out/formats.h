/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writers, one a format; see out.h for what a writer does. Private to this folder. */
#ifndef NETGRADE_REPORTER_OUT_FORMATS_H
#define NETGRADE_REPORTER_OUT_FORMATS_H

#include "collector/base/err.h"
#include "reporter/doc/doc.h"

#include <stdio.h>

MUST_CHECK enum err html_write(const struct doc *doc, FILE *file);
MUST_CHECK enum err json_write(const struct doc *doc, FILE *file);

#endif
