/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of making an assessment share. */
#ifndef NETGRADE_REPORTER_ASSESSMENT_INSIDE_H
#define NETGRADE_REPORTER_ASSESSMENT_INSIDE_H

#include "reporter/assessment.h"

/* How the site of that configuration is judged. */
struct score_subject assessment_subject(const struct assessment *assessment,
					const struct sited *sited);

/* The path with its score. E_CORRUPT when its time does not add up. */
MUST_CHECK enum err assessment_read_path(const struct assessment *assessment,
					 const struct source *source, const struct sited *sited,
					 enum family family, struct path *path);

/* What changed, and the paths of the sites that left. */
MUST_CHECK enum err assessment_find_changes(struct assessment *assessment,
					    const struct source *source,
					    const struct configurations *configurations);

/* The score over the sites that were there when the period began. */
void assessment_score_before(struct assessment *assessment);

#endif
