/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The subjects of a closing: every series that the configuration measures, scored or not, and those
 * of the sites that left in the period. */
#ifndef NETGRADE_REPORTER_SUBJECTS_H
#define NETGRADE_REPORTER_SUBJECTS_H

#include "collector/store/key.h"
#include "reporter/changes.h"
#include "reporter/path.h"

#include <stddef.h>

struct subject {
	struct path_request request;
	char key[KEY_TEXT];
	bool departed; /* nothing is measured there any more */
};

struct subjects {
	struct subject *items; /* by key */
	size_t count;
	size_t capacity;
};

/* All but site, test, agent and family are taken from pattern. */
void subjects_list(const struct path_request *pattern, struct subjects *out);
/* Adds those of the sites that the changes tell to be removed. */
void subjects_add_departed(struct subjects *subjects, const struct path_request *pattern,
			   const struct changes *changes);
void subjects_finish(struct subjects *subjects);

#endif
