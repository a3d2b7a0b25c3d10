/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A board keeps the condition of every path that is measured and whether the agent is cut off,
 * records outages and alarms in the archive, and gives the news. For one thread at a time; it reads
 * no clock, so that a simulated month can be told to it too. */
#ifndef NETGRADE_ALARM_BOARD_H
#define NETGRADE_ALARM_BOARD_H

#include "collector/alarm/condition.h"
#include "collector/base/err.h"
#include "collector/store/outages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board;

enum news_kind { NEWS_RAISED, NEWS_CLEARED, NEWS_REMINDER, NEWS_KINDS };

/* Something about one alarm. */
struct news {
	enum news_kind kind;
	struct alarm_record alarm;
	/* Of the outage so far, where it is known: length 0 is not. */
	struct spell spell;
};

struct board_options {
	const char *directory;	 /* of the store; copied */
	struct archive *archive; /* outlives the board */
	struct condition_rule rule;
};

/* Reads what the archive has open. */
MUST_CHECK enum err board_create(const struct board_options *options, struct board **out);
void board_destroy(struct board *board); /* save first; NULL is fine */

/* From now on slots are judged so. */
void board_judge(struct board *board, const struct condition_rule *rule);

/* Forgets which paths are watched, not their conditions: those to be watched follow. */
void board_unwatch(struct board *board);

/* Watches a path under a small number: the same key always under the same. */
MUST_CHECK enum err board_watch(struct board *board, uint32_t number, const char *key);

/* Paths that are watched. */
size_t board_watched(const struct board *board);

/* A slot of a path, in the order of time. What came before the first one is recalled from the store
 * in which it must be, or come to be soon. */
void board_put(struct board *board, uint32_t number, const struct summary *slot);

/* Slots may have been missed: everything is to be recalled. */
void board_doubt(struct board *board);

/* The agent is cut off in a family, or no more. */
struct board_cut_off {
	const char *agent;
	uint8_t family;
	struct period period; /* so far */
	bool open;
};
void board_cut_off(struct board *board, const struct board_cut_off *cut_off);

/* Adds a reminder for each watched alarm that has been raised for another whole multiple of every.
 * now: realtime. */
void board_remind(struct board *board, nsec now, nsec every);

/* Makes everything durable that happened since the last time; what fails is tried again then. */
MUST_CHECK enum err board_save(struct board *board);

/* Saves for the last time: without it the next board believes that rows are missing, and recalls
 * every path. */
MUST_CHECK enum err board_finish(struct board *board);

/* The news since the last time, oldest first, *count of them; the caller frees. Save before. */
struct news *board_take_news(struct board *board, size_t *count);

/* These have been told. */
void board_told(struct board *board, const struct news *news, size_t count);

#endif
