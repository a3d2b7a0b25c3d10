/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/finality.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"

#include <stdlib.h>

enum { AGENTS_NAMED = 5 };

/* How far the series of an agent are. */
struct lag {
	size_t series;
	size_t behind;
	size_t absent; /* of them: never measured */
	nsec oldest;   /* of those behind: the end of the newest slot that is furthest back */
};

static nsec latest(nsec a, nsec b)
{
	return a > b ? a : b;
}

/* Outages at the end of a month are followed for a while; before that they are not settled. */
static nsec settled_at(const struct subjects *subjects, nsec end)
{
	nsec settled = end;

	for (size_t i = 0; i < subjects->count; i++) {
		const struct path_request *request = &subjects->items[i].request;
		settled = latest(settled, path_settled_at(request));
	}
	return settled;
}

static nsec third_day(nsec end)
{
	return calendar_next_midnight(calendar_next_midnight(end));
}

static enum err add_lag(const struct source *source, const struct subject *subject, nsec end,
			struct lag *lags)
{
	struct lag *lag = &lags[subject->request.agent];
	struct series_key key = path_key(&subject->request);
	struct view_series series = {.last_slot = NSEC_UNDEFINED};
	enum err rc = source->find(source->context, &key, &series);

	if (rc != E_OK && rc != E_NOT_FOUND)
		return rc;
	lag->series++;
	if (series.last_slot > end)
		return E_OK;
	lag->absent += series.last_slot == NSEC_UNDEFINED;
	if (series.last_slot != NSEC_UNDEFINED &&
	    (lag->oldest == NSEC_UNDEFINED || series.last_slot < lag->oldest))
		lag->oldest = series.last_slot;
	lag->behind++;
	return E_OK;
}

static char *say_lag(const char *agent, const struct lag *lag)
{
	char at[CALENDAR_TEXT];

	if (lag->oldest == NSEC_UNDEFINED)
		return must_format("agent %s never measured %zu of its %zu series", agent,
				   lag->absent, lag->series);
	calendar_format(lag->oldest, at);
	return must_format("agent %s has %zu of its %zu series only up to %s or later", agent,
			   lag->behind, lag->series, at);
}

static void append(char **text, const char *separator, char *more)
{
	char *longer = must_format("%s%s%s", *text, (*text)[0] == '\0' ? "" : separator, more);

	free(*text);
	free(more);
	*text = longer;
}

/* NULL when every series has passed the end. */
static char *say_lags(const struct config *config, const struct lag *lags)
{
	char *text = must_copy("");
	size_t behind = 0;

	for (size_t i = 0; i < config->agent_count; i++) {
		if (lags[i].behind == 0)
			continue;
		if (++behind <= AGENTS_NAMED)
			append(&text, ", ", say_lag(config->agents[i].name, &lags[i]));
	}
	if (behind > AGENTS_NAMED)
		append(&text, ", ", must_format("and %zu agents more", behind - AGENTS_NAMED));
	if (behind > 0)
		return text;
	free(text);
	return NULL;
}

static enum err find_lags(const struct source *source, const struct subjects *subjects, nsec end,
			  struct lag *lags)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < subjects->count && rc == E_OK; i++)
		if (!subjects->items[i].departed)
			rc = add_lag(source, &subjects->items[i], end, lags);
	return rc;
}

/* What is missing, and when it is final in any case. */
static char *say_missing(const struct subjects *subjects, const struct report_period *period,
			 char *lags)
{
	nsec end = period->asked.until;
	nsec settled = settled_at(subjects, end);
	char at[CALENDAR_TEXT];

	if (lags == NULL && period->now >= settled)
		return NULL;
	if (lags == NULL) {
		calendar_format(settled, at);
		return must_format("outages at its end are followed until %s", at);
	}
	calendar_format(third_day(end), at);
	char *text = must_format("%s; it is final once they have passed its end, and on %s in any"
				 " case",
				 lags, at);
	free(lags);
	return text;
}

/* The configuration of what is still measured; NULL: nothing is. */
static const struct config *measured_by(const struct subjects *subjects)
{
	for (size_t i = 0; i < subjects->count; i++) {
		if (!subjects->items[i].departed)
			return subjects->items[i].request.config;
	}
	return NULL;
}

enum err finality_judge(const struct source *source, const struct subjects *subjects,
			const struct report_period *period, struct finality *out)
{
	nsec end = period->asked.until;
	const struct config *config = measured_by(subjects);

	if (period->now >= third_day(end) || config == NULL) {
		*out = (struct finality){.final = true};
		return E_OK;
	}
	struct lag *lags = must_calloc(config->agent_count, sizeof(*lags));
	for (size_t i = 0; i < config->agent_count; i++)
		lags[i].oldest = NSEC_UNDEFINED;
	enum err rc = find_lags(source, subjects, end, lags);
	if (rc == E_OK) {
		out->missing = say_missing(subjects, period, say_lags(config, lags));
		out->final = out->missing == NULL;
	}
	free(lags);
	return rc;
}

void finality_finish(struct finality *finality)
{
	free(finality->missing);
	*finality = (struct finality){0};
}
