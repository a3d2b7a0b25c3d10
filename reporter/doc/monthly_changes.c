/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report says of sites and tests that changed, and what the score would be without that. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CHANGES_SHOWN = 300, DEPARTED_CELLS = 13 };

static bool before_is_known(const struct assessment *a)
{
	return a->changes.before != NULL && a->changes.concerns_score;
}

void add_score_before(struct monthly *m)
{
	const struct assessment *a = m->assessment;

	if (before_is_known(a))
		doc_figure(m->doc, "score_sites_before", word(m, TEXT_CHANGES_SCORE_BEFORE),
			   value_points(m, a->before.exact, a->before.grade));
}

static size_t count_kind(const struct assessment *a, enum change_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < a->changes.site_count; i++)
		count += a->changes.sites[i].kind == kind;
	return count;
}

void add_changes_summary(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const char *points = say_number(m, a->before.printed, 1, "");

	if (!a->changes.concerns_score)
		return;
	const char *text =
		PHRASE(m, TEXT_CHANGES_SUMMARY, say_count(m, count_kind(a, CHANGE_ADDED)),
		       say_count(m, count_kind(a, CHANGE_REMOVED)),
		       say_count(m, count_kind(a, CHANGE_MOVED)),
		       say_count(m, count_kind(a, CHANGE_JUDGED)));
	const char *then = a->changes.before == NULL ? word(m, TEXT_CHANGES_BEFORE_UNKNOWN)
			   : isnan(a->before.exact)  ? word(m, TEXT_CHANGES_BEFORE_UNSCORED)
						    : PHRASE(m, TEXT_CHANGES_BEFORE_SCORED, points);
	doc_callout(m->doc, TONE_FAIR, say_both(m, text, then));
}

/* --- sites --- */

static const char *say_organisation(struct monthly *m, const struct sited *sited)
{
	return sited->config == NULL ? "–" : title_in(m, &sited_organisation(sited)->title);
}

static const char *say_judged(struct monthly *m, const struct sited *sited)
{
	const struct site *site = sited_site(sited);
	const char *text = say_tier(m, site->tier);

	text = say_listed(m, text,
			  word(m, site->reach == REACH_CITY ? TEXT_NOTES_REACH_CITY
							    : TEXT_NOTES_REACH_PROVINCE));
	return say_listed(m, text,
			  keep(m, must_format("%s %s", word(m, TEXT_COLUMN_WEIGHT),
					      say_exact(m, site->weight, ""))));
}

static const char *say_addresses(struct monthly *m, const struct sited *sited)
{
	const struct site *site = sited_site(sited);
	const char *text = "";

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (site->address[f].given)
			text = say_listed(m, text, site->address[f].text);
	}
	return text;
}

static const char *say_page(struct monthly *m, const struct sited *sited)
{
	const struct site *site = sited_site(sited);
	const char *text = site->url == NULL ? "–" : site->url;

	return site->expect == NULL ? text : say_listed(m, text, site->expect);
}

static const char *say_scored(struct monthly *m, const struct sited *sited)
{
	const struct site *site = sited_site(sited);

	if (site->scored_test == CONFIG_NONE)
		return "–";
	const char *text = sited->config->tests[site->scored_test].name;
	text = say_listed(m, text, sited->config->agents[site->scored_agent].name);
	return say_listed(m, text, say_family(site->primary));
}

static const char *say_name(struct monthly *m, const struct sited *sited)
{
	const struct site *site = sited_site(sited);

	return keep(m, must_format("%s (%s)", title_in(m, &site->title), site->name));
}

static const struct {
	enum text_id word;
	const char *(*say)(struct monthly *m, const struct sited *sited);
} kinds[CHANGE_KINDS] = {
	[CHANGE_ADDED] = {TEXT_CHANGES_ADDED, say_organisation},
	[CHANGE_REMOVED] = {TEXT_CHANGES_REMOVED, say_organisation},
	[CHANGE_RENAMED] = {TEXT_CHANGES_RENAMED, say_name},
	[CHANGE_MOVED] = {TEXT_CHANGES_MOVED, say_organisation},
	[CHANGE_JUDGED] = {TEXT_CHANGES_JUDGED, say_judged},
	[CHANGE_ADDRESS] = {TEXT_CHANGES_ADDRESS, say_addresses},
	[CHANGE_PAGE] = {TEXT_CHANGES_PAGE, say_page},
	[CHANGE_SCORED] = {TEXT_CHANGES_SCORED, say_scored},
};

