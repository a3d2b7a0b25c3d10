/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series files with changed headers, cut short, or of something else: each is set aside and named,
 * its series goes on, the others never notice. NETGRADE_LONG=1 changes 10,000 headers. */
#include "tests/unit/test_store_path.h"

#include "collector/store/series.h"

#include <dirent.h>
#include <fcntl.h>
#define RRD_EXPORT_DEPRECATED
#include <rrd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { SERIES = 200, FEW = 1000, MANY = 10000, NAME = 32, FILE_PATH = 512 };

static const struct period no_gap = {0, 0};

/* Memory where there is some: files are made and thrown away by the thousand. */
static void make_fast_folder(char out[FOLDER])
{
	snprintf(out, FOLDER, "/dev/shm/netgrade-headers-XXXXXX");
	if (mkdtemp(out) == NULL)
		make_folder(out);
}

static struct store *open_small_store(const char *folder)
{
	struct store_options options = {
		.directory = folder,
		.keep_slots = 6 * NSEC_PER_HOUR,
		.keep_hours = NSEC_PER_DAY,
		.share = 5 * NSEC_PER_MSEC,
	};
	struct store *store = NULL;

	assert_int_equal(store_open(&options, &store), E_OK);
	return store;
}

static void file_of(const char *folder, const char *target, const char *tail, char out[FILE_PATH])
{
	struct series_key key = key_of(target);
	char stem[KEY_TEXT];

	series_key_format(&key, stem);
	snprintf(out, FILE_PATH, "%s/series/%s%s", folder, stem, tail);
}

/* --- what can happen to a file: false where it would be no change --- */

struct victim {
	const char *path;
	const struct ring_layout *layout;
	struct random *random;
	struct stat st;
};

static bool write_at(const struct victim *v, size_t offset, const void *octets, size_t len)
{
	uint8_t before[256];
	int fd = open(v->path, O_RDWR);

	assert_true(fd >= 0 && len <= sizeof(before));
	assert_int_equal(pread(fd, before, len, (off_t)offset), (ssize_t)len);
	assert_int_equal(pwrite(fd, octets, len, (off_t)offset), (ssize_t)len);
	close(fd);
	return memcmp(before, octets, len) != 0;
}

static bool change_octets(struct victim *v)
{
	uint8_t octets[256];
	size_t head = ring_head_size(v->layout);
	size_t len = (size_t)1 << random_below(v->random, 9);

	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)random_below(v->random, 256);
	return write_at(v, (size_t)random_below(v->random, head - len), octets, len);
}

static bool change_one_bit(struct victim *v)
{
	size_t at = (size_t)random_below(v->random, ring_head_size(v->layout));
	uint8_t octet;
	int fd = open(v->path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &octet, 1, (off_t)at), 1);
	close(fd);
	octet ^= (uint8_t)(1u << random_below(v->random, 8));
	return write_at(v, at, &octet, 1);
}

/* A word of the header, aligned as librrd's fields are, becomes what hurts most. */
static bool change_field(struct victim *v)
{
	const double nan_value = __builtin_nan("");
	const double infinite = __builtin_inf();
	const uint64_t values[] = {
		0,
		1,
		2,
		UINT64_MAX,
		INT64_MAX,
		(uint64_t)INT64_MIN,
		UINT32_MAX,
		(uint64_t)UINT32_MAX + 1,
		UINT64_MAX / 8 + 1,
		UINT64_MAX / 104,
		100000001,
		(uint64_t)1 << 40,
		4102444800, /* in the year 2100 */
		random_u64(v->random),
	};
	uint64_t at = random_below(v->random, ring_head_size(v->layout) / 8) * 8;
	uint64_t which = random_below(v->random, COUNT_OF(values) + 2);

	if (which == COUNT_OF(values))
		return write_at(v, (size_t)at, &nan_value, 8);
	if (which == COUNT_OF(values) + 1)
		return write_at(v, (size_t)at, &infinite, 8);
	return write_at(v, (size_t)at, &values[which], 8);
}

