/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statistics notes: definitions, parameters, completeness, accounting, the profile in full. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/crosscheck.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add_definitions(struct monthly *m)
{
	const struct profile *profile = m->assessment->profile;

	doc_heading(m->doc, 2, word(m, TEXT_NOTES_DEFINITIONS), "definitions");
	doc_text(m->doc, word(m, TEXT_NOTES_PACKET));
	doc_text(m->doc, PHRASE(m, TEXT_NOTES_SLOT, say_exact(m, 100 * profile->c1, "%"),
				say_exact(m, 100 * profile->degraded_loss, "%"),
				say_exact(m, profile->degraded_points, "")));
	doc_text(m->doc,
		 PHRASE(m, TEXT_NOTES_LIMITED, say_exact(m, 100 * profile->degraded_loss, "%"),
			say_exact(m, 100 * CROSSCHECK_LEVEL, "%"),
			say_exact(m, 100 * profile->c1, "%")));
	doc_text(m->doc, word(m, TEXT_NOTES_AVAILABILITY));
	doc_text(m->doc, word(m, TEXT_NOTES_LOSS));
	doc_text(m->doc, word(m, TEXT_NOTES_DELAY));
	doc_text(m->doc, word(m, TEXT_NOTES_QUANTILE));
	doc_text(m->doc, word(m, TEXT_NOTES_COVERAGE));
	doc_text(m->doc, word(m, TEXT_NOTES_SCORE));
	doc_text(m->doc, word(m, TEXT_NOTES_IPV6));
	doc_text(m->doc, word(m, TEXT_NOTES_SAMPLES));
	doc_text(m->doc, word(m, TEXT_NOTES_NOT_MEASURED));
}

static void add_formula(struct monthly *m)
{
	static const enum text_id parts[] = {TEXT_FORMULA_BUCKETS, TEXT_FORMULA_RANK,
					     TEXT_FORMULA_INSIDE, TEXT_FORMULA_SPREAD,
					     TEXT_FORMULA_ROUGH};

	doc_heading(m->doc, 2, word(m, TEXT_FORMULA_HEADING), "formula");
	for (size_t i = 0; i < COUNT(parts); i++)
		doc_text(m->doc, word(m, parts[i]));
}

static const char *say_families(struct monthly *m, const struct test_config *test)
{
	const char *text = "";

	for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
		if (test->family[f])
			text = text[0] == '\0'
				       ? say_family(f)
				       : keep(m, must_format("%s + %s", text, say_family(f)));
	}
	return text;
}

static void add_test_row(struct monthly *m, const struct test_config *test, size_t sites)
{
	doc_row(m->doc, (struct value[]){
				value_text(test->name),
				value_text(say_method(m, test)),
				value_text(say_families(m, test)),
				value_count(sites),
				value_number((double)test->interval_ns / NSEC_PER_SEC, 0, "s"),
				value_count(test->packets),
				test->size == 0 ? value_text("–") : value_number(test->size, 0, ""),
				value_number(test->dscp, 0, ""),
				value_exact((double)test->t_max_ns / NSEC_PER_SEC, "s"),
			});
}

static void add_tests(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	const struct column columns[] = {
		{"test", word(m, TEXT_COLUMN_TEST), ALIGN_START},
		{"method", word(m, TEXT_COLUMN_METHOD), ALIGN_START},
		{"families", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"sites", word(m, TEXT_SUMMARY_MEMBERS), ALIGN_END},
		{"interval", word(m, TEXT_COLUMN_INTERVAL), ALIGN_END},
		{"packets", word(m, TEXT_COLUMN_PACKETS), ALIGN_END},
		{"size", word(m, TEXT_COLUMN_SIZE), ALIGN_END},
		{"dscp", "DSCP", ALIGN_END},
		{"t_max", "T_max", ALIGN_END},
	};

	doc_table(m->doc, "tests", word(m, TEXT_NOTES_TESTS), columns, COUNT(columns));
	for (size_t t = 0; t < a->config->test_count; t++) {
		size_t sites = 0;
		for (size_t i = 0; i < a->site_count; i++)
			sites += assessment_site(a, i)->scored_test == t;
		if (sites > 0)
			add_test_row(m, &a->config->tests[t], sites);
	}
}

static const enum text_id verdict_ids[VERDICT_COUNT] = {
	[VERDICT_GOOD] = TEXT_CHART_VERDICT_GOOD,
	[VERDICT_DEGRADED] = TEXT_CHART_VERDICT_DEGRADED,
	[VERDICT_BAD] = TEXT_CHART_VERDICT_BAD,
	[VERDICT_PLANNED] = TEXT_CHART_VERDICT_PLANNED,
	[VERDICT_UNKNOWN] = TEXT_CHART_VERDICT_UNKNOWN,
	[VERDICT_UNSCHEDULED] = TEXT_CHART_VERDICT_UNSCHEDULED,
};

