/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rings that grow: as librrd and as our own reader see them before and after, beside a ring that
 * was large from the beginning; killed at any moment; where they cannot grow. NETGRADE_LONG=1 kills
 * 200 times. */
#include "tests/unit/test_store_path.h"

#include "collector/base/log.h"
#include "collector/store/growth.h"
#include "collector/store/series.h"

#include <fcntl.h>
#include <math.h>
#include <rrd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { FILE_PATH = 128, ROWS_A_TIME = 100, KILLS = 20, KILLS_LENGTHY = 200 };

static const int64_t start = month_start / NSEC_PER_SEC;

static void append_slots(const char *path, uint32_t step, size_t first, size_t count)
{
	static char text[ROWS_A_TIME][CURVE_TEXT];
	const char *rows[ROWS_A_TIME];

	for (size_t done = 0; done < count;) {
		size_t some = 0;
		for (; some < ROWS_A_TIME && done < count; some++, done++) {
			nsec interval = (nsec)step * NSEC_PER_SEC;
			struct slot slot = path_slot(
				1, month_start + (nsec)(first + done) * interval, interval);
			series_curve_row(&slot.summary, text[some]);
			rows[some] = text[some];
		}
		assert_int_equal(ring_append(path, rows, some), E_OK);
	}
}

static void append_hours(const char *path, size_t first, size_t count)
{
	static char text[HOUR_TEXT];

	for (size_t i = first; i < first + count; i++) {
		nsec from = month_start + (nsec)i * NSEC_PER_HOUR;
		struct slot slot = path_slot(1, from, NSEC_PER_HOUR);
		const char *row = text;
		series_hour_row(from, &slot.delays, text);
		assert_int_equal(ring_append(path, &row, 1), E_OK);
	}
}

static void append(const char *path, const struct ring_layout *layout, size_t first, size_t count)
{
	if (layout->sources == CURVE_SOURCES)
		append_slots(path, layout->step, first, count);
	else
		append_hours(path, first, count);
}

static void seal(const char *path, const struct ring_layout *layout)
{
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(ring_seal(fd, layout), E_OK);
	close(fd);
}

/* A ring with so many rows put into it. */
static void make_ring(const char *path, const struct ring_layout *layout, size_t count)
{
	assert_int_equal(ring_create(path, layout, start, SYNCING_NEVER), E_OK);
	append(path, layout, 0, count);
	seal(path, layout);
}

static void read_head(const char *path, const struct ring_layout *layout, struct ring_head *head)
{
	char why[RING_WHY] = "";
	uint8_t *octets;
	int fd = -1;

	assert_int_equal(ring_open(path, O_RDONLY, &fd, why), E_OK);
	if (ring_read_head(fd, layout, &octets, head, why) != E_OK)
		fail_msg("%s: %s", path, why);
	free(octets);
	close(fd);
}

/* Rows of archive 0 of all of the time that was put, by our own reader; the caller frees. */
static double *read_rows(const char *path, const struct ring_layout *layout, size_t count)
{
	char why[RING_WHY];
	double *rows = malloc(count * layout->sources * sizeof(*rows));
	struct ring_head head;
	int fd = -1;

	assert_non_null(rows);
	read_head(path, layout, &head);
	assert_int_equal(ring_open(path, O_RDONLY, &fd, why), E_OK);
	assert_int_equal(ring_read_rows(fd, layout, &head, start + layout->step, count, rows),
			 E_OK);
	close(fd);
	return rows;
}

/* What librrd gives of a time, in rows of one step; the caller frees. */
struct fetched {
	rrd_value_t *values;
	size_t count;
};

static struct fetched fetch(const char *path, unsigned long step, int64_t from, int64_t until)
{
	struct fetched fetched;
	unsigned long columns = 0;
	unsigned long found = step;
	time_t first = (time_t)from;
	time_t last = (time_t)until - (time_t)step;
	char **sources;

	assert_int_equal(rrd_fetch_r(path, "AVERAGE", &first, &last, &found, &columns, &sources,
				     &fetched.values),
			 0);
	assert_int_equal(found, step);
	fetched.count = (size_t)((unsigned long)(last - first) / step) * columns;
	assert_true(fetched.count > 0);
	for (unsigned long c = 0; c < columns; c++)
		free(sources[c]);
	free(sources);
	return fetched;
}

