/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/monthly.h"

#include "reporter/doc/monthly_parts.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CAUSES_SHOWN = 3, BELOW_SHOWN = 10 };

static const char *say_state(struct monthly *m)
{
	const struct report_period *period = &m->assessment->period;
	const char *text = "";

	if (m->assessment->mode == SCORE_TRIAL)
		text = word(m, TEXT_REPORT_TRIAL);
	if (period->in_progress)
		return say_listed(
			m, text,
			PHRASE(m, TEXT_REPORT_IN_PROGRESS, say_time(m, period->passed.until)));
	return say_listed(m, text, word(m, TEXT_REPORT_COMPLETE));
}

static void add_cover(struct monthly *m, enum scores_detail detail)
{
	const struct assessment *a = m->assessment;
	const struct profile *profile = a->profile;
	struct doc *doc = m->doc;
	const char *scheme = m->language == LANGUAGE_ZH_CN ? profile->zh : profile->en;

	doc_cover(doc, doc->title, say_period(m));
	doc_figure(doc, "subject", word(m, TEXT_COVER_SUBJECT), value_text(say_subject(m)));
	doc_figure(doc, "period", word(m, TEXT_COVER_PERIOD),
		   value_text(PHRASE(m, TEXT_COVER_HALF_OPEN, say_between(m, a->period.asked))));
	doc_figure(doc, "time_zone", word(m, TEXT_COVER_ZONE), value_text(a->config->time_zone));
	doc_figure(doc, "state", word(m, TEXT_COVER_STATE), value_text(say_state(m)));
	add_closing_line(m);
	doc_figure(doc, "coverage", word(m, TEXT_COVER_COVERAGE),
		   value_share(group_coverage(&a->headline[SCORING_PRIMARY])));
	if (detail == SCORES_BRIEF)
		return;
	doc_figure(doc, "profile", word(m, TEXT_COVER_PROFILE),
		   value_text(PHRASE(m, TEXT_COVER_PROFILE_NAME, scheme, profile->name,
				     profile->version)));
	doc_figure(doc, "profile_digest", word(m, TEXT_COVER_PROFILE_DIGEST),
		   value_text(profile->digest));
	doc_figure(doc, "configuration_digest", word(m, TEXT_COVER_CONFIGURATION_DIGEST),
		   value_text(a->config->digest));
	doc_figure(doc, "program", word(m, TEXT_COVER_PROGRAM),
		   value_text("netgrade " NETGRADE_VERSION));
}

/* Outages of all primary paths. */
struct outage_sum {
	size_t events; /* what befell paths of an organisation together is one */
	size_t count;  /* by path */
	nsec longest;  /* in the period */
};

static bool is_scored(const struct assessment *a, const struct event_outage *outage)
{
	return outage->family == assessment_site(a, outage->assessed)->primary;
}

static size_t count_events(const struct assessment *a)
{
	struct events events;
	size_t count = 0;

	events_make(a, &events);
	for (size_t i = 0; i < events.count; i++) {
		const struct event_outage *outages = events.outages + events.items[i].first;
		bool scored = false;
		for (size_t k = 0; k < events.items[i].count; k++)
			scored |= is_scored(a, &outages[k]);
		count += scored;
	}
	events_finish(&events);
	return count;
}

static struct outage_sum sum_outages(const struct assessment *a)
{
	struct outage_sum sum = {.events = count_events(a)};

	for (size_t i = 0; i < a->site_count; i++) {
		const struct facts *facts = &assessment_path(a, i, SCORING_PRIMARY)->facts;
		for (size_t k = 0; k < facts->outage_count; k++) {
			sum.count++;
			if (facts->outages[k].within > sum.longest)
				sum.longest = facts->outages[k].within;
		}
	}
	return sum;
}

static const char *say_result(struct monthly *m)
{
	const struct group *network = &m->assessment->headline[SCORING_PRIMARY];
	const char *points = say_number(m, network->printed, 1, "");

	if (isnan(network->exact))
		return PHRASE(m, TEXT_SUMMARY_NO_SCORE, say_period(m), say_subject(m),
			      say_count(m, network->members), say_count(m, network->scored));
	if (m->assessment->mode == SCORE_TRIAL)
		return PHRASE(m, TEXT_SUMMARY_TRIAL, say_period(m), say_subject(m), points);
	struct value grade = value_grade(m, network->printed, network->grade);
	const char *text =
		PHRASE(m, TEXT_SUMMARY_RESULT, say_period(m), say_subject(m), points, grade.text);
	value_finish(&grade);
	return text;
}

static const char *say_scope(struct monthly *m)
{
	const struct group *network = &m->assessment->headline[SCORING_PRIMARY];
	struct outage_sum outages = sum_outages(m->assessment);

	if (outages.count == 0)
		return PHRASE(m, TEXT_SUMMARY_SCOPE_CALM, say_count(m, network->scored),
			      say_count(m, network->members), say_count(m, network->vetoed));
	return PHRASE(m, TEXT_SUMMARY_SCOPE, say_count(m, network->scored),
		      say_count(m, network->members), say_count(m, network->vetoed),
		      say_count(m, outages.events), say_count(m, outages.count), say_primary(m),
		      say_length(m, outages.longest));
}

