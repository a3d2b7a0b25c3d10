/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any octets as an inventory: every diagnostic has a place inside the text, no row is lost without
 * one. */
#include "config/inventory.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_places(const struct diagnostics *diagnostics, size_t size)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *d = &diagnostics->items[i];
		assert(strcmp(d->file, "fuzz.csv") == 0 && d->message[0] != '\0');
		assert(d->line >= 1 && d->line <= size + 1);
		assert(d->column >= 1 && d->column <= size + 1);
	}
}

static void check_sites(const struct section_list *sites, const struct diagnostics *diagnostics)
{
	const struct draft_site *drafts = (const struct draft_site *)(const void *)sites->items;

	assert(!sites->broken || diagnostics->errors > 0);
	for (size_t i = 0; i < sites->count; i++) {
		const struct value *name = &drafts[i].named.name;
		assert(value_known(name) || drafts[i].named.section.broken);
		assert(!value_known(name) || strlen(name->text) <= CONFIG_NAME_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct arena *arena = arena_create();
	struct reading reading = {arena, &diagnostics};
	struct section_list sites = {.items = NULL};
	struct source source;

	if (source_over(&source, arena, (const char *)data, size, "fuzz.csv", &diagnostics)) {
		inventory_read(&reading, &source, &sites);
		check_sites(&sites, &diagnostics);
	}
	check_places(&diagnostics, size);
	arena_destroy(arena);
	diagnostics_finish(&diagnostics);
	return 0;
}
