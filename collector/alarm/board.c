/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/board.h"

#include "collector/alarm/recall.h"
#include "collector/alarm/records.h"
#include "collector/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAMILIES = 2 };

/* More news than this wait for nobody. */
enum { NEWS_MOST = 200000 };

/* What is kept of a path only while something is open. */
struct open_path {
	struct condition condition;
	nsec reminded; /* how many times every the alarm had been raised then; −1: not known */
};

struct board_path {
	struct open_path *open; /* NULL: quiet */
	nsec until;		/* end of the last slot told */
	uint8_t family;
	bool watched;
	bool recalled;
	bool commissioned;
	bool pending; /* the archive has something open */
	char key[];
};

/* The alarm of an agent that is cut off in a family. */
struct agent_alarm {
	bool raised;
	bool recalled; /* by an earlier run of the program: nothing told this one that it is over */
	nsec reminded;
	struct alarm_record record;
};

struct board {
	char *directory;
	struct archive *archive;
	struct condition_rule rule;
	struct board_path **paths; /* by number */
	size_t path_count;
	size_t watched;
	struct alarm_record *pending; /* of the archive at the beginning, by key */
	size_t pending_count;
	struct outage_record *unfinished; /* likewise, by key */
	size_t unfinished_count;
	bool died;	   /* the run before did not end well */
	struct view *view; /* open while many are recalled */
	struct agent_alarm agents[FAMILIES];
	struct records records;
	struct news *news;
	size_t news_count;
	size_t news_room;
};

static void add_news(struct board *board, const struct news *news)
{
	if (board->news_count == board->news_room) {
		size_t room = board->news_room == 0 ? 64 : 2 * board->news_room;
		struct news *longer = board->news_count >= NEWS_MOST
					      ? NULL
					      : realloc(board->news, room * sizeof(*longer));
		if (longer == NULL) {
			log_error("alarm", "no room for news of %s", news->alarm.key);
			return;
		}
		board->news = longer;
		board->news_room = room;
	}
	board->news[board->news_count++] = *news;
}

static int compare_outages(const void *a, const void *b)
{
	return strcmp(((const struct outage_record *)a)->key,
		      ((const struct outage_record *)b)->key);
}

static int compare_key_to_outage(const void *key, const void *record)
{
	return strcmp(key, ((const struct outage_record *)record)->key);
}

static int compare_key_to_alarm(const void *key, const void *record)
{
	return strcmp(key, ((const struct alarm_record *)record)->key);
}

/* What an earlier run of the program could not tell any more. */
static void tell_late(struct board *board, const struct alarm_record *alarm)
{
	struct news news = {.alarm = *alarm};

	if (alarm->told < TOLD_RAISED) {
		news.kind = NEWS_RAISED;
		add_news(board, &news);
	}
	if (alarm->cleared_at == NSEC_UNDEFINED)
		return;
	news.kind = NEWS_CLEARED;
	add_news(board, &news);
}

static bool is_agent_key(const char *key)
{
	struct series_key series;

	return series_key_parse(key, &series) != E_OK;
}

static void take_pending(struct board *board, const struct alarm_record *alarm)
{
	size_t len = strlen(alarm->key);

	tell_late(board, alarm);
	if (alarm->cleared_at != NSEC_UNDEFINED || !is_agent_key(alarm->key))
		return;
	board->agents[len > 0 && alarm->key[len - 1] == '6'] = (struct agent_alarm){
		.raised = true, .recalled = true, .reminded = -1, .record = *alarm};
}

static enum err read_archive(struct board *board)
{
	struct period open = {NSEC_INFINITE - 1, NSEC_INFINITE};

	bool ended;

	enum err rc = outages_begin_run(board->archive, &ended);
	board->died = rc == E_OK && !ended;
	if (rc == E_OK)
		rc = outages_list_pending(board->archive, &board->pending, &board->pending_count);
	if (rc == E_OK)
		rc = outages_list(board->archive, open, &board->unfinished,
				  &board->unfinished_count);
	if (rc != E_OK)
		return rc;
	if (board->unfinished_count > 0)
		qsort(board->unfinished, board->unfinished_count, sizeof(*board->unfinished),
		      compare_outages);
	for (size_t i = 0; i < board->pending_count; i++)
		take_pending(board, &board->pending[i]);
	return E_OK;
}

enum err board_create(const struct board_options *options, struct board **out)
{
	struct board *board = calloc(1, sizeof(*board));

