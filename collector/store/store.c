/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/store.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/metric/availability.h"
#include "collector/store/batch.h"
#include "collector/store/home.h"
#include "collector/store/recovery.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	COMMIT_WAIT_MS = 1000,	/* a slot waits no longer for others to share its commit */
	COMMIT_AT_ONCE = 16384, /* slots that do not wait any more */
	WRITER_WAIT_MS = 1000,	/* how often the writer looks for what is due */
	GROUP_SLOTS = 16384,	/* slots that one run of the writer holds in memory, about */
};

static const nsec retry_after = 10 * NSEC_PER_SEC;

struct store {
	nsec gather;
	int held;	       /* descriptor that holds the directory */
	struct filing *filing; /* the writer's */
	pthread_t committer;
	pthread_t writer;
	bool committing; /* whether the thread runs */
	bool filing_runs;
	int put_bell;	 /* something waits for a commit */
	int hurry_bell;	 /* the commit is not to gather any more */
	int writer_bell; /* something may be due */

	struct batch writing; /* the committer's: the transaction under way or to be retried */
	struct enrolled_list saving; /* the committer's likewise: records */
	int64_t next_row;	     /* the committer's */

	pthread_mutex_t lock; /* for all below and the roster; never held over disk work */
	pthread_cond_t flushed;
	struct recovered recovered;
	struct batch queue;
	struct enrolled_list changed; /* records to be saved */
	struct enrolled_list filable; /* entries with slots to be filed */
	struct store_counters counters;
	uint64_t flush_asked;
	uint64_t flush_committed;
	uint64_t flush_done;
	enum err failure; /* the first since the last flush */
	bool stopping;
};

/* Bells are waited for with a timeout that no clock of ours has a part in, so that a virtual clock
 * does not hold up the threads. */
static void ring(int bell)
{
	uint64_t one = 1;
	(void)!write(bell, &one, sizeof(one));
}

static void wait_bell(int bell, int timeout_ms)
{
	struct pollfd pollfd = {.fd = bell, .events = POLLIN};
	uint64_t rung;

	if (poll(&pollfd, 1, timeout_ms) > 0)
		(void)!read(bell, &rung, sizeof(rung));
}

static void note_failure(struct store *store, enum err rc)
{
	if (store->failure == E_OK)
		store->failure = rc;
}

static void list_filable(struct store *store, struct enrolled *entry, nsec due)
{
	if (entry->listed)
		return;
	entry->due = due;
	entry->listed = enrolled_list_add(&store->filable, entry) == E_OK;
	if (!entry->listed)
		note_failure(store, E_MEMORY); /* its next slot tries again */
}

static void list_changed(struct store *store, struct enrolled *entry)
{
	if (entry->changed)
		return;
	entry->changed = enrolled_list_add(&store->changed, entry) == E_OK;
	if (!entry->changed)
		note_failure(store, E_MEMORY);
}

/* --- the committer --- */

/* Takes what waits, unless an earlier transaction is to be tried again first. */
static void take_queue(struct store *store, uint64_t *flush)
{
	pthread_mutex_lock(&store->lock);
	if (store->writing.count == 0 && store->saving.count == 0) {
		struct batch emptied = store->writing;
		store->writing = store->queue;
		store->queue = emptied;
		struct enrolled_list none = store->saving;
		store->saving = store->changed;
		store->changed = none;
		for (size_t i = 0; i < store->saving.count; i++)
			store->saving.list[i]->changed = false;
	}
	*flush = store->flush_asked;
	pthread_mutex_unlock(&store->lock);
}

static enum err append_slots(struct store *store)
{
	struct batch_item item;
	struct spool_row row;
	size_t at = 0;
	enum err rc = E_OK;

	row.id = store->next_row;
	while (rc == E_OK && batch_next(&store->writing, &at, &item)) {
		struct enrolled *entry = item.entry;
		row.previous = entry->newest_written;
		row.series = entry->record.id;
		row.len = item.len;
		memcpy(row.octets, item.octets, item.len);
		rc = spool_append(store->recovered.spool, &row);
		entry->newest_written = row.id++;
	}
	return rc;
}

static enum err save_records(struct store *store)
{
	enum err rc = E_OK;

	for (size_t i = 0; i < store->saving.count && rc == E_OK; i++) {
		pthread_mutex_lock(&store->lock);
		struct spool_series record = store->saving.list[i]->record;
		pthread_mutex_unlock(&store->lock);
		rc = spool_save_series(store->recovered.spool, &record);
	}
	return rc;
}

