/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A loading turns a draft into a configuration: names are resolved, targets selected, what is
 * scored decided. Used by the loader alone. */
#ifndef NETGRADE_CONFIG_LOADING_H
#define NETGRADE_CONFIG_LOADING_H

#include "config/config.h"
#include "config/names.h"
#include "config/schema.h"

struct config_index {
	struct names *agents;
	struct names *organisations;
	struct names *sites;
	struct names *tests;
};

/* What is defined of one kind, so that it can be referred to by name. */
struct defined {
	struct names *names;
	struct place *places; /* of the names, index for index */
	size_t count;
	bool broken; /* an error hides some: nothing can be said of an unknown name */
};

struct loading {
	struct reading reading; /* its arena ends with the loading */
	struct draft_config draft;
	struct config *config;	/* has an arena of its own */
	const char *folder;	/* of the file */
	struct source *sources; /* the file, its inventory, its holidays: for the digest */
	size_t source_count;
	size_t errors_before; /* in the diagnostics, of other files */
	struct defined agent_names;
	struct defined organisation_names;
	struct defined site_names;
	struct defined test_names;
	struct defined calendar_names;
	struct defined tag_names; /* of all sites */
	/* The drafts of what stands in the configuration, index for index. */
	struct draft_agent **agents;
	struct draft_organisation **organisations;
	struct draft_site **sites;
	struct draft_test **tests;
	const char *kept_from;	  /* the file of the place kept last, as the reading has it */
	const char *kept_file;	  /* and as the configuration has it */
	size_t suggestions;	  /* "did you mean" looked up so far */
	const char *profile_text; /* in place of the profile that is named; NULL: none */
};

/* Fills the configuration's agents, organisations, sites and tests from the drafts. */
void resolve_names(struct loading *loading);

/* Fills in the sites' former names; refuses those that another site bears or claims. */
void resolve_formerly(struct loading *loading);

/* Fills in where the agents stand and their anchors; the sites must be resolved. */
void resolve_anchors(struct loading *loading);

/* Fills in the calendars, and reads the holidays that they name. */
void resolve_calendars(struct loading *loading);

/* Fills in the budget and the contact. */
void resolve_budget(struct loading *loading);

/* A place as the configuration keeps it. */
struct place keep_place(struct loading *loading, struct place place);

/* Fills in the method of a test and what that decides: its packets, their port and size. */
void resolve_method(struct loading *loading, struct draft_test *draft, struct test_config *test);

/* Selects the targets of each test and of the alarms; the names must be resolved. */
void resolve_targets(struct loading *loading);

/* Complains where a test has no page to visit; the targets must be selected. */
void resolve_pages(struct loading *loading);

/* Fills in the alarms but for their sites, which resolve_targets selects. */
void resolve_alarms(struct loading *loading);

/* Decides what each site is scored by; refuses a series measured twice. */
void resolve_scored(struct loading *loading);

/* What is defined and never used. Only for a draft without errors: else it would guess. */
void warn_unused(struct loading *loading);

/* Room for `most` names; broken when an error hides some already. */
struct defined defined_create(struct loading *loading, size_t most, bool broken);

/* Gives a name the next index; reports one that is taken. The name as the configuration keeps it,
 * "" if there was an error in it. */
char *define_name(struct loading *loading, struct defined *defined, struct section *section,
		  struct value *name);

/* The index that value names, CONFIG_NONE with an error if there is none. */
size_t resolve_reference(struct loading *loading, struct section *section, struct value *value,
			 const struct defined *defined);

#endif
