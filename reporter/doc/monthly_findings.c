/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told first: the findings of the period in a line each, and who is to do what. */
#include "reporter/doc/monthly_parts.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { FINDINGS_TOLD = 10, CAUSES_MENDED = 3, CONCERNED_NAMED = 4 };

/* Points that print as 0.00 are no row of their own. */
static const double least_rest = 0.005;

static const struct event *event_of(const struct monthly *m, const struct finding *finding)
{
	return &m->findings->events.items[finding->item];
}

static const struct lapse *lapse_of(const struct monthly *m, const struct finding *finding)
{
	return &m->findings->lapses.items[finding->item];
}

static const struct window_entry *window_of(const struct monthly *m, const struct finding *finding)
{
	return &m->assessment->windows.items[finding->item];
}

static bool is_late(const struct monthly *m, const struct window_entry *entry)
{
	const struct config *config = m->assessment->config;
	const struct planned_rule rule = {config->notice_ns, config->allowance_ns};

	return entry != NULL && window_fate(&rule, &entry->window, 0) == WINDOW_LATE;
}

/* What the kinds of findings say. */
struct telling {
	const char *anchor;
	struct value (*where)(struct monthly *m, const struct finding *finding);
	const char *(*when)(struct monthly *m, const struct finding *finding);
	const char *(*what)(struct monthly *m, const struct finding *finding);
	/* NULL where nothing is to be done. */
	const char *(*who)(struct monthly *m, const struct finding *finding);
	const char *(*action)(struct monthly *m, const struct finding *finding);
};

static const char *say_organisation(struct monthly *m, size_t organisation)
{
	return title_in(m, &m->assessment->config->organisations[organisation].title);
}

/* --- outages --- */

static struct value outage_where(struct monthly *m, const struct finding *finding)
{
	const struct event *event = event_of(m, finding);
	const struct event_outage *outage = &m->findings->events.outages[event->first];

	if (event->sites == 1)
		return value_site(m, outage->assessed);
	return value_organisation(m, event->organisation);
}

static const char *outage_when(struct monthly *m, const struct finding *finding)
{
	const struct event *event = event_of(m, finding);

	if (event->open)
		return PHRASE(m, TEXT_FINDING_FROM, say_time(m, event->period.from));
	return say_span(m, event->period);
}

static const char *outage_what(struct monthly *m, const struct finding *finding)
{
	const struct event *event = event_of(m, finding);
	const char *length = say_length(m, event->longest);
	const char *paths = say_count(m, event->paths);
	const struct event_outage *first = &m->findings->events.outages[event->first];
	const struct path *path = &m->assessment->sites[first->assessed].path[first->family];
	const char *text =
		PHRASE(m, event->whole ? TEXT_FINDING_OUTAGE_WHOLE : TEXT_FINDING_OUTAGE, length,
		       paths, say_count(m, event->sites), say_length(m, path->series.interval));

	if (event->open)
		text = say_both(m, text, word(m, TEXT_FINDING_OUTAGE_OPEN));
	if (event->window == NULL)
		return text;
	return say_both(m, text, PHRASE(m, TEXT_FINDING_SENTENCE, say_announced(m, event->window)));
}

static const char *outage_who(struct monthly *m, const struct finding *finding)
{
	const struct event *event = event_of(m, finding);
	const char *organisation = say_organisation(m, event->organisation);

	if (event->window != NULL)
		return organisation;
	return PHRASE(m, TEXT_FINDING_WITH_CARRIER, organisation);
}

static const char *outage_action(struct monthly *m, const struct finding *finding)
{
	const struct event *event = event_of(m, finding);

	if (is_late(m, event->window))
		return PHRASE(m, TEXT_FINDING_MEND_LATE,
			      say_length(m, m->assessment->config->notice_ns));
	if (event->window != NULL)
		return word(m, TEXT_FINDING_MEND_OVERRUN);
	return word(m, event->whole ? TEXT_FINDING_MEND_WHOLE : TEXT_FINDING_MEND_OUTAGE);
}

/* What the scattered outages of the organisation come to. */
struct scatter {
	size_t count;
	nsec longest;
	nsec total;
	nsec first;
	nsec last;
};

static struct scatter scatter_of(const struct monthly *m, const struct finding *finding)
{
	const struct events *events = &m->findings->events;
	const struct event *first = event_of(m, finding);
	struct scatter scatter = {.first = first->period.from};