static bool same_value(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static void assert_same(const char *what, const double *a, const double *b, size_t count)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		known += !isnan(a[i]);
		if (!same_value(a[i], b[i]))
			fail_msg("%s: value %zu: %g and %g", what, i, a[i], b[i]);
	}
	assert_true(known > 0);
}

/* librrd's words about a file, without those of its size. */
static void info_text(const char *path, char *out, size_t size)
{
	rrd_info_t *info = rrd_info_r(path);
	size_t used = 0;

	assert_non_null(info);
	for (const rrd_info_t *at = info; at != NULL; at = at->next) {
		if (strstr(at->key, ".rows") != NULL || strstr(at->key, "cur_row") != NULL ||
		    strcmp(at->key, "filename") == 0)
			continue;
		int len = at->type == RD_I_VAL ? snprintf(out + used, size - used, "%s=%.17g\n",
							  at->key, at->value.u_val)
			  : at->type == RD_I_CNT
				  ? snprintf(out + used, size - used, "%s=%lu\n", at->key,
					     at->value.u_cnt)
				  : snprintf(out + used, size - used, "%s=%s\n", at->key,
					     at->type == RD_I_STR ? at->value.u_str : "?");
		used += (size_t)len;
		assert_true(used < size);
	}
	rrd_info_free(info);
	assert_true(used > 1000);
}

/* --- rings that grow --- */

struct growing_row {
	const char *name;
	nsec interval; /* 0: histograms */
	size_t put;
	nsec slots[2]; /* retention before and after */
	nsec hours[2];
};

static struct ring_layout layout_of(const struct growing_row *row, int side)
{
	return row->interval == 0
		       ? series_histograms(row->hours[side])
		       : series_curves(row->interval, row->slots[side], row->hours[side]);
}

/* What is told of a file before it grows. */
struct before {
	char info[65536];
	double *rows;
	struct fetched native;
	struct fetched hourly;
	int64_t until;
	int64_t native_from;
	int64_t hourly_from;
	struct stat st;
};

static void look(const char *path, const struct ring_layout *layout, size_t put,
		 struct before *before)
{
	struct ring_head head;
	uint32_t last = layout->archives - 1;
	int64_t hour = (int64_t)layout->step * layout->steps[last];

	read_head(path, layout, &head);
	int64_t held = (int64_t)(head.rows[0] - layout->margin) * layout->step;
	before->until = head.updated;
	before->native_from = head.updated - held > start ? head.updated - held : start;
	int64_t kept = (int64_t)head.rows[last] * hour;
	before->hourly_from = (head.updated - kept) / hour * hour + hour;
	/* Of two archives with rows of one length librrd takes the one that reaches farther back.
	 */
	if (layout->steps[last] == 1)
		before->hourly_from = before->native_from;
	if (before->hourly_from < start)
		before->hourly_from = start;
	info_text(path, before->info, sizeof(before->info));
	before->rows = read_rows(path, layout, put);
	before->native = fetch(path, layout->step, before->native_from, before->until);
	before->hourly =
		fetch(path, (unsigned long)hour, before->hourly_from, before->until / hour * hour);
	assert_int_equal(stat(path, &before->st), 0);
}

static void look_again(const char *path, const struct ring_layout *layout, size_t put,
		       const struct before *before)
{
	static char info[65536];
	uint32_t last = layout->archives - 1;
	int64_t hour = (int64_t)layout->step * layout->steps[last];
	struct stat st;

	info_text(path, info, sizeof(info));
	assert_string_equal(info, before->info);
	double *rows = read_rows(path, layout, put);
	assert_same("our rows", before->rows, rows, put * layout->sources);
	free(rows);
	struct fetched native = fetch(path, layout->step, before->native_from, before->until);
	assert_int_equal(native.count, before->native.count);
	assert_same("librrd's rows", before->native.values, native.values, native.count);
	free(native.values);
	struct fetched hourly =
		fetch(path, (unsigned long)hour, before->hourly_from, before->until / hour * hour);
	assert_int_equal(hourly.count, before->hourly.count);
	assert_same("librrd's hours", before->hourly.values, hourly.values, hourly.count);
	free(hourly.values);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, before->st.st_mode);
	assert_int_equal(st.st_uid, before->st.st_uid);
	assert_int_equal(st.st_gid, before->st.st_gid);
	assert_int_equal(st.st_size, ring_file_size(layout));
}

