/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/closing_rows.h"

#include "collector/base/calendar.h"
#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "reporter/text/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first line of the list of rules says which release they are. */
static char *zone_data_version(void)
{
	static const char mark[] = "# version ";
	FILE *file = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
	char line[64] = "";

	if (file == NULL)
		return must_copy("");
	bool found =
		fgets(line, sizeof(line), file) != NULL && strncmp(line, mark, strlen(mark)) == 0;
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return must_copy(found ? line + strlen(mark) : "");
}

/* What is kept must be understood by who reads it. */
static enum err check_config(const struct config *config, const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *again =
		config_load_kept(text, config->profile->text, config->path, &diagnostics);
	char *printed = again == NULL ? NULL : config_text(again);
	bool same = printed != NULL && strcmp(printed, text) == 0;

	if (!same)
		log_error("reporter", "%s: as kept it would not be understood: %s", config->path,
			  diagnostics.count == 0 ? "it reads differently"
						 : diagnostics.items[0].message);
	diagnostics_finish(&diagnostics);
	free(printed);
	config_destroy(again);
	return same ? E_OK : E_UNSUPPORTED;
}

static enum err put_head(struct closing_rows *rows, const char *configuration)
{
	const struct closing_request *request = rows->request;
	const struct config *config = request->config;
	char *zone_data = zone_data_version();
	struct closed_head head = {
		.month = request->period.name,
		.period = request->period.asked,
		.zone = config->time_zone,
		.zone_data = zone_data,
		.program = "netgrade " NETGRADE_VERSION,
		.edition = rows->edition,
		.provisional = rows->provisional,
		.windows_known = rows->windows_known,
		.reason = request->reason == NULL ? "" : request->reason,
		.previous = rows->previous,
		.configuration_digest = config->digest,
		.configuration = configuration,
		.profile_name = config->profile->name,
		.profile_version = config->profile->version,
		.profile_digest = config->profile->digest,
		.profile = config->profile->text,
	};
	enum err rc = closed_file_put(&rows->sql, CLOSED_HEAD, &head);

	free(zone_data);
	return rc;
}

enum err closing_rows_head(struct closing_rows *rows)
{
	char *configuration = config_text(rows->request->config);
	enum err rc = configuration == NULL ? E_MEMORY
					    : check_config(rows->request->config, configuration);

	if (rc == E_OK)
		rc = put_head(rows, configuration);
	free(configuration);
	return rc;
}

static const char *text_or_none(const char *text)
{
	return text == NULL ? "" : text;
}

static enum err put_configuration(void *context, const struct configuration *configuration)
{
	struct closing_rows *rows = context;
	struct closed_configuration row = {
		.number = (uint32_t)++rows->configurations,
		.at = configuration->at,
		.digest = configuration->digest,
		.text = configuration->text,
		.profile_digest = text_or_none(configuration->profile_digest),
		.profile = text_or_none(configuration->profile),
	};

	return closed_file_put(&rows->sql, CLOSED_CONFIGURATIONS, &row);
}

enum err closing_rows_configurations(struct closing_rows *rows)
{
	return query_each_configuration(rows->request->query, rows->request->period.asked,
					put_configuration, rows);
}

/* --- series --- */

static enum err put_timeline(struct closing_rows *rows, uint32_t id,
			     const struct timeline *timeline)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < timeline->hour_count && rc == E_OK; i++) {
		struct closed_hour row = {id, timeline->hours[i]};
		rc = closed_file_put(&rows->sql, CLOSED_HOURS, &row);
	}
	for (size_t i = 0; i < timeline->stretch_count && rc == E_OK; i++) {
		struct closed_stretch row = {id, timeline->stretches[i]};
		rc = closed_file_put(&rows->sql, CLOSED_STRETCHES, &row);
	}
	return rc;
}

static enum err put_outages(struct closing_rows *rows, uint32_t id, const struct facts *facts)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < facts->outage_count && rc == E_OK; i++) {
		struct closed_outage row = {id, (uint32_t)i + 1, facts->outages[i]};
		rc = closed_file_put(&rows->sql, CLOSED_OUTAGES, &row);
	}
	return rc;
}

