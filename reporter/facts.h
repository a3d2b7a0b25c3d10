/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts are what one path did over one period: time per verdict, packets, delays, outages.
 * They are made from slots and hours alone and know nothing of points. */
#ifndef NETGRADE_REPORTER_FACTS_H
#define NETGRADE_REPORTER_FACTS_H

#include "collector/base/err.h"
#include "collector/metric/planned.h"
#include "collector/metric/quantile.h"
#include "collector/metric/summary.h"
#include "collector/store/view.h"
#include "reporter/outage.h"
#include "reporter/shift.h"
#include "reporter/week.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DELAY_KINDS (DELAY_PDV + 1)

/* What the profile says about reading slots. */
struct facts_rule {
	struct availability_rule verdict;
	struct outage_rule outage;
	nsec full_points[DELAY_KINDS]; /* delays up to here lose no point */
};

/* Which windows are taken as planned maintenance. */
enum figure {
	FIGURE_SCORED,	  /* those that count by the rule */
	FIGURE_ANNOUNCED, /* all: late ones, and what exceeds the allowance, too */
};

/* All that is known of a path. Slots are in the order of time; they may begin before the period and
 * end after it, which only the outages look at. */
struct record {
	struct period period;
	nsec settled; /* a slot without record that ends after this is not due yet */
	nsec first_slot;
	nsec first_reply; /* NSEC_UNDEFINED: never answered, not commissioned */
	/* The windows over the path; NULL where they cannot be read: the slots' own flags stand. */
	struct planned_path *planned;
	const struct summary *slots;
	size_t slot_count;
	const struct hour *hours;
	size_t hour_count;
};

enum unknown_reason {
	UNKNOWN_NO_RECORD,
	UNKNOWN_NOT_COMMISSIONED, /* before the first answer ever */
	UNKNOWN_TAINTED,
	UNKNOWN_ISOLATED,
	UNKNOWN_CLOCK_STEP,
	UNKNOWN_UNSENT,	 /* less than half of the packets could be sent */
	UNKNOWN_DROPPED, /* measured, but there was no room to keep it */
	UNKNOWN_LIMITED, /* what it lost a router made by limiting, see crosscheck.h */
	UNKNOWN_REASONS
};

/* "no_record" and so on; E_SYNTAX. */
const char *unknown_reason_name(enum unknown_reason reason);
MUST_CHECK enum err unknown_reason_parse(const char *name, enum unknown_reason *out);

/* Packets of the judged slots. */
struct packets {
	uint64_t sent;
	uint64_t lost;
	uint64_t duplicated;
	uint64_t reordered;
	uint64_t late;
	uint64_t rejected;
};

/* An hour, and the share it has in a total. */
struct peak {
	nsec from; /* NSEC_UNDEFINED where there is nothing to share */
	double share;
};

enum { P50, P95, P99, PERCENTILES };
extern const double percentiles[PERCENTILES];

/* The second figure of a path. Slots, time and packets are exact. The delays are those of the hours
 * less the packets lost in the slots that this figure takes as planned: what was answered in them
 * stays in, because hours keep no slots apart. */
struct second_figure {
	bool differs; /* a slot is planned here that the score judges */
	uint64_t slots[VERDICT_COUNT];
	nsec time[VERDICT_COUNT];
	struct packets judged;
	struct packets available;
	struct delays delays;
	struct quantile quantile[DELAY_KINDS][PERCENTILES];
	uint64_t kept; /* packets answered in its planned slots that delays holds */
	bool long_outage;
};

/* Slots on record whose flag, set when they were measured, is not what the windows say. */
struct disagreement {
	uint64_t flagged; /* flagged as planned, and not: judged, but not in the histograms */
	uint64_t missed;  /* planned, and not flagged: in the histograms, but not judged */
};

struct facts {
	struct period period;
	bool commissioned;
	nsec first_reply;
	uint64_t slots[VERDICT_COUNT];
	nsec time[VERDICT_COUNT]; /* sums to the period's length */
	uint64_t slot_count;	  /* that start in the period, as their length cuts it */
	uint64_t unknown[UNKNOWN_REASONS];
	nsec unknown_time[UNKNOWN_REASONS];
	uint64_t user_stamped; /* judged slots whose stamps are not all the kernel's */

	struct packets judged;	  /* over J = good + degraded + bad */
	struct packets available; /* over good + degraded alone (ITU-T Y.1540, IPLR) */

	struct delays delays; /* all hours merged */
	struct quantile quantile[DELAY_KINDS][PERCENTILES];
	bool beyond; /* an hour at the border counts slots outside the period too */

	struct outage *outages;
	size_t outage_count;
	nsec mean_repair;
	bool long_outage; /* one passed the rule's length in this period */

	struct shift *shifts; /* of the round trip's level, oldest first */
	size_t shift_count;

	struct week *weeks; /* of visits, that end in the period; none where nothing is visited */
	size_t week_count;

	struct second_figure announced;
	struct disagreement disagreement;
	uint64_t kept; /* packets answered in planned slots that delays holds */

	struct peak lost_peak; /* the hour with most lost packets of J */
	struct peak
		delay_peak[DELAY_KINDS]; /* with most packets beyond full points, lost ones too */
};

/* E_CORRUPT when slots and time per verdict do not add up to the period. facts_finish frees. */
MUST_CHECK enum err facts_make(const struct facts_rule *rule, const struct record *record,
			       struct facts *out);
void facts_finish(struct facts *facts);

/* Whether good + degraded + bad + planned + unknown + unscheduled is the period, in slots and in
 * time, in both figures. */
bool facts_balanced(const struct facts *facts);

/* The sums that the identity compares, where it does not hold. */
struct balance {
	nsec time; /* of all verdicts */
	nsec length;
	uint64_t slots;
	uint64_t expected;
};
struct balance facts_balance(const struct facts_rule *rule, const struct record *record);

/* The facts as one figure has them, to be judged; it has no list of outages and is not finished. */
struct facts facts_figure(const struct facts *facts, enum figure figure);

/* The verdict of one slot of the record, in the scored figure. */
enum verdict facts_verdict(const struct facts_rule *rule, const struct record *record,
			   const struct summary *slot);

/* The delays of an hour less what its histograms count and the figure does not judge: the packets
 * lost before the path's first answer, when it was not in service, those lost in slots that are
 * planned but were not flagged so, and those that a router limits. */
struct delays facts_delays(const struct record *record, const struct hour *hour,
			   enum figure figure);

/* Whether bad time touches the period's border, so that only slots beyond tell the whole outage. */
bool facts_open_before(const struct facts_rule *rule, const struct record *record);
bool facts_open_after(const struct facts_rule *rule, const struct record *record);

nsec facts_judged_time(const struct facts *facts);    /* J */
nsec facts_scheduled_time(const struct facts *facts); /* all but planned and unscheduled */

/* Per cent, NAN where nothing was judged. The floor counts unknown time as bad. */
double facts_availability(const struct facts *facts);
double facts_availability_floor(const struct facts *facts);
double facts_loss(const struct packets *packets); /* per cent of sent */

/* Judged share of the scheduled time, 0 to 1; NAN where nothing was scheduled. */
double facts_coverage(const struct facts *facts);

/* The share of J's packets that the histograms hold, 0 to 1; less than 1 where hours were lost. NAN
 * where nothing was sent. */
double facts_delay_coverage(const struct facts *facts);

/* Milliseconds: NAN where undefined, INFINITY where infinite. */
double facts_milliseconds(nsec delay);

#endif
