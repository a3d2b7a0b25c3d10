/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/metric/summary.h"
#include "collector/store/outages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char folder[64];
	struct archive *archive;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "/tmp/netgrade-outages-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(archive_open(f->folder, &f->archive), E_OK);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char path[96];

	archive_close(f->archive);
	snprintf(path, sizeof(path), "%s/archive.db", f->folder);
	unlink(path);
	rmdir(f->folder);
	free(f);
	return 0;
}

static const char key[] = "hub~hall~icmp~v4~s64~d0~p0";

static struct outage_record outage_at(nsec from)
{
	struct outage_record record = {
		.from = from,
		.until = NSEC_UNDEFINED,
		.length = 120,
		.slots = 2,
		.sent = 40,
		.lost = 40,
		.rejected = 30,
		.cause = CAUSE_FILTERED,
	};

	snprintf(record.key, sizeof(record.key), "%s", key);
	return record;
}

static void assert_same_outage(const struct outage_record *a, const struct outage_record *b)
{
	assert_string_equal(a->key, b->key);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->until, b->until);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->slots, b->slots);
	assert_int_equal(a->sent, b->sent);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->rejected, b->rejected);
	assert_int_equal(a->cause, b->cause);
	assert_int_equal(a->unseen, b->unseen);
}

static void an_outage_is_completed(void **state)
{
	struct fixture *f = *state;
	struct outage_record record = outage_at(1000);
	struct outage_record found;

	assert_int_equal(outages_find_open(f->archive, key, &found), E_NOT_FOUND);
	assert_int_equal(outages_put(f->archive, &record), E_OK);
	assert_int_equal(outages_find_open(f->archive, key, &found), E_OK);
	assert_same_outage(&found, &record);
	assert_int_equal(outages_find_open(f->archive, "hub~hal", &found), E_NOT_FOUND);
	record.until = 5000;
	record.length = 3000;
	record.sent = 500;
	record.unseen = true;
	assert_int_equal(outages_put(f->archive, &record), E_OK);
	assert_int_equal(outages_find_open(f->archive, key, &found), E_NOT_FOUND);

	struct outage_record *list;
	size_t count;
	assert_int_equal(outages_list(f->archive, (struct period){0, 9000}, &list, &count), E_OK);
	assert_int_equal(count, 1);
	assert_same_outage(&list[0], &record);
	free(list);
}

static void a_period_has_what_overlaps_it(void **state)
{
	struct fixture *f = *state;
	static const struct {
		struct period period;
		size_t count;
	} rows[] = {
		{{0, 1000}, 0},	   {{0, 1001}, 1}, {{1999, 2000}, 1}, {{2000, 4000}, 0},
		{{2000, 4001}, 1}, {{0, 9000}, 2}, {{8000, 9000}, 1}, {{9000, NSEC_INFINITE}, 1},
	};
	struct outage_record over = outage_at(1000);
	struct outage_record open = outage_at(4000);

	over.until = 2000;
	assert_int_equal(outages_put(f->archive, &over), E_OK);
	assert_int_equal(outages_put(f->archive, &open), E_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct outage_record *list;
		size_t count;
		assert_int_equal(outages_list(f->archive, rows[i].period, &list, &count), E_OK);
		assert_int_equal(count, rows[i].count);
		free(list);
	}
}

static struct alarm_record alarm_at(nsec from, enum alarm_told told)
{
	struct alarm_record record = {
		.from = from,
		.raised_at = from + 120,
		.cleared_at = NSEC_UNDEFINED,
		.raise = 2,
		.clear = 3,
		.told = told,
	};

	snprintf(record.key, sizeof(record.key), "%s", key);
	return record;
}

static void what_was_told_stays_told(void **state)
{
	struct fixture *f = *state;
	struct alarm_record record = alarm_at(1000, TOLD_RAISED);
	struct alarm_record found;

	assert_int_equal(outages_put_alarm(f->archive, &record), E_OK);
	record.told = TOLD_NOTHING;
	assert_int_equal(outages_put_alarm(f->archive, &record), E_OK);
	assert_int_equal(outages_find_raised(f->archive, key, &found), E_OK);
	assert_int_equal(found.told, TOLD_RAISED);
	assert_int_equal(found.raised_at, 1120);
	assert_int_equal(found.raise, 2);
	assert_int_equal(found.clear, 3);
	record.cleared_at = 4000;
	assert_int_equal(outages_put_alarm(f->archive, &record), E_OK);
	assert_int_equal(outages_find_raised(f->archive, key, &found), E_NOT_FOUND);
}

