/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/alarms.h"

#include "collector/alarm/board.h"
#include "collector/alarm/bulletin.h"
#include "collector/alarm/notifier.h"
#include "collector/base/bell.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Slots that wait for the thread; beyond, all are let go and read from the store instead. */
enum { SLOTS_MOST = 1 << 17, CUT_OFFS_MOST = 256 };

/* The thread takes what came within so long at once. */
static const int share_ms = 500;

/* How often it is looked whether a reminder is due. */
static const nsec remind_look = 15 * NSEC_PER_SEC;

/* How long the end of the program waits for messages to be delivered. */
static const nsec drain = 5 * NSEC_PER_SEC;

struct put_slot {
	uint32_t number;
	struct summary summary;
};

/* A configuration on its way to the thread. */
struct setting {
	struct condition_rule rule;
	struct subjects *subjects;
	bool told; /* somebody is to be told */
	nsec gather;
	nsec remind; /* 0: never */
	struct alarm_path *paths;
	size_t path_count;
};

/* What the measuring loop hands over. */
struct inbox {
	struct put_slot *slots;
	size_t count;
	size_t room;
	bool overflowed;
	struct alarm_cut_off cut_offs[CUT_OFFS_MOST];
	size_t cut_off_count;
	struct setting *setting; /* NULL: no other */
};

struct alarms {
	char *directory;
	pthread_mutex_t lock;
	pthread_t thread;
	bool started;
	bool stopping;
	int bell;
	int stop_bell;
	struct inbox inbox;
	/* The thread's. */
	struct inbox taken;
	struct archive *archive;
	struct board *board;
	struct setting *setting;
	struct bulletin bulletin;
	struct notifier *notifier;
	nsec remind_at; /* monotonic */
};

struct condition_rule alarms_rule(const struct config *config)
{
	return (struct condition_rule){
		.c1 = config->profile->c1,
		.slots = config->profile->outage_slots,
		.bridge = config->profile->outage_bridge_ns,
		.raise = config->alarms.raise,
		.clear = config->alarms.clear,
	};
}

/* --- the loop's side --- */

void alarm_paths_free(struct alarm_path *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(paths[i].key);
	free(paths);
}

static void destroy_setting(struct setting *setting)
{
	if (setting == NULL)
		return;
	alarm_paths_free(setting->paths, setting->path_count);
	subjects_destroy(setting->subjects);
	free(setting);
}

enum err alarms_configure(struct alarms *alarms, const struct config *config, size_t agent,
			  struct alarm_path *paths, size_t count)
{
	struct setting *setting = calloc(1, sizeof(*setting));
	enum err rc =
		setting == NULL ? E_MEMORY : notifier_configure(alarms->notifier, &config->alarms);

	if (rc == E_OK)
		*setting = (struct setting){
			.rule = alarms_rule(config),
			.subjects = subjects_create(config, agent),
			.told = config->alarms.command != NULL || config->alarms.post != NULL,
			.gather = config->alarms.gather_ns,
			.remind = config->alarms.remind_ns,
			.paths = paths,
			.path_count = count,
		};
	if (rc != E_OK) {
		free(setting);
		alarm_paths_free(paths, count);
		return rc;
	}
	pthread_mutex_lock(&alarms->lock);
	struct setting *missed = alarms->inbox.setting;
	alarms->inbox.setting = setting;
	pthread_mutex_unlock(&alarms->lock);
	destroy_setting(missed);
	bell_ring(alarms->bell);
	return E_OK;
}

/* Under the lock. */
static bool make_room(struct inbox *inbox)
{
	if (inbox->count < inbox->room)
		return true;
	size_t room = inbox->room == 0 ? 256 : 2 * inbox->room;
	struct put_slot *slots =
		room > SLOTS_MOST ? NULL : realloc(inbox->slots, room * sizeof(*slots));
	if (slots == NULL) {
		inbox->overflowed = true;
		inbox->count = 0;
		return inbox->room > 0;
	}
	inbox->slots = slots;
	inbox->room = room;
	return true;
}

static bool is_empty(const struct inbox *inbox)
{
	return inbox->count == 0 && inbox->cut_off_count == 0;
}