/* Those of the paths whose time is summed; the total is that of the identity. */
static uint64_t count_slots(const struct assessment *a, uint64_t slots[VERDICT_COUNT])
{
	uint64_t all = 0;

	memset(slots, 0, VERDICT_COUNT * sizeof(slots[0]));
	for (size_t i = 0; i < a->site_count; i++) {
		const struct path *path = assessment_path(a, i, SCORING_PRIMARY);
		if (path->state < PATH_NOT_COMMISSIONED)
			continue;
		all += path->facts.slot_count;
		for (size_t v = 0; v < VERDICT_COUNT; v++)
			slots[v] += path->facts.slots[v];
	}
	return all;
}

static void add_accounting(struct monthly *m)
{
	const struct assessment *a = m->assessment;
	nsec length = a->period.passed.until - a->period.passed.from;
	nsec whole = length * (nsec)a->time_paths;
	uint64_t slots[VERDICT_COUNT];
	uint64_t all_slots = count_slots(a, slots);
	const struct column columns[] = {
		{"verdict", word(m, TEXT_COLUMN_VERDICT), ALIGN_START},
		{"slots", word(m, TEXT_COLUMN_SLOTS), ALIGN_END},
		{"seconds", word(m, TEXT_COLUMN_SECONDS), ALIGN_END},
		{"time", word(m, TEXT_COLUMN_TIME), ALIGN_END},
		{"share", word(m, TEXT_COLUMN_SHARE), ALIGN_END},
	};

	doc_table(m->doc, "accounting", word(m, TEXT_NOTES_ACCOUNTING), columns, COUNT(columns));
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		doc_row(m->doc,
			(struct value[]){
				value_text(word(m, verdict_ids[v])),
				value_count(slots[v]),
				value_number((double)a->time[v] / NSEC_PER_SEC, 0, ""),
				value_length(m, a->time[v]),
				value_number(whole == 0 ? (double)NAN
							: 100 * (double)a->time[v] / (double)whole,
					     3, "%"),
			});
	doc_row(m->doc, (struct value[]){
				value_text(word(m, TEXT_COLUMN_TOTAL)),
				value_count(all_slots),
				value_number((double)whole / NSEC_PER_SEC, 0, ""),
				value_length(m, whole),
				value_number(whole == 0 ? (double)NAN : 100, 3, "%"),
			});
	doc_note(m->doc, PHRASE(m, TEXT_NOTES_IDENTITY, say_count(m, a->time_paths),
				say_number(m, (double)length / NSEC_PER_SEC, 0, "s"),
				say_number(m, (double)whole / NSEC_PER_SEC, 0, "s")));
	doc_note(m->doc, PHRASE(m, TEXT_NOTES_UNAVAILABLE, say_count(m, a->profile->outage_slots)));
}

struct cell_column {
	const char *key;
	enum text_id id;
};

/* A table with a row a path, under what it always begins with: site and family. */
struct path_table {
	const char *key;
	enum text_id title;
	const struct cell_column *columns;
	size_t count;
	void (*fill)(const struct facts *facts, struct value *cells);
};

enum { PATH_CELLS = 16, PATH_NAMES = 2 };

static void fill_slots(const struct facts *facts, struct value *cells)
{
	for (size_t v = 0; v < VERDICT_COUNT; v++)
		*cells++ = value_count(facts->slots[v]);
	*cells++ = value_count(facts->slot_count);
	*cells = value_number(facts_availability_floor(facts), 3, "%");
}

static void fill_seconds(const struct facts *facts, struct value *cells)
{
	nsec length = facts->period.until - facts->period.from;

	for (size_t v = 0; v < VERDICT_COUNT; v++)
		*cells++ = value_number((double)facts->time[v] / NSEC_PER_SEC, 0, "");
	*cells = value_number((double)length / NSEC_PER_SEC, 0, "");
}

static void fill_packets(const struct facts *facts, struct value *cells)
{
	*cells++ = value_count(facts->judged.sent);
	*cells++ = value_count(facts->judged.lost);
	*cells++ = value_count(facts->judged.duplicated);
	*cells++ = value_count(facts->judged.reordered);
	*cells++ = value_count(facts->judged.late);
	*cells++ = value_count(delays_answered(&facts->delays) + facts->delays.lost);
	*cells = value_number(facts_loss(&facts->available), 3, "%");
}

static void start_path_table(struct monthly *m, const struct path_table *table)
{
	struct column columns[PATH_CELLS] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
	};

	for (size_t i = 0; i < table->count; i++)
		columns[PATH_NAMES + i] = (struct column){table->columns[i].key,
							  word(m, table->columns[i].id), ALIGN_END};
	doc_table(m->doc, table->key, word(m, table->title), columns, PATH_NAMES + table->count);
}

