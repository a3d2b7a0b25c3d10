/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is proposed for a site, from what answered there. */
#include "tests/unit/check.h"

#include "collector/proposal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ICMP = 1 << WAY_ICMP, TCP_443 = 1 << WAY_TCP_443, TCP_80 = 1 << WAY_TCP_80, TEXT = 4096 };

/* An inventory in a file of its own. */
static struct config *load(const char *text, struct diagnostics *diagnostics)
{
	char path[] = "/tmp/netgrade-proposal-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	struct config *config = config_load_inventory(path, diagnostics);
	unlink(path);
	return config;
}

static struct config *load_well(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = load(text, &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_int_equal(diagnostics.count, 0);
	assert_non_null(config);
	diagnostics_finish(&diagnostics);
	return config;
}

static struct trials trials_of(const struct config *config)
{
	struct trials trials;

	assert_int_equal(trials_create(config, &trials), E_OK);
	return trials;
}

static void answer(const struct trials *trials, size_t site, enum family family, unsigned int ways)
{
	for (enum way way = 0; way < WAYS; way++) {
		struct trial *trial = trial_at(trials, site, family, way);
		trial->packets = 1;
		trial->answered = (ways & 1u << way) != 0;
	}
}

#define HEAD "name,organisation,tier,ipv4,ipv6\n"
#define BOTH "192.0.2.1,2001:db8::1"

static const struct {
	const char *name;
	const char *addresses;
	unsigned int ways[FAMILY_COUNT];
	const char *tests[FAMILY_COUNT];
} rows[] = {
	{"all ways: the first", BOTH, {ICMP | TCP_443 | TCP_80, ICMP | TCP_80}, {"icmp", "icmp"}},
	{"one way", BOTH, {TCP_80, TCP_80}, {"tcp-80", "tcp-80"}},
	{"the first in common", BOTH, {ICMP | TCP_80, TCP_443 | TCP_80}, {"tcp-80", "tcp-80"}},
	{"none in common", BOTH, {ICMP | TCP_443, TCP_80}, {"icmp-ipv4", "tcp-80-ipv6"}},
	{"one family is silent", BOTH, {0, TCP_443}, {NULL, "tcp-443-ipv6"}},
	{"the other is silent", BOTH, {ICMP, 0}, {"icmp-ipv4", NULL}},
	{"one family alone", "192.0.2.1,", {TCP_443, 0}, {"tcp-443", NULL}},
	{"the other alone", ",2001:db8::1", {0, ICMP}, {NULL, "icmp"}},
	{"nothing", BOTH, {0, 0}, {NULL, NULL}},
};

static void a_way_is_chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[TEXT];
		snprintf(text, sizeof(text), HEAD "site,city,access,%s\n", rows[i].addresses);
		struct config *config = load_well(text);
		struct trials trials = trials_of(config);
		for (enum family f = 0; f < FAMILY_COUNT; f++)
			answer(&trials, 0, f, rows[i].ways[f]);
		struct proposed proposed = propose(&trials, 0);
		print_message("# %s\n", rows[i].name);
		assert_int_equal(proposed_any(&proposed),
				 rows[i].tests[0] != NULL || rows[i].tests[1] != NULL);
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			struct proposed_test test = {proposed.way[f],
						     proposed.together ? FAMILY_COUNT : f};
			char name[PROPOSED_NAME];
			assert_int_equal(test.way == WAYS, rows[i].tests[f] == NULL);
			if (test.way == WAYS)
				continue;
			proposed_name(&test, name);
			assert_string_equal(name, rows[i].tests[f]);
			assert_true(proposed_by(&proposed, &test));
		}
		trials_finish(&trials);
		config_destroy(config);
	}
}

#define PAGED "name,organisation,tier,ipv4,ipv6,url\n"

static const struct {
	const char *name;
	const char *cells;
	unsigned int ways[FAMILY_COUNT];
	const char *test; /* NULL: none visits it */
} visits[] = {
	{"over both", BOTH ",https://a.cn/", {TCP_443, ICMP | TCP_443}, "page"},
	{"over one of two", BOTH ",https://a.cn/", {ICMP, TCP_443}, "page-ipv6"},
	{"over the only one", "192.0.2.1,,http://a.cn/", {TCP_80, 0}, "page"},
	{"no page", BOTH ",", {TCP_443, TCP_443}, NULL},
	{"a port that is silent", BOTH ",https://a.cn/", {TCP_80, TCP_80}, NULL},
	{"a port that was not tried", BOTH ",https://a.cn:8443/", {TCP_443, TCP_443}, NULL},
};

static void pages_are_visited_where_their_port_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(visits) / sizeof(visits[0]); i++) {
		char text[TEXT];
		enum family family;
		char name[PROPOSED_NAME] = "";
		snprintf(text, sizeof(text), PAGED "site,city,access,%s\n", visits[i].cells);
		struct config *config = load_well(text);
		struct trials trials = trials_of(config);
		for (enum family f = 0; f < FAMILY_COUNT; f++)
			answer(&trials, 0, f, visits[i].ways[f]);
		print_message("# %s\n", visits[i].name);
		if (proposed_visit(&trials, 0, &family))
			proposed_visit_name(family, name);
		assert_string_equal(name, visits[i].test == NULL ? "" : visits[i].test);
		trials_finish(&trials);
		config_destroy(config);
	}
}

