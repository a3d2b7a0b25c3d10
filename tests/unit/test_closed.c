/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts files that are damaged, forged or of something else: refused, or without effect. */
#include "collector/base/random.h"
#include "tests/unit/check.h"
#include "tests/unit/closing_month.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLIPS = 240, CUTS = 30 };

struct fixture {
	struct month month;
	struct closing closing;
	char copy[MONTH_TEXT];
	char *report;
	char *octets;
	size_t len;
};

static int setup(void **state)
{
	static const struct month_closing how = {12 * NSEC_PER_HOUR, CLOSING_FINAL, NULL,
						 ROWS_REFUSED};
	struct fixture *f = calloc(1, sizeof(*f));

	month_make(&f->month);
	month_feed(&f->month, 20 * NSEC_PER_DAY, 29 * NSEC_PER_DAY);
	month_feed(&f->month, 29 * NSEC_PER_DAY + NSEC_PER_HOUR, 32 * NSEC_PER_DAY);
	assert_int_equal(month_close(&f->month, &how, &f->closing, NULL), E_OK);
	f->report = month_report_closed(&f->month, f->closing.path);
	snprintf(f->copy, sizeof(f->copy), "%s/copy.db", f->month.folder);
	FILE *file = fopen(f->closing.path, "r");
	assert_non_null(file);
	f->octets = malloc(f->closing.octets);
	f->len = fread(f->octets, 1, f->closing.octets, file);
	assert_int_equal(f->len, f->closing.octets);
	fclose(file);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	month_remove(&f->month);
	free(f->report);
	free(f->octets);
	free(f);
	return 0;
}

