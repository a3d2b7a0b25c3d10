/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 4096 };

static const int64_t second = 1000000000;

#define HEAD                                                                                       \
	"network: {zh: 试验网, en: Trial}\n"                                                    \
	"organisations:\n"                                                                         \
	"  - name: city\n"                                                                         \
	"    children:\n"                                                                          \
	"      - {name: east, children: [{name: hall}]}\n"                                         \
	"      - {name: west}\n"
#define SITES                                                                                      \
	"sites:\n"                                                                                 \
	"  - {name: core, organisation: city, tier: backbone, ipv4: 192.0.2.1, tags: [a]}\n"       \
	"  - {name: ring, organisation: east, tier: metro, ipv4: 192.0.2.2, tags: [a, b]}\n"       \
	"  - {name: desk, organisation: hall, tier: access, ipv4: 192.0.2.3,\n"                    \
	"     ipv6: '2001:db8::3'}\n"                                                              \
	"  - {name: edge, organisation: west, tier: access, ipv6: '2001:db8::4', tags: [b]}\n"

static struct config *load(const char *text, struct diagnostics *diagnostics)
{
	return config_load_text(text, strlen(text), "test.yaml", diagnostics);
}

/* The configuration of a text that must be right, without warnings too. */
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

static void what_is_left_out_has_its_default(void **state)
{
	(void)state;
	struct config *config = load_well(HEAD SITES "tests: [{name: echo}]\n");
	const struct test_config *test = &config->tests[0];

	assert_string_equal(config->time_zone, "Asia/Shanghai");
	assert_string_equal(config->data, "/var/lib/netgrade");
	assert_int_equal(config->keep_slots_ns, 45 * 86400 * second);
	assert_int_equal(config->keep_hours_ns, 400 * 86400 * second);
	assert_int_equal(config->notice_ns, 24 * 3600 * second);
	assert_int_equal(config->allowance_ns, 8 * 3600 * second);
	assert_string_equal(config->profile->name, "egov-extranet-default");
	assert_int_equal(config->agent_count, 1);
	assert_string_equal(config->agents[0].name, "local");
	assert_string_equal(test->method, "icmp");
	assert_int_equal(test->interval_ns, 60 * second);
	assert_int_equal(test->packets, 20);
	assert_int_equal(test->size, 64);
	assert_int_equal(test->dscp, 0);
	assert_int_equal(test->t_max_ns, 3 * second);
	assert_true(test->family[FAMILY_IPV4] && test->family[FAMILY_IPV6]);
	assert_int_equal(test->site_count, 4);
	assert_int_equal(test->agent_count, 1);
	assert_int_equal(config->sites[0].reach, REACH_PROVINCE);
	assert_int_equal(config->sites[1].reach, REACH_CITY);
	assert_true(config->sites[2].weight == 1.0);
	assert_int_equal(config->sites[2].primary, FAMILY_IPV4);
	assert_int_equal(config->sites[3].primary, FAMILY_IPV6);
	assert_string_equal(config->organisations[1].title.zh, "east");
	config_destroy(config);
}

static void names_are_found_and_the_tree_is_known(void **state)
{
	(void)state;
	struct config *config = load_well(HEAD SITES "tests: [{name: echo}]\n");
	size_t city = config_find_organisation(config, "city");
	size_t east = config_find_organisation(config, "east");
	size_t hall = config_find_organisation(config, "hall");
	size_t west = config_find_organisation(config, "west");

	assert_int_equal(config_find_site(config, "desk"), 2);
	assert_int_equal(config_find_site(config, "nowhere"), CONFIG_NONE);
	assert_int_equal(config_find_test(config, "echo"), 0);
	assert_int_equal(config_find_agent(config, "local"), 0);
	assert_int_equal(config_find_agent(config, "remote"), CONFIG_NONE);
	assert_int_equal(config->organisations[city].parent, CONFIG_NONE);
	assert_int_equal(config->organisations[hall].parent, east);
	assert_true(config_within(config, hall, city));
	assert_true(config_within(config, east, east));
	assert_false(config_within(config, hall, west));
	assert_false(config_within(config, city, hall));
	config_destroy(config);
}

