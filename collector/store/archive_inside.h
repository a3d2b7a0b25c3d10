/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tables of an archive share. Used by the files that keep them alone. */
#ifndef NETGRADE_STORE_ARCHIVE_INSIDE_H
#define NETGRADE_STORE_ARCHIVE_INSIDE_H

#include "collector/store/archive.h"
#include "collector/store/sql.h"

/* Tables that were added after the first version, made beside the others where they are missing:
 * who knows nothing of them loses nothing. */
struct archive_part {
	const char *tables; /* CREATE … IF NOT EXISTS */
	const char *const *texts;
	size_t count;
};

enum archive_part_number {
	ARCHIVE_CONFIGURATIONS,
	ARCHIVE_PROFILES,
	ARCHIVE_WINDOWS,
	ARCHIVE_OUTAGES,
	ARCHIVE_SIGHTINGS,
	ARCHIVE_PATHS,
	ARCHIVE_PARTS
};

extern const struct archive_part archive_configurations;
extern const struct archive_part archive_profiles;
extern const struct archive_part archive_windows;
extern const struct archive_part archive_outages;
extern const struct archive_part archive_sightings;
extern const struct archive_part archive_paths;

/* The part's statements; NULL where an archive that is only read has no such tables yet. */
struct sql *archive_part(struct archive *archive, enum archive_part_number part);

#endif
