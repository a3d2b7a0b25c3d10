/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/changes.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

const struct site *sited_site(const struct sited *sited)
{
	return &sited->config->sites[sited->site];
}

const struct organisation *sited_organisation(const struct sited *sited)
{
	return &sited->config->organisations[sited_site(sited)->organisation];
}

bool changes_within(const struct sited *sited, const char *organisation)
{
	if (organisation == NULL)
		return true;
	size_t ancestor = config_find_organisation(sited->config, organisation);

	return ancestor != CONFIG_NONE &&
	       config_within(sited->config, sited_site(sited)->organisation, ancestor);
}

/* --- the sites of a configuration by key --- */

struct keyed {
	const char *key;
	struct sited sited;
	size_t at; /* number of the configuration */
};

struct keyed_list {
	struct keyed *items;
	size_t count;
	size_t capacity;
};

static int compare_keys(const void *a, const void *b)
{
	const struct keyed *x = a;
	const struct keyed *y = b;
	int order = strcmp(x->key, y->key);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static void add_sites(struct keyed_list *list, const struct config *config, size_t at,
		      const char *organisation)
{
	for (size_t i = 0; i < config->site_count; i++) {
		struct keyed keyed = {site_key(&config->sites[i]), {config, i}, at};
		if (!changes_within(&keyed.sited, organisation))
			continue;
		list->items =
			must_grow(list->items, list->count, &list->capacity, sizeof(*list->items));
		list->items[list->count++] = keyed;
	}
}

static void sort(struct keyed_list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare_keys);
}

/* --- what became of one site --- */

/* What a comparison of two configurations works with. */
struct comparison {
	struct changes *changes;
	size_t site_capacity;
	size_t test_capacity;
	const char *organisation;
	nsec at;
};

static void note(struct comparison *comparison, enum change_kind kind, const struct sited *before,
		 const struct sited *after)
{
	struct changes *changes = comparison->changes;
	struct site_change change = {.at = comparison->at, .kind = kind};

	if (before != NULL)
		change.before = *before;
	if (after != NULL)
		change.after = *after;
	changes->sites = must_grow(changes->sites, changes->site_count, &comparison->site_capacity,
				   sizeof(*changes->sites));
	changes->sites[changes->site_count++] = change;
}

static bool same_addresses(const struct site *a, const struct site *b)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (a->address[f].given != b->address[f].given ||
		    strcmp(a->address[f].text, b->address[f].text) != 0)
			return false;
	}
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const char *test_of(const struct sited *sited)
{
	size_t test = sited_site(sited)->scored_test;

	return test == CONFIG_NONE ? "" : sited->config->tests[test].name;
}

static const char *agent_of(const struct sited *sited)
{
	size_t agent = sited_site(sited)->scored_agent;

	return agent == CONFIG_NONE ? "" : sited->config->agents[agent].name;
}

static bool is_judged_alike(const struct site *a, const struct site *b)
{
	return a->tier == b->tier && a->reach == b->reach && !(a->weight < b->weight) &&
	       !(a->weight > b->weight);
}

static void compare_sites(struct comparison *comparison, const struct sited *before,
			  const struct sited *after)
{
	const struct site *a = sited_site(before);
	const struct site *b = sited_site(after);

	if (strcmp(a->name, b->name) != 0)
		note(comparison, CHANGE_RENAMED, before, after);
	if (strcmp(sited_organisation(before)->name, sited_organisation(after)->name) != 0)
		note(comparison, CHANGE_MOVED, before, after);
	if (!is_judged_alike(a, b))
		note(comparison, CHANGE_JUDGED, before, after);
	if (!same_addresses(a, b))
		note(comparison, CHANGE_ADDRESS, before, after);
	if (!same_text(a->url, b->url) || !same_text(a->expect, b->expect))
		note(comparison, CHANGE_PAGE, before, after);
	if (strcmp(test_of(before), test_of(after)) != 0 ||
	    strcmp(agent_of(before), agent_of(after)) != 0 || a->primary != b->primary)
		note(comparison, CHANGE_SCORED, before, after);
}

static void compare_one(struct comparison *comparison, const struct sited *before,
			const struct sited *after)
{
	bool was_here = before != NULL && changes_within(before, comparison->organisation);
	bool is_here = after != NULL && changes_within(after, comparison->organisation);

	if (!was_here && !is_here)
		return;
	if (before == NULL)
		note(comparison, CHANGE_ADDED, NULL, after);
	else if (after == NULL)
		note(comparison, CHANGE_REMOVED, before, NULL);
	else
		compare_sites(comparison, before, after);
}

