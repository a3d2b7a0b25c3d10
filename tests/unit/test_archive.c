/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/store/archive.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	snprintf(f->folder, sizeof(f->folder), "/tmp/netgrade-archive-XXXXXX");
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
	rmdir(f->folder);
	free(f);
	return 0;
}

static int64_t number(const struct fixture *f, const char *query)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

static void run(const struct fixture *f, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void the_file_is_private(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static enum err add_configuration(struct archive *archive, nsec at, const char *digest,
				  const char *profile)
{
	const struct configuration configuration = {at, digest, "text", profile, "rules"};

	return archive_configuration(archive, &configuration);
}

static void a_configuration_twice_in_a_row_is_one(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *digest;
		const char *profile;
	} rows[] = {{"aa", "p"}, {"aa", "p"}, {"bb", "p"}, {"aa", "p"},
		    {"aa", "p"}, {"aa", "q"}, {"aa", "q"}};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(
			add_configuration(f->archive, (nsec)i, rows[i].digest, rows[i].profile),
			E_OK);
	assert_int_equal(number(f, "SELECT count(*) FROM configuration"), 4);
	assert_int_equal(number(f, "SELECT max(at) FROM configuration"), 5);
	assert_int_equal(number(f, "SELECT count(*) FROM profile"), 2);
}

struct visited {
	char text[256];
};

static enum err visit(void *context, const struct configuration *configuration)
{
	struct visited *visited = context;
	size_t used = strlen(visited->text);

	snprintf(visited->text + used, sizeof(visited->text) - used, "%lld %s %s %s %s;",
		 (long long)configuration->at, configuration->digest, configuration->text,
		 configuration->profile_digest == NULL ? "-" : configuration->profile_digest,
		 configuration->profile == NULL ? "-" : configuration->profile);
	return E_OK;
}

static void configurations_in_force_are_found(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		struct period period;
		const char *found;
	} rows[] = {
		{"before the first", {0, 10}, ""},
		{"at the first", {0, 11}, "10 a text p rules;"},
		{"the one in force before", {15, 20}, "10 a text p rules;"},
		{"two", {15, 21}, "10 a text p rules;20 b text p rules;"},
		{"from the very start", {20, 30}, "20 b text p rules;"},
		{"all", {0, 100}, "10 a text p rules;20 b text p rules;30 c text q rules;"},
		{"long after", {500, 600}, "30 c text q rules;"},
	};

	assert_int_equal(add_configuration(f->archive, 10, "a", "p"), E_OK);
	assert_int_equal(add_configuration(f->archive, 20, "b", "p"), E_OK);
	assert_int_equal(add_configuration(f->archive, 30, "c", "q"), E_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct visited visited = {""};
		print_message("# %s\n", rows[i].name);
		assert_int_equal(
			archive_each_configuration(f->archive, rows[i].period, visit, &visited),
			E_OK);
		assert_string_equal(visited.text, rows[i].found);
	}
}

/* As the first version left them: without profiles. */
static void configurations_without_a_profile_are_found(void **state)
{
	struct fixture *f = *state;
	struct visited visited = {""};
	struct archive *reading;

	run(f, "DROP TABLE configuration_profile; DROP TABLE profile;"
	       "INSERT INTO configuration (at, digest, text) VALUES (10, 'a', 'text')");
	assert_int_equal(archive_open_reading(f->folder, &reading), E_OK);
	assert_int_equal(
		archive_each_configuration(reading, (struct period){0, 50}, visit, &visited), E_OK);
	assert_string_equal(visited.text, "10 a text - -;");
	archive_close(reading);
}

static void events_are_kept_in_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(archive_event(f->archive, 7, "hub", "started", "version 1"), E_OK);
	assert_int_equal(archive_event(f->archive, 5, "hub", "stopped", ""), E_OK);
	assert_int_equal(number(f, "SELECT at FROM event WHERE kind = 'stopped'"), 5);
	assert_int_equal(number(f, "SELECT count(*) FROM event WHERE agent = 'hub'"), 2);
}

static struct evidence evidence_at(const char *target, nsec from, const char *path)
{
	struct evidence e = {
		.key = {.agent = "hub", .method = "icmp", .family = 6},
		.slot = {from, from + 60},
	};

	snprintf(e.key.target, sizeof(e.key.target), "%s", target);
	snprintf(e.path, sizeof(e.path), "%s", path);
	memset(e.digest, 'd', 64);
	return e;
}

