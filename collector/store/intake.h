/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An intake is what the spool has of one series and its files do not hold yet. */
#ifndef NETGRADE_STORE_INTAKE_H
#define NETGRADE_STORE_INTAKE_H

#include "collector/base/err.h"
#include "collector/store/filed.h"
#include "collector/store/slot.h"
#include "collector/store/spool.h"

#include <stddef.h>
#include <stdint.h>

struct loaded {
	int64_t id;
	int64_t previous;
	struct slot slot;
};

struct intake {
	struct loaded *slots; /* oldest first */
	size_t count;
	nsec hour; /* the open hour before them; NSEC_UNDEFINED: none */
	struct delays open;
};

struct intake_source {
	struct spool *spool;
	const struct filed *filed;
	const char *stem;
	int64_t newest; /* number of the series' newest slot */
};

/* Reads the slots that are not filed yet and, where it is not known, the open hour. */
MUST_CHECK enum err intake_load(const struct intake_source *source, struct intake *out);
void intake_finish(struct intake *intake);

#endif
