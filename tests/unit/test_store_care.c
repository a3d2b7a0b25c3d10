/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test_store_path.h"

#include "collector/store/series.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct period no_gap = {0, 0};

static size_t damaged_files(const char *folder)
{
	char path[FOLDER + 32];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/series/quarantine", folder);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return 0;
	for (struct dirent *file; (file = readdir(dir)) != NULL;)
		count += strstr(file->d_name, ".why") != NULL;
	closedir(dir);
	return count;
}

static void spoil(const char *folder, const char *tail, off_t offset, const void *octets,
		  size_t len)
{
	struct series_key key = key_of("a");
	char stem[KEY_TEXT];
	char path[FOLDER + KEY_TEXT + 32];

	series_key_format(&key, stem);
	snprintf(path, sizeof(path), "%s/series/%s%s", folder, stem, tail);
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	if (octets == NULL)
		assert_int_equal(ftruncate(fd, offset), 0);
	else
		assert_int_equal(pwrite(fd, octets, len, offset), (ssize_t)len);
	close(fd);
}

static void a_damaged_file_is_set_aside(void **state)
{
	(void)state;
	static const uint8_t zeros[8];
	static const uint8_t ones[8] = {255, 255, 255, 255, 255, 255, 255, 127};
	static const struct {
		const char *name;
		const char *tail;
		off_t offset;
		const uint8_t *octets;
		size_t len;
	} rows[] = {
		{"no magic", ".rrd", 0, zeros, 4},
		{"step 0", ".rrd", 40, zeros, 8},
		{"too many data sources", ".rrd", 24, ones, 8},
		{"row pointer out of range", ".rrd", 5480, ones, 8},
		{"cut short", ".rrd", 100000, NULL, 0},
		{"shorter than its header", ".rrd", 100, NULL, 0},
		{"empty", ".rrd", 0, NULL, 0},
		{"histogram cut short", ".hist.rrd", 30000, NULL, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char folder[FOLDER];
		struct period before = from_start(0, 2 * NSEC_PER_HOUR);
		struct period after = from_start(2 * NSEC_PER_HOUR, 4 * NSEC_PER_HOUR);
		make_folder(folder);
		print_message("# %s\n", rows[i].name);
		struct store *store = open_store(folder);
		put_path(store, series_in(store, "a", NSEC_PER_MIN), before, NSEC_PER_MIN);
		store_close(store);
		spoil(folder, rows[i].tail, rows[i].offset, rows[i].octets, rows[i].len);
		store = open_store(folder);
		put_path(store, series_in(store, "a", NSEC_PER_MIN), after, NSEC_PER_MIN);
		assert_int_equal(store_flush(store), E_OK);
		assert_int_equal(store_counters(store).quarantined, 1);
		store_close(store);
		assert_int_equal(damaged_files(folder), 1);
		expect_path(folder, "a", after, NSEC_PER_MIN, no_gap);
		expect_hours(folder, "a", after, NSEC_PER_MIN, no_gap);
		remove_folder(folder);
	}
}

static void a_damaged_spool_is_set_aside(void **state)
{
	(void)state;
	char folder[FOLDER];
	char path[FOLDER + 16];
	struct period before = from_start(0, 2 * NSEC_PER_HOUR);
	struct period after = from_start(2 * NSEC_PER_HOUR, 4 * NSEC_PER_HOUR);

	make_folder(folder);
	struct store *store = open_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), before, NSEC_PER_MIN);
	store_close(store);
	snprintf(path, sizeof(path), "%s/spool.db", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		fputs("no database ", file);
	fclose(file);
	store = open_store(folder);
	assert_int_equal(store_counters(store).quarantined, 1);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), after, NSEC_PER_MIN);
	store_close(store);
	/* The curves of the time before are still there: the series goes on in its old file. */
	expect_path(folder, "a", (struct period){before.from, after.until}, NSEC_PER_MIN, no_gap);
	remove_folder(folder);
}

/* The clock was ten years ahead, and the spool, which would know, is lost. */
static void files_of_the_future_do_not_stop_honest_slots(void **state)
{
	(void)state;
	char folder[FOLDER];
	char path[FOLDER + 16];
	struct period ahead =
		from_start(3650 * NSEC_PER_DAY, 3650 * NSEC_PER_DAY + 3 * NSEC_PER_HOUR);
	struct period honest = from_start(0, 3 * NSEC_PER_HOUR);

	make_folder(folder);
	struct store *store = open_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), ahead, NSEC_PER_MIN);
	store_close(store);
	snprintf(path, sizeof(path), "%s/spool.db", folder);
	assert_int_equal(unlink(path), 0);
	store = open_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), honest, NSEC_PER_MIN);
	assert_int_equal(store_flush(store), E_OK);
	store_close(store);
	assert_int_equal(damaged_files(folder), 1);
	expect_path(folder, "a", honest, NSEC_PER_MIN, no_gap);
	expect_hours(folder, "a", honest, NSEC_PER_MIN, no_gap);
	remove_folder(folder);
}

