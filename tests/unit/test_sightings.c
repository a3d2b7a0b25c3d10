/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What visits showed: what a lookout tells of it, and what an archive keeps. */
#include "tests/unit/check.h"

#include "collector/base/calendar.h"
#include "collector/lookout.h"
#include "collector/store/sightings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE (60 * NSEC_PER_SEC)
#define START  (1700000000 * NSEC_PER_SEC)

static const struct series_key key = {"here", "portal", "http-0123456789abcdef", 6, 0, 0, 443};

struct folder {
	char path[64];
	struct archive *archive;
};

static void open_folder(struct folder *folder)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/netgrade-sightings-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	assert_int_equal(archive_open(folder->path, &folder->archive), E_OK);
}

static void close_folder(struct folder *folder)
{
	static const char *const files[] = {"archive.db", "archive.db-wal", "archive.db-shm"};
	char path[128];

	archive_close(folder->archive);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder->path, files[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(folder->path), 0);
}

static void on_certificate(void *context, const struct certificate_sighting *sighting)
{
	const struct folder *folder = context;

	assert_int_equal(archive_certificate(folder->archive, sighting), E_OK);
}

static void on_end(void *context, const struct end_sighting *sighting)
{
	const struct folder *folder = context;

	assert_int_equal(archive_end(folder->archive, sighting), E_OK);
}

/* By the minute of the visit. */
struct shown {
	int minute;
	enum visit_end end;
	enum loss_cause cause;
	uint16_t status;
	char certificate; /* 0: none is shown */
};

static struct visit visit_of(const struct shown *shown)
{
	struct visit visit = {
		.end = shown->end,
		.cause = shown->cause,
		.status = shown->status,
		.began_at = START + shown->minute * MINUTE,
		.url = "https://www.example.test/",
		.certificate = {.shown = shown->certificate != 0,
				.verified = true,
				.links = 2,
				.not_before = START - MINUTE,
				.not_after = START + 90 * NSEC_PER_DAY,
				.chain_not_after = START + 80 * NSEC_PER_DAY},
	};

	snprintf(visit.certificate.fingerprint, sizeof(visit.certificate.fingerprint), "%c",
		 shown->certificate);
	for (int i = 0; i < VISIT_PHASES; i++)
		visit.phase[i] = shown->status == 0 && i > VISIT_CONNECT
					 ? NSEC_UNDEFINED
					 : shown->minute * NSEC_PER_MSEC + i;
	snprintf(visit.tls, sizeof(visit.tls), "TLSv1.3");
	snprintf(visit.reason, sizeof(visit.reason), "minute %d", shown->minute);
	return visit;
}

static const struct shown story[] = {
	{0, VISIT_OPEN, LOSS_UNTOLD, 200, 'a'},
	{5, VISIT_OPEN, LOSS_UNTOLD, 200, 'a'},
	{10, VISIT_FAILED, LOSS_STATUS, 500, 'a'},
	{15, VISIT_FAILED, LOSS_STATUS, 502, 'a'},
	{20, VISIT_TIMED_OUT, LOSS_UNTOLD, 0, 0},
	{25, VISIT_TIMED_OUT, LOSS_UNTOLD, 0, 0},
	{30, VISIT_OPEN, LOSS_UNTOLD, 200, 'b'},
	{35, VISIT_OPEN, LOSS_UNTOLD, 200, 'b'},
	{100, VISIT_OPEN, LOSS_UNTOLD, 200, 'b'},
	{105, VISIT_UNASSESSED, LOSS_BLOCKED, 405, 'b'},
	{110, VISIT_UNASSESSED, LOSS_BLOCKED, 405, 'b'},
	{1060, VISIT_OPEN, LOSS_UNTOLD, 200, 'b'},
	{1065, VISIT_OPEN, LOSS_UNTOLD, 200, 'b'},
	/* Midnight in Shanghai is 1,066 minutes and 40 seconds after the start. */
	{1070, VISIT_OPEN, LOSS_UNTOLD, 200, 'b'},
};

static void tell(struct folder *folder, size_t from, size_t until)
{
	struct lookout_listener listener = {folder, on_certificate, on_end};
	struct lookout *lookout;

	assert_int_equal(lookout_create(&listener, &lookout), E_OK);
	for (size_t i = from; i < until; i++) {
		struct visit visit = visit_of(&story[i]);
		lookout_take(lookout, 3, &key, &visit);
	}
	lookout_flush(lookout);
	lookout_destroy(lookout);
}

static const struct row {
	int from, last;
	uint64_t visits;
	enum visit_end end;
	enum loss_cause cause;
	uint16_t status;
} rows[] = {
	{0, 5, 2, VISIT_OPEN, LOSS_UNTOLD, 200},
	{10, 10, 1, VISIT_FAILED, LOSS_STATUS, 500},
	{15, 15, 1, VISIT_FAILED, LOSS_STATUS, 502},
	{20, 25, 2, VISIT_TIMED_OUT, LOSS_UNTOLD, 0},
	{30, 100, 3, VISIT_OPEN, LOSS_UNTOLD, 200},
	{105, 110, 2, VISIT_UNASSESSED, LOSS_BLOCKED, 405},
	{1060, 1065, 2, VISIT_OPEN, LOSS_UNTOLD, 200},
	{1070, 1070, 1, VISIT_OPEN, LOSS_UNTOLD, 200},
};

