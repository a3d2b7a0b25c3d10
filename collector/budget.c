/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/budget.h"
#include "collector/base/calendar.h"
#include "collector/demands.h"
#include "collector/needs.h"
#include "config/source.h"

#include <stdio.h>

enum { SUBJECT = 128, PLACE = 128, SOURCE = 256 };

struct judging {
	const struct config *config;
	struct flows flows;
	struct timeline *timeline;
	struct diagnostics *diagnostics;
};

/* Who exceeds a bound: "agent centre", and where that is written. */
struct subject {
	struct place place;
	char name[SUBJECT];
};

/* Who sends to a host that is written nowhere by itself. */
static struct place place_of_sender(const struct judging *j, size_t host)
{
	size_t i = 0;

	while (j->flows.items[i].host != host)
		i++;
	return j->config->agents[j->flows.items[i].agent].place;
}

static struct subject subject_of(const struct judging *j, enum budget_scope scope, size_t index)
{
	const struct config *config = j->config;
	struct subject subject;

	if (scope == BUDGET_AGENT) {
		subject.place = config->agents[index].place;
		snprintf(subject.name, SUBJECT, "agent %s sends", config->agents[index].name);
	} else if (scope == BUDGET_OWNER) {
		subject.place = config->organisations[index].place;
		snprintf(subject.name, SUBJECT, "the sites of %s are sent",
			 config->organisations[index].name);
	} else {
		const struct flow_host *host = &j->flows.hosts[index];
		bool site = host->site != CONFIG_NONE;
		subject.place = site ? config->sites[host->site].place : place_of_sender(j, index);
		snprintf(subject.name, SUBJECT, "%s%s is sent", site ? "site " : "", host->name);
	}
	return subject;
}

/* "netgrade.yaml:80:5". */
static void format_place(struct place place, char out[PLACE])
{
	snprintf(out, PLACE, "%.80s:%zu:%zu", source_name(place.file), place.line, place.column);
}

/* "; most of it is test districts (netgrade.yaml:80:5)". */
static void format_source(const struct config *config, size_t test, char out[SOURCE])
{
	out[0] = '\0';
	if (test == CONFIG_NONE)
		return;
	const struct test_config *main = &config->tests[test];
	char at[PLACE];
	format_place(main->place, at);
	snprintf(out, SOURCE, "; most of it is test %s (%s)", main->name, at);
}

/* One figure beside its bound. */
struct excess {
	const char *key;
	const char *unit;
	const struct limit *limit;
	double found;
};

static void complain(struct judging *j, enum budget_scope scope, const struct demand_row *row,
		     const struct excess *excess)
{
	struct subject subject = subject_of(j, scope, row->index);
	nsec at = row->demand.busiest_at;
	char instant[CALENDAR_TEXT];
	char when[CALENDAR_TEXT + 16] = "";
	char bound[PLACE];
	char source[SOURCE];

	format_place(excess->limit->place, bound);
	calendar_format(at, instant);
	if (at > j->timeline->period.from)
		snprintf(when, sizeof(when), " from %s on", instant);
	format_source(j->config, row->main_test, source);
	diagnostics_add(j->diagnostics, SEVERITY_ERROR, subject.place, excess->key,
			"%s %.6g %s%s, more than %.6g (%s)%s; ask for less, or allow more",
			subject.name, excess->found, excess->unit, when, excess->limit->most, bound,
			source);
}

static bool exceeds(const struct excess *excess)
{
	/* Figures are sums of quotients: what is equal on paper must not exceed. */
	return excess->limit->most > 0 && excess->found > excess->limit->most * (1 + 1e-9);
}

static void judge_row(struct judging *j, enum budget_scope scope, const struct demand_row *row)
{
	const struct budget *budget = &j->config->budget;
	const struct excess packets = {budget_packets_key(scope), "packets/s",
				       &budget->packets[scope], row->demand.busiest.packets};
	const struct excess bits = {budget_bits_key(scope), "bit/s", &budget->bits[scope],
				    row->demand.busiest.bits};

	/* What belongs to nobody known has no owner's bound. */
	if (row->index == CONFIG_NONE)
		return;
	if (exceeds(&packets))
		complain(j, scope, row, &packets);
	if (exceeds(&bits))
		complain(j, scope, row, &bits);
}

static enum err judge_rates(struct judging *j, enum budget_scope scope)
{
	const struct budget *budget = &j->config->budget;
	struct demands demands;

	if (budget->packets[scope].most <= 0 && budget->bits[scope].most <= 0)
		return E_OK;
	enum err rc = demands_create(&j->flows, j->timeline, scope, &demands);
	if (rc != E_OK)
		return rc;
	for (size_t i = 0; i < demands.count; i++)
		judge_row(j, scope, &demands.rows[i]);
	demands_finish(&demands);
	return E_OK;
}

static void judge_disk(struct judging *j)
{
	const struct limit *limit = &j->config->budget.disk;

	for (size_t i = 0; limit->most > 0 && i < j->config->agent_count; i++) {
		const struct agent_config *agent = &j->config->agents[i];
		struct needs needs = needs_of(j->config, &j->flows, i);
		double found = (double)needs_disk(&needs, 1);
		char bound[PLACE];
		char need[OCTETS_TEXT];
		char most[OCTETS_TEXT];
		if (found <= limit->most)
			continue;
		format_place(limit->place, bound);
		octets_format(found, need);
		octets_format(limit->most, most);
		diagnostics_add(j->diagnostics, SEVERITY_ERROR, agent->place, "budget.disk",
				"agent %s needs %s after a year, more than %s (%s); "
				"shorten retention, ask for less, or allow more",
				agent->name, need, most, bound);
	}
}

static bool is_bounded(const struct budget *budget)
{
	bool bounded = budget->disk.most > 0;

	for (enum budget_scope s = 0; s < BUDGET_SCOPES; s++)
		bounded |= budget->packets[s].most > 0 || budget->bits[s].most > 0;
	return bounded;
}

static enum err judge(struct judging *j)
{
	enum err rc = E_OK;

	for (enum budget_scope s = 0; rc == E_OK && s < BUDGET_SCOPES; s++)
		rc = judge_rates(j, s);
	judge_disk(j);
	return rc;
}

enum err budget_check(const struct config *config, nsec now, struct diagnostics *diagnostics)
{
	const struct hash_key any = {{0, 0}};
	nsec from = nsec_floor(now, NSEC_PER_SEC);
	struct judging j = {.config = config, .diagnostics = diagnostics};
	size_t errors = diagnostics->errors;

	if (!is_bounded(&config->budget))
		return E_OK;
	enum err rc = flows_create(config, CONFIG_NONE, &any, &j.flows);
	if (rc == E_OK)
		rc = timeline_create(config, (struct period){from, from + BUDGET_AHEAD},
				     &j.timeline);
	if (rc == E_OK)
		rc = judge(&j);
	timeline_destroy(j.timeline);
	flows_finish(&j.flows);
	if (rc == E_OK && diagnostics->errors > errors)
		rc = E_RANGE;
	return rc;
}
