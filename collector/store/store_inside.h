/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a store share: who puts, the committer, the writer. */
#ifndef NETGRADE_STORE_STORE_INSIDE_H
#define NETGRADE_STORE_STORE_INSIDE_H

#include "collector/base/bell.h"
#include "collector/store/batch.h"
#include "collector/store/drops.h"
#include "collector/store/filing.h"
#include "collector/store/recovery.h"
#include "collector/store/store.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct store {
	struct store_options options; /* without 0s; the directory is not kept */
	int held;		      /* descriptor that holds the directory */
	struct filing *filing;	      /* the writer's */
	pthread_t committer;
	pthread_t writer;
	bool committing; /* whether the thread runs */
	bool filing_runs;
	int put_bell;	 /* something waits for a commit */
	int hurry_bell;	 /* the commit is not to gather any more */
	int writer_bell; /* something may be due */

	struct batch writing;	     /* the committer's: slots taken from the queue */
	size_t written;		     /* the committer's: octets of them that are committed */
	struct drops telling;	     /* the committer's likewise: drops */
	struct enrolled_list saving; /* the committer's likewise: records */
	int64_t next_row;	     /* the committer's */
	nsec refused_since;	     /* the committer's: monotonic; NSEC_UNDEFINED: all is well */
	bool told_shut;		     /* the committer's: the log says that slots are dropped */
	enum err files_refused;	     /* the writer's: why no file can be written, as the log says */

	pthread_mutex_t lock; /* for all below and the roster; never held over disk work */
	pthread_cond_t flushed;
	struct recovered recovered;
	struct batch queue;
	struct drops drops;
	struct enrolled_list changed; /* records to be saved */
	struct enrolled_list filable; /* entries with slots to be filed */
	nsec due; /* monotonic: of the first of them; INT64_MAX: there is none */
	struct store_counters counters;
	uint64_t waiting_octets; /* of the queue and of what the committer has */
	bool shut;		 /* no room to wait: what comes is dropped until a commit */
	bool crowded;		 /* the spool has reached its bound */
	enum err refusal;	 /* why commits fail */
	uint64_t flush_asked;
	uint64_t flush_committed;
	uint64_t flush_done;
	enum err failure; /* the first since the last flush */
	nsec file_until;  /* monotonic; when the writer leaves the rest to the next start */
	bool stopping;
};

bool store_is_stopping(struct store *store);

/* These under the lock. */
void store_note_failure(struct store *store, enum err rc);
void store_list_filable(struct store *store, struct enrolled *entry, nsec due);

/* The threads; their context is the store. */
void *committer_run(void *context);
void *writer_run(void *context);

#endif
