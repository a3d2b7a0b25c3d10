/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/subjects.h"

#include "config/arena.h"

#include <stdlib.h>
#include <string.h>

struct subjects {
	struct arena *arena;
	struct title network;
	const char *agent;
	struct title agent_title;
	struct subject *items; /* by key */
	size_t count;
};

static struct title copy(struct arena *arena, const struct title *title)
{
	return (struct title){arena_text(arena, title->zh), arena_text(arena, title->en)};
}

static struct subject subject_of(struct arena *arena, const struct config *config, size_t index)
{
	const struct site *site = &config->sites[index];

	return (struct subject){
		.key = arena_text(arena, site_key(site)),
		.name = arena_text(arena, site->name),
		.title = copy(arena, &site->title),
		.organisation = copy(arena, &config->organisations[site->organisation].title),
		.tier = site->tier,
	};
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct subject *)a)->key, ((const struct subject *)b)->key);
}

static int compare_key(const void *key, const void *subject)
{
	return strcmp(key, ((const struct subject *)subject)->key);
}

struct subjects *subjects_create(const struct config *config, size_t agent)
{
	struct arena *arena = arena_create();
	struct subjects *subjects = arena_zeroed(arena, 1, sizeof(*subjects));

	*subjects = (struct subjects){
		.arena = arena,
		.network = copy(arena, &config->title),
		.agent = arena_text(arena, config->agents[agent].name),
		.agent_title = copy(arena, &config->agents[agent].title),
		.items = arena_zeroed(arena, config->site_count, sizeof(struct subject)),
		.count = config->site_count,
	};
	for (size_t i = 0; i < config->site_count; i++)
		subjects->items[i] = subject_of(arena, config, i);
	for (size_t i = 0; i < config->alarms.site_count; i++)
		subjects->items[config->alarms.sites[i]].selected = true;
	qsort(subjects->items, subjects->count, sizeof(*subjects->items), compare);
	return subjects;
}

void subjects_destroy(struct subjects *subjects)
{
	if (subjects != NULL)
		arena_destroy(subjects->arena);
}

const struct subject *subjects_find(const struct subjects *subjects, const char *key)
{
	return bsearch(key, subjects->items, subjects->count, sizeof(*subjects->items),
		       compare_key);
}

const struct title *subjects_network(const struct subjects *subjects)
{
	return &subjects->network;
}

const char *subjects_agent(const struct subjects *subjects)
{
	return subjects->agent;
}

const struct title *subjects_agent_title(const struct subjects *subjects)
{
	return &subjects->agent_title;
}
