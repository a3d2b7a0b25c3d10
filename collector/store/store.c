/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/store.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/metric/availability.h"
#include "collector/store/home.h"
#include "collector/store/store_inside.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMIT_AT_ONCE = 16384 /* slots that do not wait any more */ };

static const nsec default_share = NSEC_PER_SEC;
static const nsec default_closing = 10 * NSEC_PER_SEC;
static const uint64_t default_wait_octets = (uint64_t)256 << 20;
static const uint64_t default_spool_octets = (uint64_t)4 << 30;

void store_note_failure(struct store *store, enum err rc)
{
	if (store->failure == E_OK)
		store->failure = rc;
}

void store_list_filable(struct store *store, struct enrolled *entry, nsec due)
{
	if (entry->listed)
		return;
	entry->due = due;
	entry->listed = enrolled_list_add(&store->filable, entry) == E_OK;
	if (!entry->listed)
		store_note_failure(store, E_MEMORY); /* its next slot tries again */
	else if (due < store->due)
		store->due = due;
}

static void list_changed(struct store *store, struct enrolled *entry)
{
	if (entry->changed)
		return;
	entry->changed = enrolled_list_add(&store->changed, entry) == E_OK;
	if (!entry->changed)
		store_note_failure(store, E_MEMORY);
}

bool store_is_stopping(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	bool stopping = store->stopping;
	pthread_mutex_unlock(&store->lock);
	return stopping;
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
	if (options->syncing == SYNCING_NEVER)
		rc = spool_stop_syncing(store->recovered.spool);
	if (rc != E_OK)
		return rc;
	store->next_row = store->recovered.roster.newest_row + 1;
	struct filing_options filing = {
		.folder = folder,
		.spool = store->recovered.spool,
		.keep_slots = options->keep_slots,
		.keep_hours = options->keep_hours,
		.syncing = options->syncing,
	};
	return filing_open(&filing, &store->filing);
}

/* What the spool holds unfiled is due at once. */
static void list_replay(struct store *store)
{
	const struct roster *roster = &store->recovered.roster;

	for (size_t i = 0; i < roster->size; i++)
		if (roster->entries[i] != NULL && roster->entries[i]->unfiled > 0)
			store_list_filable(store, roster->entries[i], INT64_MIN);
}

static enum err start_threads(struct store *store)
{
	store->put_bell = bell_create();
	store->hurry_bell = bell_create();
	store->writer_bell = bell_create();
	if (store->put_bell < 0 || store->hurry_bell < 0 || store->writer_bell < 0)
		return err_from_errno(errno);
	int failed = pthread_create(&store->committer, NULL, committer_run, store);
	if (failed != 0)
		return err_from_errno(failed);
	store->committing = true;
	failed = pthread_create(&store->writer, NULL, writer_run, store);
	store->filing_runs = failed == 0;
	return err_from_errno(failed);
}