/* The fields that librrd trusts, each by its place. */
static bool change_trusted_field(struct victim *v)
{
	const size_t sources = v->layout->sources;
	const size_t archives = v->layout->archives;
	const size_t definitions = sizeof(stat_head_t) + sources * sizeof(ds_def_t);
	const size_t live = definitions + archives * sizeof(rra_def_t);
	const size_t prepared = live + sizeof(live_head_t);
	const size_t consolidated = prepared + sources * sizeof(pdp_prep_t);
	const size_t pointers = consolidated + archives * sources * sizeof(cdp_prep_t);
	const size_t source = (size_t)random_below(v->random, sources);
	const size_t places[] = {
		offsetof(stat_head_t, ds_cnt),
		offsetof(stat_head_t, rra_cnt),
		offsetof(stat_head_t, pdp_step),
		sizeof(stat_head_t) + source * sizeof(ds_def_t) + offsetof(ds_def_t, par),
		sizeof(stat_head_t) + source * sizeof(ds_def_t) + offsetof(ds_def_t, par) + 8,
		definitions + offsetof(rra_def_t, row_cnt),
		definitions + offsetof(rra_def_t, pdp_cnt),
		definitions + offsetof(rra_def_t, par),
		live + offsetof(live_head_t, last_up),
		live + offsetof(live_head_t, last_up_usec),
		prepared + source * sizeof(pdp_prep_t) + offsetof(pdp_prep_t, scratch),
		prepared + source * sizeof(pdp_prep_t) + offsetof(pdp_prep_t, scratch) + 8,
		consolidated + source * sizeof(cdp_prep_t),
		consolidated + source * sizeof(cdp_prep_t) + 8,
		pointers,
		pointers + (archives - 1) * sizeof(rra_ptr_t),
	};
	const uint64_t small[] = {0, 1, 7, 60, 3600, 1767225600, 1767312000, UINT64_MAX, 1u << 31};
	uint64_t value = small[random_below(v->random, COUNT_OF(small))];

	return write_at(v, places[random_below(v->random, COUNT_OF(places))], &value, 8);
}

static bool cut_short(struct victim *v)
{
	assert_int_equal(truncate(v->path, (off_t)random_below(v->random, (uint64_t)v->st.st_size)),
			 0);
	return true;
}

static bool make_longer(struct victim *v)
{
	off_t more = 1 + (off_t)random_below(v->random, 100000);

	assert_int_equal(truncate(v->path, v->st.st_size + more), 0);
	return true;
}

static bool be_empty(struct victim *v)
{
	assert_int_equal(truncate(v->path, 0), 0);
	return true;
}

static bool be_text(struct victim *v)
{
	FILE *file = fopen(v->path, "w");

	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		fprintf(file, "this is line %d of a letter\n", i);
	assert_int_equal(fclose(file), 0);
	return true;
}

static bool be_anothers_ring(struct victim *v)
{
	const char *words[] = {"DS:traffic:COUNTER:600:0:U", "RRA:AVERAGE:0.5:1:600",
			       "RRA:MAX:0.5:6:700"};

	assert_int_equal(unlink(v->path), 0);
	assert_int_equal(rrd_create_r(v->path, 300, 1767225600, COUNT_OF(words), words), 0);
	return true;
}

static bool be_directory(struct victim *v)
{
	assert_int_equal(unlink(v->path), 0);
	assert_int_equal(mkdir(v->path, 0700), 0);
	return true;
}

static bool be_link(struct victim *v)
{
	assert_int_equal(unlink(v->path), 0);
	assert_int_equal(symlink("/etc/passwd", v->path), 0);
	return true;
}

static bool be_pipe(struct victim *v)
{
	assert_int_equal(unlink(v->path), 0);
	assert_int_equal(mkfifo(v->path, 0600), 0);
	return true;
}