static void add_path_table(struct monthly *m, const struct path_table *table, size_t bound)
{
	const struct assessment *a = m->assessment;
	size_t *order = ranked_sites(a);
	size_t rows = 0;
	size_t paths = 0;

	start_path_table(m, table);
	for (size_t i = a->site_count; i-- > 0;) {
		for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
			const struct path *path = &a->sites[order[i]].path[f];
			struct value cells[PATH_CELLS];
			if (path->state < PATH_NOT_COMMISSIONED)
				continue;
			paths++;
			if (bound != TABLE_ALL && rows == bound)
				continue;
			rows++;
			cells[0] = value_site(m, order[i]);
			cells[1] = value_text(say_family(f));
			table->fill(&path->facts, cells + PATH_NAMES);
			doc_row(m->doc, cells);
		}
	}
	if (rows < paths)
		doc_note(m->doc, PHRASE(m, TEXT_NOTES_COUNTS_BOUNDED, say_count(m, rows),
					say_count(m, paths)));
	free(order);
}

void add_counts(struct monthly *m, size_t bound)
{
	static const struct cell_column packets[] = {
		{"sent", TEXT_COLUMN_SENT},
		{"lost", TEXT_COLUMN_LOST},
		{"duplicated", TEXT_COLUMN_DUPLICATED},
		{"reordered", TEXT_COLUMN_REORDERED},
		{"late", TEXT_COLUMN_LATE},
		{"in_histogram", TEXT_COLUMN_IN_HISTOGRAM},
		{"loss_available", TEXT_COLUMN_LOSS_AVAILABLE},
	};
	struct cell_column slots[VERDICT_COUNT + 2];

	for (size_t v = 0; v < VERDICT_COUNT; v++)
		slots[v] = (struct cell_column){verdict_name((enum verdict)v), verdict_ids[v]};
	slots[VERDICT_COUNT] = (struct cell_column){"total", TEXT_COLUMN_TOTAL};
	slots[VERDICT_COUNT + 1] =
		(struct cell_column){"availability_floor", TEXT_COLUMN_AVAILABILITY_FLOOR};
	const struct path_table tables[] = {
		{"counts", TEXT_NOTES_COUNTS, slots, COUNT(slots), fill_slots},
		{"seconds", TEXT_NOTES_SECONDS, slots, VERDICT_COUNT + 1, fill_seconds},
		{"packet_counts", TEXT_NOTES_PACKETS, packets, COUNT(packets), fill_packets},
	};
	for (size_t i = 0; i < COUNT(tables); i++)
		add_path_table(m, &tables[i], bound);
}

static void add_weights(struct monthly *m)
{
	const struct profile *profile = m->assessment->profile;
	const struct column columns[] = {
		{"item", word(m, TEXT_COLUMN_ITEM), ALIGN_START},
		{"weight", word(m, TEXT_COLUMN_WEIGHT), ALIGN_END},
	};

	doc_table(m->doc, "weights", word(m, TEXT_NOTES_WEIGHTS), columns, COUNT(columns));
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++)
		doc_row(m->doc, (struct value[]){value_text(say_indicator(m, i)),
						 value_exact(profile->weight[i], "")});
	for (enum tier t = 0; t < TIER_COUNT; t++)
		doc_row(m->doc, (struct value[]){value_text(say_tier(m, t)),
						 value_exact(profile->tier_weight[t], "")});
}

static void add_anchor_rows(struct monthly *m, enum indicator indicator, const char *scope,
			    const struct scale *scale)
{
	for (size_t i = 0; i < scale->count; i++) {
		const struct anchor *anchor = &scale->anchors[i];
		bool is_default = strcmp(anchor->source, "default") == 0;
		bool percent = indicator == INDICATOR_AVAILABILITY || indicator == INDICATOR_LOSS;
		doc_row(m->doc, (struct value[]){
					value_text(say_indicator(m, indicator)),
					value_text(scope),
					value_exact(anchor->value, percent ? "%" : "ms"),
					value_exact(anchor->points, ""),
					value_text(is_default ? word(m, TEXT_NOTES_DEFAULT)
							      : anchor->source),
				});
	}
}

