/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What storing costs: CPU of all threads per slot, for spool commit, curves and histograms
 * together, beside the naive way, two rrd_update_r per slot on files of the same layout; the same
 * as the number of series grows; and memory per series. Retention is short, so that 20,000 series
 * take 3 GB of disk and a run a few minutes. */
#include "collector/base/clock.h"
#include "collector/base/random.h"
#include "collector/metric/sample.h"
#include "collector/store/series.h"
#include "collector/store/store.h"

#include <ftw.h>
#include <inttypes.h>
#include <rrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PACKETS = 20, COMMIT = 1000, SIZES_MOST = 8, PATH_LEN = 512, MONTH_START = 1767225600 };

static const nsec interval = NSEC_PER_MIN;
static const nsec start = MONTH_START * NSEC_PER_SEC;

struct bench {
	char folder[PATH_LEN];
	uint32_t *series;
	size_t count;
	struct store *store;
	nsec at;
	size_t uncommitted;
};

struct made {
	struct summary summary;
	struct delays delays;
};

/* Of the curves and the hours; whole files are those of the default retention. */
struct retention {
	nsec slots;
	nsec hours;
};
static const struct retention whole = {40 * NSEC_PER_DAY, 396 * NSEC_PER_DAY};
static const struct retention brief = {2 * NSEC_PER_HOUR, 2 * NSEC_PER_DAY};

static void fail(const char *what, enum err rc)
{
	fprintf(stderr, "bench_store: %s: %s\n", what, err_text(rc));
	exit(EXIT_FAILURE);
}

