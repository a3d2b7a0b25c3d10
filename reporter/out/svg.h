/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts as SVG, inside a page or as files of their own. */
#ifndef NETGRADE_REPORTER_OUT_SVG_H
#define NETGRADE_REPORTER_OUT_SVG_H

#include "reporter/doc/canvas.h"

#include <stdio.h>

/* One <svg> element with title and description. name makes its identifiers unique in the page:
 * letters and digits. Errors of writing stay in file. */
void svg_write(FILE *file, const struct chart *chart, enum language language, const char *name);

#endif
