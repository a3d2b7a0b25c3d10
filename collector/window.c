/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/window.h"

#include "collector/base/calendar.h"
#include "collector/maintenance.h"
#include "config/value.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct planned_rule rule_of(const struct config *config)
{
	return (struct planned_rule){config->notice_ns, config->allowance_ns};
}

/* What all windows come to at one site. */
static enum err add_site(const struct config *config, size_t site, const struct window_list *list,
			 struct window_effect *effects)
{
	const struct planned_rule rule = rule_of(config);
	nsec length = config->tests[config->sites[site].scored_test].interval_ns;
	struct planned_path *planned;

	enum err rc = maintenance_of(config, site, list, &planned);
	if (rc != E_OK)
		return rc;
	for (size_t i = 0; i < list->count; i++) {
		const struct window *window = &list->items[i].window;
		struct period around = {window->period.from - length,
					window->period.until + length};
		if (!maintenance_covers(config, site, &list->items[i]))
			continue;
		effects[i].sites++;
		nsec over = window_in_time(&rule, window)
				    ? planned_time_of(planned, window, around, length).over
				    : 0;
		effects[i].exceeded += over > 0;
		effects[i].over = over > effects[i].over ? over : effects[i].over;
	}
	planned_destroy(planned);
	return E_OK;
}

enum err window_effects(const struct config *config, const struct window_list *list,
			struct window_effect **out)
{
	struct planned_rule rule = rule_of(config);
	struct window_effect *effects = calloc(list->count + 1, sizeof(*effects));

	if (effects == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < config->site_count && list->count > 0; i++) {
		if (config->sites[i].scored_test == CONFIG_NONE)
			continue;
		enum err rc = add_site(config, i, list, effects);
		if (rc != E_OK) {
			free(effects);
			return rc;
		}
	}
	for (size_t i = 0; i < list->count; i++)
		effects[i].fate = window_fate(&rule, &list->items[i].window, effects[i].over);
	*out = effects;
	return E_OK;
}

/* A site is shown by its name, though its key may be an older one. */
static const char *site_name(const struct config *config, const char *key)
{
	for (size_t i = 0; i < config->site_count; i++) {
		if (strcmp(site_key(&config->sites[i]), key) == 0)
			return config->sites[i].name;
	}
	return key;
}

void window_scope_format(const struct config *config, const struct window_scope *scope,
			 char out[WINDOW_SCOPE_TEXT])
{
	switch (scope->kind) {
	case SCOPE_EVERYTHING:
		snprintf(out, WINDOW_SCOPE_TEXT, "everything");
		break;
	case SCOPE_ORGANISATION:
		snprintf(out, WINDOW_SCOPE_TEXT, "organisation:%s", scope->name);
		break;
	case SCOPE_SITE:
		snprintf(out, WINDOW_SCOPE_TEXT, "site:%s", site_name(config, scope->name));
		break;
	}
}

static void print_scopes(const struct config *config, const struct window_entry *entry)
{
	for (size_t i = 0; i < entry->scope_count; i++) {
		char text[WINDOW_SCOPE_TEXT];
		window_scope_format(config, &entry->scopes[i], text);
		printf("%s%s", i == 0 ? "" : " ", text);
	}
}

static const char *fate_word(enum window_fate fate)
{
	static const char *const words[] = {
		[WINDOW_COUNTS] = "counts",
		[WINDOW_EXCEEDS] = "over allowance",
		[WINDOW_LATE] = "late",
		[WINDOW_CANCELLED] = "cancelled",
	};
	return words[fate];
}

static void print_fate(const struct config *config, const struct window_entry *entry,
		       const struct window_effect *effect)
{
	char notice[DURATION_TEXT];
	char allowance[DURATION_TEXT];
	char over[DURATION_TEXT];

	duration_format(config->notice_ns, notice);
	duration_format(config->allowance_ns, allowance);
	duration_format(effect->over, over);
	switch (effect->fate) {
	case WINDOW_COUNTS:
		printf("in time: the score leaves it out\n");
		break;
	case WINDOW_EXCEEDS:
		printf("in time, but over the allowance of %s a path and month at %zu of %zu "
		       "sites, by up to %s: there the rest counts in the second figure alone\n",
		       allowance, effect->exceeded, effect->sites, over);
		break;
	case WINDOW_LATE:
		printf("late: entered less than %s before its start, it counts in the second "
		       "figure alone\n",
		       notice);
		break;
	case WINDOW_CANCELLED:
		printf("cancelled before it began: it counts nowhere\n");
		break;
	}
	if (entry->window.cancelled_at != NSEC_INFINITE && effect->fate != WINDOW_CANCELLED)
		printf("  cancelled while it ran: it counts until then\n");
}

