/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/holidays_load.h"
#include "config/builtin.h"
#include "config/schema.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define HOLIDAYS_MAX ((size_t)1 << 20)

enum { HOLIDAYS_A_YEAR = 100, HOLIDAY_DAYS_MAX = 31, SET_NAMES_MAX = 64 };

struct draft_holiday {
	struct section section;
	struct draft_title title;
	struct value first;
	struct value last;
	struct value worked;
};

struct draft_holidays {
	struct section section;
	struct section_list years; /* of struct draft_holiday_year */
};

static bool check_day(const struct value *value, struct problem *problem)
{
	civil_day day;

	if (civil_day_parse(value->text, &day))
		return true;
	problem_say(problem, "\"%.40s\" is no day; write one such as 2026-10-01", value->text);
	return false;
}

static const struct key_row publication_rows[] = {
	{.name = "document",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_publication, document),
	 .fallback_told = "none",
	 .meaning = "its number"},
	{.name = "title",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_publication, title),
	 .meaning = "its title"},
	{.name = "date",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_publication, date),
	 .check = check_day,
	 .fallback_told = "none",
	 .unit = "such as 2025-11-04",
	 .meaning = "when it was published"},
	{.name = NULL},
};

static const struct key_row holiday_rows[] = {
	{.name = "zh",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_holiday, title.zh),
	 .fallback_told = "en",
	 .meaning = "title in Chinese"},
	{.name = "en",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_holiday, title.en),
	 .fallback_told = "zh",
	 .meaning = "title in English"},
	{.name = "first",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_holiday, first),
	 .check = check_day,
	 .unit = "a day such as 2026-10-01 of the year or of the December before",
	 .meaning = "its first day"},
	{.name = "last",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_holiday, last),
	 .check = check_day,
	 .unit = "a day",
	 .fallback_told = "first",
	 .meaning = "its last day, a holiday too"},
	{.name = "working",
	 .type = VALUE_TEXT,
	 .list = true,
	 .offset = offsetof(struct draft_holiday, worked),
	 .check = check_day,
	 .unit = "a day",
	 .fallback_told = "none",
	 .meaning = "Saturdays and Sundays that are worked to make up for it"},
	{.name = NULL},
};

const struct key_row holiday_year_rows[] = {
	{.name = "year",
	 .type = VALUE_INTEGER,
	 .required = true,
	 .offset = offsetof(struct draft_holiday_year, year),
	 .least = CIVIL_YEAR_LEAST,
	 .most = CIVIL_YEAR_MOST,
	 .meaning = "the year, all holidays of which follow"},
	{.name = "source",
	 .type = VALUE_SECTION,
	 .required = true,
	 .offset = offsetof(struct draft_holiday_year, source),
	 .rows = publication_rows,
	 .meaning = "where they were published"},
	{.name = "holidays",
	 .type = VALUE_SECTIONS,
	 .required = true,
	 .most = HOLIDAYS_A_YEAR,
	 .offset = offsetof(struct draft_holiday_year, holidays),
	 .rows = holiday_rows,
	 .size = sizeof(struct draft_holiday),
	 .meaning = "its holidays; other Mondays to Fridays are working days"},
	{.name = NULL},
};

const struct key_row holidays_rows[] = {
	{.name = "years",
	 .type = VALUE_SECTIONS,
	 .required = true,
	 .most = CALENDAR_YEARS_MOST,
	 .offset = offsetof(struct draft_holidays, years),
	 .rows = holiday_year_rows,
	 .size = sizeof(struct draft_holiday_year),
	 .meaning = "what was published, year by year"},
	{.name = NULL},
};

/* The days that a year has spoken of, so that none is given twice. */
struct spoken {
	struct holidays_request *request;
	int year;
	civil_day *days;
	size_t count;
};

/* A day must lie in the year or the December before, and be spoken of once. */
static void speak(struct spoken *spoken, struct section *section, struct value *value,
		  civil_day day)
{
	char text[CIVIL_DAY_TEXT];

	civil_day_format(day, text);
	if (day < civil_day_of(spoken->year - 1, 12, 1) ||
	    day >= civil_day_of(spoken->year + 1, 1, 1)) {
		section_complain(&spoken->request->reading, section, value,
				 "%s lies neither in %d nor in the December before; move it to "
				 "its year",
				 text, spoken->year);
		return;
	}
	for (size_t i = 0; i < spoken->count; i++) {
		if (spoken->days[i] != day)
			continue;
		section_complain(&spoken->request->reading, section, value,
				 "%s is given twice in %d; remove one", text, spoken->year);
		return;
	}
	spoken->days[spoken->count++] = day;
}