static const char *say_summary(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const char *text = say_both(m, say_result(m), say_scope(m));
	const char *first = m->findings == NULL ? NULL : say_first_finding(m);

	if (first != NULL)
		return say_both(m, text, first);
	if (a->cause_count == 0)
		return text;
	const struct cause *cause = &a->causes[0];
	const struct title *title = &assessment_site(a, cause->assessed)->title;
	return say_both(m, text,
			PHRASE(m, TEXT_SUMMARY_WORST, title_in(m, title),
			       say_indicator(m, cause->indicator),
			       say_number(m, cause->points, 1, "")));
}

static void add_headline(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct group *network = &a->headline[SCORING_PRIMARY];
	const struct group *announced = &a->headline[SCORING_ANNOUNCED];
	const struct group *ipv6 = &a->headline[SCORING_IPV6];
	struct outage_sum outages = sum_outages(a);
	struct doc *doc = m->doc;

	doc_figures(doc, "headline");
	doc_figure(doc, "score", word(m, TEXT_SCORE_SCORE),
		   value_points(m, network->exact, network->grade));
	doc_figure(doc, "grade", word(m, TEXT_SCORE_GRADE),
		   value_grade(m, network->printed, network->grade));
	doc_figure(doc, "announced_score", word(m, TEXT_SCORE_ANNOUNCED),
		   value_points(m, announced->exact, announced->grade));
	add_score_before(m);
	doc_figure(doc, "coverage", word(m, TEXT_COVER_COVERAGE),
		   value_share(group_coverage(network)));
	doc_figure(doc, "scored_sites", word(m, TEXT_SUMMARY_SCORED), value_count(network->scored));
	doc_figure(doc, "sites", word(m, TEXT_SUMMARY_MEMBERS), value_count(network->members));
	doc_figure(doc, "outage_events", word(m, TEXT_SUMMARY_OUTAGES),
		   value_count(outages.events));
	doc_figure(doc, "outages", PHRASE(m, TEXT_SUMMARY_PATH_OUTAGES, say_primary(m)),
		   value_count(outages.count));
	if (ipv6->members > 0)
		doc_figure(doc, "ipv6_score", word(m, TEXT_SCORE_IPV6),
			   value_points(m, ipv6->exact, ipv6->grade));
}

static void add_causes(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"rank", word(m, TEXT_COLUMN_RANK), ALIGN_END},
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"indicator", word(m, TEXT_COLUMN_INDICATOR), ALIGN_START},
		{"measured", word(m, TEXT_COLUMN_MEASURED), ALIGN_END},
		{"points_lost", word(m, TEXT_COLUMN_POINTS_LOST), ALIGN_END},
		{"evidence", word(m, TEXT_COLUMN_EVIDENCE), ALIGN_START},
	};

	doc_table(m->doc, "causes", word(m, TEXT_SUMMARY_CAUSES), columns,
		  sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < a->cause_count && i < CAUSES_SHOWN; i++) {
		const struct cause *cause = &a->causes[i];
		const struct score *score =
			&assessment_path(a, cause->assessed, SCORING_PRIMARY)->score;
		bool veto = cause->indicator == INDICATOR_COUNT;
		doc_row(m->doc,
			(struct value[]){
				value_count(i + 1),
				value_site(m, cause->assessed),
				value_text(say_indicator(m, cause->indicator)),
				veto ? value_text("–") : value_judged(m, cause->indicator, score),
				value_number(cause->points, 1, ""),
				value_text(say_evidence(m, cause)),
			});
	}
}

/* The score that the last grade but one begins with: 60 in the built-in profile. */
static double pass_mark(const struct profile *profile)
{
	return profile->grade_count < 2 ? 0 : profile->grades[profile->grade_count - 2].from;
}

static bool is_below(const struct assessment *a, size_t assessed)
{
	const struct score *score = &assessment_path(a, assessed, SCORING_PRIMARY)->score;

	return !score_given(score) || score->vetoes != 0 || score->printed < pass_mark(a->profile);
}

/* Of the site; NULL where none is known. They stand with most points first. */
static const struct cause *first_cause(const struct assessment *a, size_t assessed)
{
	for (size_t i = 0; i < a->cause_count; i++) {
		if (a->causes[i].assessed == assessed)
			return &a->causes[i];
	}
	return NULL;
}

static const char *say_below(struct monthly *m, size_t assessed)
{
	const struct assessment *a = m->assessment;
	const struct path *path = assessment_path(a, assessed, SCORING_PRIMARY);
	const struct score *score = &path->score;
	const char *remarks = say_remarks(m, path);

	if (!score_given(score) || score->vetoes != 0)
		return remarks;
	const char *mark = say_number(m, pass_mark(a->profile), 0, "");
	const struct cause *cause = first_cause(a, assessed);
	return say_listed(m,
			  cause == NULL ? PHRASE(m, TEXT_REASON_BELOW, mark)
					: PHRASE(m, TEXT_REASON_BELOW_MOST, mark,
						 say_indicator(m, cause->indicator)),
			  remarks);
}

