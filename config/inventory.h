/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An inventory is a CSV file of sites: the header row names keys of a site, in any order. */
#ifndef NETGRADE_CONFIG_INVENTORY_H
#define NETGRADE_CONFIG_INVENTORY_H

#include "config/schema.h"

/* Appends a struct draft_site per row to sites; marks the list broken when rows are missing. */
void inventory_read(const struct reading *reading, const struct source *source,
		    struct section_list *sites);

#endif
