/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A condition is how a path is as of the last slot told: in an outage or not, its alarm raised or
 * not. Pure: slots in, changes out. The outages are those that a report finds in the same slots. */
#ifndef NETGRADE_ALARM_CONDITION_H
#define NETGRADE_ALARM_CONDITION_H

#include "collector/metric/availability.h"

#include <stdbool.h>
#include <stdint.h>

struct condition_rule {
	double c1;	/* a slot is bad from this loss ratio on */
	uint32_t slots; /* bad ones in a row that make an outage */
	nsec bridge;	/* an unknown gap up to this long does not break the row */
	uint32_t raise; /* bad ones in a row that raise an alarm */
	uint32_t clear; /* good or degraded ones in a row that clear it */
};

/* A run of bad slots. */
struct spell {
	nsec from;   /* start of the first bad slot */
	nsec until;  /* end of the last so far */
	nsec length; /* bad time; bridged gaps do not count */
	uint32_t slots;
	uint64_t sent; /* in its bad slots */
	uint64_t lost;
	uint64_t rejected;
	uint32_t flags; /* of the bad slots together */
	bool unseen;	/* what ended it was a longer gap: nobody saw the path come back */
};

struct condition {
	nsec until; /* end of the last slot told; NSEC_UNDEFINED: none was */
	bool running;
	struct spell spell; /* the run that goes on, or the last one */
	bool raised;
	nsec alarm_from; /* start of the spell that raised it */
	nsec raised_at;	 /* end of the slot that did */
	uint32_t good;	 /* slots in a row since the last bad one, while raised */
};

/* What one slot changed. */
enum condition_change {
	CONDITION_CLOSED = 1 << 0, /* an outage is over: struct condition_news, closed */
	CONDITION_OPENED = 1 << 1, /* the spell that runs became an outage */
	CONDITION_RAISED = 1 << 2,
	CONDITION_CLEARED = 1 << 3,
};

struct condition_news {
	uint32_t changes; /* enum condition_change; they happened in the order of the enum */
	struct spell closed;
};

/* What is asked of a slot; verdict as the path's own story gives it. */
struct condition_slot {
	nsec from;
	nsec until;
	enum verdict verdict;
	uint32_t sent;
	uint32_t lost;
	uint32_t rejected;
	uint32_t flags;
};

struct condition condition_fresh(void);

/* Slots in the order of time; one that ends at or before the last is left out, and the time between
 * two counts as unknown. Bad slots raise; good and degraded ones clear; planned and unscheduled
 * ones end an outage, as in a report, but clear no alarm; unknown ones do neither, though a gap of
 * them longer than the bridge ends the outage. */
void condition_take(struct condition *condition, const struct condition_rule *rule,
		    const struct condition_slot *slot, struct condition_news *news);

/* Whether the running spell is long enough to be an outage. */
bool condition_in_outage(const struct condition *condition, const struct condition_rule *rule);

/* Nothing is open: a slot that is no bad one would change nothing. */
bool condition_quiet(const struct condition *condition);

/* The verdict of a slot of a path that was first answered in one that starts at first_reply
 * (NSEC_UNDEFINED: never yet): before that it was not in service. */
struct condition_slot condition_slot(const struct condition_rule *rule,
				     const struct summary *summary, nsec first_reply);

#endif