static void targets_are_and_across_kinds_or_within(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *targets;
		const char *sites; /* names in order */
	} rows[] = {
		{"one tier", "targets: {tiers: [access]}", "desk edge "},
		{"two tiers", "targets: {tiers: [metro, backbone]}", "core ring "},
		{"a subtree", "targets: {organisations: [east]}", "ring desk "},
		{"the whole tree", "targets: {organisations: [city]}", "core ring desk edge "},
		{"a tag", "targets: {tags: [b]}", "ring edge "},
		{"two tags", "targets: {tags: [a, b]}", "core ring edge "},
		{"sites", "targets: {sites: [edge, core]}", "core edge "},
		{"tag and tier", "targets: {tags: [b], tiers: [access]}", "edge "},
		{"organisation and site", "targets: {organisations: [east], sites: [desk, edge]}",
		 "desk "},
		{"a family", "families: [ipv6]", "desk edge "},
		{"family and tier", "families: [ipv4], targets: {tiers: [access]}", "desk "},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[TEXT];
		char sites[256] = "";
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", rows[i].name);
		snprintf(text, sizeof(text), HEAD SITES "tests: [{name: echo, %s}]\n",
			 rows[i].targets);
		struct config *config = load(text, &diagnostics);
		diagnostics_finish(&diagnostics); /* warnings: sites without a test */
		assert_non_null(config);
		for (size_t k = 0; k < config->tests[0].site_count; k++) {
			strcat(sites, config->sites[config->tests[0].sites[k]].name);
			strcat(sites, " ");
		}
		assert_string_equal(sites, rows[i].sites);
		config_destroy(config);
	}
}

/* One value of a test, written in every way. */
static void values_are_read_or_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *key;
		const char *words; /* of the error; NULL: it is right */
	} rows[] = {
		{"seconds", "interval: 60s", NULL},
		{"minutes", "interval: 5m", NULL},
		{"hours", "interval: 8h", NULL},
		{"a whole second in milliseconds", "interval: 1000ms", NULL},
		{"an hour in minutes", "interval: 60m", NULL},
		{"a bare number is refused", "interval: 5", "write 5s"},
		{"half a second", "interval: 500ms", "1s to 8h"},
		{"a second and a half", "interval: 1500ms", "use 1s or 2s"},
		{"seven seconds", "interval: 7s", "use 6s or 8s"},
		{"nothing", "interval: 0s", "out of range"},
		{"longer than all", "interval: 1d", "1s to 8h"},
		{"longer than time", "interval: 99999999999999999999d", "no duration"},
		{"a product beyond 64 bits", "interval: 9999999999d", "no duration"},
		{"a fraction", "interval: 1.5m", "no duration"},
		{"a negative duration", "interval: -5s", "no duration"},
		{"an unknown unit", "interval: 5min", "no duration"},
		{"the shortest deadline", "t-max: 100ms", NULL},
		{"the longest deadline", "t-max: 10s", NULL},
		{"a deadline too long", "t-max: 10001ms", "100ms to 10s"},
		{"least payload", "size: 16", NULL},
		{"most payload", "size: 8972", NULL},
		{"too small a payload", "size: 15", "16 to 8972"},
		{"hexadecimal", "size: 0x40", "no whole number"},
		{"a number with a tail", "packets: 20p", "no whole number"},
		{"a number beyond 64 bits", "packets: 99999999999999999999", "no whole number"},
		{"a negative number", "dscp: -1", "0 to 63"},
		{"a list for one value", "packets: [20]", "write one value"},
		{"one value for a list", "families: ipv4", "write a list"},
		{"listed twice", "families: [ipv4, ipv4]", "listed twice"},
		{"an empty value", "packets: ''", "no whole number"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[TEXT];
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", rows[i].name);
		snprintf(text, sizeof(text), HEAD SITES "tests:\n  - name: echo\n    %s\n",
			 rows[i].key);
		struct config *config = load(text, &diagnostics);
		assert_int_equal(config != NULL, rows[i].words == NULL);
		assert_int_equal(diagnostics.errors, rows[i].words != NULL);
		if (rows[i].words != NULL)
			assert_non_null(strstr(diagnostics.items[0].message, rows[i].words));
		config_destroy(config);
		diagnostics_finish(&diagnostics);
	}
}