	for (size_t i = finding->item; i < events->count; i++) {
		const struct event *event = &events->items[i];
		if (!event->scattered || event->organisation != first->organisation)
			continue;
		scatter.count++;
		scatter.total += event->total;
		scatter.last = event->period.until;
		if (event->longest > scatter.longest)
			scatter.longest = event->longest;
	}
	return scatter;
}

static struct value scattered_where(struct monthly *m, const struct finding *finding)
{
	return value_organisation(m, event_of(m, finding)->organisation);
}

static const char *scattered_when(struct monthly *m, const struct finding *finding)
{
	struct scatter scatter = scatter_of(m, finding);

	return say_span(m, (struct period){scatter.first, scatter.last});
}

static const char *scattered_what(struct monthly *m, const struct finding *finding)
{
	struct scatter scatter = scatter_of(m, finding);

	return PHRASE(m, TEXT_FINDING_SCATTERED, say_count(m, scatter.count),
		      say_length(m, scatter.longest), say_length(m, scatter.total));
}

static const char *scattered_action(struct monthly *m, const struct finding *finding)
{
	(void)finding;
	return word(m, TEXT_FINDING_MEND_SCATTERED);
}

/* --- patterns --- */

static struct value pattern_where(struct monthly *m, const struct finding *finding)
{
	return value_organisation(m, finding_pattern(m->findings, finding)->organisation);
}

/* "2026-09-08". */
static const char *say_day(struct monthly *m, nsec at)
{
	char text[CALENDAR_TEXT];

	calendar_format(at, text);
	text[strlen("2026-09-08")] = '\0';
	return keep(m, must_copy(text));
}

static const char *recurring_when(struct monthly *m, const struct finding *finding)
{
	const struct recurring *recurring = &finding_pattern(m->findings, finding)->recurring;

	return PHRASE(m, TEXT_FINDING_RECURRING_WHEN, say_hours(m, recurring),
		      say_count(m, recurring->bad_days), say_count(m, recurring->days),
		      say_day(m, recurring->first), say_day(m, recurring->last - 1));
}

static const char *recurring_what(struct monthly *m, const struct finding *finding)
{
	return say_recurring(m, finding_pattern(m->findings, finding));
}

static const char *pattern_who(struct monthly *m, const struct finding *finding)
{
	const struct pattern *pattern = finding_pattern(m->findings, finding);

	return PHRASE(m, TEXT_FINDING_WITH_CARRIER, say_organisation(m, pattern->organisation));
}

static const char *recurring_action(struct monthly *m, const struct finding *finding)
{
	return PHRASE(m, TEXT_FINDING_MEND_RECURRING,
		      say_hours(m, &finding_pattern(m->findings, finding)->recurring));
}

static bool rises(const struct shift *shift)
{
	return shift->after.level > shift->before.level;
}

static const char *shift_when(struct monthly *m, const struct finding *finding)
{
	return PHRASE(m, TEXT_FINDING_FROM,
		      say_time(m, finding_pattern(m->findings, finding)->shift.at));
}

static const char *shift_what(struct monthly *m, const struct finding *finding)
{
	return say_shift(m, finding_pattern(m->findings, finding));
}

static const char *shift_who(struct monthly *m, const struct finding *finding)
{
	return rises(&finding_pattern(m->findings, finding)->shift) ? pattern_who(m, finding)
								    : NULL;
}

static const char *shift_action(struct monthly *m, const struct finding *finding)
{
	return PHRASE(m, TEXT_FINDING_MEND_SHIFT,
		      say_time(m, finding_pattern(m->findings, finding)->shift.at));
}

static const char *silent_when(struct monthly *m, const struct finding *finding)
{
	return PHRASE(m, TEXT_FINDING_SILENT_WHEN,
		      say_time(m, finding_pattern(m->findings, finding)->period.from));
}

static const char *silent_what(struct monthly *m, const struct finding *finding)
{
	const struct pattern *pattern = finding_pattern(m->findings, finding);
	bool all = pattern->paths == pattern->of_paths;

	return PHRASE(m, all ? TEXT_FINDING_SILENT_ALL : TEXT_FINDING_SILENT_SOME,
		      say_family(pattern->family), say_count(m, pattern->paths),
		      say_count(m, pattern->of_paths));
}

static const char *silent_who(struct monthly *m, const struct finding *finding)
{
	return say_organisation(m, finding_pattern(m->findings, finding)->organisation);
}

