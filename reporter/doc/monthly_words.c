/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/monthly_parts.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct monthly monthly_start(const struct assessment *assessment, const struct source *source,
			     enum language language)
{
	return (struct monthly){.assessment = assessment, .source = source, .language = language};
}

void monthly_finish(struct monthly *m)
{
	for (size_t i = 0; i < m->kept_count; i++)
		free(m->kept[i]);
	free(m->kept);
}

const char *keep(struct monthly *m, char *text)
{
	m->kept = must_grow(m->kept, m->kept_count, &m->kept_capacity, sizeof(*m->kept));
	m->kept[m->kept_count++] = text;
	return text;
}

const char *word(const struct monthly *m, enum text_id id)
{
	return text_get(m->language, id);
}

const char *title_in(const struct monthly *m, const struct title *title)
{
	return m->language == LANGUAGE_ZH_CN ? title->zh : title->en;
}

const char *say_number(struct monthly *m, double number, int decimals, const char *unit)
{
	struct value value = value_number(number, decimals, unit);
	const char *text = keep(m, must_copy(value.text));

	value_finish(&value);
	return text;
}

/* As many decimals as the number was written with, six at most: a threshold is never rounded. */
static int decimals_of(double number, int decimals)
{
	while (decimals < 6 && fabs(round_half_up(number, decimals) - number) > 1e-9 * fabs(number))
		decimals++;
	return decimals;
}

/* Percentages stand below each other. */
static int least_decimals(const char *unit)
{
	return unit[0] == '%' ? 2 : 0;
}

struct value value_exact(double number, const char *unit)
{
	return value_number(number, decimals_of(number, least_decimals(unit)), unit);
}

const char *say_exact(struct monthly *m, double number, const char *unit)
{
	return say_number(m, number, decimals_of(number, 0), unit);
}

const char *say_count(struct monthly *m, size_t count)
{
	return say_number(m, (double)count, 0, "");
}

const char *say_time(struct monthly *m, nsec at)
{
	char text[CALENDAR_TEXT];

	calendar_format(at, text);
	return keep(m, must_copy(text));
}

const char *say_between(struct monthly *m, struct period period)
{
	return PHRASE(m, TEXT_REPORT_BETWEEN, say_time(m, period.from), say_time(m, period.until));
}

const char *say_span(struct monthly *m, struct period period)
{
	const size_t day = strlen("2026-09-08");
	const char *from = say_time(m, period.from);
	const char *until = say_time(m, period.until);
	bool same = strncmp(from, until, day) == 0;

	return keep(m, must_format("%s–%s", from, same ? until + day + 1 : until));
}

const char *say_delay(struct monthly *m, nsec delay)
{
	struct value value = value_milliseconds(facts_milliseconds(delay));
	const char *text = keep(m, must_copy(value.text));

	value_finish(&value);
	return text;
}

const char *say_loss(struct monthly *m, uint64_t sent, uint64_t lost)
{
	return say_number(m, sent == 0 ? (double)NAN : 100 * (double)lost / (double)sent, 2, "%");
}

const char *say_hours(struct monthly *m, const struct recurring *recurring)
{
	int until = (recurring->from_hour + recurring->hours) % DAY_HOURS;

	/* A day ends at 24:00 where hours begin with the clock's. */
	if (until == 0 && recurring->minute == 0)
		until = DAY_HOURS;
	return keep(m, must_format("%02d:%02d–%02d:%02d", recurring->from_hour, recurring->minute,
				   until, recurring->minute));
}

const char *say_both(struct monthly *m, const char *first, const char *second)
{
	const char *space = m->language == LANGUAGE_ZH_CN ? "" : " ";

	return keep(m, must_format("%s%s%s", first, space, second));
}

const char *say_listed(struct monthly *m, const char *list, const char *item)
{
	const char *separator = m->language == LANGUAGE_ZH_CN ? "；" : "; ";

	if (list[0] == '\0' || item[0] == '\0')
		return list[0] == '\0' ? item : list;
	return keep(m, must_format("%s%s%s", list, separator, item));
}