	if (board == NULL)
		return E_MEMORY;
	board->archive = options->archive;
	board->rule = options->rule;
	board->directory = strdup(options->directory);
	enum err rc = board->directory == NULL ? E_MEMORY : read_archive(board);
	if (rc != E_OK) {
		board_destroy(board);
		return rc;
	}
	*out = board;
	return E_OK;
}

void board_destroy(struct board *board)
{
	if (board == NULL)
		return;
	for (size_t i = 0; i < board->path_count; i++) {
		if (board->paths[i] != NULL)
			free(board->paths[i]->open);
		free(board->paths[i]);
	}
	free(board->paths);
	free(board->pending);
	free(board->unfinished);
	free(board->news);
	view_close(board->view);
	records_finish(&board->records);
	free(board->directory);
	free(board);
}

void board_judge(struct board *board, const struct condition_rule *rule)
{
	board->rule = *rule;
}

void board_unwatch(struct board *board)
{
	for (size_t i = 0; i < board->path_count; i++) {
		if (board->paths[i] != NULL)
			board->paths[i]->watched = false;
	}
	board->watched = 0;
}

static bool has_pending(const struct board *board, const char *key)
{
	return (board->pending_count > 0 &&
		bsearch(key, board->pending, board->pending_count, sizeof(*board->pending),
			compare_key_to_alarm) != NULL) ||
	       (board->unfinished_count > 0 &&
		bsearch(key, board->unfinished, board->unfinished_count, sizeof(*board->unfinished),
			compare_key_to_outage) != NULL);
}

static enum err make_path(struct board *board, uint32_t number, const char *key)
{
	size_t size = strlen(key) + 1;
	struct series_key parsed;

	if (number >= board->path_count) {
		size_t count = 2 * (size_t)number + 64;
		struct board_path **paths = realloc(board->paths, count * sizeof(void *));
		if (paths == NULL)
			return E_MEMORY;
		while (board->path_count < count)
			paths[board->path_count++] = NULL;
		board->paths = paths;
	}
	struct board_path *path = malloc(sizeof(*path) + size);
	if (path == NULL)
		return E_MEMORY;
	*path = (struct board_path){.until = NSEC_UNDEFINED,
				    .pending = board->died || has_pending(board, key)};
	memcpy(path->key, key, size);
	if (series_key_parse(key, &parsed) == E_OK)
		path->family = parsed.family;
	board->paths[number] = path;
	return E_OK;
}

static struct board_path *path_at(const struct board *board, uint32_t number)
{
	return number < board->path_count ? board->paths[number] : NULL;
}

enum err board_watch(struct board *board, uint32_t number, const char *key)
{
	if (path_at(board, number) == NULL) {
		enum err rc = make_path(board, number, key);
		if (rc != E_OK)
			return rc;
	}
	board->watched += !board->paths[number]->watched;
	board->paths[number]->watched = true;
	return E_OK;
}

size_t board_watched(const struct board *board)
{
	return board->watched;
}

static struct alarm_record alarm_of(const struct board *board, const struct board_path *path,
				    nsec cleared_at)
{
	struct alarm_record alarm = {
		.from = path->open->condition.alarm_from,
		.raised_at = path->open->condition.raised_at,
		.cleared_at = cleared_at,
		.raise = board->rule.raise,
		.clear = board->rule.clear,
	};

	snprintf(alarm.key, sizeof(alarm.key), "%s", path->key);
	return alarm;
}

static void note_alarm(struct board *board, const struct board_path *path, enum news_kind kind,
		       nsec cleared_at)
{
	struct news news = {
		.kind = kind,
		.alarm = alarm_of(board, path, cleared_at),
		.spell = path->open->condition.spell,
	};

	records_add_alarm(&board->records, &news.alarm);
	add_news(board, &news);
}

static void note_outage(struct board *board, const struct board_path *path,
			const struct spell *spell, nsec until)
{
	struct outage_record outage = outage_record_of(path->key, spell, until);

	records_add_outage(&board->records, &outage);
}

static bool open_path(struct board_path *path)
{
	if (path->open != NULL)
		return true;
	path->open = malloc(sizeof(*path->open));
	if (path->open == NULL) {
		log_error("alarm", "out of memory: %s is not watched", path->key);
		return false;
	}
	*path->open = (struct open_path){.condition = condition_fresh()};
	path->open->condition.until = path->until;
	return true;
}