static void add_site_change(struct monthly *m, const struct site_change *change)
{
	const struct sited *sited = change->after.config == NULL ? &change->before : &change->after;

	doc_row(m->doc, (struct value[]){
				value_time(change->at),
				value_text(title_in(m, &sited_site(sited)->title)),
				value_text(word(m, kinds[change->kind].word)),
				value_text(change->before.config == NULL
						   ? "–"
						   : kinds[change->kind].say(m, &change->before)),
				value_text(change->after.config == NULL
						   ? "–"
						   : kinds[change->kind].say(m, &change->after)),
			});
}

static void add_site_changes(struct monthly *m)
{
	const struct changes *changes = &m->assessment->changes;
	const struct column columns[] = {
		{"time", word(m, TEXT_CHANGES_TIME), ALIGN_START},
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"change", word(m, TEXT_CHANGES_CHANGE), ALIGN_START},
		{"before", word(m, TEXT_CLOSING_BEFORE), ALIGN_START},
		{"after", word(m, TEXT_CLOSING_AFTER), ALIGN_START},
	};

	if (changes->site_count == 0)
		return;
	doc_table(m->doc, "site_changes", word(m, TEXT_CHANGES_SITES), columns, COUNT(columns));
	for (size_t i = 0; i < changes->site_count && i < CHANGES_SHOWN; i++)
		add_site_change(m, &changes->sites[i]);
	if (changes->site_count > CHANGES_SHOWN)
		doc_note(m->doc, PHRASE(m, TEXT_CHANGES_BOUNDED, say_count(m, CHANGES_SHOWN),
					say_count(m, changes->site_count)));
}

/* --- tests --- */

static const char *add_item(struct monthly *m, const char *list, enum text_id id, const char *value)
{
	return say_listed(m, list, keep(m, must_format("%s %s", word(m, id), value)));
}

static const char *calendar_of(const struct test_config *test)
{
	return test->calendar == NULL ? "–" : test->calendar->name;
}

/* What one side has that the other has not. */
static const char *say_test(struct monthly *m, const struct test_config *test,
			    const struct test_config *other)
{
	const char *text = "";

	if (strcmp(test->method, other->method) != 0 || test->port != other->port ||
	    strcmp(test->subject, other->subject) != 0)
		text = add_item(m, text, TEXT_COLUMN_METHOD, say_method(m, test));
	if (test->interval_ns != other->interval_ns)
		text = add_item(m, text, TEXT_COLUMN_INTERVAL, say_length(m, test->interval_ns));
	if (test->packets != other->packets)
		text = add_item(m, text, TEXT_COLUMN_PACKETS, say_count(m, test->packets));
	if (test->size != other->size && test->size != 0)
		text = add_item(m, text, TEXT_COLUMN_SIZE, say_count(m, test->size));
	if (test->dscp != other->dscp)
		text = say_listed(m, text, keep(m, must_format("DSCP %u", (unsigned)test->dscp)));
	if (test->t_max_ns != other->t_max_ns)
		text = say_listed(
			m, text,
			keep(m, must_format(
					"T_max %s",
					say_exact(m, (double)test->t_max_ns / NSEC_PER_SEC, "s"))));
	if (strcmp(calendar_of(test), calendar_of(other)) != 0)
		text = add_item(m, text, TEXT_CHANGES_CALENDAR, calendar_of(test));
	return text;
}

static void add_test_change(struct monthly *m, const struct test_change *change)
{
	const struct test_config *a = change->before;
	const struct test_config *b = change->after;
	bool goes_on = a != NULL && b != NULL;

	doc_row(m->doc,
		(struct value[]){
			value_time(change->at),
			value_text(a == NULL ? b->name : a->name),
			value_text(goes_on     ? say_test(m, a, b)
				   : a == NULL ? "–"
					       : a->name),
			value_text(goes_on     ? say_test(m, b, a)
				   : b == NULL ? "–"
					       : b->name),
			value_text(test_change_is_of_type(change) ? word(m, TEXT_CHANGES_OTHER_TYPE)
				   : goes_on			  ? word(m, TEXT_CHANGES_GOES_ON)
								  : ""),
		});
}

