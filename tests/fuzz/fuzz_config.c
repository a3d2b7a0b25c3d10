/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any octets as a configuration: every diagnostic has its place, what loads prints and loads again.
 */
#include "config/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_places(const struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *d = &diagnostics->items[i];
		assert(d->file != NULL && d->file[0] != '\0');
		assert(d->line >= 1 && d->column >= 1);
		assert(d->key != NULL && d->message != NULL && d->message[0] != '\0');
	}
}

static void check_prints_itself(const struct config *config)
{
	struct diagnostics diagnostics = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert(out != NULL);
	config_print(config, out);
	fclose(out);
	struct config *again = config_load_text(text, len, "again.yaml", &diagnostics);
	assert(again != NULL && again->site_count == config->site_count);
	config_destroy(again);
	diagnostics_finish(&diagnostics);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct config *config =
		config_load_text((const char *)data, size, "fuzz.yaml", &diagnostics);

	check_places(&diagnostics);
	assert((config == NULL) == (diagnostics.errors > 0));
	if (config != NULL)
		check_prints_itself(config);
	config_destroy(config);
	diagnostics_finish(&diagnostics);
	return 0;
}