const char *say_length(struct monthly *m, nsec length)
{
	static const struct {
		nsec size;
		enum text_id id;
	} parts[] = {
		{NSEC_PER_DAY, TEXT_UNIT_DAYS},
		{NSEC_PER_HOUR, TEXT_UNIT_HOURS},
		{NSEC_PER_MIN, TEXT_UNIT_MINUTES},
		{NSEC_PER_SEC, TEXT_UNIT_SECONDS},
	};
	const char *text = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		nsec number = length / parts[i].size;
		length %= parts[i].size;
		bool last = i + 1 == sizeof(parts) / sizeof(parts[0]);
		if (number == 0 && !(last && text[0] == '\0'))
			continue;
		const char *part = PHRASE(m, parts[i].id, say_count(m, (size_t)number));
		text = text[0] == '\0' ? part : keep(m, must_format("%s %s", text, part));
	}
	return text;
}

const char *say_subject(struct monthly *m)
{
	const struct assessment *a = m->assessment;

	if (a->organisation == CONFIG_NONE)
		return title_in(m, &a->config->title);
	return title_in(m, &a->config->organisations[a->organisation].title);
}

const char *say_period(struct monthly *m)
{
	static const enum text_id months[] = {
		TEXT_MONTH_M01, TEXT_MONTH_M02, TEXT_MONTH_M03, TEXT_MONTH_M04,
		TEXT_MONTH_M05, TEXT_MONTH_M06, TEXT_MONTH_M07, TEXT_MONTH_M08,
		TEXT_MONTH_M09, TEXT_MONTH_M10, TEXT_MONTH_M11, TEXT_MONTH_M12,
	};
	const struct report_period *period = &m->assessment->period;
	char year[8];

	if (!period->month)
		return say_between(m, period->asked);
	snprintf(year, sizeof(year), "%.4s", period->name);
	int month = atoi(period->name + 5);
	return PHRASE(m, months[month - 1], keep(m, must_copy(year)));
}

const char *say_indicator(const struct monthly *m, enum indicator indicator)
{
	static const enum text_id ids[INDICATOR_COUNT] = {
		[INDICATOR_AVAILABILITY] = TEXT_INDICATOR_AVAILABILITY,
		[INDICATOR_LOSS] = TEXT_INDICATOR_LOSS,
		[INDICATOR_DELAY] = TEXT_INDICATOR_DELAY,
		[INDICATOR_PDV] = TEXT_INDICATOR_PDV,
	};
	return word(m, indicator < INDICATOR_COUNT ? ids[indicator] : TEXT_INDICATOR_VETO);
}

const char *say_tier(const struct monthly *m, enum tier tier)
{
	static const enum text_id ids[TIER_COUNT] = {
		[TIER_BACKBONE] = TEXT_TIER_BACKBONE,
		[TIER_METRO] = TEXT_TIER_METRO,
		[TIER_ACCESS] = TEXT_TIER_ACCESS,
	};
	return word(m, ids[tier]);
}

const char *say_method(struct monthly *m, const struct test_config *test)
{
	if (test->port == 0)
		return test->method;
	if (test->query != NULL)
		return keep(m, must_format("%s %u %s %s %s", test->method, (unsigned)test->port,
					   test->transport, test->query, test->record));
	return keep(m, must_format("%s %u", test->method, (unsigned)test->port));
}

const char *say_family(enum family family)
{
	return family == FAMILY_IPV4 ? "IPv4" : "IPv6";
}

const char *say_primary(struct monthly *m)
{
	const struct assessment *a = m->assessment;

	for (size_t i = 1; i < a->site_count; i++) {
		if (assessment_site(a, i)->primary != assessment_site(a, 0)->primary)
			return word(m, TEXT_FINDING_EACH_PRIMARY);
	}
	return say_family(a->site_count == 0 ? FAMILY_IPV4 : assessment_site(a, 0)->primary);
}

const char *say_gates(struct monthly *m, const struct score *score)
{
	const struct profile *profile = m->assessment->profile;
	const char *text = "";

	if ((score->gates & GATE_NO_DATA) != 0)
		text = say_listed(m, text, word(m, TEXT_REASON_NO_DATA));
	if ((score->gates & GATE_COVERAGE) != 0)
		text = say_listed(m, text,
				  PHRASE(m, TEXT_REASON_COVERAGE,
					 say_exact(m, 100 * profile->coverage_required, "%")));
	else if (score->marked)
		text = say_listed(m, text,
				  PHRASE(m, TEXT_REASON_MARKED,
					 say_exact(m, 100 * profile->coverage_marked, "%")));
	if ((score->gates & GATE_SERVICE) != 0)
		text = say_listed(m, text,
				  PHRASE(m, TEXT_REASON_SERVICE,
					 say_length(m, profile->service_required_ns)));
	if ((score->gates & GATE_DELAYS) != 0)
		text = say_listed(m, text, word(m, TEXT_REASON_DELAYS));
	return text;
}

