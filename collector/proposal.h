/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proposal says by which test each site is to be measured, from what was tried there: the first
 * way that is answered over every address of the site that answers at all; where there is none, the
 * first of each family. */
#ifndef NETGRADE_COLLECTOR_PROPOSAL_H
#define NETGRADE_COLLECTOR_PROPOSAL_H

#include "collector/trial.h"

#include <stdio.h>

/* What is proposed for one site. */
struct proposed {
	enum way way[FAMILY_COUNT]; /* WAYS: the family is not measured */
	bool together;		    /* one test has all addresses of the site */
};

struct proposed propose(const struct trials *trials, size_t site);

/* Whether anything can be measured there. */
bool proposed_any(const struct proposed *proposed);

/* A test of the proposal. */
struct proposed_test {
	enum way way;
	enum family family; /* FAMILY_COUNT: all that a site has */
};

enum { PROPOSED_NAME = 24 };

void proposed_name(const struct proposed_test *test, char out[PROPOSED_NAME]);

/* Whether the test is to measure the site. */
bool proposed_by(const struct proposed *proposed, const struct proposed_test *test);

/* Whether a site's own page can be visited: its port was tried and answered. out: the family of the
 * addresses that did; FAMILY_COUNT: all of the site. */
bool proposed_visit(const struct trials *trials, size_t site, enum family *out);

void proposed_visit_name(enum family family, char out[PROPOSED_NAME]);

/* Whether a test is proposed for any site. */
bool proposal_any(const struct trials *trials);

/* A configuration; what is not measured is a comment in it. */
void proposal_print(const struct trials *trials, FILE *out);

/* All trials and what is proposed, to standard output. False when that cannot be written. */
bool proposal_print_json(const struct trials *trials);

/* A line on standard error for each address of which nothing answered. */
void proposal_tell_silent(const struct trials *trials);

#endif
