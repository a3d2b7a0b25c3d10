/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/revision.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *figure_name(size_t figure)
{
	if (figure < INDICATOR_COUNT)
		return indicator_name((enum indicator)figure);
	return figure == FIGURE_COVERAGE ? "coverage" : "score";
}

static int compare_sites(const void *a, const void *b)
{
	const struct site_figures *x = a;
	const struct site_figures *y = b;
	int order = strcmp(x->site, y->site);

	return order != 0 ? order : x->family - y->family;
}

static struct site_figures figures_of_path(const struct site *site, const struct path *path,
					   enum family family)
{
	const struct score *score = &path->score;
	struct site_figures figures = {
		.site = must_copy(site->name),
		.family = family == FAMILY_IPV4 ? 4 : 6,
		.value = {[FIGURE_COVERAGE] = 100 * score->coverage, [FIGURE_SCORE] = score->exact},
	};

	for (size_t i = 0; i < INDICATOR_COUNT; i++)
		figures.value[i] = score->missing[i] ? (double)NAN : score->value[i];
	return figures;
}

void figures_of(const struct assessment *assessment, struct figures *out)
{
	struct figures figures = {0};
	size_t capacity = 0;

	for (size_t i = 0; i < assessment->site_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			const struct path *path = &assessment->sites[i].path[f];
			if (path->state == PATH_NOT_CONFIGURED)
				continue;
			figures.items = must_grow(figures.items, figures.count, &capacity,
						  sizeof(*figures.items));
			figures.items[figures.count++] =
				figures_of_path(assessment_site(assessment, i), path, f);
		}
	}
	if (figures.count > 0)
		qsort(figures.items, figures.count, sizeof(*figures.items), compare_sites);
	*out = figures;
}

void figures_finish(struct figures *figures)
{
	for (size_t i = 0; i < figures->count; i++)
		free(figures->items[i].site);
	free(figures->items);
	*figures = (struct figures){0};
}

static bool differ(double a, double b)
{
	return isnan(a) || isnan(b) ? isnan(a) != isnan(b) : a != b;
}

/* One of the two may be NULL. */
static enum err compare_site(const struct site_figures *before, const struct site_figures *after,
			     revision_visit *visit, void *context)
{
	const struct site_figures *known = before != NULL ? before : after;
	enum err rc = E_OK;

	for (size_t i = 0; i < FIGURE_COUNT && rc == E_OK; i++) {
		struct revision revision = {
			.site = known->site,
			.family = known->family,
			.figure = i,
			.before = before == NULL ? (double)NAN : before->value[i],
			.after = after == NULL ? (double)NAN : after->value[i],
		};
		if (differ(revision.before, revision.after))
			rc = visit(context, &revision);
	}
	return rc;
}

enum err figures_compare(const struct figures *before, const struct figures *after,
			 revision_visit *visit, void *context)
{
	size_t b = 0;
	size_t a = 0;
	enum err rc = E_OK;

	while (rc == E_OK && (b < before->count || a < after->count)) {
		int order = b == before->count ? 1
			    : a == after->count
				    ? -1
				    : compare_sites(&before->items[b], &after->items[a]);
		rc = compare_site(order <= 0 ? &before->items[b] : NULL,
				  order >= 0 ? &after->items[a] : NULL, visit, context);
		b += order <= 0;
		a += order >= 0;
	}
	return rc;
}