static enum err write_transaction(struct store *store)
{
	enum err rc = spool_begin(store->recovered.spool);

	if (rc != E_OK)
		return rc;
	rc = save_records(store);
	if (rc == E_OK)
		rc = append_slots(store);
	if (rc == E_OK)
		return spool_commit(store->recovered.spool);
	spool_rollback(store->recovered.spool);
	return rc;
}

static void after_commit(struct store *store)
{
	nsec due = clock_monotonic() + store->gather;
	struct batch_item item;
	size_t at = 0;

	pthread_mutex_lock(&store->lock);
	while (batch_next(&store->writing, &at, &item)) {
		struct enrolled *entry = item.entry;
		entry->newest = entry->newest_written;
		entry->unfiled++;
		list_filable(store, entry, due);
	}
	store->counters.committed += store->writing.count;
	store->counters.waiting -= store->writing.count;
	store->next_row += (int64_t)store->writing.count;
	batch_clear(&store->writing);
	store->saving.count = 0;
	pthread_mutex_unlock(&store->lock);
}

static void after_failure(struct store *store, enum err rc)
{
	struct batch_item item;
	size_t at = 0;

	log_error("store", "%zu slots not committed, kept in memory and tried again: %s",
		  store->writing.count, err_text(rc));
	pthread_mutex_lock(&store->lock);
	while (batch_next(&store->writing, &at, &item)) {
		struct enrolled *entry = item.entry;
		entry->newest_written = entry->newest;
	}
	note_failure(store, rc);
	pthread_mutex_unlock(&store->lock);
}

static bool has_more(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	bool more = store->queue.count > 0 || store->changed.count > 0 ||
		    store->flush_asked > store->flush_committed;
	pthread_mutex_unlock(&store->lock);
	return more;
}

static bool is_stopping(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	bool stopping = store->stopping;
	pthread_mutex_unlock(&store->lock);
	return stopping;
}

static void report_committed(struct store *store, uint64_t flush)
{
	pthread_mutex_lock(&store->lock);
	bool wake = flush > store->flush_committed || store->gather == 0;
	store->flush_committed = flush;
	pthread_mutex_unlock(&store->lock);
	if (wake)
		ring(store->writer_bell);
}

static void *run_committer(void *context)
{
	struct store *store = context;
	bool failed = false;

	for (;;) {
		uint64_t flush;
		if (failed || !has_more(store))
			wait_bell(failed ? store->hurry_bell : store->put_bell,
				  failed ? COMMIT_WAIT_MS : -1);
		if (is_stopping(store))
			return NULL;
		if (!failed)
			wait_bell(store->hurry_bell, COMMIT_WAIT_MS);
		take_queue(store, &flush);
		enum err rc = E_OK;
		if (store->writing.count > 0 || store->saving.count > 0)
			rc = write_transaction(store);
		failed = rc != E_OK;
		if (failed)
			after_failure(store, rc);
		else
			after_commit(store);
		report_committed(store, flush);
	}
}

/* --- the writer --- */

struct turn {
	struct filing_task tasks[FILING_GROUP];
	struct enrolled *entries[FILING_GROUP];
	uint32_t taken[FILING_GROUP];
	size_t count;
};

/* Takes a group of what is due off the list. */
static void take_due(struct store *store, struct turn *turn, nsec now, bool all)
{
	struct enrolled_list *list = &store->filable;
	size_t kept = 0;
	size_t slots = 0;

	turn->count = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct enrolled *entry = list->list[i];
		bool room = turn->count < FILING_GROUP && slots < GROUP_SLOTS;
		if (!room || (!all && entry->due > now)) {
			list->list[kept++] = entry;
			continue;
		}
		entry->listed = false;
		slots += entry->unfiled;
		turn->entries[turn->count] = entry;
		turn->taken[turn->count] = entry->unfiled;
		turn->tasks[turn->count++] =
			(struct filing_task){.filed = &entry->filed, .newest = entry->newest};
	}
	list->count = kept;
}

/* What failed is put on a list of its own, so that a flush ends. */
static void settle_turn(struct store *store, const struct turn *turn, struct enrolled_list *failed)
{
	struct filing_counters counters = filing_counters(store->filing);

	store->counters.filed = counters.filed;
	store->counters.quarantined = counters.quarantined;
	for (size_t i = 0; i < turn->count; i++) {
		struct enrolled *entry = turn->entries[i];
		if (turn->tasks[i].result == E_OK) {
			entry->unfiled -= turn->taken[i];
			continue;
		}
		note_failure(store, turn->tasks[i].result);
		if (!entry->listed && enrolled_list_add(failed, entry) == E_OK)
			entry->listed = true;
	}
}

