/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/loading.h"

#include <string.h>

static void warn(struct loading *l, const struct section *section, struct place place,
		 const char *message)
{
	diagnostics_add(l->reading.diagnostics, SEVERITY_WARNING, place, section->path, "%s",
			message);
}

static void warn_agents(struct loading *l)
{
	const struct config *config = l->config;
	bool *used = arena_zeroed(l->reading.arena, config->agent_count, sizeof(bool));

	for (size_t t = 0; t < config->test_count; t++) {
		for (size_t i = 0; i < config->tests[t].agent_count; i++)
			used[config->tests[t].agents[i]] = true;
	}
	for (size_t i = 0; i < l->draft.agents.count; i++) {
		if (!used[i])
			warn(l, &l->agents[i]->named.section, l->agents[i]->named.name.place,
			     "no test runs on this agent");
	}
}

/* Children come after their parents, so going backwards carries use up the tree. */
static void warn_organisations(struct loading *l)
{
	const struct config *config = l->config;
	bool *used = arena_zeroed(l->reading.arena, config->organisation_count, sizeof(bool));

	for (size_t i = 0; i < config->site_count; i++)
		used[config->sites[i].organisation] = true;
	for (size_t i = config->organisation_count; i-- > 0;) {
		if (used[i] && config->organisations[i].parent != CONFIG_NONE)
			used[config->organisations[i].parent] = true;
	}
	for (size_t i = 0; i < config->organisation_count; i++) {
		const struct draft_named *named = &l->organisations[i]->named;
		if (!used[i])
			warn(l, &named->section, named->name.place,
			     "neither this organisation nor one below it has a site");
	}
}

static void warn_sites(struct loading *l)
{
	const struct config *config = l->config;
	struct names *addresses = names_create(l->reading.arena, config->site_count * FAMILY_COUNT);
	char message[256];

	for (size_t i = 0; i < config->site_count; i++) {
		const struct draft_site *draft = l->sites[i];
		if (config->sites[i].scored_test == CONFIG_NONE)
			warn(l, &draft->named.section, draft->named.name.place,
			     "no test covers this site; it will not be scored");
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			const struct address *address = &config->sites[i].address[f];
			if (!address->given)
				continue;
			size_t other = names_add(addresses, address->text, i);
			if (other == NAMES_NONE)
				continue;
			snprintf(message, sizeof(message), "%s is the address of %s too",
				 address->text, config->sites[other].name);
			warn(l, &draft->named.section, draft->address[f].place, message);
		}
	}
}

/* Told once: an inventory may have thousands. Where some are visited, the others are left out on
 * purpose. */
static void warn_pages(struct loading *l)
{
	const struct config *config = l->config;

	for (size_t t = 0; t < config->test_count; t++) {
		if (test_visits_own_pages(&config->tests[t]))
			return;
	}
	for (size_t i = 0; i < config->site_count; i++) {
		const struct draft_site *draft = l->sites[i];
		if (config->sites[i].url == NULL)
			continue;
		warn(l, &draft->named.section, draft->url.place,
		     "no test visits the pages of sites; write one by http without a url, or leave "
		     "the key out");
		return;
	}
}

static void warn_calendars(struct loading *l)
{
	const struct draft_calendar *drafts = (const void *)l->draft.calendars.items;
	const struct config *config = l->config;

	for (size_t i = 0; i < config->calendar_count; i++) {
		bool used = false;
		for (size_t t = 0; t < config->test_count; t++)
			used |= config->tests[t].calendar == &config->calendars[i];
		if (!used)
			warn(l, &drafts[i].section, drafts[i].name.place,
			     "no test runs by this calendar");
	}
}

/* Native rows that are gone before a month's report was written are missed in it. */
static void warn_retention(struct loading *l)
{
	const struct draft_retention *retention = &l->draft.retention;
	const int64_t month = INT64_C(40) * 86400 * 1000000000;

	if (retention->slots.integer < month)
		warn(l, &retention->section, retention->slots.place,
		     "slots are kept for less than 40d: enough for a trial, not for the report of "
		     "a month");
}

void warn_unused(struct loading *l)
{
	warn_retention(l);
	warn_agents(l);
	warn_organisations(l);
	warn_sites(l);
	warn_pages(l);
	warn_calendars(l);
}
