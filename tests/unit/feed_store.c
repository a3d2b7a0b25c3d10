/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts described packets into a store: feed_store DIRECTORY [DAYS] <LINES, where rows are kept for
 * so many days. A line is one of
 *     series AGENT TARGET FAMILY SIZE INTERVAL_S [METHOD PORT]     icmp
 *     slot FROM_S FLAGS EXPECTED PACKET...     of the series named last
 *     window FROM_S UNTIL_S ENTERED_S CANCELLED_S KIND NAME     announced maintenance; cancelled at
 *         0: it stands; kind: 1 an organisation, 2 a site
 * where a packet is its round trip in nanoseconds, "-" lost, or "x" unsent. */
#include "collector/metric/sample.h"
#include "collector/store/store.h"
#include "collector/store/windows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS_MOST = 100, LINE = 4096 };

struct feed {
	struct store *store;
	const char *directory;
	uint32_t series;
	nsec interval;
};

static enum err take_series(struct feed *feed, const char *line)
{
	struct series_key key = {.method = "icmp"};
	int64_t interval;

	if (sscanf(line, "series %48s %48s %" SCNu8 " %" SCNu16 " %" SCNd64 " %15s %" SCNu16,
		   key.agent, key.target, &key.family, &key.size, &interval, key.method,
		   &key.port) < 5)
		return E_SYNTAX;
	feed->interval = interval * NSEC_PER_SEC;
	return store_series(feed->store, &key, feed->interval, &feed->series);
}

static struct singleton singleton_of(const char *word, nsec sent_at)
{
	if (strcmp(word, "x") == 0)
		return (struct singleton){
			NSEC_UNDEFINED, NSEC_UNDEFINED, OUTCOME_UNSENT, 0, 0, 0, 0};
	if (strcmp(word, "-") == 0)
		return (struct singleton){sent_at, NSEC_UNDEFINED, OUTCOME_LOST, STAMP_KERNEL, 0, 0,
					  0};
	return (struct singleton){
		sent_at, strtoll(word, NULL, 10), OUTCOME_REPLIED, STAMP_KERNEL, 0, 0, 0};
}

static enum err take_slot(struct feed *feed, char *line)
{
	struct singleton packets[PACKETS_MOST];
	struct sample sample = {.singletons = packets};
	nsec from;
	int used;

	if (sscanf(line, "slot %" SCNd64 " %" SCNu32 " %" SCNu32 "%n", &from, &sample.flags,
		   &sample.expected, &used) != 3 ||
	    sample.expected > PACKETS_MOST)
		return E_SYNTAX;
	from *= NSEC_PER_SEC;
	char *rest = line + used;
	for (uint32_t i = 0; i < sample.expected; i++) {
		const char *word = strtok_r(rest, " \n", &rest);
		if (word == NULL)
			return E_SYNTAX;
		packets[i] = singleton_of(word, from);
	}
	sample.slot = (struct period){from, from + feed->interval};
	struct summary summary = sample_summary(&sample);
	struct delays delays = sample_delays(&sample);
	store_put(feed->store, feed->series, &summary, &delays);
	return E_OK;
}

static enum err add_window(struct archive *archive, const struct window_entry *entry,
			   nsec cancelled)
{
	int64_t id;
	enum err rc = windows_add(archive, entry, &id);

	if (rc != E_OK || cancelled == 0)
		return rc;
	struct window_cancel cancel = {id, cancelled, "fed", "called off"};
	return windows_cancel(archive, &cancel);
}

static enum err take_window(struct feed *feed, const char *line)
{
	struct window_scope scope = {0};
	struct window_entry entry = {.owner = "owner",
				     .reason = "fed",
				     .entered_by = "fed",
				     .scopes = &scope,
				     .scope_count = 1};
	struct window *window = &entry.window;
	struct archive *archive;
	nsec cancelled;
	int kind;

	if (sscanf(line, "window %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %d %48s",
		   &window->period.from, &window->period.until, &window->entered_at, &cancelled,
		   &kind, scope.name) != 6)
		return E_SYNTAX;
	scope.kind = kind == SCOPE_ORGANISATION ? SCOPE_ORGANISATION : SCOPE_SITE;
	window->period.from *= NSEC_PER_SEC;
	window->period.until *= NSEC_PER_SEC;
	window->entered_at *= NSEC_PER_SEC;
	enum err rc = archive_open(feed->directory, &archive);
	if (rc != E_OK)
		return rc;
	rc = add_window(archive, &entry, cancelled * NSEC_PER_SEC);
	archive_close(archive);
	return rc;
}

static enum err take(struct feed *feed, char *line)
{
	switch (line[1]) {
	case 'e':
		return take_series(feed, line);
	case 'i':
		return take_window(feed, line);
	default:
		return take_slot(feed, line);
	}
}

int main(int argc, char **argv)
{
	struct store_options options = {.directory = argc > 1 ? argv[1] : NULL,
					.keep_slots = 45 * NSEC_PER_DAY,
					.keep_hours = 400 * NSEC_PER_DAY,
					.gather = NSEC_PER_SEC};
	struct feed feed = {.directory = options.directory};
	char line[LINE];

	if (argc != 2 && argc != 3)
		return EXIT_FAILURE;
	if (argc == 3)
		options.keep_slots = options.keep_hours = atoi(argv[2]) * NSEC_PER_DAY;
	enum err rc = store_open(&options, &feed.store);
	while (rc == E_OK && fgets(line, sizeof(line), stdin) != NULL)
		rc = take(&feed, line);
	if (rc == E_OK)
		rc = store_flush(feed.store);
	struct store_counters counters = store_counters(feed.store);
	store_close(feed.store);
	uint64_t missing = counters.dropped + counters.dropped_old + counters.misfits;
	if (rc != E_OK || missing > 0) {
		fprintf(stderr, "feed_store: %s: %s%" PRIu64 " slots dropped\n", err_text(rc), line,
			missing);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