static double cpu_seconds(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
	       1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static size_t memory_octets(void)
{
	size_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*s %zu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* A path of 8 ms ± 1 ms that loses one packet in two hundred. */
static void make_slot(struct random *random, nsec from, struct summary *summary,
		      struct delays *delays)
{
	struct singleton packets[PACKETS];
	struct sample sample = {
		.slot = {from, from + interval}, .expected = PACKETS, .singletons = packets};

	for (size_t i = 0; i < PACKETS; i++)
		packets[i] = (struct singleton){
			.outcome = random_below(random, 200) == 0 ? OUTCOME_LOST : OUTCOME_REPLIED,
			.round_trip = 7 * NSEC_PER_MSEC + (nsec)random_below(random, 2000001),
			.stamped_by = STAMP_KERNEL,
		};
	*summary = sample_summary(&sample);
	*delays = sample_delays(&sample);
}

static void open_bench(struct bench *bench, size_t count, const struct retention *keep)
{
	struct store_options options = {
		.directory = bench->folder,
		.keep_slots = keep->slots,
		.keep_hours = keep->hours,
		.gather = NSEC_PER_DAY,
		.share = 5 * NSEC_PER_MSEC,
	};

	if (mkdtemp(bench->folder) == NULL)
		fail(bench->folder, E_SYSTEM);
	enum err rc = store_open(&options, &bench->store);
	if (rc != E_OK)
		fail("opening", rc);
	bench->at = start;
	bench->uncommitted = 0;
	bench->count = count;
	bench->series = calloc(count, sizeof(*bench->series));
	for (size_t i = 0; i < count && bench->series != NULL; i++) {
		struct series_key key = {
			.agent = "agent", .method = "icmp", .family = 4, .size = 64};
		snprintf(key.target, sizeof(key.target), "site-%05zu", i);
		rc = store_series(bench->store, &key, interval, &bench->series[i]);
		if (rc != E_OK)
			fail("registering", rc);
	}
}

static void close_bench(struct bench *bench)
{
	store_close(bench->store);
	free(bench->series);
	(void)nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void wait_for_commit(struct bench *bench)
{
	while (store_counters(bench->store).waiting > 0)
		usleep(1000);
	bench->uncommitted = 0;
}

/* Gives the CPU of making the slots, which is not the store's. */
static double make_slots(struct random *random, nsec at, struct made *made, size_t count)
{
	double before = cpu_seconds();

	for (size_t i = 0; i < count; i++)
		make_slot(random, at, &made[i].summary, &made[i].delays);
	return cpu_seconds() - before;
}

/* One slot of every series. Commits have a thousand slots: what an agent of 60,000 series gathers
 * in the second that a commit waits. Gives the CPU of making the slots. */
static double put_round(struct bench *bench, struct random *random)
{
	static struct made made[COMMIT];
	double making = 0;

	for (size_t i = 0; i < bench->count; i += COMMIT) {
		size_t count = bench->count - i < COMMIT ? bench->count - i : COMMIT;
		making += make_slots(random, bench->at, made, count);
		for (size_t k = 0; k < count; k++)
			store_put(bench->store, bench->series[i + k], &made[k].summary,
				  &made[k].delays);
		bench->uncommitted += count;
		if (bench->uncommitted >= COMMIT)
			wait_for_commit(bench);
	}
	bench->at += interval;
	return making;
}

static void flush(struct bench *bench)
{
	enum err rc = store_flush(bench->store);

	if (rc != E_OK)
		fail("filing", rc);
}

/* Rounds of so many slots a series, filed after each: CPU µs per slot. */
static double ours(struct bench *bench, int gathered, int rounds)
{
	struct random random = random_seeded(1);
	double making = 0;
	double before = cpu_seconds();

	for (int r = 0; r < rounds; r++) {
		for (int i = 0; i < gathered; i++)
			making += put_round(bench, &random);
		flush(bench);
	}
	double used = cpu_seconds() - before - making;
	return 1e6 * used / ((double)gathered * rounds * (double)bench->count);
}

/* --- the naive way --- */

static void update_one(const char *folder, const char *tail, size_t i, const char *row)
{
	char path[PATH_LEN + 64];

	snprintf(path, sizeof(path), "%s/n%zu%s", folder, i, tail);
	if (rrd_update_r(path, NULL, 1, &row) != 0) {
		fprintf(stderr, "bench_store: %s\n", rrd_get_error());
		exit(EXIT_FAILURE);
	}
}

static void make_naive_files(const char *folder, size_t count)
{
	struct ring_layout curves = series_curves(interval, whole.slots, whole.hours);
	struct ring_layout hours = series_histograms(whole.hours);

	for (size_t i = 0; i < count; i++) {
		char path[PATH_LEN + 64];
		snprintf(path, sizeof(path), "%s/n%zu.rrd", folder, i);
		enum err rc = ring_create(path, &curves, MONTH_START, SYNCING_ALWAYS);
		if (rc != E_OK)
			fail(path, rc);
		snprintf(path, sizeof(path), "%s/n%zu.hist.rrd", folder, i);
		rc = ring_create(path, &hours, MONTH_START, SYNCING_ALWAYS);
		if (rc != E_OK)
			fail(path, rc);
	}
}

/* A histogram's row as of this slot: its time is the slot's end, not the hour's. */
static void hour_row_at(const struct summary *summary, const struct delays *delays,
			char row[HOUR_TEXT + 32])
{
	char text[HOUR_TEXT];

	(void)series_hour_row(start, delays, text);
	snprintf(row, HOUR_TEXT + 32, "%" PRId64 "%s", summary->until / NSEC_PER_SEC,
		 strchr(text, ':'));
}

static double naive(const char *folder, size_t count, int rounds)
{
	struct random random = random_seeded(1);
	double used = 0;

	make_naive_files(folder, count);
	for (int r = 0; r < rounds; r++) {
		for (size_t i = 0; i < count; i++) {
			char curve[CURVE_TEXT];
			char hour[HOUR_TEXT + 32];
			struct summary summary;
			struct delays delays;
			make_slot(&random, start + r * interval, &summary, &delays);
			double before = cpu_seconds();
			(void)series_curve_row(&summary, curve);
			update_one(folder, ".rrd", i, curve);
			hour_row_at(&summary, &delays, hour);
			update_one(folder, ".hist.rrd", i, hour);
			used += cpu_seconds() - before;
		}
	}
	return 1e6 * used / ((double)count * rounds);
}

/* --- tables --- */

struct settings {
	const char *folder;
	size_t sizes[SIZES_MOST];
	size_t size_count;
	int quick;
};

static void name_folder(const struct settings *settings, char out[PATH_LEN])
{
	snprintf(out, PATH_LEN, "%s/netgrade-bench-XXXXXX", settings->folder);
}

/* Files exist before the clock starts: making them is told apart. */
static void print_ratio(const struct settings *settings)
{
	static const int gathers[] = {60, 10, 2};
	size_t count = settings->quick ? 64 : 128;
	char folder[PATH_LEN];

	name_folder(settings, folder);
	if (mkdtemp(folder) == NULL)
		fail(folder, E_SYSTEM);
	double base = naive(folder, count, settings->quick ? 20 : 30);
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	printf("store, CPU per slot, %zu series, %d packets a slot\n", count, PACKETS);
	printf("  %-44s %8.2f us\n", "naive: two rrd_update_r a slot", base);
	for (size_t i = 0; i < sizeof(gathers) / sizeof(gathers[0]); i++) {
		struct bench bench;
		name_folder(settings, bench.folder);
		open_bench(&bench, count, &whole);
		(void)ours(&bench, 60, 1);
		(void)ours(&bench, 1, 1);
		double cost = ours(&bench, gathers[i], 120 / gathers[i]);
		close_bench(&bench);
		printf("  netgrade: spool, curves, histogram, %2d gathered %8.2f us   ratio %.3f = "
		       "1/%.1f\n",
		       gathers[i], cost, cost / base, base / cost);
		fflush(stdout);
	}
}

static void print_growth_row(const struct settings *settings, size_t count)
{
	struct bench bench;

	name_folder(settings, bench.folder);
	size_t empty = memory_octets();
	double before = cpu_seconds();
	open_bench(&bench, count, &brief);
	struct random random = random_seeded(1);
	(void)put_round(&bench, &random);
	double registered = cpu_seconds() - before;
	size_t first = memory_octets();
	before = cpu_seconds();
	flush(&bench);
	double making = cpu_seconds() - before;
	double cost = ours(&bench, 60, 1);
	size_t full = memory_octets();
	close_bench(&bench);
	printf("  %8zu %14.2f %18.1f %16.0f %16.0f %16.0f\n", count, cost,
	       1e6 * making / (double)count, 1e6 * registered / (double)count,
	       (double)(first - empty) / (double)count, (double)(full - empty) / (double)count);
	fflush(stdout);
}

static void print_growth(const struct settings *settings)
{
	printf("as series grow, 60 gathered, CPU\n  %8s %14s %18s %16s %16s %16s\n", "series",
	       "us per slot", "us to make files", "us to register", "octets put", "octets filed");
	for (size_t i = 0; i < settings->size_count; i++)
		print_growth_row(settings, settings->sizes[i]);
	printf("  (octets per series: what the process grew by after one slot of each, and after "
	       "61, SQLite's cache and all buffers included)\n");
}

/* --- the command line --- */

static int usage(void)
{
	fprintf(stderr, "usage: bench_store [--folder DIR] [--series N,N,...] [--quick]\n");
	return 2;
}

static int parse_sizes(const char *text, struct settings *settings)
{
	settings->size_count = 0;
	for (const char *p = text; *p != '\0';) {
		char *end;
		unsigned long size = strtoul(p, &end, 10);
		if (end == p || size == 0 || size > 200000 || settings->size_count == SIZES_MOST)
			return -1;
		settings->sizes[settings->size_count++] = size;
		p = *end == ',' ? end + 1 : end;
		if (*end != ',' && *end != '\0')
			return -1;
	}
	return settings->size_count == 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct settings settings = {.sizes = {1000, 10000}, .size_count = 2};

	settings.folder = getenv("TMPDIR");
	if (settings.folder == NULL)
		settings.folder = "/tmp";
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			settings.quick = 1;
		else if (strcmp(argv[i], "--folder") == 0 && i + 1 < argc)
			settings.folder = argv[++i];
		else if (strcmp(argv[i], "--series") == 0 && i + 1 < argc &&
			 parse_sizes(argv[i + 1], &settings) == 0)
			i++;
		else
			return usage();
	}
	print_ratio(&settings);
	if (!settings.quick)
		print_growth(&settings);
	return EXIT_SUCCESS;
}