static void add_anchors(struct monthly *m)
{
	const struct profile *profile = m->assessment->profile;
	const char *everywhere = word(m, TEXT_NOTES_EVERYWHERE);
	const struct column columns[] = {
		{"indicator", word(m, TEXT_COLUMN_INDICATOR), ALIGN_START},
		{"scope", word(m, TEXT_COLUMN_SCOPE), ALIGN_START},
		{"value", word(m, TEXT_COLUMN_VALUE), ALIGN_END},
		{"points", word(m, TEXT_COLUMN_POINTS), ALIGN_END},
		{"source", word(m, TEXT_COLUMN_SOURCE), ALIGN_START},
	};

	doc_table(m->doc, "anchors", word(m, TEXT_NOTES_ANCHORS), columns, COUNT(columns));
	for (enum tier t = 0; t < TIER_COUNT; t++)
		add_anchor_rows(m, INDICATOR_AVAILABILITY, say_tier(m, t),
				profile_scale(profile, INDICATOR_AVAILABILITY, t, REACH_CITY));
	add_anchor_rows(m, INDICATOR_LOSS, everywhere,
			profile_scale(profile, INDICATOR_LOSS, TIER_BACKBONE, REACH_CITY));
	add_anchor_rows(m, INDICATOR_DELAY, word(m, TEXT_NOTES_REACH_CITY),
			profile_scale(profile, INDICATOR_DELAY, TIER_BACKBONE, REACH_CITY));
	add_anchor_rows(m, INDICATOR_DELAY, word(m, TEXT_NOTES_REACH_PROVINCE),
			profile_scale(profile, INDICATOR_DELAY, TIER_BACKBONE, REACH_PROVINCE));
	add_anchor_rows(m, INDICATOR_PDV, everywhere,
			profile_scale(profile, INDICATOR_PDV, TIER_BACKBONE, REACH_CITY));
	doc_note(m->doc, word(m, TEXT_NOTES_ANCHORS_NOTE));
}

static const char *say_grades(struct monthly *m)
{
	const struct profile *profile = m->assessment->profile;
	const char *text = "";

	for (size_t i = 0; i < profile->grade_count; i++) {
		const struct grade *grade = &profile->grades[i];
		const char *name = m->language == LANGUAGE_ZH_CN ? grade->zh : grade->en;
		text = say_listed(m, text,
				  PHRASE(m, TEXT_NOTES_GRADE, name, say_exact(m, grade->from, "")));
	}
	return text;
}

/* What leads to a veto by this profile. */
static const char *say_veto_rule(struct monthly *m)
{
	const struct profile *profile = m->assessment->profile;
	const char *comma = word(m, TEXT_DOC_LIST_COMMA);
	const char *tiers = "";
	const char *rule = "";

	for (enum tier t = 0; t < TIER_COUNT; t++) {
		if (profile->veto_outage_tier[t])
			tiers = tiers[0] == '\0' ? say_tier(m, t)
						 : keep(m, must_format("%s%s%s", tiers, comma,
								       say_tier(m, t)));
	}
	if (profile->veto_availability)
		rule = word(m, TEXT_NOTES_VETO_AVAILABILITY);
	if (tiers[0] != '\0')
		rule = say_listed(m, rule,
				  PHRASE(m, TEXT_NOTES_VETO_OUTAGE, tiers,
					 say_length(m, profile->veto_outage_ns)));
	if (rule[0] == '\0')
		return word(m, TEXT_NOTES_VETO_NONE);
	return PHRASE(m, TEXT_NOTES_VETO, rule, say_exact(m, profile->veto_cap, ""));
}

static void add_profile(struct monthly *m)
{
	const struct profile *profile = m->assessment->profile;

	doc_heading(m->doc, 2, word(m, TEXT_NOTES_PROFILE), "profile");
	doc_text(m->doc, PHRASE(m, TEXT_NOTES_GRADES, say_grades(m)));
	doc_text(m->doc,
		 PHRASE(m, TEXT_NOTES_GATES, say_exact(m, 100 * profile->coverage_required, "%"),
			say_length(m, profile->service_required_ns),
			say_exact(m, 100 * profile->coverage_marked, "%"),
			say_exact(m, 100 * profile->weight_required, "%")));
	doc_text(m->doc, say_veto_rule(m));
	add_weights(m);
	add_anchors(m);
}

static bool any_beyond(const struct assessment *a)
{
	for (size_t i = 0; i < a->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++) {
			if (a->sites[i].path[f].facts.beyond)
				return true;
		}
	}
	return false;
}

void add_notes(struct monthly *m)
{
	doc_heading(m->doc, 1, word(m, TEXT_CHAPTER_NOTES), "notes");
	add_changes(m);
	add_definitions(m);
	doc_heading(m->doc, 2, word(m, TEXT_NOTES_COMPLETENESS), "completeness");
	add_tests(m);
	add_revisions(m);
	add_accounting(m);
	add_unknown(m);
	add_counts(m, TABLE_BOUNDED);
	if (any_beyond(m->assessment))
		doc_note(m->doc, word(m, TEXT_NOTES_BEYOND));
	add_profile(m);
	add_formula(m);
}
