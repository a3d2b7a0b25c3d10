/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The published worked example of the score, put into a store as slots, read by the reporter's own
 * program, and looked up in the JSON that it writes. */
#include "collector/base/calendar.h"
#include "collector/store/store.h"
#include "tests/unit/check.h"
#include "tests/unit/worked_example.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT = 512, COMMAND = 4 * TEXT };

#define MONTH "2024-10" /* 31 days, over whatever the clock of this machine says */

struct fixture {
	char folder[64];
	const char *reporter;
};

static void write_config(const struct fixture *fixture)
{
	char path[TEXT];

	snprintf(path, sizeof(path), "%s/netgrade.yaml", fixture->folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"network: {zh: 骨干试验网, en: Backbone}\n"
		"time-zone: Asia/Shanghai\n"
		"data: %s/data\n"
		"organisations:\n  - {name: centre, zh: 中心, en: Centre}\n"
		"sites:\n  - {name: gateway, zh: 出口, en: Gateway, organisation: centre, "
		"tier: backbone, ipv4: 192.0.2.1}\n"
		"tests:\n  - {name: regular, interval: 60s, packets: 20}\n",
		fixture->folder);
	assert_int_equal(fclose(file), 0);
}

static void put_slots(const struct fixture *fixture)
{
	struct series_key key = {
		.agent = "local", .target = "gateway", .method = "icmp", .family = 4, .size = 64};
	char data[TEXT];
	struct store *store;
	struct period month;
	uint32_t series;

	snprintf(data, sizeof(data), "%s/data", fixture->folder);
	struct store_options options = {.directory = data,
					.keep_slots = 45 * NSEC_PER_DAY,
					.keep_hours = 400 * NSEC_PER_DAY,
					.gather = NSEC_PER_SEC};
	assert_int_equal(calendar_month(MONTH, &month), E_OK);
	assert_int_equal(store_open(&options, &store), E_OK);
	assert_int_equal(store_series(store, &key, NSEC_PER_MIN, &series), E_OK);
	for (size_t i = 0; i < WORKED_SLOTS; i++) {
		struct summary summary;
		struct delays delays;
		if (worked_slot(i, month.from, &summary, &delays))
			store_put(store, series, &summary, &delays);
	}
	assert_int_equal(store_flush(store), E_OK);
	store_close(store);
}

