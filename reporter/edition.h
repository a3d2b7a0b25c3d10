/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Editions are the facts files of a month, DATA/reports/YYYY-MM/facts.db, facts.2.db and so on:
 * each is written once and stays. */
#ifndef NETGRADE_REPORTER_EDITION_H
#define NETGRADE_REPORTER_EDITION_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct closed_revision;

/* What a report says of the edition that it shows. */
struct edition {
	uint32_t number;
	bool provisional;
	nsec closed_at;
	const char *digest;
	const char *reason;   /* "": the first, or what followed a provisional one */
	const char *previous; /* digest of the edition before; "": none, or it is damaged */
	const struct closed_revision *revisions;
	size_t revision_count;
};

/* The folder of a month's editions. E_RANGE: too long. */
MUST_CHECK enum err edition_folder(const char *data, const char *month, char out[PATH_MAX]);
MUST_CHECK enum err edition_path(const char *data, const char *month, uint32_t edition,
				 char out[PATH_MAX]);

/* The newest that there is. E_NOT_FOUND: the month is not closed. */
MUST_CHECK enum err edition_newest(const char *data, const char *month, uint32_t *out);

#endif
