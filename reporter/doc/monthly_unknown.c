/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agents could not see: times in which they were cut off, and why slots are unknown. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CELLS = UNKNOWN_REASONS + 4 };

static const struct {
	const char *key;
	enum text_id words;
	enum text_id brief;
} reasons[UNKNOWN_REASONS] = {
	[UNKNOWN_NO_RECORD] = {"no_record", TEXT_UNKNOWN_NO_RECORD, TEXT_UNKNOWN_BRIEF_NO_RECORD},
	[UNKNOWN_NOT_COMMISSIONED] = {"not_commissioned", TEXT_UNKNOWN_NOT_COMMISSIONED,
				      TEXT_UNKNOWN_BRIEF_NOT_COMMISSIONED},
	[UNKNOWN_TAINTED] = {"tainted", TEXT_UNKNOWN_TAINTED, TEXT_UNKNOWN_BRIEF_TAINTED},
	[UNKNOWN_ISOLATED] = {"isolated", TEXT_UNKNOWN_ISOLATED, TEXT_UNKNOWN_BRIEF_ISOLATED},
	[UNKNOWN_CLOCK_STEP] = {"clock_step", TEXT_UNKNOWN_CLOCK_STEP,
				TEXT_UNKNOWN_BRIEF_CLOCK_STEP},
	[UNKNOWN_UNSENT] = {"unsent", TEXT_UNKNOWN_UNSENT, TEXT_UNKNOWN_BRIEF_UNSENT},
	[UNKNOWN_DROPPED] = {"dropped", TEXT_UNKNOWN_DROPPED, TEXT_UNKNOWN_BRIEF_DROPPED},
	[UNKNOWN_LIMITED] = {"limited", TEXT_UNKNOWN_LIMITED, TEXT_UNKNOWN_BRIEF_LIMITED},
};

/* Slots of some paths. */
struct tally {
	size_t paths;
	uint64_t slots; /* that were scheduled */
	nsec time;	/* of them */
	uint64_t unknown[UNKNOWN_REASONS];
	nsec unknown_time[UNKNOWN_REASONS];
};

static void tally_add(struct tally *tally, const struct path *path)
{
	const struct facts *facts = &path->facts;

	if (path->state < PATH_NOT_COMMISSIONED)
		return;
	tally->paths++;
	tally->time += facts_scheduled_time(facts);
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		tally->slots +=
			v == VERDICT_PLANNED || v == VERDICT_UNSCHEDULED ? 0 : facts->slots[v];
	for (size_t r = 0; r < UNKNOWN_REASONS; r++) {
		tally->unknown[r] += facts->unknown[r];
		tally->unknown_time[r] += facts->unknown_time[r];
	}
}

static double tainted_share(const struct tally *tally)
{
	if (tally->slots == 0)
		return NAN;
	return 100 * (double)tally->unknown[UNKNOWN_TAINTED] / (double)tally->slots;
}

/* A column a reason and the share of taints, behind what begins the table. */
static void start_table(struct monthly *m, const char *key, enum text_id title,
			const struct column *first, size_t count)
{
	struct column columns[CELLS];

	memcpy(columns, first, count * sizeof(*first));
	for (size_t r = 0; r < UNKNOWN_REASONS; r++)
		columns[count++] =
			(struct column){reasons[r].key, word(m, reasons[r].brief), ALIGN_END};
	columns[count++] =
		(struct column){"tainted_share", word(m, TEXT_COLUMN_TAINTED_SHARE), ALIGN_END};
	doc_table(m->doc, key, word(m, title), columns, count);
}

static void fill(const struct tally *tally, struct value *cells)
{
	for (size_t r = 0; r < UNKNOWN_REASONS; r++)
		*cells++ = value_count(tally->unknown[r]);
	*cells = value_number(tainted_share(tally), 3, "%");
}

static void add_agents(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column first[] = {
		{"agent", word(m, TEXT_COLUMN_AGENT), ALIGN_START},
		{"paths", word(m, TEXT_COLUMN_PATHS), ALIGN_END},
		{"slots", word(m, TEXT_COLUMN_SLOTS), ALIGN_END},
	};

	start_table(m, "unknown_agents", TEXT_NOTES_UNKNOWN_AGENTS, first, COUNT(first));
	for (size_t agent = 0; agent < a->config->agent_count; agent++) {
		struct tally tally = {0};
		struct value cells[CELLS];
		for (size_t i = 0; i < a->site_count; i++) {
			for (enum family f = 0; f < FAMILY_COUNT; f++) {
				if (assessment_site(a, i)->scored_agent == agent)
					tally_add(&tally, &a->sites[i].path[f]);
			}
		}
		if (tally.paths == 0)
			continue;
		cells[0] = value_text(title_in(m, &a->config->agents[agent].title));
		cells[1] = value_count(tally.paths);
		cells[2] = value_count(tally.slots);
		fill(&tally, cells + COUNT(first));
		doc_row(m->doc, cells);
	}
}

