/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/builtin.h"
#include "config/holidays_load.h"
#include "config/loading.h"

#include <string.h>

enum { EVERY_DAY = 0x7F };

/* Puts a period of the day where it belongs; it must not touch what another covers. */
static void put_hours(struct loading *l, struct draft_calendar *draft, struct value *item,
		      struct calendar_config *calendar)
{
	struct hours hours = {0, 0};
	size_t at = calendar->hours_count;
	char other[HOURS_TEXT];

	if (!value_known(item) || !hours_parse(item->text, &hours))
		return;
	for (size_t i = 0; i < calendar->hours_count; i++) {
		const struct hours *with = &calendar->hours[i];
		if (hours.from >= with->until || with->from >= hours.until)
			continue;
		hours_format(*with, other);
		section_complain(&l->reading, &draft->section, item,
				 "%s overlaps %s; write one period for both", item->text, other);
		return;
	}
	for (; at > 0 && calendar->hours[at - 1].from > hours.from; at--)
		calendar->hours[at] = calendar->hours[at - 1];
	calendar->hours[at] = hours;
	calendar->hours_count++;
}

static void resolve_hours(struct loading *l, struct draft_calendar *draft,
			  struct calendar_config *calendar)
{
	struct value *named = &draft->hours;

	calendar->hours =
		arena_zeroed(l->config->arena, named->count + 1, sizeof(*calendar->hours));
	for (size_t i = 0; i < named->count; i++)
		put_hours(l, draft, &named->items[i], calendar);
	if (named->state == VALUE_ABSENT)
		calendar->hours[calendar->hours_count++] = (struct hours){0, CALENDAR_MINUTES};
}

/* The days of the week; whether it goes by holidays. */
static bool resolve_days(struct loading *l, struct draft_calendar *draft,
			 struct calendar_config *calendar)
{
	struct value *named = &draft->days;
	bool working = false;

	if (named->state == VALUE_ABSENT)
		calendar->weekdays = EVERY_DAY;
	for (size_t i = 0; i < named->count; i++) {
		struct value *item = &named->items[i];
		if (!value_known(item))
			continue;
		if (item->choice >= DAYS_SUNDAY) {
			calendar->weekdays |= (uint8_t)(1u << (item->choice - DAYS_SUNDAY));
			continue;
		}
		working |= item->choice == DAYS_WORKING;
		calendar->weekdays |= EVERY_DAY;
		if (named->count > 1)
			section_complain(&l->reading, &draft->section, item,
					 "%s stands for all its days; write it alone", item->text);
	}
	return working;
}

static void name_holidays(struct loading *l, const struct value *named,
			  struct calendar_config *calendar)
{
	struct arena *arena = l->config->arena;

	calendar->holidays_named = arena_zeroed(arena, named->count, sizeof(char *));
	for (size_t i = 0; i < named->count; i++) {
		const char *text = named->items[i].text;
		if (value_known(&named->items[i]))
			calendar->holidays_named[calendar->holidays_named_count++] =
				named_built_in(text) ? arena_text(arena, text)
						     : source_path(arena, l->folder, text);
	}
}

static void resolve_holidays(struct loading *l, struct draft_calendar *draft,
			     struct calendar_config *calendar)
{
	struct value *named = &draft->holidays;
	char path[256];

	snprintf(path, sizeof(path), "%s.holidays", draft->section.path);
	struct holidays_request request = {
		.reading = l->reading,
		.into = l->config->arena,
		.folder = l->folder,
		.path = path,
		.files = l->sources + l->source_count,
	};
	if (named->state == VALUE_GIVEN)
		calendar->place = named->place;
	calendar->holidays = holidays_load(&request, named, &draft->years);
	l->source_count += request.file_count;
	if (calendar->holidays == NULL)
		draft->section.broken = true;
	name_holidays(l, named, calendar);
}

static void refuse_holidays(struct loading *l, struct draft_calendar *draft)
{
	bool named = draft->holidays.state == VALUE_GIVEN;

	diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR,
			named ? draft->holidays.place : draft->years.place, draft->section.path,
			"%s: says nothing without days: working; write that or leave it out",
			named ? "holidays" : "years");
	draft->section.broken = true;
}

static void resolve_calendar(struct loading *l, struct draft_calendar *draft,
			     struct calendar_config *calendar)
{
	struct section *section = &draft->section;

	calendar->place = draft->name.place;
	resolve_hours(l, draft, calendar);
	bool working = resolve_days(l, draft, calendar);
	bool said = draft->holidays.state == VALUE_GIVEN || draft->years.place.line > 0;
	bool misspelt = draft->holidays.state == VALUE_REFUSED || draft->years.broken;
	if (working && !said && !misspelt) {
		diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR, draft->days.place,
				section->path,
				"days: working needs holidays; write holidays: china, or name a "
				"file of your own");
		section->broken = true;
	}
	if (!working && said && draft->days.state != VALUE_REFUSED)
		refuse_holidays(l, draft);
	else if (working)
		resolve_holidays(l, draft, calendar);
	calendar->place.file = l->config->path;
}

/* Room for the owner's files of holidays behind those read so far. */
static void make_room(struct loading *l)
{
	const struct draft_calendar *drafts = (const void *)l->draft.calendars.items;
	size_t room = l->source_count;

	for (size_t i = 0; i < l->draft.calendars.count; i++)
		room += drafts[i].holidays.count;
	struct source *sources = arena_zeroed(l->reading.arena, room, sizeof(*sources));
	memcpy(sources, l->sources, l->source_count * sizeof(*sources));
	l->sources = sources;
}

void resolve_calendars(struct loading *l)
{
	struct config *config = l->config;
	const struct section_list *list = &l->draft.calendars;

	make_room(l);
	l->calendar_names = defined_create(l, list->count, list->broken);
	config->calendars = arena_zeroed(config->arena, list->count, sizeof(*config->calendars));
	config->calendar_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		struct draft_calendar *draft = (struct draft_calendar *)(void *)list->items + i;
		config->calendars[i].name =
			define_name(l, &l->calendar_names, &draft->section, &draft->name);
		resolve_calendar(l, draft, &config->calendars[i]);
	}
}