static void stop_threads(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_mutex_unlock(&store->lock);
	if (store->committing) {
		bell_ring(store->put_bell);
		bell_ring(store->hurry_bell);
		pthread_join(store->committer, NULL);
	}
	if (store->filing_runs) {
		bell_ring(store->writer_bell);
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
	drops_finish(&store->drops);
	drops_finish(&store->telling);
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
	store->options = *options;
	store->options.directory = NULL;
	if (options->share == 0)
		store->options.share = default_share;
	if (options->closing == 0)
		store->options.closing = default_closing;
	if (options->wait_octets == 0)
		store->options.wait_octets = default_wait_octets;
	if (options->spool_octets == 0)
		store->options.spool_octets = default_spool_octets;
	store->refused_since = NSEC_UNDEFINED;
	store->file_until = store->due = INT64_MAX;
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
	pthread_mutex_lock(&store->lock);
	store->file_until = clock_monotonic() + store->options.closing;
	pthread_mutex_unlock(&store->lock);
	enum err rc = store_flush(store);
	if (rc != E_OK) /* an earlier failure may be over */
		rc = store_flush(store);
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
	if (rc == E_OK && entry->interval != interval) {
		entry->ending = entry->interval;
		entry->interval = interval;
		list_changed(store, entry);
	}
	if (rc == E_OK)
		*out = entry->id;
	pthread_mutex_unlock(&store->lock);
	bell_ring(store->put_bell);
	return rc;
}

/* Under the lock. Which counter a slot that cannot be taken goes to; NULL: it can be. */
static uint64_t *refusal(struct store *store, const struct enrolled *entry,
			 const struct summary *summary, size_t len)
{
	nsec length = summary->until - summary->from;

	if (entry == NULL || len == 0 || (length != entry->interval && length != entry->ending))
		return &store->counters.misfits;
	if (entry->known_until != NSEC_UNDEFINED && summary->from < entry->known_until)
		return &store->counters.dropped_old;
	return NULL;
}

/* Not the slot that lets the open hour of its series be filed and its rows be freed. */
static bool is_within_hour(const struct enrolled *entry, const struct summary *summary)
{
	return entry->known_until != NSEC_UNDEFINED &&
	       nsec_floor(summary->from, NSEC_PER_HOUR) ==
		       nsec_floor(entry->known_until - 1, NSEC_PER_HOUR);
}

/* Under the lock. Once a slot found no room to wait the next ones find none either, until a commit
 * has made some: so a series' drops are one span. */
static enum err find_room(struct store *store, const struct summary *summary,
			  const struct batch_item *item)
{
	size_t before = store->queue.used;

	if (store->crowded && is_within_hour(item->entry, summary))
		return E_FULL;
	if (store->shut || store->waiting_octets + item->len > store->options.wait_octets) {
		store->shut = true;
		return store->refusal == E_OK ? E_FULL : store->refusal;
	}
	enum err rc = batch_add(&store->queue, item);
	store->waiting_octets += store->queue.used - before;
	return rc;
}

static void note_taken(struct store *store, struct enrolled *entry, const struct summary *summary)
{
	bool answered = summary_answered(summary) > 0;

	entry->known_until = summary->until;
	if (summary->until - summary->from == entry->interval)
		entry->ending = 0;
	drops_end(entry);
	store->counters.put++;
	store->counters.waiting++;
	if (entry->first_slot != NSEC_UNDEFINED &&
	    (!answered || entry->first_reply != NSEC_UNDEFINED))
		return;
	if (entry->first_slot == NSEC_UNDEFINED)
		entry->first_slot = summary->from;
	if (answered)
		entry->first_reply = summary->from;
	list_changed(store, entry);
}

/* Under the lock. Gives what there is to be committed now. */
static size_t take(struct store *store, uint32_t series, const struct summary *summary,
		   struct batch_item *item)
{
	item->entry = roster_at(&store->recovered.roster, series);
	uint64_t *refused = refusal(store, item->entry, summary, item->len);
	if (refused != NULL) {
		*refused += 1;
		return 0;
	}
	enum err rc = find_room(store, summary, item);
	if (rc != E_OK) {
		struct period span = {summary->from, summary->until};
		drops_note(&store->drops, item->entry, span, rc);
		store->counters.dropped++;
		return store->queue.count == 0 ? store->drops.count : 0;
	}
	note_taken(store, item->entry, summary);
	return store->queue.count;
}

void store_put(struct store *store, uint32_t series, const struct summary *summary,
	       const struct delays *delays)
{
	struct slot slot = {.summary = *summary, .delays = delays_empty()};
	uint8_t octets[SLOT_OCTETS];

	/* Hours must leave out the same slots as the score does. */
	if (delays != NULL && availability_judgeable(summary))
		slot.delays = *delays;
	struct batch_item item = {.len = slot_encode(&slot, octets), .octets = octets};
	pthread_mutex_lock(&store->lock);
	size_t waiting = take(store, series, summary, &item);
	pthread_mutex_unlock(&store->lock);
	if (waiting == 1)
		bell_ring(store->put_bell);
	if (waiting == COMMIT_AT_ONCE)
		bell_ring(store->hurry_bell);
}

enum err store_flush(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	uint64_t mine = ++store->flush_asked;
	bell_ring(store->put_bell);
	bell_ring(store->hurry_bell);
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
