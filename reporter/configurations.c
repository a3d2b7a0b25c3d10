/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/configurations.h"

#include "collector/base/log.h"
#include "reporter/text/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a walk through them works with. */
struct gathering {
	const struct config *given;
	struct configurations found;
	size_t capacity;
};

/* As it was kept, by its own profile, or the one given where none was kept. */
static struct config *load(const struct configuration *kept, const struct config *given)
{
	struct diagnostics diagnostics = {0};
	const char *profile = kept->profile == NULL ? given->profile->text : kept->profile;
	struct config *config = config_load_kept(kept->text, profile, given->path, &diagnostics);

	if (config == NULL)
		log_warn("reporter", "a configuration kept earlier is not understood any more: %s",
			 diagnostics.count == 0 ? "it is empty" : diagnostics.items[0].message);
	else
		snprintf(config->digest, sizeof(config->digest), "%s", kept->digest);
	diagnostics_finish(&diagnostics);
	return config;
}

static enum err gather(void *context, const struct configuration *kept)
{
	struct gathering *gathering = context;
	struct configurations *found = &gathering->found;
	struct config *config = load(kept, gathering->given);

	nsec from = found->count == 0 ? INT64_MIN : kept->at;

	if (config == NULL)
		return E_OK;
	if (found->count == 0)
		found->known_from = kept->at;
	else
		found->items[found->count - 1].period.until = kept->at;
	found->items =
		must_grow(found->items, found->count, &gathering->capacity, sizeof(*found->items));
	found->items[found->count++] = (struct in_force){
		.period = {from, INT64_MAX},
		.config = config,
	};
	return E_OK;
}

enum err configurations_read(const struct source *source, struct period period,
			     const struct config *given, struct configurations *out)
{
	struct gathering gathering = {.given = given};
	enum err rc = source->configurations == NULL
			      ? E_OK
			      : source->configurations(source->context, period, gather, &gathering);

	if (rc != E_OK) {
		configurations_finish(&gathering.found);
		return rc;
	}
	*out = gathering.found;
	return E_OK;
}

void configurations_finish(struct configurations *configurations)
{
	for (size_t i = 0; i < configurations->count; i++)
		config_destroy(configurations->items[i].config);
	free(configurations->items);
	*configurations = (struct configurations){0};
}

const struct in_force *configurations_at(const struct configurations *configurations, nsec at)
{
	for (size_t i = configurations->count; i-- > 0;) {
		if (configurations->items[i].period.from <= at)
			return &configurations->items[i];
	}
	return NULL;
}

/* The newest row of a walk, copied. */
struct newest {
	struct configuration row;
	char *texts[4];
};

static void forget(struct newest *newest)
{
	for (size_t i = 0; i < 4; i++)
		free(newest->texts[i]);
	*newest = (struct newest){0};
}

static enum err remember(void *context, const struct configuration *kept)
{
	struct newest *newest = context;
	const char *const texts[4] = {kept->digest, kept->text, kept->profile_digest,
				      kept->profile};

	forget(newest);
	for (size_t i = 0; i < 4; i++)
		newest->texts[i] = texts[i] == NULL ? NULL : must_copy(texts[i]);
	newest->row = (struct configuration){kept->at, newest->texts[0], newest->texts[1],
					     newest->texts[2], newest->texts[3]};
	return E_OK;
}

static bool is_given(const struct configuration *kept, const struct config *given)
{
	return strcmp(kept->digest, given->digest) == 0 &&
	       (kept->profile_digest == NULL ||
		strcmp(kept->profile_digest, given->profile->digest) == 0);
}

enum err configurations_last(const struct source *source, struct period period,
			     const struct config *given, struct config **out)
{
	struct period moment = {period.until - 1, period.until};
	struct newest newest = {0};
	enum err rc = source->configurations == NULL
			      ? E_OK
			      : source->configurations(source->context, moment, remember, &newest);

	if (rc == E_OK)
		*out = newest.row.text == NULL || is_given(&newest.row, given)
			       ? NULL
			       : load(&newest.row, given);
	forget(&newest);
	return rc;
}
