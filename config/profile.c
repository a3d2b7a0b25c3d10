/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/builtin.h"
#include "config/closest.h"
#include "config/rule.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { BUILT_IN_MAX = 16, WEBSITE_KEYS = 3 };

#define PROFILE_MAX ((size_t)1 << 20)

const char *tier_name(enum tier tier)
{
	return tier_words[tier];
}

const char *reach_name(enum reach reach)
{
	return reach_words[reach];
}

const char *indicator_name(enum indicator indicator)
{
	static const char *const names[] = {"availability", "loss", "delay", "pdv"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == INDICATOR_COUNT, "a name each");
	return names[indicator];
}

const char *cloud_indicator_name(enum cloud_indicator indicator)
{
	static const char *const names[] = {"availability", "first-byte", "connection",
					    "certificate"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == CLOUD_COUNT, "a name each");
	return names[indicator];
}

/* The checks between several values of a rule; each reports its own error. */
struct making {
	struct reading reading;
	struct profile *profile;
};

static void complain(struct making *making, const struct section *section, struct place place,
		     const char *message)
{
	diagnostics_add(making->reading.diagnostics, SEVERITY_ERROR, place, section->path, "%s",
			message);
}

/* Shares must add up to 100, or no score could reach it. */
static void take_shares(struct making *making, struct section *section, const struct value *values,
			size_t count, double *into)
{
	double sum = 0;
	char message[128];

	for (size_t i = 0; i < count; i++) {
		into[i] = values[i].number;
		sum += into[i];
	}
	if (section->broken || fabs(sum - 100) < 1e-9)
		return;
	snprintf(message, sizeof(message), "the values sum to %g; they must sum to 100", sum);
	complain(making, section, section->place, message);
}

/* What is wrong with an anchor behind another, NULL if nothing is. */
static const char *wrong_step(const struct anchor *from, const struct anchor *to, bool falling)
{
	if (to->points >= from->points)
		return "points must fall from anchor to anchor";
	if (falling && to->value >= from->value)
		return "the value must fall from anchor to anchor, as the points do";
	if (!falling && to->value <= from->value)
		return "the value must rise from anchor to anchor, while the points fall";
	return NULL;
}

static void check_scale(struct making *making, const struct section_list *list,
			const struct scale *scale, bool falling)
{
	const struct rule_anchor *drafts = (const struct rule_anchor *)(const void *)list->items;
	size_t last = scale->count - 1;

	if (scale->count < 2) {
		complain(making, &drafts[0].section, list->place,
			 "a scale needs at least two anchors");
		return;
	}
	for (size_t i = 1; i < scale->count; i++) {
		const char *wrong = wrong_step(&scale->anchors[i - 1], &scale->anchors[i], falling);
		if (wrong != NULL)
			complain(making, &drafts[i].section, drafts[i].section.place, wrong);
	}
	if (scale->anchors[0].points < 100)
		complain(making, &drafts[0].section, drafts[0].points.place,
			 "the first anchor must have 100 points");
	if (scale->anchors[last].points > 0)
		complain(making, &drafts[last].section, drafts[last].points.place,
			 "the last anchor must have 0 points");
}

/* Higher availability is better; of everything else less is. */
static struct scale take_scale(struct making *making, const struct section_list *list, bool falling)
{
	struct scale scale = {.given = true, .count = list->count};
	bool broken = list->broken || list->count == 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct rule_anchor *draft =
			(const struct rule_anchor *)(const void *)list->items + i;
		scale.anchors[i] = (struct anchor){
			draft->value.number,
			draft->points.number,
			arena_text(making->profile->arena, draft->source.text),
		};
		broken |= draft->section.broken;
	}
	if (!broken)
		check_scale(making, list, &scale, falling);
	return scale;
}

static void take_scales(struct making *making, const struct rule_scales *scales)
{
	struct profile *profile = making->profile;
	struct scale availability[TIER_COUNT];
	struct scale delay[REACH_COUNT];
	struct scale loss = take_scale(making, &scales->loss, false);
	struct scale pdv = take_scale(making, &scales->pdv, false);

	for (enum tier t = 0; t < TIER_COUNT; t++)
		availability[t] = take_scale(making, &scales->availability.of[t], true);
	for (enum reach r = 0; r < REACH_COUNT; r++)
		delay[r] = take_scale(making, &scales->delay.of[r], false);
	for (enum tier t = 0; t < TIER_COUNT; t++) {
		for (enum reach r = 0; r < REACH_COUNT; r++) {
			profile->scale[INDICATOR_AVAILABILITY][t][r] = availability[t];
			profile->scale[INDICATOR_LOSS][t][r] = loss;
			profile->scale[INDICATOR_DELAY][t][r] = delay[r];
			profile->scale[INDICATOR_PDV][t][r] = pdv;
		}
	}
}

