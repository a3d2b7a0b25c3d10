/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/reload.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/budget.h"
#include "collector/timetable.h"

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reload {
	uv_loop_t *loop;
	char *path;
	char *agent;
	char *data;
	char *time_zone;
	const struct hash_key *secret;
	struct store *store;
	struct reload_listener listener;
	uv_work_t work;
	bool working;
	bool again;
	bool closed;
	/* What the work gives. */
	struct config *config;
	struct plan plan;
	struct diagnostics diagnostics;
	char reason[256]; /* "": the configuration is good */
};

static void destroy(struct reload *reload)
{
	free(reload->path);
	free(reload->agent);
	free(reload->data);
	free(reload->time_zone);
	free(reload);
}

enum err reload_create(uv_loop_t *loop, const struct reload_request *request, struct store *store,
		       struct reload **out)
{
	struct reload *reload = calloc(1, sizeof(*reload));

	if (reload == NULL)
		return E_MEMORY;
	reload->loop = loop;
	reload->path = strdup(request->path);
	reload->agent = strdup(request->agent);
	reload->data = strdup(request->data);
	reload->time_zone = strdup(request->time_zone);
	reload->secret = request->secret;
	reload->store = store;
	if (reload->path == NULL || reload->agent == NULL || reload->data == NULL ||
	    reload->time_zone == NULL) {
		destroy(reload);
		return E_MEMORY;
	}
	*out = reload;
	return E_OK;
}

void reload_listen(struct reload *reload, const struct reload_listener *listener)
{
	reload->listener = *listener;
}

enum err reload_plan(const struct reload_request *request, const struct config *config,
		     struct store *store, struct plan *out)
{
	size_t agent = config_find_agent(config, request->agent);
	struct plan plan;

	if (agent == CONFIG_NONE)
		return E_NOT_FOUND;
	enum err rc = plan_create(config, agent, request->secret, &plan);
	if (rc != E_OK)
		return rc;
	for (size_t i = 0; rc == E_OK && i < plan.count; i++)
		rc = store_series(store, &plan.items[i].key, plan.items[i].target.interval,
				  &plan.items[i].stored);
	if (rc != E_OK) {
		plan_finish(&plan);
		return rc;
	}
	*out = plan;
	return E_OK;
}

static void refuse(struct reload *reload, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct reload *reload, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reload->reason, sizeof(reload->reason), format, arguments);
	va_end(arguments);
}

static void read_configuration(struct reload *reload)
{
	struct reload_request request = {reload->path, reload->agent, reload->data, reload->secret,
					 reload->time_zone};

	reload->config = config_load(reload->path, &reload->diagnostics);
	if (reload->config == NULL) {
		refuse(reload, "%s has %zu errors", reload->path, reload->diagnostics.errors);
		return;
	}
	if (strcmp(reload->config->data, reload->data) != 0) {
		refuse(reload, "%s moves the data from %s to %s, which takes a restart",
		       reload->path, reload->data, reload->config->data);
		return;
	}
	if (strcmp(reload->config->time_zone, reload->time_zone) != 0) {
		refuse(reload, "%s changes the time zone from %s to %s, which takes a restart",
		       reload->path, reload->time_zone, reload->config->time_zone);
		return;
	}
	if (!timetable_check(reload->config, clock_realtime(), &reload->diagnostics) ||
	    budget_check(reload->config, clock_realtime(), &reload->diagnostics) != E_OK) {
		refuse(reload, "%s has %zu errors", reload->path, reload->diagnostics.errors);
		return;
	}
	enum err rc = reload_plan(&request, reload->config, reload->store, &reload->plan);
	if (rc == E_NOT_FOUND)
		refuse(reload, "%s names no agent '%s'", reload->path, reload->agent);
	else if (rc != E_OK)
		refuse(reload, "%s cannot be taken over: %s", reload->path, err_text(rc));
}

static void on_work(uv_work_t *work)
{
	read_configuration(work->data);
}

static void finish(struct reload *reload)
{
	plan_finish(&reload->plan);
	diagnostics_finish(&reload->diagnostics);
	reload->diagnostics = (struct diagnostics){0};
	config_destroy(reload->config);
	reload->config = NULL;
	reload->working = false;
}

static void on_worked(uv_work_t *work, int status)
{
	struct reload *reload = work->data;

	(void)status;
	if (!reload->closed) {
		diagnostics_print(&reload->diagnostics, stderr);
		if (reload->reason[0] != '\0') {
			reload->listener.refused(reload->listener.context, reload->reason);
		} else {
			struct config *config = reload->config;
			reload->config = NULL;
			reload->listener.reloaded(reload->listener.context, config, &reload->plan);
		}
	}
	finish(reload);
	if (reload->closed)
		destroy(reload);
	else if (reload->again)
		reload_start(reload);
}

void reload_start(struct reload *reload)
{
	reload->again = reload->working;
	if (reload->working)
		return;
	reload->working = true;
	reload->reason[0] = '\0';
	reload->work.data = reload;
	if (uv_queue_work(reload->loop, &reload->work, on_work, on_worked) != 0) {
		reload->working = false;
		log_error("reload", "%s cannot be read now", reload->path);
	}
}

void reload_close(struct reload *reload)
{
	if (reload == NULL)
		return;
	reload->closed = true;
	if (!reload->working)
		destroy(reload);
}

void reload_hold(int how)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)pthread_sigmask(how, &set, NULL);
}
