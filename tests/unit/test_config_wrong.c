/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every file of tests/golden/config-wrong says itself which errors it must give, and where:
 *   # expect: LINE:COLUMN WORDS
 *   # expect-in: FILE LINE:COLUMN WORDS
 * WORDS stand in the key or message. Exactly those must come, and no other. */
#include "tests/unit/check.h"

#include "config/config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPECTED_MAX = 16, FILES_MAX = 128, TEXT = 256, LEAST_FILES = 40 };

struct expected {
	char file[TEXT];
	size_t line;
	size_t column;
	char words[TEXT];
	bool met;
};

static char folder[TEXT * 2];

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static size_t read_expected(const char *path, struct expected *rows)
{
	char line[TEXT * 2];
	size_t count = 0;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL && line[0] == '#') {
		struct expected *row = &rows[count];
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "# expect: %zu:%zu %255[^\n]", &row->line, &row->column,
			   row->words) == 3)
			snprintf(row->file, sizeof(row->file), "%.255s", name_of(path));
		else if (sscanf(line, "# expect-in: %255s %zu:%zu %255[^\n]", row->file, &row->line,
				&row->column, row->words) != 4)
			continue;
		assert_true(++count < EXPECTED_MAX);
	}
	fclose(file);
	return count;
}

/* Takes the expectation that a diagnostic meets; false if there is none. */
static bool meet(const struct diagnostic *diagnostic, struct expected *rows, size_t count)
{
	char told[TEXT * 8];

	snprintf(told, sizeof(told), "%s: %s", diagnostic->key, diagnostic->message);
	for (size_t i = 0; i < count; i++) {
		if (!rows[i].met && strcmp(rows[i].file, name_of(diagnostic->file)) == 0 &&
		    rows[i].line == diagnostic->line && rows[i].column == diagnostic->column &&
		    strstr(told, rows[i].words) != NULL) {
			rows[i].met = true;
			return true;
		}
	}
	return false;
}

static void gives_its_errors_and_no_others(void **state)
{
	struct expected rows[EXPECTED_MAX] = {0};
	struct diagnostics diagnostics = {0};
	char path[TEXT * 4];
	size_t faults = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, (const char *)*state);
	size_t count = read_expected(path, rows);
	assert_true(count > 0);
	struct config *config = config_load(path, &diagnostics);
	for (size_t i = 0; i < diagnostics.count; i++) {
		const struct diagnostic *d = &diagnostics.items[i];
		if (d->severity == SEVERITY_ERROR && meet(d, rows, count))
			continue;
		print_message("# not expected: %s:%zu:%zu: %s: %s\n", name_of(d->file), d->line,
			      d->column, d->key, d->message);
		faults++;
	}
	for (size_t i = 0; i < count; i++) {
		if (rows[i].met)
			continue;
		print_message("# not given: %s:%zu:%zu: %s\n", rows[i].file, rows[i].line,
			      rows[i].column, rows[i].words);
		faults++;
	}
	assert_null(config);
	assert_int_equal(faults, 0);
	diagnostics_finish(&diagnostics);
}

static int is_case(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

int main(void)
{
	struct CMUnitTest tests[FILES_MAX];
	struct dirent **entries = NULL;
	const char *source = getenv("NETGRADE_SOURCE");

	snprintf(folder, sizeof(folder), "%s/tests/golden/config-wrong",
		 source == NULL ? "." : source);
	int count = scandir(folder, &entries, is_case, alphasort);
	if (count < LEAST_FILES || count > FILES_MAX) {
		printf("Bail out! %d wrong configurations in %s\n", count, folder);
		return EXIT_FAILURE;
	}
	for (int i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){entries[i]->d_name, gives_its_errors_and_no_others,
					       NULL, NULL, entries[i]->d_name};
	int failed = _cmocka_run_group_tests("config_wrong", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return failed;
}
