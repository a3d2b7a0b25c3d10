/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watcher's bounds, with a capture and a journal that only take notes. */
#include "tests/unit/check.h"

#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/watcher.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const nsec START = 1700000000 * NSEC_PER_SEC;

static struct {
	FILE *files[CAPTURE_WATCHES];
	uint32_t limit;
	uint32_t caught; /* packets that each file is said to hold */
	int open;
	int most;
	int kept; /* files told to the journal */
	char path[256];
} notes;

enum err capture_watch(struct capture *capture, const char *filter, FILE *file, uint32_t limit,
		       uint32_t *watch)
{
	uint32_t index = 0;

	(void)capture;
	assert_string_equal(filter, "icmp");
	while (index < CAPTURE_WATCHES && notes.files[index] != NULL)
		index++;
	assert_true(index < CAPTURE_WATCHES);
	notes.files[index] = file;
	notes.limit = limit;
	notes.open++;
	notes.most = notes.open > notes.most ? notes.open : notes.most;
	*watch = index;
	return E_OK;
}

void capture_read(struct capture *capture)
{
	(void)capture;
}

enum err capture_finish(struct capture *capture, uint32_t watch, uint32_t *packets)
{
	(void)capture;
	assert_non_null(notes.files[watch]);
	assert_int_equal(fclose(notes.files[watch]), 0);
	notes.files[watch] = NULL;
	notes.open--;
	*packets = notes.caught;
	return E_OK;
}

void journal_evidence(struct journal *journal, const struct evidence *evidence)
{
	(void)journal;
	notes.kept++;
	snprintf(notes.path, sizeof(notes.path), "%s", evidence->path);
}

struct place {
	char directory[64];
	struct watcher *watcher;
};

static struct place open_place(uint32_t caught)
{
	struct place place = {.directory = "/tmp/netgrade-watcher-XXXXXX"};

	memset(&notes, 0, sizeof(notes));
	notes.caught = caught;
	log_set_level(LOG_LEVEL_ERROR);
	clock_use_virtual(START, 1000 * NSEC_PER_SEC);
	assert_non_null(mkdtemp(place.directory));
	assert_int_equal(watcher_create(place.directory, NULL, NULL, &place.watcher), E_OK);
	return place;
}

static void close_place(struct place *place)
{
	char path[128];

	watcher_destroy(place->watcher);
	snprintf(path, sizeof(path), "%s/evidence", place->directory);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(place->directory), 0);
}

static void start(struct place *place, int number)
{
	struct series_key key = {.agent = "a", .method = "icmp", .family = 4, .size = 64};
	struct period slot = {START, START + NSEC_PER_MIN};

	snprintf(key.target, sizeof(key.target), "t%d", number);
	watcher_start(place->watcher, &key, slot, "icmp");
}

static void few_captures_run_at_once(void **state)
{
	(void)state;
	struct place place = open_place(0);

	for (int i = 0; i < 100; i++)
		start(&place, i);
	assert_int_equal(notes.open, 4);
	assert_int_equal(notes.limit, 200);
	/* The slot and one more of its length. */
	clock_advance(2 * NSEC_PER_MIN - 1);
	watcher_tick(place.watcher);
	assert_int_equal(notes.open, 4);
	clock_advance(1);
	watcher_tick(place.watcher);
	assert_int_equal(notes.open, 0);
	start(&place, 100);
	assert_int_equal(notes.open, 1);
	assert_int_equal(notes.most, 4);
	/* Files that hold no packet are no evidence: close_place finds the folder empty. */
	assert_int_equal(notes.kept, 0);
	close_place(&place);
	assert_int_equal(notes.open, 0);
}

static void a_clock_set_moves_no_end(void **state)
{
	(void)state;
	static const nsec steps[] = {-NSEC_PER_DAY, NSEC_PER_DAY};
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct place place = open_place(0);
		clock_advance(20 * NSEC_PER_SEC);
		start(&place, 1);
		clock_step_virtual(steps[i]);
		clock_advance(100 * NSEC_PER_SEC - 1);
		watcher_tick(place.watcher);
		assert_int_equal(notes.open, 1);
		clock_advance(1);
		watcher_tick(place.watcher);
		assert_int_equal(notes.open, 0);
		close_place(&place);
	}
}

static void what_was_caught_is_evidence(void **state)
{
	(void)state;
	struct place place = open_place(7);
	char path[512];

	start(&place, 1);
	watcher_destroy(place.watcher);
	place.watcher = NULL;
	assert_int_equal(notes.kept, 1);
	snprintf(path, sizeof(path), "%s/%s", place.directory, notes.path);
	assert_int_equal(unlink(path), 0);
	close_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_captures_run_at_once),
		cmocka_unit_test(a_clock_set_moves_no_end),
		cmocka_unit_test(what_was_caught_is_evidence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
