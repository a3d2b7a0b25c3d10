/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test_store_path.h"

#include "collector/store/discard.h"
#include "collector/store/spool.h"

#include <sys/stat.h>

struct fixture {
	char folder[FOLDER];
	char path[FOLDER + 16];
	struct spool *spool;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	make_folder(f->folder);
	snprintf(f->path, sizeof(f->path), "%s/spool.db", f->folder);
	assert_int_equal(spool_open(f->path, &f->spool), E_OK);
	assert_int_equal(spool_begin(f->spool), E_OK);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	spool_rollback(f->spool);
	spool_close(f->spool);
	remove_folder(f->folder);
	free(f);
	return 0;
}

static struct spool_row row_of(int64_t id, int64_t previous, const char *text)
{
	struct spool_row row = {.id = id, .previous = previous, .series = 9, .len = strlen(text)};

	memcpy(row.octets, text, row.len);
	return row;
}

static void append_three(struct spool *spool)
{
	const struct spool_row rows[] = {row_of(5, 0, "one"), row_of(6, 5, "two"),
					 row_of(9, 6, "three")};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(spool_append(spool, &rows[i]), E_OK);
}

static void rows_are_walked_backwards_and_freed(void **state)
{
	struct fixture *f = *state;
	struct spool_row row;
	int64_t previous = 0;

	append_three(f->spool);
	assert_int_equal(spool_read(f->spool, 9, &row), E_OK);
	assert_int_equal(row.previous, 6);
	assert_int_equal(row.series, 9);
	assert_int_equal(row.len, 5);
	assert_memory_equal(row.octets, "three", 5);
	assert_int_equal(spool_previous(f->spool, 6, &previous), E_OK);
	assert_int_equal(previous, 5);
	assert_int_equal(spool_free_between(f->spool, 6, 8), E_OK);
	assert_int_equal(spool_read(f->spool, 6, &row), E_NOT_FOUND);
	assert_int_equal(spool_previous(f->spool, 6, &previous), E_NOT_FOUND);
	assert_int_equal(spool_read(f->spool, 5, &row), E_OK);
	assert_int_equal(spool_read(f->spool, 9, &row), E_OK);
}

static void a_discard_frees_what_it_was_given(void **state)
{
	struct fixture *f = *state;
	/* Two series whose rows lie between each other; the second one's last stays. */
	static const int64_t previous[] = {0, 0, 0, 1, 2, 3, 4, 5};
	static const int64_t left[] = {5, 7};
	struct discard discard = {0};
	struct spool_row row;

	for (int64_t id = 1; id <= 7; id++) {
		row = row_of(id, previous[id], "slot");
		assert_int_equal(spool_append(f->spool, &row), E_OK);
	}
	assert_int_equal(discard_add(&discard, f->spool, 6), E_OK);
	assert_int_equal(discard_add(&discard, f->spool, 3), E_OK);
	assert_int_equal(discard.count, 5);
	assert_int_equal(discard_run(&discard, f->spool), E_OK);
	assert_int_equal(discard.count, 0);
	for (int64_t id = 1; id <= 7; id++) {
		bool stays = id == left[0] || id == left[1];
		assert_int_equal(spool_read(f->spool, id, &row), stays ? E_OK : E_NOT_FOUND);
	}
	/* What is gone already is no failure. */
	assert_int_equal(discard_add(&discard, f->spool, 6), E_OK);
	assert_int_equal(discard.count, 0);
	discard_finish(&discard);
}

struct seen {
	int64_t ids[8];
	size_t count;
	size_t stop_after;
};

static enum err see(void *context, const struct spool_row *row)
{
	struct seen *seen = context;

	seen->ids[seen->count++] = row->id;
	return seen->count == seen->stop_after ? E_FULL : E_OK;
}

static void rows_are_visited_in_order_until_told_to_stop(void **state)
{
	struct fixture *f = *state;
	struct seen all = {0};
	struct seen first = {.stop_after = 1};

	append_three(f->spool);
	assert_int_equal(spool_each_row(f->spool, 5, see, &all), E_OK);
	assert_int_equal(all.count, 2);
	assert_int_equal(all.ids[0], 6);
	assert_int_equal(all.ids[1], 9);
	assert_int_equal(spool_each_row(f->spool, 0, see, &first), E_FULL);
	assert_int_equal(first.count, 1);
}

/* Side by side, with others between, back to one that is gone. */
static void a_series_is_visited_backwards(void **state)
{
	struct fixture *f = *state;
	static const int64_t previous[] = {0, 0, 0, 1, 2, 4, 3, 6, 7};
	static const int64_t expected[] = {8, 7, 6, 3};
	struct seen all = {0};
	struct seen first = {.stop_after = 2};
	struct seen none = {0};

	for (int64_t id = 1; id <= 8; id++) {
		struct spool_row row = row_of(id, previous[id], "slot");
		assert_int_equal(spool_append(f->spool, &row), E_OK);
	}
	assert_int_equal(spool_free_between(f->spool, 1, 1), E_OK);
	assert_int_equal(spool_each_before(f->spool, 8, see, &all), E_OK);
	assert_int_equal(all.count, 4);
	assert_memory_equal(all.ids, expected, sizeof(expected));
	assert_int_equal(spool_each_before(f->spool, 8, see, &first), E_FULL);
	assert_int_equal(first.count, 2);
	assert_int_equal(spool_each_before(f->spool, 1, see, &none), E_OK);
	assert_int_equal(spool_each_before(f->spool, 99, see, &none), E_OK);
	assert_int_equal(none.count, 0);
}

static void a_rollback_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct spool_row row;

	append_three(f->spool);
	spool_rollback(f->spool);
	assert_int_equal(spool_begin(f->spool), E_OK);
	assert_int_equal(spool_read(f->spool, 5, &row), E_NOT_FOUND);
}

