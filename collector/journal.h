/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A journal writes to the archive away from the measuring loop, in the order it was told. */
#ifndef NETGRADE_COLLECTOR_JOURNAL_H
#define NETGRADE_COLLECTOR_JOURNAL_H

#include "collector/base/err.h"
#include "collector/store/archive.h"

#include <uv.h>

struct journal;

/* Opens the archive in the directory; the agent's name goes with every event. */
MUST_CHECK enum err journal_open(uv_loop_t *loop, const char *directory, const char *agent,
				 struct journal **out);

/* Run the loop until nothing is left before closing, or what waits is lost. NULL is fine. */
void journal_close(struct journal *journal);

/* These return at once; what fails later is logged. */
void journal_event(struct journal *journal, const char *kind, const char *detail);
void journal_configuration(struct journal *journal, const char *digest, const char *text);

/* The agent was cut off: once it is noticed, as it grows, and when it is over. */
void journal_cut_off(struct journal *journal, const struct cut_off *cut_off);

/* A finished file, named relative to the directory: it is made durable, its digest taken. */
void journal_evidence(struct journal *journal, const struct evidence *evidence);

#endif
