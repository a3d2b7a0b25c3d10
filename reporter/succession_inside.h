/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the series of one path are read as one. Used by succession.c alone. */
#ifndef NETGRADE_REPORTER_SUCCESSION_INSIDE_H
#define NETGRADE_REPORTER_SUCCESSION_INSIDE_H

#include "collector/store/key.h"
#include "reporter/source.h"

#include <stddef.h>

/* A time in which the path was measured as one series. */
struct span {
	struct period period;
	struct series_key key;
};

struct succession {
	char key[KEY_TEXT]; /* of the last span */
	struct span *spans; /* oldest first; between them nothing was asked for */
	size_t count;
};

struct slot_list {
	struct summary *items;
	size_t count;
	size_t capacity;
};

struct hour_list {
	struct hour *items;
	size_t count;
	size_t capacity;
};

struct evidence_list {
	struct evidence *items;
	size_t count;
	size_t capacity;
};

/* These answer as view.h says. The caller frees the lists, also after a failure. */
MUST_CHECK enum err succession_find(const struct succession *succession,
				    const struct source *source, struct view_series *out);
MUST_CHECK enum err succession_slots(const struct succession *succession,
				     const struct source *source, struct period period,
				     struct slot_list *out);
MUST_CHECK enum err succession_hours(const struct succession *succession,
				     const struct source *source, struct period period,
				     struct hour_list *out);
MUST_CHECK enum err succession_evidence(const struct succession *succession,
					const struct source *source, struct period period,
					struct evidence_list *out);
MUST_CHECK enum err succession_gone(const struct succession *succession,
				    const struct source *source, struct period period,
				    struct view_gone *out);

#endif
