/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beyond single outages, path by path: what recurs, what shifted, what never answered. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/text/must.h"

#include <math.h>

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

void add_patterns(struct monthly *m)
{
	add_recurring(m);
	add_shifts(m);
	add_silent(m);
}
