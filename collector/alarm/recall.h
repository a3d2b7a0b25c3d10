/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recall finds what condition a path was in before a slot, from what store and archive keep: a
 * program that starts in the middle of an outage goes on where another one stopped. */
#ifndef NETGRADE_ALARM_RECALL_H
#define NETGRADE_ALARM_RECALL_H

#include "collector/alarm/condition.h"
#include "collector/base/err.h"
#include "collector/store/outages.h"
#include "collector/store/view.h"

#include <stdbool.h>

struct recall_request {
	struct view *view; /* NULL: nothing is stored */
	struct archive *archive;
	const struct condition_rule *rule;
	const char *key;
	nsec before; /* slots from here on are not looked at */
	bool died;   /* rows that were due may not have been written */
};

/* What the archive holds open, and what became of it since. */
struct recall {
	struct condition condition;
	bool commissioned; /* it was answered once */
	bool has_outage;
	struct outage_record outage; /* completed if it is over */
	bool has_missed;
	struct outage_record missed; /* the last one over; only where no row meets it */
	bool has_alarm;
	struct alarm_record alarm; /* likewise */
};

/* What cannot be read counts as unknown; an alarm that the archive has raised stays so. */
MUST_CHECK enum err recall_path(const struct recall_request *request, struct recall *out);

/* A record of the key's outage; until: NSEC_UNDEFINED while it is open. */
struct outage_record outage_record_of(const char *key, const struct spell *spell, nsec until);

#endif