static void take_days_off(struct spoken *spoken, struct draft_holiday *draft, struct holiday *out)
{
	const struct reading *reading = &spoken->request->reading;
	struct value *end = value_known(&draft->last) ? &draft->last : &draft->first;

	if (!civil_day_parse(draft->first.text, &out->first) ||
	    !civil_day_parse(end->text, &out->last))
		return;
	if (out->last < out->first || out->last - out->first >= HOLIDAY_DAYS_MAX) {
		section_complain(reading, &draft->section, end,
				 out->last < out->first
					 ? "%s is before the first day, %s; exchange them"
					 : "%s is more than a month after the first day, %s; "
					   "correct one of them",
				 end->text, draft->first.text);
		return;
	}
	for (civil_day day = out->first; day <= out->last && value_known(end); day++)
		speak(spoken, &draft->section, end, day);
}

static void take_worked(struct spoken *spoken, struct draft_holiday *draft, struct holiday *out)
{
	const struct reading *reading = &spoken->request->reading;

	out->worked =
		arena_zeroed(spoken->request->into, draft->worked.count, sizeof(*out->worked));
	for (size_t i = 0; i < draft->worked.count; i++) {
		struct value *item = &draft->worked.items[i];
		civil_day day;
		if (!value_known(item) || !civil_day_parse(item->text, &day))
			continue;
		if (civil_day_of_week(day) % 6 != 0)
			section_complain(reading, &draft->section, item,
					 "%s is no Saturday or Sunday, so it is worked in any "
					 "case; remove it",
					 item->text);
		else
			speak(spoken, &draft->section, item, day);
		out->worked[out->worked_count++] = day;
	}
}

static char *title_or(struct arena *arena, const struct value *value, const struct value *other)
{
	return arena_text(arena, value_known(value)   ? value->text
				 : value_known(other) ? other->text
						      : "");
}

static char *text_or_none(struct arena *arena, const struct value *value)
{
	return arena_text(arena, value_known(value) ? value->text : "");
}

static size_t count_days(const struct draft_holiday_year *draft)
{
	const struct draft_holiday *drafts = (const void *)draft->holidays.items;
	size_t count = 0;

	for (size_t i = 0; i < draft->holidays.count; i++)
		count += HOLIDAY_DAYS_MAX + drafts[i].worked.count;
	return count;
}

static struct holiday_year take_year(struct holidays_request *request,
				     struct draft_holiday_year *draft)
{
	struct draft_holiday *drafts = (void *)draft->holidays.items;
	struct arena *arena = request->into;
	struct holiday_year year = {
		.year = (int)draft->year.integer,
		.document = text_or_none(arena, &draft->source.document),
		.title = text_or_none(arena, &draft->source.title),
		.date = text_or_none(arena, &draft->source.date),
		.items = arena_zeroed(arena, draft->holidays.count, sizeof(struct holiday)),
		.count = draft->holidays.count,
	};
	struct spoken spoken = {
		.request = request,
		.year = year.year,
		.days = arena_zeroed(request->reading.arena, count_days(draft), sizeof(civil_day)),
	};

	for (size_t i = 0; i < year.count && value_known(&draft->year); i++) {
		struct holiday *out = &year.items[i];
		out->zh = title_or(arena, &drafts[i].title.zh, &drafts[i].title.en);
		out->en = title_or(arena, &drafts[i].title.en, &drafts[i].title.zh);
		if (value_known(&drafts[i].first) && drafts[i].last.state != VALUE_REFUSED)
			take_days_off(&spoken, &drafts[i], out);
		take_worked(&spoken, &drafts[i], out);
	}
	return year;
}

/* Keeps the years in order; one that is there already is replaced. */
static void put_year(struct arena *arena, struct holidays *holidays,
		     const struct holiday_year *year)
{
	size_t at = 0;

	while (at < holidays->count && holidays->years[at].year < year->year)
		at++;
	if (at < holidays->count && holidays->years[at].year == year->year) {
		holidays->years[at] = *year;
		return;
	}
	struct holiday_year *years = arena_zeroed(arena, holidays->count + 1, sizeof(*years));
	for (size_t i = 0; i < holidays->count; i++)
		years[i + (i >= at)] = holidays->years[i];
	years[at] = *year;
	holidays->years = years;
	holidays->count++;
}

