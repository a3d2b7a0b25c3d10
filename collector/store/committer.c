/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/store/store_inside.h"

#include <inttypes.h>
#include <string.h>

/* Slots in one transaction: what waited for a full disk goes in parts, each of which needs little
 * room beside the spool; while nothing goes at all, a small part is tried. */
enum { PART = 16384, PART_TRIED = 512 };

/* Takes what waits, unless something taken earlier is still to be committed. */
static void take_queue(struct store *store, uint64_t *flush)
{
	pthread_mutex_lock(&store->lock);
	if (store->writing.count == 0) {
		struct batch emptied = store->writing;
		store->writing = store->queue;
		store->queue = emptied;
		store->written = 0;
	}
	if (store->saving.count == 0 && store->telling.count == 0) {
		struct enrolled_list none = store->saving;
		store->saving = store->changed;
		store->changed = none;
		for (size_t i = 0; i < store->saving.count; i++)
			store->saving.list[i]->changed = false;
		struct drops told = store->telling;
		store->telling = store->drops;
		store->drops = told;
		drops_end_all(&store->telling);
	}
	*flush = store->flush_asked;
	pthread_mutex_unlock(&store->lock);
}

/* What one transaction appended. */
struct part {
	size_t until; /* octets of the batch */
	size_t slots;
	uint64_t octets; /* of the spool afterwards */
};

static enum err append_slots(struct store *store, struct part *part)
{
	size_t most = store->refused_since == NSEC_UNDEFINED ? PART : PART_TRIED;
	struct batch_item item;
	struct spool_row row;
	enum err rc = E_OK;

	row.id = store->next_row;
	while (rc == E_OK && part->slots < most &&
	       batch_next(&store->writing, &part->until, &item)) {
		struct enrolled *entry = item.entry;
		row.previous = entry->newest_written;
		row.series = entry->id;
		row.len = item.len;
		memcpy(row.octets, item.octets, item.len);
		rc = spool_append(store->recovered.spool, &row);
		entry->newest_written = row.id++;
		part->slots++;
	}
	return rc;
}

static enum err save_records(struct store *store)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < store->saving.count && rc == E_OK; i++) {
		pthread_mutex_lock(&store->lock);
		struct spool_series record = enrolled_record(store->saving.list[i]);
		pthread_mutex_unlock(&store->lock);
		rc = spool_save_series(store->recovered.spool, &record);
	}
	return rc == E_OK ? drops_save(&store->telling, store->recovered.spool) : rc;
}

static enum err write_transaction(struct store *store, struct part *part)
{
	struct spool *spool = store->recovered.spool;
	enum err rc = spool_begin(spool);

	if (rc != E_OK)
		return rc;
	rc = save_records(store);
	if (rc == E_OK)
		rc = append_slots(store, part);
	if (rc == E_OK)
		rc = spool_octets(spool, &part->octets);
	if (rc == E_OK)
		return spool_commit(spool);
	spool_rollback(spool);
	return rc;
}

static void tell_crowded(const struct store *store, bool crowded)
{
	uint64_t bound = store->options.spool_octets >> 20;

	if (crowded)
		log_error("store",
			  "spool.db has reached its bound of %" PRIu64
			  " MiB: of each series only the first slot of an hour is kept, the others "
			  "are dropped, and recorded as dropped",
			  bound);
	else
		log_info("store", "spool.db is below its bound of %" PRIu64 " MiB again", bound);
}

static void after_commit(struct store *store, struct part part)
{
	nsec due = clock_monotonic() + store->options.gather;
	struct batch_item item;

	pthread_mutex_lock(&store->lock);
	store->waiting_octets -= part.until - store->written;
	while (store->written < part.until && batch_next(&store->writing, &store->written, &item)) {
		struct enrolled *entry = item.entry;
		entry->newest = entry->newest_written;
		entry->unfiled++;
		store_list_filable(store, entry, due);
	}
	store->counters.committed += part.slots;
	store->counters.waiting -= part.slots;
	store->next_row += (int64_t)part.slots;
	enrolled_list_clear(&store->saving);
	drops_finish(&store->telling);
	if (store->written == store->writing.used)
		batch_clear(&store->writing);
	if (part.slots > 0)
		store->shut = false;
	bool was_crowded = store->crowded;
	store->crowded = part.octets >= store->options.spool_octets;
	bool crowded = store->crowded;
	pthread_mutex_unlock(&store->lock);
	if (crowded != was_crowded)
		tell_crowded(store, crowded);
}

