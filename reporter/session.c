/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/session.h"

#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "config/closest.h"
#include "reporter/edition.h"
#include "reporter/text/must.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIGHT_TEXT = 128, EDITION_DIGITS = 9 };

struct arguments given;

int session_refuse(const char *what, const char *value, const char *right)
{
	fprintf(stderr, "netgrade-reporter: %s%s%s%s; %s\n", what, value == NULL ? "" : " '",
		value == NULL ? "" : value, value == NULL ? "" : "'", right);
	return EXIT_USAGE;
}

const char *session_reason(enum err rc)
{
	return rc == E_SYSTEM ? strerror(errno) : err_text(rc);
}

static int refuse_organisation(const struct config *config)
{
	const char **names = must_calloc(config->organisation_count, sizeof(*names));
	char right[RIGHT_TEXT] = "name one of the configuration";

	for (size_t i = 0; i < config->organisation_count; i++)
		names[i] = config->organisations[i].name;
	const char *closest = closest_name(given.organisation, names, config->organisation_count);
	if (closest != NULL)
		snprintf(right, sizeof(right), "did you mean '%s'?", closest);
	free(names);
	return session_refuse("no organisation", given.organisation, right);
}

static struct config *load_config(void)
{
	struct diagnostics diagnostics = {0};
	struct config *config =
		config_load(given.config == NULL ? DEFAULT_CONFIG : given.config, &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	return config;
}

/* In the zone of the configuration. */
static int settle_period(const struct session *session, struct report_period *period)
{
	struct period_request asked = {given.month, given.from, given.until};
	const char *wrong = "";

	if (calendar_use_zone(session->config->time_zone) != E_OK)
		return session_refuse("unknown time zone", session->config->time_zone,
				      "install tzdata");
	if (period_ask(&asked, clock_realtime(), period, &wrong) != E_OK) {
		fprintf(stderr, "netgrade-reporter: %s\n", wrong);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int session_settle(struct session *session, struct report_period *period)
{
	session->config = load_config();
	if (session->config == NULL)
		return EXIT_USAGE;
	session->data = must_copy(given.data == NULL ? session->config->data : given.data);
	return settle_period(session, period);
}

/* What cannot be read, why, and what to do about it. */
static int say_unreadable(const char *data, enum err rc)
{
	static const struct {
		enum err rc;
		const char *what;
		const char *to_do;
	} rows[] = {
		{E_NOT_FOUND, "no measurements are stored there",
		 "let the collector run first, or name its data directory with --data"},
		{E_PERMISSION, "permission denied",
		 "run this as the user that the collector runs as (netgrade), or as root"},
		{E_CORRUPT, "spool.db there is damaged",
		 "restart the collector, which sets it aside"},
		{E_MISMATCH, "spool.db there has another version's layout",
		 "use the reporter that came with the collector"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].rc != rc)
			continue;
		fprintf(stderr, "netgrade-reporter: %s: %s; %s\n", data, rows[i].what,
			rows[i].to_do);
		return EXIT_FAILED;
	}
	fprintf(stderr, "netgrade-reporter: %s: cannot be read: %s\n", data, session_reason(rc));
	return EXIT_FAILED;
}

/* --- the past --- */

/* What was asked for in the period, as far as the source knows. */
static int read_past(struct session *session, const struct source *source,
		     const struct report_period *period)
{
	enum err rc = past_read(source, period->passed, session->config, &session->past);

	if (rc == E_OK) {
		session->source = session->past.source;
		return EXIT_OK;
	}
	fprintf(stderr, "netgrade-reporter: %s: earlier configurations cannot be read: %s\n",
		session->data, session_reason(rc));
	return EXIT_FAILED;
}

/* A period is reported by what was in force at its end; FILE may have changed since. */
static int take_config_in_force(struct session *session, const struct source *source,
				struct report_period *period)
{
	struct config *config = NULL;
	enum err rc = configurations_last(source, period->passed, session->config, &config);

	if (rc != E_OK)
		log_warn("reporter", "%s: earlier configurations cannot be read: %s", session->data,
			 err_text(rc));
	if (rc != E_OK || config == NULL)
		return EXIT_OK;
	fprintf(stderr,
		"netgrade-reporter: note: %s is not what was in force at the end of the period, "
		"which is used; --as-given takes the file\n",
		session->config->path);
	config_destroy(session->config);
	session->config = config;
	return settle_period(session, period);
}

int session_open_store(struct session *session, struct report_period *period)
{
	enum err rc = query_open(session->data, &session->query);

	if (rc != E_OK)
		return say_unreadable(session->data, rc);
	session->source = query_source(session->query);
	if (given.as_given)
		return EXIT_OK;
	const struct source store = session->source;
	int code = take_config_in_force(session, &store, period);
	return code == EXIT_OK ? read_past(session, &store, period) : code;
}

/* --- closed months --- */

/* The edition asked for, or the newest; 0 where the period is not closed. */
static int choose_edition(const char *data, const struct report_period *period, uint32_t *out)
{
	bool closable = period->month && !period->in_progress;
	enum err rc = closable ? edition_newest(data, period->name, out) : E_NOT_FOUND;

	if (rc != E_OK && rc != E_NOT_FOUND) {
		fprintf(stderr, "netgrade-reporter: %s/reports: cannot be read: %s\n", data,
			session_reason(rc));
		return EXIT_FAILED;
	}
	if (rc == E_NOT_FOUND)
		*out = 0;
	if (given.edition == NULL)
		return EXIT_OK;
	if (rc == E_NOT_FOUND)
		return session_refuse("no edition", given.edition, "only closed months have any");
	size_t digits = strspn(given.edition, "0123456789");
	if (given.edition[digits] != '\0' || digits == 0 || digits > EDITION_DIGITS ||
	    strtoul(given.edition, NULL, 10) == 0)
		return session_refuse("no edition", given.edition, "name it by its number");
	*out = (uint32_t)strtoul(given.edition, NULL, 10);
	return EXIT_OK;
}

static int say_damaged(const char *path, const char *why)
{
	fprintf(stderr,
		"netgrade-reporter: %s: %s; restore it from a copy, or name another edition with "
		"--edition\n",
		path, why);
	return EXIT_FAILED;
}

/* Takes the place of what the command line's configuration says. */
static int take_closed_config(struct session *session, const char *path)
{
	char why[CLOSED_WHY] = "";

	config_destroy(session->config);
	session->config = closed_config(session->closed, why);
	if (session->config == NULL)
		return say_damaged(path, why);
	if (calendar_use_zone(session->config->time_zone) != E_OK)
		return session_refuse("unknown time zone", session->config->time_zone,
				      "install tzdata");
	return EXIT_OK;
}

static int open_closed(struct session *session, const char *data, uint32_t number,
		       struct report_period *period)
{
	char path[PATH_MAX];
	char why[CLOSED_WHY] = "its path is too long";
	enum err rc = edition_path(data, period->name, number, path);

	if (rc == E_OK)
		rc = closed_open(path, &session->closed, why);
	if (rc == E_OK)
		rc = closed_revisions_read(session->closed, &session->revisions);
	if (rc != E_OK)
		return say_damaged(path, why);
	const struct closed_head *head = closed_head(session->closed);
	const struct closed_seal *seal = closed_seal(session->closed);
	if (head->edition != number || strcmp(head->month, period->name) != 0)
		return say_damaged(path, "it is the file of another month or edition");
	session->edition = (struct edition){
		.number = head->edition,
		.provisional = head->provisional,
		.closed_at = seal->closed_at,
		.digest = seal->digest,
		.reason = head->reason,
		.previous = head->previous,
		.revisions = session->revisions.rows,
		.revision_count = session->revisions.count,
	};
	period->asked = period->passed = head->period;
	const struct source source = closed_source(session->closed);
	int code = take_closed_config(session, path);
	return code == EXIT_OK ? read_past(session, &source, period) : code;
}

/* The facts of a closed month where there are any, else the store. */
static int open_source(struct session *session, struct report_period *period)
{
	uint32_t edition = 0;
	int rc = choose_edition(session->data, period, &edition);

	if (rc != EXIT_OK)
		return rc;
	if (edition != 0 && given.as_given)
		return session_refuse("--as-given, but the month is closed", NULL,
				      "it is reported by the configuration that it was closed by");
	return edition == 0 ? session_open_store(session, period)
			    : open_closed(session, session->data, edition, period);
}

static int choose_organisation(const struct session *session, size_t *out)
{
	*out = CONFIG_NONE;
	if (given.organisation == NULL)
		return EXIT_OK;
	*out = config_find_organisation(session->config, given.organisation);
	return *out == CONFIG_NONE ? refuse_organisation(session->config) : EXIT_OK;
}

static void warn_of_loss(const struct assessment *a)
{
	size_t paths = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++)
			paths += path_lacks_rows(&a->sites[i].path[f]);
	}
	if (paths > 0)
		fprintf(stderr,
			"netgrade-reporter: warning: %zu paths were measured in this period, and "
			"some of their rows have expired or are lost: that time counts as unknown; "
			"close months while their rows last\n",
			paths);
}