/* As a ring that was as large from its beginning, but for what had expired before it grew. */
static void go_on(const char *path, const char *other, const struct growing_row *row)
{
	struct ring_layout layout = layout_of(row, 1);
	size_t more = layout.rows[0] / 2 + 7;
	size_t known = 0;

	make_ring(other, &layout, row->put);
	append(path, &layout, row->put, more);
	append(other, &layout, row->put, more);
	seal(path, &layout);
	seal(other, &layout);
	double *grown = read_rows(path, &layout, row->put + more);
	double *large = read_rows(other, &layout, row->put + more);
	for (size_t i = 0; i < (row->put + more) * layout.sources; i++) {
		if (isnan(grown[i]))
			continue;
		known++;
		if (grown[i] != large[i])
			fail_msg("%s: value %zu: %g and %g", row->name, i, grown[i], large[i]);
	}
	assert_true(known > more * 8);
	free(grown);
	free(large);
}

static void assert_grows(const struct growing_row *row)
{
	static struct before before;
	struct ring_layout small = layout_of(row, 0);
	struct ring_layout large = layout_of(row, 1);
	char folder[FOLDER];
	char path[FILE_PATH];
	char other[FILE_PATH];
	char why[RING_WHY] = "";
	struct ring_head head;

	make_folder(folder);
	snprintf(path, sizeof(path), "%s/small.rrd", folder);
	snprintf(other, sizeof(other), "%s/large.rrd", folder);
	make_ring(path, &small, row->put);
	assert_int_equal(chmod(path, 0640), 0);
	if (getuid() == 0)
		assert_int_equal(chown(path, 65534, 65533), 0);
	look(path, &small, row->put, &before);
	read_head(path, &large, &head);
	struct growth growth = growth_of(&large, &head);
	assert_int_equal(growth.before, before.st.st_size);
	assert_int_equal(growth.after, ring_file_size(&large));
	assert_false(growth.surplus);
	if (growth_run(path, &large, NULL, why) != E_OK)
		fail_msg("%s: %s", row->name, why);
	look_again(path, &large, row->put, &before);
	go_on(path, other, row);
	free(before.rows);
	free(before.native.values);
	free(before.hourly.values);
	remove_folder(folder);
}

static void grown_rings_read_as_before(void **state)
{
	(void)state;
	static const struct growing_row rows[] = {
		{"hardly begun",
		 NSEC_PER_MIN,
		 150,
		 {NSEC_PER_DAY, 2 * NSEC_PER_DAY},
		 {3 * NSEC_PER_DAY, 6 * NSEC_PER_DAY}},
		{"just full",
		 NSEC_PER_MIN,
		 1440 + CURVE_BATCH,
		 {NSEC_PER_DAY, 3 * NSEC_PER_DAY},
		 {NSEC_PER_DAY, 6 * NSEC_PER_DAY}},
		{"turned over, in the middle of an hour",
		 NSEC_PER_MIN,
		 4997,
		 {NSEC_PER_DAY, 2 * NSEC_PER_DAY},
		 {2 * NSEC_PER_DAY, 5 * NSEC_PER_DAY}},
		{"only more hours",
		 5 * NSEC_PER_MIN,
		 3001,
		 {NSEC_PER_DAY, NSEC_PER_DAY},
		 {2 * NSEC_PER_DAY, 9 * NSEC_PER_DAY}},
		{"only more slots",
		 5 * NSEC_PER_MIN,
		 1701,
		 {NSEC_PER_DAY, 4 * NSEC_PER_DAY},
		 {4 * NSEC_PER_DAY, 4 * NSEC_PER_DAY}},
		{"slots of two hours",
		 2 * NSEC_PER_HOUR,
		 801,
		 {NSEC_PER_DAY, 9 * NSEC_PER_DAY},
		 {5 * NSEC_PER_DAY, 20 * NSEC_PER_DAY}},
		{"histograms, hardly begun", 0, 20, {0, 0}, {3 * NSEC_PER_DAY, 9 * NSEC_PER_DAY}},
		{"histograms, turned over", 0, 250, {0, 0}, {3 * NSEC_PER_DAY, 9 * NSEC_PER_DAY}},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		print_message("# %s\n", rows[i].name);
		assert_grows(&rows[i]);
	}
}

