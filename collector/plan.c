/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/plan.h"
#include "collector/asking.h"
#include "collector/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t plan_agent(const struct config *config, const char *name)
{
	size_t index = name == NULL ? 0 : config_find_agent(config, name);

	if (name == NULL && config->agent_count != 1) {
		fprintf(stderr, "%s names %zu agents; say which one this is with --agent NAME\n",
			config->path, config->agent_count);
		return CONFIG_NONE;
	}
	if (index == CONFIG_NONE)
		fprintf(stderr, "%s names no agent '%s'\n", config->path, name);
	return index;
}

static bool is_asked(const struct test_config *test, size_t agent)
{
	for (size_t i = 0; i < test->agent_count; i++) {
		if (test->agents[i] == agent)
			return true;
	}
	return false;
}

/* Where a series of the plan is to be made. */
struct request {
	const struct config *config;
	const struct test_config *test;
	const struct site *site;
	const char *agent;
	const struct hash_key *secret;
};

static struct planned planned_of(const struct request *request, enum family family)
{
	const struct test_config *test = request->test;
	struct test_type type = test_type_at(test, request->site);
	struct planned planned = {
		.key = {.family = family == FAMILY_IPV4 ? 4 : 6,
			.dscp = test->dscp,
			.size = test->size,
			.port = type.port},
		.target = {.method = probe_find(test->method),
			   .interval = test->interval_ns,
			   .t_max = test->t_max_ns,
			   .packets = test->packets,
			   .size = test->size,
			   .dscp = test->dscp},
		.calendar = test->calendar,
		.test = (size_t)(test - request->config->tests),
		.site = (size_t)(request->site - request->config->sites),
	};
	char text[KEY_TEXT];

	snprintf(planned.key.agent, KEY_NAME, "%s", request->agent);
	snprintf(planned.key.target, KEY_NAME, "%s", site_key(request->site));
	snprintf(planned.key.method, KEY_METHOD, "%s", type.method);
	planned.target.host.family = planned.key.family;
	planned.target.host.port = type.port;
	memcpy(planned.target.host.bytes, request->site->address[family].bytes,
	       sizeof(planned.target.host.bytes));
	series_key_format(&planned.key, text);
	planned.target.phase_seed = hash_keyed(request->secret, text, strlen(text));
	return planned;
}

static enum err fill_ask(struct planned *planned, const struct request *request)
{
	enum err rc = asking_of(request->test, request->site, &planned->ask);

	if (rc != E_OK || planned->ask == NULL)
		return rc;
	planned->target.ask = planned->ask;
	if (planned->ask->url == NULL)
		planned->target.size = (uint16_t)dns_query_size(&planned->ask->query);
	return E_OK;
}

static enum err append(struct plan *plan, const struct planned *planned)
{
	/* The room doubles: it is full whenever the count is a power of two. */
	if ((plan->count & (plan->count - 1)) == 0) {
		size_t room = plan->count == 0 ? 1 : 2 * plan->count;
		struct planned *items = realloc(plan->items, room * sizeof(*items));
		if (items == NULL)
			return E_MEMORY;
		plan->items = items;
	}
	plan->items[plan->count++] = *planned;
	return E_OK;
}

static enum err add_site(struct plan *plan, const struct request *request)
{
	for (int family = 0; family < FAMILY_COUNT; family++) {
		if (!request->test->family[family] || !request->site->address[family].given)
			continue;
		struct planned planned = planned_of(request, family);
		if (planned.target.method == NULL)
			return E_UNSUPPORTED;
		enum err rc = fill_ask(&planned, request);
		if (rc == E_OK)
			rc = append(plan, &planned);
		if (rc != E_OK) {
			ask_destroy(planned.ask);
			return rc;
		}
	}
	return E_OK;
}

static enum err add_test(struct plan *plan, struct request *request)
{
	for (size_t i = 0; i < request->test->site_count; i++) {
		request->site = &request->config->sites[request->test->sites[i]];
		enum err rc = add_site(plan, request);
		if (rc != E_OK)
			return rc;
	}
	return E_OK;
}

static int compare_numbers(unsigned int a, unsigned int b)
{
	return (a > b) - (a < b);
}

/* A reload compares every series in the measuring loop, so no text is made of the keys. */
int plan_compare(const struct planned *a, const struct planned *b)
{
	const struct series_key *x = &a->key;
	const struct series_key *y = &b->key;
	int order = strcmp(x->target, y->target);

	if (order == 0)
		order = strcmp(x->agent, y->agent);
	if (order == 0)
		order = strcmp(x->method, y->method);
	if (order == 0)
		order = compare_numbers(x->family, y->family);
	if (order == 0)
		order = compare_numbers(x->size, y->size);
	if (order == 0)
		order = compare_numbers(x->dscp, y->dscp);
	return order == 0 ? compare_numbers(x->port, y->port) : order;
}

static int compare(const void *a, const void *b)
{
	return plan_compare(a, b);
}

static void drop_repeated(struct plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (kept > 0 && plan_compare(&plan->items[kept - 1], &plan->items[i]) == 0) {
			log_warn("plan",
				 "target=%s IPv%d: two tests ask for the same kind of packet; "
				 "only one of them is measured",
				 plan->items[i].key.target, plan->items[i].key.family);
			ask_destroy(plan->items[i].ask);
			continue;
		}
		plan->items[kept++] = plan->items[i];
	}
	plan->count = kept;
}

enum err plan_create(const struct config *config, size_t agent, const struct hash_key *secret,
		     struct plan *out)
{
	struct plan plan = {0};
	struct request request = {
		.config = config, .agent = config->agents[agent].name, .secret = secret};

	for (size_t i = 0; i < config->test_count; i++) {
		request.test = &config->tests[i];
		if (!is_asked(request.test, agent))
			continue;
		enum err rc = add_test(&plan, &request);
		if (rc != E_OK) {
			plan_finish(&plan);
			return rc;
		}
	}
	if (plan.count > 0)
		qsort(plan.items, plan.count, sizeof(*plan.items), compare);
	drop_repeated(&plan);
	*out = plan;
	return E_OK;
}

void plan_finish(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		ask_destroy(plan->items[i].ask);
	free(plan->items);
	*plan = (struct plan){0};
}

bool plan_same(const struct planned *a, const struct planned *b)
{
	const struct target *x = &a->target;
	const struct target *y = &b->target;

	return plan_compare(a, b) == 0 && endpoint_compare(&x->host, &y->host) == 0 &&
	       x->interval == y->interval && x->packets == y->packets && x->t_max == y->t_max &&
	       ask_same(x->ask, y->ask);
}

double plan_rate(const struct plan *plan)
{
	double rate = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct target *target = &plan->items[i].target;
		rate += target->packets * (double)NSEC_PER_SEC / (double)target->interval;
	}
	return rate;
}

nsec plan_t_max(const struct plan *plan)
{
	nsec longest = 0;

	for (size_t i = 0; i < plan->count; i++) {
		nsec t_max = plan->items[i].target.t_max;
		longest = t_max > longest ? t_max : longest;
	}
	return longest;
}
