/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closing.h"

#include "collector/store/home.h"
#include "reporter/closed.h"
#include "reporter/closing_place.h"
#include "reporter/closing_rows.h"
#include "reporter/edition.h"
#include "reporter/finality.h"
#include "reporter/revision.h"
#include "reporter/text/must.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a closing works with on its way. */
struct work {
	const struct closing_request *request;
	struct source source;
	struct window_list windows;
	bool windows_known;
	struct subjects subjects;
	uint32_t previous; /* edition; 0: none */
	struct closed *before;
	struct figures figures_before;
	struct figures figures_after;
	struct closing closing;
	char **why;
};

static enum err refuse(struct work *work, enum err rc, char *why)
{
	free(*work->why);
	*work->why = why;
	return rc;
}

static const char *month_of(const struct work *work)
{
	return work->request->period.name;
}

/* The edition before; one that is damaged can be replaced, but not compared with. */
static enum err open_previous(struct work *work)
{
	const struct closing_request *request = work->request;
	char path[PATH_MAX];
	char why[CLOSED_WHY] = "";
	enum err rc = edition_path(request->data, month_of(work), work->previous, path);

	if (rc == E_OK)
		rc = closed_open(path, &work->before, why);
	if (rc == E_OK || request->reason != NULL)
		return E_OK;
	return refuse(work, rc,
		      must_format("%s: %s; restore it from a copy, or write another edition with "
				  "--revise --reason TEXT",
				  path, why));
}

static enum err find_previous(struct work *work)
{
	const struct closing_request *request = work->request;
	enum err rc = edition_newest(request->data, month_of(work), &work->previous);

	if (rc == E_NOT_FOUND && request->reason == NULL)
		return E_OK;
	if (rc == E_NOT_FOUND)
		return refuse(
			work, rc,
			must_format("%s is not closed: close it without --revise", month_of(work)));
	if (rc == E_OK)
		rc = open_previous(work);
	if (rc == E_OK && request->reason == NULL && !closed_head(work->before)->provisional)
		return refuse(work, E_EXISTS,
			      must_format("%s is closed already (edition %u); what came later "
					  "makes another edition with --revise --reason TEXT",
					  month_of(work), (unsigned)work->previous));
	return rc;
}

static enum err check_finality(struct work *work)
{
	const struct closing_request *request = work->request;
	struct finality finality = {0};
	enum err rc = finality_judge(&work->source, &work->subjects, &request->period, &finality);

	if (rc == E_OK && !finality.final && request->when == CLOSING_FINAL)
		rc = refuse(work, E_BUSY,
			    must_format("%s is not final: %s; wait, or close it provisionally "
					"with --now",
					month_of(work), finality.missing));
	work->closing.provisional = !finality.final;
	finality_finish(&finality);
	return rc;
}

static enum err assess(const struct config *config, const struct report_period *period,
		       const struct source *source, struct figures *out)
{
	struct assessment_request request = {
		.config = config,
		.period = *period,
		.mode = SCORE_REGULAR,
		.organisation = CONFIG_NONE,
	};
	struct assessment assessment;
	enum err rc = assessment_make(&request, source, &assessment);

	if (rc != E_OK)
		return rc;
	figures_of(&assessment, out);
	assessment_finish(&assessment);
	return E_OK;
}

/* The figures of both editions, each by its own configuration. */
static enum err find_figures(struct work *work)
{
	const struct closing_request *request = work->request;
	char why[CLOSED_WHY] = "";

	if (work->before == NULL)
		return E_OK;
	struct config *config = closed_config(work->before, why);
	if (config == NULL)
		return refuse(work, E_CORRUPT,
			      must_format("edition %u: %s", (unsigned)work->previous, why));
	struct report_period period = request->period;
	struct source source = closed_source(work->before);
	period.asked = period.passed = closed_head(work->before)->period;
	enum err rc = assess(config, &period, &source, &work->figures_before);
	config_destroy(config);
	if (rc == E_OK)
		rc = assess(request->config, &request->period, &work->source, &work->figures_after);
	return rc;
}

static enum err put_rows(struct work *work, struct closing_rows *rows)
{
	enum err rc = closing_rows_head(rows);

	if (rc == E_OK)
		rc = closing_rows_configurations(rows);
	if (rc == E_OK)
		rc = closing_rows_series(rows, &work->subjects);
	if (rc == E_OK)
		rc = closing_rows_cut_offs(rows);
	if (rc == E_OK && rows->windows_known)
		rc = closing_rows_windows(rows, &work->windows);
	if (rc == E_OK)
		rc = closing_rows_revisions(rows, &work->figures_before, &work->figures_after);
	return rc;
}

static enum err write_rows(struct work *work, const char *path)
{
	const struct closing_request *request = work->request;
	struct closing_rows rows = {
		.request = request,
		.source = work->source,
		.edition = work->previous + 1,
		.provisional = work->closing.provisional,
		.windows_known = work->windows_known,
		.previous = work->before == NULL ? "" : closed_seal(work->before)->digest,
	};
	struct closed_seal seal = {.closed_at = request->period.now};
	enum err rc = closed_file_create(path, &rows.sql);

