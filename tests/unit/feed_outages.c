/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives the way from a sample to store and alarms under a virtual clock, with seeded delays:
 * feed_outages DIRECTORY ZONE <LINES. A line is one of
 *     series TARGET                      names it
 *     slots TARGET FROM_S UNTIL_S KIND   a minute each: good, cut (nothing is answered) or rejected
 *     restart                            the program stops well and starts again
 *     die                                it dies: what was not saved is lost
 * Prints each piece of news: "raised" or "cleared", the site, and when, in seconds. */
#include "collector/alarm/board.h"
#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/random.h"
#include "collector/metric/sample.h"
#include "collector/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 20, LINE = 256, SERIES_MOST = 16 };

static const nsec interval = 60 * NSEC_PER_SEC;

struct feed {
	const char *directory;
	struct store *store;
	struct archive *archive;
	struct board *board;
	struct random random;
	char names[SERIES_MOST][KEY_NAME];
	uint32_t numbers[SERIES_MOST];
	size_t count;
};

static struct series_key key_of(const char *target)
{
	struct series_key key = {.agent = "local", .method = "icmp", .family = 4, .size = 64};

	snprintf(key.target, sizeof(key.target), "%s", target);
	return key;
}

static enum err watch(struct feed *feed, size_t index)
{
	struct series_key key = key_of(feed->names[index]);
	char text[KEY_TEXT];

	enum err rc = store_series(feed->store, &key, interval, &feed->numbers[index]);
	if (rc != E_OK)
		return rc;
	series_key_format(&key, text);
	return board_watch(feed->board, feed->numbers[index], text);
}

static enum err open_all(struct feed *feed)
{
	struct store_options storing = {
		.directory = feed->directory,
		.keep_slots = 90 * NSEC_PER_DAY,
		.keep_hours = 400 * NSEC_PER_DAY,
		.gather = 8 * NSEC_PER_HOUR,
		.share = 10 * NSEC_PER_MSEC,
	};
	struct board_options options = {
		.directory = feed->directory,
		.rule = {.c1 = 0.2,
			 .slots = 2,
			 .bridge = 15 * 60 * NSEC_PER_SEC,
			 .raise = 2,
			 .clear = 2},
	};

	enum err rc = store_open(&storing, &feed->store);
	if (rc == E_OK)
		rc = archive_open(feed->directory, &feed->archive);
	options.archive = feed->archive;
	if (rc == E_OK)
		rc = board_create(&options, &feed->board);
	for (size_t i = 0; rc == E_OK && i < feed->count; i++)
		rc = watch(feed, i);
	return rc;
}

static enum err tell(struct feed *feed)
{
	enum err rc = board_save(feed->board);
	size_t count;
	struct news *news = board_take_news(feed->board, &count);

	for (size_t i = 0; i < count; i++) {
		struct series_key key;
		bool raised = news[i].kind == NEWS_RAISED;
		nsec at = raised ? news[i].alarm.raised_at : news[i].alarm.cleared_at;
		if (rc == E_OK)
			rc = series_key_parse(news[i].alarm.key, &key);
		if (rc == E_OK)
			printf("%s %s %" PRId64 "\n", raised ? "raised" : "cleared", key.target,
			       at / NSEC_PER_SEC);
	}
	board_told(feed->board, news, count);
	free(news);
	return rc == E_OK ? board_save(feed->board) : rc;
}

static enum err close_all(struct feed *feed, enum err (*last)(struct board *board))
{
	enum err rc = store_flush(feed->store);
	enum err lasted = last == NULL ? E_OK : last(feed->board);

	board_destroy(feed->board);
	archive_close(feed->archive);
	store_close(feed->store);
	feed->board = NULL;
	feed->archive = NULL;
	feed->store = NULL;
	return rc == E_OK ? lasted : rc;
}

