/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/succession.h"

#include "reporter/path.h"
#include "reporter/succession_inside.h"
#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

struct successions {
	struct source source;
	struct succession *items; /* by key */
	size_t count;
	size_t capacity;
};

/* A site in one family, as one configuration asks for it. */
struct asked {
	const char *site; /* its key */
	enum family family;
	size_t at; /* number of the configuration */
	struct series_key key;
};

struct asked_list {
	struct asked *items;
	size_t count;
	size_t capacity;
};

static int compare_paths(const struct asked *x, const struct asked *y)
{
	int order = strcmp(x->site, y->site);

	return order != 0 ? order : (x->family > y->family) - (x->family < y->family);
}

static int compare_asked(const void *a, const void *b)
{
	const struct asked *x = a;
	const struct asked *y = b;
	int order = compare_paths(x, y);

	return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static void add_site(struct asked_list *list, const struct config *config, size_t site, size_t at)
{
	struct path_request request = {
		.config = config,
		.site = site,
		.test = config->sites[site].scored_test,
		.agent = config->sites[site].scored_agent,
	};

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		request.family = f;
		if (request.agent == CONFIG_NONE || !path_configured(config, site, request.test, f))
			continue;
		list->items =
			must_grow(list->items, list->count, &list->capacity, sizeof(*list->items));
		list->items[list->count++] = (struct asked){
			.site = site_key(&config->sites[site]),
			.family = f,
			.at = at,
			.key = path_key(&request),
		};
	}
}

static bool same_key(const struct series_key *a, const struct series_key *b)
{
	char x[KEY_TEXT];
	char y[KEY_TEXT];

	series_key_format(a, x);
	series_key_format(b, y);
	return strcmp(x, y) == 0;
}

/* Joins neighbouring configurations that ask for the same series; between others there is a gap. */
static struct succession join(const struct asked *asked, size_t count,
			      const struct configurations *configurations)
{
	struct succession succession = {.spans = must_calloc(count, sizeof(struct span))};
	size_t next = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		struct period period = configurations->items[asked[i].at].period;
		struct span *last =
			succession.count == 0 ? NULL : &succession.spans[succession.count - 1];
		if (last != NULL && next == asked[i].at && same_key(&last->key, &asked[i].key))
			last->period.until = period.until;
		else
			succession.spans[succession.count++] = (struct span){period, asked[i].key};
		next = asked[i].at + 1;
	}
	return succession;
}

/* A path that was asked for as one series all the time needs no care. */
static bool is_plain(const struct succession *succession)
{
	return succession->count == 1 && succession->spans[0].period.from == INT64_MIN &&
	       succession->spans[0].period.until == INT64_MAX;
}

static void add_succession(struct successions *successions, struct succession succession)
{
	if (is_plain(&succession)) {
		free(succession.spans);
		return;
	}
	series_key_format(&succession.spans[succession.count - 1].key, succession.key);
	successions->items = must_grow(successions->items, successions->count,
				       &successions->capacity, sizeof(*successions->items));
	successions->items[successions->count++] = succession;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct succession *)a)->key, ((const struct succession *)b)->key);
}

struct successions *successions_create(const struct source *source,
				       const struct configurations *configurations)
{
	struct successions *successions = must_calloc(1, sizeof(*successions));
	struct asked_list list = {0};
	size_t first = 0;

	successions->source = *source;
	for (size_t at = 0; at < configurations->count && configurations->count > 1; at++) {
		const struct config *config = configurations->items[at].config;
		for (size_t site = 0; site < config->site_count; site++)
			add_site(&list, config, site, at);
	}
	if (list.count > 0)
		qsort(list.items, list.count, sizeof(*list.items), compare_asked);
	for (size_t i = 1; i <= list.count; i++) {
		if (i < list.count && compare_paths(&list.items[first], &list.items[i]) == 0)
			continue;
		add_succession(successions, join(&list.items[first], i - first, configurations));
		first = i;
	}
	free(list.items);
	if (successions->count > 0)
		qsort(successions->items, successions->count, sizeof(*successions->items),
		      compare_keys);
	return successions;
}

void successions_destroy(struct successions *successions)
{
	if (successions == NULL)
		return;
	for (size_t i = 0; i < successions->count; i++)
		free(successions->items[i].spans);
	free(successions->items);
	free(successions);
}

