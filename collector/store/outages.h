/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outages of paths, and the alarms that they raised, as an archive keeps them: a row when one
 * opens, the same row completed when it is over. */
#ifndef NETGRADE_STORE_OUTAGES_H
#define NETGRADE_STORE_OUTAGES_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/store/archive.h"
#include "collector/store/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As far as the packets of its bad slots tell. */
enum outage_cause {
	CAUSE_SILENT,	/* no packet was answered */
	CAUSE_REJECTED, /* most of the lost ones were refused, for several causes or untold ones */
	CAUSE_LOSSY,	/* a part was answered */
	/* Most of the lost ones were refused, and only this was told of any: see enum loss_cause.
	 */
	CAUSE_REFUSED,
	CAUSE_UNREACHABLE,
	CAUSE_FILTERED,
	CAUSE_FAILURE,
	CAUSE_WRONG,
	CAUSE_MALFORMED,
	CAUSE_COUNT
};
const char *outage_cause_name(enum outage_cause cause); /* "silent" and so on */

/* flags: of all bad slots together. */
enum outage_cause outage_cause_of(uint64_t sent, uint64_t lost, uint64_t rejected, uint32_t flags);

struct outage_record {
	char key[KEY_TEXT]; /* series_key_format */
	nsec from;	    /* start of the first bad slot */
	nsec until;	    /* end of the last; NSEC_UNDEFINED while open */
	/* As of its end; while it is open, as of its opening. */
	nsec length; /* bad time; bridged gaps do not count */
	uint32_t slots;
	uint64_t sent;
	uint64_t lost;
	uint64_t rejected;
	enum outage_cause cause;
	bool unseen; /* a longer gap ended it: nobody saw the path come back */
};

/* What has been told of an alarm. */
enum alarm_told { TOLD_NOTHING, TOLD_RAISED, TOLD_CLEARED };

struct alarm_record {
	char key[KEY_TEXT]; /* of a path, or alarm_agent_key */
	nsec from;	    /* start of the first bad slot; of an agent: since when it is cut off */
	nsec raised_at;	    /* end of the slot that raised it */
	nsec cleared_at;    /* end of the slot that cleared it; NSEC_UNDEFINED while raised */
	uint32_t raise;	    /* the counts in force then */
	uint32_t clear;
	enum alarm_told told;
};

/* "agent~v4": the key of alarms about an agent that is cut off in a family. */
void alarm_agent_key(const char *agent, uint8_t family, char out[KEY_TEXT]);

/* Many rows become durable together; a failed commit has rolled back. */
MUST_CHECK enum err outages_begin(struct archive *archive);
MUST_CHECK enum err outages_commit(struct archive *archive);
void outages_rollback(struct archive *archive);

/* Adds the row of its key and beginning, or completes it. An alarm that was cleared stays so, and
 * what has been told of it is never untold. */
MUST_CHECK enum err outages_put(struct archive *archive, const struct outage_record *record);
MUST_CHECK enum err outages_put_alarm(struct archive *archive, const struct alarm_record *record);

/* The open one of a key that began last; E_NOT_FOUND if there is none. */
MUST_CHECK enum err outages_find_open(struct archive *archive, const char *key,
				      struct outage_record *out);
MUST_CHECK enum err outages_find_raised(struct archive *archive, const char *key,
					struct alarm_record *out);

/* Whether one of a key overlaps the period: E_OK or E_NOT_FOUND. */
MUST_CHECK enum err outages_meet(struct archive *archive, const char *key, struct period period);
MUST_CHECK enum err outages_meet_alarm(struct archive *archive, const char *key,
				       struct period period);

/* Whoever keeps rows tells when it begins and, everything being kept, when it ends. *ended: the one
 * before did end so. */
MUST_CHECK enum err outages_begin_run(struct archive *archive, bool *ended);
MUST_CHECK enum err outages_end_run(struct archive *archive);

/* Those that overlap the period, by beginning and key; an open one has no end. The caller frees
 * *out. */
MUST_CHECK enum err outages_list(struct archive *archive, struct period period,
				 struct outage_record **out, size_t *count);
MUST_CHECK enum err outages_list_alarms(struct archive *archive, struct period period,
					struct alarm_record **out, size_t *count);

/* Those that are raised, or of which not all has been told. */
MUST_CHECK enum err outages_list_pending(struct archive *archive, struct alarm_record **out,
					 size_t *count);

#endif
