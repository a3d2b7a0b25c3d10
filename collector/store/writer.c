/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/store/store_inside.h"

#include <sys/resource.h>
#include <unistd.h>

enum {
	WRITER_WAIT_MS = 1000, /* how often the writer looks for what is due */
	GROUP_SLOTS = 16384,   /* slots that one run of the writer holds in memory, about */
	NICE = 10,	       /* files can wait, packets cannot */
};

static const nsec retry_after = 10 * NSEC_PER_SEC;

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
	store->due = INT64_MAX;
	for (size_t i = 0; i < list->count; i++) {
		struct enrolled *entry = list->list[i];
		bool room = turn->count < FILING_GROUP && slots < GROUP_SLOTS;
		if (!room || (!all && entry->due > now)) {
			list->list[kept++] = entry;
			store->due = entry->due < store->due ? entry->due : store->due;
			continue;
		}
		entry->listed = false;
		slots += entry->unfiled;
		turn->entries[turn->count] = entry;
		turn->taken[turn->count] = entry->unfiled;
		turn->tasks[turn->count++] = (struct filing_task){.series = entry->id,
								  .stem = entry->key,
								  .filed = &entry->filed,
								  .newest = entry->newest};
	}
	list->count = kept;
}

/* The disk refuses, and would refuse every other series too. */
static bool is_general(enum err rc)
{
	return rc == E_FULL || rc == E_PERMISSION;
}

/* One line when it begins, whatever the number of series. */
static void tell_result(struct store *store, struct enrolled *entry, enum err rc)
{
	if (is_general(rc) ? store->files_refused == rc : entry->told == rc)
		return;
	if (is_general(rc)) {
		store->files_refused = rc;
		log_error("store",
			  "series files cannot be written: %s; slots stay in the spool, %s is one "
			  "of the series",
			  err_text(rc), entry->key);
	} else if (rc != E_OK) {
		log_error("store", "%s: not filed now, kept in the spool: %s", entry->key,
			  err_text(rc));
	}
	entry->told = rc;
}

static void tell_recovery(struct store *store)
{
	log_info("store", "series files are written again");
	store->files_refused = E_OK;
}

/* What failed is put on a list of its own, so that a flush ends. false: no use in going on. */
static bool settle_turn(struct store *store, const struct turn *turn, struct enrolled_list *failed)
{
	struct filing_counters counters = filing_counters(store->filing);
	bool refused = false;

	store->counters.filed = counters.filed;
	store->counters.quarantined = counters.quarantined;
	for (size_t i = 0; i < turn->count; i++) {
		struct enrolled *entry = turn->entries[i];
		enum err rc = turn->tasks[i].result;
		tell_result(store, entry, rc);
		refused = refused || is_general(rc);
		if (rc == E_OK) {
			entry->unfiled -= turn->taken[i];
			continue;
		}
		store_note_failure(store, rc);
		if (!entry->listed && enrolled_list_add(failed, entry) == E_OK)
			entry->listed = true;
	}
	if (!refused && store->files_refused != E_OK)
		tell_recovery(store);
	return !refused;
}

/* Everything, or until closing has taken long enough, or everything would fail. */
static void file_due(struct store *store)
{
	struct enrolled_list failed = {0};
	struct turn turn;

	pthread_mutex_lock(&store->lock);
	uint64_t flush = store->flush_committed;
	bool all = flush > store->flush_done;
	while (clock_monotonic() < store->file_until) {
		take_due(store, &turn, clock_monotonic(), all);
		if (turn.count == 0)
			break;
		pthread_mutex_unlock(&store->lock);
		filing_run(store->filing, turn.tasks, turn.count);
		pthread_mutex_lock(&store->lock);
		if (!settle_turn(store, &turn, &failed))
			break;
	}
	nsec again = clock_monotonic() + retry_after;
	for (size_t i = 0; i < failed.count; i++) {
		failed.list[i]->listed = false;
		store_list_filable(store, failed.list[i], again);
	}
	if (all && failed.count == 0 && store->filable.count > 0)
		log_info("store",
			 "slots of %zu series stay in the spool; they are filed after the next "
			 "start",
			 store->filable.count);
	if (store->filable.count == 0)
		enrolled_list_clear(&store->filable);
	if (all) {
		store->flush_done = flush;
		pthread_cond_broadcast(&store->flushed);
	}
	pthread_mutex_unlock(&store->lock);
	enrolled_list_finish(&failed);
}

void *writer_run(void *context)
{
	struct store *store = context;

	/* Data that can be made again are not measured meanwhile. */
	if (store->options.syncing == SYNCING_ALWAYS)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* this thread's */
	while (!store_is_stopping(store)) {
		bell_wait(store->writer_bell, WRITER_WAIT_MS);
		file_due(store);
	}
	return NULL;
}