static void addresses_are_read_or_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *key;
		const char *words;     /* of the error; NULL: it is right */
		const char *canonical; /* how the system writes it */
	} rows[] = {
		{"IPv4", "ipv4: 192.0.2.9", NULL, "192.0.2.9"},
		{"loopback", "ipv4: 127.0.0.1", NULL, "127.0.0.1"},
		{"IPv6", "ipv6: '2001:DB8:0:0::0009'", NULL, "2001:db8::9"},
		{"IPv6 loopback", "ipv6: '::1'", NULL, "::1"},
		{"a leading zero", "ipv4: 192.0.2.010", "no IPv4 address", NULL},
		{"three parts", "ipv4: 192.0.2", "no IPv4 address", NULL},
		{"a host name", "ipv4: gate.example", "no IPv4 address", NULL},
		{"a prefix", "ipv4: 192.0.2.0/24", "no IPv4 address", NULL},
		{"multicast", "ipv4: 224.0.0.1", "unicast", NULL},
		{"unspecified", "ipv4: 0.0.0.0", "unicast", NULL},
		{"IPv6 multicast", "ipv6: 'ff02::1'", "unicast", NULL},
		{"link-local", "ipv6: 'fe80::1'", "link-local", NULL},
		{"a zone", "ipv6: 'fe80::1%eth0'", "no IPv6 address", NULL},
		{"IPv4-mapped", "ipv6: '::ffff:192.0.2.1'", "IPv4-mapped", NULL},
		{"the other family", "ipv6: 192.0.2.1", "under ipv4", NULL},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[TEXT];
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", rows[i].name);
		snprintf(
			text, sizeof(text),
			"network: {en: Trial}\norganisations: [{name: city}]\n"
			"sites:\n  - name: gate\n    organisation: city\n    tier: access\n    %s\n"
			"tests: [{name: echo}]\n",
			rows[i].key);
		struct config *config = load(text, &diagnostics);
		assert_int_equal(diagnostics.errors, rows[i].words != NULL);
		if (rows[i].words != NULL) {
			assert_null(config);
			assert_non_null(strstr(diagnostics.items[0].message, rows[i].words));
		} else {
			assert_non_null(config);
			assert_string_equal(config->sites[0].address[config->sites[0].primary].text,
					    rows[i].canonical);
		}
		config_destroy(config);
		diagnostics_finish(&diagnostics);
	}
}

static void what_is_scored_can_be_named(void **state)
{
	(void)state;
	struct config *config = load_well(
		"agents: [{name: here}, {name: there}]\n"
		"network: {en: Trial}\norganisations: [{name: city}]\n"
		"sites:\n"
		"  - {name: gate, organisation: city, tier: access, ipv4: 192.0.2.1,\n"
		"     ipv6: '2001:db8::1', scored: {test: large, agent: there, family: ipv6}}\n"
		"tests:\n  - {name: echo, agents: [here]}\n  - {name: large, size: 1400}\n");

	assert_int_equal(config->sites[0].scored_test, 1);
	assert_int_equal(config->sites[0].scored_agent, 1);
	assert_int_equal(config->sites[0].primary, FAMILY_IPV6);
	config_destroy(config);
}

static void a_partial_wish_narrows_the_choice(void **state)
{
	(void)state;
	struct config *config =
		load_well("agents: [{name: here}, {name: there}]\n"
			  "network: {en: Trial}\norganisations: [{name: city}]\n"
			  "sites:\n"
			  "  - {name: gate, organisation: city, tier: access, ipv4: 192.0.2.1,\n"
			  "     ipv6: '2001:db8::1', scored: {agent: there}}\n"
			  "  - {name: hall, organisation: city, tier: access, ipv4: 192.0.2.2,\n"
			  "     ipv6: '2001:db8::2', scored: {family: ipv6, test: large}}\n"
			  "tests:\n  - {name: echo, agents: [here]}\n"
			  "  - {name: large, size: 1400, agents: [there], families: [ipv6]}\n");

	assert_int_equal(config->sites[0].scored_test, 1);
	assert_int_equal(config->sites[0].scored_agent, 1);
	assert_int_equal(config->sites[0].primary, FAMILY_IPV6);
	assert_int_equal(config->sites[1].scored_test, 1);
	config_destroy(config);
}

