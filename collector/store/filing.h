/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filing moves committed slots from the spool into their series' files, many slots of a series and
 * several series at a time. */
#ifndef NETGRADE_STORE_FILING_H
#define NETGRADE_STORE_FILING_H

#include "collector/base/err.h"
#include "collector/metric/histogram.h"
#include "collector/store/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the files of a series hold, as the spool records it, and the hour not yet in them. */
struct filed {
	uint32_t series;
	const char *stem;
	nsec interval;	  /* of the newest epoch; 0: there is none */
	char *file;	  /* its curves' name, owned */
	nsec filed_until; /* NSEC_UNDEFINED: nothing filed */
	nsec hours_until; /* NSEC_UNDEFINED: no hour filed */
	nsec hour;	  /* start of the open hour; NSEC_UNDEFINED: none */
	struct delays open;
	bool seen; /* the newest curves have been opened since the start */
};

struct filed filed_none(uint32_t series, const char *stem);
void filed_finish(struct filed *filed);

/* Takes a slot that is filed already into the open hour: for replaying the spool, in order. */
void filed_recall(struct filed *filed, const struct slot *slot);

struct filing;

struct filing_options {
	const char *folder; /* DATA/series */
	struct spool *spool;
	nsec keep_slots;
	nsec keep_hours;
};

MUST_CHECK enum err filing_open(const struct filing_options *options, struct filing **out);
void filing_close(struct filing *filing); /* NULL is fine */

enum { FILING_GROUP = 32 };

struct filing_task {
	struct filed *filed;
	int64_t newest; /* number of the series' newest slot in the spool */
	enum err result;
};

/* Files everything up to the newest slots of at most FILING_GROUP series. What fails stays in the
 * spool, its task says why. */
void filing_run(struct filing *filing, struct filing_task *tasks, size_t count);

struct filing_counters {
	uint64_t filed;
	uint64_t quarantined;
};
struct filing_counters filing_counters(const struct filing *filing);

#endif
