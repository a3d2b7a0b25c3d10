/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report says of the closing that it rests on: the edition, and how it differs from the one
 * before; and of what was not closed in time. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/closed_schema.h"
#include "reporter/revision.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *say_edition(struct monthly *m, const struct edition *edition)
{
	const char *number = say_count(m, edition->number);
	const char *at = say_time(m, edition->closed_at);

	return edition->provisional
		       ? PHRASE(m, TEXT_CLOSING_PROVISIONAL, number, at, edition->digest)
		       : PHRASE(m, TEXT_CLOSING_FINAL, number, at, edition->digest);
}

void add_closing_line(struct monthly *m)
{
	const struct assessment *a = m->assessment;

	if (!a->period.month || a->period.in_progress)
		return;
	doc_figure(m->doc, "closing", word(m, TEXT_CLOSING_LABEL),
		   value_text(a->edition == NULL ? word(m, TEXT_CLOSING_NOT_CLOSED)
						 : say_edition(m, a->edition)));
}

/* Sites with a differing figure; the rows of a site stand together. */
static size_t count_sites(const struct edition *edition)
{
	size_t count = 0;

	for (size_t i = 0; i < edition->revision_count; i++)
		count += i == 0 ||
			 strcmp(edition->revisions[i].site, edition->revisions[i - 1].site) != 0;
	return count;
}

static const char *say_changes(struct monthly *m, const struct edition *edition)
{
	if (edition->previous[0] == '\0')
		return PHRASE(m, TEXT_CLOSING_NOT_COMPARED, say_count(m, edition->number - 1));
	if (edition->revision_count == 0)
		return word(m, TEXT_CLOSING_UNCHANGED);
	return PHRASE(m, TEXT_CLOSING_CHANGED, say_count(m, edition->revision_count),
		      say_count(m, count_sites(edition)));
}

static void add_revised(struct monthly *m, const struct edition *edition)
{
	const char *number = say_count(m, edition->number);
	const char *before = say_count(m, edition->number - 1);
	const char *text =
		edition->reason[0] == '\0'
			? PHRASE(m, TEXT_CLOSING_AFTER_PROVISIONAL, number, before)
			: PHRASE(m, TEXT_CLOSING_REVISED, number, before, edition->reason);

	doc_callout(m->doc, TONE_FAIR, say_both(m, text, say_changes(m, edition)));
}

/* Paths that lack rows, and the time from the first to the last of these. */
struct loss {
	size_t paths;
	struct period span;
};

static void add_span(struct period *span, struct period more)
{
	if (more.from >= more.until)
		return;
	if (span->from >= span->until)
		*span = more;
	if (more.from < span->from)
		span->from = more.from;
	if (more.until > span->until)
		span->until = more.until;
}

static struct loss find_loss(const struct assessment *a)
{
	struct loss loss = {0};

	for (size_t i = 0; i < a->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++) {
			const struct path *path = &a->sites[i].path[f];
			loss.paths += path_lacks_rows(path);
			add_span(&loss.span, path->gone.slots);
			add_span(&loss.span, path->gone.hours);
		}
	}
	return loss;
}

void add_closing_remarks(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	struct loss loss = find_loss(a);

	if (a->edition != NULL && a->edition->number > 1)
		add_revised(m, a->edition);
	if (loss.paths > 0)
		doc_callout(m->doc, TONE_BAD,
			    PHRASE(m, TEXT_CLOSING_GONE, say_count(m, loss.paths),
				   say_time(m, loss.span.from), say_time(m, loss.span.until)));
}

/* A site may have left the configuration since. */
static const char *say_site(struct monthly *m, const char *name)
{
	const struct config *config = m->assessment->config;
	size_t site = config_find_site(config, name);

	return site == CONFIG_NONE ? name : title_in(m, &config->sites[site].title);
}

static const char *say_figure(const struct monthly *m, const char *name)
{
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++) {
		if (strcmp(figure_name(i), name) == 0)
			return say_indicator(m, i);
	}
	return word(m, strcmp(figure_name(FIGURE_SCORE), name) == 0 ? TEXT_SCORE_SCORE
								    : TEXT_COLUMN_COVERAGE);
}

static struct value value_figure(const char *name, double number)
{
	bool is_delay = strcmp(name, figure_name(INDICATOR_DELAY)) == 0 ||
			strcmp(name, figure_name(INDICATOR_PDV)) == 0;
	bool is_score = strcmp(name, figure_name(FIGURE_SCORE)) == 0;

	return value_number(number, 4, is_delay ? "ms" : is_score ? "" : "%");
}

void add_revisions(struct monthly *m)
{
	const struct edition *edition = m->assessment->edition;
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"figure", word(m, TEXT_CLOSING_FIGURE), ALIGN_START},
		{"before", word(m, TEXT_CLOSING_BEFORE), ALIGN_END},
		{"after", word(m, TEXT_CLOSING_AFTER), ALIGN_END},
	};

	if (edition == NULL || edition->revision_count == 0)
		return;
	doc_table(m->doc, "revisions", word(m, TEXT_CLOSING_TABLE), columns, COUNT(columns));
	for (size_t i = 0; i < edition->revision_count && i < TABLE_BOUNDED; i++) {
		const struct closed_revision *row = &edition->revisions[i];
		doc_row(m->doc, (struct value[]){
					value_text(say_site(m, row->site)),
					value_text(say_family(row->family == 4 ? FAMILY_IPV4
									       : FAMILY_IPV6)),
					value_text(say_figure(m, row->figure)),
					value_figure(row->figure, row->before),
					value_figure(row->figure, row->after),
				});
	}
	if (edition->revision_count > TABLE_BOUNDED)
		doc_note(m->doc, PHRASE(m, TEXT_CLOSING_BOUNDED, say_count(m, TABLE_BOUNDED),
					say_count(m, edition->revision_count)));
}
