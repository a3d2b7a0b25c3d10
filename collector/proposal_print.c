/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/proposal.h"

#include <stdio.h>

static void print_head(const struct trials *trials, FILE *out)
{
	const struct config *config = trials->config;
	size_t measured = 0;

	for (size_t i = 0; i < config->site_count; i++) {
		struct proposed proposed = propose(trials, i);
		measured += proposed_any(&proposed);
	}
	fprintf(out,
		"# How the sites of an inventory can be measured, as they answered this machine:\n"
		"# %zu of %zu. Name the network and its organisations, then 'netgrade-collector "
		"check'.\n\n"
		"network:\n  zh: \"未命名网络\"\n  en: \"Unnamed network\"\n",
		measured, config->site_count);
}

static bool has_sites(const struct trials *trials, size_t organisation)
{
	for (size_t i = 0; i < trials->config->site_count; i++) {
		struct proposed proposed = propose(trials, i);
		if (trials->config->sites[i].organisation == organisation &&
		    proposed_any(&proposed))
			return true;
	}
	return false;
}

static void print_organisations(const struct trials *trials, FILE *out)
{
	const struct config *config = trials->config;

	fprintf(out, "organisations:\n");
	for (size_t i = 0; i < config->organisation_count; i++) {
		if (has_sites(trials, i))
			fprintf(out, "  - name: %s\n", config->organisations[i].name);
	}
}

/* A site with a test for each family says which of them is scored. */
static void print_scored(const struct proposed *proposed, FILE *out)
{
	struct proposed_test test = {proposed->way[FAMILY_IPV4], FAMILY_IPV4};
	char name[PROPOSED_NAME];

	if (proposed->together || proposed->way[FAMILY_IPV4] == WAYS ||
	    proposed->way[FAMILY_IPV6] == WAYS)
		return;
	proposed_name(&test, name);
	fprintf(out, "    scored:\n      test: %s\n", name);
}

static void print_sites(const struct trials *trials, FILE *out)
{
	fprintf(out, "sites:\n");
	for (size_t i = 0; i < trials->config->site_count; i++) {
		struct proposed proposed = propose(trials, i);
		if (!proposed_any(&proposed))
			continue;
		config_print_site(trials->config, &trials->config->sites[i], out);
		print_scored(&proposed, out);
	}
}

static void print_test(const struct trials *trials, const struct proposed_test *test, FILE *out)
{
	const struct way_rule *rule = &way_rules[test->way];
	char name[PROPOSED_NAME];
	bool open = false;

	proposed_name(test, name);
	for (size_t i = 0; i < trials->config->site_count; i++) {
		struct proposed proposed = propose(trials, i);
		if (!proposed_by(&proposed, test))
			continue;
		if (!open) {
			fprintf(out, "  - name: %s\n    method: %s\n", name, rule->method);
			if (rule->port != 0)
				fprintf(out, "    port: %u\n", (unsigned)rule->port);
			if (test->family != FAMILY_COUNT)
				fprintf(out, "    families: [%s]\n", family_name(test->family));
			fprintf(out, "    targets:\n      sites:\n");
		}
		open = true;
		fprintf(out, "        - %s\n", trials->config->sites[i].name);
	}
}

/* Those of one family, or of all: the sites whose own page can be visited there. */
static void print_visits(const struct trials *trials, enum family family, FILE *out)
{
	char name[PROPOSED_NAME];
	bool open = false;

	proposed_visit_name(family, name);
	for (size_t i = 0; i < trials->config->site_count; i++) {
		enum family over;
		if (!proposed_visit(trials, i, &over) || over != family)
			continue;
		if (!open) {
			fprintf(out, "  - name: %s\n    method: http\n    interval: 5m\n", name);
			if (family != FAMILY_COUNT)
				fprintf(out, "    families: [%s]\n", family_name(family));
			fprintf(out, "    targets:\n      sites:\n");
		}
		open = true;
		fprintf(out, "        - %s\n", trials->config->sites[i].name);
	}
}

static void print_tests(const struct trials *trials, FILE *out)
{
	fprintf(out, "tests:\n");
	for (enum way way = 0; way < WAYS; way++) {
		for (int f = FAMILY_COUNT; f >= 0; f--) {
			struct proposed_test test = {way, (enum family)f};
			print_test(trials, &test, out);
		}
	}
	for (int f = FAMILY_COUNT; f >= 0; f--)
		print_visits(trials, (enum family)f, out);
}

static bool silent(const struct trials *trials, size_t site, enum family family)
{
	struct proposed proposed = propose(trials, site);

	return trials->config->sites[site].address[family].given && proposed.way[family] == WAYS;
}

/* "hall ipv4 192.0.2.1: ICMP silent, TCP 443 refused, TCP 80 silent" */
static void print_silent(const struct trials *trials, size_t index, enum family family, FILE *out)
{
	const struct site *site = &trials->config->sites[index];

	fprintf(out, "%s %s %s:", site->name, family_name(family), site->address[family].text);
	for (enum way way = 0; way < WAYS; way++)
		fprintf(out, "%s %s %s", way == 0 ? "" : ",", way_rules[way].title,
			trial_word(trial_at(trials, index, family, way)));
	putc('\n', out);
}

static void print_remark(const struct trials *trials, FILE *out)
{
	bool open = false;

	for (size_t i = 0; i < trials->config->site_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (!silent(trials, i, f))
				continue;
			if (!open)
				fprintf(out, "\n# Not measured, since nothing answered there:\n");
			open = true;
			fprintf(out, "#   ");
			print_silent(trials, i, f, out);
		}
	}
}

static void print_unvisited(const struct trials *trials, FILE *out)
{
	bool open = false;

	for (size_t i = 0; i < trials->config->site_count; i++) {
		const struct site *site = &trials->config->sites[i];
		enum family over;
		if (site->url == NULL || proposed_visit(trials, i, &over))
			continue;
		if (!open)
			fprintf(out, "\n# Not visited, since the port of its page was not tried or "
				     "did not answer:\n");
		open = true;
		fprintf(out, "#   %s %s\n", site->name, site->url);
	}
}

void proposal_print(const struct trials *trials, FILE *out)
{
	print_head(trials, out);
	print_organisations(trials, out);
	print_sites(trials, out);
	print_tests(trials, out);
	print_remark(trials, out);
	print_unvisited(trials, out);
}

void proposal_tell_silent(const struct trials *trials)
{
	for (size_t i = 0; i < trials->config->site_count; i++) {
		const struct place *place = &trials->config->sites[i].place;
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (!silent(trials, i, f))
				continue;
			fprintf(stderr, "%s:%zu:%zu: nothing answered: ", place->file, place->line,
				place->column);
			print_silent(trials, i, f, stderr);
		}
	}
}
