/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/loading.h"

#include <stdarg.h>
#include <string.h>

/* The tests that cover each site: those of site i are tests[first[i]] to tests[first[i + 1] − 1].
 */
struct coverage {
	size_t *first;
	size_t *tests;
};

enum { LISTED_TEXT = 256 };

/* Names joined by ", ", cut off with an ellipsis where they are too many. */
struct listed {
	char text[LISTED_TEXT];
	size_t used;
};

static void list_name(struct listed *listed, const char *name)
{
	if (listed->used + strlen(name) + 8 > sizeof(listed->text)) {
		snprintf(listed->text + listed->used, sizeof(listed->text) - listed->used, ", …");
		return;
	}
	listed->used +=
		(size_t)snprintf(listed->text + listed->used, sizeof(listed->text) - listed->used,
				 "%s%s", listed->used == 0 ? "" : ", ", name);
}

static struct coverage coverage_of(struct loading *l)
{
	const struct config *config = l->config;
	struct coverage coverage = {
		.first = arena_zeroed(l->reading.arena, config->site_count + 2, sizeof(size_t)),
	};
	size_t total = 0;

	/* Counted two places ahead, so that filling moves first[i + 1] to where i + 1 begins. */
	for (size_t t = 0; t < config->test_count; t++) {
		for (size_t i = 0; i < config->tests[t].site_count; i++, total++)
			coverage.first[config->tests[t].sites[i] + 2]++;
	}
	for (size_t i = 2; i < config->site_count + 2; i++)
		coverage.first[i] += coverage.first[i - 1];
	coverage.tests = arena_zeroed(l->reading.arena, total, sizeof(size_t));
	for (size_t t = 0; t < config->test_count; t++) {
		for (size_t i = 0; i < config->tests[t].site_count; i++)
			coverage.tests[coverage.first[config->tests[t].sites[i] + 1]++] = t;
	}
	return coverage;
}

static bool runs_on(const struct test_config *test, size_t agent)
{
	for (size_t i = 0; i < test->agent_count; i++) {
		if (test->agents[i] == agent)
			return true;
	}
	return false;
}

static bool measures(const struct test_config *test, const struct site *site, enum family family)
{
	return test->family[family] && site->address[family].given;
}

/* What a site says of its scored measurement, resolved. */
struct wish {
	size_t test;   /* CONFIG_NONE: not said */
	size_t agent;  /* CONFIG_NONE: not said */
	size_t family; /* FAMILY_COUNT: not said */
};

static bool grants(const struct config *config, const struct site *site, const struct wish *wish,
		   size_t test)
{
	const struct test_config *candidate = &config->tests[test];

	return !test_is_of_service(candidate) &&
	       (wish->test == CONFIG_NONE || wish->test == test) &&
	       (wish->agent == CONFIG_NONE || runs_on(candidate, wish->agent)) &&
	       (wish->family == FAMILY_COUNT ||
		measures(candidate, site, (enum family)wish->family));
}

/* An ambiguity is no fault of a value: it is told at the site's name. */
static void complain_choice(struct loading *l, struct draft_site *draft, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain_choice(struct loading *l, struct draft_site *draft, const char *format, ...)
{
	char key[LISTED_TEXT];
	struct problem problem;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem.text, sizeof(problem.text), format, arguments);
	va_end(arguments);
	snprintf(key, sizeof(key), "%s%sscored", draft->named.section.path,
		 draft->named.section.path[0] == '\0' ? "" : ".");
	diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR, draft->named.name.place, key, "%s",
			problem.text);
	draft->named.section.broken = true;
}