static enum err put_shifts(struct closing_rows *rows, uint32_t id, const struct facts *facts)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < facts->shift_count && rc == E_OK; i++) {
		struct closed_shift row = {id, (uint32_t)i + 1, facts->shifts[i]};
		rc = closed_file_put(&rows->sql, CLOSED_SHIFTS, &row);
	}
	return rc;
}

static enum err put_weeks(struct closing_rows *rows, uint32_t id, const struct facts *facts)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < facts->week_count && rc == E_OK; i++) {
		struct closed_week row = {id, (uint32_t)i + 1, facts->weeks[i]};
		rc = closed_file_put(&rows->sql, CLOSED_WEEKS, &row);
	}
	return rc;
}

/* Outages may reach beyond the period; so may what was kept of them. */
static struct period evidence_period(const struct facts *facts)
{
	struct period period = facts->period;

	for (size_t i = 0; i < facts->outage_count; i++) {
		const struct outage *outage = &facts->outages[i];
		if (outage->from < period.from)
			period.from = outage->from;
		if (!outage->open && outage->until > period.until)
			period.until = outage->until;
	}
	return period;
}

static enum err put_evidence(struct closing_rows *rows, uint32_t id, const struct path *path)
{
	const struct source *source = &rows->source;
	struct evidence *found = NULL;
	size_t count = 0;
	enum err rc = source->evidence(source->context, &path->key, evidence_period(&path->facts),
				       &found, &count);

	for (size_t i = 0; i < count && rc == E_OK; i++) {
		struct closed_evidence row = {id, (uint32_t)i + 1, found[i]};
		rc = closed_file_put(&rows->sql, CLOSED_EVIDENCE, &row);
	}
	free(found);
	return rc;
}

static enum err put_path_events(struct closing_rows *rows, uint32_t id, const struct path *path)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < path->event_count && rc == E_OK; i++) {
		struct closed_path_event row = {id, (uint32_t)i + 1, path->events[i]};
		rc = closed_file_put(&rows->sql, CLOSED_PATH_EVENTS, &row);
	}
	return rc;
}

static enum err put_certificates(struct closing_rows *rows, uint32_t id, const struct path *path)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < path->certificate_count && rc == E_OK; i++) {
		struct closed_certificate row = {id, (uint32_t)i + 1, path->certificates[i]};
		rc = closed_file_put(&rows->sql, CLOSED_CERTIFICATES, &row);
	}
	return rc;
}

static enum err put_ends(struct closing_rows *rows, uint32_t id, const struct path *path)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < path->end_count && rc == E_OK; i++) {
		struct closed_end row = {id, (uint32_t)i + 1, path->ends[i]};
		rc = closed_file_put(&rows->sql, CLOSED_ENDS, &row);
	}
	return rc;
}

static enum err put_path(struct closing_rows *rows, const struct path *path,
			 const struct timeline *timeline)
{
	struct closed_series row = {
		.id = (uint32_t)rows->series + 1,
		.series = path->series,
		.gone = path->gone,
		.facts = path->facts,
	};

	row.series.key = path->key;
	enum err rc = closed_file_put(&rows->sql, CLOSED_SERIES, &row);
	if (rc == E_OK)
		rc = put_timeline(rows, row.id, timeline);
	if (rc == E_OK)
		rc = put_outages(rows, row.id, &path->facts);
	if (rc == E_OK)
		rc = put_shifts(rows, row.id, &path->facts);
	if (rc == E_OK)
		rc = put_weeks(rows, row.id, &path->facts);
	if (rc == E_OK)
		rc = put_evidence(rows, row.id, path);
	if (rc == E_OK)
		rc = put_path_events(rows, row.id, path);
	if (rc == E_OK)
		rc = put_certificates(rows, row.id, path);
	if (rc == E_OK)
		rc = put_ends(rows, row.id, path);
	rows->series++;
	rows->measured += path->facts.time[VERDICT_UNSCHEDULED] <
			  path->facts.period.until - path->facts.period.from;
	return rc;
}

static void add_gone(struct closing_rows *rows, struct period gone)
{
	struct period *span = &rows->gone.span;

	if (gone.from >= gone.until)
		return;
	if (span->from >= span->until)
		*span = gone;
	if (gone.from < span->from)
		span->from = gone.from;
	if (gone.until > span->until)
		span->until = gone.until;
}

