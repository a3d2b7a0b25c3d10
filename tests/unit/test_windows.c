/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/windows.h"
#include "tests/unit/check.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char folder[64];
	char path[96];
	struct archive *archive;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "/tmp/netgrade-windows-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/archive.db", f->folder);
	assert_int_equal(archive_open(f->folder, &f->archive), E_OK);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	archive_close(f->archive);
	unlink(f->path);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

static const struct window_scope two_scopes[] = {{SCOPE_SITE, "hall"},
						 {SCOPE_ORGANISATION, "east"}};
static const struct window_scope one_scope[] = {{SCOPE_EVERYTHING, ""}};

static int64_t add(struct archive *archive, struct period period, const struct window_scope *scopes,
		   size_t count)
{
	struct window_entry entry = {.window = {.period = period, .entered_at = 5},
				     .owner = "网络科",
				     .reason = "割接",
				     .entered_by = "operator",
				     .scopes = scopes,
				     .scope_count = count};
	int64_t id = 0;

	assert_int_equal(windows_add(archive, &entry, &id), E_OK);
	return id;
}

static void windows_come_back_as_entered(void **state)
{
	struct fixture *f = *state;
	struct window_list list;
	int64_t before, after;

	assert_int_equal(windows_stamp(f->archive, &before), E_OK);
	int64_t first = add(f->archive, (struct period){100, 200}, two_scopes, 2);
	int64_t second = add(f->archive, (struct period){50, 60}, one_scope, 1);
	assert_int_equal(windows_stamp(f->archive, &after), E_OK);
	assert_int_not_equal(before, after);
	assert_true(second > first);
	assert_int_equal(windows_read(f->archive, &list), E_OK);
	assert_int_equal(list.count, 2);
	const struct window_entry *entry = &list.items[0];
	assert_int_equal(entry->window.id, first);
	assert_true(entry->window.period.from == 100 && entry->window.period.until == 200);
	assert_true(entry->window.entered_at == 5);
	assert_true(entry->window.cancelled_at == NSEC_INFINITE);
	assert_string_equal(entry->owner, "网络科");
	assert_string_equal(entry->reason, "割接");
	assert_string_equal(entry->entered_by, "operator");
	assert_string_equal(entry->cancelled_by, "");
	assert_int_equal(entry->scope_count, 2);
	assert_int_equal(entry->scopes[0].kind, SCOPE_ORGANISATION);
	assert_string_equal(entry->scopes[0].name, "east");
	assert_string_equal(entry->scopes[1].name, "hall");
	assert_int_equal(list.items[1].scope_count, 1);
	assert_int_equal(list.items[1].scopes[0].kind, SCOPE_EVERYTHING);
	windows_finish(&list);
}

static void what_is_no_window_is_refused(void **state)
{
	struct fixture *f = *state;
	struct window_entry entry = {
		.window = {.period = {10, 10}}, .scopes = one_scope, .scope_count = 1};
	int64_t id = 7;

	assert_int_equal(windows_add(f->archive, &entry, &id), E_RANGE);
	entry.window.period.until = 20;
	entry.scope_count = 0;
	assert_int_equal(windows_add(f->archive, &entry, &id), E_RANGE);
	assert_int_equal(id, 7);
}

static void a_cancellation_is_a_row_of_its_own(void **state)
{
	struct fixture *f = *state;
	int64_t id = add(f->archive, (struct period){100, 200}, one_scope, 1);
	struct window_cancel cancel = {id, 150, "operator", "called off"};
	struct window_list list;
	int64_t before, after;

	assert_int_equal(windows_stamp(f->archive, &before), E_OK);
	cancel.at = 200;
	assert_int_equal(windows_cancel(f->archive, &cancel), E_RANGE);
	cancel.at = 150;
	assert_int_equal(windows_cancel(f->archive, &cancel), E_OK);
	assert_int_equal(windows_cancel(f->archive, &cancel), E_EXISTS);
	cancel.id++;
	assert_int_equal(windows_cancel(f->archive, &cancel), E_NOT_FOUND);
	assert_int_equal(windows_stamp(f->archive, &after), E_OK);
	assert_int_equal(after, before + 1);
	assert_int_equal(windows_read(f->archive, &list), E_OK);
	assert_true(list.items[0].window.cancelled_at == 150);
	assert_string_equal(list.items[0].cancelled_by, "operator");
	assert_string_equal(list.items[0].cancel_reason, "called off");
	assert_string_equal(list.items[0].reason, "割接");
	windows_finish(&list);
}