static void one_process_holds_the_directory(void **state)
{
	(void)state;
	char folder[FOLDER];
	struct store_options options;
	struct store *second = NULL;
	int status;

	make_folder(folder);
	options = options_for(folder);
	struct store *store = open_store(folder);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(store_open(&options, &second) == E_BUSY ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	store_close(store);
	store = open_store(folder);
	store_close(store);
	remove_folder(folder);
}

/* Another process reads again and again while slots come in and are filed: whatever it sees of the
 * path is right, and it never sees less than before. */
static void __attribute__((noreturn)) read_along(const char *folder, nsec last)
{
	struct series_key key = key_of("a");
	struct view *view;
	nsec seen = 0;

	if (view_open(folder, &view) != E_OK)
		_exit(2);
	while (seen < last) {
		struct view_series series;
		struct summary *slots;
		size_t count;
		if (view_find(view, &key, &series) != E_OK)
			_exit(3);
		if (series.last_slot == NSEC_UNDEFINED)
			continue;
		struct period period = {month_start, series.last_slot};
		if (series.last_slot < seen ||
		    view_slots(view, &key, period, &slots, &count) != E_OK)
			_exit(4);
		for (size_t i = 0; i < count; i++) {
			struct slot slot = path_slot(1, slots[i].from, NSEC_PER_MIN);
			if (!same_summary(&slots[i], &slot.summary))
				_exit(5);
		}
		free(slots);
		seen = series.last_slot;
	}
	view_close(view);
	_exit(0);
}

static void another_process_reads_while_the_store_writes(void **state)
{
	(void)state;
	char folder[FOLDER];
	nsec last = month_start + 600 * NSEC_PER_MIN;
	int status;

	make_folder(folder);
	store_close(open_store(folder));
	struct store *store = open_store(folder);
	uint32_t series = series_in(store, "a", NSEC_PER_MIN);
	assert_int_equal(store_flush(store), E_OK);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		read_along(folder, last);
	for (nsec at = month_start; at < last; at += 5 * NSEC_PER_MIN) {
		put_path(store, series, (struct period){at, at + 5 * NSEC_PER_MIN}, NSEC_PER_MIN);
		assert_int_equal(store_flush(store), E_OK);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the reader ended with %d", status);
	store_close(store);
	remove_folder(folder);
}

static void expect_mode(const char *folder, const char *name, mode_t mode)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, mode);
}

static void what_is_made_is_private_and_as_small_as_promised(void **state)
{
	(void)state;
	static const struct {
		nsec interval;
		off_t most;
	} rows[] = {{NSEC_PER_MIN, 13000000}, {5 * NSEC_PER_MIN, 9000000}};
	char folder[FOLDER];
	char data[FOLDER + 16];

	make_folder(folder);
	snprintf(data, sizeof(data), "%s/lib/netgrade", folder);
	struct store *store = open_store(data);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		put_path(store, series_in(store, i == 0 ? "a" : "b", rows[i].interval),
			 from_start(0, 2 * NSEC_PER_HOUR), rows[i].interval);
	store_close(store);
	expect_mode(data, "", 0700);
	expect_mode(data, "series", 0700);
	expect_mode(data, "spool.db", 0600);
	expect_mode(data, "store.lock", 0600);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct series_key key = key_of(i == 0 ? "a" : "b");
		char stem[KEY_TEXT];
		char name[KEY_TEXT + 32];
		off_t size = 0;
		series_key_format(&key, stem);
		for (int hist = 0; hist < 2; hist++) {
			char path[512];
			struct stat st;
			snprintf(name, sizeof(name), "series/%s%s", stem,
				 hist ? ".hist.rrd" : ".rrd");
			expect_mode(data, name, 0600);
			snprintf(path, sizeof(path), "%s/%s", data, name);
			assert_int_equal(stat(path, &st), 0);
			size += st.st_size;
		}
		print_message("# %lld octets at %lld s\n", (long long)size,
			      (long long)(rows[i].interval / NSEC_PER_SEC));
		assert_in_range(size, 1, rows[i].most);
		assert_true((uint64_t)size == series_disk_use(rows[i].interval, 40 * NSEC_PER_DAY,
							      396 * NSEC_PER_DAY));
	}
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_damaged_file_is_set_aside),
		cmocka_unit_test(a_damaged_spool_is_set_aside),
		cmocka_unit_test(files_of_the_future_do_not_stop_honest_slots),
		cmocka_unit_test(one_process_holds_the_directory),
		cmocka_unit_test(another_process_reads_while_the_store_writes),
		cmocka_unit_test(what_is_made_is_private_and_as_small_as_promised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