static void series_that_differ_are_no_repetition(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char
			*second; /* the test beside {name: echo, agents: [here], targets: gate} */
		bool same;
	} rows[] = {
		{"the same", "agents: [here], interval: 5m, packets: 50", true},
		{"one of two agents", "agents: [there, here]", true},
		{"another size", "agents: [here], size: 128", false},
		{"another code point", "agents: [here], dscp: 46", false},
		{"another agent", "agents: [there]", false},
		{"another family", "agents: [here], families: [ipv6]", false},
		{"other sites", "agents: [here], targets: {sites: [hall]}", false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[TEXT];
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", rows[i].name);
		snprintf(text, sizeof(text),
			 "agents: [{name: here}, {name: there}]\n"
			 "network: {en: Trial}\norganisations: [{name: city}]\nsites:\n"
			 "  - {name: gate, organisation: city, tier: access, ipv4: 192.0.2.1,\n"
			 "     ipv6: '2001:db8::1', scored: {test: echo}}\n"
			 "  - {name: hall, organisation: city, tier: access, ipv6: '2001:db8::2',\n"
			 "     scored: {test: other, agent: %s}}\n"
			 "tests:\n"
			 "  - {name: echo, agents: [here], families: [ipv4]}\n"
			 "  - {name: other, %s}\n",
			 strstr(rows[i].second, "there") == NULL ? "here" : "there",
			 rows[i].second);
		struct config *config = load(text, &diagnostics);
		diagnostics_print(&diagnostics, stderr);
		assert_int_equal(diagnostics.errors, rows[i].same);
		if (rows[i].same)
			assert_non_null(strstr(diagnostics.items[0].message,
					       "same series as echo (gate from here over ipv4)"));
		config_destroy(config);
		diagnostics_finish(&diagnostics);
	}
}

static void what_is_never_used_is_warned_of(void **state)
{
	(void)state;
	static const struct {
		size_t line;
		size_t column;
		const char *words;
	} rows[] = {
		{1, 31, "no test runs on this agent"},
		{3, 40, "neither this organisation nor one below it has a site"},
		{6, 12, "no test covers this site"},
		{6, 62, "the address of gate too"},
	};
	struct diagnostics diagnostics = {0};
	struct config *config =
		load("agents: [{name: here}, {name: there}]\n"
		     "network: {en: Trial}\n"
		     "organisations: [{name: city}, {name:   west}]\n"
		     "sites:\n"
		     "  - {name: gate, organisation: city, tier: access, ipv4: 192.0.2.1}\n"
		     "  - {name: hall, organisation: city, tier: metro, ipv4:      192.0.2.1}\n"
		     "tests: [{name: echo, agents: [here], targets: {tiers: [access]}}]\n",
		     &diagnostics);

	assert_non_null(config);
	assert_int_equal(diagnostics.errors, 0);
	assert_int_equal(diagnostics.count, COUNT_OF(rows));
	FILE *null = fopen("/dev/null", "w");
	diagnostics_print(&diagnostics, null); /* sorts */
	fclose(null);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		print_message("# %s\n", diagnostics.items[i].message);
		assert_int_equal(diagnostics.items[i].severity, SEVERITY_WARNING);
		assert_int_equal(diagnostics.items[i].line, rows[i].line);
		assert_int_equal(diagnostics.items[i].column, rows[i].column);
		assert_non_null(strstr(diagnostics.items[i].message, rows[i].words));
	}
	assert_int_equal(config->sites[1].scored_test, CONFIG_NONE);
	config_destroy(config);
	diagnostics_finish(&diagnostics);
}

