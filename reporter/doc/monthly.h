/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assessment report and the score table as documents: the order in which a report tells. */
#ifndef NETGRADE_REPORTER_DOC_MONTHLY_H
#define NETGRADE_REPORTER_DOC_MONTHLY_H

#include "collector/base/err.h"
#include "reporter/assessment.h"
#include "reporter/doc/doc.h"

/* The whole report; slots and hours for its charts are read from source again, and what cannot be
 * read is left out and logged. NULL, said in the log, when the time of a service does not add up.
 * The caller destroys the document. */
struct doc *monthly_report(const struct assessment *assessment, const struct source *source,
			   enum language language);

/* The scores of tiers, organisations and sites; in full with the counts of every path. */
enum scores_detail { SCORES_BRIEF, SCORES_FULL };
struct doc *monthly_scores(const struct assessment *assessment, enum language language,
			   enum scores_detail detail);

/* The result in one sentence; the caller frees. */
char *monthly_headline(const struct assessment *assessment, enum language language);

#endif
