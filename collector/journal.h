/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A journal writes to the archive away from the measuring loop, in the order it was told. */
#ifndef NETGRADE_COLLECTOR_JOURNAL_H
#define NETGRADE_COLLECTOR_JOURNAL_H

#include "collector/base/err.h"
#include "collector/store/archive.h"
#include "collector/store/sightings.h"
#include "collector/store/windows.h"

#include <uv.h>

struct config;
struct journal;

/* Opens the archive in the directory; the agent's name goes with every event. */
MUST_CHECK enum err journal_open(uv_loop_t *loop, const char *directory, const char *agent,
				 struct journal **out);

/* Run the loop until nothing is left before closing, or what waits is lost. NULL is fine. */
void journal_close(struct journal *journal);

/* Who is told the announced windows; takes the list over. */
struct window_listener {
	void *context;
	void (*take)(void *context, struct window_list *list);
};

/* Tells them now if they can be read, and later whenever they are read again and have changed. */
MUST_CHECK enum err journal_windows(struct journal *journal,
				    const struct window_listener *listener);

/* These return at once; what fails later is logged. */
void journal_event(struct journal *journal, const char *kind, const char *detail);
void journal_configuration(struct journal *journal, const struct config *config);

/* The agent was cut off: once it is noticed, as it grows, and when it is over. */
void journal_cut_off(struct journal *journal, const struct cut_off *cut_off);

/* What visits showed. */
void journal_certificate(struct journal *journal, const struct certificate_sighting *sighting);
void journal_end(struct journal *journal, const struct end_sighting *sighting);

/* Reads the windows again. */
void journal_reread_windows(struct journal *journal);

/* A finished file, named relative to the directory: it is made durable, its digest taken. */
void journal_evidence(struct journal *journal, const struct evidence *evidence);

#endif