/* A data directory whose spool is none. */
static void damage(const struct fixture *fixture)
{
	char path[TEXT];

	snprintf(path, sizeof(path), "%s/damaged", fixture->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/damaged/spool.db", fixture->folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < TEXT; i++)
		assert_true(fputs("no data base ", file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/netgrade-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	fixture->reporter = getenv("NETGRADE_REPORTER");
	assert_non_null(fixture->reporter);
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	write_config(fixture);
	put_slots(fixture);
	damage(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[COMMAND];

	snprintf(command, sizeof(command), "rm -rf '%s'", fixture->folder);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

/* Runs the reporter with its output in FOLDER/out and FOLDER/errors; its exit code. */
static int run(const struct fixture *fixture, const char *arguments)
{
	char command[COMMAND];

	snprintf(command, sizeof(command), "cd '%s' && '%s' %s >out 2>errors", fixture->folder,
		 fixture->reporter, arguments);
	int status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static json_t *load_json(const struct fixture *fixture, const char *name)
{
	char path[TEXT];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return json;
}

/* The first object below json in which key is the string wanted. */
static const json_t *find_object(const json_t *json, const char *key, const char *wanted)
{
	const char *name;
	json_t *member;
	size_t index;
	const json_t *found = NULL;

	if (json_is_object(json)) {
		const char *text = json_string_value(json_object_get(json, key));
		if (text != NULL && strcmp(text, wanted) == 0)
			return json;
		json_object_foreach((json_t *)(uintptr_t)json, name, member)
		{
			found = find_object(member, key, wanted);
			if (found != NULL)
				return found;
		}
	}
	json_array_foreach(json, index, member)
	{
		found = find_object(member, key, wanted);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* The figure under key, of an object of figures or a table's row. */
static void check_figure(const json_t *object, const char *key, double number, double bound,
			 const char *text)
{
	const json_t *figure = json_object_get(object, key);

	print_message("# %s %s\n", key, text);
	assert_non_null(figure);
	assert_string_equal(json_string_value(json_object_get(figure, "text")), text);
	double value = json_number_value(json_object_get(figure, "value"));
	assert_true(value >= number - bound && value <= number + bound);
}

static void the_worked_example_in_the_report(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(run(fixture, "report --config netgrade.yaml --month " MONTH), 0);
	json_t *json = load_json(fixture, "netgrade-" MONTH ".zh-CN.json");
	const json_t *headline = json_object_get(find_object(json, "key", "headline"), "figures");
	assert_non_null(headline);
	check_figure(headline, "score", 75.0866, 0.00005, "75.1");
	assert_string_equal(json_string_value(json_object_get(headline, "grade")), "中");
	check_figure(headline, "coverage", 99.324, 0.0005, "99.3%");
	const json_t *site =
		json_array_get(json_object_get(find_object(json, "key", "ranking"), "rows"), 0);
	check_figure(site, "availability", 99.89796, 0.000005, "99.898%");
	check_figure(site, "loss", 0.124717, 0.0000005, "0.125%");
	check_figure(site, "delay", 18, 0.0001, "18.0\u202Fms");
	check_figure(site, "pdv", 6.5, 0.0001, "6.50\u202Fms");
	const json_t *counts =
		json_array_get(json_object_get(find_object(json, "key", "counts"), "rows"), 0);
	check_figure(counts, "bad", 45, 0, "45");
	check_figure(counts, "planned", 240, 0, "240");
	check_figure(counts, "unknown", 300, 0, "300");
	check_figure(counts, "unscheduled", 0, 0, "0");
	const json_t *packets = json_array_get(
		json_object_get(find_object(json, "key", "packet_counts"), "rows"), 0);
	check_figure(packets, "sent", 882000, 0, "882\u202F000");
	check_figure(packets, "lost", 1100, 0, "1100");
	check_figure(packets, "in_histogram", 882000, 0, "882\u202F000");
	json_decref(json);
}

static void outages_in_the_report(void **state)
{
	static const struct {
		const char *start;
		const char *end;
		double seconds;
	} rows[] = {
		{"2024-10-09 00:00", "2024-10-09 00:30", 1800},
		{"2024-10-10 00:55", "2024-10-10 01:05", 600},
		{"2024-10-13 00:00", "2024-10-13 00:05", 300},
	};
	const struct fixture *fixture = *state;

	assert_int_equal(run(fixture, "report --config netgrade.yaml --lang en --out made "
				      "--format json --month " MONTH),
			 0);
	json_t *json = load_json(fixture, "made/netgrade-" MONTH ".en.json");
	const json_t *table = json_object_get(find_object(json, "key", "outages"), "rows");
	assert_int_equal(json_array_size(table), COUNT_OF(rows));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const json_t *row = json_array_get(table, i);
		assert_string_equal(json_string_value(json_object_get(row, "start")),
				    rows[i].start);
		assert_string_equal(json_string_value(json_object_get(row, "end")), rows[i].end);
		const json_t *length = json_object_get(row, "duration");
		assert_true(json_number_value(json_object_get(length, "value")) == rows[i].seconds);
	}
	json_decref(json);
}

static void the_score_table_says_the_same(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(run(fixture, "score --json --config netgrade.yaml --month " MONTH), 0);
	json_t *json = load_json(fixture, "out");
	check_figure(json_object_get(find_object(json, "key", "headline"), "figures"), "score",
		     75.0866, 0.00005, "75.1");
	json_decref(json);
}

/* Exit codes, and one line that says what is wrong. */
static void wrong_usage_is_refused(void **state)
{
	static const struct {
		const char *name;
		const char *arguments;
		int code;
		const char *words;
	} rows[] = {
		{"no period", "score --config netgrade.yaml", 2, "--month"},
		{"both ways", "score --config netgrade.yaml --month 2024-10 --from 2024-10-01", 2,
		 "--month"},
		{"no month", "report --config netgrade.yaml --month 2024-13", 2, "2026-10"},
		{"future", "score --config netgrade.yaml --month 2099-01", 2, "future"},
		{"language", "score --config netgrade.yaml --month 2024-10 --lang fr", 2, "zh-CN"},
		{"format", "report --config netgrade.yaml --month 2024-10 --format pdf", 2, "html"},
		{"organisation", "score --config netgrade.yaml --month 2024-10 --organisation no",
		 2, "organisation"},
		{"option", "score --mont 2024-10", 2, "--month"},
		{"command", "reprot", 2, "report"},
		{"nothing measured", "score --config netgrade.yaml --month 2023-10", 1, "measured"},
		{"no data folder", "score --config netgrade.yaml --data ./none --month 2024-10", 1,
		 "--data"},
		{"data that are a file",
		 "score --config netgrade.yaml --data netgrade.yaml --month 2024-10", 1,
		 "Not a directory"},
		{"a slip in the organisation",
		 "score --config netgrade.yaml --month 2024-10 --organisation center", 2,
		 "did you mean 'centre'?"},
		{"a century", "score --config netgrade.yaml --from 1970-01-01 --to 2024-10-01", 2,
		 "ten years"},
		{"no such configuration", "score --config none.yaml --month 2024-10", 2,
		 "none.yaml:1:1: cannot"},
		{"no such folder", "report --config netgrade.yaml --month 2024-10 --out no/such", 1,
		 "--out"},
		{"a file for a folder",
		 "report --config netgrade.yaml --month 2024-10 --out netgrade.yaml", 1,
		 "Not a directory"},
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[TEXT];
		char line[TEXT] = "";
		char more[TEXT];
		print_message("# %s\n", rows[i].name);
		assert_int_equal(run(fixture, rows[i].arguments), rows[i].code);
		snprintf(path, sizeof(path), "%s/errors", fixture->folder);
		FILE *file = fopen(path, "r");
		assert_non_null(file);
		assert_non_null(fgets(line, sizeof(line), file));
		assert_null(fgets(more, sizeof(more), file));
		fclose(file);
		assert_non_null(strstr(line, rows[i].words));
	}
}

/* The store's own line comes first. */
static void damaged_data_are_said_to_be_so(void **state)
{
	const struct fixture *fixture = *state;
	char path[TEXT];
	char text[TEXT] = "";

	assert_int_equal(run(fixture, "score --config netgrade.yaml --data damaged --month " MONTH),
			 1);
	snprintf(path, sizeof(path), "%s/errors", fixture->folder);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_non_null(strstr(text, "netgrade-reporter: damaged: spool.db there is damaged"));
}

/* What could not be printed was not said. */
static void a_full_disk_is_no_success(void **state)
{
	static const char *const arguments[] = {
		"--help",
		"score --config netgrade.yaml --month " MONTH,
		"score --json --config netgrade.yaml --month " MONTH,
	};
	const struct fixture *fixture = *state;
	char command[COMMAND];

	for (size_t i = 0; i < COUNT_OF(arguments); i++) {
		snprintf(command, sizeof(command), "cd '%s' && '%s' %s >/dev/full 2>errors",
			 fixture->folder, fixture->reporter, arguments[i]);
		int status = system(command);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
	}
}

static void a_wrong_configuration_is_told_whole(void **state)
{
	const struct fixture *fixture = *state;
	char path[TEXT];
	size_t lines = 0;
	char line[TEXT];

	snprintf(path, sizeof(path), "%s/wrong.yaml", fixture->folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("network: {zh: a}\ntime-zone: Nowhere/City\nweather: fine\n", file);
	fclose(file);
	assert_int_equal(run(fixture, "score --config wrong.yaml --month " MONTH), 2);
	snprintf(path, sizeof(path), "%s/errors", fixture->folder);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		lines++;
	fclose(file);
	assert_true(lines >= 2);
}

static void a_report_names_its_files_as_json(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(
		run(fixture, "report --config netgrade.yaml --month 2024-10 --json --out named"),
		0);
	json_t *said = load_json(fixture, "out");
	const json_t *files = json_object_get(said, "files");
	assert_int_equal(json_array_size(files), 2);
	for (size_t i = 0; i < 2; i++) {
		char path[2 * TEXT];
		const char *name = json_string_value(json_array_get(files, i));
		assert_non_null(name);
		snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
		assert_int_equal(access(path, R_OK), 0);
	}
	assert_non_null(strstr(json_string_value(json_object_get(said, "headline")), "75.1"));
	json_decref(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_example_in_the_report),
		cmocka_unit_test(outages_in_the_report),
		cmocka_unit_test(the_score_table_says_the_same),
		cmocka_unit_test(wrong_usage_is_refused),
		cmocka_unit_test(damaged_data_are_said_to_be_so),
		cmocka_unit_test(a_full_disk_is_no_success),
		cmocka_unit_test(a_wrong_configuration_is_told_whole),
		cmocka_unit_test(a_report_names_its_files_as_json),
	};
	return cmocka_run_group_tests_name("query", tests, setup, teardown);
}
