/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 2048 };

/* Sites begin on line 4. */
#define HEAD                                                                                       \
	"network: {en: Trial}\n"                                                                   \
	"organisations: [{name: city}]\n"                                                          \
	"sites:\n"
#define SITE(name, more, address)                                                                  \
	"  - {name: " name ", " more "organisation: city, tier: metro, ipv4: 192.0.2." address "}" \
	"\n"
#define TAIL "tests: [{name: echo}]\n"

static struct config *load(const char *text, struct diagnostics *diagnostics)
{
	return config_load_text(text, strlen(text), "test.yaml", diagnostics);
}

static void a_site_keeps_the_key_of_its_first_name(void **state)
{
	(void)state;
	struct diagnostics diagnostics = {0};
	struct config *config =
		load(HEAD SITE("plain", "", "1") SITE("once", "formerly: before, ", "2")
			     SITE("twice", "formerly: [first, second], ", "3") TAIL,
		     &diagnostics);

	assert_non_null(config);
	assert_int_equal(diagnostics.count, 0);
	assert_string_equal(site_key(&config->sites[0]), "plain");
	assert_string_equal(site_key(&config->sites[1]), "before");
	assert_string_equal(site_key(&config->sites[2]), "first");
	assert_int_equal(config->sites[2].formerly_count, 2);
	assert_string_equal(config->sites[2].formerly[1], "second");
	config_destroy(config);
	diagnostics_finish(&diagnostics);
}

static void former_names_are_printed_as_they_load(void **state)
{
	(void)state;
	struct diagnostics diagnostics = {0};
	struct config *config =
		load(HEAD SITE("twice", "formerly: [first, second], ", "3") TAIL, &diagnostics);
	char *text = config_text(config);

	assert_non_null(strstr(text, "    formerly: [first, second]\n"));
	config_destroy(config);
	config = load(text, &diagnostics);
	assert_non_null(config);
	assert_int_equal(diagnostics.count, 0);
	assert_string_equal(site_key(&config->sites[0]), "first");
	free(text);
	config_destroy(config);
	diagnostics_finish(&diagnostics);
}

static void wrong_former_names_are_told_with_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		size_t line, column;
		const char *says;
	} rows[] = {
		{"a site that still exists",
		 HEAD SITE("a", "", "1") SITE("b", "formerly: a, ", "2") TAIL, 5, 25,
		 "\"a\" is the name of the site at test.yaml:4:12"},
		{"two sites claim one name",
		 HEAD SITE("a", "formerly: old, ", "1") SITE("b", "formerly: old, ", "2") TAIL, 5,
		 25, "\"old\" is claimed at test.yaml:4:25 already"},
		{"its own name", HEAD SITE("a", "formerly: a, ", "1") TAIL, 4, 25,
		 "\"a\" is the site's name"},
		{"the same name twice", HEAD SITE("a", "formerly: [old, older, old], ", "1") TAIL,
		 4, 38, "old is listed twice"},
		{"a chain",
		 HEAD SITE("a", "formerly: b, ", "1") SITE("b", "formerly: c, ", "2") TAIL, 4, 25,
		 "\"b\" is the name of the site at test.yaml:5:12"},
		{"no name at all", HEAD SITE("a", "formerly: [Old], ", "1") TAIL, 4, 26, "Old"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", rows[i].name);
		assert_null(load(rows[i].text, &diagnostics));
		diagnostics_print(&diagnostics, stderr);
		assert_int_equal(diagnostics.count, 1);
		assert_int_equal(diagnostics.items[0].line, rows[i].line);
		assert_int_equal(diagnostics.items[0].column, rows[i].column);
		assert_non_null(strstr(diagnostics.items[0].message, rows[i].says));
		diagnostics_finish(&diagnostics);
	}
}

static void a_cycle_is_told_at_each_of_its_names(void **state)
{
	(void)state;
	struct diagnostics diagnostics = {0};

	assert_null(load(HEAD SITE("a", "formerly: b, ", "1") SITE("b", "formerly: a, ", "2") TAIL,
			 &diagnostics));
	assert_int_equal(diagnostics.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(diagnostics.items[i].line, 4 + i);
		assert_non_null(strstr(diagnostics.items[i].message, "is not given again"));
	}
	diagnostics_finish(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_site_keeps_the_key_of_its_first_name),
		cmocka_unit_test(former_names_are_printed_as_they_load),
		cmocka_unit_test(wrong_former_names_are_told_with_their_place),
		cmocka_unit_test(a_cycle_is_told_at_each_of_its_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
