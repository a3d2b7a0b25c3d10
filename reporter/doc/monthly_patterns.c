/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beyond single outages, path by path: what recurs, what shifted, what never answered. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { PATTERN_CELLS = 10 };

struct pattern_table {
	const char *key;
	enum text_id heading;
	enum text_id title;
	enum text_id none;
	struct column columns[PATTERN_CELLS]; /* after site and family */
	size_t count;
	void (*fill)(struct monthly *m, const struct pattern_path *member, struct value *cells);
};

static struct value value_ratio(uint64_t sent, uint64_t lost)
{
	return value_number(sent == 0 ? (double)NAN : 100 * (double)lost / (double)sent, 3, "%");
}

static struct value value_delay(nsec delay)
{
	return value_milliseconds(facts_milliseconds(delay));
}

static void fill_recurring(struct monthly *m, const struct pattern_path *member,
			   struct value *cells)
{
	const struct recurring *recurring = pattern_recurring(m->assessment, member);

	*cells++ = value_text(say_hours(m, recurring));
	*cells++ = value_count(recurring->bad_days);
	*cells++ = value_count(recurring->days);
	*cells++ = value_delay(recurring->within.p95);
	*cells++ = value_delay(recurring->otherwise.p95);
	*cells++ = value_ratio(recurring->within.sent, recurring->within.lost);
	*cells = value_ratio(recurring->otherwise.sent, recurring->otherwise.lost);
}

static void fill_shift(struct monthly *m, const struct pattern_path *member, struct value *cells)
{
	const struct shift *shift = pattern_shift(m->assessment, member);

	*cells++ = value_time(shift->at);
	*cells++ = value_delay(shift->before.level);
	*cells++ = value_delay(shift->after.level);
	*cells++ =
		value_number(facts_milliseconds(shift->after.level - shift->before.level), 2, "ms");
	*cells++ = value_ratio(shift->before.sent, shift->before.lost);
	*cells = value_ratio(shift->after.sent, shift->after.lost);
}

static void fill_silent(struct monthly *m, const struct pattern_path *member, struct value *cells)
{
	const struct path *path = pattern_path(m->assessment, member);

	*cells++ = value_time(path->series.first_slot);
	*cells = value_count(path->facts.unknown[UNKNOWN_NOT_COMMISSIONED]);
}

/* The test that the path was checked by. */
static const char *witness_of(const struct monthly *m, const struct pattern_path *member)
{
	const struct assessment *a = m->assessment;
	const struct site *site = assessment_site(a, member->assessed);
	struct path_request request = {
		.config = a->config,
		.site = a->sites[member->assessed].site,
		.test = site->scored_test,
		.agent = site->scored_agent,
		.family = member->family,
	};
	size_t witness = path_witness(&request);

	return witness == CONFIG_NONE ? "–" : a->config->tests[witness].name;
}

static void fill_limited(struct monthly *m, const struct pattern_path *member, struct value *cells)
{
	const struct path *path = pattern_path(m->assessment, member);
	const struct facts *facts = &path->facts;
	nsec time = facts->unknown_time[UNKNOWN_LIMITED];

	*cells++ = value_time(path->traits.limited.from);
	*cells++ = value_time(path->traits.limited.until);
	*cells++ = value_count(facts->unknown[UNKNOWN_LIMITED]);
	*cells++ = value_number((double)time / NSEC_PER_SEC, 0, "");
	*cells++ = value_number(100 * (double)time / (double)facts_scheduled_time(facts), 3, "%");
	*cells++ = value_number(100 * facts_coverage(facts), 2, "%");
	*cells = value_text(witness_of(m, member));
}

static void start_table(struct monthly *m, const struct pattern_table *table)
{
	struct column columns[PATTERN_CELLS + 2] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
	};

	for (size_t i = 0; i < table->count; i++)
		columns[2 + i] = table->columns[i];
	doc_table(m->doc, table->key, word(m, table->title), columns, 2 + table->count);
}

static void add_table(struct monthly *m, enum pattern_kind kind, const struct pattern_table *table)
{
	const struct patterns *patterns = &m->findings->patterns[kind];
	size_t shown = patterns->path_count < TABLE_BOUNDED ? patterns->path_count : TABLE_BOUNDED;

	doc_heading(m->doc, 2, word(m, table->heading), table->key);
	if (shown == 0) {
		doc_text(m->doc, word(m, table->none));
		return;
	}
	start_table(m, table);
	for (size_t i = 0; i < shown; i++) {
		const struct pattern_path *member = &patterns->paths[i];
		struct value cells[PATTERN_CELLS + 2] = {
			value_site(m, member->assessed),
			value_text(say_family(member->family)),
		};
		table->fill(m, member, cells + 2);
		doc_row(m->doc, cells);
	}
	if (shown < patterns->path_count)
		doc_note(m->doc, PHRASE(m, TEXT_PATTERN_BOUNDED, say_count(m, shown),
					say_count(m, patterns->path_count)));
}