static void take_tiers(const struct value *list, bool into[TIER_COUNT])
{
	for (size_t i = 0; i < list->count; i++) {
		if (value_known(&list->items[i]))
			into[list->items[i].choice] = true;
	}
}

static void take_slots(struct making *making, struct rule *rule)
{
	struct profile *profile = making->profile;

	profile->c1 = rule->slot.bad_loss.number;
	profile->degraded_loss = rule->slot.degraded_loss.number;
	profile->degraded_points = rule->slot.degraded_points.number;
	profile->outage_slots = (uint32_t)rule->outage.slots.integer;
	profile->outage_bridge_ns = rule->outage.bridge.integer;
	profile->coverage_marked = rule->coverage.marked.number;
	profile->coverage_required = rule->coverage.required.number;
	profile->service_required_ns = rule->coverage.service.integer;
	profile->weight_required = rule->groups.required.number;
	if (!rule->slot.section.broken && profile->degraded_loss > profile->c1)
		section_complain(&making->reading, &rule->slot.section, &rule->slot.degraded_loss,
				 "is above bad-loss; write at most %g", profile->c1);
	if (!rule->coverage.section.broken && profile->coverage_required > profile->coverage_marked)
		section_complain(&making->reading, &rule->coverage.section,
				 &rule->coverage.required, "is above marked; write at most %g",
				 profile->coverage_marked);
}

static void take_veto(struct profile *profile, const struct rule_veto *veto)
{
	profile->veto_cap = veto->cap.number;
	profile->veto_availability = value_known(&veto->availability) && veto->availability.choice;
	profile->veto_outage_ns = veto->outage.integer;
	take_tiers(&veto->outage_tiers, profile->veto_outage_tier);
	take_tiers(&veto->top_grade_tiers, profile->veto_bars_top);
}

static void take_grades(struct making *making, const struct section_list *list)
{
	struct profile *profile = making->profile;
	struct rule_grade *drafts = (struct rule_grade *)(void *)list->items;
	bool broken = list->broken;

	for (size_t i = 0; i < list->count; i++) {
		profile->grades[i] = (struct grade){
			arena_text(profile->arena, drafts[i].title.zh.text),
			arena_text(profile->arena, drafts[i].title.en.text),
			drafts[i].from.number,
		};
		broken |= drafts[i].section.broken;
	}
	profile->grade_count = list->count;
	for (size_t i = 1; i < list->count && !broken; i++) {
		if (drafts[i].from.number >= drafts[i - 1].from.number)
			section_complain(&making->reading, &drafts[i].section, &drafts[i].from,
					 "must be below %g; list the best grade first",
					 drafts[i - 1].from.number);
	}
	if (!broken && list->count > 0 && drafts[list->count - 1].from.number > 0)
		section_complain(&making->reading, &drafts[list->count - 1].section,
				 &drafts[list->count - 1].from,
				 "the last grade must begin at 0, or low scores have none");
}

/* All of it or nothing. */
static struct website_rule take_website(struct making *making, struct rule_website *website)
{
	struct value *values[] = {&website->visits, &website->failed, &website->deadline};
	size_t given = 0;

	for (size_t i = 0; i < WEBSITE_KEYS; i++)
		given += values[i]->state != VALUE_ABSENT;
	for (size_t i = 0; i < WEBSITE_KEYS && given > 0; i++) {
		if (values[i]->state == VALUE_ABSENT)
			section_complain(&making->reading, &website->section, values[i],
					 "is missing; write it, or leave out the whole section");
	}
	return (struct website_rule){
		.given = given == WEBSITE_KEYS,
		.visits = (uint64_t)website->visits.integer,
		.failed = website->failed.number,
		.deadline_ns = website->deadline.integer,
	};
}

static void take_cloud(struct making *making, struct rule_cloud *draft)
{
	struct cloud_rule *cloud = &making->profile->cloud;
	struct rule_certificate *certificate = &draft->certificate;

	/* Left out: a list that is written has something in it, or is an error. */
	if (draft->availability.place.line == 0)
		return;
	cloud->given = true;
	take_shares(making, &draft->weights.section, draft->weights.of, CLOUD_COUNT, cloud->weight);
	cloud->availability = take_scale(making, &draft->availability, true);
	cloud->first_byte = take_scale(making, &draft->first_byte, false);
	cloud->days_full = (uint64_t)certificate->days_full.integer;
	cloud->days_least = (uint64_t)certificate->days_least.integer;
	cloud->points_least = certificate->points_least.number;
	if (!certificate->section.broken && cloud->days_least > cloud->days_full)
		section_complain(&making->reading, &certificate->section, &certificate->days_least,
				 "is above days; write at most %" PRIu64, cloud->days_full);
}

