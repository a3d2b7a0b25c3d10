/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/builtin.h"
#include "config/inventory.h"
#include "config/loading.h"

#include <string.h>

#define YAML_MAX      ((size_t)16 << 20)
#define INVENTORY_MAX ((size_t)64 << 20)

/* The sites of the inventory join those of the file. */
static void read_inventory(struct loading *l, struct source *source)
{
	struct value *named = &l->draft.inventory;

	l->draft.sites.broken |= named->state == VALUE_REFUSED;
	if (named->state != VALUE_GIVEN)
		return;
	const char *path = source_path(l->reading.arena, l->folder, named->text);
	if (source_read(source, l->reading.arena, path, INVENTORY_MAX, named->place,
			named->row->name, l->reading.diagnostics))
		inventory_read(&l->reading, source, &l->draft.sites);
	else
		l->draft.sites.broken = true;
}

static struct config *config_create(const char *path)
{
	struct arena *arena = arena_create();
	struct config *config = arena_zeroed(arena, 1, sizeof(*config));

	config->arena = arena;
	config->path = arena_text(arena, path);
	config->index = arena_zeroed(arena, 1, sizeof(*config->index));
	return config;
}

static void load_profile(struct loading *l)
{
	const struct value *named = &l->draft.profile;
	struct config *config = l->config;

	if (!value_known(named))
		return;
	/* What is built in has no errors to add to those there are. */
	if (l->reading.diagnostics->errors > l->errors_before && profile_built_in(named->text))
		return;
	config->profile =
		l->profile_text != NULL
			? profile_load_text(l->profile_text, named->text, l->reading.diagnostics)
			: profile_load(named->text, l->folder, named->place,
				       l->reading.diagnostics);
	config->profile_named = named_built_in(named->text)
					? arena_text(config->arena, named->text)
					: source_path(config->arena, l->folder, named->text);
}

/* Everything behind the parser. NULL when the source holds an error. */
static struct config *load_tree(struct loading *l, const struct node *root,
				const struct source *source)
{
	const struct path top = {NULL, NULL, 0};
	struct source sources[2] = {*source, {.path = NULL}};

	l->folder = source_folder(l->reading.arena, source->path);
	l->sources = sources;
	l->source_count = 2;
	section_read(&l->reading, config_rows, root, &top, &l->draft);
	read_inventory(l, &sources[1]);
	l->config = config_create(source->path);
	resolve_names(l);
	resolve_targets(l);
	resolve_pages(l);
	resolve_scored(l);
	load_profile(l);
	if (!source_digest(l->sources, l->source_count, l->config->digest))
		diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR,
				(struct place){source->path, 1, 1}, "", "cannot compute SHA-256");
	if (l->reading.diagnostics->errors == l->errors_before) {
		warn_unused(l);
		return l->config;
	}
	config_destroy(l->config);
	return NULL;
}

static struct config *load_source(const struct source *source, struct arena *arena,
				  const char *profile_text, struct diagnostics *diagnostics)
{
	struct loading loading = {
		.reading = {arena, diagnostics},
		.profile_text = profile_text,
		.errors_before = diagnostics->errors,
	};
	const struct node *root = tree_parse(source, arena, diagnostics);

	return root == NULL ? NULL : load_tree(&loading, root, source);
}

struct config *config_load(const char *path, struct diagnostics *diagnostics)
{
	struct arena *arena = arena_create();
	struct config *config = NULL;
	struct source source;

	if (source_read(&source, arena, path, YAML_MAX, (struct place){path, 1, 1}, "",
			diagnostics))
		config = load_source(&source, arena, NULL, diagnostics);
	arena_destroy(arena);
	return config;
}

/* The organisations that the sites name, each once. */
static void adopt_organisations(struct loading *l)
{
	const struct section_list *sites = &l->draft.sites;
	struct section_list *list = &l->draft.organisations;
	struct names *names = names_create(l->reading.arena, sites->count);
	struct draft_organisation *items =
		arena_zeroed(l->reading.arena, sites->count, sizeof(*items));

	for (size_t i = 0; i < sites->count; i++) {
		const struct draft_site *site =
			(const struct draft_site *)(const void *)sites->items + i;
		if (!value_known(&site->organisation) ||
		    names_add(names, site->organisation.text, list->count) != NAMES_NONE)
			continue;
		items[list->count].named.section = site->named.section;
		items[list->count++].named.name = site->organisation;
	}
	list->items = (char *)items;
}