static void note_gone(struct closing_rows *rows, const struct path *path)
{
	add_gone(rows, path->gone.slots);
	add_gone(rows, path->gone.hours);
	rows->gone.series += path_lacks_rows(path);
}

static enum err put_subject(struct closing_rows *rows, const struct path_request *request)
{
	struct timeline timeline = {0};
	struct path path = {0};
	enum err rc = path_read(&rows->source, request, &path, &timeline);

	if (rc != E_OK)
		return rc;
	rows->unreadable += path.state == PATH_UNREADABLE;
	note_gone(rows, &path);
	if (path.state >= PATH_NOT_COMMISSIONED)
		rc = put_path(rows, &path, &timeline);
	timeline_finish(&timeline);
	path_finish(&path);
	return rc;
}

enum err closing_rows_series(struct closing_rows *rows, const struct subjects *subjects)
{
	struct progress progress = progress_start("closing", subjects->count);
	enum err rc = E_OK;

	for (size_t i = 0; i < subjects->count && rc == E_OK; i++) {
		const struct path_request *request = &subjects->items[i].request;
		progress_show(&progress, i, request->config->sites[request->site].name);
		rc = put_subject(rows, request);
	}
	progress_finish(&progress);
	return rc;
}

enum err closing_rows_cut_offs(struct closing_rows *rows)
{
	const struct source *source = &rows->source;
	struct cut_off *found = NULL;
	size_t count = 0;
	enum err rc =
		source->cut_offs(source->context, rows->request->period.asked, &found, &count);

	for (size_t i = 0; i < count && rc == E_OK; i++) {
		struct closed_cut_off row = {(uint32_t)i + 1, found[i]};
		rc = closed_file_put(&rows->sql, CLOSED_CUT_OFFS, &row);
	}
	free(found);
	return rc;
}

/* The longest slots, of which the last may end after the period. */
static const nsec longest_slot = 8 * NSEC_PER_HOUR;

static enum err put_window(struct closing_rows *rows, const struct window_entry *entry)
{
	struct closed_window row = {*entry};
	enum err rc = closed_file_put(&rows->sql, CLOSED_WINDOWS, &row);

	for (size_t i = 0; i < entry->scope_count && rc == E_OK; i++) {
		struct closed_scope scope = {entry->window.id, (uint32_t)i + 1, entry->scopes[i]};
		rc = closed_file_put(&rows->sql, CLOSED_SCOPES, &scope);
	}
	return rc;
}

enum err closing_rows_windows(struct closing_rows *rows, const struct window_list *windows)
{
	struct period period = rows->request->period.asked;
	enum err rc = E_OK;

	for (size_t i = 0; i < windows->count && rc == E_OK; i++) {
		struct period window = windows->items[i].window.period;
		if (window.from < period.until + longest_slot && window.until > period.from)
			rc = put_window(rows, &windows->items[i]);
	}
	return rc;
}

static enum err put_revision(void *context, const struct revision *revision)
{
	struct closing_rows *rows = context;
	struct closed_revision row = {
		.number = (uint32_t)++rows->revised,
		.site = revision->site,
		.family = revision->family,
		.figure = figure_name(revision->figure),
		.before = revision->before,
		.after = revision->after,
	};

	return closed_file_put(&rows->sql, CLOSED_REVISIONS, &row);
}

enum err closing_rows_revisions(struct closing_rows *rows, const struct figures *before,
				const struct figures *after)
{
	return figures_compare(before, after, put_revision, rows);
}

char *closing_rows_say_gone(const struct closing_rows *rows)
{
	char from[CALENDAR_TEXT];
	char until[CALENDAR_TEXT];

	calendar_format(rows->gone.span.from, from);
	calendar_format(rows->gone.span.until, until);
	return must_format("%s cannot be closed as it was: what was measured between %s and %s is "
			   "kept no longer for %zu of its series; restore series files from a "
			   "copy, or accept the loss with --incomplete: it counts as unknown, and "
			   "reports say so",
			   rows->request->period.name, from, until, rows->gone.series);
}
