/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/scenario.h"
#include "collector/base/calendar.h"
#include "collector/simulate/draft.h"
#include "collector/simulate/instants.h"
#include "collector/simulate/selector.h"
#include "config/closest.h"

#include <math.h>
#include <string.h>

#define SCENARIO_MAX ((size_t)16 << 20)

static const struct queue calm_queue = {.model = queue_log_normal, .size = 0.2, .spread = 0.5};

struct loading {
	struct reading reading; /* its arena is the scenario's */
	struct draft_scenario draft;
	struct scenario *scenario;
	const char *folder;
};

const char *fate_name(enum fate fate)
{
	static const char *const names[FATE_COUNT] = {
		[FATE_CARRIED] = "condition", [FATE_SILENT] = "outage",
		[FATE_REJECTED] = "rejected", [FATE_ISOLATED] = "isolated",
		[FATE_TAINTED] = "tainted",   [FATE_UNSENT] = "unsent",
		[FATE_OFF] = "off",	      [FATE_STEPPED] = "clock stepped",
	};
	return names[fate];
}

bool condition_concerns(const struct condition *condition, const struct subject *subject)
{
	return selector_fits(condition->on, subject);
}

void scenario_destroy(struct scenario *scenario)
{
	if (scenario == NULL)
		return;
	for (size_t i = 0; i < scenario->phase_count; i++)
		config_destroy(scenario->phases[i].config);
	arena_destroy(scenario->arena);
}

/* --- configurations and the period --- */

static void add_phase(struct loading *l, nsec from, const char *path)
{
	struct scenario *scenario = l->scenario;
	struct config *config = config_load(path, l->reading.diagnostics);

	if (config != NULL)
		scenario->phases[scenario->phase_count++] = (struct phase){from, config};
}

static void load_first(struct loading *l, const char *override)
{
	struct arena *arena = l->scenario->arena;
	const struct value *named = &l->draft.config;

	l->scenario->phases = arena_zeroed(arena, 1 + l->draft.changes.count, sizeof(struct phase));
	if (override != NULL)
		add_phase(l, 0, override);
	else if (value_known(named))
		add_phase(l, 0, source_path(arena, l->folder, named->text));
}

static bool read_period(struct loading *l)
{
	struct draft_scenario *draft = &l->draft;
	struct period *period = &l->scenario->period;

	if (!instants_read(&l->reading, &draft->section, &draft->from, &period->from) ||
	    !instants_read(&l->reading, &draft->section, &draft->until, &period->until))
		return false;
	if (period->from >= period->until)
		section_complain(&l->reading, &draft->section, &draft->until,
				 "is not after from; put it later");
	l->scenario->phases[0].from = period->from;
	l->scenario->seed = (uint64_t)draft->seed.integer;
	return period->from < period->until;
}

static void read_change(struct loading *l, struct draft_change *change)
{
	const struct scenario *scenario = l->scenario;
	nsec at = scenario->period.from;

	if (!instants_read(&l->reading, &change->section, &change->at, &at) ||
	    !value_known(&change->config))
		return;
	if (at <= scenario->phases[scenario->phase_count - 1].from ||
	    at >= scenario->period.until) {
		section_complain(&l->reading, &change->section, &change->at,
				 "must lie inside the scenario, after the change before");
		return;
	}
	add_phase(l, at, source_path(scenario->arena, l->folder, change->config.text));
}

/* --- what packets meet --- */

static bool is_given(const struct key_row *rows, void *draft)
{
	for (const struct key_row *row = rows; row->name != NULL; row++) {
		const struct value *value = section_member(draft, row);
		if (value->state == VALUE_GIVEN || value->state == VALUE_REFUSED)
			return true;
	}
	return false;
}

static const struct key_row *rows_of(const struct key_row *rows, const char *name)
{
	while (strcmp(rows->name, name) != 0)
		rows++;
	return rows->rows;
}

