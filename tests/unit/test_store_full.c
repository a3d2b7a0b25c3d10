/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that has no room or may not be written: what was committed stays, what is put meanwhile
 * waits within its bound, and what the bound drops is told. In small file systems of a mount
 * namespace of its own. NETGRADE_LONG=1 keeps the disk full for ten minutes. */
#include "tests/unit/test_store_path.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>

enum { SERIES = 200, OCTETS = 24 << 20, NAME = 32, SECONDS_SHORT = 4, SECONDS_LONG = 600 };

static const struct period no_gap = {0, 0};

static bool lengthy(void)
{
	const char *value = getenv("NETGRADE_LONG");
	return value != NULL && value[0] == '1';
}

/* --- a small disk --- */

struct disk {
	char folder[FOLDER];
	char ballast[FOLDER + 16];
};

static bool has_namespace;

static int enter_namespace(void **state)
{
	(void)state;
	has_namespace = getuid() == 0 && unshare(CLONE_NEWNS) == 0;
	/* A changed root that is no mount refuses; what is mounted below it is unmounted again. */
	if (has_namespace)
		(void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	else
		print_message("# no mount namespace of our own: %s\n", strerror(errno));
	return 0;
}

static void mount_disk(struct disk *disk)
{
	char size[32];

	if (!has_namespace)
		skip();
	make_folder(disk->folder);
	snprintf(size, sizeof(size), "size=%d,mode=0700", OCTETS);
	assert_int_equal(mount("tmpfs", disk->folder, "tmpfs", 0, size), 0);
	snprintf(disk->ballast, sizeof(disk->ballast), "%s/ballast", disk->folder);
}

static void unmount_disk(struct disk *disk)
{
	assert_int_equal(umount2(disk->folder, MNT_DETACH), 0);
	assert_int_equal(rmdir(disk->folder), 0);
}

/* Leaves so many octets free. */
static void fill(const struct disk *disk, uint64_t left)
{
	static const uint8_t block[4096];
	struct statvfs st;
	int fd = open(disk->ballast, O_WRONLY | O_CREAT | O_APPEND, 0600);

	assert_true(fd >= 0);
	for (;;) {
		assert_int_equal(fstatvfs(fd, &st), 0);
		if ((uint64_t)st.f_bavail * st.f_frsize <= left ||
		    write(fd, block, sizeof(block)) != sizeof(block))
			break;
	}
	close(fd);
}

static void make_room(const struct disk *disk)
{
	assert_int_equal(unlink(disk->ballast), 0);
}

/* --- a store that is filled in real time --- */

struct feed {
	struct store *store;
	uint32_t series[SERIES];
	size_t count;
	nsec at;
};

static struct store_options small_options(const char *folder)
{
	return (struct store_options){
		.directory = folder,
		.keep_slots = 10 * NSEC_PER_MIN,
		.keep_hours = 2 * NSEC_PER_HOUR,
		.gather = NSEC_PER_SEC,
		.share = 50 * NSEC_PER_MSEC,
	};
}

static void name_of(size_t i, char out[NAME])
{
	snprintf(out, NAME, "t%zu", i);
}

static struct feed begin_feed(const struct store_options *options, size_t count)
{
	struct feed feed = {.count = count, .at = month_start};

	assert_int_equal(store_open(options, &feed.store), E_OK);
	for (size_t i = 0; i < count; i++) {
		char name[NAME];
		name_of(i, name);
		feed.series[i] = series_in(feed.store, name, NSEC_PER_SEC);
	}
	return feed;
}

/* One slot of a second for each series. */
static void put_second(struct feed *feed)
{
	struct period second = {feed->at, feed->at + NSEC_PER_SEC};

	for (size_t i = 0; i < feed->count; i++)
		put_path(feed->store, feed->series[i], second, NSEC_PER_SEC);
	feed->at = second.until;
}

static void put_in_real_time(struct feed *feed, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		put_second(feed);
		usleep(1000000);
	}
}

static bool all_committed(struct feed *feed, int patience_s)
{
	for (int i = 0; i < 100 * patience_s; i++) {
		if (store_counters(feed->store).waiting == 0)
			return true;
		usleep(10000);
	}
	return false;
}

static void expect_all(const struct feed *feed, const char *folder, struct period period)
{
	for (size_t i = 0; i < feed->count; i += 1 + feed->count / 20) {
		char name[NAME];
		name_of(i, name);
		expect_path(folder, name, period, NSEC_PER_SEC, no_gap);
	}
}

/* --- the cases --- */

/* Slots wait for as long as the disk is full, and are all there afterwards. */
/* The spool's log may have room of its own left for a while. False: nothing was ever refused. */
static bool put_until_refused(struct feed *feed)
{
	for (int i = 0; i < 15; i++) {
		uint64_t before = store_counters(feed->store).committed;
		put_in_real_time(feed, 2);
		if (store_counters(feed->store).committed == before)
			return true;
	}
	return false;
}

