/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An archive keeps what is no curve: configurations in force, starts and stops of the agent,
 * evidence, when the agent itself was cut off, announced maintenance, see windows.h, outages, see
 * outages.h, and routes, see paths.h (SQLite, WAL, synchronous=FULL, STRICT tables). */
#ifndef NETGRADE_STORE_ARCHIVE_H
#define NETGRADE_STORE_ARCHIVE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/store/key.h"

#include <stdbool.h>
#include <stddef.h>

struct archive;

MUST_CHECK enum err archive_open(const char *directory, struct archive **out);
MUST_CHECK enum err archive_open_reading(const char *directory, struct archive **out);
void archive_close(struct archive *archive);

/* A configuration from the moment it took effect, whole: its text as config_print wrote it and the
 * profile are enough to load it again. */
struct configuration {
	nsec at;
	const char *digest;
	const char *text;
	const char *profile_digest; /* NULL, with the next: an earlier version kept none */
	const char *profile;	    /* the text of the profile in force */
};

/* The same digests twice in a row are one row. */
MUST_CHECK enum err archive_configuration(struct archive *archive,
					  const struct configuration *configuration);

typedef enum err configuration_visit(void *context, const struct configuration *configuration);
/* Those in force at some time of the period, oldest first; what is visited lasts for the visit. */
MUST_CHECK enum err archive_each_configuration(struct archive *archive, struct period period,
					       configuration_visit *visit, void *context);

/* "started", "stopped", "reloaded", "reload refused", "clock stepped", "cut off", "cut off no
 * more", "too few anchors answer" and so on: for the agent's own story. */
MUST_CHECK enum err archive_event(struct archive *archive, nsec at, const char *agent,
				  const char *kind, const char *detail);

/* A file kept as evidence about a series in a slot, with its SHA-256 in lower-case hex. */
struct evidence {
	struct series_key key;
	struct period slot;
	char path[256]; /* relative to the data directory */
	char digest[65];
};
MUST_CHECK enum err archive_evidence(struct archive *archive, const struct evidence *evidence);

/* The evidence of a series whose slots overlap the period, oldest first; the caller frees *out. */
MUST_CHECK enum err archive_find_evidence(struct archive *archive, const struct series_key *key,
					  struct period period, struct evidence **out,
					  size_t *count);

/* A time in which an agent was cut off from a network, as far as it is known. */
struct cut_off {
	char agent[KEY_NAME];
	uint8_t family; /* 4 or 6 */
	struct period period;
	bool open; /* it was not over when it was told last */
};

/* Keeps it; told again with the same beginning, it has grown or is over. */
MUST_CHECK enum err archive_cut_off(struct archive *archive, const struct cut_off *cut_off);

/* Those of all agents that overlap the period, by agent, family and time; the caller frees *out. */
MUST_CHECK enum err archive_find_cut_offs(struct archive *archive, struct period period,
					  struct cut_off **out, size_t *count);

#endif