static void evidence_is_found_by_series_and_overlap(void **state)
{
	struct fixture *f = *state;
	const struct evidence kept[] = {
		evidence_at("a", 120, "c.pcap"),
		evidence_at("a", 0, "a.pcap"),
		evidence_at("a", 60, "b.pcap"),
		evidence_at("b", 60, "other.pcap"),
	};
	static const struct {
		const char *name;
		struct period period;
		size_t count;
		const char *first;
	} rows[] = {
		{"all", {0, 1000}, 3, "a.pcap"},
		{"the end is open", {60, 120}, 1, "b.pcap"},
		{"a moment inside", {59, 61}, 2, "a.pcap"},
		{"nothing there", {180, 1000}, 0, NULL},
	};
	struct archive *reading;

	for (size_t i = 0; i < COUNT_OF(kept); i++)
		assert_int_equal(archive_evidence(f->archive, &kept[i]), E_OK);
	assert_int_equal(archive_open_reading(f->folder, &reading), E_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct evidence *found;
		size_t count;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(archive_find_evidence(reading, &kept[0].key, rows[i].period,
						       &found, &count),
				 E_OK);
		assert_int_equal(count, rows[i].count);
		if (count > 0) {
			assert_string_equal(found[0].path, rows[i].first);
			assert_string_equal(found[0].key.target, "a");
			assert_int_equal(strlen(found[0].digest), 64);
		}
		free(found);
	}
	archive_close(reading);
}

static void cut_offs_grow_and_are_found_by_overlap(void **state)
{
	struct fixture *f = *state;
	static const struct cut_off told[] = {
		{"hub", 6, {100, 110}, true}, {"hub", 4, {100, 103}, false},
		{"hub", 6, {100, 130}, true}, {"hub", 6, {100, 140}, false},
		{"hub", 6, {200, 210}, true},
	};
	static const struct {
		const char *name;
		struct period period;
		size_t count;
		nsec last_until;
		bool last_open;
	} rows[] = {
		{"all", {0, 1000}, 3, 210, true},
		{"before any", {0, 100}, 0, 0, false},
		{"between", {140, 200}, 0, 0, false},
		{"it has grown", {139, 140}, 1, 140, false},
		{"both families", {102, 103}, 2, 140, false},
	};
	struct archive *reading;

	for (size_t i = 0; i < COUNT_OF(told); i++)
		assert_int_equal(archive_cut_off(f->archive, &told[i]), E_OK);
	assert_int_equal(archive_open_reading(f->folder, &reading), E_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cut_off *found;
		size_t count;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(archive_find_cut_offs(reading, rows[i].period, &found, &count),
				 E_OK);
		assert_int_equal(count, rows[i].count);
		if (count > 0) {
			assert_int_equal(found[count - 1].period.until, rows[i].last_until);
			assert_int_equal(found[count - 1].open, rows[i].last_open);
			assert_string_equal(found[0].agent, "hub");
		}
		free(found);
	}
	archive_close(reading);
}

static void an_archive_without_cut_offs_is_read(void **state)
{
	struct fixture *f = *state;
	struct archive *reading;
	struct cut_off *found;
	size_t count = 1;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE cut_off", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(archive_open_reading(f->folder, &reading), E_OK);
	assert_int_equal(archive_find_cut_offs(reading, (struct period){0, 10}, &found, &count),
			 E_OK);
	assert_int_equal(count, 0);
	archive_close(reading);
}

static void reading_makes_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct archive *reading;

	assert_int_equal(archive_open_reading("/tmp/netgrade-no-such-folder", &reading),
			 E_NOT_FOUND);
	assert_int_equal(archive_open_reading(f->folder, &reading), E_OK);
	assert_int_equal(archive_event(reading, 1, "hub", "started", ""), E_PERMISSION);
	archive_close(reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_file_is_private, begin, end),
		cmocka_unit_test_setup_teardown(a_configuration_twice_in_a_row_is_one, begin, end),
		cmocka_unit_test_setup_teardown(configurations_in_force_are_found, begin, end),
		cmocka_unit_test_setup_teardown(configurations_without_a_profile_are_found, begin,
						end),
		cmocka_unit_test_setup_teardown(events_are_kept_in_order, begin, end),
		cmocka_unit_test_setup_teardown(evidence_is_found_by_series_and_overlap, begin,
						end),
		cmocka_unit_test_setup_teardown(cut_offs_grow_and_are_found_by_overlap, begin, end),
		cmocka_unit_test_setup_teardown(an_archive_without_cut_offs_is_read, begin, end),
		cmocka_unit_test_setup_teardown(reading_makes_and_changes_nothing, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