/* No test grants the wish: says which part of it cannot be had. */
static void complain_wish(struct loading *l, size_t index, const struct wish *wish,
			  const size_t *covering, size_t count)
{
	const struct config *config = l->config;
	struct draft_scored *scored = &l->sites[index]->scored;
	const struct site *site = &config->sites[index];
	struct wish test_only = {wish->test, CONFIG_NONE, FAMILY_COUNT};
	struct wish with_agent = {wish->test, wish->agent, FAMILY_COUNT};
	struct listed listed = {.text = ""};
	bool test_granted = false;
	bool agent_granted = false;

	for (size_t i = 0; i < count; i++) {
		test_granted |= grants(config, site, &test_only, covering[i]);
		agent_granted |= grants(config, site, &with_agent, covering[i]);
		list_name(&listed, config->tests[covering[i]].name);
	}
	const char *tests = listed.used == 0 ? "none" : listed.text;
	if (!test_granted && wish->test != CONFIG_NONE)
		section_complain(&l->reading, &scored->section, &scored->test,
				 "%s does not cover %s; tests that do: %s", scored->test.text,
				 site->name, tests);
	else if (!agent_granted && wish->agent != CONFIG_NONE)
		section_complain(&l->reading, &scored->section, &scored->agent,
				 "%s runs none of the tests that would be scored here; tests that "
				 "cover %s: %s",
				 scored->agent.text, site->name, tests);
	else
		section_complain(&l->reading, &scored->section, &scored->family,
				 "no test that would be scored here measures %s; tests that cover "
				 "%s: %s",
				 scored->family.text, site->name, tests);
}

/* The one test that grants the wish; CONFIG_NONE, with an error unless nothing was wished for. */
static size_t choose_test(struct loading *l, size_t index, const struct wish *wish,
			  const struct coverage *coverage, bool uncertain)
{
	const struct config *config = l->config;
	const size_t *covering = coverage->tests + coverage->first[index];
	size_t count = coverage->first[index + 1] - coverage->first[index];
	struct listed listed = {.text = ""};
	size_t granted = 0;
	size_t chosen = CONFIG_NONE;
	bool wished = wish->test != CONFIG_NONE || wish->agent != CONFIG_NONE ||
		      wish->family != FAMILY_COUNT;

	for (size_t i = 0; i < count; i++) {
		if (!grants(config, &config->sites[index], wish, covering[i]))
			continue;
		chosen = covering[i];
		granted++;
		list_name(&listed, config->tests[chosen].name);
	}
	if (granted == 1)
		return chosen;
	if (granted > 1)
		complain_choice(l, l->sites[index],
				"%zu tests cover %s: %s; name one in scored.test", granted,
				config->sites[index].name, listed.text);
	else if (wished && !uncertain)
		complain_wish(l, index, wish, covering, count);
	return CONFIG_NONE;
}

static size_t choose_agent(struct loading *l, size_t index, const struct wish *wish,
			   const struct test_config *test)
{
	struct listed listed = {.text = ""};

	if (wish->agent != CONFIG_NONE)
		return wish->agent;
	if (test->agent_count == 1)
		return test->agents[0];
	for (size_t i = 0; i < test->agent_count; i++)
		list_name(&listed, l->config->agents[test->agents[i]].name);
	if (test->agent_count > 1)
		complain_choice(l, l->sites[index],
				"%zu agents run %s: %s; name one in scored.agent",
				test->agent_count, test->name, listed.text);
	return CONFIG_NONE;
}

static enum family choose_family(const struct site *site, const struct wish *wish,
				 const struct test_config *test)
{
	if (wish->family != FAMILY_COUNT)
		return (enum family)wish->family;
	return measures(test, site, FAMILY_IPV4) ? FAMILY_IPV4 : FAMILY_IPV6;
}

