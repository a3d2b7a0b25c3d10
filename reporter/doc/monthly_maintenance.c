/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planned maintenance: the period's windows, both figures, and where flags and windows differ. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct planned_rule rule_of(const struct assessment *a)
{
	return (struct planned_rule){a->config->notice_ns, a->config->allowance_ns};
}

/* What a window comes to at the assessed sites. */
struct effect {
	size_t sites;
	size_t exceeded; /* whose allowance does not hold all of it */
	nsec over;	 /* the most that one of them has beyond it */
};

static struct effect effect_of(const struct assessment *a, const struct window_entry *entry)
{
	struct effect effect = {0};

	for (size_t i = 0; i < a->site_count; i++) {
		const struct path *path = assessment_path(a, i, SCORING_PRIMARY);
		if (!path_covered(a->config, a->sites[i].site, entry))
			continue;
		effect.sites++;
		if (path->planned == NULL || path->series.interval <= 0)
			continue;
		struct planned_time time = planned_time_of(path->planned, &entry->window,
							   a->period.passed, path->series.interval);
		effect.exceeded += time.over > 0;
		effect.over = time.over > effect.over ? time.over : effect.over;
	}
	return effect;
}

/* Whether it is of this report: the whole network's has those that cover no site any more too. */
static bool is_listed(const struct assessment *a, const struct window_entry *entry)
{
	const struct period *window = &entry->window.period;

	if (window->from >= a->period.asked.until || window->until <= a->period.asked.from)
		return false;
	if (a->organisation == CONFIG_NONE)
		return true;
	for (size_t i = 0; i < a->site_count; i++) {
		if (path_covered(a->config, a->sites[i].site, entry))
			return true;
	}
	return false;
}

/* A site by the name that it has now. */
static const char *say_site_scope(struct monthly *m, const char *key)
{
	const struct config *config = m->assessment->config;

	for (size_t i = 0; i < config->site_count; i++) {
		if (strcmp(site_key(&config->sites[i]), key) == 0)
			return title_in(m, &config->sites[i].title);
	}
	return PHRASE(m, TEXT_MAINTENANCE_GONE, key);
}

static const char *say_one_scope(struct monthly *m, const struct window_scope *scope)
{
	const struct config *config = m->assessment->config;

	if (scope->kind == SCOPE_EVERYTHING)
		return word(m, TEXT_MAINTENANCE_EVERYTHING);
	if (scope->kind == SCOPE_SITE)
		return say_site_scope(m, scope->name);
	size_t index = config_find_organisation(config, scope->name);
	return index == CONFIG_NONE ? PHRASE(m, TEXT_MAINTENANCE_GONE, scope->name)
				    : PHRASE(m, TEXT_MAINTENANCE_SUBTREE,
					     title_in(m, &config->organisations[index].title));
}

const char *say_scopes(struct monthly *m, const struct window_entry *entry)
{
	const char *text = "";

	for (size_t i = 0; i < entry->scope_count; i++)
		text = say_listed(m, text, say_one_scope(m, &entry->scopes[i]));
	return text;
}

static const char *say_late(struct monthly *m, const struct window *window)
{
	nsec ahead = window->period.from - window->entered_at;
	const char *asked = say_length(m, m->assessment->config->notice_ns);

	if (ahead >= 0)
		return PHRASE(m, TEXT_MAINTENANCE_LATE, say_length(m, ahead), asked);
	return PHRASE(m, TEXT_MAINTENANCE_LATE_AFTER, say_length(m, -ahead), asked);
}

const char *say_announced(struct monthly *m, const struct window_entry *entry)
{
	const struct assessment *a = m->assessment;
	const struct planned_rule rule = rule_of(a);

	if (entry == NULL)
		return "";
	if (window_fate(&rule, &entry->window, 0) != WINDOW_LATE)
		return PHRASE(m, TEXT_MAINTENANCE_BEYOND, say_span(m, entry->window.period));
	nsec ahead = entry->window.period.from - entry->window.entered_at;
	return PHRASE(m, ahead >= 0 ? TEXT_MAINTENANCE_TOO_LATE : TEXT_MAINTENANCE_TOO_LATE_AFTER,
		      say_length(m, ahead >= 0 ? ahead : -ahead),
		      say_length(m, a->config->notice_ns));
}

static const char *say_fate(struct monthly *m, const struct window_entry *entry,
			    const struct effect *effect)
{
	const struct assessment *a = m->assessment;
	const struct planned_rule rule = rule_of(a);

	switch (window_fate(&rule, &entry->window, effect->over)) {
	case WINDOW_COUNTS:
		break;
	case WINDOW_EXCEEDS:
		return PHRASE(m, TEXT_MAINTENANCE_EXCEEDS, say_length(m, a->config->allowance_ns),
			      say_count(m, effect->exceeded), say_count(m, effect->sites),
			      say_length(m, effect->over));
	case WINDOW_LATE:
		return say_late(m, &entry->window);
	case WINDOW_CANCELLED:
		return word(m, TEXT_MAINTENANCE_CANCELLED);
	}
	return word(m, TEXT_MAINTENANCE_COUNTS);
}

