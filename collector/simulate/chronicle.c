/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/chronicle.h"
#include "collector/simulate/selector.h"
#include "collector/store/outages.h"

#include <stdio.h>
#include <stdlib.h>

enum { DETAIL = 128 };

static enum err tell_configuration(struct archive *archive, const struct config *config, nsec at)
{
	char *text = config_text(config);
	const struct configuration configuration = {
		.at = at,
		.digest = config->digest,
		.text = text,
		.profile_digest = config->profile->digest,
		.profile = config->profile->text,
	};
	enum err rc = text == NULL ? E_MEMORY : archive_configuration(archive, &configuration);

	free(text);
	return rc;
}

static enum err tell_all_agents(struct archive *archive, const struct config *config, nsec at,
				const char *kind)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < config->agent_count && rc == E_OK; i++)
		rc = archive_event(archive, at, config->agents[i].name, kind, "simulated");
	return rc;
}

/* kind: what its agents note. */
static enum err tell_begin(struct archive *archive, const struct config *config, nsec at,
			   const char *kind)
{
	enum err rc = tell_configuration(archive, config, at);

	return rc == E_OK ? tell_all_agents(archive, config, at, kind) : rc;
}

enum err chronicle_configuration(struct archive *archive, const struct config *config, nsec at)
{
	return tell_begin(archive, config, at, "started");
}

static enum err tell_phases(struct archive *archive, const struct scenario *scenario)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < scenario->phase_count && rc == E_OK; i++) {
		const struct phase *phase = &scenario->phases[i];
		rc = tell_begin(archive, phase->config, phase->from,
				i == 0 ? "started" : "reloaded");
	}
	return rc;
}

static enum err tell_pair(struct archive *archive, const char *agent, const char *const kinds[2],
			  struct period span)
{
	enum err rc = archive_event(archive, span.from, agent, kinds[0], "simulated");

	return rc == E_OK ? archive_event(archive, span.until, agent, kinds[1], "simulated") : rc;
}

/* Its alarm, of which nobody is told. */
static enum err alarm_of(struct archive *archive, const struct cut_off *cut_off)
{
	struct alarm_record alarm = {
		.from = cut_off->period.from,
		.raised_at = cut_off->period.from,
		.cleared_at = cut_off->period.until,
		.raise = 1,
		.clear = 1,
		.told = TOLD_CLEARED,
	};

	alarm_agent_key(cut_off->agent, cut_off->family, alarm.key);
	return outages_put_alarm(archive, &alarm);
}

static enum err tell_cut_off(struct archive *archive, const char *agent,
			     const struct condition *condition, struct period span)
{
	static const char *const kinds[] = {"cut off", "cut off no more"};
	enum err rc = tell_pair(archive, agent, kinds, span);

	for (enum family family = 0; family < FAMILY_COUNT && rc == E_OK; family++) {
		struct cut_off cut_off = {.family = family == FAMILY_IPV4 ? 4 : 6, .period = span};
		if (!selector_names_family(condition->on, family))
			continue;
		snprintf(cut_off.agent, sizeof(cut_off.agent), "%s", agent);
		rc = archive_cut_off(archive, &cut_off);
		if (rc == E_OK)
			rc = alarm_of(archive, &cut_off);
	}
	return rc;
}

static enum err tell_step(struct archive *archive, const char *agent,
			  const struct condition *condition, struct period span)
{
	char detail[DETAIL];

	snprintf(detail, sizeof(detail), "%s, simulated", condition->name);
	return archive_event(archive, span.from, agent, "clock stepped", detail);
}

static enum err tell_span(struct archive *archive, const char *agent,
			  const struct condition *condition, struct period span)
{
	static const char *const kinds[] = {"stopped", "started"};

	switch (condition->fate) {
	case FATE_OFF:
		return tell_pair(archive, agent, kinds, span);
	case FATE_ISOLATED:
		return tell_cut_off(archive, agent, condition, span);
	case FATE_STEPPED:
		return tell_step(archive, agent, condition, span);
	default:
		return E_OK;
	}
}

static enum err tell_condition(struct archive *archive, const struct scenario *scenario,
			       const struct condition *condition)
{
	const struct config *config = scenario->phases[0].config;
	enum err rc = E_OK;

	for (size_t i = 0; i < config->agent_count; i++) {
		if (!selector_names_agent(condition->on, config->agents[i].name))
			continue;
		for (size_t k = 0; k < condition->span_count && rc == E_OK; k++)
			rc = tell_span(archive, config->agents[i].name, condition,
				       condition->spans[k]);
	}
	return rc;
}

static enum err tell_window(struct archive *archive, const struct window_entry *entry)
{
	struct window_cancel cancel = {
		.at = entry->window.cancelled_at, .by = entry->entered_by, .reason = "simulated"};
	enum err rc = windows_add(archive, entry, &cancel.id);

	if (rc == E_OK && cancel.at != NSEC_INFINITE)
		rc = windows_cancel(archive, &cancel);
	return rc;
}

enum err chronicle_write(struct archive *archive, const struct scenario *scenario)
{
	const struct config *last = scenario->phases[scenario->phase_count - 1].config;
	enum err rc = tell_phases(archive, scenario);

	for (size_t i = 0; i < scenario->condition_count && rc == E_OK; i++)
		rc = tell_condition(archive, scenario, &scenario->conditions[i]);
	for (size_t i = 0; i < scenario->window_count && rc == E_OK; i++)
		rc = tell_window(archive, &scenario->windows[i]);
	return rc == E_OK ? tell_all_agents(archive, last, scenario->period.until, "stopped") : rc;
}
