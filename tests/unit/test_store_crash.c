/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a store is after its process was killed, at any moment, and after updates broken off. */
#include "tests/unit/test_store_path.h"

#include "collector/base/clock.h"
#include "collector/store/series.h"
#include "collector/store/spool.h"

#include <fcntl.h>
#include <math.h>
#include <rrd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { SERIES = 3, BURST = 7, HEADER = 4096, LENGTHY = 200, INSIDE_LEAST = 50 };

static const struct period no_gap = {0, 0};
static const char *const names[SERIES] = {"a", "b", "c"};

/* What the child tells while it lives. */
struct told {
	volatile nsec committed_until; /* slots of every series up to here are committed */
	volatile bool opened;	       /* nothing of an earlier kill is left to be undone */
};

/* Puts bursts of slots, each filed at once, until it is killed. */
static void __attribute__((noreturn)) be_killed(const char *folder, struct told *told)
{
	struct store *store = open_store(folder);
	uint32_t series[SERIES];
	nsec at = told->committed_until;

	for (size_t i = 0; i < SERIES; i++) {
		series[i] = series_in(store, names[i], NSEC_PER_MIN);
		nsec last = store_last(store, series[i]);
		if (last != NSEC_UNDEFINED && last < at)
			_exit(1); /* something committed is gone */
	}
	told->opened = true;
	for (;;) {
		struct period burst = {at, at + BURST * NSEC_PER_MIN};
		for (size_t i = 0; i < SERIES; i++)
			put_path(store, series[i], burst, NSEC_PER_MIN);
		if (store_flush(store) != E_OK)
			_exit(2);
		at = told->committed_until = burst.until;
	}
}

static enum err count_undo(void *context, const char *file, const void *octets, size_t len)
{
	size_t *count = context;

	(void)file;
	(void)octets;
	*count += len > 0;
	return E_OK;
}

/* Headers whose update had begun and whose images were not freed yet. */
static size_t undo_images(const char *folder)
{
	char path[FOLDER + 16];
	struct spool *spool;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/spool.db", folder);
	assert_int_equal(spool_open_reading(path, &spool), E_OK);
	assert_int_equal(spool_begin_reading(spool), E_OK);
	assert_int_equal(spool_each_undo(spool, count_undo, &count), E_OK);
	spool_rollback(spool);
	spool_close(spool);
	return count;
}

/* Kills, and how many of them fell into an update of files that the child itself had begun. */
struct kills {
	int all;
	int inside;
};

/* More often, and each time later, while a slow machine has not come far enough to show anything.
 */
static struct kills kill_at_random_moments(const char *folder, struct told *told, int times)
{
	struct kills kills = {0, 0};
	struct random random = random_seeded(20260101);
	nsec enough = month_start + 2 * NSEC_PER_HOUR;

	for (int i = 0; i < times || (told->committed_until <= enough && i < 10 * times); i++) {
		uint64_t patience = 1 + (uint64_t)(i / times);
		int status;
		told->opened = false;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			be_killed(folder, told);
		usleep((useconds_t)(patience * (15000 + random_below(&random, 60000))));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFSIGNALED(status))
			fail_msg("the child ended by itself: %d", WEXITSTATUS(status));
		kills.all++;
		kills.inside += told->opened && undo_images(folder) > 0;
	}
	return kills;
}

