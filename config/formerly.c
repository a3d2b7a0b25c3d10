/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/loading.h"

#include <string.h>

/* A name belongs to one site for good: what was measured under it must not be anybody else's. */
static bool name_is_free(struct loading *l, struct draft_site *draft, struct value *name)
{
	struct section *section = &draft->named.section;
	size_t bearer = names_find(l->site_names.names, name->text);
	const struct place *place = bearer == NAMES_NONE ? NULL : &l->site_names.places[bearer];

	if (place == NULL)
		return true;
	if (l->sites[bearer] == draft)
		section_complain(&l->reading, section, name,
				 "\"%s\" is the site's name; list only names that it had before",
				 name->text);
	else
		section_complain(&l->reading, section, name,
				 "\"%s\" is the name of the site at %s:%zu:%zu; a former name is "
				 "not given again: name that one otherwise, or leave this out",
				 name->text, source_name(place->file), place->line, place->column);
	return false;
}

static bool claim(struct loading *l, struct defined *former, struct draft_site *draft,
		  struct value *name)
{
	size_t index = former->count++;
	const char *kept = arena_text(l->config->arena, name->text);
	size_t taken = names_add(former->names, kept, index);

	former->places[index] = name->place;
	if (taken == NAMES_NONE)
		return true;
	const struct place *first = &former->places[taken];
	section_complain(&l->reading, &draft->named.section, name,
			 "\"%s\" is claimed at %s:%zu:%zu already; it was the name of one site, "
			 "remove one",
			 kept, source_name(first->file), first->line, first->column);
	return false;
}

static void resolve_site(struct loading *l, struct defined *former, size_t index)
{
	struct draft_site *draft = l->sites[index];
	struct site *site = &l->config->sites[index];

	site->formerly = arena_zeroed(l->config->arena, draft->formerly.count, sizeof(char *));
	for (size_t i = 0; i < draft->formerly.count; i++) {
		struct value *name = &draft->formerly.items[i];
		if (value_known(name) && name_is_free(l, draft, name) &&
		    claim(l, former, draft, name))
			site->formerly[site->formerly_count++] =
				arena_text(l->config->arena, name->text);
	}
}

void resolve_formerly(struct loading *l)
{
	size_t count = 0;

	for (size_t i = 0; i < l->config->site_count; i++)
		count += l->sites[i]->formerly.count;
	struct defined former = defined_create(l, count, false);
	for (size_t i = 0; i < l->config->site_count; i++)
		resolve_site(l, &former, i);
}

const char *site_key(const struct site *site)
{
	return site->formerly_count > 0 ? site->formerly[0] : site->name;
}
