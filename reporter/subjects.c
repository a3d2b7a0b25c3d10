/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/subjects.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct subject *)a)->key, ((const struct subject *)b)->key);
}

static void add(struct subjects *subjects, const struct path_request *request)
{
	subjects->items = must_grow(subjects->items, subjects->count, &subjects->capacity,
				    sizeof(*subjects->items));
	struct subject *subject = &subjects->items[subjects->count++];
	struct series_key key = path_key(request);
	*subject = (struct subject){.request = *request};
	series_key_format(&key, subject->key);
}

static void sort(struct subjects *subjects)
{
	if (subjects->count > 0)
		qsort(subjects->items, subjects->count, sizeof(*subjects->items), compare_keys);
}

static void add_site(struct subjects *subjects, struct path_request request)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		request.family = f;
		if (path_configured(request.config, request.site, request.test, f))
			add(subjects, &request);
	}
}

/* What one agent measures by one test: of one site, or of all for CONFIG_NONE. */
static void add_test(struct subjects *subjects, struct path_request request)
{
	const struct test_config *test = &request.config->tests[request.test];
	size_t only = request.site;

	for (size_t i = 0; i < test->site_count; i++) {
		request.site = test->sites[i];
		if (only == CONFIG_NONE || request.site == only)
			add_site(subjects, request);
	}
}

static void add_tests(struct subjects *subjects, struct path_request request)
{
	const struct config *config = request.config;

	for (request.test = 0; request.test < config->test_count; request.test++) {
		const struct test_config *test = &config->tests[request.test];
		for (size_t i = 0; i < test->agent_count; i++) {
			request.agent = test->agents[i];
			add_test(subjects, request);
		}
	}
}

void subjects_list(const struct path_request *pattern, struct subjects *out)
{
	struct path_request request = *pattern;
	struct subjects subjects = {0};

	request.site = CONFIG_NONE;
	add_tests(&subjects, request);
	sort(&subjects);
	*out = subjects;
}

void subjects_add_departed(struct subjects *subjects, const struct path_request *pattern,
			   const struct changes *changes)
{
	for (size_t i = 0; i < changes->departure_count; i++) {
		const struct departure *departure = &changes->departures[i];
		struct path_request request = *pattern;
		size_t count = subjects->count;
		if (departure->moved)
			continue;
		request.config = departure->was.config;
		request.site = departure->was.site;
		add_tests(subjects, request);
		for (; count < subjects->count; count++)
			subjects->items[count].departed = true;
	}
	sort(subjects);
}

void subjects_finish(struct subjects *subjects)
{
	free(subjects->items);
	*subjects = (struct subjects){0};
}