static void compare_all_sites(struct comparison *comparison, const struct config *before,
			      const struct config *after)
{
	struct keyed_list a = {0};
	struct keyed_list b = {0};
	size_t i = 0;
	size_t k = 0;

	add_sites(&a, before, 0, NULL);
	add_sites(&b, after, 0, NULL);
	sort(&a);
	sort(&b);
	while (i < a.count || k < b.count) {
		int order = i == a.count   ? 1
			    : k == b.count ? -1
					   : strcmp(a.items[i].key, b.items[k].key);
		compare_one(comparison, order <= 0 ? &a.items[i].sited : NULL,
			    order >= 0 ? &b.items[k].sited : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	free(a.items);
	free(b.items);
}

/* --- tests --- */

static const char *calendar_of(const struct test_config *test)
{
	return test->calendar == NULL ? "" : test->calendar->name;
}

static bool same_test(const struct test_config *a, const struct test_config *b)
{
	return strcmp(a->method, b->method) == 0 && strcmp(a->subject, b->subject) == 0 &&
	       a->interval_ns == b->interval_ns && a->packets == b->packets && a->port == b->port &&
	       a->size == b->size && a->dscp == b->dscp && a->t_max_ns == b->t_max_ns &&
	       strcmp(calendar_of(a), calendar_of(b)) == 0;
}

bool test_change_is_of_type(const struct test_change *change)
{
	const struct test_config *a = change->before;
	const struct test_config *b = change->after;

	return a != NULL && b != NULL &&
	       (strcmp(a->method, b->method) != 0 || strcmp(a->subject, b->subject) != 0 ||
		a->port != b->port || a->size != b->size || a->dscp != b->dscp);
}

static void note_test(struct comparison *comparison, const struct test_config *before,
		      const struct test_config *after)
{
	struct changes *changes = comparison->changes;

	changes->tests = must_grow(changes->tests, changes->test_count, &comparison->test_capacity,
				   sizeof(*changes->tests));
	changes->tests[changes->test_count++] = (struct test_change){comparison->at, before, after};
}

static void compare_tests(struct comparison *comparison, const struct config *before,
			  const struct config *after)
{
	for (size_t i = 0; i < before->test_count; i++) {
		const struct test_config *test = &before->tests[i];
		size_t now = config_find_test(after, test->name);
		if (now == CONFIG_NONE)
			note_test(comparison, test, NULL);
		else if (!same_test(test, &after->tests[now]))
			note_test(comparison, test, &after->tests[now]);
	}
	for (size_t i = 0; i < after->test_count; i++) {
		if (config_find_test(before, after->tests[i].name) == CONFIG_NONE)
			note_test(comparison, NULL, &after->tests[i]);
	}
}

/* --- departures --- */

static bool overlaps(const struct in_force *in_force, struct period period)
{
	return in_force->period.from < period.until && in_force->period.until > period.from;
}

static struct sited find_by_key(const struct keyed_list *list, const char *key)
{
	struct keyed wanted = {.key = key};
	const struct keyed *found = list->count == 0 ? NULL
						     : bsearch(&wanted, list->items, list->count,
							       sizeof(wanted), compare_keys);

	return found == NULL ? (struct sited){NULL, 0} : found->sited;
}

static void add_departure(struct changes *changes, size_t *capacity, const struct keyed *last,
			  const struct departure *departure)
{
	changes->departures = must_grow(changes->departures, changes->departure_count, capacity,
					sizeof(*changes->departures));
	changes->departures[changes->departure_count] = *departure;
	changes->departures[changes->departure_count].was = last->sited;
	changes->departure_count++;
}

static void find_departures(const struct configurations *configurations,
			    const struct changes_scope *scope, struct changes *changes)
{
	struct keyed_list here = {0};
	struct keyed_list now = {0};
	size_t capacity = 0;
	size_t last = configurations->count - 1;

	for (size_t i = 0; i <= last; i++) {
		if (overlaps(&configurations->items[i], scope->period))
			add_sites(&here, configurations->items[i].config, i, scope->organisation);
	}
	add_sites(&now, configurations->items[last].config, 0, NULL);
	sort(&here);
	sort(&now);
	for (size_t i = 0; i < here.count; i++) {
		const struct keyed *keyed = &here.items[i];
		bool newest = i + 1 == here.count || strcmp(here.items[i + 1].key, keyed->key) != 0;
		if (!newest || keyed->at == last)
			continue;
		struct departure departure = {
			.at = configurations->items[keyed->at].period.until,
			.now = find_by_key(&now, keyed->key),
		};
		departure.moved = departure.now.config != NULL;
		if (!departure.moved)
			departure.now = keyed->sited;
		add_departure(changes, &capacity, keyed, &departure);
	}
	free(here.items);
	free(now.items);
}

/* --- all of it --- */

/* Sites that came, went, or count otherwise decide a score beside what was measured. */
static bool is_of_the_set(const struct site_change *change, const char *organisation)
{
	switch (change->kind) {
	case CHANGE_ADDED:
	case CHANGE_REMOVED:
	case CHANGE_JUDGED:
		return true;
	case CHANGE_MOVED:
		return changes_within(&change->before, organisation) !=
		       changes_within(&change->after, organisation);
	default:
		return false;
	}
}

static bool concerns_score(const struct changes *changes, const char *organisation)
{
	for (size_t i = 0; i < changes->site_count; i++) {
		if (is_of_the_set(&changes->sites[i], organisation))
			return true;
	}
	return false;
}

void changes_find(const struct configurations *configurations, const struct changes_scope *scope,
		  struct changes *out)
{
	struct changes changes = {0};
	struct comparison comparison = {.changes = &changes, .organisation = scope->organisation};

	if (configurations->count > 0 && configurations->known_from <= scope->period.from)
		changes.before = configurations_at(configurations, scope->period.from)->config;
	for (size_t i = 1; i < configurations->count; i++) {
		comparison.at = configurations->items[i].period.from;
		if (comparison.at <= scope->period.from || comparison.at >= scope->period.until)
			continue;
		compare_all_sites(&comparison, configurations->items[i - 1].config,
				  configurations->items[i].config);
		compare_tests(&comparison, configurations->items[i - 1].config,
			      configurations->items[i].config);
	}
	if (configurations->count > 0)
		find_departures(configurations, scope, &changes);
	changes.concerns_score = concerns_score(&changes, scope->organisation);
	*out = changes;
}

void changes_finish(struct changes *changes)
{
	free(changes->sites);
	free(changes->tests);
	free(changes->departures);
	*changes = (struct changes){0};
}
