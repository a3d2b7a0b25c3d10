/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/courses.h"
#include "collector/base/log.h"

#include <stdlib.h>

static enum err remember(struct courses *courses, struct course *course)
{
	size_t count = (size_t)course->number + 1;

	if (count > courses->number_count) {
		struct course **by_number = realloc(courses->by_number, count * sizeof(void *));
		if (by_number == NULL)
			return E_MEMORY;
		while (courses->number_count < count)
			by_number[courses->number_count++] = NULL;
		courses->by_number = by_number;
	}
	courses->by_number[course->number] = course;
	return E_OK;
}

/* Starts a series; NULL with E_OK when this machine cannot measure it. */
static enum err begin(struct courses *courses, struct agent *agent, const struct planned *planned,
		      struct course **out)
{
	struct course *course = malloc(sizeof(*course));

	*out = NULL;
	if (course == NULL)
		return E_MEMORY;
	course->planned = *planned;
	enum err rc = agent_add(agent, &planned->target, &course->number);
	if (rc == E_UNSUPPORTED)
		log_warn("run", "target=%s IPv%d is not measured: this machine lacks the family",
			 planned->key.target, planned->key.family);
	if (rc != E_OK) {
		free(course);
		return rc == E_UNSUPPORTED ? E_OK : rc;
	}
	rc = remember(courses, course);
	if (rc != E_OK) {
		agent_retire(agent, course->number);
		free(course);
		return rc;
	}
	*out = course;
	return E_OK;
}

/* The old courses are walked along with the plan, both being in the order of their keys. */
struct walk {
	struct courses *courses;
	struct agent *agent;
	size_t at;
	struct difference difference;
};

static void retire(struct walk *walk)
{
	agent_retire(walk->agent, walk->courses->items[walk->at++]->number);
	walk->difference.retired++;
}

/* The course that measures what is planned: an old one or a new one. */
static enum err take(struct walk *walk, const struct planned *planned, struct course **out)
{
	struct courses *courses = walk->courses;

	while (walk->at < courses->count &&
	       plan_compare(&courses->items[walk->at]->planned, planned) < 0)
		retire(walk);
	if (walk->at < courses->count && plan_same(&courses->items[walk->at]->planned, planned)) {
		*out = courses->items[walk->at++];
		walk->difference.kept++;
		return E_OK;
	}
	if (walk->at < courses->count &&
	    plan_compare(&courses->items[walk->at]->planned, planned) == 0)
		retire(walk);
	enum err rc = begin(courses, walk->agent, planned, out);
	walk->difference.added += *out != NULL;
	walk->difference.left_out += rc == E_OK && *out == NULL;
	return rc;
}

enum err courses_take_over(struct courses *courses, struct agent *agent, const struct plan *plan,
			   struct difference *out)
{
	struct walk walk = {.courses = courses, .agent = agent};
	struct course **items = calloc(plan->count + 1, sizeof(struct course *));
	size_t count = 0;
	enum err rc = E_OK;

	if (items == NULL)
		return E_MEMORY;
	for (size_t i = 0; rc == E_OK && i < plan->count; i++) {
		struct course *course = NULL;
		rc = take(&walk, &plan->items[i], &course);
		if (course != NULL)
			items[count++] = course;
	}
	while (walk.at < courses->count)
		retire(&walk);
	free(courses->items);
	courses->items = items;
	courses->count = count;
	*out = walk.difference;
	return rc;
}

void courses_finish(struct courses *courses)
{
	for (size_t i = 0; i < courses->number_count; i++)
		free(courses->by_number[i]);
	free(courses->by_number);
	free(courses->items);
	*courses = (struct courses){0};
}

const struct course *courses_at(const struct courses *courses, uint32_t number)
{
	return number < courses->number_count ? courses->by_number[number] : NULL;
}