static void add_recurring(struct monthly *m)
{
	const struct pattern_table table = {
		.key = "recurring",
		.heading = TEXT_PATTERN_RECURRING,
		.title = TEXT_PATTERN_RECURRING_TABLE,
		.none = TEXT_PATTERN_RECURRING_NONE,
		.columns =
			{
				{"hours", word(m, TEXT_COLUMN_HOURS), ALIGN_START},
				{"bad_days", word(m, TEXT_COLUMN_BAD_DAYS), ALIGN_END},
				{"days", word(m, TEXT_COLUMN_DAYS), ALIGN_END},
				{"p95_within", word(m, TEXT_COLUMN_P95_WITHIN), ALIGN_END},
				{"p95_otherwise", word(m, TEXT_COLUMN_P95_OTHERWISE), ALIGN_END},
				{"loss_within", word(m, TEXT_COLUMN_LOSS_WITHIN), ALIGN_END},
				{"loss_otherwise", word(m, TEXT_COLUMN_LOSS_OTHERWISE), ALIGN_END},
			},
		.count = 7,
		.fill = fill_recurring,
	};

	add_table(m, PATTERN_RECURRING, &table);
	doc_note(m->doc,
		 PHRASE(m, TEXT_PATTERN_RECURRING_RULE, say_exact(m, RECURRING_RATIO, ""),
			say_exact(m, facts_milliseconds(RECURRING_DELAY), "ms"),
			say_count(m, RECURRING_PACKETS), say_exact(m, 100 * RECURRING_LOSS, "%"),
			say_count(m, RECURRING_DAYS), say_exact(m, 100 * RECURRING_OFTEN, "%"),
			say_exact(m, 100 * RECURRING_SELDOM, "%")));
}

static void add_shifts(struct monthly *m)
{
	const struct pattern_table table = {
		.key = "shifts",
		.heading = TEXT_PATTERN_SHIFTS,
		.title = TEXT_PATTERN_SHIFTS_TABLE,
		.none = TEXT_PATTERN_SHIFTS_NONE,
		.columns =
			{
				{"at", word(m, TEXT_COLUMN_FROM), ALIGN_START},
				{"before", word(m, TEXT_COLUMN_LEVEL_BEFORE), ALIGN_END},
				{"after", word(m, TEXT_COLUMN_LEVEL_AFTER), ALIGN_END},
				{"step", word(m, TEXT_COLUMN_STEP), ALIGN_END},
				{"loss_before", word(m, TEXT_COLUMN_LOSS_BEFORE), ALIGN_END},
				{"loss_after", word(m, TEXT_COLUMN_LOSS_AFTER), ALIGN_END},
			},
		.count = 6,
		.fill = fill_shift,
	};

	add_table(m, PATTERN_SHIFT, &table);
	doc_note(m->doc, PHRASE(m, TEXT_PATTERN_SHIFTS_RULE, say_length(m, SHIFT_SPAN),
				say_count(m, SHIFT_HOURS),
				say_exact(m, facts_milliseconds(SHIFT_STEP), "ms"),
				say_exact(m, 100 * SHIFT_SHARE, "%"),
				say_exact(m, SHIFT_APART, "%"), say_count(m, SHIFT_PACKETS)));
}

static void add_silent(struct monthly *m)
{
	const struct pattern_table table = {
		.key = "silent",
		.heading = TEXT_PATTERN_SILENT,
		.title = TEXT_PATTERN_SILENT_TABLE,
		.none = TEXT_PATTERN_SILENT_NONE,
		.columns =
			{
				{"since", word(m, TEXT_COLUMN_ASKED_SINCE), ALIGN_START},
				{"slots", word(m, TEXT_COLUMN_ASKED_SLOTS), ALIGN_END},
			},
		.count = 2,
		.fill = fill_silent,
	};

	add_table(m, PATTERN_SILENT, &table);
}

static void add_limited(struct monthly *m)
{
	const struct pattern_table table = {
		.key = "limited",
		.heading = TEXT_PATTERN_LIMITED,
		.title = TEXT_PATTERN_LIMITED_TABLE,
		.none = TEXT_PATTERN_LIMITED_NONE,
		.columns =
			{
				{"from", word(m, TEXT_COLUMN_FROM), ALIGN_START},
				{"until", word(m, TEXT_COLUMN_UNTIL), ALIGN_START},
				{"slots", word(m, TEXT_COLUMN_SLOTS), ALIGN_END},
				{"seconds", word(m, TEXT_COLUMN_SECONDS), ALIGN_END},
				{"share", word(m, TEXT_COLUMN_SHARE), ALIGN_END},
				{"coverage", word(m, TEXT_COLUMN_COVERAGE), ALIGN_END},
				{"checked_by", word(m, TEXT_COLUMN_CHECKED_BY), ALIGN_START},
			},
		.count = 7,
		.fill = fill_limited,
	};

	add_table(m, PATTERN_LIMITED, &table);
}