static const struct shape *make_shape(struct loading *l, struct draft_delay *draft)
{
	static double (*const models[])(const struct queue *, double) = {
		[MODEL_LOG_NORMAL] = queue_log_normal,
		[MODEL_EXPONENTIAL] = queue_exponential,
		[MODEL_UNIFORM] = queue_uniform,
	};
	struct shape *shape = arena_zeroed(l->scenario->arena, 1, sizeof(*shape));

	if (!instants_time_of_day(&l->reading, &draft->section, &draft->peak, &shape->peak) ||
	    draft->section.broken)
		return NULL;
	struct queue queue = {
		.model = models[draft->model.choice],
		.size = draft->queue.number,
		.spread = draft->spread.number,
		.second = draft->second.number,
		.second_share = draft->second_share.number,
		.tail = draft->tail.number,
		.tail_share = draft->tail_share.number,
	};
	shape->base = (nsec)(draft->base.number * (double)NSEC_PER_MSEC);
	shape->load = draft->load.number;
	shape->burst = draft->burst.number;
	shape->burst_share = draft->burst_share.number;
	shape->burst_length = (double)draft->burst_length.integer;
	shape_lay_out(shape, &queue);
	return shape;
}

static const struct losses *make_losses(struct loading *l, struct draft_loss *draft)
{
	struct losses *losses = arena_zeroed(l->scenario->arena, 1, sizeof(*losses));

	if (draft->section.broken)
		return NULL;
	*losses = (struct losses){draft->ratio.number, draft->burst.number, draft->inside.number};
	double share = losses->ratio / losses->inside;
	if (share > 1)
		section_complain(&l->reading, &draft->section, &draft->ratio,
				 "is more than is lost inside a bad time; raise inside");
	else if (losses->burst > 1 && share < 1 && losses->burst < share / (1 - share))
		section_complain(&l->reading, &draft->section, &draft->burst,
				 "is too short for that ratio; at least %.3g", share / (1 - share));
	return losses;
}

static struct condition *next_condition(struct loading *l, struct spans spans)
{
	struct scenario *scenario = l->scenario;
	struct condition *condition = &scenario->conditions[scenario->condition_count++];

	condition->spans = spans.items;
	condition->span_count = spans.count;
	condition->always = spans.count == 1 && spans.items[0].from == scenario->period.from &&
			    spans.items[0].until == scenario->period.until;
	condition->duplicates = (double)NAN;
	return condition;
}

static void read_condition(struct loading *l, struct draft_condition *draft)
{
	static const enum fate fates[] = {
		[OUTAGE_SILENT] = FATE_SILENT, [OUTAGE_REJECTED] = FATE_REJECTED};
	const struct key_row *rows = rows_of(scenario_rows, "network");
	struct spans spans;

	selector_check(&l->reading, &draft->section, &draft->on, l->scenario);
	if (!instants_spans(&l->reading, &draft->section, &draft->when, l->scenario->period,
			    &spans))
		return;
	struct condition *condition = next_condition(l, spans);
	condition->name = draft->name.text;
	condition->on = &draft->on;
	if (is_given(rows_of(rows, "delay"), &draft->delay))
		condition->shape = make_shape(l, &draft->delay);
	if (is_given(rows_of(rows, "loss"), &draft->loss))
		condition->losses = make_losses(l, &draft->loss);
	condition->detour = (nsec)(draft->detour.number * (double)NSEC_PER_MSEC);
	if (value_known(&draft->outage))
		condition->fate = fates[draft->outage.choice];
	if (value_known(&draft->duplicates))
		condition->duplicates = draft->duplicates.number;
}

static void read_agent_state(struct loading *l, struct draft_agent_state *draft)
{
	static const enum fate fates[] = {[AGENT_OFF] = FATE_OFF,
					  [AGENT_ISOLATED] = FATE_ISOLATED,
					  [AGENT_TAINTED] = FATE_TAINTED,
					  [AGENT_UNSENT] = FATE_UNSENT};
	struct spans spans;

	selector_check(&l->reading, &draft->section, &draft->on, l->scenario);
	if (!value_known(&draft->state) ||
	    !instants_spans(&l->reading, &draft->section, &draft->when, l->scenario->period,
			    &spans))
		return;
	struct condition *condition = next_condition(l, spans);
	condition->name = draft->state.text;
	condition->on = &draft->on;
	condition->fate = fates[draft->state.choice];
}

/* An agent restarts its slots when its clock was set: after a step back those to come are taken
 * when the clock shows a time that no slot has yet. */
