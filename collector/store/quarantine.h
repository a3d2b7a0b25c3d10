/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A quarantine keeps what stood in the place of a file of ours and cannot be used: moved there as
 * it was, the second put before its name, beside a text that says why. */
#ifndef NETGRADE_STORE_QUARANTINE_H
#define NETGRADE_STORE_QUARANTINE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#define QUARANTINE_FOLDER "quarantine"

/* Moves folder/file into folder/quarantine, whatever kind of thing it is, with a line in the log.
 * lost says what reports miss from now on. A file that is gone already is no failure. */
struct quarantined {
	const char *folder;
	const char *file;
	const char *why;
	const char *lost;
	nsec at; /* realtime */
};
MUST_CHECK enum err quarantine_take(const struct quarantined *quarantined);

#endif