/* All rows of all archives of two files, as librrd itself reads them, are alike. */
static void expect_same_file(const char *folder, const char *other, const char *name, nsec until)
{
	static const unsigned long steps[] = {60, 3600};
	bool hours = strstr(name, ".hist.") != NULL;

	for (size_t i = hours; i < COUNT_OF(steps); i++) {
		rrd_value_t *rows[2];
		unsigned long columns = 0;
		unsigned long step = 0;
		time_t start = 0;
		time_t end = 0;
		for (int side = 0; side < 2; side++) {
			char path[512];
			char **sources;
			snprintf(path, sizeof(path), "%s/series/%s", side == 0 ? folder : other,
				 name);
			start = (time_t)(month_start / NSEC_PER_SEC);
			end = (time_t)(nsec_floor(until, (nsec)steps[i] * NSEC_PER_SEC) /
				       NSEC_PER_SEC) -
			      (time_t)steps[i];
			step = steps[i];
			assert_int_equal(rrd_fetch_r(path, "AVERAGE", &start, &end, &step, &columns,
						     &sources, &rows[side]),
					 0);
			assert_int_equal(step, steps[i]);
			for (unsigned long c = 0; c < columns; c++)
				free(sources[c]);
			free(sources);
		}
		size_t values = (size_t)((unsigned long)(end - start) / step) * columns;
		assert_true(values > 0);
		for (size_t v = 0; v < values; v++)
			if (rows[0][v] != rows[1][v] && !(isnan(rows[0][v]) && isnan(rows[1][v])))
				fail_msg("%s: step %lu, value %zu: %g and %g", name, step, v,
					 rows[0][v], rows[1][v]);
		free(rows[0]);
		free(rows[1]);
	}
}

static void killed_stores_keep_what_they_committed(void **state)
{
	(void)state;
	const char *lengthy = getenv("NETGRADE_LONG");
	int times = lengthy != NULL && lengthy[0] == '1' ? LENGTHY : 20;
	char folder[FOLDER];
	char replay[FOLDER];
	struct told *told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(told != MAP_FAILED);
	make_folder(folder);
	make_folder(replay);
	told->committed_until = month_start;
	struct kills kills = kill_at_random_moments(folder, told, times);
	nsec until = told->committed_until;
	print_message("# %d kills, %d of them inside an update of files, %d slots a series\n",
		      kills.all, kills.inside, (int)((until - month_start) / NSEC_PER_MIN));
	if (times == LENGTHY)
		assert_in_range(kills.inside, INSIDE_LEAST, kills.all);
	assert_true(until > month_start + 2 * NSEC_PER_HOUR);
	for (size_t i = 0; i < SERIES; i++)
		expect_path(folder, names[i], (struct period){month_start, until}, NSEC_PER_MIN,
			    no_gap);

	/* On both sides the slots go on to the same end: a child killed in its first burst may have
	 * committed more than it told. */
	until = nsec_ceil(until, NSEC_PER_HOUR) + 2 * NSEC_PER_HOUR;
	const char *const folders[] = {folder, replay};
	for (size_t side = 0; side < 2; side++) {
		struct store *store = open_store(folders[side]);
		for (size_t i = 0; i < SERIES; i++)
			put_path(store, series_in(store, names[i], NSEC_PER_MIN),
				 (struct period){month_start, until}, NSEC_PER_MIN);
		store_close(store);
	}
	for (size_t i = 0; i < SERIES; i++) {
		struct period all = {month_start, until};
		struct series_key key = key_of(names[i]);
		char stem[KEY_TEXT];
		char file[KEY_TEXT + 16];
		expect_path(folder, names[i], all, NSEC_PER_MIN, no_gap);
		expect_hours(folder, names[i], all, NSEC_PER_MIN, no_gap);
		series_key_format(&key, stem);
		snprintf(file, sizeof(file), "%s.rrd", stem);
		expect_same_file(folder, replay, file, until);
		snprintf(file, sizeof(file), "%s.hist.rrd", stem);
		expect_same_file(folder, replay, file, until);
	}
	munmap(told, sizeof(*told));
	remove_folder(folder);
	remove_folder(replay);
}

static void curves_path(const char *folder, char *out, size_t size)
{
	struct series_key key = key_of("a");
	char stem[KEY_TEXT];

	series_key_format(&key, stem);
	snprintf(out, size, "%s/series/%s.rrd", folder, stem);
}

