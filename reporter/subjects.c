/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/subjects.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct subject *)a)->key, ((const struct subject *)b)->key);
}

static void add(struct subjects *subjects, size_t *capacity, const struct path_request *request)
{
	subjects->items =
		must_grow(subjects->items, subjects->count, capacity, sizeof(*subjects->items));
	struct subject *subject = &subjects->items[subjects->count++];
	struct series_key key = path_key(request);
	subject->request = *request;
	series_key_format(&key, subject->key);
}

/* What one agent measures by one test. */
static void add_test(struct subjects *subjects, size_t *capacity, struct path_request request)
{
	const struct test_config *test = &request.config->tests[request.test];

	for (size_t i = 0; i < test->site_count; i++) {
		request.site = test->sites[i];
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			request.family = f;
			if (path_configured(request.config, request.site, request.test, f))
				add(subjects, capacity, &request);
		}
	}
}

void subjects_list(const struct path_request *pattern, struct subjects *out)
{
	const struct config *config = pattern->config;
	struct path_request request = *pattern;
	struct subjects subjects = {0};
	size_t capacity = 0;

	for (request.test = 0; request.test < config->test_count; request.test++) {
		const struct test_config *test = &config->tests[request.test];
		for (size_t i = 0; i < test->agent_count; i++) {
			request.agent = test->agents[i];
			add_test(&subjects, &capacity, request);
		}
	}
	if (subjects.count > 0)
		qsort(subjects.items, subjects.count, sizeof(*subjects.items), compare_keys);
	*out = subjects;
}

void subjects_finish(struct subjects *subjects)
{
	free(subjects->items);
	*subjects = (struct subjects){0};
}
