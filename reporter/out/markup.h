/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text made safe for HTML and SVG, which is XML: whatever a name holds stays text. */
#ifndef NETGRADE_REPORTER_OUT_MARKUP_H
#define NETGRADE_REPORTER_OUT_MARKUP_H

#include <stdio.h>

/* Escapes & < > " '. What is not UTF-8, and control characters, become U+FFFD. */
void markup_text(FILE *file, const char *text);

/* A copy in which what is not UTF-8, and control characters other than tab and newline, are U+FFFD;
 * allocated, never NULL. */
char *markup_clean(const char *text);

#endif
