/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/visits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CELL = 24 };

enum err visits_add(struct visits *visits, const struct visit *visit)
{
	if (visits->count == visits->room) {
		size_t room = visits->room == 0 ? 4 : 2 * visits->room;
		struct visit *items = realloc(visits->items, room * sizeof(*items));
		if (items == NULL)
			return E_MEMORY;
		visits->items = items;
		visits->room = room;
	}
	visits->items[visits->count++] = *visit;
	return E_OK;
}

void visits_finish(struct visits *visits)
{
	free(visits->items);
	*visits = (struct visits){0};
}

static void format_time(nsec time, char out[CELL])
{
	if (time == NSEC_UNDEFINED)
		snprintf(out, CELL, "-");
	else
		snprintf(out, CELL, "%.3f ms", (double)time / (double)NSEC_PER_MSEC);
}

void visits_print_head(void)
{
	printf("\n%-20s  %-6s  %-14s  %6s  %4s  %9s", "visit", "family", "end", "status", "hops",
	       "octets");
	for (int i = 0; i < VISIT_PHASES; i++)
		printf("  %13s", visit_phase_name(i));
	printf("  reason\n");
}

void visits_print(const struct visits *visits, const char *target, uint8_t family)
{
	for (size_t i = 0; i < visits->count; i++) {
		const struct visit *visit = &visits->items[i];
		const char *cause = loss_cause_name(visit->cause);
		printf("%-20s  IPv%-3d  %-14s  %6u  %4u  %9" PRIu32, target, family,
		       visit_end_name(visit->end), visit->status, visit->redirects, visit->size);
		for (int phase = 0; phase < VISIT_PHASES; phase++) {
			char text[CELL];
			format_time(visit->phase[phase], text);
			printf("  %13s", text);
		}
		printf("  %s%s%s\n", cause == NULL ? "" : cause,
		       cause == NULL || visit->reason[0] == '\0' ? "" : ": ",
		       visit->reason[0] == '\0' && cause == NULL ? "-" : visit->reason);
	}
}

static void format_day(nsec at, char out[CELL])
{
	time_t seconds = (time_t)(nsec_floor(at, NSEC_PER_SEC) / NSEC_PER_SEC);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || strftime(out, CELL, "%Y-%m-%d", &tm) == 0)
		snprintf(out, CELL, "-");
}

static bool shown_before(const struct visits *visits, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(visits->items[i].certificate.fingerprint,
			   visits->items[index].certificate.fingerprint) == 0)
			return true;
	}
	return false;
}

void visits_print_certificates(const struct visits *visits, const char *target, uint8_t family)
{
	for (size_t i = 0; i < visits->count; i++) {
		const struct visit *visit = &visits->items[i];
		const struct certificate *c = &visit->certificate;
		char until[CELL];
		if (!c->shown || shown_before(visits, i))
			continue;
		format_day(c->not_after, until);
		printf("certificate of %s over IPv%d: %s; for: %s (%s); by: %s; ends %s, %" PRId64
		       " days left; %s%s; SHA-256 %s\n",
		       target, family, c->subject, c->names, c->named ? "right" : "wrong name",
		       c->issuer, until, certificate_days_left(c, visit->began_at),
		       c->verified ? "chain verified" : "not verified: ", c->problem,
		       c->fingerprint);
	}
}

static json_t *time_or_null(nsec time)
{
	return time == NSEC_UNDEFINED ? json_null() : json_integer(time);
}

static json_t *phases_json(const struct visit *visit)
{
	json_t *phases = json_object();

	for (int i = 0; i < VISIT_PHASES; i++)
		json_object_set_new(phases, visit_phase_name(i), time_or_null(visit->phase[i]));
	return phases;
}

static json_t *certificate_json(const struct visit *visit)
{
	const struct certificate *c = &visit->certificate;

	if (!c->shown)
		return json_null();
	return json_pack("{sb,sb,si,ss,ss,ss,ss,ss,so,so,so,sI}", "verified", c->verified, "named",
			 c->named, "links", (int)c->links, "subject", c->subject, "issuer",
			 c->issuer, "names", c->names, "sha256", c->fingerprint, "problem",
			 c->problem, "not_before_ns", time_or_null(c->not_before), "not_after_ns",
			 time_or_null(c->not_after), "chain_not_after_ns",
			 time_or_null(c->chain_not_after), "days_left",
			 (json_int_t)certificate_days_left(c, visit->began_at));
}

json_t *visits_json(const struct visits *visits)
{
	json_t *array = json_array();

	for (size_t i = 0; i < visits->count; i++) {
		const struct visit *visit = &visits->items[i];
		json_t *one = json_pack(
			"{ss,ss?,so,si,si,sI,so,so,ss,ss,ss,so}", "end", visit_end_name(visit->end),
			"cause", loss_cause_name(visit->cause), "began_at_ns",
			time_or_null(visit->began_at), "status", (int)visit->status, "redirects",
			(int)visit->redirects, "octets", (json_int_t)visit->size, "phases_ns",
			phases_json(visit), "syn_round_trip_ns",
			time_or_null(visit->syn_round_trip), "tls", visit->tls, "url", visit->url,
			"reason", visit->reason, "certificate", certificate_json(visit));
		json_array_append_new(array, one);
	}
	return array;
}