static bool be_socket(struct victim *v)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char short_path[64] = "/tmp/netgrade-socket-XXXXXX";
	int fd = mkstemp(short_path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(short_path), 0);
	memcpy(address.sun_path, short_path, sizeof(short_path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(unlink(v->path), 0);
	if (rename(short_path, v->path) != 0) { /* another file system */
		assert_int_equal(unlink(short_path), 0);
		assert_int_equal(mkfifo(v->path, 0600), 0);
	}
	return true;
}

/* Most are headers; the other kinds are few but each comes up. */
static bool spoil(struct victim *v, uint64_t number)
{
	static bool (*const headers[])(struct victim *) = {change_octets, change_one_bit,
							   change_field, change_trusted_field};
	static bool (*const others[])(struct victim *) = {
		cut_short,    make_longer, be_empty, be_text,	be_anothers_ring,
		be_directory, be_link,	   be_pipe,  be_socket,
	};

	assert_int_equal(lstat(v->path, &v->st), 0);
	if (number % 10 == 9)
		return others[number / 10 % COUNT_OF(others)](v);
	return headers[number % COUNT_OF(headers)](v);
}

/* --- rounds: file some slots everywhere, spoil files, read, go on --- */

struct fleet {
	char folder[FOLDER];
	struct random random;
	nsec at; /* end of what was put */
	size_t spoilt;
	bool whole[SERIES]; /* in this round */
};

static void name_of(size_t i, char out[NAME])
{
	snprintf(out, NAME, "t%zu", i);
}

static void spoil_files(struct fleet *fleet, const char *tail, const struct ring_layout *layout)
{
	for (size_t i = 0; i < SERIES; i++) {
		char name[NAME];
		char path[FILE_PATH];
		name_of(i, name);
		file_of(fleet->folder, name, tail, path);
		struct victim victim = {.path = path, .layout = layout, .random = &fleet->random};
		fleet->whole[i] = i % 8 == 7 || !spoil(&victim, fleet->spoilt);
		fleet->spoilt += !fleet->whole[i];
	}
}

/* A reader survives, and reads what the spool still has. */
static void read_all(const struct fleet *fleet)
{
	struct view *view;
	struct period hour = {fleet->at - 30 * NSEC_PER_MIN, fleet->at};

	assert_int_equal(view_open(fleet->folder, &view), E_OK);
	for (size_t i = 0; i < SERIES; i++) {
		struct summary *slots;
		struct hour *hours;
		char name[NAME];
		size_t count;
		name_of(i, name);
		struct series_key key = key_of(name);
		assert_int_equal(view_slots(view, &key, hour, &slots, &count), E_OK);
		assert_int_equal(count, 30);
		for (size_t s = 0; s < count; s++) {
			struct slot slot = path_slot(1, slots[s].from, NSEC_PER_MIN);
			assert_true(same_summary(&slots[s], &slot.summary));
		}
		free(slots);
		assert_int_equal(view_hours(view, &key, hour, &hours, &count), E_OK);
		free(hours);
	}
	view_close(view);
}

static void put_everywhere(struct fleet *fleet, struct store *store, nsec more)
{
	struct period period = {fleet->at, fleet->at + more};

	for (size_t i = 0; i < SERIES; i++) {
		char name[NAME];
		name_of(i, name);
		put_path(store, series_in(store, name, NSEC_PER_MIN), period, NSEC_PER_MIN);
	}
	fleet->at = period.until;
}

/* Gives the files set aside since the last time and removes them. */
static size_t empty_quarantine(const char *folder)
{
	char path[FOLDER + 32];
	size_t reasons = 0;
	size_t things = 0;

	snprintf(path, sizeof(path), "%s/series/quarantine", folder);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return 0;
	for (struct dirent *file; (file = readdir(dir)) != NULL;) {
		const char *tail = strrchr(file->d_name, '.');
		if (strspn(file->d_name, ".") == strlen(file->d_name))
			continue;
		if (tail != NULL && strcmp(tail, ".why") == 0)
			reasons++;
		else
			things++;
	}
	closedir(dir);
	assert_int_equal(reasons, things);
	remove_folder(path);
	return things;
}

/* The hour before the round and the slots of the round are the path's: what was filed of the open
 * hour into a spoilt file is filed again. */
static void play_round(struct fleet *fleet, const char *tail, const struct ring_layout *layout)
{
	size_t before = fleet->spoilt;

	spoil_files(fleet, tail, layout);
	read_all(fleet);
	struct store *store = open_small_store(fleet->folder);
	put_everywhere(fleet, store, NSEC_PER_HOUR);
	assert_int_equal(store_flush(store), E_OK);
	size_t found = (size_t)store_counters(store).quarantined;
	store_close(store);
	if (found != fleet->spoilt - before)
		fail_msg("%zu files spoilt, %zu set aside", fleet->spoilt - before, found);
	assert_int_equal(empty_quarantine(fleet->folder), found);
	struct period fresh = {fleet->at - 90 * NSEC_PER_MIN, fleet->at};
	for (size_t i = 0; i < SERIES; i += 13) {
		char name[NAME];
		name_of(i, name);
		expect_path(fleet->folder, name, fresh, NSEC_PER_MIN, no_gap);
	}
}

/* Gives what standard error was. */
static int divert_log(const char *folder)
{
	char path[FILE_PATH];
	int before = dup(STDERR_FILENO);

	snprintf(path, sizeof(path), "%s/log", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(before >= 0 && fd >= 0);
	fflush(stderr);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
	return before;
}

static void restore_log(int before)
{
	fflush(stderr);
	assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
	close(before);
}

static size_t log_lines(const char *folder, const char *words)
{
	char path[FILE_PATH];
	char line[2048];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/log", folder);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		count += strstr(line, words) != NULL;
	fclose(file);
	return count;
}

static void spoilt_files_are_set_aside_and_named(void **state)
{
	(void)state;
	const char *lengthy = getenv("NETGRADE_LONG");
	size_t wanted = lengthy != NULL && lengthy[0] == '1' ? MANY : FEW;
	struct ring_layout curves = series_curves(NSEC_PER_MIN, 0, 0);
	struct ring_layout histograms = series_histograms(0);
	struct fleet fleet = {.random = random_seeded(wanted), .at = month_start};

	make_fast_folder(fleet.folder);
	int err = divert_log(fleet.folder);
	struct store *store = open_small_store(fleet.folder);
	put_everywhere(&fleet, store, 90 * NSEC_PER_MIN);
	store_close(store);
	for (int round = 0; fleet.spoilt < wanted; round++) {
		bool hours = round % 5 == 4;
		play_round(&fleet, hours ? ".hist.rrd" : ".rrd", hours ? &histograms : &curves);
	}
	restore_log(err);
	print_message("# %zu files spoilt and set aside\n", fleet.spoilt);
	assert_int_equal(log_lines(fleet.folder, "cannot be used: "), fleet.spoilt);
	remove_folder(fleet.folder);
}

/* As another user than root: who may not read a file that stands in his own folder. */
static void __attribute__((noreturn)) meet_forbidden_file(const char *folder)
{
	struct period before = from_start(0, 90 * NSEC_PER_MIN);
	struct period after = from_start(90 * NSEC_PER_MIN, 150 * NSEC_PER_MIN);
	struct series_key key = key_of("a");
	struct summary *slots;
	struct view *view;
	char path[FILE_PATH];
	size_t count;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		_exit(1);
	struct store *store = open_small_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), before, NSEC_PER_MIN);
	store_close(store);
	file_of(folder, "a", ".rrd", path);
	if (chmod(path, 0) != 0 || view_open(folder, &view) != E_OK)
		_exit(2);
	/* A report made by the wrong user must not look like one without data. */
	if (view_slots(view, &key, before, &slots, &count) != E_PERMISSION)
		_exit(3);
	view_close(view);
	store = open_small_store(folder);
	put_path(store, series_in(store, "a", NSEC_PER_MIN), after, NSEC_PER_MIN);
	if (store_flush(store) != E_OK || store_counters(store).quarantined != 1)
		_exit(4);
	store_close(store);
	_exit(0);
}

static void a_file_that_may_not_be_read_is_set_aside(void **state)
{
	(void)state;
	char folder[FOLDER];
	int status;

	if (getuid() != 0)
		skip();
	make_folder(folder);
	assert_int_equal(chown(folder, 65534, 65534), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		meet_forbidden_file(folder);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with %d", status);
	expect_path(folder, "a", from_start(NSEC_PER_HOUR, 150 * NSEC_PER_MIN), NSEC_PER_MIN,
		    no_gap);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spoilt_files_are_set_aside_and_named),
		cmocka_unit_test(a_file_that_may_not_be_read_is_set_aside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
