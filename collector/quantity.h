/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantities are numbers and durations that stand on a command line. */
#ifndef NETGRADE_COLLECTOR_QUANTITY_H
#define NETGRADE_COLLECTOR_QUANTITY_H

#include "collector/base/nsec.h"

#include <stdbool.h>

/* Reads the text of an option, which leaves value as it is where it is NULL; bounds are the least
 * and the most. False after telling on standard error what would be right. */
bool quantity_number(const char *text, const char *option, const long bounds[2], long *value);
bool quantity_duration(const char *text, const char *option, const nsec bounds[2], nsec *value);

#endif
