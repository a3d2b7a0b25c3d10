/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filing moves committed slots from the spool into their series' files, many slots of a series and
 * several series at a time. */
#ifndef NETGRADE_STORE_FILING_H
#define NETGRADE_STORE_FILING_H

#include "collector/base/err.h"
#include "collector/store/filed.h"
#include "collector/store/spool.h"
#include "collector/store/syncing.h"

#include <stddef.h>
#include <stdint.h>

struct filing;

struct filing_options {
	const char *folder; /* DATA/series */
	struct spool *spool;
	nsec keep_slots;
	nsec keep_hours;
	enum syncing syncing;
};

MUST_CHECK enum err filing_open(const struct filing_options *options, struct filing **out);
void filing_close(struct filing *filing); /* NULL is fine */

enum { FILING_GROUP = 64 };

struct filing_task {
	uint32_t series;
	const char *stem; /* the key's text */
	struct filed *filed;
	int64_t newest; /* number of the series' newest slot in the spool */
	enum err result;
};

/* Files everything up to the newest slots of at most FILING_GROUP series. What fails stays in the
 * spool, its task says why. Files that are gone or set aside are begun anew with what the spool
 * still has, be it filed already. */
void filing_run(struct filing *filing, struct filing_task *tasks, size_t count);

struct filing_counters {
	uint64_t filed;
	uint64_t quarantined;
};
struct filing_counters filing_counters(const struct filing *filing);

#endif