static void file_due(struct store *store)
{
	struct enrolled_list failed = {0};
	struct turn turn;

	pthread_mutex_lock(&store->lock);
	uint64_t flush = store->flush_committed;
	bool all = flush > store->flush_done;
	for (;;) {
		take_due(store, &turn, clock_monotonic(), all);
		if (turn.count == 0)
			break;
		pthread_mutex_unlock(&store->lock);
		filing_run(store->filing, turn.tasks, turn.count);
		pthread_mutex_lock(&store->lock);
		settle_turn(store, &turn, &failed);
	}
	nsec again = clock_monotonic() + retry_after;
	for (size_t i = 0; i < failed.count; i++) {
		failed.list[i]->listed = false;
		list_filable(store, failed.list[i], again);
	}
	if (all) {
		store->flush_done = flush;
		pthread_cond_broadcast(&store->flushed);
	}
	pthread_mutex_unlock(&store->lock);
	enrolled_list_finish(&failed);
}

static void *run_writer(void *context)
{
	struct store *store = context;

	while (!is_stopping(store)) {
		wait_bell(store->writer_bell, WRITER_WAIT_MS);
		file_due(store);
	}
	return NULL;
}

/* --- opening and closing --- */

static enum err open_parts(struct store *store, const struct store_options *options)
{
	char folder[PATH_MAX];
	enum err rc = home_path(options->directory, "series", folder, sizeof(folder));

	if (rc == E_OK)
		rc = home_make(options->directory);
	if (rc == E_OK)
		rc = home_hold(options->directory, &store->held);
	if (rc == E_OK)
		rc = home_make(folder);
	if (rc == E_OK)
		rc = recover_spool(options->directory, &store->recovered);
	if (rc != E_OK)
		return rc;
	store->next_row = store->recovered.roster.newest_row + 1;
	struct filing_options filing = {
		.folder = folder,
		.spool = store->recovered.spool,
		.keep_slots = options->keep_slots,
		.keep_hours = options->keep_hours,
	};
	return filing_open(&filing, &store->filing);
}

/* What the spool holds unfiled is due at once. */
static void list_replay(struct store *store)
{
	const struct roster *roster = &store->recovered.roster;

	for (size_t i = 0; i < roster->size; i++)
		if (roster->entries[i] != NULL && roster->entries[i]->unfiled > 0)
			list_filable(store, roster->entries[i], INT64_MIN);
}

static enum err start_threads(struct store *store)
{
	store->put_bell = eventfd(0, EFD_CLOEXEC);
	store->hurry_bell = eventfd(0, EFD_CLOEXEC);
	store->writer_bell = eventfd(0, EFD_CLOEXEC);
	if (store->put_bell < 0 || store->hurry_bell < 0 || store->writer_bell < 0)
		return err_from_errno(errno);
	int failed = pthread_create(&store->committer, NULL, run_committer, store);
	if (failed != 0)
		return err_from_errno(failed);
	store->committing = true;
	failed = pthread_create(&store->writer, NULL, run_writer, store);
	store->filing_runs = failed == 0;
	return err_from_errno(failed);
}

static void stop_threads(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_mutex_unlock(&store->lock);
	if (store->committing) {
		ring(store->put_bell);
		ring(store->hurry_bell);
		pthread_join(store->committer, NULL);
	}
	if (store->filing_runs) {
		ring(store->writer_bell);
		pthread_join(store->writer, NULL);
	}
}

static void dismantle(struct store *store)
{
	const int descriptors[] = {store->put_bell, store->hurry_bell, store->writer_bell,
				   store->held};

	stop_threads(store);
	filing_close(store->filing);
	roster_finish(&store->recovered.roster);
	spool_close(store->recovered.spool);
	batch_finish(&store->queue);
	batch_finish(&store->writing);
	enrolled_list_finish(&store->saving);
	enrolled_list_finish(&store->changed);
	enrolled_list_finish(&store->filable);
	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
	pthread_mutex_destroy(&store->lock);
	pthread_cond_destroy(&store->flushed);
	free(store);
}

enum err store_open(const struct store_options *options, struct store **out)
{
	struct store *store = calloc(1, sizeof(*store));