void alarms_put(struct alarms *alarms, uint32_t number, const struct summary *slot)
{
	pthread_mutex_lock(&alarms->lock);
	struct inbox *inbox = &alarms->inbox;
	bool first = is_empty(inbox);
	if (make_room(inbox))
		inbox->slots[inbox->count++] = (struct put_slot){number, *slot};
	pthread_mutex_unlock(&alarms->lock);
	if (first)
		bell_ring(alarms->bell);
}

void alarms_cut_off(struct alarms *alarms, const struct alarm_cut_off *cut_off)
{
	pthread_mutex_lock(&alarms->lock);
	struct inbox *inbox = &alarms->inbox;
	bool first = is_empty(inbox);
	if (inbox->cut_off_count == CUT_OFFS_MOST)
		inbox->cut_off_count--;
	inbox->cut_offs[inbox->cut_off_count++] = *cut_off;
	pthread_mutex_unlock(&alarms->lock);
	if (first)
		bell_ring(alarms->bell);
}

/* --- the thread's --- */

static void take_setting(struct alarms *alarms, struct setting *setting)
{
	enum err rc = E_OK;

	if (setting == NULL)
		return;
	board_judge(alarms->board, &setting->rule);
	board_unwatch(alarms->board);
	for (size_t i = 0; rc == E_OK && i < setting->path_count; i++)
		rc = board_watch(alarms->board, setting->paths[i].number, setting->paths[i].key);
	alarm_paths_free(setting->paths, setting->path_count);
	setting->paths = NULL;
	setting->path_count = 0;
	if (rc != E_OK)
		log_error("alarm", "out of memory: not every path is watched");
	destroy_setting(alarms->setting);
	alarms->setting = setting;
}

static bool take_inbox(struct alarms *alarms)
{
	pthread_mutex_lock(&alarms->lock);
	struct inbox emptied = alarms->taken;
	alarms->taken = alarms->inbox;
	alarms->inbox = (struct inbox){.slots = emptied.slots, .room = emptied.room};
	bool stopping = alarms->stopping;
	pthread_mutex_unlock(&alarms->lock);
	return stopping;
}

static void follow(struct alarms *alarms)
{
	struct inbox *taken = &alarms->taken;

	if (taken->overflowed) {
		log_warn("alarm", "slots came faster than they could be followed: they are read "
				  "from the store");
		board_doubt(alarms->board);
	}
	for (size_t i = 0; i < taken->cut_off_count; i++) {
		const struct alarm_cut_off *c = &taken->cut_offs[i];
		struct board_cut_off cut_off = {subjects_agent(alarms->setting->subjects),
						c->family, c->period, c->open};
		board_cut_off(alarms->board, &cut_off);
	}
	for (size_t i = 0; i < taken->count; i++)
		board_put(alarms->board, taken->slots[i].number, &taken->slots[i].summary);
}

static void on_message(void *context, struct message *message)
{
	struct alarms *alarms = context;

	if (message->kind == MESSAGE_CLEARED)
		log_info("alarm", "%s", message->en);
	else
		log_warn("alarm", "%s", message->en);
	if (!alarms->setting->told) {
		board_told(alarms->board, message->news, message->count);
		message_destroy(message);
		return;
	}
	if (notifier_send(alarms->notifier, message) != E_OK)
		log_error("alarm", "too many messages wait for delivery: one is let go");
}

static void on_skipped(void *context, const struct news *news, size_t count)
{
	struct alarms *alarms = context;

	board_told(alarms->board, news, count);
}

static void tell(struct alarms *alarms)
{
	struct bulletin_request request = {alarms->setting->subjects, board_watched(alarms->board),
					   clock_realtime()};
	struct bulletin_listener listener = {alarms, on_message, on_skipped};

	bulletin_flush(&alarms->bulletin, &request, &listener);
}

static void take_done(struct alarms *alarms)
{
	struct message *message;

	while ((message = notifier_take_done(alarms->notifier)) != NULL) {
		board_told(alarms->board, message->news, message->count);
		message_destroy(message);
	}
}

static void remind(struct alarms *alarms, nsec now)
{
	if (alarms->setting->remind == 0 || now < alarms->remind_at)
		return;
	alarms->remind_at = now + remind_look;
	board_remind(alarms->board, clock_realtime(), alarms->setting->remind);
}

