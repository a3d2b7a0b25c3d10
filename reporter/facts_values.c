/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/facts.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const reason_names[UNKNOWN_REASONS] = {
	[UNKNOWN_NO_RECORD] = "no_record",   [UNKNOWN_NOT_COMMISSIONED] = "not_commissioned",
	[UNKNOWN_TAINTED] = "tainted",	     [UNKNOWN_ISOLATED] = "isolated",
	[UNKNOWN_CLOCK_STEP] = "clock_step", [UNKNOWN_UNSENT] = "unsent",
	[UNKNOWN_DROPPED] = "dropped",	     [UNKNOWN_LIMITED] = "limited",
};

const char *unknown_reason_name(enum unknown_reason reason)
{
	return reason_names[reason];
}

enum err unknown_reason_parse(const char *name, enum unknown_reason *out)
{
	for (enum unknown_reason r = 0; r < UNKNOWN_REASONS; r++) {
		if (strcmp(reason_names[r], name) != 0)
			continue;
		*out = r;
		return E_OK;
	}
	return E_SYNTAX;
}

static bool is_balanced(const struct facts *facts, const uint64_t *slots, const nsec *time)
{
	uint64_t count = 0;
	nsec sum = 0;

	for (size_t v = 0; v < VERDICT_COUNT; v++) {
		count += slots[v];
		sum += time[v];
	}
	return count == facts->slot_count && sum == facts->period.until - facts->period.from;
}

bool facts_balanced(const struct facts *facts)
{
	uint64_t unknown = 0;
	nsec unknown_time = 0;

	for (size_t r = 0; r < UNKNOWN_REASONS; r++) {
		unknown += facts->unknown[r];
		unknown_time += facts->unknown_time[r];
	}
	return unknown == facts->slots[VERDICT_UNKNOWN] &&
	       unknown_time == facts->time[VERDICT_UNKNOWN] &&
	       is_balanced(facts, facts->slots, facts->time) &&
	       is_balanced(facts, facts->announced.slots, facts->announced.time);
}

struct facts facts_figure(const struct facts *facts, enum figure figure)
{
	struct facts out = *facts;
	const struct second_figure *second = &facts->announced;

	out.outages = NULL;
	out.shifts = NULL;
	out.weeks = NULL;
	out.outage_count = 0;
	if (figure == FIGURE_SCORED)
		return out;
	memcpy(out.slots, second->slots, sizeof(out.slots));
	memcpy(out.time, second->time, sizeof(out.time));
	out.judged = second->judged;
	out.available = second->available;
	out.delays = second->delays;
	memcpy(out.quantile, second->quantile, sizeof(out.quantile));
	out.kept = second->kept;
	out.long_outage = second->long_outage;
	return out;
}

nsec facts_judged_time(const struct facts *facts)
{
	return facts->time[VERDICT_GOOD] + facts->time[VERDICT_DEGRADED] + facts->time[VERDICT_BAD];
}

nsec facts_scheduled_time(const struct facts *facts)
{
	return facts_judged_time(facts) + facts->time[VERDICT_UNKNOWN];
}

static double share(nsec part, nsec whole)
{
	return whole == 0 ? (double)NAN : (double)part / (double)whole;
}

double facts_availability(const struct facts *facts)
{
	return 100 * share(facts->time[VERDICT_GOOD] + facts->time[VERDICT_DEGRADED],
			   facts_judged_time(facts));
}

double facts_availability_floor(const struct facts *facts)
{
	return 100 * share(facts->time[VERDICT_GOOD] + facts->time[VERDICT_DEGRADED],
			   facts_scheduled_time(facts));
}

double facts_loss(const struct packets *packets)
{
	return packets->sent == 0 ? (double)NAN
				  : 100 * (double)packets->lost / (double)packets->sent;
}

double facts_coverage(const struct facts *facts)
{
	return share(facts_judged_time(facts), facts_scheduled_time(facts));
}

double facts_delay_coverage(const struct facts *facts)
{
	uint64_t held = delays_answered(&facts->delays) + facts->delays.lost;

	if (facts->judged.sent == 0)
		return NAN;
	return held >= facts->judged.sent ? 1 : (double)held / (double)facts->judged.sent;
}

double facts_milliseconds(nsec delay)
{
	if (delay == NSEC_UNDEFINED)
		return NAN;
	if (delay == NSEC_INFINITE)
		return INFINITY;
	return (double)delay / NSEC_PER_MSEC;
}