static const char *silent_action(struct monthly *m, const struct finding *finding)
{
	return PHRASE(m, TEXT_FINDING_MEND_SILENT,
		      say_family(finding_pattern(m->findings, finding)->family));
}

static const char *measuring_team(struct monthly *m, const struct finding *finding)
{
	(void)finding;
	return word(m, TEXT_FINDING_MEASURING_TEAM);
}

static const char *limited_when(struct monthly *m, const struct finding *finding)
{
	const struct pattern *pattern = finding_pattern(m->findings, finding);

	return PHRASE(m, TEXT_FINDING_LIMITED_WHEN, say_span(m, pattern->period),
		      say_length(m, pattern->limited));
}

static const char *limited_what(struct monthly *m, const struct finding *finding)
{
	return PHRASE(m, TEXT_FINDING_LIMITED,
		      say_count(m, finding_pattern(m->findings, finding)->paths));
}

static const char *limited_action(struct monthly *m, const struct finding *finding)
{
	(void)finding;
	return word(m, TEXT_FINDING_MEND_LIMITED);
}

/* --- the measurement's own failures --- */

static const struct {
	enum text_id what;
	enum text_id action;
} lapse_words[UNKNOWN_REASONS] = {
	[UNKNOWN_NO_RECORD] = {TEXT_FINDING_LAPSE_NO_RECORD, TEXT_FINDING_MEND_NO_RECORD},
	[UNKNOWN_TAINTED] = {TEXT_FINDING_LAPSE_TAINTED, TEXT_FINDING_MEND_TAINTED},
	[UNKNOWN_ISOLATED] = {TEXT_FINDING_LAPSE_ISOLATED, TEXT_FINDING_MEND_ISOLATED},
	[UNKNOWN_CLOCK_STEP] = {TEXT_FINDING_LAPSE_CLOCK_STEP, TEXT_FINDING_MEND_CLOCK_STEP},
	[UNKNOWN_UNSENT] = {TEXT_FINDING_LAPSE_UNSENT, TEXT_FINDING_MEND_UNSENT},
	[UNKNOWN_DROPPED] = {TEXT_FINDING_LAPSE_DROPPED, TEXT_FINDING_MEND_DROPPED},
};

static struct value lapse_where(struct monthly *m, const struct finding *finding)
{
	const struct agent_config *agent =
		&m->assessment->config->agents[lapse_of(m, finding)->agent];

	return value_text(PHRASE(m, TEXT_FINDING_AGENT, title_in(m, &agent->title)));
}

static const char *lapse_when(struct monthly *m, const struct finding *finding)
{
	const struct lapse *lapse = lapse_of(m, finding);
	bool told = lapse->cut_off.from < lapse->cut_off.until;

	return say_span(m, told ? lapse->cut_off : lapse->period);
}

const char *say_concerned(struct monthly *m, size_t agent)
{
	const struct assessment *a = m->assessment;
	bool *concerned = must_calloc(a->config->organisation_count, sizeof(*concerned));
	const char *names = "";
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		const struct site *site = assessment_site(a, i);
		if (site->scored_agent != agent || concerned[site->organisation])
			continue;
		concerned[site->organisation] = true;
		names = say_listed(m, names, say_organisation(m, site->organisation));
		count++;
	}
	free(concerned);
	return count <= CONCERNED_NAMED
		       ? names
		       : PHRASE(m, TEXT_FINDING_CONCERNED_MANY, say_count(m, count));
}

static const char *lapse_what(struct monthly *m, const struct finding *finding)
{
	const struct lapse *lapse = lapse_of(m, finding);
	bool told = lapse->cut_off.from < lapse->cut_off.until;
	struct period period = told ? lapse->cut_off : lapse->period;

	const char *text =
		PHRASE(m, lapse_words[lapse->why].what, say_length(m, period.until - period.from),
		       say_count(m, lapse->paths));

	if (!lapse->whole)
		return text;
	return say_both(m, text, PHRASE(m, TEXT_FINDING_CONCERNED, say_concerned(m, lapse->agent)));
}

static const char *lapse_action(struct monthly *m, const struct finding *finding)
{
	return word(m, lapse_words[lapse_of(m, finding)->why].action);
}

/* --- announced maintenance --- */

static struct value window_where(struct monthly *m, const struct finding *finding)
{
	return value_text(say_scopes(m, window_of(m, finding)));
}