static void pending_is_what_is_raised_or_not_told(void **state)
{
	struct fixture *f = *state;
	struct alarm_record done = alarm_at(1000, TOLD_CLEARED);
	struct alarm_record untold = alarm_at(2000, TOLD_RAISED);
	struct alarm_record raised = alarm_at(3000, TOLD_RAISED);
	struct alarm_record *list;
	size_t count;

	done.cleared_at = 1500;
	untold.cleared_at = 2500;
	assert_int_equal(outages_put_alarm(f->archive, &done), E_OK);
	assert_int_equal(outages_put_alarm(f->archive, &untold), E_OK);
	assert_int_equal(outages_put_alarm(f->archive, &raised), E_OK);
	assert_int_equal(outages_list_pending(f->archive, &list, &count), E_OK);
	assert_int_equal(count, 2);
	assert_int_equal(list[0].from, 2000);
	assert_int_equal(list[0].cleared_at, 2500);
	assert_int_equal(list[1].cleared_at, NSEC_UNDEFINED);
	free(list);
	assert_int_equal(
		outages_list_alarms(f->archive, (struct period){1500, 2500}, &list, &count), E_OK);
	assert_int_equal(count, 1);
	free(list);
}

static void rows_put_together_come_together(void **state)
{
	struct fixture *f = *state;
	struct outage_record record = outage_at(1000);
	struct outage_record found;

	assert_int_equal(outages_begin(f->archive), E_OK);
	assert_int_equal(outages_put(f->archive, &record), E_OK);
	outages_rollback(f->archive);
	assert_int_equal(outages_find_open(f->archive, key, &found), E_NOT_FOUND);
	assert_int_equal(outages_begin(f->archive), E_OK);
	assert_int_equal(outages_put(f->archive, &record), E_OK);
	assert_int_equal(outages_commit(f->archive), E_OK);
	assert_int_equal(outages_find_open(f->archive, key, &found), E_OK);
}

static void causes(void **state)
{
	(void)state;
	static const struct {
		uint64_t sent;
		uint64_t lost;
		uint64_t rejected;
		uint32_t flags;
		const char *name;
	} rows[] = {
		{40, 40, 0, 0, "silent"},
		{40, 40, 0, SLOT_NEIGHBOUR, "silent"},
		{40, 40, 19, SLOT_REFUSED, "silent"},
		{40, 40, 20, 0, "rejected"},
		{40, 10, 10, SLOT_REFUSED, "refused"},
		{40, 10, 10, SLOT_UNREACHABLE | SLOT_USER_STAMP, "unreachable"},
		{40, 40, 40, SLOT_FILTERED, "filtered"},
		{40, 40, 40, SLOT_FAILURE | SLOT_TRUNCATED, "failure"},
		{40, 40, 40, SLOT_WRONG, "wrong"},
		{40, 40, 40, SLOT_MALFORMED, "malformed"},
		{40, 40, 40, SLOT_FILTERED | SLOT_REFUSED, "rejected"},
		{40, 10, 0, 0, "lossy"},
		{40, 39, 3, SLOT_FILTERED, "lossy"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(
			outage_cause_name(outage_cause_of(rows[i].sent, rows[i].lost,
							  rows[i].rejected, rows[i].flags)),
			rows[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_outage_is_completed, begin, end),
		cmocka_unit_test_setup_teardown(a_period_has_what_overlaps_it, begin, end),
		cmocka_unit_test_setup_teardown(what_was_told_stays_told, begin, end),
		cmocka_unit_test_setup_teardown(pending_is_what_is_raised_or_not_told, begin, end),
		cmocka_unit_test_setup_teardown(rows_put_together_come_together, begin, end),
		cmocka_unit_test(causes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