static void nothing_is_lost_while_the_disk_is_full(void **state)
{
	(void)state;
	struct disk disk;
	int seconds = lengthy() ? SECONDS_LONG : SECONDS_SHORT;

	mount_disk(&disk);
	struct store_options options = small_options(disk.folder);
	struct feed feed = begin_feed(&options, lengthy() ? SERIES / 4 : SERIES / 10);
	put_in_real_time(&feed, 2);
	assert_true(all_committed(&feed, 10));
	fill(&disk, 0);
	assert_true(put_until_refused(&feed));
	uint64_t before = store_counters(feed.store).committed;
	put_in_real_time(&feed, seconds);
	struct store_counters full = store_counters(feed.store);
	print_message("# full for %d s: %llu slots committed meanwhile, %llu wait\n", seconds,
		      (unsigned long long)(full.committed - before),
		      (unsigned long long)full.waiting);
	assert_true(full.waiting > 0);
	make_room(&disk);
	assert_true(all_committed(&feed, 30));
	assert_int_equal(store_counters(feed.store).dropped, 0);
	put_second(&feed);
	nsec until = feed.at;
	store_close(feed.store);
	expect_all(&feed, disk.folder, (struct period){month_start, until});
	unmount_disk(&disk);
}

/* What was committed is there after a kill, though nothing could be written any more. */
static void what_is_committed_survives_a_kill_on_a_full_disk(void **state)
{
	(void)state;
	struct disk disk;
	int pipe_of[2];
	uint64_t committed = 0;

	mount_disk(&disk);
	assert_int_equal(pipe(pipe_of), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct store_options options = small_options(disk.folder);
		options.gather = NSEC_PER_DAY;
		struct feed feed = begin_feed(&options, 10);
		for (int i = 0; i < 50; i++)
			put_second(&feed);
		while (store_counters(feed.store).waiting > 0)
			usleep(1000);
		fill(&disk, 0);
		put_in_real_time(&feed, 2);
		committed = store_counters(feed.store).committed;
		(void)!write(pipe_of[1], &committed, sizeof(committed));
		for (;;)
			pause();
	}
	assert_int_equal(read(pipe_of[0], &committed, sizeof(committed)), sizeof(committed));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(pipe_of[0]);
	close(pipe_of[1]);
	assert_true(committed >= 500);
	/* The disk is full still: the store opens, or says that it cannot; the slots stay. */
	struct store_options options = small_options(disk.folder);
	struct store *store = NULL;
	if (store_open(&options, &store) == E_OK)
		store_close(store);
	make_room(&disk);
	struct feed feed = begin_feed(&options, 10);
	store_close(feed.store);
	expect_all(&feed, disk.folder, from_start(0, (nsec)(committed / 10) * NSEC_PER_SEC));
	unmount_disk(&disk);
}

static size_t count_dropped(const char *folder, const char *target, struct period period)
{
	struct series_key key = key_of(target);
	struct summary *slots;
	struct view *view;
	size_t count;
	size_t dropped = 0;

	assert_int_equal(view_open(folder, &view), E_OK);
	assert_int_equal(view_slots(view, &key, period, &slots, &count), E_OK);
	for (size_t i = 0; i < count; i++) {
		struct slot slot = path_slot(1, slots[i].from, NSEC_PER_SEC);
		if ((slots[i].flags & SLOT_DROPPED) != 0) {
			assert_int_equal(slots[i].flags, SLOT_DROPPED | SLOT_NO_RECORD);
			dropped++;
		} else if (!same_summary(&slots[i], &slot.summary)) {
			fail_msg("slot %zu of %s is neither there nor dropped", i, target);
		}
	}
	free(slots);
	view_close(view);
	return dropped;
}

/* Each slot is there, or reads as dropped; as many are as the store counted. */
static void expect_there_or_dropped(struct feed *feed, const char *folder)
{
	struct period all = {month_start, feed->at};
	uint64_t counted = store_counters(feed->store).dropped;
	uint64_t found = 0;

	store_close(feed->store);
	for (size_t i = 0; i < feed->count; i++) {
		char name[NAME];
		name_of(i, name);
		found += count_dropped(folder, name, all);
	}
	print_message("# %llu slots dropped and told\n", (unsigned long long)counted);
	assert_true(counted > 0);
	assert_true(found == counted);
}

static void what_finds_no_room_to_wait_is_told(void **state)
{
	(void)state;
	struct disk disk;

	mount_disk(&disk);
	struct store_options options = small_options(disk.folder);
	options.wait_octets = 100000;
	struct feed feed = begin_feed(&options, 20);
	put_second(&feed);
	assert_true(all_committed(&feed, 10));
	for (int episode = 0; episode < 3; episode++) {
		fill(&disk, 0);
		for (int i = 0; i < 100; i++)
			put_second(&feed);
		usleep(300000);
		assert_true(store_counters(feed.store).dropped > 0);
		make_room(&disk);
		assert_true(all_committed(&feed, 10));
		put_second(&feed);
		assert_true(all_committed(&feed, 10));
	}
	expect_there_or_dropped(&feed, disk.folder);
	unmount_disk(&disk);
}

