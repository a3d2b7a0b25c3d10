/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far a series' files hold its slots, and the hour that they do not hold yet. Kept small: there
 * is one for every series. */
#ifndef NETGRADE_STORE_FILED_H
#define NETGRADE_STORE_FILED_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/histogram.h"
#include "collector/store/spool.h"

#include <stdbool.h>
#include <stdint.h>

struct filed {
	nsec interval;	  /* of the newest epoch; 0: there is none */
	nsec epoch_from;  /* start of its first slot */
	char *file;	  /* its curves' name, owned; NULL: the stem with .rrd */
	nsec filed_until; /* NSEC_UNDEFINED: nothing filed */
	nsec hours_until; /* NSEC_UNDEFINED: no hour filed */
	nsec hour;	  /* start of the open hour; NSEC_UNDEFINED: none */
	uint8_t *open;	  /* its delays so far, packed, owned; NULL: none */
	bool recalled;	  /* the last two are known; they are read from the spool once */
	bool seen;	  /* the newest curves have been opened since the start */
};

struct filed filed_none(void);
void filed_finish(struct filed *filed);

/* The name of its newest curves. */
void filed_name(const struct filed *filed, const char *stem, char out[SPOOL_FILE]);
MUST_CHECK enum err filed_rename(struct filed *filed, const char *stem, const char *file);

struct delays filed_open_hour(const struct filed *filed);
MUST_CHECK enum err filed_keep_hour(struct filed *filed, nsec hour, const struct delays *open);

#endif