static void refuse_repeated(struct holidays_request *request, struct draft_holiday_year *drafts,
			    size_t index)
{
	struct draft_holiday_year *draft = &drafts[index];

	for (size_t k = 0; k < index && value_known(&draft->year); k++) {
		if (value_known(&drafts[k].year) && drafts[k].year.integer == draft->year.integer)
			section_complain(&request->reading, &draft->section, &draft->year,
					 "%s is given twice; remove one", draft->year.text);
	}
}

static void take_years(struct holidays_request *request, const struct section_list *list,
		       struct holidays *holidays)
{
	struct draft_holiday_year *drafts = (void *)list->items;

	for (size_t i = 0; i < list->count; i++) {
		refuse_repeated(request, drafts, i);
		struct holiday_year year = take_year(request, &drafts[i]);
		put_year(request->into, holidays, &year);
	}
}

static void take_source(struct holidays_request *request, const struct source *source,
			struct holidays *holidays)
{
	const struct reading *reading = &request->reading;
	const struct path top = {NULL, NULL, 0};
	struct draft_holidays draft = {.section = {.path = NULL}};
	const struct node *root = tree_parse(source, reading->arena, reading->diagnostics);

	if (root == NULL)
		return;
	section_read(reading, holidays_rows, root, &top, &draft);
	take_years(request, &draft.years, holidays);
}

/* The files of the set "china" are named china-2026 and so on. Whether there are any. */
static bool take_built_in(struct holidays_request *request, const char *set,
			  struct holidays *holidays)
{
	const struct reading *reading = &request->reading;
	size_t len = strlen(set);
	bool found = false;

	for (size_t i = 0; i < built_in_holidays_count; i++) {
		const struct built_in *built_in = &built_in_holidays[i];
		struct source source;
		if (strncmp(built_in->name, set, len) != 0 || built_in->name[len] != '-')
			continue;
		found = true;
		if (source_over(&source, reading->arena, (const char *)built_in->octets,
				built_in->size,
				arena_format(reading->arena, "%s.yaml", built_in->name),
				reading->diagnostics))
			take_source(request, &source, holidays);
	}
	return found;
}

/* The sets that are built in: "china". */
static void list_built_in(char *out, size_t size)
{
	const char *before = "";
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < built_in_holidays_count && used < size; i++) {
		const char *name = built_in_holidays[i].name;
		size_t len = strcspn(name, "-");
		if (strncmp(name, before, len) == 0 && before[0] != '\0')
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%.*s", used == 0 ? "" : ", ",
					 (int)len, name);
		before = name;
	}
}

static void complain(struct holidays_request *request, const struct value *item)
{
	char sets[SET_NAMES_MAX];

	list_built_in(sets, sizeof(sets));
	diagnostics_add(request->reading.diagnostics, SEVERITY_ERROR, item->place, request->path,
			"\"%.60s\" is no built-in set of holidays; built in: %s; name a file with "
			"a slash or .yaml",
			item->text, sets);
}

static void take_file(struct holidays_request *request, const struct value *item,
		      struct holidays *holidays)
{
	const struct reading *reading = &request->reading;
	const char *path = source_path(reading->arena, request->folder, item->text);
	struct source *file = &request->files[request->file_count];

	if (!source_read(file, reading->arena, path, HOLIDAYS_MAX, item->place, request->path,
			 reading->diagnostics))
		return;
	request->file_count++;
	take_source(request, file, holidays);
}

struct holidays *holidays_load(struct holidays_request *request, const struct value *named,
			       const struct section_list *years)
{
	struct holidays *holidays = arena_zeroed(request->into, 1, sizeof(*holidays));
	size_t errors_before = request->reading.diagnostics->errors;

	for (size_t i = 0; i < named->count; i++) {
		const struct value *item = &named->items[i];
		if (!value_known(item))
			continue;
		if (!named_built_in(item->text))
			take_file(request, item, holidays);
		else if (!take_built_in(request, item->text, holidays))
			complain(request, item);
	}
	take_years(request, years, holidays);
	return request->reading.diagnostics->errors == errors_before ? holidays : NULL;
}