static uint64_t size_of(const char *folder, const char *name)
{
	char path[FOLDER + 32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

/* Nothing is filed, so the spool reaches its bound and stays there. */
static void the_spool_is_bounded(void **state)
{
	(void)state;
	char folder[FOLDER];

	make_folder(folder);
	struct store_options options = small_options(folder);
	options.gather = NSEC_PER_DAY;
	options.wait_octets = 100000;
	options.spool_octets = 1000000;
	options.keep_slots = 3 * NSEC_PER_HOUR;
	struct feed feed = begin_feed(&options, 20);
	for (int i = 0; i < 1500; i++) {
		put_second(&feed);
		if (i % 20 == 0)
			usleep(10000);
	}
	usleep(300000);
	struct store_counters crowded = store_counters(feed.store);
	uint64_t octets = size_of(folder, "spool.db") + size_of(folder, "spool.db-wal");
	print_message("# spool and journal of %llu octets\n", (unsigned long long)octets);
	/* What may wait in memory comes on top; the journal has pages more than once. */
	assert_true(octets < 3 * options.spool_octets);
	assert_true(crowded.dropped > 0);
	/* Hours that pass let go what they have; then all is taken again. */
	for (int i = 0; i < 2 * 3600; i++) {
		put_second(&feed);
		if (i % 50 == 0)
			assert_int_equal(store_flush(feed.store), E_OK);
	}
	assert_true(store_counters(feed.store).committed > crowded.committed + 20 * 100);
	expect_there_or_dropped(&feed, folder);
	remove_folder(folder);
}

/* Room for slots, none for files: slots stay in the spool, and are read from there. */
static void files_can_wait_for_room(void **state)
{
	(void)state;
	struct disk disk;

	mount_disk(&disk);
	struct store_options options = small_options(disk.folder);
	struct feed feed = begin_feed(&options, 40);
	fill(&disk, 2000000);
	for (int i = 0; i < 60; i++)
		put_second(&feed);
	assert_true(all_committed(&feed, 10));
	assert_int_equal(store_flush(feed.store), E_FULL);
	expect_all(&feed, disk.folder, (struct period){month_start, feed.at});
	make_room(&disk);
	assert_int_equal(store_flush(feed.store), E_OK);
	assert_int_equal(store_counters(feed.store).dropped, 0);
	nsec until = feed.at;
	store_close(feed.store);
	expect_all(&feed, disk.folder, (struct period){month_start, until});
	unmount_disk(&disk);
}

/* Each moment of an update, undo image, rows, sync, settling, meets a disk with less and less room.
 */
static void updates_survive_any_lack_of_room(void **state)
{
	(void)state;
	struct disk disk;

	mount_disk(&disk);
	struct store_options options = small_options(disk.folder);
	options.gather = 0;
	struct feed feed = begin_feed(&options, 8);
	for (uint64_t left = 0; left < 400000; left += 40000) {
		fill(&disk, left);
		for (int i = 0; i < 400; i++)
			put_second(&feed);
		(void)!store_flush(feed.store);
		make_room(&disk);
		assert_true(all_committed(&feed, 10));
		(void)!store_flush(feed.store);
		assert_int_equal(store_flush(feed.store), E_OK);
	}
	assert_int_equal(store_counters(feed.store).dropped, 0);
	assert_int_equal(store_counters(feed.store).quarantined, 0);
	nsec until = feed.at;
	store_close(feed.store);
	/* Native rows are kept for ten minutes, those of the open hour lie in the spool. */
	expect_all(&feed, disk.folder, (struct period){until - 10 * NSEC_PER_MIN, until});
	for (size_t i = 0; i < feed.count; i++) {
		char name[NAME];
		name_of(i, name);
		expect_hours(disk.folder, name,
			     (struct period){month_start, nsec_floor(until, NSEC_PER_HOUR)},
			     NSEC_PER_SEC, no_gap);
	}
	unmount_disk(&disk);
}

/* A file system turned read-only: opening fails with a reason, reading goes on. */
static void a_read_only_disk_is_read(void **state)
{
	(void)state;
	struct disk disk;
	struct store *store = NULL;

	mount_disk(&disk);
	struct store_options options = small_options(disk.folder);
	struct feed feed = begin_feed(&options, 5);
	for (int i = 0; i < 100; i++)
		put_second(&feed);
	nsec until = feed.at;
	store_close(feed.store);
	assert_int_equal(mount("none", disk.folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(store_open(&options, &store), E_PERMISSION);
	expect_all(&feed, disk.folder, (struct period){month_start, until});
	assert_int_equal(mount("none", disk.folder, NULL, MS_REMOUNT, NULL), 0);
	feed.store = NULL;
	assert_int_equal(store_open(&options, &store), E_OK);
	store_close(store);
	unmount_disk(&disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_while_the_disk_is_full),
		cmocka_unit_test(what_is_committed_survives_a_kill_on_a_full_disk),
		cmocka_unit_test(what_finds_no_room_to_wait_is_told),
		cmocka_unit_test(the_spool_is_bounded),
		cmocka_unit_test(files_can_wait_for_room),
		cmocka_unit_test(updates_survive_any_lack_of_room),
		cmocka_unit_test(a_read_only_disk_is_read),
	};
	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
