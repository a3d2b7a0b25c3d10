/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/summary.h"
#include "collector/metric/singleton.h"

#include <stddef.h>

const char *stamp_source_name(enum stamp_source source)
{
	static const char *const names[] = {
		[STAMP_NONE] = "none",	   [STAMP_USER] = "user",     [STAMP_CAPTURE] = "capture",
		[STAMP_KERNEL] = "kernel", [STAMP_DEVICE] = "device",
	};
	return names[source];
}

const char *loss_cause_name(enum loss_cause cause)
{
	static const char *const names[] = {
		[LOSS_UNTOLD] = NULL,
		[LOSS_REFUSED] = "refused",
		[LOSS_UNREACHABLE] = "unreachable",
		[LOSS_FILTERED] = "filtered",
		[LOSS_NEIGHBOUR] = "neighbour",
		[LOSS_FAILURE] = "failure",
		[LOSS_WRONG] = "wrong",
		[LOSS_MALFORMED] = "malformed",
		[LOSS_NAME] = "name",
		[LOSS_TLS] = "tls",
		[LOSS_STATUS] = "status",
		[LOSS_TEXT] = "text",
		[LOSS_BOUNDS] = "bounds",
		[LOSS_BLOCKED] = "blocked",
	};
	return names[cause];
}

struct summary summary_absent(struct period slot, enum slot_flag why)
{
	return (struct summary){
		.from = slot.from,
		.until = slot.until,
		.flags = why,
		.rtt_min = NSEC_UNDEFINED,
		.rtt_median = NSEC_UNDEFINED,
		.rtt_max = NSEC_UNDEFINED,
	};
}

nsec summary_rtt_mean(const struct summary *s)
{
	uint32_t answered = summary_answered(s);
	return answered == 0 ? NSEC_UNDEFINED : s->rtt_sum / answered;
}
