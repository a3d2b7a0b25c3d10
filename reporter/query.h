/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A query reads a data directory: its series and its archive, as the source of an assessment. */
#ifndef NETGRADE_REPORTER_QUERY_H
#define NETGRADE_REPORTER_QUERY_H

#include "collector/base/err.h"
#include "reporter/assessment.h"

struct query;

/* E_NOT_FOUND where nothing was ever stored; E_PERMISSION; E_STORE. */
MUST_CHECK enum err query_open(const char *directory, struct query **out);
void query_close(struct query *query); /* NULL is fine */

/* E_OK where its archive was read, or none is there; otherwise all that reading it would have told
 * is missing. */
MUST_CHECK enum err query_check_archive(const struct query *query);

/* Valid while the query is open. */
struct source query_source(struct query *query);

/* See archive.h; none where there is no archive. */
MUST_CHECK enum err query_each_configuration(struct query *query, struct period period,
					     configuration_visit *visit, void *context);

#endif
