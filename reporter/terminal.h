/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A terminal shows a document as plain text: tables aligned by display width, charts in a line. */
#ifndef NETGRADE_REPORTER_TERMINAL_H
#define NETGRADE_REPORTER_TERMINAL_H

#include "reporter/doc/doc.h"

#include <stddef.h>
#include <stdio.h>

void terminal_write(const struct doc *doc, FILE *file);

/* Columns that UTF-8 text takes up: two for East Asian wide characters, none for combining ones. */
size_t terminal_width(const char *text);

#endif
