/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A progress bar on standard error, drawn only when that is a terminal. */
#ifndef NETGRADE_BASE_PROGRESS_H
#define NETGRADE_BASE_PROGRESS_H

#include "collector/base/nsec.h"

#include <stdint.h>

struct progress {
	const char *label;
	uint64_t total;
	nsec drawn_at;
	int on; /* whether standard error is a terminal */
};

struct progress progress_start(const char *label, uint64_t total);
/* Redraws at most ten times a second. note is shown behind the bar and may be "". */
void progress_show(struct progress *progress, uint64_t done, const char *note);
void progress_finish(struct progress *progress); /* clears the line */

#endif
