/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A section is a mapping of the configuration, read into a draft by the rows of the schema: typed,
 * within bounds, defaults filled in, but its names not yet resolved. */
#ifndef NETGRADE_CONFIG_SECTION_H
#define NETGRADE_CONFIG_SECTION_H

#include "config/tree.h"
#include "config/value.h"

/* The first member of every draft. */
struct section {
	struct place place;
	const char *path; /* "tests[0]", "" at the top and in an inventory */
	bool broken;	  /* an error was reported inside it */
};

/* A list of drafts, each as large as the row of the schema says. */
struct section_list {
	struct place place; /* line 0 when left out */
	bool broken;	    /* not all of its elements are there */
	char *items;
	size_t count;
};

struct reading {
	struct arena *arena;
	struct diagnostics *diagnostics;
};

/* Fills the draft, which is all zero and begins with a struct section, from a node. */
void section_read(const struct reading *reading, const struct key_row *rows,
		  const struct node *node, const struct path *path, void *draft);

/* Reads one scalar into the draft's value, its place given; reports what is wrong. */
void section_set(const struct reading *reading, struct section *section, const struct key_row *row,
		 struct value *value, struct place place, const char *text);

/* Fills in the defaults and reports required keys that are left out. */
void section_finish(const struct reading *reading, const struct key_row *rows, void *draft);

/* Reports an error at a value of the section and marks both. */
void section_complain(const struct reading *reading, struct section *section, struct value *value,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

static inline void *section_member(void *draft, const struct key_row *row)
{
	return (char *)draft + row->offset;
}

#endif
