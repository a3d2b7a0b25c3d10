/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree is a YAML document whose nodes know where they stand. It is a real tree in all that can be
 * seen of it: no cycles, no repeated keys, not too deep. */
#ifndef NETGRADE_CONFIG_TREE_H
#define NETGRADE_CONFIG_TREE_H

#include "config/source.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
	enum node_kind kind;
	bool refused; /* an error was reported for it; say nothing more */
	struct place place;
	const char *text;    /* of a scalar, never NULL; printable */
	bool empty;	     /* a scalar where nothing, or ~, is written */
	struct node **items; /* of a sequence; of a mapping the values */
	struct node **keys;  /* of a mapping, scalars */
	size_t count;
};

/* The root node, in the arena; NULL with an error when there is no tree to speak of. */
struct node *tree_parse(const struct source *source, struct arena *arena,
			struct diagnostics *diagnostics);

/* Where a node is found: up to the root. Lives on the stack of who walks down. */
struct path {
	const struct path *up; /* NULL at the root */
	const char *key;       /* NULL: an element of a list */
	size_t index;
};

/* "tests[0].targets.tiers", "" for the root. */
void path_format(const struct path *path, char *out, size_t size);

#endif