static const char *say_vetoes(struct monthly *m, const struct score *score, const char *text)
{
	if ((score->vetoes & VETO_AVAILABILITY) != 0)
		text = say_listed(m, text, word(m, TEXT_REASON_VETO_AVAILABILITY));
	if ((score->vetoes & VETO_OUTAGE) != 0)
		text = say_listed(m, text,
				  PHRASE(m, TEXT_REASON_VETO_OUTAGE,
					 say_length(m, m->assessment->profile->veto_outage_ns)));
	return text;
}

const char *say_remarks(struct monthly *m, const struct path *path)
{
	static const enum text_id states[] = {
		[PATH_NOT_CONFIGURED] = TEXT_REASON_NOT_CONFIGURED,
		[PATH_NOT_MEASURED] = TEXT_REASON_NOT_MEASURED,
		[PATH_UNREADABLE] = TEXT_REASON_UNREADABLE,
		[PATH_NOT_COMMISSIONED] = TEXT_REASON_NOT_COMMISSIONED,
	};

	if (path->state != PATH_MEASURED)
		return word(m, states[path->state]);
	const char *text = say_vetoes(m, &path->score, say_gates(m, &path->score));
	if (path->retyped != NSEC_UNDEFINED)
		text = say_listed(m, text,
				  PHRASE(m, TEXT_CHANGES_RETYPED, say_time(m, path->retyped)));
	for (enum indicator i = 0; i < INDICATOR_COUNT; i++) {
		if (path->score.missing[i])
			text = say_listed(m, text,
					  PHRASE(m, TEXT_REASON_MISSING, say_indicator(m, i)));
	}
	return text;
}

static const char *say_worst_outage(struct monthly *m, const struct facts *facts)
{
	const struct outage *worst = NULL;

	for (size_t i = 0; i < facts->outage_count; i++) {
		if (worst == NULL || facts->outages[i].within > worst->within)
			worst = &facts->outages[i];
	}
	if (worst == NULL)
		return PHRASE(m, TEXT_EVIDENCE_SCATTERED, say_count(m, facts->slots[VERDICT_BAD]));
	return PHRASE(m, TEXT_EVIDENCE_OUTAGE, say_time(m, worst->from),
		      worst->open ? word(m, TEXT_OUTAGE_OPEN) : say_time(m, worst->until),
		      say_length(m, worst->length));
}

/* An hour that holds less than this is no place to look for the cause. */
static const double telling_share = 0.1;

static const char *say_peak(struct monthly *m, enum text_id id, struct peak peak)
{
	if (peak.from == NSEC_UNDEFINED)
		return "–";
	if (peak.share < telling_share)
		return PHRASE(m, TEXT_EVIDENCE_SPREAD, say_number(m, 100 * peak.share, 1, "%"));
	return PHRASE(m, id, say_time(m, peak.from),
		      say_time(m, peak.from + NSEC_PER_HOUR) + strlen("2026-10-05 "),
		      say_number(m, 100 * peak.share, 0, "%"));
}

/* An outage with most of the lost packets is where to look. */
static const char *say_lost(struct monthly *m, const struct facts *facts)
{
	uint64_t unavailable = facts->judged.lost - facts->available.lost;

	return facts->outage_count > 0 && 2 * unavailable > facts->judged.lost
		       ? say_worst_outage(m, facts)
		       : say_peak(m, TEXT_EVIDENCE_LOSS, facts->lost_peak);
}

/* Hours of the day that most of it went with, or NULL. */
static const char *say_habit(struct monthly *m, const struct path *path, enum indicator indicator)
{
	const struct facts *facts = &path->facts;

	for (size_t i = 0; i < path->traits.recurring_count; i++) {
		const struct recurring *recurring = &path->traits.recurring[i];
		bool most = indicator == INDICATOR_AVAILABILITY
				    ? 2 * recurring->bad_time > facts->time[VERDICT_BAD]
			    : indicator == INDICATOR_LOSS
				    ? 2 * recurring->within.lost > facts->judged.lost
				    : indicator < INDICATOR_COUNT;
		if (most)
			return PHRASE(m, TEXT_EVIDENCE_RECURRING, say_hours(m, recurring),
				      say_count(m, recurring->bad_days),
				      say_count(m, recurring->days));
	}
	return NULL;
}

