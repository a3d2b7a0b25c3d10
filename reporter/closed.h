/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A closed month is what its facts file keeps of it. It is verified when it is opened, and then the
 * source of the month's reports. */
#ifndef NETGRADE_REPORTER_CLOSED_H
#define NETGRADE_REPORTER_CLOSED_H

#include "collector/base/err.h"
#include "config/config.h"
#include "reporter/closed_file.h"
#include "reporter/closed_schema.h"
#include "reporter/source.h"

#include <stddef.h>

struct closed;

/* On failure why says in a phrase what is wrong with the file. */
MUST_CHECK enum err closed_open(const char *path, struct closed **out, char why[CLOSED_WHY]);
void closed_close(struct closed *closed); /* NULL is fine */

/* Valid while it is open. */
const struct closed_head *closed_head(const struct closed *closed);
const struct closed_seal *closed_seal(const struct closed *closed);
struct source closed_source(struct closed *closed);

/* The configuration that it was closed by, with that one's digest; NULL, with why, where it cannot
 * be understood any more. The caller destroys it. */
struct config *closed_config(const struct closed *closed, char why[CLOSED_WHY]);

/* What is not as in the edition before; closed_revisions_finish frees. */
struct closed_revisions {
	struct closed_revision *rows;
	size_t count;
};
MUST_CHECK enum err closed_revisions_read(struct closed *closed, struct closed_revisions *out);
void closed_revisions_finish(struct closed_revisions *revisions);

#endif