static int assess(struct session *session, const struct assessment_request *request)
{
	enum err rc = assessment_make(request, &session->source, &session->assessment);

	if (rc != E_OK) {
		fprintf(stderr, "netgrade-reporter: the report is refused: %s\n",
			session_reason(rc));
		return EXIT_FAILED;
	}
	warn_of_loss(&session->assessment);
	if (!assessment_measured(&session->assessment)) {
		fprintf(stderr,
			"netgrade-reporter: nothing was measured in this period (data in %s)\n",
			session->data);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int session_start(struct session *session)
{
	struct assessment_request request = {
		.mode = given.trial ? SCORE_TRIAL : SCORE_REGULAR,
	};

	if (given.language != NULL && language_parse(given.language, &session->language) != E_OK)
		return session_refuse("no language", given.language, "zh-CN or en");
	int rc = session_settle(session, &request.period);
	if (rc == EXIT_OK)
		rc = open_source(session, &request.period);
	if (rc == EXIT_OK)
		rc = choose_organisation(session, &request.organisation);
	if (rc != EXIT_OK)
		return rc;
	request.config = session->config;
	request.edition = session->closed == NULL ? NULL : &session->edition;
	request.configurations = &session->past.configurations;
	return assess(session, &request);
}

void session_close_source(struct session *session)
{
	session->assessment.edition = NULL;
	query_close(session->query);
	session->query = NULL;
	closed_revisions_finish(&session->revisions);
	closed_close(session->closed);
	session->closed = NULL;
}

void session_finish(struct session *session)
{
	session_close_source(session);
	assessment_finish(&session->assessment);
	past_finish(&session->past);
	config_destroy(session->config);
	free(session->data);
}