/* An update broken off and undone leaves newer rows in the place of the oldest. */
static void spoilt_rows_do_not_come_to_light(void **state)
{
	(void)state;
	enum { PUT = 2500 };
	struct ring_layout small = series_curves(NSEC_PER_MIN, NSEC_PER_DAY, NSEC_PER_DAY);
	struct ring_layout large = series_curves(NSEC_PER_MIN, 4 * NSEC_PER_DAY, NSEC_PER_DAY);
	const double spoilt[CURVE_SOURCES] = {12345};
	char folder[FOLDER];
	char path[FILE_PATH];
	char why[RING_WHY];
	struct ring_head head;

	make_folder(folder);
	snprintf(path, sizeof(path), "%s/a.rrd", folder);
	make_ring(path, &small, PUT);
	read_head(path, &small, &head);
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (uint64_t i = 1; i <= small.margin; i++) {
		uint64_t index = (head.newest[0] + i) % head.rows[0];
		assert_int_equal(pwrite(fd, spoilt, sizeof(spoilt),
					(off_t)(head.len + index * sizeof(spoilt))),
				 sizeof(spoilt));
	}
	close(fd);
	assert_int_equal(growth_run(path, &large, NULL, why), E_OK);
	double *rows = read_rows(path, &large, PUT);
	for (size_t i = 0; i < PUT; i++) {
		if (i < PUT - 1440)
			assert_true(isnan(rows[i * CURVE_SOURCES]));
		else
			assert_true(rows[i * CURVE_SOURCES] == PACKETS);
	}
	free(rows);
	remove_folder(folder);
}

/* --- rings that cannot, or need not --- */

static void assert_unfinished_gone(const char *folder)
{
	char path[FILE_PATH];

	snprintf(path, sizeof(path), "%s/" RING_UNFINISHED "a.rrd", folder);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_ring_with_enough_rows_is_left_alone(void **state)
{
	(void)state;
	struct ring_layout large = series_curves(NSEC_PER_MIN, 2 * NSEC_PER_DAY, NSEC_PER_DAY);
	struct ring_layout small = series_curves(NSEC_PER_MIN, NSEC_PER_DAY, NSEC_PER_DAY);
	char folder[FOLDER];
	char path[FILE_PATH];
	char why[RING_WHY];
	struct ring_head head;
	struct stat before;
	struct stat after;

	make_folder(folder);
	snprintf(path, sizeof(path), "%s/a.rrd", folder);
	make_ring(path, &large, 100);
	assert_int_equal(stat(path, &before), 0);
	read_head(path, &small, &head);
	struct growth growth = growth_of(&small, &head);
	assert_true(growth.surplus);
	assert_int_equal(growth.before, growth.after);
	assert_int_equal(growth_run(path, &small, NULL, why), E_OK);
	assert_int_equal(growth_run(path, &large, NULL, why), E_OK);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	/* More hours, fewer slots than it has: the hours grow, the slots stay. */
	struct ring_layout mixed = series_curves(NSEC_PER_MIN, NSEC_PER_DAY, 3 * NSEC_PER_DAY);
	assert_int_equal(growth_run(path, &mixed, NULL, why), E_OK);
	read_head(path, &mixed, &head);
	assert_int_equal(head.rows[0], 2 * 1440 + CURVE_BATCH);
	assert_int_equal(head.rows[1], 72);
	remove_folder(folder);
}

static void what_cannot_grow_stays(void **state)
{
	(void)state;
	struct ring_layout small = series_curves(NSEC_PER_MIN, NSEC_PER_DAY, NSEC_PER_DAY);
	struct ring_layout large = series_curves(NSEC_PER_MIN, 4 * NSEC_PER_DAY, NSEC_PER_DAY);
	char folder[FOLDER];
	char path[FILE_PATH];
	char why[RING_WHY] = "";
	struct rlimit before;
	struct stat st;

	make_folder(folder);
	snprintf(path, sizeof(path), "%s/a.rrd", folder);
	make_ring(path, &small, 2000);
	double *rows = read_rows(path, &small, 2000);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit short_of = {ring_file_size(&large) - 4096, before.rlim_max};
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &short_of), 0);
	enum err rc = growth_run(path, &large, NULL, why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_not_equal(rc, E_OK);
	assert_unfinished_gone(folder);
	double *again = read_rows(path, &small, 2000);
	assert_same("after a refusal", rows, again, (size_t)2000 * CURVE_SOURCES);
	free(again);
	free(rows);

	int fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "\xff", 1, 4000), 1);
	close(fd);
	assert_int_equal(growth_run(path, &large, NULL, why), E_CORRUPT);
	assert_string_not_equal(why, "");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, ring_file_size(&small));
	assert_unfinished_gone(folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(growth_run(path, &large, NULL, why), E_NOT_FOUND);
	remove_folder(folder);
}