static void read_step(struct loading *l, struct draft_step *draft)
{
	bool forward = value_known(&draft->forward);
	struct period within = l->scenario->period;
	struct draft_selector *on = arena_zeroed(l->reading.arena, 1, sizeof(*on));
	struct period *span = arena_zeroed(l->reading.arena, 1, sizeof(*span));

	if (forward == value_known(&draft->backward) && !draft->section.broken)
		section_complain(&l->reading, &draft->section, &draft->forward,
				 "write forward or backward, one of the two");
	if (!instants_read(&l->reading, &draft->section, &draft->at, &span->from) ||
	    draft->section.broken)
		return;
	if (span->from < within.from || span->from >= within.until) {
		section_complain(&l->reading, &draft->section, &draft->at,
				 "lies outside the scenario's own from and until");
		return;
	}
	on->agents = (struct value){
		.row = draft->agent.row, .state = VALUE_GIVEN, .items = &draft->agent, .count = 1};
	selector_check(&l->reading, &draft->section, on, l->scenario);
	span->until = span->from + (forward ? draft->forward.integer : 1);
	struct condition *condition = next_condition(l, (struct spans){span, 1});
	condition->name = forward ? "clock-forward" : "clock-back";
	condition->on = on;
	condition->fate = FATE_STEPPED;
}

/* --- announced maintenance --- */

/* A site by its key in the first configuration that has it. */
static const char *key_of(const struct scenario *scenario, const char *name)
{
	for (size_t i = 0; i < scenario->phase_count; i++) {
		const struct config *config = scenario->phases[i].config;
		size_t site = config_find_site(config, name);
		if (site != CONFIG_NONE)
			return site_key(&config->sites[site]);
	}
	return name;
}

static void add_scopes(struct loading *l, const struct draft_selector *on,
		       struct window_entry *entry)
{
	struct window_scope *scopes = arena_zeroed(
		l->scenario->arena, on->sites.count + on->organisations.count + 1, sizeof(*scopes));

	for (size_t i = 0; i < on->sites.count; i++) {
		struct window_scope *scope = &scopes[entry->scope_count++];
		scope->kind = SCOPE_SITE;
		snprintf(scope->name, sizeof(scope->name), "%s",
			 key_of(l->scenario, on->sites.items[i].text));
	}
	for (size_t i = 0; i < on->organisations.count; i++) {
		struct window_scope *scope = &scopes[entry->scope_count++];
		scope->kind = SCOPE_ORGANISATION;
		snprintf(scope->name, sizeof(scope->name), "%s", on->organisations.items[i].text);
	}
	if (entry->scope_count == 0)
		scopes[entry->scope_count++].kind = SCOPE_EVERYTHING;
	entry->scopes = scopes;
}

/* What a window names adds up; each kind must concern something. */
static void check_scopes(struct loading *l, struct draft_window *draft)
{
	struct draft_selector sites = {.sites = draft->on.sites};
	struct draft_selector organisations = {.organisations = draft->on.organisations};

	if (sites.sites.count > 0)
		selector_check(&l->reading, &draft->section, &sites, l->scenario);
	if (organisations.organisations.count > 0)
		selector_check(&l->reading, &draft->section, &organisations, l->scenario);
}

static void read_window(struct loading *l, struct draft_window *draft)
{
	struct window_entry *entry = &l->scenario->windows[l->scenario->window_count];
	struct window *window = &entry->window;

	window->cancelled_at = NSEC_INFINITE;
	check_scopes(l, draft);
	bool read = instants_read(&l->reading, &draft->section, &draft->when.from,
				  &window->period.from);
	read &= instants_read(&l->reading, &draft->section, &draft->when.until,
			      &window->period.until);
	read &= instants_read(&l->reading, &draft->section, &draft->entered, &window->entered_at);
	read &= instants_read(&l->reading, &draft->section, &draft->cancelled,
			      &window->cancelled_at);
	if (!read || draft->section.broken)
		return;
	if (window->period.from >= window->period.until)
		section_complain(&l->reading, &draft->section, &draft->when.until,
				 "it is over before it begins; put until after from");
	else if (window->cancelled_at <= window->entered_at)
		section_complain(&l->reading, &draft->section, &draft->cancelled,
				 "it is cancelled before it is entered; put it later");
	add_scopes(l, &draft->on, entry);
	snprintf(entry->owner, sizeof(entry->owner), "%s", draft->owner.text);
	snprintf(entry->reason, sizeof(entry->reason), "%s", draft->reason.text);
	snprintf(entry->entered_by, sizeof(entry->entered_by), "%s", "模拟场景 simulated scenario");
	l->scenario->window_count++;
}