	if (store == NULL)
		return E_MEMORY;
	store->gather = options->gather;
	store->held = store->put_bell = store->hurry_bell = store->writer_bell = -1;
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->flushed, NULL);
	enum err rc = open_parts(store, options);
	if (rc == E_OK) {
		list_replay(store);
		rc = start_threads(store);
	}
	if (rc != E_OK) {
		dismantle(store);
		return rc;
	}
	*out = store;
	return E_OK;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	enum err rc = store_flush(store);
	if (rc != E_OK)
		log_error("store", "closed with slots left in the spool or lost: %s", err_text(rc));
	dismantle(store);
}

/* --- what the measuring loop calls --- */

enum err store_series(struct store *store, const struct series_key *key, nsec interval,
		      uint32_t *out)
{
	char text[KEY_TEXT];
	struct enrolled *entry;
	enum err rc = E_OK;

	if (!slot_length_allowed(interval))
		return E_RANGE;
	series_key_format(key, text);
	pthread_mutex_lock(&store->lock);
	entry = roster_find(&store->recovered.roster, text);
	if (entry == NULL)
		rc = roster_add(&store->recovered.roster, text, &entry);
	if (rc == E_OK && entry->record.interval != interval) {
		entry->record.interval = interval;
		list_changed(store, entry);
	}
	if (rc == E_OK)
		*out = entry->record.id;
	pthread_mutex_unlock(&store->lock);
	ring(store->put_bell);
	return rc;
}

/* Under the lock. Which counter a slot that cannot be taken goes to; NULL: it can be. */
static uint64_t *refusal(struct store *store, const struct enrolled *entry,
			 const struct summary *summary, size_t len)
{
	if (entry == NULL || len == 0 || summary->until - summary->from != entry->record.interval)
		return &store->counters.dropped;
	if (entry->known_until != NSEC_UNDEFINED && summary->from < entry->known_until)
		return &store->counters.dropped_old;
	return NULL;
}

static void note_firsts(struct store *store, struct enrolled *entry, const struct summary *summary)
{
	bool answered = summary_answered(summary) > 0;

	if (entry->record.first_slot != NSEC_UNDEFINED &&
	    (!answered || entry->record.first_reply != NSEC_UNDEFINED))
		return;
	if (entry->record.first_slot == NSEC_UNDEFINED)
		entry->record.first_slot = summary->from;
	if (answered)
		entry->record.first_reply = summary->from;
	list_changed(store, entry);
}

void store_put(struct store *store, uint32_t series, const struct summary *summary,
	       const struct delays *delays)
{
	struct slot slot = {.summary = *summary, .delays = delays_empty()};
	uint8_t octets[SLOT_OCTETS];
	size_t waiting = 0;

	/* Hours must leave out the same slots as the score does. */
	if (delays != NULL && availability_judgeable(summary))
		slot.delays = *delays;
	size_t len = slot_encode(&slot, octets);
	pthread_mutex_lock(&store->lock);
	struct enrolled *entry = roster_at(&store->recovered.roster, series);
	struct batch_item item = {.entry = entry, .len = len, .octets = octets};
	uint64_t *refused = refusal(store, entry, summary, len);
	if (refused == NULL && batch_add(&store->queue, &item) != E_OK)
		refused = &store->counters.dropped;
	if (refused != NULL) {
		*refused += 1;
	} else {
		entry->known_until = summary->until;
		note_firsts(store, entry, summary);
		store->counters.put++;
		store->counters.waiting++;
		waiting = store->queue.count;
	}
	pthread_mutex_unlock(&store->lock);
	if (waiting == 1)
		ring(store->put_bell);
	if (waiting == COMMIT_AT_ONCE)
		ring(store->hurry_bell);
}

enum err store_flush(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	uint64_t mine = ++store->flush_asked;
	ring(store->put_bell);
	ring(store->hurry_bell);
	while (store->flush_done < mine)
		pthread_cond_wait(&store->flushed, &store->lock);
	enum err rc = store->failure;
	store->failure = E_OK;
	pthread_mutex_unlock(&store->lock);
	return rc;
}

nsec store_last(struct store *store, uint32_t series)
{
	pthread_mutex_lock(&store->lock);
	const struct enrolled *entry = roster_at(&store->recovered.roster, series);
	nsec last = entry == NULL ? NSEC_UNDEFINED : entry->known_until;
	pthread_mutex_unlock(&store->lock);
	return last;
}

struct store_counters store_counters(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	struct store_counters counters = store->counters;
	counters.quarantined += store->recovered.quarantined;
	pthread_mutex_unlock(&store->lock);
	return counters;
}