bool window_print(const struct config *config, const struct window_entry *entry,
		  const struct window_effect *effect)
{
	char from[CALENDAR_TEXT];
	char until[CALENDAR_TEXT];
	char at[CALENDAR_TEXT];

	calendar_format(entry->window.period.from, from);
	calendar_format(entry->window.period.until, until);
	calendar_format(entry->window.entered_at, at);
	printf("window %" PRId64 ": %s to %s, %s\n  over ", entry->window.id, from, until,
	       config->time_zone);
	print_scopes(config, entry);
	printf(" (%zu scored sites)\n  owner: %s; reason: %s\n  entered %s by %s\n", effect->sites,
	       entry->owner, entry->reason, at, entry->entered_by);
	if (entry->window.cancelled_at != NSEC_INFINITE) {
		calendar_format(entry->window.cancelled_at, at);
		printf("  cancelled %s by %s%s%s\n", at, entry->cancelled_by,
		       entry->cancel_reason[0] == '\0' ? "" : ": ", entry->cancel_reason);
	}
	printf("  ");
	print_fate(config, entry, effect);
	return fflush(stdout) == 0;
}

bool window_print_table(const struct config *config, const struct window_list *list,
			const struct window_effect *effects)
{
	printf("%6s  %-16s  %-16s  %-16s  %-14s  %s\n", "window", "from", "until", "entered",
	       "state", "scope; owner; reason");
	for (size_t i = 0; i < list->count; i++) {
		const struct window_entry *entry = &list->items[i];
		char from[CALENDAR_TEXT];
		char until[CALENDAR_TEXT];
		char entered[CALENDAR_TEXT];
		calendar_format(entry->window.period.from, from);
		calendar_format(entry->window.period.until, until);
		calendar_format(nsec_floor(entry->window.entered_at, NSEC_PER_MIN), entered);
		printf("%6" PRId64 "  %-16s  %-16s  %-16s  %-14s  ", entry->window.id, from, until,
		       entered, fate_word(effects[i].fate));
		print_scopes(config, entry);
		printf("; %s; %s\n", entry->owner, entry->reason);
	}
	printf("%zu windows; times in %s\n", list->count, config->time_zone);
	return fflush(stdout) == 0;
}

static json_t *instant_json(nsec t)
{
	char text[CALENDAR_TEXT];

	if (t == NSEC_INFINITE)
		return json_null();
	calendar_format_iso(t, text);
	return json_string(text);
}

static json_t *scopes_json(const struct config *config, const struct window_entry *entry)
{
	json_t *scopes = json_array();

	for (size_t i = 0; i < entry->scope_count; i++) {
		char text[WINDOW_SCOPE_TEXT];
		window_scope_format(config, &entry->scopes[i], text);
		json_array_append_new(scopes, json_string(text));
	}
	return scopes;
}

static json_t *text_or_null(const struct window_entry *entry, const char *text)
{
	return entry->window.cancelled_at == NSEC_INFINITE ? json_null() : json_string(text);
}

static json_t *window_json(const struct config *config, const struct window_entry *entry,
			   const struct window_effect *effect)
{
	const struct window *window = &entry->window;

	return json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:o, s:o, "
		"s:o}",
		"window", (json_int_t)window->id, "from", instant_json(window->period.from),
		"until", instant_json(window->period.until), "entered",
		instant_json(window->entered_at), "scopes", scopes_json(config, entry), "owner",
		entry->owner, "reason", entry->reason, "entered_by", entry->entered_by, "state",
		fate_word(effect->fate), "scored_sites", (json_int_t)effect->sites,
		"sites_over_allowance", (json_int_t)effect->exceeded, "seconds_over_allowance",
		(double)effect->over / (double)NSEC_PER_SEC, "cancelled",
		instant_json(window->cancelled_at), "cancelled_by",
		text_or_null(entry, entry->cancelled_by), "cancel_reason",
		text_or_null(entry, entry->cancel_reason));
}

static bool print_json(json_t *document)
{
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    putchar('\n') != EOF && fflush(stdout) == 0;

	json_decref(document);
	return good;
}

bool window_print_json(const struct config *config, const struct window_entry *entry,
		       const struct window_effect *effect)
{
	return print_json(window_json(config, entry, effect));
}

bool window_print_list_json(const struct config *config, const struct window_list *list,
			    const struct window_effect *effects)
{
	json_t *windows = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(windows, window_json(config, &list->items[i], &effects[i]));
	return print_json(json_pack("{s:o}", "windows", windows));
}
