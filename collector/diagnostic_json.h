/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnostics as JSON, for scripts. */
#ifndef NETGRADE_COLLECTOR_DIAGNOSTIC_JSON_H
#define NETGRADE_COLLECTOR_DIAGNOSTIC_JSON_H

#include "config/diagnostic.h"

#include <jansson.h>

/* A list of objects with severity, file, line, column, key and message, sorted by place; a new
 * reference. */
json_t *diagnostics_json(struct diagnostics *diagnostics);

#endif