	if (rc != E_OK)
		return rc;
	rc = put_rows(work, &rows);
	if (rc == E_OK && rows.gone.series > 0 && request->loss == ROWS_REFUSED)
		rc = refuse(work, E_NOT_FOUND, closing_rows_say_gone(&rows));
	if (rc == E_OK && rows.unreadable > 0)
		rc = refuse(work, E_CORRUPT,
			    must_format("%zu series of %s cannot be read; see the lines above",
					rows.unreadable, month_of(work)));
	if (rc == E_OK && rows.measured == 0)
		rc = refuse(work, E_NOT_FOUND,
			    must_format("nothing was measured in %s", month_of(work)));
	if (rc == E_OK)
		rc = closed_file_seal(&rows.sql, &seal);
	sql_close(&rows.sql);
	work->closing.series = rows.series;
	work->closing.incomplete = rows.gone.series;
	work->closing.compared = work->before != NULL;
	work->closing.revised = rows.revised;
	memcpy(work->closing.digest, seal.digest, sizeof(seal.digest));
	return rc;
}

/* Holding the place, so that two closings cannot make the same edition. */
static enum err write_edition(struct work *work)
{
	const struct closing_request *request = work->request;
	struct closing_place place;
	enum err rc = closing_place_take(request->data, month_of(work), &place);

	if (rc == E_BUSY)
		return refuse(work, rc,
			      must_format("%s is being closed by another process", month_of(work)));
	if (rc != E_OK)
		return rc;
	rc = find_previous(work);
	if (rc == E_OK)
		rc = check_finality(work);
	if (rc == E_OK)
		rc = find_figures(work);
	work->closing.edition = work->previous + 1;
	if (rc == E_OK)
		rc = edition_path(request->data, month_of(work), work->closing.edition,
				  work->closing.path);
	if (rc == E_OK)
		rc = closing_place_begin(&place);
	if (rc == E_OK)
		rc = write_rows(work, place.draft);
	if (rc == E_OK)
		rc = closing_place_keep(&place, work->closing.path, &work->closing.octets);
	closing_place_leave(&place);
	return rc;
}

static void add_departed(struct work *work, const struct path_request *pattern)
{
	struct changes_scope scope = {work->request->period.asked, NULL};
	struct changes changes;

	if (work->request->past == NULL)
		return;
	changes_find(&work->request->past->configurations, &scope, &changes);
	subjects_add_departed(&work->subjects, pattern, &changes);
	changes_finish(&changes);
}

/* What an archive holds would be missing for good. */
static enum err check_archive(struct work *work)
{
	enum err rc = query_check_archive(work->request->query);

	if (rc == E_OK)
		return E_OK;
	return refuse(work, rc,
		      must_format("%s cannot be closed: %s/archive.db cannot be read: %s; without "
				  "it the announced maintenance and the configurations in force "
				  "would be missing for good: try again, or restore it from a copy",
				  month_of(work), work->request->data, err_text(rc)));
}

static enum err find_subjects(struct work *work)
{
	const struct closing_request *request = work->request;
	struct path_request pattern = {
		.config = request->config,
		.period = request->period.asked,
		.now = request->period.now,
	};
	enum err rc = work->source.windows(work->source.context, &work->windows);

	if (rc != E_OK && rc != E_NOT_FOUND)
		return refuse(
			work, rc,
			must_format("announced maintenance cannot be read: %s", err_text(rc)));
	work->windows_known = rc == E_OK;
	if (work->windows_known)
		pattern.windows = &work->windows;
	subjects_list(&pattern, &work->subjects);
	add_departed(work, &pattern);
	return E_OK;
}

static void work_finish(struct work *work)
{
	windows_finish(&work->windows);
	subjects_finish(&work->subjects);
	closed_close(work->before);
	figures_finish(&work->figures_before);
	figures_finish(&work->figures_after);
}

static char *say_failed(const struct closing_request *request, enum err rc)
{
	const char *to_do = rc == E_FULL ? "; make room there and close it again"
			    : rc == E_PERMISSION
				    ? "; close it as the user that the collector runs as "
				      "(netgrade), or as root, where writing is allowed"
				    : "";

	return must_format("%s cannot be closed in %s/reports: %s%s", request->period.name,
			   request->data, rc == E_SYSTEM ? strerror(errno) : err_text(rc), to_do);
}

enum err closing_make(const struct closing_request *request, struct closing *out, char **why)
{
	struct work work = {
		.request = request,
		.source = request->past == NULL ? query_source(request->query)
						: request->past->source,
		.why = why,
	};

	*why = NULL;
	enum err rc = check_archive(&work);
	if (rc == E_OK)
		rc = find_subjects(&work);
	if (rc == E_OK)
		rc = write_edition(&work);
	work_finish(&work);
	if (rc == E_OK) {
		*out = work.closing;
		return E_OK;
	}
	if (*why == NULL)
		*why = say_failed(request, rc);
	return rc;
}
