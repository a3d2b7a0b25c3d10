/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The subjects of a closing: every series that the configuration measures, scored or not. */
#ifndef NETGRADE_REPORTER_SUBJECTS_H
#define NETGRADE_REPORTER_SUBJECTS_H

#include "collector/store/key.h"
#include "reporter/path.h"

#include <stddef.h>

struct subject {
	struct path_request request;
	char key[KEY_TEXT];
};

struct subjects {
	struct subject *items; /* by key */
	size_t count;
};

/* All but site, test, agent and family are taken from pattern. */
void subjects_list(const struct path_request *pattern, struct subjects *out);
void subjects_finish(struct subjects *subjects);

#endif
