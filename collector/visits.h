/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Visits are those that a measurement by hand made of one host over HTTP, and how they are shown.
 */
#ifndef NETGRADE_COLLECTOR_VISITS_H
#define NETGRADE_COLLECTOR_VISITS_H

#include "collector/base/err.h"
#include "collector/metric/visit.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct visits {
	struct visit *items;
	size_t count;
	size_t room;
};

MUST_CHECK enum err visits_add(struct visits *visits, const struct visit *visit);
void visits_finish(struct visits *visits);

/* One line each, and what certificates were shown, to standard output. */
void visits_print_head(void);
void visits_print(const struct visits *visits, const char *target, uint8_t family);
void visits_print_certificates(const struct visits *visits, const char *target, uint8_t family);

json_t *visits_json(const struct visits *visits);

#endif