static const char *window_when(struct monthly *m, const struct finding *finding)
{
	return say_span(m, window_standing(&window_of(m, finding)->window));
}

static const char *window_what(struct monthly *m, const struct finding *finding)
{
	const struct window_entry *entry = window_of(m, finding);
	nsec ahead = entry->window.period.from - entry->window.entered_at;

	if (is_late(m, entry))
		return PHRASE(m, TEXT_FINDING_WINDOW_LATE, entry->reason, say_announced(m, entry));
	return PHRASE(m, TEXT_FINDING_WINDOW, entry->reason, say_length(m, ahead));
}

static const char *window_who(struct monthly *m, const struct finding *finding)
{
	const struct window_entry *entry = window_of(m, finding);

	return is_late(m, entry) ? entry->owner : NULL;
}

static const char *window_action(struct monthly *m, const struct finding *finding)
{
	(void)finding;
	return PHRASE(m, TEXT_FINDING_MEND_LATE, say_length(m, m->assessment->config->notice_ns));
}

static const struct telling tellings[FINDING_KINDS] = {
	[FINDING_OUTAGE] = {"outages", outage_where, outage_when, outage_what, outage_who,
			    outage_action},
	[FINDING_SCATTERED] = {"outages", scattered_where, scattered_when, scattered_what,
			       outage_who, scattered_action},
	[FINDING_RECURRING] = {"recurring", pattern_where, recurring_when, recurring_what,
			       pattern_who, recurring_action},
	[FINDING_SHIFT] = {"shifts", pattern_where, shift_when, shift_what, shift_who,
			   shift_action},
	[FINDING_SILENT] = {"silent", pattern_where, silent_when, silent_what, silent_who,
			    silent_action},
	[FINDING_LIMITED] = {"limited", pattern_where, limited_when, limited_what, measuring_team,
			     limited_action},
	[FINDING_LAPSE] = {"lapses", lapse_where, lapse_when, lapse_what, measuring_team,
			   lapse_action},
	[FINDING_WINDOW] = {"maintenance", window_where, window_when, window_what, window_who,
			    window_action},
};

/* --- the tables --- */

static void add_finding_row(struct monthly *m, size_t rank, const struct finding *finding)
{
	const struct telling *telling = &tellings[finding->kind];

	doc_row(m->doc, (struct value[]){
				value_linked(value_count(rank), telling->anchor),
				telling->where(m, finding),
				value_text(telling->when(m, finding)),
				value_text(telling->what(m, finding)),
				value_number(finding->points, 2, ""),
			});
}

const char *say_first_finding(struct monthly *m)
{
	if (m->findings->count == 0 || !(m->findings->items[0].points > 0))
		return NULL;
	const struct finding *finding = &m->findings->items[0];
	const struct telling *telling = &tellings[finding->kind];
	struct value where = telling->where(m, finding);
	const char *text = PHRASE(m, TEXT_SUMMARY_FIRST, where.text, telling->when(m, finding),
				  say_number(m, finding->points, 2, ""), telling->what(m, finding));
	value_finish(&where);
	return text;
}

/* What the score lacks besides. */
static void add_rest(struct monthly *m, double told)
{
	double rest = 100 - m->assessment->headline[SCORING_PRIMARY].exact - told;

	if (!(rest >= least_rest))
		return;
	doc_row(m->doc, (struct value[]){
				value_number(NAN, 0, ""),
				value_text(word(m, TEXT_FINDING_REST_WHERE)),
				value_text(""),
				value_text(word(m, TEXT_FINDING_REST)),
				value_number(rest, 2, ""),
			});
}

void add_findings(struct monthly *m)
{
	const struct column columns[] = {
		{"rank", word(m, TEXT_COLUMN_RANK), ALIGN_END},
		{"where", word(m, TEXT_COLUMN_WHERE), ALIGN_START},
		{"when", word(m, TEXT_COLUMN_WHEN), ALIGN_START},
		{"finding", word(m, TEXT_COLUMN_FINDING), ALIGN_PROSE},
		{"points_lost", word(m, TEXT_COLUMN_POINTS_LOST), ALIGN_END},
	};
	size_t count;
	size_t *told = findings_choose(m->findings, FINDINGS_TOLD, &count);

	doc_heading(m->doc, 2,
		    word(m, m->assessment->period.month ? TEXT_SUMMARY_FINDINGS
							: TEXT_SUMMARY_FINDINGS_PERIOD),
		    "findings");
	if (count == 0) {
		doc_text(m->doc, word(m, TEXT_FINDING_NONE));
		free(told);
		return;
	}
	doc_table(m->doc, "findings", word(m, TEXT_FINDING_TABLE), columns, COUNT(columns));
	double points = 0;
	for (size_t i = 0; i < count; i++) {
		add_finding_row(m, i + 1, &m->findings->items[told[i]]);
		points += m->findings->items[told[i]].points;
	}
	add_rest(m, points);
	if (count < m->findings->count)
		doc_note(m->doc,
			 PHRASE(m, TEXT_FINDING_BOUNDED, say_count(m, m->findings->count - count)));
	free(told);
	doc_note(m->doc, PHRASE(m, TEXT_FINDING_POINTS, say_primary(m)));
}

