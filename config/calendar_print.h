/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A calendar as understood, for the printed configuration. */
#ifndef NETGRADE_CONFIG_CALENDAR_PRINT_H
#define NETGRADE_CONFIG_CALENDAR_PRINT_H

#include "config/calendar.h"

#include <stdio.h>

/* An element of the list `calendars`, its holidays written out. */
void calendar_config_print(const struct calendar_config *calendar, FILE *out);

/* A text in quotation marks. */
void yaml_print_text(FILE *out, const char *text);

#endif
