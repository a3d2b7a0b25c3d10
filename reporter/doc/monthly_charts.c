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

static void add_delay_hours(struct chart *chart, const struct timeline *timeline, double *most)
{
	for (size_t p = 0; p < PERCENTILES; p++) {
		nsec expected = NSEC_UNDEFINED;
		for (size_t i = 0; i < timeline->hour_count; i++) {
			const struct timeline_hour *hour = &timeline->hours[i];
			struct period span = {hour->from, hour->from + NSEC_PER_HOUR};
			if (hour->delays.slots == 0)
				continue;
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

/* What charts are drawn from: slots where the source has them, or the timeline that it kept. */
struct past {
	struct history history;
	struct timeline timeline;
};

static bool is_by_slot(const struct monthly *m)
{
	struct period period = m->assessment->period.passed;

	return period.until - period.from <= BY_SLOT_UP_TO;
}

static void add_delay_chart(struct monthly *m, size_t assessed, const struct past *past)
{
	const struct site *site = assessment_site(m->assessment, assessed);
	bool by_slot = is_by_slot(m);
	struct chart *chart = chart_create(
		CHART_LINES, word(m, by_slot ? TEXT_CHARTS_DELAY_SLOTS : TEXT_CHARTS_DELAY_HOURS),
		"ms", m->assessment->period.passed);
	double most = 0;

	if (by_slot) {
		chart_add_series(chart, word(m, TEXT_CHARTS_LEAST));
		chart_add_series(chart, word(m, TEXT_CHARTS_MEDIAN));
		chart_add_series(chart, word(m, TEXT_CHARTS_MOST));
		add_delay_slots(chart, &past->history.record, &most);
	} else {
		chart_add_series(chart, "p50");
		chart_add_series(chart, "p95");
		chart_add_series(chart, "p99");
		add_delay_hours(chart, &past->timeline, &most);
	}
	set_bound(m, chart,
		  profile_scale(m->assessment->profile, INDICATOR_DELAY, site->tier, site->reach),
		  most);
	doc_chart(m->doc, "delay", chart);
}

static void add_loss(struct chart *chart, struct period span, uint64_t sent, uint64_t lost,
		     double *most)
{
	add_value(chart, 0, span, sent == 0 ? (double)NAN : 100 * (double)lost / (double)sent,
		  most);
}

static void add_loss_slots(struct chart *chart, const struct facts_rule *rule,
			   const struct record *record, double *most)
{
	for (size_t i = 0; i < record->slot_count; i++) {
		const struct summary *slot = &record->slots[i];
		bool judged = facts_verdict(rule, record, slot) < VERDICT_PLANNED;
		struct period span = {slot->from, slot->until < record->period.until
							  ? slot->until
							  : record->period.until};
		add_loss(chart, span, judged ? slot->sent : 0, slot->lost, most);
	}
}

static void add_loss_hours(struct chart *chart, const struct timeline *timeline, double *most)
{
	for (size_t i = 0; i < timeline->hour_count; i++) {
		const struct timeline_hour *hour = &timeline->hours[i];
		if (hour->until != NSEC_UNDEFINED)
			add_loss(chart, (struct period){hour->from, hour->until}, hour->sent,
				 hour->lost, most);
	}
}

static void add_loss_chart(struct monthly *m, size_t assessed, const struct facts_rule *rule,
			   const struct past *past)
{
	const struct site *site = assessment_site(m->assessment, assessed);
	bool by_slot = is_by_slot(m);
	struct chart *chart = chart_create(
		CHART_COLUMNS, word(m, by_slot ? TEXT_CHARTS_LOSS_SLOTS : TEXT_CHARTS_LOSS_HOURS),
		"%", m->assessment->period.passed);
	double most = 0;

	chart_add_series(chart, say_indicator(m, INDICATOR_LOSS));
	if (by_slot)
		add_loss_slots(chart, rule, &past->history.record, &most);
	else
		add_loss_hours(chart, &past->timeline, &most);
	set_bound(m, chart,
		  profile_scale(m->assessment->profile, INDICATOR_LOSS, site->tier, site->reach),
		  most);
	doc_chart(m->doc, "loss", chart);
}

static void add_lane(struct chart *chart, const char *name, const struct timeline *timeline)
{
	size_t series = chart_add_series(chart, name);

	for (size_t i = 0; i < timeline->stretch_count; i++) {
		const struct stretch *stretch = &timeline->stretches[i];
		chart_add_point(chart, series,
				(struct chart_point){.at = stretch->from,
						     .until = stretch->until,
						     .verdict = stretch->verdict});
	}
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
static struct past read_again(struct monthly *m, const struct facts_rule *rule,
			      const struct path *path)
{
	const struct source *source = m->source;
	struct past past = {0};

	if (path->state < PATH_NOT_COMMISSIONED)
		return past;
	enum err rc =
		source->timeline != NULL
			? source->timeline(source->context, &path->key, &past.timeline)
			: history_read(source, path, m->assessment->period.passed, &past.history);
	if (rc != E_OK)
		log_warn("reporter", "site=%s charts: %s", path->key.target, err_text(rc));
	else if (source->timeline == NULL)
		timeline_make(rule, &past.history.record, &past.timeline);
	return past;
}

static void past_finish(struct past *past)
{
	history_finish(&past->history);
	timeline_finish(&past->timeline);
}

static void add_strip(struct monthly *m, const struct past pasts[FAMILY_COUNT])
{
	struct chart *chart = chart_create(CHART_STRIP, word(m, TEXT_CHARTS_STRIP), "",
					   m->assessment->period.passed);

	for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++) {
		if (pasts[f].timeline.stretch_count > 0)
			add_lane(chart, say_family(f), &pasts[f].timeline);
	}
	doc_chart(m->doc, "availability", chart);
}

void add_site_charts(struct monthly *m, size_t assessed)
{
	const struct assessment *a = m->assessment;
	const struct site *site = assessment_site(a, assessed);
	const struct path *path = assessment_path(a, assessed, SCORING_PRIMARY);
	struct facts_rule rule = score_facts_rule(a->profile, site->tier, site->reach);
	struct past pasts[FAMILY_COUNT];

	for (enum family f = FAMILY_IPV4; f < FAMILY_COUNT; f++)
		pasts[f] = read_again(m, &rule, &a->sites[assessed].path[f]);
	doc_heading(
		m->doc, 3,
		PHRASE(m, TEXT_CHARTS_SITE, title_in(m, &site->title), say_family(site->primary)),
		keep(m, must_format("site-%s", site->name)));
	add_strip(m, pasts);
	add_delay_chart(m, assessed, &pasts[site->primary]);
	add_loss_chart(m, assessed, &rule, &pasts[site->primary]);
	if (delays_answered(&path->facts.delays) > 0)
		add_histogram(m, &path->facts);
	for (size_t f = 0; f < FAMILY_COUNT; f++)
		past_finish(&pasts[f]);
}
