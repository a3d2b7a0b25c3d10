/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The charts of one site: delay percentiles and loss over time, verdicts by slot, delays by bucket.
 */
#include "reporter/doc/monthly_parts.h"

#include "collector/base/log.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>

/* Periods up to this long are charted by slot, longer ones by hour. */
#define BY_SLOT_UP_TO (6 * NSEC_PER_HOUR)

/* The line to compare with, unless it would press the values to the ground. */
static void set_bound(struct monthly *m, struct chart *chart, const struct scale *scale,
		      double most)
{
	const struct grade *grades = m->assessment->profile->grades;
	size_t count = m->assessment->profile->grade_count;
	double points = count < 2 ? 0 : grades[count - 2].from;
	double bound = scale_value(scale, points);

	if (isfinite(bound) && most > bound / 4)
		chart_set_bound(chart, bound,
				PHRASE(m, TEXT_CHARTS_BOUND, say_number(m, points, 0, "")));
}

static void add_value(struct chart *chart, size_t series, struct period span, double value,
		      double *most)
{
	chart_add_point(chart, series, (struct chart_point){span.from, span.until, value, 0});
	if (isfinite(value) && value > *most)
		*most = value;
}

static void add_delay_hours(struct chart *chart, const struct record *record, double *most)
{
	for (size_t p = 0; p < PERCENTILES; p++) {
		nsec expected = NSEC_UNDEFINED;
		for (size_t i = 0; i < record->hour_count; i++) {
			const struct hour *hour = &record->hours[i];
			struct period span = {hour->from, hour->from + NSEC_PER_HOUR};
			if (expected != NSEC_UNDEFINED && hour->from > expected)
				add_value(chart, p, (struct period){expected, hour->from}, NAN,
					  most);
			expected = span.until;
			nsec value =
				delays_quantile(&hour->delays, 1, DELAY_RTT, percentiles[p]).value;
			add_value(chart, p, span, facts_milliseconds(value), most);
		}
	}
}

static void add_delay_slots(struct chart *chart, const struct record *record, double *most)
{
	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		struct period span = {slot->from, slot->until};
		bool judged = availability_judgeable(slot);
		nsec values[3] = {slot->rtt_min, slot->rtt_median, slot->rtt_max};
		for (size_t v = 0; v < 3; v++)
			add_value(chart, v, span,
				  judged ? facts_milliseconds(values[v]) : (double)NAN, most);
	}
}

static void add_delay_chart(struct monthly *m, size_t assessed, const struct record *record)
{
	const struct site *site = assessment_site(m->assessment, assessed);
	bool by_slot = record->period.until - record->period.from <= BY_SLOT_UP_TO;
	struct chart *chart = chart_create(
		CHART_LINES, word(m, by_slot ? TEXT_CHARTS_DELAY_SLOTS : TEXT_CHARTS_DELAY_HOURS),
		"ms", record->period);
	double most = 0;

	if (by_slot) {
		chart_add_series(chart, word(m, TEXT_CHARTS_LEAST));
		chart_add_series(chart, word(m, TEXT_CHARTS_MEDIAN));
		chart_add_series(chart, word(m, TEXT_CHARTS_MOST));
		add_delay_slots(chart, record, &most);
	} else {
		chart_add_series(chart, "p50");
		chart_add_series(chart, "p95");
		chart_add_series(chart, "p99");
		add_delay_hours(chart, record, &most);
	}
	set_bound(m, chart,
		  profile_scale(m->assessment->profile, INDICATOR_DELAY, site->tier, site->reach),
		  most);
	doc_chart(m->doc, "delay", chart);
}

/* Loss of the judged slots of one hour, or of one slot. */
struct loss_bin {
	struct period span;
	uint64_t sent;
	uint64_t lost;
};

static void flush_bin(struct chart *chart, struct loss_bin *bin, double *most)
{
	if (bin->span.until > chart->period.until)
		bin->span.until = chart->period.until;
	if (bin->span.until > bin->span.from)
		add_value(chart, 0, bin->span,
			  bin->sent == 0 ? (double)NAN
					 : 100 * (double)bin->lost / (double)bin->sent,
			  most);
	*bin = (struct loss_bin){0};
}

