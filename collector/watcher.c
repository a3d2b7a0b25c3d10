/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/watcher.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PACKETS_MAX = 200 };

struct catch
{
	bool active;
	uint32_t watch;
	nsec until; /* monotonic, so that a clock set back does not hold it open */
	struct evidence evidence;
};

struct watcher {
	char *directory;
	struct capture *capture;
	struct journal *journal;
	struct catch catches[CAPTURE_WATCHES];
	int active;
};

enum err watcher_create(const char *directory, struct capture *capture, struct journal *journal,
			struct watcher **out)
{
	char path[PATH_MAX];
	struct watcher *watcher = calloc(1, sizeof(*watcher));

	if (watcher == NULL)
		return E_MEMORY;
	watcher->directory = strdup(directory);
	watcher->capture = capture;
	watcher->journal = journal;
	snprintf(path, sizeof(path), "%s/evidence", directory);
	if (watcher->directory == NULL || (mkdir(path, 0700) != 0 && errno != EEXIST)) {
		enum err rc = watcher->directory == NULL ? E_MEMORY : err_from_errno(errno);
		watcher_destroy(watcher);
		return rc;
	}
	*out = watcher;
	return E_OK;
}

static void name_file(const struct series_key *key, char out[256])
{
	char stem[KEY_TEXT];
	char instant[32] = "";
	time_t now = (time_t)(clock_realtime() / NSEC_PER_SEC);
	struct tm tm;

	series_key_format(key, stem);
	if (gmtime_r(&now, &tm) != NULL)
		strftime(instant, sizeof(instant), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(out, 256, "evidence/%s-%s.pcap", stem, instant);
}

static enum err begin(struct watcher *watcher, struct catch *catch, const char *filter)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", watcher->directory, catch->evidence.path);
	FILE *file = fopen(path, "we");
	if (file == NULL)
		return err_from_errno(errno);
	enum err rc = capture_watch(watcher->capture, filter, file, PACKETS_MAX, &catch->watch);
	if (rc != E_OK)
		(void)unlink(path);
	return rc;
}

static nsec rest_of(struct period slot)
{
	nsec rest = slot.until - clock_realtime();
	nsec length = slot.until - slot.from;

	return rest < 0 ? 0 : rest > length ? length : rest;
}

void watcher_start(struct watcher *watcher, const struct series_key *key, struct period slot,
		   const char *filter)
{
	struct catch catch = {.active = true, .evidence = {.key = *key, .slot = slot}};
	size_t index = 0;

	while (index < CAPTURE_WATCHES && watcher->catches[index].active)
		index++;
	/* When much fails at once, a few captures tell as much as all. */
	if (index == CAPTURE_WATCHES)
		return;
	catch.until = clock_monotonic() + rest_of(slot) + (slot.until - slot.from);
	name_file(key, catch.evidence.path);
	enum err rc = begin(watcher, &catch, filter);
	if (rc != E_OK) {
		log_warn("evidence", "target=%s IPv%d: %s cannot be captured: %s", key->target,
			 key->family, catch.evidence.path, err_text(rc));
		return;
	}
	watcher->catches[index] = catch;
	watcher->active++;
	log_info("evidence", "target=%s IPv%d: an outage may begin; capturing to %s", key->target,
		 key->family, catch.evidence.path);
}

static void end(struct watcher *watcher, struct catch *catch)
{
	char path[PATH_MAX];
	uint32_t packets = 0;

	catch->active = false;
	watcher->active--;
	enum err rc = capture_finish(watcher->capture, catch->watch, &packets);
	if (rc != E_OK)
		log_warn("evidence", "%s could not be written wholly: %s", catch->evidence.path,
			 err_text(rc));
	if (packets > 0) {
		journal_evidence(watcher->journal, &catch->evidence);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", watcher->directory, catch->evidence.path);
	(void)unlink(path);
}

void watcher_tick(struct watcher *watcher)
{
	nsec now = clock_monotonic();

	if (watcher->active == 0)
		return;
	capture_read(watcher->capture);
	for (size_t i = 0; i < CAPTURE_WATCHES; i++) {
		if (watcher->catches[i].active && now >= watcher->catches[i].until)
			end(watcher, &watcher->catches[i]);
	}
}

void watcher_destroy(struct watcher *watcher)
{
	if (watcher == NULL)
		return;
	for (size_t i = 0; i < CAPTURE_WATCHES; i++) {
		if (watcher->catches[i].active)
			end(watcher, &watcher->catches[i]);
	}
	free(watcher->directory);
	free(watcher);
}