static void take_rule(struct making *making, struct rule *rule)
{
	struct profile *profile = making->profile;

	profile->name = arena_text(profile->arena, rule->name.text);
	profile->zh = arena_text(profile->arena, rule->title.zh.text);
	profile->en = arena_text(profile->arena, rule->title.en.text);
	profile->version = arena_text(profile->arena, rule->version.text);
	take_slots(making, rule);
	take_shares(making, &rule->weights.section, rule->weights.of, INDICATOR_COUNT,
		    profile->weight);
	take_shares(making, &rule->tiers.section, rule->tiers.of, TIER_COUNT, profile->tier_weight);
	take_scales(making, &rule->scales);
	take_veto(profile, &rule->veto);
	take_grades(making, &rule->grades);
	profile->website = take_website(making, &rule->website);
	take_cloud(making, &rule->cloud);
}

static struct profile *profile_create(void)
{
	struct arena *arena = arena_create();
	struct profile *profile = arena_zeroed(arena, 1, sizeof(*profile));

	profile->arena = arena;
	return profile;
}

static struct profile *load_source(const struct source *source, struct arena *arena,
				   struct diagnostics *diagnostics)
{
	const struct path top = {NULL, NULL, 0};
	size_t errors_before = diagnostics->errors;
	struct making making = {.reading = {arena, diagnostics}};
	struct rule rule = {.section = {.path = NULL}};
	struct node *root = tree_parse(source, arena, diagnostics);

	if (root == NULL)
		return NULL;
	section_read(&making.reading, rule_rows, root, &top, &rule);
	making.profile = profile_create();
	take_rule(&making, &rule);
	making.profile->text = arena_text(making.profile->arena, source->octets);
	if (!source_digest(source, 1, making.profile->digest))
		diagnostics_add(diagnostics, SEVERITY_ERROR, (struct place){source->path, 1, 1}, "",
				"cannot compute SHA-256");
	if (diagnostics->errors == errors_before)
		return making.profile;
	profile_destroy(making.profile);
	return NULL;
}

bool profile_built_in(const char *name)
{
	for (size_t i = 0; i < built_in_profiles_count; i++) {
		if (strcmp(built_in_profiles[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool find_built_in(struct source *source, struct arena *arena, const char *name,
			  struct place where, struct diagnostics *diagnostics)
{
	const char *names[BUILT_IN_MAX];
	size_t count = 0;

	for (; count < built_in_profiles_count && count < BUILT_IN_MAX; count++) {
		const struct built_in *built_in = &built_in_profiles[count];
		names[count] = built_in->name;
		if (strcmp(built_in->name, name) == 0)
			return source_over(
				source, arena, (const char *)built_in->octets, built_in->size,
				arena_format(arena, "%s.yaml", built_in->name), diagnostics);
	}
	const char *closest = closest_name(name, names, count);
	diagnostics_add(diagnostics, SEVERITY_ERROR, where, "profile",
			"\"%s\" is no built-in profile; %s%s%s", name,
			closest == NULL ? "built in is " : "did you mean ",
			closest == NULL ? names[0] : closest,
			closest == NULL ? "; name a file with a slash or .yaml" : "?");
	return false;
}

struct profile *profile_load(const char *name, const char *base, struct place where,
			     struct diagnostics *diagnostics)
{
	struct arena *arena = arena_create();
	struct profile *profile = NULL;
	struct source source;
	bool found = named_built_in(name)
			     ? find_built_in(&source, arena, name, where, diagnostics)
			     : source_read(&source, arena, source_path(arena, base, name),
					   PROFILE_MAX, where, "profile", diagnostics);

	if (found)
		profile = load_source(&source, arena, diagnostics);
	arena_destroy(arena);
	return profile;
}

struct profile *profile_load_text(const char *text, const char *name,
				  struct diagnostics *diagnostics)
{
	struct arena *arena = arena_create();
	struct profile *profile = NULL;
	struct source source;

	if (source_over(&source, arena, text, strlen(text), name, diagnostics))
		profile = load_source(&source, arena, diagnostics);
	arena_destroy(arena);
	return profile;
}

void profile_destroy(struct profile *profile)
{
	if (profile != NULL)
		arena_destroy(profile->arena);
}