static void work(struct alarms *alarms, bool last)
{
	nsec now = clock_monotonic();
	size_t count;

	take_setting(alarms, alarms->taken.setting);
	alarms->taken.setting = NULL;
	if (alarms->setting == NULL)
		return;
	follow(alarms);
	remind(alarms, now);
	take_done(alarms);
	/* What fails is logged once and tried again. */
	(void)!board_save(alarms->board);
	struct news *news = board_take_news(alarms->board, &count);
	bulletin_add(&alarms->bulletin, news, count, now);
	if (last || now >= bulletin_due(&alarms->bulletin, alarms->setting->gather))
		tell(alarms);
	(void)!board_save(alarms->board);
}

static int wait_ms(const struct alarms *alarms)
{
	if (alarms->setting == NULL)
		return -1;
	nsec due = bulletin_due(&alarms->bulletin, alarms->setting->gather);
	nsec now = clock_monotonic();

	if (alarms->setting->remind > 0 && (due > alarms->remind_at || due == NSEC_INFINITE))
		due = alarms->remind_at;
	if (due == NSEC_INFINITE)
		return -1;
	return due <= now ? 0 : (int)((due - now) / NSEC_PER_MSEC + 1);
}

static void *run(void *context)
{
	struct alarms *alarms = context;
	bool stopping = false;

	while (!stopping) {
		bell_wait(alarms->bell, wait_ms(alarms));
		bell_wait(alarms->stop_bell, share_ms);
		stopping = take_inbox(alarms);
		work(alarms, stopping);
	}
	notifier_drain(alarms->notifier, drain);
	take_done(alarms);
	if (board_finish(alarms->board) != E_OK)
		log_error("alarm", "not every outage could be recorded");
	return NULL;
}

static enum err open_rest(struct alarms *alarms)
{
	struct board_options options = {.directory = alarms->directory};

	alarms->bell = bell_create();
	alarms->stop_bell = bell_create();
	if (alarms->bell < 0 || alarms->stop_bell < 0)
		return E_SYSTEM;
	enum err rc = archive_open(alarms->directory, &alarms->archive);
	if (rc != E_OK)
		return rc;
	options.archive = alarms->archive;
	rc = board_create(&options, &alarms->board);
	if (rc == E_OK)
		rc = notifier_create(alarms->bell, &alarms->notifier);
	if (rc == E_OK && pthread_create(&alarms->thread, NULL, run, alarms) != 0)
		rc = E_SYSTEM;
	alarms->started = rc == E_OK;
	return rc;
}

enum err alarms_open(const char *directory, struct alarms **out)
{
	struct alarms *alarms = calloc(1, sizeof(*alarms));

	if (alarms == NULL)
		return E_MEMORY;
	pthread_mutex_init(&alarms->lock, NULL);
	alarms->bell = -1;
	alarms->stop_bell = -1;
	alarms->directory = strdup(directory);
	enum err rc = alarms->directory == NULL ? E_MEMORY : open_rest(alarms);
	if (rc != E_OK) {
		alarms_close(alarms);
		return rc;
	}
	*out = alarms;
	return E_OK;
}

static void stop(struct alarms *alarms)
{
	if (!alarms->started)
		return;
	pthread_mutex_lock(&alarms->lock);
	alarms->stopping = true;
	pthread_mutex_unlock(&alarms->lock);
	bell_ring(alarms->bell);
	bell_ring(alarms->stop_bell);
	pthread_join(alarms->thread, NULL);
}

void alarms_close(struct alarms *alarms)
{
	if (alarms == NULL)
		return;
	stop(alarms);
	notifier_destroy(alarms->notifier);
	board_destroy(alarms->board);
	archive_close(alarms->archive);
	bulletin_finish(&alarms->bulletin);
	destroy_setting(alarms->setting);
	destroy_setting(alarms->inbox.setting);
	destroy_setting(alarms->taken.setting);
	free(alarms->inbox.slots);
	free(alarms->taken.slots);
	if (alarms->bell >= 0)
		close(alarms->bell);
	if (alarms->stop_bell >= 0)
		close(alarms->stop_bell);
	pthread_mutex_destroy(&alarms->lock);
	free(alarms->directory);
	free(alarms);
}