static void a_commit_is_seen_by_readers_who_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct spool *reader;
	struct spool_row row;

	assert_int_equal(spool_open_reading(f->path, &reader), E_OK);
	append_three(f->spool);
	assert_int_equal(spool_begin_reading(reader), E_OK);
	assert_int_equal(spool_read(reader, 5, &row), E_NOT_FOUND);
	assert_int_equal(spool_commit(f->spool), E_OK);
	assert_int_equal(spool_begin(f->spool), E_OK);
	/* The reader stays at its moment until it begins anew. */
	assert_int_equal(spool_read(reader, 5, &row), E_NOT_FOUND);
	spool_rollback(reader);
	assert_int_equal(spool_begin_reading(reader), E_OK);
	assert_int_equal(spool_read(reader, 5, &row), E_OK);
	spool_rollback(reader);
	assert_int_equal(spool_begin(reader), E_PERMISSION);
	spool_close(reader);
}

static enum err count_undo(void *context, const char *file, const void *octets, size_t len)
{
	size_t *count = context;

	assert_string_equal(file, "b.rrd");
	assert_int_equal(len, 3);
	assert_memory_equal(octets, "new", 3);
	*count += 1;
	return E_OK;
}

static void undo_images_are_kept_by_file(void **state)
{
	struct fixture *f = *state;
	uint8_t *octets;
	size_t len;
	size_t count = 0;

	assert_int_equal(spool_save_undo(f->spool, "a.rrd", "image", 5), E_OK);
	assert_int_equal(spool_save_undo(f->spool, "b.rrd", "older", 5), E_OK);
	assert_int_equal(spool_save_undo(f->spool, "b.rrd", "new", 3), E_OK);
	assert_int_equal(spool_find_undo(f->spool, "a.rrd", &octets, &len), E_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(octets, "image", 5);
	free(octets);
	assert_int_equal(spool_free_undo(f->spool, "a.rrd"), E_OK);
	assert_int_equal(spool_find_undo(f->spool, "a.rrd", &octets, &len), E_NOT_FOUND);
	assert_int_equal(spool_each_undo(f->spool, count_undo, &count), E_OK);
	assert_int_equal(count, 1);
}

static void a_series_is_saved_in_two_halves(void **state)
{
	struct fixture *f = *state;
	struct spool_series back;
	struct spool_series series = {
		.id = 3,
		.key = "hub~a~icmp~v4~s64~d0~p0",
		.interval = NSEC_PER_MIN,
		.first_slot = NSEC_UNDEFINED,
		.first_reply = NSEC_UNDEFINED,
		.filed_until = 7,
		.hours_until = 8,
	};

	assert_int_equal(spool_save_series(f->spool, &series), E_OK);
	assert_int_equal(spool_find_series(f->spool, series.key, &back), E_OK);
	assert_true(back.filed_until == NSEC_UNDEFINED);
	assert_int_equal(spool_save_filed(f->spool, &series), E_OK);
	series.first_slot = 5;
	assert_int_equal(spool_save_series(f->spool, &series), E_OK);
	assert_int_equal(spool_find_series(f->spool, series.key, &back), E_OK);
	assert_int_equal(back.id, 3);
	assert_true(back.interval == NSEC_PER_MIN);
	assert_true(back.first_slot == 5);
	assert_true(back.first_reply == NSEC_UNDEFINED);
	assert_true(back.filed_until == 7);
	assert_true(back.hours_until == 8);
	assert_int_equal(spool_find_series(f->spool, "hub~b~icmp~v4~s64~d0~p0", &back),
			 E_NOT_FOUND);
}

static void epochs_are_listed_oldest_first(void **state)
{
	struct fixture *f = *state;
	struct spool_epoch epochs[] = {{3, NSEC_PER_MIN, 100, "a.rrd"},
				       {4, NSEC_PER_MIN, 150, "other.rrd"},
				       {3, NSEC_PER_HOUR, 200, "a@200.rrd"}};
	struct spool_epoch *list;
	size_t count;

	for (size_t i = 0; i < COUNT_OF(epochs); i++)
		assert_int_equal(spool_add_epoch(f->spool, &epochs[i]), E_OK);
	assert_int_equal(spool_list_epochs(f->spool, 3, &list, &count), E_OK);
	assert_int_equal(count, 2);
	assert_string_equal(list[0].file, "a.rrd");
	assert_true(list[0].from == 100);
	assert_string_equal(list[1].file, "a@200.rrd");
	assert_true(list[1].interval == NSEC_PER_HOUR);
	free(list);
}

static void the_file_is_private(void **state)
{
	struct fixture *f = *state;
	struct spool *reader = NULL;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(spool_open_reading("/tmp/netgrade-no-such-spool.db", &reader),
			 E_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rows_are_walked_backwards_and_freed, begin, end),
		cmocka_unit_test_setup_teardown(a_discard_frees_what_it_was_given, begin, end),
		cmocka_unit_test_setup_teardown(rows_are_visited_in_order_until_told_to_stop, begin,
						end),
		cmocka_unit_test_setup_teardown(a_series_is_visited_backwards, begin, end),
		cmocka_unit_test_setup_teardown(a_rollback_leaves_nothing, begin, end),
		cmocka_unit_test_setup_teardown(a_commit_is_seen_by_readers_who_change_nothing,
						begin, end),
		cmocka_unit_test_setup_teardown(undo_images_are_kept_by_file, begin, end),
		cmocka_unit_test_setup_teardown(a_series_is_saved_in_two_halves, begin, end),
		cmocka_unit_test_setup_teardown(epochs_are_listed_oldest_first, begin, end),
		cmocka_unit_test_setup_teardown(the_file_is_private, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