static void close_if_quiet(struct board_path *path)
{
	if (path->open == NULL || !condition_quiet(&path->open->condition))
		return;
	free(path->open);
	path->open = NULL;
}

/* Brings the archive and the news up to what was recalled. */
static void reconcile(struct board *board, struct board_path *path, const struct recall *recall)
{
	const struct condition *condition = &recall->condition;
	bool outage = condition_in_outage(condition, &board->rule);
	bool known = recall->has_outage && recall->outage.until == NSEC_UNDEFINED;
	bool raised = recall->has_alarm && recall->alarm.cleared_at == NSEC_UNDEFINED;

	if (recall->has_missed)
		records_add_outage(&board->records, &recall->missed);
	if (recall->has_outage && !known)
		records_add_outage(&board->records, &recall->outage);
	if (outage && !known)
		note_outage(board, path, &condition->spell, NSEC_UNDEFINED);
	if (recall->has_alarm && !raised) {
		struct news news = {
			.kind = NEWS_CLEARED, .alarm = recall->alarm, .spell = condition->spell};
		records_add_alarm(&board->records, &recall->alarm);
		add_news(board, &news);
	}
	if (condition->raised && !raised)
		note_alarm(board, path, NEWS_RAISED, NSEC_UNDEFINED);
	path->open->reminded = raised ? -1 : 0;
}

static void recall(struct board *board, struct board_path *path, nsec before)
{
	struct recall_request request = {
		.archive = board->archive,
		.rule = &board->rule,
		.key = path->key,
		.before = before,
		.died = board->died,
	};
	struct recall found;

	if (!open_path(path))
		return;
	if (board->view == NULL && view_open(board->directory, &board->view) != E_OK)
		board->view = NULL;
	request.view = board->view;
	(void)!records_save(&board->records, board->archive);
	enum err rc = recall_path(&request, &found);
	if (rc != E_OK) {
		log_error("alarm", "%s: what was open before is not known: %s", path->key,
			  err_text(rc));
		found = (struct recall){.condition = condition_fresh()};
	}
	path->recalled = true;
	path->commissioned = found.commissioned;
	path->open->condition = found.condition;
	reconcile(board, path, &found);
}

/* Whether what a path was like before makes a difference: a good slot begins anew, an unknown one
 * can wait until another one comes. */
static bool needs_recall(const struct board_path *path, const struct condition_slot *slot)
{
	return path->pending || slot->verdict == VERDICT_BAD;
}

/* False where the slot is of no use yet. */
static bool prepare(struct board *board, struct board_path *path, const struct summary *summary)
{
	/* As if it had been answered before. */
	struct condition_slot slot = condition_slot(&board->rule, summary, INT64_MIN + 1);

	if (path->recalled)
		return true;
	if (needs_recall(path, &slot)) {
		recall(board, path, summary->from);
		return path->recalled;
	}
	if (slot.verdict != VERDICT_GOOD && slot.verdict != VERDICT_DEGRADED)
		return false;
	path->recalled = true;
	return true;
}

static void follow(struct board *board, struct board_path *path, const struct condition_slot *slot)
{
	struct condition *condition = &path->open->condition;
	struct condition_news news;

	condition_take(condition, &board->rule, slot, &news);
	if ((news.changes & CONDITION_CLOSED) != 0)
		note_outage(board, path, &news.closed, news.closed.until);
	if ((news.changes & CONDITION_OPENED) != 0)
		note_outage(board, path, &condition->spell, NSEC_UNDEFINED);
	if ((news.changes & CONDITION_RAISED) != 0) {
		path->open->reminded = 0;
		note_alarm(board, path, NEWS_RAISED, NSEC_UNDEFINED);
	}
	if ((news.changes & CONDITION_CLEARED) != 0)
		note_alarm(board, path, NEWS_CLEARED, slot->until);
}

static void clear_agent(struct board *board, struct agent_alarm *agent, nsec at)
{
	struct news news = {.kind = NEWS_CLEARED};

	agent->raised = false;
	agent->record.cleared_at = at;
	news.alarm = agent->record;
	records_add_alarm(&board->records, &news.alarm);
	add_news(board, &news);
}