static void write_copy(const struct fixture *f, size_t len)
{
	FILE *file = fopen(f->copy, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(f->octets, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Refused with words, or of no effect: true where it was refused. */
static bool is_refused(const struct fixture *f)
{
	struct closed *closed = NULL;
	char why[CLOSED_WHY] = "";
	enum err rc = closed_open(f->copy, &closed, why);

	if (rc != E_OK) {
		assert_true(strlen(why) > 10);
		return true;
	}
	closed_close(closed);
	char *report = month_report_closed(&f->month, f->copy);
	assert_string_equal(report, f->report);
	free(report);
	return false;
}

/* What is in no row, such as free space in a page, may change without effect. */
static void flipped_bits_are_refused_or_do_no_harm(void **state)
{
	struct fixture *f = *state;
	struct random random = random_seeded(7);
	size_t refused = 0;

	for (size_t i = 0; i < FLIPS; i++) {
		/* Every second one in the header and the schema. */
		size_t at = (size_t)random_below(&random, i % 2 == 0 ? f->len : 4096);
		char bit = (char)(1u << random_below(&random, 8));
		f->octets[at] = (char)(f->octets[at] ^ bit);
		write_copy(f, f->len);
		refused += is_refused(f);
		f->octets[at] = (char)(f->octets[at] ^ bit);
	}
	print_message("# %zu of %d flips refused\n", refused, FLIPS);
	assert_true(refused > FLIPS / 3);
}

static void truncated_files_are_refused(void **state)
{
	const struct fixture *f = *state;
	struct random random = random_seeded(11);

	for (size_t i = 0; i < CUTS; i++) {
		size_t len = i == 0 ? 0 : (size_t)random_below(&random, f->len);
		if (i % 3 == 1)
			len = len / 4096 * 4096;
		write_copy(f, len);
		assert_true(is_refused(f));
	}
}

static void other_files_are_refused(void **state)
{
	const struct fixture *f = *state;
	struct closed *closed = NULL;
	char why[CLOSED_WHY] = "";

	assert_int_equal(closed_open("/nowhere/facts.db", &closed, why), E_NOT_FOUND);
	assert_non_null(strstr(why, "cannot be read"));
	assert_int_equal(closed_open(f->month.folder, &closed, why), E_CORRUPT);
	assert_non_null(strstr(why, "no facts file"));
	assert_int_equal(unlink(f->copy), 0);
	assert_int_equal(mkfifo(f->copy, 0600), 0);
	assert_int_equal(closed_open(f->copy, &closed, why), E_CORRUPT);
	assert_int_equal(unlink(f->copy), 0);
	char archive[2 * MONTH_TEXT];
	snprintf(archive, sizeof(archive), "%s/archive.db", f->month.data);
	assert_int_equal(closed_open(archive, &closed, why), E_CORRUPT);
	assert_non_null(strstr(why, "no facts file"));
}

/* Changes a copy as a person with a database's shell could; with a digest that is right again. */
enum seal { KEEP_SEAL, SEAL_AGAIN };

static void seal_again(sqlite3 *db)
{
	sqlite3_stmt *insertions[CLOSED_TABLES] = {NULL};
	struct sql sql = {
		.db = db, .name = "copy", .statements = insertions, .count = CLOSED_TABLES};
	struct closed_seal seal = {.closed_at = 0};
	char *text = closed_table_insert(&closed_tables[CLOSED_SEAL]);

	assert_int_equal(sqlite3_exec(db, "DELETE FROM seal; BEGIN", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &insertions[CLOSED_SEAL], NULL),
			 SQLITE_OK);
	assert_int_equal(closed_file_seal(&sql, &seal), E_OK);
	sqlite3_finalize(insertions[CLOSED_SEAL]);
	free(text);
}

static void change(const struct fixture *f, const char *sql, enum seal seal)
{
	sqlite3 *db;
	char *error = NULL;

	write_copy(f, f->len);
	assert_int_equal(sqlite3_open_v2(f->copy, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	if (seal == SEAL_AGAIN)
		seal_again(db);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const struct {
	const char *name;
	const char *sql;
	enum seal seal;
	enum err rc;
	const char *words;
} rows[] = {
	{"nothing changed, sealed again", "SELECT 1", SEAL_AGAIN, E_OK, ""},
	{"a fact", "UPDATE series SET judged_lost = judged_lost + 1 WHERE id = 1", KEEP_SEAL,
	 E_CHECKSUM, "damaged or changed"},
	{"a fact's type", "UPDATE closing SET reason = 'because'", KEEP_SEAL, E_CHECKSUM,
	 "damaged or changed"},
	{"a row less", "DELETE FROM outage", KEEP_SEAL, E_CHECKSUM, "damaged or changed"},
	{"the digest", "UPDATE seal SET digest = replace(digest, 'a', 'b')", KEEP_SEAL, E_CHECKSUM,
	 "damaged or changed"},
	{"two seals", "INSERT INTO seal VALUES ('0', 0)", KEEP_SEAL, E_CHECKSUM,
	 "damaged or changed"},
	{"a table more", "CREATE TABLE more (a)", KEEP_SEAL, E_CORRUPT, "its tables"},
	{"a trigger", "CREATE TRIGGER t AFTER INSERT ON seal BEGIN DELETE FROM seal; END",
	 KEEP_SEAL, E_CORRUPT, "its tables"},
	{"an index", "CREATE INDEX i ON series (agent)", KEEP_SEAL, E_CORRUPT, "its tables"},
	{"a table less", "DROP TABLE revision", KEEP_SEAL, E_CORRUPT, "its tables"},
	{"a newer version", "PRAGMA user_version = 5", KEEP_SEAL, E_MISMATCH,
	 "layout version 5, this program knows 4"},
	{"another application", "PRAGMA application_id = 1", KEEP_SEAL, E_CORRUPT, "no facts file"},
	{"a write-ahead log", "PRAGMA journal_mode = WAL", KEEP_SEAL, E_CORRUPT, "no facts file"},
	{"time that does not add up", "UPDATE series SET good_time = good_time - 1 WHERE id = 2",
	 SEAL_AGAIN, E_CORRUPT, "agent local, site bridge, IPv4: its time and slots per verdict"},
	{"time beyond all bounds",
	 "UPDATE series SET good_time = 9223372036854775807, bad_time = "
	 "9223372036854775807",
	 SEAL_AGAIN, E_CORRUPT, "its time and slots per verdict"},
	{"slots that do not add up",
	 "UPDATE series SET announced_bad_slots = announced_bad_slots + 1", SEAL_AGAIN, E_CORRUPT,
	 "its time and slots per verdict"},
	{"unknown time without a reason",
	 "UPDATE series SET unknown_no_record_time = unknown_no_record_time - 1", SEAL_AGAIN,
	 E_CORRUPT, "its time and slots per verdict"},
	{"packets by hour", "UPDATE hour SET lost = lost + 1 WHERE series = 3", SEAL_AGAIN,
	 E_CORRUPT, "site hall, IPv4: its packets and delays by hour"},
	{"a bucket of an hour",
	 "UPDATE hour SET rtt = '{\"3\":1}' WHERE series = 3 AND delays_slots > 0", SEAL_AGAIN,
	 E_CORRUPT, "its packets and delays by hour"},
	{"a bucket that there is not",
	 "UPDATE hour SET rtt = '{\"48\":1}' WHERE series = 3 AND delays_slots > 0", SEAL_AGAIN,
	 E_CORRUPT, "its packets and delays by hour"},
	{"buckets that are none", "UPDATE series SET pdv = '{\"1\":}'", SEAL_AGAIN, E_CORRUPT,
	 "cannot be understood"},
	{"a stretch less", "DELETE FROM stretch WHERE series = 2 AND verdict = 'bad'", SEAL_AGAIN,
	 E_CORRUPT, "its stretches"},
	{"a verdict that there is not", "UPDATE stretch SET verdict = 'fine'", SEAL_AGAIN,
	 E_CORRUPT, "its stretches"},
	{"unknown time of another reason",
	 "UPDATE stretch SET why = 'isolated' WHERE verdict = 'unknown'", SEAL_AGAIN, E_CORRUPT,
	 "its stretches"},
	{"a reason that there is not", "UPDATE stretch SET why = 'tired' WHERE verdict = 'unknown'",
	 SEAL_AGAIN, E_CORRUPT, "its stretches"},
	{"a reason of what is known", "UPDATE stretch SET why = 'tainted' WHERE verdict = 'good'",
	 SEAL_AGAIN, E_CORRUPT, "its stretches"},
	{"a stretch without end",
	 "UPDATE stretch SET from_at = -9223372036854775807 WHERE series = 1 AND"
	 " from_at = (SELECT min(from_at) FROM stretch WHERE series = 1)",
	 SEAL_AGAIN, E_CORRUPT, "its stretches"},
	{"series out of order", "UPDATE series SET target = 'zoo' WHERE id = 1", SEAL_AGAIN,
	 E_CORRUPT, "cannot be understood"},
	{"a name too long", "UPDATE series SET agent = hex(zeroblob(200)) WHERE id = 1", SEAL_AGAIN,
	 E_CORRUPT, "cannot be understood"},
	{"no head", "DELETE FROM closing", SEAL_AGAIN, E_CORRUPT, "cannot be understood"},
	{"a period without end", "UPDATE closing SET until_at = 9223372036854775807", SEAL_AGAIN,
	 E_CORRUPT, "cannot be understood"},
	{"a flag of 2", "UPDATE closing SET provisional = 2", SEAL_AGAIN, E_CORRUPT,
	 "cannot be understood"},
};

static void changed_files_are_refused(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct closed *closed = NULL;
		char why[CLOSED_WHY] = "";
		print_message("# %s\n", rows[i].name);
		change(f, rows[i].sql, rows[i].seal);
		assert_int_equal(closed_open(f->copy, &closed, why), rows[i].rc);
		if (strstr(why, rows[i].words) == NULL)
			fail_msg("%s", why);
		closed_close(closed);
	}
}

static void a_configuration_not_understood_is_said_so(void **state)
{
	const struct fixture *f = *state;
	struct closed *closed = NULL;
	char why[CLOSED_WHY] = "";

	change(f, "UPDATE closing SET configuration = 'weather: fine'", SEAL_AGAIN);
	assert_int_equal(closed_open(f->copy, &closed, why), E_OK);
	assert_null(closed_config(closed, why));
	assert_non_null(strstr(why, "its configuration is not understood: "));
	closed_close(closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flipped_bits_are_refused_or_do_no_harm),
		cmocka_unit_test(truncated_files_are_refused),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(changed_files_are_refused),
		cmocka_unit_test(a_configuration_not_understood_is_said_so),
	};
	return cmocka_run_group_tests_name("closed", tests, setup, teardown);
}
