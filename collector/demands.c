/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/demands.h"

#include <stdlib.h>

struct sorted {
	size_t index;
	const struct flow *flow;
};

static size_t index_of(const struct flows *flows, const struct flow *flow, enum budget_scope scope)
{
	if (scope == BUDGET_AGENT)
		return flow->agent;
	return scope == BUDGET_TARGET ? flow->host : flows->hosts[flow->host].owner;
}

static int compare_sorted(const void *a, const void *b)
{
	const struct sorted *x = a;
	const struct sorted *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (x->flow > y->flow) - (x->flow < y->flow);
}

static struct sorted *sort_flows(const struct flows *flows, enum budget_scope scope)
{
	struct sorted *sorted = calloc(flows->count + 1, sizeof(*sorted));

	for (size_t i = 0; sorted != NULL && i < flows->count; i++)
		sorted[i] =
			(struct sorted){index_of(flows, &flows->items[i], scope), &flows->items[i]};
	if (sorted != NULL)
		qsort(sorted, flows->count, sizeof(*sorted), compare_sorted);
	return sorted;
}

static enum err make_row(const struct flow *const *flows, size_t count,
			 const struct timeline *timeline, struct demand_row *row)
{
	struct traffic *traffic;

	enum err rc = traffic_create(flows, count, &traffic);
	if (rc != E_OK)
		return rc;
	rc = traffic_demand(traffic, timeline, &row->demand);
	if (rc == E_OK)
		row->main_test = traffic_main_test(traffic, timeline, row->demand.busiest_at);
	traffic_destroy(traffic);
	return rc;
}

static enum err make_rows(const struct sorted *sorted, size_t count,
			  const struct timeline *timeline, struct demands *out)
{
	const struct flow **group = calloc(count + 1, sizeof(*group));
	size_t members = 0;
	enum err rc = group == NULL ? E_MEMORY : E_OK;

	for (size_t i = 0; rc == E_OK && i < count; i++) {
		group[members++] = sorted[i].flow;
		if (i + 1 < count && sorted[i + 1].index == sorted[i].index)
			continue;
		struct demand_row *row = &out->rows[out->count++];
		row->index = sorted[i].index;
		rc = make_row(group, members, timeline, row);
		members = 0;
	}
	free(group);
	return rc;
}

static int compare_rows(const void *a, const void *b)
{
	const struct demand_row *x = a;
	const struct demand_row *y = b;

	if (x->demand.busiest.bits != y->demand.busiest.bits)
		return x->demand.busiest.bits > y->demand.busiest.bits ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

enum err demands_create(const struct flows *flows, const struct timeline *timeline,
			enum budget_scope scope, struct demands *out)
{
	struct sorted *sorted = sort_flows(flows, scope);
	struct demands demands = {.rows = calloc(flows->count + 1, sizeof(*demands.rows))};

	enum err rc = sorted == NULL || demands.rows == NULL
			      ? E_MEMORY
			      : make_rows(sorted, flows->count, timeline, &demands);
	free(sorted);
	if (rc != E_OK) {
		demands_finish(&demands);
		return rc;
	}
	qsort(demands.rows, demands.count, sizeof(*demands.rows), compare_rows);
	*out = demands;
	return E_OK;
}

void demands_finish(struct demands *demands)
{
	free(demands->rows);
	*demands = (struct demands){0};
}