static bool has_unknown(const struct path *path)
{
	return path->state >= PATH_NOT_COMMISSIONED && path->facts.slots[VERDICT_UNKNOWN] > 0;
}

static size_t count_unknown(const struct assessment *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->site_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++)
			count += has_unknown(&a->sites[i].path[f]);
	}
	return count;
}

static void add_path_row(struct monthly *m, size_t assessed, enum family family)
{
	struct tally tally = {0};
	struct value cells[CELLS];

	tally_add(&tally, &m->assessment->sites[assessed].path[family]);
	cells[0] = value_site(m, assessed);
	cells[1] = value_text(say_family(family));
	fill(&tally, cells + 2);
	doc_row(m->doc, cells);
}

/* Only the paths that have unknown slots. */
static void add_paths_unknown(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	size_t *order = ranked_sites(a);
	size_t count = count_unknown(a);
	size_t rows = 0;
	const struct column first[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
	};

	if (count == 0)
		doc_note(m->doc, word(m, TEXT_NOTES_UNKNOWN_CALM));
	else
		start_table(m, "unknown_paths", TEXT_NOTES_UNKNOWN_PATHS, first, COUNT(first));
	for (size_t i = a->site_count; i-- > 0 && rows < TABLE_BOUNDED;) {
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (!has_unknown(&a->sites[order[i]].path[f]))
				continue;
			add_path_row(m, order[i], f);
			rows++;
		}
	}
	if (rows < count)
		doc_note(m->doc, PHRASE(m, TEXT_NOTES_COUNTS_BOUNDED, say_count(m, rows),
					say_count(m, count)));
	free(order);
}

static void add_reasons(struct monthly *m, const struct tally *tally)
{
	const struct column columns[] = {
		{"reason", word(m, TEXT_COLUMN_REASON), ALIGN_START},
		{"slots", word(m, TEXT_COLUMN_SLOTS), ALIGN_END},
		{"seconds", word(m, TEXT_COLUMN_SECONDS), ALIGN_END},
		{"share", word(m, TEXT_COLUMN_SHARE), ALIGN_END},
	};

	doc_table(m->doc, "unknown", word(m, TEXT_NOTES_UNKNOWN), columns, COUNT(columns));
	for (size_t r = 0; r < UNKNOWN_REASONS; r++) {
		nsec time = tally->unknown_time[r];
		double share =
			tally->time == 0 ? (double)NAN : 100 * (double)time / (double)tally->time;
		doc_row(m->doc, (struct value[]){
					value_text(word(m, reasons[r].words)),
					value_count(tally->unknown[r]),
					value_number((double)time / NSEC_PER_SEC, 0, ""),
					value_number(share, 3, "%"),
				});
	}
}

void add_unknown(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	struct tally tally = {0};

	for (size_t i = 0; i < a->site_count; i++)
		tally_add(&tally, assessment_path(a, i, SCORING_PRIMARY));
	add_reasons(m, &tally);
	doc_note(m->doc,
		 PHRASE(m, TEXT_NOTES_UNKNOWN_NOTE, say_number(m, tainted_share(&tally), 3, "%")));
	add_agents(m);
	add_paths_unknown(m);
}

/* The part of a cut-off in the period. */
static nsec within(const struct assessment *a, const struct cut_off *cut_off)
{
	struct period period = a->period.passed;
	nsec from = cut_off->period.from > period.from ? cut_off->period.from : period.from;
	nsec until = cut_off->period.until < period.until ? cut_off->period.until : period.until;

	return until - from;
}

static void add_cut_off_row(struct monthly *m, const struct cut_off *cut_off)
{
	const struct assessment *a = m->assessment;
	size_t index = config_find_agent(a->config, cut_off->agent);
	const struct agent_config *agent = &a->config->agents[index];
	const struct title *site =
		agent->site == CONFIG_NONE ? NULL : &a->config->sites[agent->site].title;
	const char *remarks = "";

	if (cut_off->period.from < a->period.passed.from)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_BEFORE));
	if (cut_off->open)
		remarks = say_listed(m, remarks, word(m, TEXT_OUTAGE_CUT_OFF_UNTOLD));
	doc_row(m->doc,
		(struct value[]){
			value_text(title_in(m, &agent->title)),
			value_text(site == NULL ? "–" : title_in(m, site)),
			value_text(say_family(cut_off->family == 4 ? FAMILY_IPV4 : FAMILY_IPV6)),
			value_time(cut_off->period.from),
			value_time(cut_off->period.until),
			value_length(m, cut_off->period.until - cut_off->period.from),
			value_length(m, within(a, cut_off)),
			value_text(remarks),
		});
}

