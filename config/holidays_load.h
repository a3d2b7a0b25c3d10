/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holidays are read from built-in sets, which are the files of config/holidays, and from files of
 * the owner. Used by the loader alone. */
#ifndef NETGRADE_CONFIG_HOLIDAYS_LOAD_H
#define NETGRADE_CONFIG_HOLIDAYS_LOAD_H

#include "config/holidays.h"
#include "config/section.h"

extern const struct key_row holidays_rows[];
extern const struct key_row holiday_year_rows[];

struct holidays_request {
	struct reading reading;
	struct arena *into;   /* what is read is kept there */
	const char *folder;   /* of the file that names them */
	const char *path;     /* of the key: "calendars[0].holidays" */
	struct source *files; /* room for as many as are named: files of the owner are added */
	size_t file_count;
};

/* Reads all that the value names, then the years written out; of one that comes again the last one
 * counts. NULL with an error where something is wrong. */
struct holidays *holidays_load(struct holidays_request *request, const struct value *named,
			       const struct section_list *years);

#endif
