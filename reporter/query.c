/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/query.h"

#include "collector/base/log.h"
#include "reporter/text/must.h"

#include <stdlib.h>

struct query {
	struct view *view;
	struct archive *archive; /* NULL: no evidence can be found */
	enum err refused;	 /* why the archive could not be opened */
};

enum err query_open(const char *directory, struct query **out)
{
	struct view *view;
	struct archive *archive;
	enum err rc = view_open(directory, &view);

	if (rc != E_OK)
		return rc;
	rc = archive_open_reading(directory, &archive);
	if (rc != E_OK) {
		if (rc != E_NOT_FOUND)
			log_warn("reporter", "%s: the archive cannot be read: %s", directory,
				 err_text(rc));
		archive = NULL;
	}
	struct query *query = must_calloc(1, sizeof(*query));
	query->view = view;
	query->archive = archive;
	query->refused = rc == E_NOT_FOUND ? E_OK : rc;
	*out = query;
	return E_OK;
}

void query_close(struct query *query)
{
	if (query == NULL)
		return;
	view_close(query->view);
	archive_close(query->archive);
	free(query);
}

enum err query_check_archive(const struct query *query)
{
	return query->refused;
}

static enum err find(void *context, const struct series_key *key, struct view_series *out)
{
	const struct query *query = context;

	return view_find(query->view, key, out);
}

static enum err slots(void *context, const struct series_key *key, struct period period,
		      struct summary **out, size_t *count)
{
	const struct query *query = context;

	return view_slots(query->view, key, period, out, count);
}

static enum err hours(void *context, const struct series_key *key, struct period period,
		      struct hour **out, size_t *count)
{
	const struct query *query = context;

	return view_hours(query->view, key, period, out, count);
}

static enum err evidence(void *context, const struct series_key *key, struct period period,
			 struct evidence **out, size_t *count)
{
	const struct query *query = context;

	if (query->archive == NULL) {
		*out = NULL;
		*count = 0;
		return E_OK;
	}
	return archive_find_evidence(query->archive, key, period, out, count);
}

static enum err path_events(void *context, const struct series_key *key, struct period period,
			    struct path_event **out, size_t *count)
{
	const struct query *query = context;
	char text[KEY_TEXT];

	*out = NULL;
	*count = 0;
	if (query->archive == NULL)
		return E_OK;
	series_key_format(key, text);
	return paths_events(query->archive, text, period, out, count);
}

static enum err certificates(void *context, const struct series_key *key, struct period period,
			     struct certificate_sighting **out, size_t *count)
{
	const struct query *query = context;

	*out = NULL;
	*count = 0;
	if (query->archive == NULL)
		return E_OK;
	return archive_find_certificates(query->archive, key, period, out, count);
}

static enum err ends(void *context, const struct series_key *key, struct period period,
		     struct end_sighting **out, size_t *count)
{
	const struct query *query = context;

	*out = NULL;
	*count = 0;
	return query->archive == NULL ? E_OK
				      : archive_find_ends(query->archive, key, period, out, count);
}

static enum err cut_offs(void *context, struct period period, struct cut_off **out, size_t *count)
{
	const struct query *query = context;

	if (query->archive == NULL) {
		*out = NULL;
		*count = 0;
		return E_OK;
	}
	return archive_find_cut_offs(query->archive, period, out, count);
}

static enum err windows(void *context, struct window_list *out)
{
	const struct query *query = context;

	return query->archive == NULL ? E_NOT_FOUND : windows_read(query->archive, out);
}

enum err query_each_configuration(struct query *query, struct period period,
				  configuration_visit *visit, void *context)
{
	return query->archive == NULL
		       ? E_OK
		       : archive_each_configuration(query->archive, period, visit, context);
}

static enum err configurations(void *context, struct period period, configuration_visit *visit,
			       void *visitor)
{
	return query_each_configuration(context, period, visit, visitor);
}

static enum err gone(void *context, const struct series_key *key, struct period period,
		     struct view_gone *out)
{
	const struct query *query = context;

	return view_gone(query->view, key, period, out);
}

struct source query_source(struct query *query)
{
	return (struct source){
		.context = query,
		.find = find,
		.slots = slots,
		.hours = hours,
		.evidence = evidence,
		.path_events = path_events,
		.certificates = certificates,
		.ends = ends,
		.cut_offs = cut_offs,
		.windows = windows,
		.configurations = configurations,
		.gone = gone,
	};
}