static void aliases_without_cycles_are_understood(void **state)
{
	(void)state;
	struct config *config = load_well(
		"network: {en: Trial}\norganisations: [{name: city}]\n"
		"sites:\n"
		"  - {name: gate, organisation: city, tier: access, ipv4: 192.0.2.1, tags: &t "
		"[a]}\n"
		"  - {name: hall, organisation: city, tier: metro, ipv4: 192.0.2.2, tags: *t}\n"
		"tests: [{name: echo, targets: {tags: *t}}]\n");

	assert_int_equal(config->tests[0].site_count, 2);
	config_destroy(config);
}

/* Each level names the one before nine times: 9^12 organisations in half a kilobyte. */
static void aliases_that_multiply_are_refused(void **state)
{
	(void)state;
	char text[TEXT] = "network: {en: Trial}\norganisations:\n  - &l0 {name: city}\n";
	struct diagnostics diagnostics = {0};

	for (int i = 1; i <= 12; i++) {
		char line[256];
		snprintf(
			line, sizeof(line),
			"  - &l%d {name: o%d, children: [*l%d, *l%d, *l%d, *l%d, *l%d, *l%d, *l%d, "
			"*l%d, *l%d]}\n",
			i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
		strcat(text, line);
	}
	assert_null(load(text, &diagnostics));
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, "through aliases"));
	diagnostics_finish(&diagnostics);
}

/* Brackets without end are refused where they become too many, and not read to their last. */
static void brackets_without_end_are_refused(void **state)
{
	(void)state;
	enum { BRACKETS = 1000000 };
	struct diagnostics diagnostics = {0};
	char *text = calloc(1, BRACKETS + 4);

	assert_non_null(text);
	memcpy(text, "a: ", 3);
	memset(text + 3, '[', BRACKETS);
	assert_null(load(text, &diagnostics));
	assert_int_equal(diagnostics.count, 1);
	assert_int_equal(diagnostics.items[0].line, 1);
	assert_int_equal(diagnostics.items[0].column, 3 + 256);
	assert_non_null(strstr(diagnostics.items[0].message, "levels deep"));
	diagnostics_finish(&diagnostics);
	free(text);
}

static void a_byte_order_mark_takes_no_column(void **state)
{
	(void)state;
	struct diagnostics diagnostics = {0};

	assert_null(load("\xEF\xBB\xBFnetwork: {en: Trial, fr: Essai}\norganisations: [{name: a}]\n"
			 "sites: [{name: b, organisation: a, tier: access, ipv4: 192.0.2.1}]\n"
			 "tests: [{name: c}]\n",
			 &diagnostics));
	assert_int_equal(diagnostics.count, 1);
	assert_int_equal(diagnostics.items[0].line, 1);
	assert_int_equal(diagnostics.items[0].column, 22);
	diagnostics_finish(&diagnostics);
}

static void the_digest_is_that_of_the_text(void **state)
{
	(void)state;
	static const char text[] =
		"network: {en: Trial}\norganisations: [{name: city}]\n"
		"sites: [{name: gate, organisation: city, tier: access, ipv4: 192.0.2.1}]\n"
		"tests: [{name: echo}]\n";
	struct config *config = load_well(text);

	/* From sha256sum over the same text. */
	assert_string_equal(config->digest,
			    "9e4ba0c5508a6fad1c9e92c4d480fcba78c418136e42253d739c0be25582d020");
	config_destroy(config);
}