/* NULL: the series is what the path was measured as all the time. */
static const struct succession *find_succession(const struct successions *successions,
						const struct series_key *key)
{
	struct succession wanted = {.count = 0};

	if (successions->count == 0)
		return NULL;
	series_key_format(key, wanted.key);
	return bsearch(&wanted, successions->items, successions->count, sizeof(wanted),
		       compare_keys);
}

static enum err find(void *context, const struct series_key *key, struct view_series *out)
{
	const struct successions *s = context;
	const struct succession *succession = find_succession(s, key);

	return succession == NULL ? s->source.find(s->source.context, key, out)
				  : succession_find(succession, &s->source, out);
}

static enum err slots(void *context, const struct series_key *key, struct period period,
		      struct summary **out, size_t *count)
{
	const struct successions *s = context;
	const struct succession *succession = find_succession(s, key);
	struct slot_list slots = {0};

	if (succession == NULL)
		return s->source.slots(s->source.context, key, period, out, count);
	enum err rc = succession_slots(succession, &s->source, period, &slots);
	if (rc != E_OK) {
		free(slots.items);
		return rc;
	}
	*out = slots.items;
	*count = slots.count;
	return E_OK;
}

static enum err hours(void *context, const struct series_key *key, struct period period,
		      struct hour **out, size_t *count)
{
	const struct successions *s = context;
	const struct succession *succession = find_succession(s, key);
	struct hour_list hours = {0};

	if (succession == NULL)
		return s->source.hours(s->source.context, key, period, out, count);
	enum err rc = succession_hours(succession, &s->source, period, &hours);
	if (rc != E_OK) {
		free(hours.items);
		return rc;
	}
	*out = hours.items;
	*count = hours.count;
	return E_OK;
}

static enum err evidence(void *context, const struct series_key *key, struct period period,
			 struct evidence **out, size_t *count)
{
	const struct successions *s = context;
	const struct succession *succession = find_succession(s, key);
	struct evidence_list found = {0};

	if (succession == NULL)
		return s->source.evidence(s->source.context, key, period, out, count);
	enum err rc = succession_evidence(succession, &s->source, period, &found);
	if (rc != E_OK) {
		free(found.items);
		return rc;
	}
	*out = found.items;
	*count = found.count;
	return E_OK;
}

/* Of the series as it is now: what it was before had another way perhaps. */
static enum err path_events(void *context, const struct series_key *key, struct period period,
			    struct path_event **out, size_t *count)
{
	const struct successions *s = context;

	return s->source.path_events(s->source.context, key, period, out, count);
}

static enum err certificates(void *context, const struct series_key *key, struct period period,
			     struct certificate_sighting **out, size_t *count)
{
	const struct successions *s = context;

	return s->source.certificates(s->source.context, key, period, out, count);
}

static enum err ends(void *context, const struct series_key *key, struct period period,
		     struct end_sighting **out, size_t *count)
{
	const struct successions *s = context;

	return s->source.ends(s->source.context, key, period, out, count);
}

static enum err gone(void *context, const struct series_key *key, struct period period,
		     struct view_gone *out)
{
	const struct successions *s = context;
	const struct succession *succession = find_succession(s, key);

	return succession == NULL ? s->source.gone(s->source.context, key, period, out)
				  : succession_gone(succession, &s->source, period, out);
}

static enum err cut_offs(void *context, struct period period, struct cut_off **out, size_t *count)
{
	const struct successions *s = context;

	return s->source.cut_offs(s->source.context, period, out, count);
}

static enum err windows(void *context, struct window_list *out)
{
	const struct successions *s = context;

	return s->source.windows(s->source.context, out);
}

static enum err configurations(void *context, struct period period, configuration_visit *visit,
			       void *visitor)
{
	const struct successions *s = context;

	return s->source.configurations(s->source.context, period, visit, visitor);
}

struct source successions_source(struct successions *successions)
{
	const struct source *source = &successions->source;

	return (struct source){
		.context = successions,
		.find = find,
		.slots = slots,
		.hours = hours,
		.evidence = evidence,
		.path_events = source->path_events == NULL ? NULL : path_events,
		.certificates = source->certificates == NULL ? NULL : certificates,
		.ends = source->ends == NULL ? NULL : ends,
		.cut_offs = cut_offs,
		.windows = source->windows == NULL ? NULL : windows,
		.configurations = source->configurations == NULL ? NULL : configurations,
		.gone = source->gone == NULL ? NULL : gone,
	};
}