static struct singleton packet(struct feed *feed, nsec at, const char *kind)
{
	struct singleton packet = {
		.sent_at = at, .round_trip = NSEC_UNDEFINED, .stamped_by = STAMP_KERNEL};

	if (strcmp(kind, "good") == 0) {
		packet.outcome = OUTCOME_REPLIED;
		packet.round_trip = NSEC_PER_MSEC + (nsec)(random_unit(&feed->random) * 2e5);
	} else {
		packet.outcome = strcmp(kind, "rejected") == 0 ? OUTCOME_REJECTED : OUTCOME_LOST;
	}
	return packet;
}

static void put_slot(struct feed *feed, uint32_t number, nsec from, const char *kind)
{
	struct singleton packets[PACKETS];
	struct sample sample = {
		.slot = {from, from + interval}, .expected = PACKETS, .singletons = packets};

	for (size_t i = 0; i < PACKETS; i++)
		packets[i] = packet(feed, from + (nsec)i * 3 * NSEC_PER_SEC, kind);
	struct summary summary = sample_summary(&sample);
	struct delays delays = sample_delays(&sample);
	store_put(feed->store, number, &summary, &delays);
	board_put(feed->board, number, &summary);
}

static enum err take_slots(struct feed *feed, const char *line)
{
	char target[KEY_NAME];
	char kind[16];
	nsec from;
	nsec until;
	size_t i = 0;

	if (sscanf(line, "slots %48s %" SCNd64 " %" SCNd64 " %15s", target, &from, &until, kind) !=
	    4)
		return E_SYNTAX;
	while (i < feed->count && strcmp(feed->names[i], target) != 0)
		i++;
	if (i == feed->count)
		return E_NOT_FOUND;
	from *= NSEC_PER_SEC;
	until *= NSEC_PER_SEC;
	if (until > clock_realtime())
		clock_advance(until - clock_realtime());
	for (; from < until; from += interval)
		put_slot(feed, feed->numbers[i], from, kind);
	return E_OK;
}

static enum err take_series(struct feed *feed, const char *line)
{
	if (feed->count == SERIES_MOST ||
	    sscanf(line, "series %48s", feed->names[feed->count]) != 1)
		return E_SYNTAX;
	return watch(feed, feed->count++);
}

static enum err take_line(struct feed *feed, const char *line)
{
	enum err rc = E_SYNTAX;

	if (strncmp(line, "series ", 7) == 0)
		return take_series(feed, line);
	if (strcmp(line, "restart\n") == 0)
		rc = close_all(feed, board_finish);
	else if (strcmp(line, "die\n") == 0)
		rc = close_all(feed, NULL);
	else if (strncmp(line, "slots ", 6) == 0)
		return take_slots(feed, line);
	return rc == E_OK ? open_all(feed) : rc;
}

/* What is put between two lines is saved before the second, unless the program dies there. */
static enum err take_lines(struct feed *feed)
{
	char line[LINE];
	enum err rc = E_OK;

	while (rc == E_OK && fgets(line, LINE, stdin) != NULL) {
		if (strcmp(line, "die\n") != 0 && feed->board != NULL)
			rc = tell(feed);
		if (rc == E_OK)
			rc = take_line(feed, line);
		if (rc != E_OK)
			fprintf(stderr, "feed_outages: %s: %s", err_text(rc), line);
	}
	return rc == E_OK ? tell(feed) : rc;
}

int main(int argc, char **argv)
{
	struct feed feed = {.random = random_seeded(2026)};

	if (argc != 3 || calendar_use_zone(argv[2]) != E_OK)
		return EXIT_FAILURE;
	feed.directory = argv[1];
	clock_use_virtual(1700000000 * NSEC_PER_SEC, NSEC_PER_DAY);
	enum err rc = open_all(&feed);
	if (rc == E_OK)
		rc = take_lines(&feed);
	enum err closed = close_all(&feed, board_finish);
	return rc == E_OK && closed == E_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
