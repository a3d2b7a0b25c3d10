/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records are the rows of outages and alarms that are still to be written: in memory until the
 * archive has taken them, in the order of what happened. */
#ifndef NETGRADE_ALARM_RECORDS_H
#define NETGRADE_ALARM_RECORDS_H

#include "collector/base/err.h"
#include "collector/store/outages.h"

#include <stdbool.h>
#include <stddef.h>

struct record;

struct records {
	struct record *items;
	size_t count;
	size_t room;
	bool refused; /* the log has it that the archive does not take them */
};

/* Without room, or memory, it is left out; logged. */
void records_add_outage(struct records *records, const struct outage_record *outage);
void records_add_alarm(struct records *records, const struct alarm_record *alarm);

/* All become durable together, or all are kept for the next time; the first refusal is logged. */
MUST_CHECK enum err records_save(struct records *records, struct archive *archive);

void records_finish(struct records *records);

#endif