/* A mistake must not be told again wherever something depends on it. */
static void one_mistake_gives_one_error(void **state)
{
	(void)state;
	static const char network[] = "network: {en: Trial}\n";
	static const char city[] = "organisations: [{name: city}]\n";
	static const char gate[] = "sites: [{name: gate, organisation: city, tier: access, "
				   "ipv4: 192.0.2.1, tags: [a], scored: {test: echo}}]\n";
	static const char echo[] = "tests: [{name: echo}]\n";
	static const struct {
		const char *name;
		const char *parts[4];
		const char *key;
	} rows[] = {
		{"a list at the top", {"- network\n", "", "", ""}, ""},
		{"a section misspelt", {"netwrok: {en: Trial}\n", city, gate, echo}, "netwrok"},
		{"a section that is a list", {"network: [Trial]\n", city, gate, echo}, "network"},
		{"an organisation's name",
		 {network, "organisations: [{name: City}]\n", gate, echo},
		 "organisations[0].name"},
		{"an organisation without keys",
		 {network, "organisations: [city]\n", gate, echo},
		 "organisations[0]"},
		{"a site without keys",
		 {network, city, "sites: [gate]\n",
		  "tests: [{name: echo, targets: {sites: [gate]}}]\n"},
		 "sites[0]"},
		{"a test's name misspelt",
		 {network, city, gate, "tests: [{nmae: echo}]\n"},
		 "tests[0].nmae"},
		{"the tests misspelt", {network, city, gate, "test: [{name: echo}]\n"}, "test"},
		{"targets misspelt",
		 {network, city, gate, "tests: [{name: echo, target: {tiers: [metro]}}]\n"},
		 "tests[0].target"},
		{"targets of another kind",
		 {network, city, gate, "tests: [{name: echo, targets: all}]\n"},
		 "tests[0].targets"},
		{"a tag misspelt",
		 {network, city, gate, "tests: [{name: echo, targets: {tags: [b]}}]\n"},
		 "tests[0].targets.tags"},
		{"an agent misspelt",
		 {network, city, gate, "tests: [{name: echo, agents: [lokal]}]\n"},
		 "tests[0].agents"},
		{"an inventory that is missing",
		 {network, city, "inventory: nowhere/sites.csv\n",
		  "tests: [{name: echo, targets: {sites: [gate], tags: [a]}}]\n"},
		 "inventory"},
		{"no sites", {network, city, echo, ""}, "sites"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[TEXT];
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", rows[i].name);
		snprintf(text, sizeof(text), "%s%s%s%s", rows[i].parts[0], rows[i].parts[1],
			 rows[i].parts[2], rows[i].parts[3]);
		assert_null(load(text, &diagnostics));
		diagnostics_print(&diagnostics, stderr);
		assert_int_equal(diagnostics.count, 1);
		assert_string_equal(diagnostics.items[0].key, rows[i].key);
		diagnostics_finish(&diagnostics);
	}
}

static void diagnostics_print_in_the_order_of_the_file(void **state)
{
	(void)state;
	struct diagnostics diagnostics = {0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	diagnostics_add(&diagnostics, SEVERITY_ERROR, (struct place){"b.yaml", 1, 1}, "", "last");
	diagnostics_add(&diagnostics, SEVERITY_WARNING, (struct place){"a.yaml", 10, 2}, "x.y",
			"is %s", "unused");
	diagnostics_add(&diagnostics, SEVERITY_ERROR, (struct place){"a.yaml", 9, 30}, "x",
			"wrong");
	diagnostics_print(&diagnostics, out);
	fclose(out);
	assert_string_equal(text, "a.yaml:9:30: x: wrong\nwarning: a.yaml:10:2: x.y: is unused\n"
				  "b.yaml:1:1: last\n");
	assert_int_equal(diagnostics.errors, 2);
	free(text);
	diagnostics_finish(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(names_are_found_and_the_tree_is_known),
		cmocka_unit_test(targets_are_and_across_kinds_or_within),
		cmocka_unit_test(values_are_read_or_refused),
		cmocka_unit_test(addresses_are_read_or_refused),
		cmocka_unit_test(what_is_scored_can_be_named),
		cmocka_unit_test(a_partial_wish_narrows_the_choice),
		cmocka_unit_test(series_that_differ_are_no_repetition),
		cmocka_unit_test(what_is_never_used_is_warned_of),
		cmocka_unit_test(aliases_without_cycles_are_understood),
		cmocka_unit_test(aliases_that_multiply_are_refused),
		cmocka_unit_test(brackets_without_end_are_refused),
		cmocka_unit_test(a_byte_order_mark_takes_no_column),
		cmocka_unit_test(the_digest_is_that_of_the_text),
		cmocka_unit_test(one_mistake_gives_one_error),
		cmocka_unit_test(diagnostics_print_in_the_order_of_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