/* The visits of a row, taken together by hand. */
static struct phase_sum phase_by_hand(const struct row *row, int phase)
{
	struct phase_sum sum = {0, 0, 0};

	for (size_t i = 0; i < COUNT_OF(story); i++) {
		nsec took = story[i].minute * NSEC_PER_MSEC + phase;
		if (story[i].minute < row->from || story[i].minute > row->last ||
		    (row->status == 0 && phase > VISIT_CONNECT))
			continue;
		sum.visits++;
		sum.sum += took;
		sum.most = took;
	}
	return sum;
}

static void check_rows(struct folder *folder)
{
	struct period all = {START, START + NSEC_PER_DAY};
	struct end_sighting *ends;
	struct certificate_sighting *certificates;
	char reason[32];
	size_t count;

	assert_int_equal(archive_find_ends(folder->archive, &key, all, &ends, &count), E_OK);
	assert_int_equal(count, COUNT_OF(rows));
	for (size_t i = 0; i < count; i++) {
		print_message("# row %zu\n", i);
		assert_int_equal(ends[i].from, START + rows[i].from * MINUTE);
		assert_int_equal(ends[i].last_seen, START + rows[i].last * MINUTE);
		assert_int_equal(ends[i].visits, rows[i].visits);
		assert_int_equal(ends[i].end, rows[i].end);
		assert_int_equal(ends[i].cause, rows[i].cause);
		assert_int_equal(ends[i].status, rows[i].status);
		snprintf(reason, sizeof(reason), "minute %d", rows[i].from);
		assert_string_equal(ends[i].reason, reason);
		for (int phase = 0; phase < VISIT_PHASES; phase++) {
			struct phase_sum sum = phase_by_hand(&rows[i], phase);
			assert_int_equal(ends[i].phase[phase].visits, sum.visits);
			assert_int_equal(ends[i].phase[phase].sum, sum.sum);
			assert_int_equal(ends[i].phase[phase].most, sum.most);
		}
	}
	free(ends);
	assert_int_equal(
		archive_find_certificates(folder->archive, &key, all, &certificates, &count), E_OK);
	assert_int_equal(count, 2);
	assert_string_equal(certificates[0].certificate.fingerprint, "a");
	assert_int_equal(certificates[0].from, START);
	assert_int_equal(certificates[0].last_seen, START + 15 * MINUTE);
	assert_string_equal(certificates[1].certificate.fingerprint, "b");
	assert_int_equal(certificates[1].last_seen, START + 1070 * MINUTE);
	assert_string_equal(certificates[1].tls, "TLSv1.3");
	assert_int_equal(certificate_days_left(&certificates[1].certificate, START), 80);
	free(certificates);
}

static void test_story(void **state)
{
	struct folder folder;

	(void)state;
	open_folder(&folder);
	tell(&folder, 0, COUNT_OF(story));
	check_rows(&folder);
	close_folder(&folder);
}

/* However often the program is started in between, the rows are the same. */
static void test_restarts(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < COUNT_OF(story); cut++) {
		struct folder folder;
		open_folder(&folder);
		tell(&folder, 0, cut);
		tell(&folder, cut, COUNT_OF(story));
		check_rows(&folder);
		close_folder(&folder);
	}
}

static void test_another_period_and_series(void **state)
{
	struct period before = {START - NSEC_PER_DAY, START};
	struct series_key other = key;
	struct period all = {START, START + NSEC_PER_DAY};
	struct end_sighting *ends;
	struct folder folder;
	size_t count;

	(void)state;
	open_folder(&folder);
	tell(&folder, 0, COUNT_OF(story));
	assert_int_equal(archive_find_ends(folder.archive, &key, before, &ends, &count), E_OK);
	assert_int_equal(count, 0);
	free(ends);
	other.family = 4;
	assert_int_equal(archive_find_ends(folder.archive, &other, all, &ends, &count), E_OK);
	assert_int_equal(count, 0);
	free(ends);
	close_folder(&folder);
}

static void test_days_left(void **state)
{
	struct certificate c = {.not_after = START, .chain_not_after = START};

	(void)state;
	assert_int_equal(certificate_days_left(&c, START), 0);
	assert_int_equal(certificate_days_left(&c, START + 1), -1);
	assert_int_equal(certificate_days_left(&c, START - NSEC_PER_DAY + 1), 0);
	assert_int_equal(certificate_days_left(&c, START - NSEC_PER_DAY), 1);
	c.chain_not_after = START - 10 * NSEC_PER_DAY;
	assert_int_equal(certificate_days_left(&c, START), -10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_restarts),
		cmocka_unit_test(test_another_period_and_series),
		cmocka_unit_test(test_days_left),
	};

	if (calendar_use_zone("Asia/Shanghai") != E_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
