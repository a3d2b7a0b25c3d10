/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/courses.h"
#include "collector/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void discard(struct course *course)
{
	if (course != NULL)
		ask_destroy(course->ask);
	free(course);
}

/* Starts a series; NULL with E_OK when this machine cannot measure it. */
static enum err begin(struct courses *courses, struct agent *agent, const struct planned *planned,
		      struct course **out)
{
	size_t size = strlen(planned->key.target) + 1;
	struct course *course = malloc(sizeof(*course) + size);

	*out = NULL;
	if (course == NULL)
		return E_MEMORY;
	course->target = planned->target;
	if (ask_copy(planned->target.ask, &course->ask) != E_OK) {
		free(course);
		return E_MEMORY;
	}
	course->target.ask = course->ask;
	course->calendar = planned->calendar;
	course->stored = planned->stored;
	memcpy(course->name, planned->key.target, size);
	enum err rc = agent_add(agent, &course->target, &course->number);
	/* Sockets are opened before the rights to do so are given up. */
	if (rc == E_UNSUPPORTED)
		log_warn("run", "target=%s IPv%d is not measured: %s", planned->key.target,
			 planned->key.family,
			 agent_has(agent, planned->target.method)
				 ? "this machine lacks the family"
				 : "its method is new here and takes a restart");
	if (rc != E_OK) {
		discard(course);
		return rc == E_UNSUPPORTED ? E_OK : rc;
	}
	rc = remember(courses, course);
	if (rc != E_OK) {
		agent_retire(agent, course->number);
		discard(course);
		return rc;
	}
	*out = course;
	return E_OK;
}

struct series_key courses_key(const struct courses *courses, const struct course *course)
{
	const struct ask *ask = course->ask;
	struct series_key key = {
		.family = course->target.host.family,
		.dscp = course->target.dscp,
		.size = ask == NULL ? course->target.size : 0,
		.port = course->target.host.port,
	};

	snprintf(key.agent, KEY_NAME, "%s", courses->agent);
	snprintf(key.target, KEY_NAME, "%s", course->name);
	snprintf(key.method, KEY_METHOD, "%s%s%s", course->target.method->method,
		 ask == NULL ? "" : "-", ask == NULL ? "" : ask->subject);
	return key;
}

static struct planned planned_of(const struct courses *courses, const struct course *course)
{
	return (struct planned){.key = courses_key(courses, course),
				.target = course->target,
				.stored = course->stored};
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

	for (; walk->at < courses->count; retire(walk)) {
		struct planned old = planned_of(courses, courses->items[walk->at]);
		int order = plan_compare(&old, planned);
		if (order > 0)
			break;
		if (order == 0 && plan_same(&old, planned)) {
			*out = courses->items[walk->at++];
			(*out)->calendar = planned->calendar;
			walk->difference.kept++;
			return E_OK;
		}
	}
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
	if (plan->count > 0)
		memcpy(courses->agent, plan->items[0].key.agent, KEY_NAME);
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
		discard(courses->by_number[i]);
	free(courses->by_number);
	free(courses->items);
	*courses = (struct courses){0};
}

const struct course *courses_at(const struct courses *courses, uint32_t number)
{
	return number < courses->number_count ? courses->by_number[number] : NULL;
}