static void take_back(struct store *store, struct part part)
{
	struct batch_item item;

	pthread_mutex_lock(&store->lock);
	for (size_t at = store->written; at < part.until;)
		if (batch_next(&store->writing, &at, &item))
			item.entry->newest_written = item.entry->newest;
	pthread_mutex_unlock(&store->lock);
}

static void tell_refusal(struct store *store, enum err rc)
{
	pthread_mutex_lock(&store->lock);
	bool told = store->refusal == rc;
	bool shut = store->shut;
	uint64_t waiting = store->counters.waiting;
	store->refusal = rc;
	store_note_failure(store, rc);
	pthread_mutex_unlock(&store->lock);
	if (store->refused_since == NSEC_UNDEFINED)
		store->refused_since = clock_monotonic();
	if (!told)
		log_error("store",
			  "slots cannot be committed: %s; %" PRIu64
			  " and what comes wait in memory, %" PRIu64
			  " MiB at most, and are tried again all the time",
			  err_text(rc), waiting, store->options.wait_octets >> 20);
	if (shut && !store->told_shut)
		log_error("store", "no room for more waiting slots: what comes is dropped until a "
				   "commit has made room, and is recorded as dropped");
	store->told_shut = shut;
}

/* Once everything that waited is committed. */
static void tell_recovery(struct store *store)
{
	if (store->refused_since == NSEC_UNDEFINED || store->writing.count > 0)
		return;
	pthread_mutex_lock(&store->lock);
	store->refusal = E_OK;
	uint64_t dropped = store->counters.dropped;
	pthread_mutex_unlock(&store->lock);
	log_info("store",
		 "slots are committed again after %.0f s, those that waited too; %" PRIu64
		 " dropped since the start",
		 (double)(clock_monotonic() - store->refused_since) / (double)NSEC_PER_SEC,
		 dropped);
	store->refused_since = NSEC_UNDEFINED;
	store->told_shut = false;
}

/* false: to be tried again after a while. */
static bool commit_some(struct store *store)
{
	struct part part = {.until = store->written};

	if (store->writing.count == 0 && store->saving.count == 0 && store->telling.count == 0)
		return true;
	enum err rc = write_transaction(store, &part);
	if (rc != E_OK) {
		take_back(store, part);
		tell_refusal(store, rc);
		return false;
	}
	after_commit(store, part);
	tell_recovery(store);
	return true;
}

static bool has_more(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	bool more = store->queue.count > 0 || store->changed.count > 0 || store->drops.count > 0 ||
		    store->flush_asked > store->flush_committed;
	pthread_mutex_unlock(&store->lock);
	return more;
}

static void report_committed(struct store *store, uint64_t flush)
{
	pthread_mutex_lock(&store->lock);
	bool wake = flush > store->flush_committed || store->due <= clock_monotonic();
	store->flush_committed = flush;
	pthread_mutex_unlock(&store->lock);
	if (wake)
		bell_ring(store->writer_bell);
}

void *committer_run(void *context)
{
	struct store *store = context;
	int gather_ms = (int)(store->options.share / NSEC_PER_MSEC);

	while (!store_is_stopping(store)) {
		uint64_t flush;
		bool well = true;
		if (!has_more(store))
			bell_wait(store->put_bell, -1);
		if (store_is_stopping(store))
			break;
		bell_wait(store->hurry_bell, gather_ms);
		take_queue(store, &flush);
		do {
			well = commit_some(store);
		} while (well && store->writing.count > 0);
		report_committed(store, flush);
		if (!well)
			bell_ring(store->put_bell); /* what was taken waits still */
	}
	return NULL;
}
