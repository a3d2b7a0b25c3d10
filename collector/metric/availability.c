/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/availability.h"

#include <string.h>

static const uint32_t unknown_flags =
	SLOT_NO_RECORD | SLOT_TAINTED | SLOT_ISOLATED | SLOT_CLOCK_STEP;

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = {
		[VERDICT_GOOD] = "good",       [VERDICT_DEGRADED] = "degraded",
		[VERDICT_BAD] = "bad",	       [VERDICT_PLANNED] = "planned",
		[VERDICT_UNKNOWN] = "unknown", [VERDICT_UNSCHEDULED] = "unscheduled",
	};
	return names[verdict];
}

enum err verdict_parse(const char *name, enum verdict *out)
{
	for (enum verdict v = 0; v < VERDICT_COUNT; v++) {
		if (strcmp(verdict_name(v), name) != 0)
			continue;
		*out = v;
		return E_OK;
	}
	return E_SYNTAX;
}

static bool is_unknown(const struct summary *slot)
{
	if ((slot->flags & unknown_flags) != 0 || slot->sent == 0)
		return true;
	return 2 * (uint64_t)slot->sent < slot->expected;
}

bool availability_judgeable(const struct summary *slot)
{
	return (slot->flags & (SLOT_UNSCHEDULED | SLOT_PLANNED)) == 0 && !is_unknown(slot);
}

enum verdict availability_judge(const struct availability_rule *rule, const struct summary *slot)
{
	if ((slot->flags & SLOT_UNSCHEDULED) != 0)
		return VERDICT_UNSCHEDULED;
	if ((slot->flags & SLOT_PLANNED) != 0)
		return VERDICT_PLANNED;
	if (is_unknown(slot))
		return VERDICT_UNKNOWN;
	double loss = (double)slot->lost / slot->sent;
	if (loss >= rule->c1)
		return VERDICT_BAD;
	if (loss > rule->degraded_loss || slot->rtt_median > rule->degraded_delay)
		return VERDICT_DEGRADED;
	return VERDICT_GOOD;
}