static void rows_are_never_changed(void **state)
{
	static const char *const changes[] = {
		"UPDATE maintenance SET entered_at = 1",       "DELETE FROM maintenance",
		"UPDATE maintenance_scope SET name = 'other'", "DELETE FROM maintenance_scope",
		"UPDATE maintenance_cancel SET at = 1",	       "DELETE FROM maintenance_cancel",
	};
	struct fixture *f = *state;
	struct window_cancel cancel = {0, 150, "operator", ""};
	sqlite3 *db;

	cancel.id = add(f->archive, (struct period){100, 200}, two_scopes, 2);
	assert_int_equal(windows_cancel(f->archive, &cancel), E_OK);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		print_message("# %s\n", changes[i]);
		assert_int_not_equal(sqlite3_exec(db, changes[i], NULL, NULL, NULL), SQLITE_OK);
	}
	sqlite3_close(db);
}

/* Another process adds while this one has the archive open. */
static void what_another_adds_is_seen(void **state)
{
	struct fixture *f = *state;
	struct archive *other;
	struct window_list list;
	int64_t before, after;

	assert_int_equal(windows_stamp(f->archive, &before), E_OK);
	assert_int_equal(archive_open(f->folder, &other), E_OK);
	add(other, (struct period){100, 200}, one_scope, 1);
	assert_int_equal(windows_stamp(f->archive, &after), E_OK);
	assert_int_not_equal(before, after);
	assert_int_equal(windows_read(f->archive, &list), E_OK);
	assert_int_equal(list.count, 1);
	windows_finish(&list);
	archive_close(other);
}

static void an_archive_without_the_tables_has_no_windows(void **state)
{
	struct fixture *f = *state;
	struct archive *reading;
	struct window_list list;
	int64_t stamp = 1;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "DROP TABLE maintenance_cancel; DROP TABLE "
				      "maintenance_scope; DROP TABLE maintenance",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(archive_open_reading(f->folder, &reading), E_OK);
	assert_int_equal(windows_read(reading, &list), E_OK);
	assert_int_equal(list.count, 0);
	assert_int_equal(windows_stamp(reading, &stamp), E_OK);
	assert_int_equal(stamp, 0);
	archive_close(reading);
}

/* A site "hall" in "hall-bureau" below "east". */
static bool within(const void *context, const char *organisation)
{
	(void)context;
	return strcmp(organisation, "hall-bureau") == 0 || strcmp(organisation, "east") == 0;
}

static void scopes_cover_what_they_name(void **state)
{
	static const struct {
		const char *name;
		struct window_scope scope;
		bool covered;
	} rows[] = {
		{"everything", {SCOPE_EVERYTHING, ""}, true},
		{"the site", {SCOPE_SITE, "hall"}, true},
		{"another site", {SCOPE_SITE, "hall-2"}, false},
		{"its organisation", {SCOPE_ORGANISATION, "hall-bureau"}, true},
		{"one above", {SCOPE_ORGANISATION, "east"}, true},
		{"another organisation", {SCOPE_ORGANISATION, "west"}, false},
		{"a site called as the organisation", {SCOPE_SITE, "east"}, false},
	};
	struct window_place place = {"hall", within, NULL};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct window_entry entry = {.scopes = &rows[i].scope, .scope_count = 1};
		print_message("# %s\n", rows[i].name);
		assert_int_equal(window_covers(&entry, &place), rows[i].covered);
	}
}

static void only_windows_over_the_place_are_given(void **state)
{
	static const struct window_scope elsewhere[] = {{SCOPE_SITE, "desk"}};
	struct window_place place = {"hall", within, NULL};
	struct fixture *f = *state;
	struct window_list list;
	struct window *windows;
	size_t count;

	add(f->archive, (struct period){1, 2}, elsewhere, 1);
	int64_t id = add(f->archive, (struct period){3, 4}, two_scopes, 2);
	for (int i = 0; i < 40; i++)
		add(f->archive, (struct period){5, 6}, elsewhere, 1);
	assert_int_equal(windows_read(f->archive, &list), E_OK);
	assert_int_equal(list.count, 42);
	assert_int_equal(windows_over(&list, &place, &windows, &count), E_OK);
	assert_int_equal(count, 1);
	assert_int_equal(windows[0].id, id);
	free(windows);
	windows_finish(&list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(windows_come_back_as_entered),
		TEST(what_is_no_window_is_refused),
		TEST(a_cancellation_is_a_row_of_its_own),
		TEST(rows_are_never_changed),
		TEST(what_another_adds_is_seen),
		TEST(an_archive_without_the_tables_has_no_windows),
		cmocka_unit_test(scopes_cover_what_they_name),
		TEST(only_windows_over_the_place_are_given),
	};
	return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