/* --- what to mend --- */

static const enum text_id cause_actions[INDICATOR_COUNT + 1] = {
	[INDICATOR_AVAILABILITY] = TEXT_MEND_AVAILABILITY,
	[INDICATOR_LOSS] = TEXT_MEND_LOSS,
	[INDICATOR_DELAY] = TEXT_MEND_DELAY,
	[INDICATOR_PDV] = TEXT_MEND_PDV,
	[INDICATOR_COUNT] = TEXT_MEND_VETO,
};

/* What earns the best grade is left alone, though it be among the largest losses. */
static bool needs_mending(const struct assessment *a, const struct cause *cause)
{
	const struct score *score = &assessment_path(a, cause->assessed, SCORING_PRIMARY)->score;

	return cause->indicator == INDICATOR_COUNT ||
	       round_half_up(score->points[cause->indicator], 1) < a->profile->grades[0].from;
}

/* Whether the path has a finding that tells of the indicator. */
static bool is_told(const struct monthly *m, const struct cause *cause)
{
	const struct path *path = assessment_path(m->assessment, cause->assessed, SCORING_PRIMARY);
	bool outage = path->facts.outage_count > 0;
	bool recurring = path->traits.recurring_count > 0;

	switch (cause->indicator) {
	case INDICATOR_AVAILABILITY:
	case INDICATOR_LOSS:
		return outage || recurring;
	case INDICATOR_DELAY:
		return recurring || path->facts.shift_count > 0;
	case INDICATOR_PDV:
		return recurring;
	default:
		return outage;
	}
}

static void start_mending(struct monthly *m)
{
	const struct column columns[] = {
		{"who", word(m, TEXT_COLUMN_WHO), ALIGN_START},
		{"action", word(m, TEXT_COLUMN_ACTION), ALIGN_PROSE},
		{"finding", word(m, TEXT_COLUMN_OF_FINDING), ALIGN_END},
	};

	doc_table(m->doc, "mending", word(m, TEXT_FINDING_MEND_TABLE), columns, COUNT(columns));
}

static void add_mending_row(struct monthly *m, size_t items, const char *who, const char *action,
			    size_t rank)
{
	if (items == 0)
		start_mending(m);
	doc_row(m->doc, (struct value[]){
				value_text(who),
				value_text(action),
				rank == 0 ? value_number(NAN, 0, "") : value_count(rank),
			});
}

static size_t mend_findings(struct monthly *m)
{
	size_t count;
	size_t *told = findings_choose(m->findings, FINDINGS_TOLD, &count);
	size_t items = 0;

	for (size_t i = 0; i < count; i++) {
		const struct finding *finding = &m->findings->items[told[i]];
		const struct telling *telling = &tellings[finding->kind];
		const char *who = telling->who(m, finding);
		if (who != NULL)
			add_mending_row(m, items++, who, telling->action(m, finding), i + 1);
	}
	free(told);
	return items;
}

void add_mending(struct monthly *m)
{
	const struct assessment *a = m->assessment;

	doc_heading(m->doc, 2, word(m, TEXT_SUMMARY_MEND), "mend");
	size_t items = mend_findings(m);
	for (size_t i = 0; i < a->cause_count && i < CAUSES_MENDED; i++) {
		const struct cause *cause = &a->causes[i];
		const struct title *title = &assessment_site(a, cause->assessed)->title;
		if (needs_mending(a, cause) && !is_told(m, cause))
			add_mending_row(m, items++, title_in(m, title),
					word(m, cause_actions[cause->indicator]), 0);
	}
	if (items == 0)
		doc_text(m->doc, word(m, TEXT_MEND_NOTHING));
}
