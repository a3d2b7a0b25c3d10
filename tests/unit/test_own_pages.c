/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sites with pages of their own, which one test visits: their series, what they are asked for, what
 * is printed and kept, and what is told of a change. */
#include "tests/unit/check.h"

#include "collector/asking.h"
#include "collector/plan.h"
#include "reporter/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 4096 };

#define HEAD                                                                                       \
	"network: {en: Trial}\n"                                                                   \
	"organisations: [{name: city}]\n"                                                          \
	"sites:\n"
#define SITE(name, address, keys)                                                                  \
	"  - {name: " name ", organisation: city, tier: access, ipv4: " address ", " keys "}\n"
#define HALL SITE("hall", "192.0.2.1", "url: 'https://hall.example/', expect: 政务")
#define PORT SITE("port", "192.0.2.2", "ipv6: '2001:db8::2', url: 'http://port.example:8080/a'")
#define BARE SITE("bare", "192.0.2.3", "weight: 1")

static struct config *load(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "pages.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	diagnostics_finish(&diagnostics);
	return config;
}

static const char visited[] = HEAD HALL PORT BARE "tests:\n"
						  "  - {name: echo}\n"
						  "  - {name: pages, method: http, targets: "
						  "{sites: [hall, port]}}\n";

/* As if each site had a test to itself, so that what was measured so goes on. */
static const char one_by_one[] =
	HEAD HALL PORT BARE "tests:\n"
			    "  - {name: echo}\n"
			    "  - {name: a, method: http, url: 'https://hall.example/', expect: "
			    "政务, targets: {sites: [hall]}}\n"
			    "  - {name: b, method: http, url: 'http://port.example:8080/a', "
			    "targets: {sites: [port]}}\n";

static struct plan plan_of(const char *text, struct config **config)
{
	const struct hash_key any = {{1, 2}};
	struct plan plan;

	*config = load(text);
	assert_int_equal(plan_create(*config, 0, &any, &plan), E_OK);
	return plan;
}

static void each_site_is_visited_at_its_page(void **state)
{
	struct config *config;
	struct config *other;
	struct plan plan = plan_of(visited, &config);
	struct plan same = plan_of(one_by_one, &other);
	size_t visits = 0;

	(void)state;
	assert_int_equal(plan.count, 4 + 3);
	assert_int_equal(same.count, plan.count);
	for (size_t i = 0; i < plan.count; i++) {
		const struct target *target = &plan.items[i].target;
		assert_true(plan_same(&plan.items[i], &same.items[i]));
		if (target->ask == NULL)
			continue;
		bool hall = strcmp(plan.items[i].key.target, "hall") == 0;
		assert_string_equal(target->ask->url,
				    hall ? "https://hall.example/" : "http://port.example:8080/a");
		assert_int_equal(target->host.port, hall ? 443 : 8080);
		assert_int_equal(plan.items[i].key.port, hall ? 443 : 8080);
		assert_true(hall == (target->ask->text != NULL));
		visits++;
	}
	assert_int_equal(visits, 3);
	plan_finish(&same);
	plan_finish(&plan);
	config_destroy(other);
	config_destroy(config);
}

static void the_test_has_the_last_word(void **state)
{
	static const struct {
		const char *name;
		const char *keys;
		const char *url;
		const char *expect;
		bool other_series; /* than without the keys */
	} rows[] = {
		{"its own", "", "https://hall.example/", "政务", false},
		{"a text", ", expect: open", "https://hall.example/", "open", false},
		{"a page", ", url: 'https://a.cn/'", "https://a.cn/", NULL, true},
		{"by name", ", by-name: true", "https://hall.example/", "政务", true},
	};
	char text[TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ask *ask;
		snprintf(text, sizeof(text), "%stests: [{name: pages, method: http%s}]\n",
			 HEAD HALL, rows[i].keys);
		struct config *config = load(text);
		struct test_config usual = {.method = config->tests[0].method};
		struct test_type type = test_type_at(&config->tests[0], &config->sites[0]);
		struct test_type plain = test_type_at(&usual, &config->sites[0]);
		print_message("# %s\n", rows[i].name);
		assert_int_equal(asking_of(&config->tests[0], &config->sites[0], &ask), E_OK);
		assert_string_equal(ask->url, rows[i].url);
		assert_true(rows[i].expect == NULL ? ask->text == NULL
						   : strcmp(ask->text, rows[i].expect) == 0);
		assert_string_equal(ask->subject, type.subject);
		assert_true(rows[i].other_series == (strcmp(type.method, plain.method) != 0));
		ask_destroy(ask);
		config_destroy(config);
	}
}

static void what_is_kept_loads_to_the_same(void **state)
{
	struct config *config = load(visited);
	char *text = config_text(config);
	struct config *kept = load(text);
	char *again = config_text(kept);

	(void)state;
	assert_string_equal(kept->sites[0].url, "https://hall.example/");
	assert_string_equal(kept->sites[0].expect, "政务");
	assert_null(kept->sites[2].url);
	assert_true(test_visits_own_pages(&kept->tests[1]));
	assert_string_equal(text, again);
	free(again);
	free(text);
	config_destroy(kept);
	config_destroy(config);
}

static void a_page_that_nobody_visits_is_told_once(void **state)
{
	static const char text[] =
		HEAD HALL PORT BARE "tests:\n  - {name: echo}\n"
				    "  - {name: page, method: http, url: 'https://a.cn/'}\n";
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "pages.yaml", &diagnostics);
	size_t told = 0;

	(void)state;
	assert_non_null(config);
	for (size_t i = 0; i < diagnostics.count; i++) {
		if (strstr(diagnostics.items[i].message, "no test visits the pages") == NULL)
			continue;
		assert_int_equal(diagnostics.items[i].line, 4);
		told++;
	}
	assert_int_equal(told, 1);
	diagnostics_finish(&diagnostics);
	config_destroy(config);
}

static void another_page_is_a_change(void **state)
{
	struct config *before = load(visited);
	struct config *after = load(HEAD SITE("hall", "192.0.2.1", "url: 'https://new.example/'")
					    PORT BARE "tests: [{name: echo}, {name: pages, "
						      "method: http, targets: {sites: [hall, "
						      "port]}}]\n");
	struct in_force items[] = {{{0, 10}, before}, {{10, 20}, after}};
	struct configurations configurations = {items, COUNT_OF(items), 0};
	struct changes_scope scope = {.period = {0, 20}};
	struct changes changes;

	(void)state;
	changes_find(&configurations, &scope, &changes);
	assert_int_equal(changes.site_count, 1);
	assert_int_equal(changes.sites[0].kind, CHANGE_PAGE);
	assert_int_equal(changes.sites[0].at, 10);
	assert_int_equal(changes.test_count, 0);
	changes_finish(&changes);
	config_destroy(after);
	config_destroy(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_site_is_visited_at_its_page),
		cmocka_unit_test(the_test_has_the_last_word),
		cmocka_unit_test(what_is_kept_loads_to_the_same),
		cmocka_unit_test(a_page_that_nobody_visits_is_told_once),
		cmocka_unit_test(another_page_is_a_change),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