/* What became of it, and who called it off. */
static const char *say_state(struct monthly *m, const struct window_entry *entry,
			     const struct effect *effect)
{
	const char *text = say_fate(m, entry, effect);

	if (effect->sites == 0)
		text = say_listed(m, text, word(m, TEXT_MAINTENANCE_NO_SITE));
	if (entry->window.cancelled_at == NSEC_INFINITE)
		return text;
	text = say_listed(m, text,
			  PHRASE(m, TEXT_MAINTENANCE_CALLED_OFF,
				 say_time(m, entry->window.cancelled_at), entry->cancelled_by));
	return entry->cancel_reason[0] == '\0' ? text : say_listed(m, text, entry->cancel_reason);
}

static enum tone tone_of(const struct assessment *a, const struct window_entry *entry,
			 const struct effect *effect)
{
	const struct planned_rule rule = rule_of(a);

	switch (window_fate(&rule, &entry->window, effect->over)) {
	case WINDOW_LATE:
		return TONE_BAD;
	case WINDOW_EXCEEDS:
		return TONE_FAIR;
	case WINDOW_CANCELLED:
		return TONE_MUTED;
	case WINDOW_COUNTS:
		break;
	}
	return TONE_PLAIN;
}

static void add_window_row(struct monthly *m, const struct window_entry *entry)
{
	const struct assessment *a = m->assessment;
	struct effect effect = effect_of(a, entry);

	doc_row(m->doc, (struct value[]){
				value_number((double)entry->window.id, 0, ""),
				value_text(say_scopes(m, entry)),
				value_time(entry->window.period.from),
				value_time(entry->window.period.until),
				value_time(entry->window.entered_at),
				value_text(entry->entered_by),
				value_text(entry->owner),
				value_text(entry->reason),
				value_toned(value_text(say_state(m, entry, &effect)),
					    tone_of(a, entry, &effect)),
				value_count(effect.sites),
			});
}

static void add_windows(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"window", word(m, TEXT_COLUMN_RANK), ALIGN_END},
		{"scope", word(m, TEXT_COLUMN_SCOPE), ALIGN_START},
		{"start", word(m, TEXT_COLUMN_START), ALIGN_START},
		{"end", word(m, TEXT_COLUMN_END), ALIGN_START},
		{"entered", word(m, TEXT_COLUMN_ENTERED), ALIGN_START},
		{"entered_by", word(m, TEXT_COLUMN_ENTERED_BY), ALIGN_START},
		{"owner", word(m, TEXT_COLUMN_OWNER), ALIGN_START},
		{"reason", word(m, TEXT_COLUMN_REASON), ALIGN_START},
		{"counted", word(m, TEXT_COLUMN_COUNTED), ALIGN_START},
		{"sites", word(m, TEXT_SUMMARY_MEMBERS), ALIGN_END},
	};
	size_t listed = 0;

	for (size_t i = 0; i < a->windows.count; i++)
		listed += is_listed(a, &a->windows.items[i]);
	if (listed == 0) {
		doc_text(m->doc, word(m, TEXT_MAINTENANCE_NONE));
		return;
	}
	doc_table(m->doc, "windows", word(m, TEXT_MAINTENANCE_WINDOWS), columns, COUNT(columns));
	for (size_t i = 0; i < a->windows.count; i++) {
		if (is_listed(a, &a->windows.items[i]))
			add_window_row(m, &a->windows.items[i]);
	}
}

enum { FIGURE_CELLS = 12 };

static void add_figure_row(struct monthly *m, size_t assessed, enum family family)
{
	const struct path *path = &m->assessment->sites[assessed].path[family];
	const struct score *scores[] = {&path->score, &path->announced};
	const nsec planned[] = {path->facts.time[VERDICT_PLANNED],
				path->facts.announced.time[VERDICT_PLANNED]};
	struct value cells[FIGURE_CELLS] = {
		value_site(m, assessed),
		value_text(say_family(family)),
	};

	for (size_t f = FIGURE_SCORED; f <= FIGURE_ANNOUNCED; f++) {
		cells[2 + f] = value_points(m, scores[f]->exact, scores[f]->grade);
		cells[4 + f] = value_judged(m, INDICATOR_AVAILABILITY, scores[f]);
		cells[6 + f] = value_judged(m, INDICATOR_LOSS, scores[f]);
		cells[8 + f] = value_length(m, planned[f]);
	}
	cells[10] = value_judged(m, INDICATOR_DELAY, &path->announced);
	cells[11] = value_judged(m, INDICATOR_PDV, &path->announced);
	doc_row(m->doc, cells);
}

static bool differs(const struct path *path)
{
	return path->state >= PATH_NOT_COMMISSIONED && path->facts.announced.differs;
}

static size_t count_differing(const struct assessment *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++)
			count += differs(&a->sites[i].path[f]);
	}
	return count;
}