const char *say_evidence(struct monthly *m, const struct cause *cause)
{
	const struct path *path = assessment_path(m->assessment, cause->assessed, SCORING_PRIMARY);
	const struct facts *facts = &path->facts;
	const char *habit = say_habit(m, path, cause->indicator);

	if (habit != NULL)
		return habit;
	switch (cause->indicator) {
	case INDICATOR_AVAILABILITY:
		return say_worst_outage(m, facts);
	case INDICATOR_LOSS:
		return say_lost(m, facts);
	case INDICATOR_DELAY:
		return say_peak(m, TEXT_EVIDENCE_DELAY, facts->delay_peak[DELAY_RTT]);
	case INDICATOR_PDV:
		return say_peak(m, TEXT_EVIDENCE_DELAY, facts->delay_peak[DELAY_PDV]);
	default:
		return say_vetoes(m, &path->score, "");
	}
}

struct value value_count(size_t count)
{
	return value_number((double)count, 0, "");
}

struct value value_time(nsec at)
{
	char text[CALENDAR_TEXT] = "–";

	if (at != NSEC_UNDEFINED)
		calendar_format(at, text);
	return value_text(text);
}

struct value value_length(struct monthly *m, nsec length)
{
	if (length == NSEC_UNDEFINED)
		return value_number(NAN, 0, "s");
	struct value value = value_number((double)length / NSEC_PER_SEC, 0, "s");
	free(value.text);
	value.text = must_copy(say_length(m, length));
	return value;
}

struct value value_share(double share)
{
	return value_number(100 * share, 1, "%");
}

int milliseconds_decimals(double milliseconds)
{
	return milliseconds < 1 ? 3 : milliseconds < 10 ? 2 : 1;
}

struct value value_milliseconds(double milliseconds)
{
	return value_number(milliseconds, milliseconds_decimals(milliseconds), "ms");
}

struct value value_measured(enum indicator indicator, double value)
{
	bool is_delay = indicator == INDICATOR_DELAY || indicator == INDICATOR_PDV;

	return is_delay ? value_milliseconds(value) : value_number(value, 3, "%");
}

static enum tone grade_tone(const struct monthly *m, const struct grade *grade)
{
	const struct profile *profile = m->assessment->profile;
	size_t index = (size_t)(grade - profile->grades);

	if (index == 0)
		return TONE_BEST;
	if (index + 1 == profile->grade_count)
		return TONE_BAD;
	return index == 1 ? TONE_GOOD : TONE_FAIR;
}

struct value value_judged(const struct monthly *m, enum indicator indicator,
			  const struct score *score)
{
	double points = score->points[indicator];
	bool missing = score->missing[indicator];
	struct value value =
		value_measured(indicator, missing ? (double)NAN : score->value[indicator]);
	if (!missing && score->rough[indicator])
		value = value_roughened(value);

	if (isnan(points))
		return value_toned(value, TONE_MUTED);
	double printed = round_half_up(points, 1);
	return value_toned(value, grade_tone(m, score_grade(m->assessment->profile, printed)));
}

struct value value_points(const struct monthly *m, double exact, const struct grade *grade)
{
	struct value value = value_number(exact, 1, "");

	return value_toned(value, grade != NULL ? grade_tone(m, grade) : TONE_PLAIN);
}

struct value value_grade(const struct monthly *m, double printed, const struct grade *grade)
{
	if (grade != NULL)
		return value_toned(
			value_text(m->language == LANGUAGE_ZH_CN ? grade->zh : grade->en),
			grade_tone(m, grade));
	bool trial = m->assessment->mode == SCORE_TRIAL && !isnan(printed);
	return value_toned(value_text(trial ? word(m, TEXT_SCORE_TRIAL) : "–"), TONE_MUTED);
}

struct value value_organisation(struct monthly *m, size_t organisation)
{
	const struct organisation *node = &m->assessment->config->organisations[organisation];

	return value_linked(value_text(title_in(m, &node->title)),
			    keep(m, must_format("organisation-%s", node->name)));
}

struct value value_site(struct monthly *m, size_t assessed)
{
	const struct site *site = assessment_site(m->assessment, assessed);
	const char *organisation = m->assessment->config->organisations[site->organisation].name;
	struct value value = value_text(title_in(m, &site->title));

	if (m->source == NULL) /* a score table has no pages to point to */
		return value;
	return value_linked(value, keep(m, must_format("organisation-%s", organisation)));
}
