/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/services.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	const struct assessment *assessment;
	const struct source *source;
	struct services *services;
};

const struct test_config *service_test(const struct assessment *assessment,
				       const struct service *service)
{
	return &assessment->config->tests[service->test];
}

/* Echoes beside the scored ones are evidence of the network, not of a service. */
static bool is_service(const struct assessment *assessment, const struct service *service)
{
	const struct site *site = assessment_site(assessment, service->assessed);

	return strcmp(service_test(assessment, service)->method, "icmp") != 0 &&
	       (site->scored_test != service->test || site->scored_agent != service->agent);
}

static enum err read_family(const struct reading *reading, struct service service)
{
	const struct assessment *assessment = reading->assessment;
	struct services *services = reading->services;
	struct path_request request = {
		.config = assessment->config,
		.site = assessment->sites[service.assessed].site,
		.test = service.test,
		.agent = service.agent,
		.family = service.family,
		.period = assessment->period.passed,
		.now = assessment->period.now,
		.windows = assessment->windows_known ? &assessment->windows : NULL,
	};

	if (!path_configured(request.config, request.site, request.test, request.family))
		return E_OK;
	enum err rc = path_read(reading->source, &request, &service.path, NULL);
	if (rc != E_OK)
		return rc;
	services->items = must_grow(services->items, services->count, &services->capacity,
				    sizeof(*services->items));
	services->items[services->count++] = service;
	return E_OK;
}

static enum err read_service(const struct reading *reading, struct service service)
{
	enum err rc = E_OK;

	if (!is_service(reading->assessment, &service))
		return E_OK;
	for (enum family f = 0; f < FAMILY_COUNT && rc == E_OK; f++) {
		service.family = f;
		rc = read_family(reading, service);
	}
	return rc;
}

static bool is_target(const struct test_config *test, size_t site)
{
	for (size_t i = 0; i < test->site_count; i++) {
		if (test->sites[i] == site)
			return true;
	}
	return false;
}

static enum err read_site(const struct reading *reading, size_t assessed)
{
	const struct config *config = reading->assessment->config;
	struct service service = {.assessed = assessed};
	enum err rc = E_OK;

	for (size_t t = 0; t < config->test_count; t++) {
		const struct test_config *test = &config->tests[t];
		if (!is_target(test, reading->assessment->sites[assessed].site))
			continue;
		service.test = t;
		for (size_t i = 0; i < test->agent_count && rc == E_OK; i++) {
			service.agent = test->agents[i];
			rc = read_service(reading, service);
		}
	}
	return rc;
}

enum err services_read(const struct assessment *assessment, const struct source *source,
		       struct services *out)
{
	struct services services = {0};
	struct reading reading = {assessment, source, &services};
	enum err rc = E_OK;

	for (size_t i = 0; i < assessment->site_count && rc == E_OK; i++)
		rc = read_site(&reading, i);
	if (rc != E_OK)
		services_finish(&services);
	*out = services;
	return rc;
}

void services_finish(struct services *services)
{
	for (size_t i = 0; i < services->count; i++)
		path_finish(&services->items[i].path);
	free(services->items);
	*services = (struct services){0};
}