/* Any answer shows that an agent cut off when the program stopped is so no more. */
static void clear_recalled_agent(struct board *board, const struct board_path *path,
				 const struct summary *slot)
{
	struct agent_alarm *agent = &board->agents[path->family == 6];

	if (agent->raised && agent->recalled && summary_answered(slot) > 0 &&
	    (slot->flags & SLOT_ISOLATED) == 0 && slot->from >= agent->record.raised_at)
		clear_agent(board, agent, slot->from);
}

void board_put(struct board *board, uint32_t number, const struct summary *slot)
{
	struct board_path *path = path_at(board, number);

	if (path == NULL || !prepare(board, path, slot))
		return;
	clear_recalled_agent(board, path, slot);
	path->commissioned = path->commissioned || summary_answered(slot) > 0;
	struct condition_slot taken = condition_slot(
		&board->rule, slot, path->commissioned ? INT64_MIN + 1 : NSEC_UNDEFINED);
	if (path->until != NSEC_UNDEFINED && slot->until <= path->until)
		return;
	if (path->open != NULL || taken.verdict == VERDICT_BAD) {
		if (!open_path(path))
			return;
		follow(board, path, &taken);
		close_if_quiet(path);
	}
	path->until = slot->until;
}

void board_doubt(struct board *board)
{
	for (size_t i = 0; i < board->path_count; i++) {
		struct board_path *path = board->paths[i];
		if (path == NULL || !path->recalled)
			continue;
		path->recalled = false;
		path->pending = path->open != NULL;
		free(path->open);
		path->open = NULL;
	}
}

void board_cut_off(struct board *board, const struct board_cut_off *cut_off)
{
	struct agent_alarm *agent = &board->agents[cut_off->family == 6];
	struct news news = {.kind = NEWS_RAISED};

	if (cut_off->open && agent->raised) {
		agent->recalled = false;
		return;
	}
	if (!cut_off->open) {
		if (agent->raised)
			clear_agent(board, agent, cut_off->period.until);
		return;
	}
	*agent = (struct agent_alarm){
		.raised = true,
		.record = {.from = cut_off->period.from,
			   .raised_at = cut_off->period.until,
			   .cleared_at = NSEC_UNDEFINED,
			   .raise = 1,
			   .clear = 1},
	};
	alarm_agent_key(cut_off->agent, cut_off->family, agent->record.key);
	news.alarm = agent->record;
	records_add_alarm(&board->records, &news.alarm);
	add_news(board, &news);
}

/* Whether the alarm has been raised for another whole multiple of every. */
static bool is_due(nsec *reminded, nsec raised_for, nsec every)
{
	nsec times = raised_for < 0 ? 0 : raised_for / every;

	if (*reminded < 0)
		*reminded = times;
	if (times <= *reminded)
		return false;
	*reminded = times;
	return true;
}

void board_remind(struct board *board, nsec now, nsec every)
{
	for (size_t i = 0; i < board->path_count; i++) {
		struct board_path *path = board->paths[i];
		if (path == NULL || !path->watched || path->open == NULL ||
		    !path->open->condition.raised)
			continue;
		struct news news = {.kind = NEWS_REMINDER,
				    .alarm = alarm_of(board, path, NSEC_UNDEFINED),
				    .spell = path->open->condition.spell};
		if (is_due(&path->open->reminded, now - news.alarm.raised_at, every))
			add_news(board, &news);
	}
	for (size_t i = 0; i < FAMILIES; i++) {
		struct agent_alarm *agent = &board->agents[i];
		struct news news = {.kind = NEWS_REMINDER, .alarm = agent->record};
		if (agent->raised && is_due(&agent->reminded, now - agent->record.raised_at, every))
			add_news(board, &news);
	}
}

enum err board_save(struct board *board)
{
	view_close(board->view);
	board->view = NULL;
	return records_save(&board->records, board->archive);
}

enum err board_finish(struct board *board)
{
	enum err rc = board_save(board);

	return rc == E_OK ? outages_end_run(board->archive) : rc;
}

struct news *board_take_news(struct board *board, size_t *count)
{
	struct news *news = board->news;

	*count = board->news_count;
	board->news = NULL;
	board->news_count = 0;
	board->news_room = 0;
	return news;
}

void board_told(struct board *board, const struct news *news, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct alarm_record alarm = news[i].alarm;
		if (news[i].kind == NEWS_REMINDER)
			continue;
		alarm.told = news[i].kind == NEWS_CLEARED ? TOLD_CLEARED : TOLD_RAISED;
		records_add_alarm(&board->records, &alarm);
	}
}
