/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recovery brings a data directory into order when a store opens it: updates that were broken off
 * are undone, what the spool knows is read. */
#ifndef NETGRADE_STORE_RECOVERY_H
#define NETGRADE_STORE_RECOVERY_H

#include "collector/base/err.h"
#include "collector/store/roster.h"
#include "collector/store/spool.h"

#include <stdint.h>

struct recovered {
	struct spool *spool;
	struct roster roster;
	uint64_t quarantined; /* spools set aside */
};

/* The directory and its folder of series must exist and be held. A spool that cannot be read is set
 * aside, with a line in the log, and begun anew. */
MUST_CHECK enum err recover_spool(const char *directory, struct recovered *out);

/* The part that belongs to the files alone: updates that were broken off are undone, files left
 * half made removed. E_CORRUPT: the spool cannot be read. */
MUST_CHECK enum err recover_files(const char *directory);

#endif
