/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/chronicle.h"

#include "collector/base/log.h"

#include <inttypes.h>
#include <stdio.h>

void chronicle_isolation(struct journal *journal, uint8_t family, const struct isolation *isolation)
{
	double length =
		(double)(isolation->period.until - isolation->period.from) / (double)NSEC_PER_SEC;
	char detail[96];

	snprintf(detail, sizeof(detail), "IPv%d, %.1f s %s", family, length,
		 isolation->open ? "so far" : "in all");
	journal_event(journal, isolation->open ? "cut off" : "cut off no more", detail);
	log_warn("run", "%s: %s", isolation->open ? "this agent is cut off" : "was cut off",
		 detail);
}

void chronicle_witnesses(struct journal *journal, uint8_t family, uint32_t witnesses)
{
	bool few = witnesses < WITNESSES_LEAST;
	char detail[96];

	snprintf(detail, sizeof(detail), "IPv%d, %" PRIu32 " of at least %d needed", family,
		 witnesses, WITNESSES_LEAST);
	journal_event(journal, few ? "too few anchors answer" : "enough anchors answer", detail);
	log_warn("run", "%s: %s%s", few ? "too few anchors answer" : "enough anchors answer again",
		 detail, few ? "; being cut off could not be told from outages" : "");
}

void chronicle_clock_step(struct journal *journal, nsec by)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "by %+.6f s", (double)by / (double)NSEC_PER_SEC);
	journal_event(journal, "clock stepped", detail);
}

void chronicle_retention(const struct config *before, const struct config *after)
{
	bool raised = after->keep_slots_ns > before->keep_slots_ns ||
		      after->keep_hours_ns > before->keep_hours_ns;

	if (after->keep_slots_ns == before->keep_slots_ns &&
	    after->keep_hours_ns == before->keep_hours_ns)
		return;
	log_warn("reload",
		 "retention has changed: new files are made by it from the next start on%s",
		 raised ? "; files that are there go on as they are, to let them grow stop the "
			  "collector and run 'netgrade-collector migrate'"
			: "; files that are there keep what they have");
}

static void on_certificate(void *context, const struct certificate_sighting *sighting)
{
	journal_certificate(context, sighting);
}

static void on_end(void *context, const struct end_sighting *sighting)
{
	journal_end(context, sighting);
}

enum err chronicle_visits(struct journal *journal, struct lookout **out)
{
	struct lookout_listener listener = {journal, on_certificate, on_end};

	return lookout_create(&listener, out);
}

void chronicle_stop(struct journal *journal, const struct agent_counters *c)
{
	nsec lateness = lateness_quantile(&c->lateness, 0.99);
	char detail[256];

	snprintf(detail, sizeof(detail),
		 "%" PRIu64 " slots, %" PRIu64 " unscheduled, %" PRIu64 " packets, %" PRIu64
		 " lost, %" PRIu64 " unsent, %" PRIu64 " forged, send lateness p99 %.1f ms",
		 c->slots, c->unscheduled, c->sent, c->lost, c->unsent, c->forged + c->bad_checksum,
		 lateness == NSEC_UNDEFINED ? 0 : (double)lateness / (double)NSEC_PER_MSEC);
	log_info("run", "stopped: %s", detail);
	journal_event(journal, "stopped", detail);
}
