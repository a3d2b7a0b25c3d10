/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The place of a closing: the month's folder, held by one closing at a time, and the draft in it
 * that becomes an edition whole or not at all. */
#ifndef NETGRADE_REPORTER_CLOSING_PLACE_H
#define NETGRADE_REPORTER_CLOSING_PLACE_H

#include "collector/base/err.h"

#include <limits.h>
#include <stdint.h>

struct closing_place {
	char folder[PATH_MAX];
	int held;	      /* the folder, locked; −1: not */
	char draft[PATH_MAX]; /* "": none */
};

/* Makes the folder where it is missing. E_BUSY: another closing holds it. */
MUST_CHECK enum err closing_place_take(const char *data, const char *month,
				       struct closing_place *out);
/* Makes an empty draft, after clearing away what a killed closing left. */
MUST_CHECK enum err closing_place_begin(struct closing_place *place);
/* Makes the draft durable and gives it its name; E_EXISTS if there is such a file. */
MUST_CHECK enum err closing_place_keep(struct closing_place *place, const char *path,
				       uint64_t *octets);
/* Removes a draft that was not kept; twice is fine. */
void closing_place_leave(struct closing_place *place);

#endif