static void add_below(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"tier", word(m, TEXT_COLUMN_TIER), ALIGN_START},
		{"score", word(m, TEXT_SCORE_SCORE), ALIGN_END},
		{"grade", word(m, TEXT_SCORE_GRADE), ALIGN_START},
		{"reason", word(m, TEXT_COLUMN_REASON), ALIGN_START},
	};
	size_t *order = ranked_sites(a);
	size_t below = 0;

	for (size_t i = 0; i < a->site_count; i++)
		below += is_below(a, i);
	if (below == 0) {
		doc_text(m->doc, word(m, TEXT_SUMMARY_NONE_BELOW));
		free(order);
		return;
	}
	doc_table(m->doc, "below", word(m, TEXT_SUMMARY_BELOW), columns,
		  sizeof(columns) / sizeof(columns[0]));
	size_t shown = 0;
	for (size_t i = a->site_count; i-- > 0 && shown < BELOW_SHOWN;) {
		const struct score *score = &assessment_path(a, order[i], SCORING_PRIMARY)->score;
		if (!is_below(a, order[i]))
			continue;
		shown++;
		doc_row(m->doc, (struct value[]){
					value_site(m, order[i]),
					value_text(say_tier(m, assessment_site(a, order[i])->tier)),
					value_points(m, score->exact, score->grade),
					value_grade(m, score->printed, score->grade),
					value_text(say_below(m, order[i])),
				});
	}
	if (below > shown)
		doc_note(m->doc, PHRASE(m, TEXT_SUMMARY_MORE_BELOW, say_count(m, below - shown)));
	free(order);
}

static enum tone headline_tone(const struct monthly *m)
{
	const struct group *network = &m->assessment->headline[SCORING_PRIMARY];

	if (network->grade == NULL)
		return TONE_MUTED;
	struct value grade = value_grade(m, network->printed, network->grade);
	enum tone tone = grade.tone;
	value_finish(&grade);
	return tone;
}

static void add_summary(struct monthly *m)
{
	doc_heading(m->doc, 1, word(m, TEXT_CHAPTER_SUMMARY), "summary");
	add_headline(m);
	doc_callout(m->doc, headline_tone(m), say_summary(m));
	add_changes_summary(m);
	add_closing_remarks(m);
	add_findings(m);
	add_mending(m);
	doc_heading(m->doc, 2, word(m, TEXT_SUMMARY_WHY), "points");
	if (m->assessment->cause_count > 0)
		add_causes(m);
	add_below(m);
}

struct doc *monthly_report(const struct assessment *assessment, const struct source *source,
			   enum language language)
{
	struct services services;
	struct findings findings;

	if (services_read(assessment, source, &services) != E_OK)
		return NULL;
	struct monthly m = monthly_start(assessment, source, language);
	findings_make(assessment, &findings);
	m.findings = &findings;
	m.services = &services;
	m.doc = doc_create(language, PHRASE(&m, TEXT_REPORT_TITLE, say_subject(&m)));
	add_cover(&m, SCORES_FULL);
	doc_break(m.doc);
	add_summary(&m);
	doc_break(m.doc);
	add_tiers(&m);
	add_organisation_scores(&m);
	add_organisations(&m);
	doc_break(m.doc);
	add_ranking(&m);
	doc_break(m.doc);
	add_outages(&m);
	add_patterns(&m);
	add_lapses(&m);
	add_maintenance(&m, TABLE_BOUNDED);
	doc_break(m.doc);
	add_services(&m);
	doc_break(m.doc);
	add_notes(&m);
	struct doc *doc = m.doc;
	monthly_finish(&m);
	findings_finish(&findings);
	services_finish(&services);
	return doc;
}

struct doc *monthly_scores(const struct assessment *assessment, enum language language,
			   enum scores_detail detail)
{
	struct monthly m = monthly_start(assessment, NULL, language);

	m.doc = doc_create(language, PHRASE(&m, TEXT_REPORT_SCORES, say_subject(&m)));
	add_cover(&m, detail);
	add_headline(&m);
	add_changes_summary(&m);
	add_closing_remarks(&m);
	if (detail == SCORES_FULL) {
		add_tiers(&m);
		add_organisation_scores(&m);
	} else {
		add_tier_scores(&m);
	}
	add_paths(&m);
	add_maintenance(&m, TABLE_ALL);
	if (detail == SCORES_FULL) {
		add_changes(&m);
		add_ranking(&m);
		add_counts(&m, TABLE_ALL);
	}
	struct doc *doc = m.doc;
	monthly_finish(&m);
	return doc;
}

char *monthly_headline(const struct assessment *assessment, enum language language)
{
	struct monthly m = monthly_start(assessment, NULL, language);
	char *line = must_copy(say_result(&m));

	monthly_finish(&m);
	return line;
}
