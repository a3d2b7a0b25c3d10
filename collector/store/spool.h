/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A spool keeps what must not be lost until the series files hold it: slots, undo images of file
 * headers, how far each series has been filed, and what had to be dropped (DATA/spool.db). */
#ifndef NETGRADE_STORE_SPOOL_H
#define NETGRADE_STORE_SPOOL_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/store/key.h"
#include "collector/store/slot.h"

#include <stddef.h>
#include <stdint.h>

enum { SPOOL_FILE = 256 };

struct spool;

MUST_CHECK enum err spool_open(const char *path, struct spool **out);
/* For another process. E_NOT_FOUND as long as no store has made it. */
MUST_CHECK enum err spool_open_reading(const char *path, struct spool **out);
void spool_close(struct spool *spool); /* NULL is fine */

/* From now on commits do not wait for the disk: a crash of the machine may spoil the spool. */
MUST_CHECK enum err spool_stop_syncing(struct spool *spool);

/* Everything below happens between one of these and spool_commit or spool_rollback, and one thread
 * at a time: beginning waits for the other threads. A failed commit has rolled back. */
MUST_CHECK enum err spool_begin(struct spool *spool);
MUST_CHECK enum err spool_begin_reading(struct spool *spool);
MUST_CHECK enum err spool_commit(struct spool *spool);
void spool_rollback(struct spool *spool);

struct spool_series {
	uint32_t id;
	char key[KEY_TEXT];
	nsec interval;	  /* of the slots to come */
	nsec first_slot;  /* this and the next: NSEC_UNDEFINED if none */
	nsec first_reply; /* start of the first slot with an answer */
	nsec filed_until; /* the curves hold what ended up to here */
	nsec hours_until; /* the histograms hold the hours that ended up to here */
};

/* Saves all but the last two fields, which belong to the writer of the files. */
MUST_CHECK enum err spool_save_series(struct spool *spool, const struct spool_series *series);
MUST_CHECK enum err spool_save_filed(struct spool *spool, const struct spool_series *series);
MUST_CHECK enum err spool_find_series(struct spool *spool, const char *key,
				      struct spool_series *out);
typedef enum err spool_series_visit(void *context, const struct spool_series *series);
MUST_CHECK enum err spool_each_series(struct spool *spool, spool_series_visit *visit,
				      void *context);

/* A stretch of a series whose slots have one length; its curves have a file of their own. */
struct spool_epoch {
	uint32_t series;
	nsec interval;
	nsec from;	       /* start of its first slot */
	char file[SPOOL_FILE]; /* name in DATA/series */
};

MUST_CHECK enum err spool_add_epoch(struct spool *spool, const struct spool_epoch *epoch);
/* Oldest first; the caller frees *out. */
MUST_CHECK enum err spool_list_epochs(struct spool *spool, uint32_t series,
				      struct spool_epoch **out, size_t *count);

/* Slots are appended with rising numbers; each names the slot of its series before it, so that a
 * series is read backwards from its newest without an index. */
struct spool_row {
	int64_t id;
	int64_t previous; /* 0, or gone already: none */
	uint32_t series;
	size_t len;
	uint8_t octets[SLOT_OCTETS];
};

MUST_CHECK enum err spool_append(struct spool *spool, const struct spool_row *row);
MUST_CHECK enum err spool_read(struct spool *spool, int64_t id, struct spool_row *out);
/* The number of its series' row before it; E_NOT_FOUND when it is gone already. */
MUST_CHECK enum err spool_previous(struct spool *spool, int64_t id, int64_t *previous);
typedef enum err spool_row_visit(void *context, const struct spool_row *row);
/* The row of this number and its series' rows before it, newest first, until one is gone or visit
 * says E_NOT_FOUND. Rows that lie side by side cost a fraction of spool_read. */
MUST_CHECK enum err spool_each_before(struct spool *spool, int64_t newest, spool_row_visit *visit,
				      void *context);
/* Deletes the rows of these numbers and all between them. */
MUST_CHECK enum err spool_free_between(struct spool *spool, int64_t first, int64_t last);
/* All rows after a number, in the order of their numbers. */
MUST_CHECK enum err spool_each_row(struct spool *spool, int64_t after, spool_row_visit *visit,
				   void *context);

/* Slots that were measured and that nothing had room for. */
struct spool_dropped {
	uint32_t series;
	struct period span; /* from the first to the last of them */
	uint32_t slots;
	const char *reason;
};

/* Joins the span that ends where this one begins, if the reason is the same. */
MUST_CHECK enum err spool_add_dropped(struct spool *spool, const struct spool_dropped *dropped);
/* Those of a series that overlap the period, oldest first; the caller frees *out. */
MUST_CHECK enum err spool_list_dropped(struct spool *spool, uint32_t series, struct period period,
				       struct period **out, size_t *count);

/* Octets in use in the file, without the journal beside it. */
MUST_CHECK enum err spool_octets(struct spool *spool, uint64_t *out);

/* The first octets of a file as they were before an update; file is a name in DATA/series. */
MUST_CHECK enum err spool_save_undo(struct spool *spool, const char *file, const void *octets,
				    size_t len);
MUST_CHECK enum err spool_free_undo(struct spool *spool, const char *file);
MUST_CHECK enum err spool_free_undos(struct spool *spool); /* all of them */
/* E_NOT_FOUND when no update of the file is under way; the caller frees *out. */
MUST_CHECK enum err spool_find_undo(struct spool *spool, const char *file, uint8_t **out,
				    size_t *len);
typedef enum err spool_undo_visit(void *context, const char *file, const void *octets, size_t len);
MUST_CHECK enum err spool_each_undo(struct spool *spool, spool_undo_visit *visit, void *context);

#endif