/* --- told in a sentence --- */

/* Of some delays; both undefined where there is none yet. */
struct range {
	nsec least;
	nsec most;
};

#define NO_RANGE ((struct range){NSEC_UNDEFINED, NSEC_UNDEFINED})

static void range_add(struct range *range, nsec delay)
{
	if (delay == NSEC_UNDEFINED)
		return;
	if (range->least == NSEC_UNDEFINED || delay < range->least)
		range->least = delay;
	if (range->most == NSEC_UNDEFINED || delay > range->most)
		range->most = delay;
}

static const char *say_range(struct monthly *m, const struct range *range)
{
	const char *least = say_delay(m, range->least);
	const char *most = say_delay(m, range->most);

	return strcmp(least, most) == 0 ? least : PHRASE(m, TEXT_REPORT_BETWEEN, least, most);
}

static bool is_scored(const struct assessment *a, const struct pattern_path *member)
{
	return member->family == assessment_site(a, member->assessed)->primary;
}

/* The members that are told of: those that are scored, or all where none is. */
static bool is_told(struct monthly *m, const struct patterns *patterns,
		    const struct pattern *pattern, size_t index)
{
	bool any = false;

	for (size_t i = pattern->first; i < pattern->first + pattern->count; i++)
		any |= is_scored(m->assessment, &patterns->paths[i]);
	return !any || is_scored(m->assessment, &patterns->paths[index]);
}

const char *say_recurring(struct monthly *m, const struct pattern *pattern)
{
	const struct patterns *patterns = &m->findings->patterns[PATTERN_RECURRING];
	struct range within = NO_RANGE;
	struct range otherwise = NO_RANGE;
	struct hours_taken bad = {0};
	struct hours_taken rest = {0};

	for (size_t i = pattern->first; i < pattern->first + pattern->count; i++) {
		const struct recurring *one = pattern_recurring(m->assessment, &patterns->paths[i]);
		if (!is_told(m, patterns, pattern, i))
			continue;
		range_add(&within, one->within.p95);
		range_add(&otherwise, one->otherwise.p95);
		bad.sent += one->within.sent;
		bad.lost += one->within.lost;
		rest.sent += one->otherwise.sent;
		rest.lost += one->otherwise.lost;
	}
	return PHRASE(m, TEXT_FINDING_RECURRING, say_count(m, pattern->paths),
		      say_range(m, &within), say_range(m, &otherwise),
		      say_loss(m, bad.sent, bad.lost), say_loss(m, rest.sent, rest.lost));
}

/* Whether both shares may well be the same: within three standard errors of their difference. */
static bool is_same_loss(const struct shift_side *x, const struct shift_side *y)
{
	double n = (double)x->sent;
	double k = (double)y->sent;

	if (x->sent == 0 || y->sent == 0)
		return true;
	double all = (double)(x->lost + y->lost) / (n + k);
	double difference = (double)x->lost / n - (double)y->lost / k;
	return fabs(difference) <= 3 * sqrt(all * (1 - all) * (1 / n + 1 / k));
}

static void side_add(struct shift_side *sum, const struct shift_side *side)
{
	sum->sent += side->sent;
	sum->lost += side->lost;
}

const char *say_shift(struct monthly *m, const struct pattern *pattern)
{
	const struct patterns *patterns = &m->findings->patterns[PATTERN_SHIFT];
	struct range step = NO_RANGE;
	struct range levels[] = {NO_RANGE, NO_RANGE};
	struct shift sum = {0};

	for (size_t i = pattern->first; i < pattern->first + pattern->count; i++) {
		const struct shift *one = pattern_shift(m->assessment, &patterns->paths[i]);
		nsec rise = one->after.level - one->before.level;
		if (!is_told(m, patterns, pattern, i))
			continue;
		range_add(&step, rise < 0 ? -rise : rise);
		range_add(&levels[0], one->before.level);
		range_add(&levels[1], one->after.level);
		side_add(&sum.before, &one->before);
		side_add(&sum.after, &one->after);
	}
	bool rises = pattern->shift.after.level > pattern->shift.before.level;
	const char *text = PHRASE(m, rises ? TEXT_FINDING_SHIFT_UP : TEXT_FINDING_SHIFT_DOWN,
				  say_count(m, pattern->paths), say_range(m, &step),
				  say_range(m, &levels[0]), say_range(m, &levels[1]));
	if (is_same_loss(&sum.before, &sum.after))
		return say_both(m, text, word(m, TEXT_FINDING_SHIFT_CALM));
	return say_both(m, text,
			PHRASE(m, TEXT_FINDING_SHIFT_LOSS,
			       say_loss(m, sum.before.sent, sum.before.lost),
			       say_loss(m, sum.after.sent, sum.after.lost)));
}

void add_patterns(struct monthly *m)
{
	add_recurring(m);
	add_shifts(m);
	add_silent(m);
	add_limited(m);
}
