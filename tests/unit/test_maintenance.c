/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/journal.h"
#include "collector/maintenance.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR   NSEC_PER_HOUR
#define MINUTE NSEC_PER_MIN

#define NETWORK(notice, site)                                                                      \
	"network: {en: Test}\n"                                                                    \
	"maintenance: {notice: " notice "}\n"                                                      \
	"organisations:\n"                                                                         \
	"  - name: city\n"                                                                         \
	"    children: [{name: east, children: [{name: bureau}]}, {name: west}]\n"                 \
	"sites:\n"                                                                                 \
	"  - {name: desk, organisation: west, tier: access, ipv4: 192.0.2.2}\n"                    \
	"  - {" site ", organisation: bureau, tier: access, ipv4: 192.0.2.1}\n"                    \
	"tests: [{name: echo}]\n"

struct fixture {
	char folder[64];
	uv_loop_t loop;
	struct journal *journal;
	struct archive *archive; /* another process's, as it were */
	struct maintenance *maintenance;
	struct config *config;
	size_t taken;
	nsec start;
};

static struct config *load(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "test.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	diagnostics_finish(&diagnostics);
	return config;
}

static void on_windows(void *context, struct window_list *list)
{
	struct fixture *f = context;

	f->taken++;
	maintenance_take(f->maintenance, list);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct period month;

	if (f == NULL)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "/tmp/netgrade-maintenance-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	assert_int_equal(calendar_month("2026-10", &month), E_OK);
	f->start = month.from + 100 * HOUR;
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(journal_open(&f->loop, f->folder, "local", &f->journal), E_OK);
	assert_int_equal(archive_open(f->folder, &f->archive), E_OK);
	assert_int_equal(maintenance_create(&f->maintenance), E_OK);
	f->config = load(NETWORK("24h", "name: hall"));
	maintenance_configure(f->maintenance, f->config);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char path[96];

	maintenance_destroy(f->maintenance);
	journal_close(f->journal);
	archive_close(f->archive);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	config_destroy(f->config);
	snprintf(path, sizeof(path), "%s/archive.db", f->folder);
	unlink(path);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

/* An hour from f->start on. */
static int64_t announce(const struct fixture *f, const struct window_scope *scope, nsec ahead)
{
	struct window_entry entry = {
		.window = {.period = {f->start, f->start + HOUR}, .entered_at = f->start - ahead},
		.scopes = scope,
		.scope_count = 1,
	};
	int64_t id = 0;

	assert_int_equal(windows_add(f->archive, &entry, &id), E_OK);
	return id;
}

static void reread(struct fixture *f)
{
	journal_reread_windows(f->journal);
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static bool plans(const struct fixture *f, const char *key, nsec minute)
{
	nsec from = f->start + minute * MINUTE;

	return maintenance_plans(f->maintenance, key, (struct period){from, from + MINUTE});
}

static void start_listening(struct fixture *f)
{
	struct window_listener listener = {f, on_windows};

	assert_int_equal(journal_windows(f->journal, &listener), E_OK);
}

static void windows_are_told_at_once_and_when_they_change(void **state)
{
	static const struct window_scope hall = {SCOPE_SITE, "hall"};
	struct fixture *f = *state;

	announce(f, &hall, 48 * HOUR);
	start_listening(f);
	assert_int_equal(f->taken, 1);
	assert_true(plans(f, "hall", 0));
	reread(f);
	assert_int_equal(f->taken, 1);
	struct window_cancel cancel = {1, f->start + 30 * MINUTE, "operator", ""};
	assert_int_equal(windows_cancel(f->archive, &cancel), E_OK);
	assert_true(plans(f, "hall", 30));
	reread(f);
	assert_int_equal(f->taken, 2);
	assert_true(plans(f, "hall", 29));
	assert_false(plans(f, "hall", 30));
}

static void nothing_is_planned_without_windows(void **state)
{
	struct fixture *f = *state;

	start_listening(f);
	assert_int_equal(f->taken, 0);
	assert_false(plans(f, "hall", 0));
	assert_false(plans(f, "gone", 0));
}

static void scopes_follow_the_tree(void **state)
{
	static const struct {
		const char *name;
		struct window_scope scope;
		bool hall, desk, gone;
	} rows[] = {
		{"a site", {SCOPE_SITE, "hall"}, true, false, false},
		{"a site that has left", {SCOPE_SITE, "gone"}, false, false, true},
		{"its organisation", {SCOPE_ORGANISATION, "bureau"}, true, false, false},
		{"one above it", {SCOPE_ORGANISATION, "east"}, true, false, false},
		{"the top", {SCOPE_ORGANISATION, "city"}, true, true, false},
		{"one that is no more", {SCOPE_ORGANISATION, "north"}, false, false, false},
		{"everything", {SCOPE_EVERYTHING, ""}, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		void *inner;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(begin(&inner), 0);
		struct fixture *f = inner;
		announce(f, &rows[i].scope, 48 * HOUR);
		start_listening(f);
		assert_int_equal(plans(f, "hall", 0), rows[i].hall);
		assert_int_equal(plans(f, "desk", 0), rows[i].desk);
		assert_int_equal(plans(f, "gone", 0), rows[i].gone);
		assert_false(plans(f, "hall", 60));
		assert_int_equal(end(&inner), 0);
	}
}

static void a_changed_configuration_changes_the_rule_and_the_names(void **state)
{
	static const struct window_scope hall = {SCOPE_SITE, "hall"};
	struct fixture *f = *state;

	announce(f, &hall, 2 * HOUR);
	start_listening(f);
	assert_false(plans(f, "hall", 0));
	struct config *next = load(NETWORK("1h", "name: town-hall, formerly: [hall]"));
	maintenance_configure(f->maintenance, next);
	config_destroy(f->config);
	f->config = next;
	assert_true(plans(f, site_key(&next->sites[config_find_site(next, "town-hall")]), 0));
}

static void it_is_due_at_once_and_then_every_20_seconds(void **state)
{
	struct fixture *f = *state;

	assert_true(maintenance_due(f->maintenance, 5 * MINUTE));
	assert_false(maintenance_due(f->maintenance, 5 * MINUTE + 19 * NSEC_PER_SEC));
	assert_true(maintenance_due(f->maintenance, 5 * MINUTE + 20 * NSEC_PER_SEC));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(windows_are_told_at_once_and_when_they_change),
		TEST(nothing_is_planned_without_windows),
		cmocka_unit_test(scopes_follow_the_tree),
		TEST(a_changed_configuration_changes_the_rule_and_the_names),
		TEST(it_is_due_at_once_and_then_every_20_seconds),
	};
	return cmocka_run_group_tests_name("maintenance", tests, NULL, NULL);
}