static struct config *load_inventory(struct loading *l, struct source *source)
{
	struct place top = {source->path, 1, 1};
	struct draft_config *draft = &l->draft;

	l->sources = source;
	l->source_count = 1;
	inventory_read(&l->reading, source, &draft->sites);
	draft->section = (struct section){top, "", false};
	/* What only a whole configuration must have. */
	draft->network.section.broken = true;
	draft->organisations.place = top;
	draft->tests.place = top;
	section_finish(&l->reading, config_rows, draft);
	adopt_organisations(l);
	l->config = config_create(source->path);
	resolve_names(l);
	if (l->reading.diagnostics->errors == l->errors_before)
		return l->config;
	config_destroy(l->config);
	return NULL;
}

struct config *config_load_inventory(const char *path, struct diagnostics *diagnostics)
{
	struct arena *arena = arena_create();
	struct loading loading = {
		.reading = {arena, diagnostics},
		.folder = source_folder(arena, path),
		.errors_before = diagnostics->errors,
	};
	struct config *config = NULL;
	struct source source;

	if (source_read(&source, arena, path, INVENTORY_MAX, (struct place){path, 1, 1}, "",
			diagnostics))
		config = load_inventory(&loading, &source);
	arena_destroy(arena);
	return config;
}

static struct config *load_octets(const struct source *given, const char *profile_text,
				  struct diagnostics *diagnostics)
{
	struct arena *arena = arena_create();
	struct config *config = NULL;
	struct source source;

	if (source_over(&source, arena, given->octets, given->size, given->path, diagnostics))
		config = load_source(&source, arena, profile_text, diagnostics);
	arena_destroy(arena);
	return config;
}

struct config *config_load_text(const char *text, size_t len, const char *path,
				struct diagnostics *diagnostics)
{
	struct source given = {.path = path, .octets = text, .size = len};

	return load_octets(&given, NULL, diagnostics);
}

struct config *config_load_kept(const char *text, const char *profile, const char *path,
				struct diagnostics *diagnostics)
{
	struct source given = {.path = path, .octets = text, .size = strlen(text)};

	return load_octets(&given, profile, diagnostics);
}

void config_destroy(struct config *config)
{
	if (config == NULL)
		return;
	profile_destroy(config->profile);
	arena_destroy(config->arena);
}

size_t config_find_site(const struct config *config, const char *name)
{
	if (config->index != NULL)
		return names_find(config->index->sites, name);
	for (size_t i = 0; i < config->site_count; i++) {
		if (strcmp(config->sites[i].name, name) == 0)
			return i;
	}
	return CONFIG_NONE;
}

size_t config_find_test(const struct config *config, const char *name)
{
	if (config->index != NULL)
		return names_find(config->index->tests, name);
	for (size_t i = 0; i < config->test_count; i++) {
		if (strcmp(config->tests[i].name, name) == 0)
			return i;
	}
	return CONFIG_NONE;
}

size_t config_find_agent(const struct config *config, const char *name)
{
	if (config->index != NULL)
		return names_find(config->index->agents, name);
	for (size_t i = 0; i < config->agent_count; i++) {
		if (strcmp(config->agents[i].name, name) == 0)
			return i;
	}
	return CONFIG_NONE;
}

size_t config_find_organisation(const struct config *config, const char *name)
{
	if (config->index != NULL)
		return names_find(config->index->organisations, name);
	for (size_t i = 0; i < config->organisation_count; i++) {
		if (strcmp(config->organisations[i].name, name) == 0)
			return i;
	}
	return CONFIG_NONE;
}

bool config_within(const struct config *config, size_t organisation, size_t ancestor)
{
	while (organisation != CONFIG_NONE && organisation != ancestor)
		organisation = config->organisations[organisation].parent;
	return organisation == ancestor && ancestor != CONFIG_NONE;
}

bool config_site_within(const struct config *config, size_t site, const char *organisation)
{
	size_t ancestor = config_find_organisation(config, organisation);

	return config_within(config, config->sites[site].organisation, ancestor);
}
