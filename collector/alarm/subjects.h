/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subjects are what messages about alarms tell of: the sites of a configuration with their titles,
 * and whether somebody wants to hear of them. */
#ifndef NETGRADE_ALARM_SUBJECTS_H
#define NETGRADE_ALARM_SUBJECTS_H

#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

struct subjects;

struct subject {
	const char *key;  /* of the site's series */
	const char *name; /* of the site */
	struct title title;
	struct title organisation;
	enum tier tier;
	bool selected;
};

/* Keeps copies of everything. Without memory the program ends, as when a configuration is read. */
struct subjects *subjects_create(const struct config *config, size_t agent);
void subjects_destroy(struct subjects *subjects); /* NULL is fine */

/* NULL: the configuration has no such site any more. */
const struct subject *subjects_find(const struct subjects *subjects, const char *key);

const struct title *subjects_network(const struct subjects *subjects);
const char *subjects_agent(const struct subjects *subjects);
const struct title *subjects_agent_title(const struct subjects *subjects);

#endif