/* --- killed --- */

static void __attribute__((noreturn)) be_killed(const char *path, const struct ring_layout *large)
{
	char why[RING_WHY];

	if (growth_run(path, large, NULL, why) != E_OK)
		_exit(1);
	for (;;)
		pause();
}

static void make_again(const char *path, const uint8_t *octets, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, len), (ssize_t)len);
	close(fd);
}

static void killed_rings_are_the_old_or_the_new(void **state)
{
	(void)state;
	enum { PUT = 4000, LONGEST_US = 120000 };
	const char *lengthy = getenv("NETGRADE_LONG");
	int times = lengthy != NULL && lengthy[0] == '1' ? KILLS_LENGTHY : KILLS;
	struct ring_layout small = series_curves(NSEC_PER_MIN, 2 * NSEC_PER_DAY, NSEC_PER_DAY);
	struct ring_layout large = series_curves(NSEC_PER_MIN, 90 * NSEC_PER_DAY, NSEC_PER_DAY);
	struct random random = random_seeded(41);
	size_t len = ring_file_size(&small);
	uint8_t *octets = malloc(len);
	char folder[FOLDER];
	char path[FILE_PATH];
	char unfinished[FILE_PATH];
	int kills = 0;
	int inside = 0;
	int grown = 0;

	make_folder(folder);
	snprintf(path, sizeof(path), "%s/a.rrd", folder);
	snprintf(unfinished, sizeof(unfinished), "%s/" RING_UNFINISHED "a.rrd", folder);
	make_ring(path, &small, PUT);
	double *rows = read_rows(path, &small, PUT);
	int fd = open(path, O_RDONLY);
	assert_non_null(octets);
	assert_int_equal(read(fd, octets, len), (ssize_t)len);
	close(fd);
	/* As often as it takes for enough of them to fall into the work. */
	for (int i = 0; i < 20 * times && (kills < times || inside < times / 4); i++) {
		int status;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			be_killed(path, &large);
		usleep((useconds_t)random_below(&random, LONGEST_US));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		kills++;
		inside += access(unfinished, F_OK) == 0;
		double *found = read_rows(path, &small, PUT);
		assert_same("after a kill", rows, found, (size_t)PUT * CURVE_SOURCES);
		free(found);
		struct stat st;
		assert_int_equal(stat(path, &st), 0);
		if ((size_t)st.st_size == len)
			continue;
		assert_int_equal(st.st_size, ring_file_size(&large));
		grown++;
		make_again(path, octets, len);
	}
	print_message("# %d kills, %d of them inside the work, %d after it\n", kills, inside,
		      grown);
	assert_true(inside >= times / 4);
	char why[RING_WHY];
	assert_int_equal(growth_run(path, &large, NULL, why), E_OK);
	assert_unfinished_gone(folder);
	double *found = read_rows(path, &large, PUT);
	assert_same("in the end", rows, found, (size_t)PUT * CURVE_SOURCES);
	free(found);
	free(rows);
	free(octets);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grown_rings_read_as_before),
		cmocka_unit_test(spoilt_rows_do_not_come_to_light),
		cmocka_unit_test(a_ring_with_enough_rows_is_left_alone),
		cmocka_unit_test(what_cannot_grow_stays),
		cmocka_unit_test(killed_rings_are_the_old_or_the_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