static void resolve_site(struct loading *l, size_t index, const struct coverage *coverage,
			 bool uncertain)
{
	struct draft_scored *scored = &l->sites[index]->scored;
	struct site *site = &l->config->sites[index];
	struct wish wish = {
		.test = resolve_reference(l, &scored->section, &scored->test, &l->test_names),
		.agent = resolve_reference(l, &scored->section, &scored->agent, &l->agent_names),
		.family = value_known(&scored->family) ? scored->family.choice : FAMILY_COUNT,
	};

	/* A site without IPv4 has IPv6 as its primary family even where no test covers it. */
	site->primary = site->address[FAMILY_IPV4].given ? FAMILY_IPV4 : FAMILY_IPV6;
	if (scored->section.broken || l->sites[index]->named.section.broken)
		return;
	if (wish.family != FAMILY_COUNT && !site->address[wish.family].given) {
		section_complain(&l->reading, &scored->section, &scored->family,
				 "%s has no %s address; give it one or leave scored.family out",
				 site->name, scored->family.text);
		return;
	}
	if (wish.test != CONFIG_NONE && test_is_of_service(&l->config->tests[wish.test])) {
		section_complain(
			&l->reading, &scored->section, &scored->test,
			"%s measures a service, and scores are of the network; name a test "
			"of icmp or tcp",
			scored->test.text);
		return;
	}
	size_t test = choose_test(l, index, &wish, coverage, uncertain);
	if (test == CONFIG_NONE)
		return;
	size_t agent = choose_agent(l, index, &wish, &l->config->tests[test]);
	if (agent == CONFIG_NONE)
		return;
	site->scored_test = test;
	site->scored_agent = agent;
	site->primary = choose_family(site, &wish, &l->config->tests[test]);
}

/* Whether they may send alike to a site: where it has a page of its own, that decides. */
static bool same_type_p(const struct test_config *a, const struct test_config *b)
{
	bool own = test_visits_own_pages(a) || test_visits_own_pages(b);

	return strcmp(a->method, b->method) == 0 && a->size == b->size && a->dscp == b->dscp &&
	       (own || (a->port == b->port && strcmp(a->subject, b->subject) == 0));
}

static bool same_page(const struct test_config *a, const struct test_config *b,
		      const struct site *site)
{
	const char *x = test_page_at(a, site);
	const char *y = test_page_at(b, site);

	if (x == NULL || y == NULL)
		return x == y;
	return strcmp(x, y) == 0 && a->by_name == b->by_name;
}

/* A series that both tests would measure: site, agent and family; false if there is none. */
static bool common_series(const struct config *config, const struct test_config *a,
			  const struct test_config *b, struct listed *out)
{
	size_t agent = CONFIG_NONE;

	for (size_t i = 0; i < a->agent_count && agent == CONFIG_NONE; i++) {
		if (runs_on(b, a->agents[i]))
			agent = a->agents[i];
	}
	if (agent == CONFIG_NONE || !same_type_p(a, b))
		return false;
	for (size_t i = 0, k = 0; i < a->site_count && k < b->site_count;) {
		if (a->sites[i] < b->sites[k]) {
			i++;
			continue;
		}
		if (a->sites[i] > b->sites[k]) {
			k++;
			continue;
		}
		const struct site *site = &config->sites[a->sites[i]];
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (!measures(a, site, f) || !measures(b, site, f) ||
			    !same_page(a, b, site))
				continue;
			snprintf(out->text, sizeof(out->text), "%s from %s over %s", site->name,
				 config->agents[agent].name, family_name(f));
			return true;
		}
		i++;
		k++;
	}
	return false;
}

static bool same_calendar(const struct test_config *a, const struct test_config *b)
{
	return a->calendar == b->calendar;
}

/* Two tests would write into one series, slot over slot. */
static void check_series(struct loading *l)
{
	const struct config *config = l->config;

	for (size_t b = 1; b < config->test_count; b++) {
		for (size_t a = 0; a < b; a++) {
			struct listed series = {.text = ""};
			if (l->tests[a]->section.broken || l->tests[b]->section.broken ||
			    !common_series(config, &config->tests[a], &config->tests[b], &series))
				continue;
			section_complain(&l->reading, &l->tests[b]->section, &l->tests[b]->name,
					 "measures the same series as %s (%s); change its targets, "
					 "agents, families, port, question, size or dscp%s",
					 config->tests[a].name, series.text,
					 same_calendar(&config->tests[a], &config->tests[b])
						 ? ""
						 : "; for hours of two calendars write one test "
						   "with a calendar that has both");
		}
	}
}

void resolve_scored(struct loading *l)
{
	struct coverage coverage = coverage_of(l);
	bool uncertain = l->test_names.broken;

	for (size_t i = 0; i < l->config->test_count; i++)
		uncertain |= l->tests[i]->section.broken;
	for (size_t i = 0; i < l->config->site_count; i++)
		resolve_site(l, i, &coverage, uncertain);
	check_series(l);
}