static void add_test_changes(struct monthly *m)
{
	const struct changes *changes = &m->assessment->changes;
	const struct column columns[] = {
		{"time", word(m, TEXT_CHANGES_TIME), ALIGN_START},
		{"test", word(m, TEXT_COLUMN_TEST), ALIGN_START},
		{"before", word(m, TEXT_CLOSING_BEFORE), ALIGN_START},
		{"after", word(m, TEXT_CLOSING_AFTER), ALIGN_START},
		{"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};

	if (changes->test_count == 0)
		return;
	doc_table(m->doc, "test_changes", word(m, TEXT_CHANGES_TESTS), columns, COUNT(columns));
	for (size_t i = 0; i < changes->test_count && i < CHANGES_SHOWN; i++)
		add_test_change(m, &changes->tests[i]);
	if (changes->test_count > CHANGES_SHOWN)
		doc_note(m->doc, PHRASE(m, TEXT_CHANGES_BOUNDED, say_count(m, CHANGES_SHOWN),
					say_count(m, changes->test_count)));
}

/* --- sites that left --- */

static const char *say_departure(struct monthly *m, const struct departure *departure)
{
	if (departure->moved)
		return PHRASE(m, TEXT_CHANGES_LEFT_FOR, say_time(m, departure->at),
			      say_organisation(m, &departure->now));
	return PHRASE(m, TEXT_CHANGES_LEFT, say_time(m, departure->at));
}

static void add_departed_row(struct monthly *m, const struct departed *departed, enum family family)
{
	const struct sited *was = &departed->departure->was;
	const struct path *path = &departed->path[family];
	const struct score *score = &path->score;
	const struct facts *facts = &path->facts;
	nsec within = 0;
	struct value cells[DEPARTED_CELLS] = {
		value_text(title_in(m, &sited_site(was)->title)),
		value_text(say_organisation(m, was)),
		value_text(say_tier(m, sited_site(was)->tier)),
		value_text(say_family(family)),
	};

	for (size_t i = 0; i < facts->outage_count; i++)
		within += facts->outages[i].within;
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		cells[4 + i] = value_judged(m, i, score);
	cells[8] = value_share(score->coverage);
	cells[9] = value_points(m, score->exact, score->grade);
	cells[10] = value_count(facts->outage_count);
	cells[11] = value_length(m, within);
	cells[12] = value_text(
		say_listed(m, say_departure(m, departed->departure), say_remarks(m, path)));
	doc_row(m->doc, cells);
}

static void add_departed(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	struct column columns[DEPARTED_CELLS] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"organisation", word(m, TEXT_COLUMN_ORGANISATION), ALIGN_START},
		{"tier", word(m, TEXT_COLUMN_TIER), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		[8] = {"coverage", word(m, TEXT_COLUMN_COVERAGE), ALIGN_END},
		[9] = {"score", word(m, TEXT_SCORE_SCORE), ALIGN_END},
		[10] = {"outages", word(m, TEXT_SUMMARY_OUTAGES), ALIGN_END},
		[11] = {"in_period", word(m, TEXT_COLUMN_IN_PERIOD), ALIGN_END},
		[12] = {"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};

	if (a->departed_count == 0)
		return;
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		columns[4 + i] = (struct column){indicator_name(i), say_indicator(m, i), ALIGN_END};
	doc_table(m->doc, "departed", word(m, TEXT_CHANGES_DEPARTED), columns, COUNT(columns));
	for (size_t i = 0; i < a->departed_count; i++) {
		const struct departed *departed = &a->departed[i];
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (departed->path[f].state != PATH_NOT_CONFIGURED)
				add_departed_row(m, departed, f);
		}
	}
	doc_note(m->doc, word(m, TEXT_CHANGES_DEPARTED_NOTE));
}

void add_changes(struct monthly *m)
{
	const struct changes *changes = &m->assessment->changes;

	if (changes->site_count + changes->test_count + m->assessment->departed_count == 0)
		return;
	doc_heading(m->doc, 2, word(m, TEXT_CHANGES_HEADING), "changes");
	add_site_changes(m);
	add_departed(m);
	add_test_changes(m);
	doc_note(m->doc, word(m, TEXT_CHANGES_NOTE));
}
