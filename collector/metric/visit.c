/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/visit.h"

const char *visit_phase_name(enum visit_phase phase)
{
	static const char *const names[] = {
		[VISIT_NAME] = "name",	 [VISIT_CONNECT] = "connect",
		[VISIT_TLS] = "tls",	 [VISIT_FIRST_BYTE] = "first-byte",
		[VISIT_TOTAL] = "total",
	};
	return names[phase];
}

void phase_sum_add(struct phase_sum *sum, nsec phase)
{
	if (phase == NSEC_UNDEFINED)
		return;
	sum->visits++;
	sum->sum += phase;
	if (phase > sum->most)
		sum->most = phase;
}

const char *visit_end_name(enum visit_end end)
{
	static const char *const names[] = {
		[VISIT_OPEN] = "open",		 [VISIT_FAILED] = "failed",
		[VISIT_TIMED_OUT] = "timed-out", [VISIT_UNASSESSED] = "not-assessable",
		[VISIT_NOT_MADE] = "not-made",
	};
	return names[end];
}

int64_t certificate_days_left(const struct certificate *certificate, nsec now)
{
	nsec until = certificate->chain_not_after < certificate->not_after
			     ? certificate->chain_not_after
			     : certificate->not_after;

	return nsec_floor(until - now, NSEC_PER_DAY) / NSEC_PER_DAY;
}
