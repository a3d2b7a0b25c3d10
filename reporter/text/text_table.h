/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue as compiled in; its definition is made at build time. */
#ifndef NETGRADE_REPORTER_TEXT_TEXT_TABLE_H
#define NETGRADE_REPORTER_TEXT_TEXT_TABLE_H

#include "reporter/text/text.h"

extern const char *const text_table[LANGUAGE_COUNT][TEXT_COUNT];

#endif