/* An update that was broken off: rows are written, of the header only a part. */
static void break_off_an_update(const char *folder)
{
	char path[512];
	char spool_path[512];
	uint8_t before[HEADER];
	uint8_t after[HEADER];
	struct ring_layout layout = series_curves(NSEC_PER_MIN, 0, 0);
	size_t len = ring_head_size(&layout);
	struct spool *spool;
	const char *rows[] = {"1767232860:1:1:1:1:1:1:1:1:1:1:1:1:1",
			      "1767232920:2:2:2:2:2:2:2:2:2:2:2:2:2"};

	assert_in_range(len, 100, 2 * HEADER);
	curves_path(folder, path, sizeof(path));
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	uint8_t *image = malloc(len);
	assert_int_equal(pread(fd, image, len, 0), (ssize_t)len);
	assert_int_equal(pread(fd, before, HEADER, 0), HEADER);
	assert_int_equal(ring_append(path, rows, 2), E_OK);
	assert_int_equal(pread(fd, after, HEADER, 0), HEADER);
	assert_memory_not_equal(before, after, HEADER);
	/* The front of the header as before, its row pointers as after. */
	assert_int_equal(pwrite(fd, before, HEADER, 0), HEADER);
	close(fd);
	snprintf(spool_path, sizeof(spool_path), "%s/spool.db", folder);
	assert_int_equal(spool_open(spool_path, &spool), E_OK);
	assert_int_equal(spool_begin(spool), E_OK);
	assert_int_equal(spool_save_undo(spool, strrchr(path, '/') + 1, image, len), E_OK);
	assert_int_equal(spool_commit(spool), E_OK);
	spool_close(spool);
	free(image);
}

static void an_update_broken_off_is_undone(void **state)
{
	(void)state;
	char folder[FOLDER];
	struct period all = {month_start, month_start + 2 * NSEC_PER_HOUR};

	make_folder(folder);
	struct store *store = open_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), all, NSEC_PER_MIN);
	store_close(store);
	break_off_an_update(folder);
	/* A reader goes by the image too, though no store has put it back yet. */
	expect_path(folder, "a", all, NSEC_PER_MIN, no_gap);

	store = open_store(folder);
	all.until += NSEC_PER_HOUR;
	put_path(store, series_in(store, "a", NSEC_PER_MIN), all, NSEC_PER_MIN);
	assert_int_equal(store_flush(store), E_OK);
	assert_int_equal(store_counters(store).quarantined, 0);
	store_close(store);
	expect_path(folder, "a", all, NSEC_PER_MIN, no_gap);
	expect_hours(folder, "a", all, NSEC_PER_MIN, no_gap);
	remove_folder(folder);
}

/* The digest tells what the fields alone do not: rows are written of which the header knows half.
 */
static void without_the_image_the_damage_is_noticed(void **state)
{
	(void)state;
	char folder[FOLDER];
	char path[512];
	struct spool *spool;
	struct period filed = {month_start, month_start + 2 * NSEC_PER_HOUR};
	struct period open = {month_start + NSEC_PER_HOUR, month_start + 3 * NSEC_PER_HOUR};
	struct period all = {filed.from, open.until};

	make_folder(folder);
	struct store *store = open_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), filed, NSEC_PER_MIN);
	store_close(store);
	break_off_an_update(folder);
	snprintf(path, sizeof(path), "%s/spool.db", folder);
	assert_int_equal(spool_open(path, &spool), E_OK);
	assert_int_equal(spool_begin(spool), E_OK);
	assert_int_equal(spool_free_undos(spool), E_OK);
	assert_int_equal(spool_commit(spool), E_OK);
	spool_close(spool);

	store = open_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), all, NSEC_PER_MIN);
	assert_int_equal(store_flush(store), E_OK);
	assert_int_equal(store_counters(store).quarantined, 1);
	store_close(store);
	/* The second hour was in the spool still: it is filed again. */
	expect_path(folder, "a", all, NSEC_PER_MIN, (struct period){filed.from, open.from});
	expect_hours(folder, "a", all, NSEC_PER_MIN, no_gap);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_stores_keep_what_they_committed),
		cmocka_unit_test(an_update_broken_off_is_undone),
		cmocka_unit_test(without_the_image_the_damage_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
