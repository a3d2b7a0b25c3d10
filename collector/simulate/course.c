/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/course.h"
#include "collector/plan.h"

#include <stdlib.h>
#include <string.h>

/* A plan of one agent in one phase, to be made courses. */
struct batch {
	const struct scenario *scenario;
	size_t phase;
	size_t agent;
	struct hash_key key;
};

static nsec end_of(const struct scenario *scenario, size_t phase)
{
	return phase + 1 < scenario->phase_count ? scenario->phases[phase + 1].from
						 : scenario->period.until;
}

static size_t site_of(const struct config *config, const char *key)
{
	size_t i = 0;

	while (strcmp(site_key(&config->sites[i]), key) != 0)
		i++;
	return i;
}

static enum err fill(struct course *course, const struct batch *batch,
		     const struct planned *planned)
{
	const struct scenario *scenario = batch->scenario;
	const struct config *config = scenario->phases[batch->phase].config;
	const struct target *target = &planned->target;
	bool last = batch->phase + 1 == scenario->phase_count;
	struct random random = random_seeded(target->phase_seed);
	struct subject subject = {
		.config = config,
		.site = site_of(config, planned->key.target),
		.agent = batch->agent,
		.family = planned->key.family == 4 ? FAMILY_IPV4 : FAMILY_IPV6,
		.method = config->tests[planned->test].method,
	};
	nsec spacing = target->interval / target->packets;

	*course = (struct course){
		.key = planned->key,
		.phase = batch->phase,
		.calendar = planned->calendar,
		.next = nsec_ceil(scenario->phases[batch->phase].from, target->interval),
		.until = end_of(scenario, batch->phase),
		.link = {.end = last ? NSEC_INFINITE : end_of(scenario, batch->phase),
			 .interval = target->interval,
			 .t_max = target->t_max,
			 .packets = target->packets},
	};
	/* An agent that stops begins no slot that it cannot end. */
	if (last)
		course->until = nsec_floor(course->until, target->interval);
	course->link.phase = (nsec)random_below(&random, (uint64_t)(spacing > 0 ? spacing : 1));
	return link_init(&course->link, scenario, &subject, random_u64(&random));
}

static enum err add_plan(struct course_list *list, const struct batch *batch,
			 const struct plan *plan)
{
	struct course *items =
		realloc(list->items, (list->count + plan->count + 1) * sizeof(*items));

	if (items == NULL)
		return E_MEMORY;
	list->items = items;
	for (size_t i = 0; i < plan->count; i++) {
		enum err rc = fill(&items[list->count], batch, &plan->items[i]);
		if (rc != E_OK)
			return rc;
		list->count++;
	}
	return E_OK;
}

static enum err add_agent(struct course_list *list, const struct batch *batch)
{
	struct plan plan;
	enum err rc = plan_create(batch->scenario->phases[batch->phase].config, batch->agent,
				  &batch->key, &plan);

	if (rc != E_OK)
		return rc;
	rc = add_plan(list, batch, &plan);
	plan_finish(&plan);
	return rc;
}

enum err course_list_make(const struct scenario *scenario, struct course_list *out)
{
	struct batch batch = {.scenario = scenario};
	enum err rc = E_OK;

	*out = (struct course_list){0};
	for (; batch.phase < scenario->phase_count; batch.phase++) {
		const struct config *config = scenario->phases[batch.phase].config;
		batch.key = (struct hash_key){{scenario->seed, batch.phase}};
		for (batch.agent = 0; batch.agent < config->agent_count && rc == E_OK;
		     batch.agent++)
			rc = add_agent(out, &batch);
	}
	if (rc != E_OK)
		course_list_finish(out);
	return rc;
}

void course_list_finish(struct course_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		link_finish(&list->items[i].link);
	free(list->items);
	*list = (struct course_list){0};
}