static const char inventory[] =
	"name,zh,en,organisation,tier,reach,weight,tags,ipv4,ipv6,scored.test,scored.agent,url,"
	"expect\n"
	"core,\"核心,\"\"甲\"\"\",Core,city,backbone,,2.5,a b,192.0.2.1,2001:db8::1,else,where,"
	"https://core.cn/,\n"
	"hall,,Hall,east,metro,province,,,192.0.2.2,2001:db8::2,,,https://hall.cn/,政务\n"
	"dark,,,west,access,,,,192.0.2.3,,,,,\n";

static void the_proposal_loads(void **state)
{
	(void)state;
	struct config *config = load_well(inventory);
	struct trials trials = trials_of(config);
	struct diagnostics diagnostics = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(config->organisation_count, 3);
	answer(&trials, 0, FAMILY_IPV4, ICMP);
	answer(&trials, 0, FAMILY_IPV6, TCP_80);
	answer(&trials, 1, FAMILY_IPV4, TCP_443);
	answer(&trials, 1, FAMILY_IPV6, 0);
	answer(&trials, 2, FAMILY_IPV4, 0);
	trial_at(&trials, 2, FAMILY_IPV4, WAY_TCP_80)->cause = LOSS_REFUSED;
	assert_true(proposal_any(&trials));
	proposal_print(&trials, out);
	fclose(out);
	struct config *loaded = config_load_text(text, len, "proposed.yaml", &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	assert_int_equal(diagnostics.count, 0);
	assert_non_null(loaded);
	assert_int_equal(loaded->site_count, 2);
	assert_int_equal(loaded->organisation_count, 2);
	assert_int_equal(loaded->test_count, 4);
	assert_true(test_visits_own_pages(&loaded->tests[3]));
	assert_string_equal(loaded->tests[3].name, "page-ipv4");
	assert_int_equal(loaded->tests[3].site_count, 1);
	assert_string_equal(loaded->sites[loaded->tests[3].sites[0]].url, "https://hall.cn/");
	assert_string_equal(loaded->sites[loaded->tests[3].sites[0]].expect, "政务");
	assert_non_null(strstr(text, "#   core https://core.cn/\n"));
	assert_string_equal(loaded->sites[0].title.zh, "核心,\"甲\"");
	assert_true(loaded->sites[0].weight == 2.5);
	assert_int_equal(loaded->sites[1].reach, REACH_PROVINCE);
	assert_string_equal(loaded->tests[loaded->sites[0].scored_test].name, "icmp-ipv4");
	assert_string_equal(loaded->tests[loaded->sites[1].scored_test].name, "tcp-443-ipv4");
	assert_non_null(strstr(text, "#   hall ipv6 2001:db8::2: ICMP silent, TCP 443 silent, "
				     "TCP 80 silent\n"));
	assert_non_null(strstr(text, "#   dark ipv4 192.0.2.3: ICMP silent, TCP 443 silent, "
				     "TCP 80 refused\n"));
	config_destroy(loaded);
	diagnostics_finish(&diagnostics);
	free(text);
	trials_finish(&trials);
	config_destroy(config);
}

static void of_silence_nothing_is_proposed(void **state)
{
	(void)state;
	struct config *config = load_well(HEAD "site,city,access," BOTH "\n");
	struct trials trials = trials_of(config);

	assert_false(proposal_any(&trials));
	trials_finish(&trials);
	config_destroy(config);
}

static const struct {
	const char *name;
	const char *text;
	size_t line;
	const char *key;
	const char *message;
} wrong[] = {
	{"nothing", "", 1, "", "is empty"},
	{"no row", HEAD, 1, "sites", "is missing"},
	{"no tier", "name,organisation,ipv4\na,city,192.0.2.1\n", 1, "tier", "is missing"},
	{"an unknown column", "name,organisation,tier,ip4\na,city,metro,192.0.2.1\n", 1, "ip4",
	 "did you mean ipv4?"},
	{"no address", HEAD "a,city,metro,,\n", 2, "", "has no address"},
	{"a wrong address", HEAD "a,city,metro,192.0.2,\n", 2, "ipv4", "192.0.2"},
	{"a wrong tier", HEAD "a,city,metre," BOTH "\n", 2, "tier", "metro"},
	{"a name twice", HEAD "a,city,metro," BOTH "\na,city,metro,192.0.2.3,\n", 3, "name",
	 "already defined"},
	{"no organisation", HEAD "a,,metro," BOTH "\n", 2, "organisation", "is missing"},
	{"a row too short", HEAD "a,city,metro\n", 2, "", "has 3 cells"},
	{"a quote without end", HEAD "\"a,city,metro," BOTH "\n", 2, "", "quote"},
	{"a file that is none of text", HEAD "a\001,city,metro," BOTH "\n", 2, "", ""},
};

static void what_is_wrong_has_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", wrong[i].name);
		assert_null(load(wrong[i].text, &diagnostics));
		diagnostics_print(&diagnostics, stderr);
		assert_int_equal(diagnostics.count, 1);
		assert_int_equal(diagnostics.items[0].line, wrong[i].line);
		assert_non_null(strstr(diagnostics.items[0].key, wrong[i].key));
		assert_non_null(strstr(diagnostics.items[0].message, wrong[i].message));
		diagnostics_finish(&diagnostics);
	}
	struct diagnostics diagnostics = {0};
	assert_null(config_load_inventory("/nowhere/sites.csv", &diagnostics));
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, "cannot read /nowhere/sites.csv"));
	diagnostics_finish(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_way_is_chosen),
		cmocka_unit_test(pages_are_visited_where_their_port_answers),
		cmocka_unit_test(the_proposal_loads),
		cmocka_unit_test(of_silence_nothing_is_proposed),
		cmocka_unit_test(what_is_wrong_has_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