/* --- the whole --- */

/* Names can be told from others before it is known when anything happens. */
static void check_names(struct loading *l)
{
	struct draft_condition *network = (void *)l->draft.network.items;
	struct draft_agent_state *states = (void *)l->draft.agents.items;

	for (size_t i = 0; i < l->draft.network.count; i++)
		selector_check(&l->reading, &network[i].section, &network[i].on, l->scenario);
	for (size_t i = 0; i < l->draft.agents.count; i++)
		selector_check(&l->reading, &states[i].section, &states[i].on, l->scenario);
}

static void read_entries(struct loading *l)
{
	struct draft_condition *network = (void *)l->draft.network.items;
	struct draft_agent_state *states = (void *)l->draft.agents.items;
	struct draft_step *steps = (void *)l->draft.clocks.items;
	struct draft_window *windows = (void *)l->draft.windows.items;
	struct scenario *scenario = l->scenario;

	scenario->conditions =
		arena_zeroed(scenario->arena,
			     l->draft.network.count + l->draft.agents.count + l->draft.clocks.count,
			     sizeof(*scenario->conditions));
	scenario->windows =
		arena_zeroed(scenario->arena, l->draft.windows.count, sizeof(*scenario->windows));
	for (size_t i = 0; i < l->draft.network.count; i++)
		read_condition(l, &network[i]);
	for (size_t i = 0; i < l->draft.agents.count; i++)
		read_agent_state(l, &states[i]);
	for (size_t i = 0; i < l->draft.clocks.count; i++)
		read_step(l, &steps[i]);
	for (size_t i = 0; i < l->draft.windows.count; i++)
		read_window(l, &windows[i]);
}

static void resolve(struct loading *l, const char *config)
{
	struct draft_change *changes = (void *)l->draft.changes.items;
	struct scenario *scenario = l->scenario;

	load_first(l, config);
	/* Without a configuration there is no zone and no name. */
	if (scenario->phase_count == 0 ||
	    calendar_use_zone(scenario->phases[0].config->time_zone) != E_OK)
		return;
	if (!read_period(l)) {
		check_names(l);
		return;
	}
	for (size_t i = 0; i < l->draft.changes.count; i++)
		read_change(l, &changes[i]);
	read_entries(l);
}

struct scenario *scenario_load(const struct scenario_request *request,
			       struct diagnostics *diagnostics)
{
	const struct path top = {NULL, NULL, 0};
	struct arena *arena = arena_create();
	struct scenario *scenario = arena_zeroed(arena, 1, sizeof(*scenario));
	struct loading l = {.reading = {arena, diagnostics}, .scenario = scenario};
	size_t before = diagnostics->errors;
	struct source source;

	scenario->arena = arena;
	scenario->calm = (struct shape){.base = NSEC_PER_MSEC, .load = 1, .burst = 1};
	shape_lay_out(&scenario->calm, &calm_queue);
	if (source_read(&source, arena, request->path, SCENARIO_MAX,
			(struct place){request->path, 0, 0}, "", diagnostics)) {
		const struct node *root = tree_parse(&source, arena, diagnostics);
		l.folder = source_folder(arena, request->path);
		if (root != NULL) {
			section_read(&l.reading, scenario_rows, root, &top, &l.draft);
			resolve(&l, request->config);
		}
	}
	if (diagnostics->errors == before)
		return scenario;
	scenario_destroy(scenario);
	return NULL;
}

void scenario_print_reference(FILE *out)
{
	fputs("A scenario is one YAML document with these keys.\n"
	      "A name has at most 48 of a-z, 0-9 and -. A duration is a whole number and ms, s, m, "
	      "h or d.\nLocal times are those of the configuration's zone.\n\n",
	      out);
	reference_print(scenario_rows, out);
}
