/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/selector.h"
#include "config/closest.h"

#include <stdlib.h>
#include <string.h>

static bool lists(const struct value *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (value_known(&names->items[i]) && strcmp(names->items[i].text, name) == 0)
			return true;
	}
	return false;
}

static bool lists_choice(const struct value *words, size_t choice)
{
	for (size_t i = 0; i < words->count; i++) {
		if (value_known(&words->items[i]) && words->items[i].choice == choice)
			return true;
	}
	return false;
}

static bool lists_above(const struct value *names, const struct config *config, size_t organisation)
{
	for (; organisation != CONFIG_NONE;
	     organisation = config->organisations[organisation].parent) {
		if (lists(names, config->organisations[organisation].name))
			return true;
	}
	return false;
}

static bool lists_any(const struct value *names, const struct site *site)
{
	for (size_t i = 0; i < site->tag_count; i++) {
		if (lists(names, site->tags[i]))
			return true;
	}
	return false;
}

bool selector_names_agent(const struct draft_selector *selector, const char *agent)
{
	return selector->agents.count == 0 || lists(&selector->agents, agent);
}

bool selector_names_family(const struct draft_selector *selector, enum family family)
{
	return selector->families.count == 0 || lists_choice(&selector->families, family);
}

bool selector_fits(const struct draft_selector *selector, const struct subject *subject)
{
	const struct config *config = subject->config;
	const struct site *site = &config->sites[subject->site];

	if (selector->sites.count > 0 && !lists(&selector->sites, site->name))
		return false;
	if (selector->organisations.count > 0 &&
	    !lists_above(&selector->organisations, config, site->organisation))
		return false;
	if (selector->tiers.count > 0 && !lists_choice(&selector->tiers, site->tier))
		return false;
	if (selector->tags.count > 0 && !lists_any(&selector->tags, site))
		return false;
	if (selector->methods.count > 0 && !lists(&selector->methods, subject->method))
		return false;
	return selector_names_family(selector, subject->family) &&
	       selector_names_agent(selector, config->agents[subject->agent].name);
}

/* --- names that nobody knows --- */

enum { NAMES_MOST = 200000 };

/* The names of one kind in all configurations. */
struct known {
	const char **names;
	size_t count;
};

enum kind { KIND_SITE, KIND_ORGANISATION, KIND_TAG, KIND_AGENT };

static void add_tags(struct known *known, const struct site *site)
{
	for (size_t i = 0; i < site->tag_count && known->count < NAMES_MOST; i++)
		known->names[known->count++] = site->tags[i];
}

static void add_names(struct known *known, const struct config *config, enum kind kind)
{
	size_t counts[] = {config->site_count, config->organisation_count, config->site_count,
			   config->agent_count};

	for (size_t i = 0; i < counts[kind] && known->count < NAMES_MOST; i++) {
		if (kind == KIND_TAG)
			add_tags(known, &config->sites[i]);
		else
			known->names[known->count++] = kind == KIND_SITE ? config->sites[i].name
						       : kind == KIND_AGENT
							       ? config->agents[i].name
							       : config->organisations[i].name;
	}
}

static bool knows(const struct known *known, const char *name)
{
	for (size_t i = 0; i < known->count; i++) {
		if (strcmp(known->names[i], name) == 0)
			return true;
	}
	return false;
}

static void check_names(const struct reading *reading, struct section *section, struct value *names,
			const struct known *known)
{
	for (size_t i = 0; i < names->count; i++) {
		struct value *name = &names->items[i];
		if (!value_known(name) || knows(known, name->text))
			continue;
		const char *closest = closest_name(name->text, known->names, known->count);
		section_complain(reading, section, name,
				 closest != NULL ? "\"%s\" is not in the configuration; did you "
						   "mean %s?"
						 : "\"%s\" is not in the configuration; name "
						   "what is",
				 name->text, closest);
	}
}

static void check_kind(const struct reading *reading, struct section *section, struct value *names,
		       const struct scenario *scenario)
{
	struct known known = {NULL, 0};
	enum kind kind = strcmp(names->row->name, "sites") == 0		  ? KIND_SITE
			 : strcmp(names->row->name, "organisations") == 0 ? KIND_ORGANISATION
			 : strcmp(names->row->name, "tags") == 0	  ? KIND_TAG
									  : KIND_AGENT;

	if (names->count == 0)
		return;
	known.names = memory_grow(NULL, NAMES_MOST, sizeof(*known.names));
	for (size_t i = 0; i < scenario->phase_count; i++)
		add_names(&known, scenario->phases[i].config, kind);
	check_names(reading, section, names, &known);
	free(known.names);
}

/* --- a selector without series --- */

static bool fits_test(const struct draft_selector *selector, const struct config *config,
		      const struct test_config *test)
{
	struct subject subject = {.config = config, .method = test->method};

	for (size_t s = 0; s < test->site_count; s++) {
		subject.site = test->sites[s];
		for (size_t a = 0; a < test->agent_count; a++) {
			subject.agent = test->agents[a];
			for (subject.family = 0; subject.family < FAMILY_COUNT; subject.family++) {
				bool measured =
					test->family[subject.family] &&
					config->sites[subject.site].address[subject.family].given;
				if (measured && selector_fits(selector, &subject))
					return true;
			}
		}
	}
	return false;
}

static bool fits_any(const struct draft_selector *selector, const struct scenario *scenario)
{
	for (size_t p = 0; p < scenario->phase_count; p++) {
		const struct config *config = scenario->phases[p].config;
		for (size_t t = 0; t < config->test_count; t++) {
			if (fits_test(selector, config, &config->tests[t]))
				return true;
		}
	}
	return false;
}

void selector_check(const struct reading *reading, struct section *section,
		    struct draft_selector *selector, const struct scenario *scenario)
{
	struct value *named[] = {&selector->sites, &selector->organisations, &selector->tags,
				 &selector->agents};

	if (section->broken)
		return;
	/* A selector of agents alone has no rows for the rest. */
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (named[i]->row != NULL)
			check_kind(reading, section, named[i], scenario);
	}
	if (section->broken || fits_any(selector, scenario))
		return;
	diagnostics_add(reading->diagnostics, SEVERITY_ERROR, section->place, section->path,
			"concerns no series; widen what it names");
	section->broken = true;
}