static void start_figures(struct monthly *m)
{
	const struct column columns[FIGURE_CELLS] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"score", word(m, TEXT_SCORE_SCORE), ALIGN_END},
		{"announced_score", word(m, TEXT_COLUMN_ANNOUNCED_SCORE), ALIGN_END},
		{"availability", word(m, TEXT_INDICATOR_AVAILABILITY), ALIGN_END},
		{"announced_availability", word(m, TEXT_COLUMN_ANNOUNCED_AVAILABILITY), ALIGN_END},
		{"loss", word(m, TEXT_INDICATOR_LOSS), ALIGN_END},
		{"announced_loss", word(m, TEXT_COLUMN_ANNOUNCED_LOSS), ALIGN_END},
		{"planned", word(m, TEXT_CHART_VERDICT_PLANNED), ALIGN_END},
		{"announced_planned", word(m, TEXT_COLUMN_ANNOUNCED_PLANNED), ALIGN_END},
		{"announced_delay", word(m, TEXT_COLUMN_ANNOUNCED_DELAY), ALIGN_END},
		{"announced_pdv", word(m, TEXT_COLUMN_ANNOUNCED_PDV), ALIGN_END},
	};

	doc_table(m->doc, "figures", word(m, TEXT_MAINTENANCE_FIGURES), columns, COUNT(columns));
}

/* Packets answered in planned slots that the histograms hold all the same. */
static uint64_t count_kept(const struct assessment *a, enum figure figure)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++)
			kept += facts_figure(&a->sites[i].path[f].facts, figure).kept;
	}
	return kept;
}

static void add_figures(struct monthly *m, size_t bound)
{
	const struct assessment *a = m->assessment;
	size_t count = count_differing(a);
	size_t *order = ranked_sites(a);
	size_t rows = 0;

	if (count > 0)
		start_figures(m);
	else if (a->windows_known)
		doc_text(m->doc, word(m, TEXT_MAINTENANCE_ALIKE));
	for (size_t i = a->site_count; i-- > 0;) {
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (!differs(&a->sites[order[i]].path[f]) ||
			    (bound != TABLE_ALL && rows == bound))
				continue;
			add_figure_row(m, order[i], f);
			rows++;
		}
	}
	free(order);
	if (rows < count)
		doc_note(m->doc, PHRASE(m, TEXT_NOTES_COUNTS_BOUNDED, say_count(m, rows),
					say_count(m, count)));
	if (count > 0)
		doc_note(m->doc, PHRASE(m, TEXT_MAINTENANCE_RESTS,
					say_count(m, count_kept(a, FIGURE_ANNOUNCED))));
}

static bool disagrees(const struct path *path)
{
	const struct disagreement *d = &path->facts.disagreement;

	return path->state >= PATH_NOT_COMMISSIONED && (d->flagged > 0 || d->missed > 0);
}

static void add_disagreement_row(struct monthly *m, size_t assessed, enum family family)
{
	const struct facts *facts = &m->assessment->sites[assessed].path[family].facts;

	doc_row(m->doc, (struct value[]){
				value_site(m, assessed),
				value_text(say_family(family)),
				value_count(facts->disagreement.flagged),
				value_count(facts->disagreement.missed),
				value_count(facts->kept),
			});
}

/* Flags that were set when slots were measured, against the windows. */
static void add_disagreements(struct monthly *m, size_t bound)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"flagged", word(m, TEXT_COLUMN_FLAGGED), ALIGN_END},
		{"missed", word(m, TEXT_COLUMN_MISSED), ALIGN_END},
		{"kept", word(m, TEXT_COLUMN_KEPT), ALIGN_END},
	};
	size_t rows = 0;
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++)
			count += disagrees(&a->sites[i].path[f]);
	}
	if (count == 0)
		return;
	doc_callout(m->doc, TONE_FAIR, PHRASE(m, TEXT_MAINTENANCE_DISAGREE, say_count(m, count)));
	doc_table(m->doc, "disagreements", word(m, TEXT_MAINTENANCE_DISAGREEMENTS), columns,
		  COUNT(columns));
	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (!disagrees(&a->sites[i].path[f]) ||
			    (bound != TABLE_ALL && rows == bound))
				continue;
			add_disagreement_row(m, i, f);
			rows++;
		}
	}
	if (rows < count)
		doc_note(m->doc, PHRASE(m, TEXT_NOTES_COUNTS_BOUNDED, say_count(m, rows),
					say_count(m, count)));
}

void add_maintenance(struct monthly *m, size_t bound)
{
	const struct config *config = m->assessment->config;

	doc_heading(m->doc, 2, word(m, TEXT_MAINTENANCE_HEADING), "maintenance");
	if (!m->assessment->windows_known)
		doc_callout(m->doc, TONE_FAIR, word(m, TEXT_MAINTENANCE_NOT_KNOWN));
	else
		add_windows(m);
	add_figures(m, bound);
	add_disagreements(m, bound);
	doc_note(m->doc, PHRASE(m, TEXT_MAINTENANCE_RULE, say_length(m, config->notice_ns),
				say_length(m, config->allowance_ns)));
}
