/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes are what became of the sites and of the tests in a period: added, removed, renamed,
 * moved, judged or measured in another way. Sites are the same by the key of their series. */
#ifndef NETGRADE_REPORTER_CHANGES_H
#define NETGRADE_REPORTER_CHANGES_H

#include "collector/base/nsec.h"
#include "reporter/configurations.h"

#include <stdbool.h>
#include <stddef.h>

/* A site as one configuration has it. */
struct sited {
	const struct config *config; /* NULL: there was none */
	size_t site;
};

const struct site *sited_site(const struct sited *sited);
const struct organisation *sited_organisation(const struct sited *sited);

enum change_kind {
	CHANGE_ADDED,
	CHANGE_REMOVED,
	CHANGE_RENAMED,
	CHANGE_MOVED,	/* to another organisation */
	CHANGE_JUDGED,	/* by another tier, reach or weight */
	CHANGE_ADDRESS, /* in some family */
	CHANGE_PAGE,	/* that is visited, or the text in it */
	CHANGE_SCORED,	/* by another test, agent or family */
	CHANGE_KINDS
};

struct site_change {
	nsec at;
	enum change_kind kind;
	struct sited before;
	struct sited after;
};

/* A test that began, ended, or changed how it measures. */
struct test_change {
	nsec at;
	const struct test_config *before; /* NULL: it began */
	const struct test_config *after;  /* NULL: it ended */
};

/* A site that the period's last configuration has no more, or not in the scope. */
struct departure {
	nsec at;
	bool moved;	  /* it is in another organisation now */
	struct sited was; /* the last time that it was in the scope */
	struct sited now; /* as it can be read: as it was, or where it is now */
};

struct changes {
	struct site_change *sites; /* in the order of time, then of keys */
	size_t site_count;
	struct test_change *tests;
	size_t test_count;
	struct departure *departures; /* by key */
	size_t departure_count;
	const struct config *before; /* in force when the period began; NULL: not known */
	bool concerns_score; /* whether the set of sites before, or its weights, differ from now */
};

/* Whose changes: a period, and an organisation's subtree by name, or NULL for all. */
struct changes_scope {
	struct period period;
	const char *organisation;
};

/* The configurations must outlive them; changes_finish frees. */
void changes_find(const struct configurations *configurations, const struct changes_scope *scope,
		  struct changes *out);
void changes_finish(struct changes *changes);

/* Whether the configuration has the site in the subtree of the organisation of this name. */
bool changes_within(const struct sited *sited, const char *organisation);

/* Whether the two tests make series of other keys: another kind of packet. */
bool test_change_is_of_type(const struct test_change *change);

#endif