static void add_cut_offs(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"agent", word(m, TEXT_COLUMN_AGENT), ALIGN_START},
		{"own_site", word(m, TEXT_COLUMN_OWN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"start", word(m, TEXT_COLUMN_START), ALIGN_START},
		{"end", word(m, TEXT_COLUMN_END), ALIGN_START},
		{"duration", word(m, TEXT_COLUMN_DURATION), ALIGN_END},
		{"in_period", word(m, TEXT_COLUMN_IN_PERIOD), ALIGN_END},
		{"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};

	if (a->cut_off_count == 0)
		return;
	doc_table(m->doc, "cut_offs", word(m, TEXT_OUTAGE_CUT_OFFS), columns, COUNT(columns));
	for (size_t i = 0; i < a->cut_off_count; i++)
		add_cut_off_row(m, &a->cut_offs[i]);
	doc_note(m->doc, word(m, TEXT_OUTAGE_CUT_OFFS_NOTE));
}

enum { LAPSES_SHOWN = 100 };

static const char *say_lapse_remarks(struct monthly *m, const struct lapse *lapse)
{
	const char *text = lapse->whole ? say_listed(m, word(m, TEXT_LAPSE_WHOLE),
						     say_concerned(m, lapse->agent))
					: "";

	if (lapse->cut_off.from >= lapse->cut_off.until)
		return text;
	return say_listed(m, text, PHRASE(m, TEXT_LAPSE_CUT_OFF, say_span(m, lapse->cut_off)));
}

static void add_lapse_row(struct monthly *m, const struct lapse *lapse)
{
	const struct config *config = m->assessment->config;
	const struct agent_config *agent = &config->agents[lapse->agent];
	const struct title *site =
		agent->site == CONFIG_NONE ? NULL : &config->sites[agent->site].title;

	doc_row(m->doc, (struct value[]){
				value_text(title_in(m, &agent->title)),
				value_text(site == NULL ? "–" : title_in(m, site)),
				value_time(lapse->period.from),
				value_time(lapse->period.until),
				value_length(m, lapse->period.until - lapse->period.from),
				value_text(word(m, reasons[lapse->why].words)),
				value_count(lapse->paths),
				value_text(say_lapse_remarks(m, lapse)),
				value_count(0),
			});
}

static int compare_lengths(const void *a, const void *b)
{
	const struct lapse *const *x = a;
	const struct lapse *const *y = b;
	nsec length = (*x)->period.until - (*x)->period.from;
	nsec other = (*y)->period.until - (*y)->period.from;

	if (length != other)
		return length > other ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

static int compare_times(const void *a, const void *b)
{
	const struct lapse *const *x = a;
	const struct lapse *const *y = b;

	return (*x > *y) - (*x < *y);
}

/* The longest, in the order of time. */
static void add_lapse_rows(struct monthly *m)
{
	const struct lapses *lapses = &m->findings->lapses;
	const struct lapse **list = must_calloc(lapses->count, sizeof(*list));
	size_t shown = lapses->count < LAPSES_SHOWN ? lapses->count : LAPSES_SHOWN;

	for (size_t i = 0; i < lapses->count; i++)
		list[i] = &lapses->items[i];
	qsort(list, lapses->count, sizeof(*list), compare_lengths);
	qsort(list, shown, sizeof(*list), compare_times);
	for (size_t i = 0; i < shown; i++)
		add_lapse_row(m, list[i]);
	free(list);
	if (shown < lapses->count)
		doc_note(m->doc, PHRASE(m, TEXT_LAPSE_BOUNDED, say_count(m, shown),
					say_count(m, lapses->count)));
}

void add_lapses(struct monthly *m)
{
	const struct column columns[] = {
		{"agent", word(m, TEXT_COLUMN_AGENT), ALIGN_START},
		{"own_site", word(m, TEXT_COLUMN_OWN_SITE), ALIGN_START},
		{"start", word(m, TEXT_COLUMN_START), ALIGN_START},
		{"end", word(m, TEXT_COLUMN_END), ALIGN_START},
		{"length", word(m, TEXT_COLUMN_LENGTH), ALIGN_END},
		{"reason", word(m, TEXT_COLUMN_REASON), ALIGN_START},
		{"paths", word(m, TEXT_COLUMN_PATHS), ALIGN_END},
		{"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
		{"points_lost", word(m, TEXT_COLUMN_POINTS_LOST), ALIGN_END},
	};

	doc_heading(m->doc, 2, word(m, TEXT_LAPSE_HEADING), "lapses");
	if (m->findings->lapses.count == 0) {
		doc_text(m->doc, word(m, TEXT_LAPSE_NONE));
	} else {
		doc_table(m->doc, "lapses", word(m, TEXT_LAPSE_TABLE), columns, COUNT(columns));
		add_lapse_rows(m);
	}
	add_cut_offs(m);
	doc_note(m->doc, word(m, TEXT_LAPSE_NOTE));
}
