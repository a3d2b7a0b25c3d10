/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/forecast.h"
#include "collector/base/calendar.h"
#include "collector/base/log.h"
#include "collector/budget.h"

#include <stdlib.h>

/* So many hours are shown one by one. */
enum { HOURS_SHOWN = 48 };

static struct period within(struct period a, struct period b)
{
	return (struct period){
		a.from > b.from ? a.from : b.from,
		a.until < b.until ? a.until : b.until,
	};
}

bool forecast_shows(const struct forecast *forecast, const struct window_entry *window)
{
	struct period part = within(window_standing(&window->window), forecast->timeline->period);

	return part.from < part.until;
}

const char *forecast_name(const struct forecast *forecast, enum budget_scope scope, size_t index)
{
	if (index == CONFIG_NONE)
		return "(no site's)";
	if (scope == BUDGET_AGENT)
		return forecast->config->agents[index].name;
	return scope == BUDGET_TARGET ? forecast->flows.hosts[index].name
				      : forecast->config->organisations[index].name;
}

/* The next full hour of the local clock. */
static nsec next_hour(nsec at)
{
	struct tm local = calendar_local(at);

	return at + NSEC_PER_HOUR - (local.tm_min * 60 + local.tm_sec) * NSEC_PER_SEC;
}

static enum err find_stretches(struct forecast *f, const struct traffic *all)
{
	struct period period = f->timeline->period;
	size_t room = (size_t)((period.until - period.from) / NSEC_PER_HOUR) + 2;

	f->daily = period.until - period.from > HOURS_SHOWN * NSEC_PER_HOUR;
	f->stretches = calloc(room, sizeof(*f->stretches));
	if (f->stretches == NULL)
		return E_MEMORY;
	for (nsec at = period.from; at < period.until && f->stretch_count < room;) {
		nsec next = f->daily ? calendar_next_midnight(at) : next_hour(at);
		struct stretch *stretch = &f->stretches[f->stretch_count++];
		stretch->period = within((struct period){at, next}, period);
		stretch->sent = traffic_amount(all, f->timeline, stretch->period);
		at = stretch->period.until;
	}
	return E_OK;
}

static enum err add_up(struct forecast *f)
{
	const struct flow **all = calloc(f->flows.count + 1, sizeof(*all));
	struct traffic *traffic;

	if (all == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < f->flows.count; i++)
		all[i] = &f->flows.items[i];
	enum err rc = traffic_create(all, f->flows.count, &traffic);
	free(all);
	if (rc != E_OK)
		return rc;
	rc = traffic_demand(traffic, f->timeline, &f->total);
	if (rc == E_OK)
		rc = find_stretches(f, traffic);
	traffic_destroy(traffic);
	for (enum budget_scope s = 0; rc == E_OK && s < BUDGET_SCOPES; s++)
		rc = demands_create(&f->flows, f->timeline, s, &f->demands[s]);
	return rc;
}

static enum err reckon_needs(struct forecast *f)
{
	f->needs = calloc(f->config->agent_count, sizeof(*f->needs));
	if (f->needs == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < f->config->agent_count; i++)
		f->needs[i] = needs_of(f->config, &f->flows, i);
	return E_OK;
}

/* A configuration that was never run has no archive, and others may read theirs alone. */
static void read_windows(struct forecast *f)
{
	struct archive *archive;

	enum err rc = archive_open_reading(f->config->data, &archive);
	if (rc == E_OK) {
		rc = windows_read(archive, &f->windows);
		archive_close(archive);
	}
	if (rc != E_OK && rc != E_NOT_FOUND)
		log_warn("plan", "%s/archive.db: %s: announced maintenance is not shown",
			 f->config->data, err_text(rc));
}

static enum err fill(struct forecast *f, struct period period)
{
	const struct hash_key any = {{0, 0}};

	enum err rc = flows_create(f->config, f->agent, &any, &f->flows);
	if (rc == E_OK)
		rc = timeline_create(f->config, period, &f->timeline);
	if (rc == E_OK)
		rc = add_up(f);
	if (rc == E_OK)
		rc = reckon_needs(f);
	if (rc != E_OK)
		return rc;
	read_windows(f);
	rc = budget_check(f->config, period.from, &f->excesses);
	return rc == E_RANGE ? E_OK : rc;
}

enum err forecast_create(const struct config *config, struct period period, size_t agent,
			 struct forecast **out)
{
	struct forecast *forecast = calloc(1, sizeof(*forecast));

	if (forecast == NULL)
		return E_MEMORY;
	forecast->config = config;
	forecast->agent = agent;
	enum err rc = fill(forecast, period);
	if (rc != E_OK) {
		forecast_destroy(forecast);
		return rc;
	}
	*out = forecast;
	return E_OK;
}

void forecast_destroy(struct forecast *forecast)
{
	if (forecast == NULL)
		return;
	flows_finish(&forecast->flows);
	timeline_destroy(forecast->timeline);
	for (enum budget_scope s = 0; s < BUDGET_SCOPES; s++)
		demands_finish(&forecast->demands[s]);
	free(forecast->needs);
	free(forecast->stretches);
	windows_finish(&forecast->windows);
	diagnostics_finish(&forecast->excesses);
	free(forecast);
}
