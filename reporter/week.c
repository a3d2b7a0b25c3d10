/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/week.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"

#include <stdbool.h>

enum week_verdict week_judge(const struct website_rule *rule, const struct week *week)
{
	/* A share like 0.05 is no binary fraction: of 140 visits, 7 must reach it. */
	double bound = rule->failed * (double)week->visits * (1 - 1e-12);

	if (!rule->given)
		return WEEK_NOT_JUDGED;
	if (week->visits < rule->visits)
		return WEEK_TOO_FEW;
	return (double)week->failed >= bound ? WEEK_VETOED : WEEK_MET;
}

struct week *weeks_of(struct period period, size_t *count)
{
	struct week *weeks = NULL;
	size_t capacity = 0;

	*count = 0;
	for (struct period week = calendar_week_of(period.from); week.until <= period.until;
	     week = calendar_week_of(week.until)) {
		if (week.until == period.from)
			continue;
		weeks = must_grow(weeks, *count, &capacity, sizeof(*weeks));
		weeks[(*count)++] = (struct week){.period = week};
	}
	return weeks;
}

static bool is_assessable(const struct summary *slot)
{
	return (slot->flags & (SLOT_NO_RECORD | SLOT_TAINTED | SLOT_ISOLATED | SLOT_CLOCK_STEP |
			       SLOT_UNSCHEDULED)) == 0;
}

void weeks_add(struct week *weeks, size_t count, const struct summary *slot)
{
	if (!is_assessable(slot))
		return;
	for (size_t i = 0; i < count; i++) {
		struct week *week = &weeks[i];
		if (slot->from < week->period.from || slot->from >= week->period.until)
			continue;
		week->visits += slot->sent;
		week->failed += slot->lost;
		week->unassessed += slot->expected - slot->sent;
	}
}