static void add_loss_chart(struct monthly *m, size_t assessed, const struct facts_rule *rule,
			   const struct record *record)
{
	const struct site *site = assessment_site(m->assessment, assessed);
	bool by_slot = record->period.until - record->period.from <= BY_SLOT_UP_TO;
	struct chart *chart = chart_create(
		CHART_COLUMNS, word(m, by_slot ? TEXT_CHARTS_LOSS_SLOTS : TEXT_CHARTS_LOSS_HOURS),
		"%", record->period);
	struct loss_bin bin = {0};
	double most = 0;

	chart_add_series(chart, say_indicator(m, INDICATOR_LOSS));
	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		nsec from = by_slot ? slot->from : nsec_floor(slot->from, NSEC_PER_HOUR);
		nsec until = by_slot ? slot->until : from + NSEC_PER_HOUR;
		if (bin.span.until <= slot->from)
			flush_bin(chart, &bin, &most);
		bin.span = (struct period){from, until > slot->until ? until : slot->until};
		if (facts_verdict(rule, record, slot) >= VERDICT_PLANNED)
			continue;
		bin.sent += slot->sent;
		bin.lost += slot->lost;
	}
	flush_bin(chart, &bin, &most);
	set_bound(m, chart,
		  profile_scale(m->assessment->profile, INDICATOR_LOSS, site->tier, site->reach),
		  most);
	doc_chart(m->doc, "loss", chart);
}

/* Neighbours with the same verdict are one point. */
static void add_lane(struct chart *chart, const char *name, const struct facts_rule *rule,
		     const struct record *record)
{
	size_t series = chart_add_series(chart, name);
	struct chart_point run = {.at = record->period.from, .until = record->period.from};

	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		enum verdict verdict = facts_verdict(rule, record, slot);
		if (run.until > run.at && (verdict != run.verdict || slot->from != run.until)) {
			chart_add_point(chart, series, run);
			run.at = slot->from;
		}
		if (run.until == run.at)
			run.at = slot->from;
		run.until = slot->until;
		run.verdict = verdict;
	}
	if (run.until > run.at)
		chart_add_point(chart, series, run);
}

static void add_histogram(struct monthly *m, const struct facts *facts)
{
	struct chart *chart =
		chart_create(CHART_HISTOGRAM, word(m, TEXT_CHARTS_HISTOGRAM), "%", facts->period);
	uint64_t answered = delays_answered(&facts->delays);
	size_t first = 0;
	size_t last = RTT_BUCKETS;

	chart_add_series(chart, word(m, TEXT_CHARTS_SHARE));
	while (first < RTT_BUCKETS && facts->delays.rtt[first] == 0)
		first++;
	while (last > first && facts->delays.rtt[last - 1] == 0)
		last--;
	for (size_t b = first; b < last; b++)
		chart_add_point(
			chart, 0,
			(struct chart_point){
				.at = histogram_lower(DELAY_RTT, b),
				.until = histogram_upper(DELAY_RTT, b),
				.value = 100 * (double)facts->delays.rtt[b] / (double)answered,
			});
	doc_chart(m->doc, "histogram", chart);
}

/* What is read again for the charts of a path; nothing where it cannot be. */
static struct history read_again(struct monthly *m, const struct path *path)
{
	struct history history = {0};

	if (path->state < PATH_NOT_COMMISSIONED)
		return history;
	enum err rc = history_read(m->source, path, m->assessment->period.passed, &history);
	if (rc != E_OK)
		log_warn("reporter", "site=%s charts: %s", path->key.target, err_text(rc));
	return history;
}

static void add_strip(struct monthly *m, const struct facts_rule *rule,
		      const struct history histories[FAMILY_COUNT])
{
	struct chart *chart = chart_create(CHART_STRIP, word(m, TEXT_CHARTS_STRIP), "",
					   m->assessment->period.passed);

	for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
		if (histories[f].record.slot_count > 0)
			add_lane(chart, say_family(f), rule, &histories[f].record);
	}
	doc_chart(m->doc, "availability", chart);
}

void add_site_charts(struct monthly *m, size_t assessed)
{
	const struct assessment *a = m->assessment;
	const struct site *site = assessment_site(a, assessed);
	const struct path *path = assessment_path(a, assessed, SCORING_PRIMARY);
	struct facts_rule rule = score_facts_rule(a->profile, site->tier, site->reach);
	struct history histories[FAMILY_COUNT];

	for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++)
		histories[f] = read_again(m, &a->sites[assessed].path[f]);
	const struct record *record = &histories[site->primary].record;
	doc_heading(
		m->doc, 3,
		PHRASE(m, TEXT_CHARTS_SITE, title_in(m, &site->title), say_family(site->primary)),
		keep(m, must_format("site-%s", site->name)));
	add_strip(m, &rule, histories);
	add_delay_chart(m, assessed, record);
	add_loss_chart(m, assessed, &rule, record);
	if (delays_answered(&path->facts.delays) > 0)
		add_histogram(m, &path->facts);
	for (size_t f = 0; f < FAMILY_COUNT; f++)
		history_finish(&histories[f]);
}
