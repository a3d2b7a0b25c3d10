/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

static const char text[] =
	"network: {zh: 试验网}\n"
	"organisations:\n"
	"  - name: city\n"
	"budget:\n"
	"  agent: {packets-per-second: 2.5k, bits-per-second: 10 M}\n"
	"  target: {packets-per-second: 0.5}\n"
	"  owner:\n"
	"    bits-per-second: 64000\n"
	"  disk: 50G\n"
	"contact: {zh: 运维组, email: noc@example.org}\n"
	"agents:\n"
	"  - {name: one, ipv4: 192.0.2.9, ipv6: ['2001:db8::9', '2001:db8::a']}\n"
	"sites:\n"
	"  - {name: gate, organisation: city, tier: access, ipv4: 192.0.2.1}\n"
	"tests:\n"
	"  - {name: echo}\n";

static struct config *load(const char *octets)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(octets, strlen(octets), "test.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	diagnostics_finish(&diagnostics);
	return config;
}

static void assert_limit(const struct limit *limit, double most, size_t line, size_t column)
{
	assert_true(limit->most == most);
	assert_int_equal(limit->place.line, line);
	assert_int_equal(limit->place.column, column);
}

static void assert_understood(const struct config *config)
{
	const struct budget *budget = &config->budget;

	assert_true(budget->packets[BUDGET_AGENT].most == 2500);
	assert_true(budget->bits[BUDGET_AGENT].most == 1e7);
	assert_true(budget->packets[BUDGET_TARGET].most == 0.5);
	assert_true(budget->bits[BUDGET_TARGET].most == 0);
	assert_true(budget->packets[BUDGET_OWNER].most == 0);
	assert_true(budget->bits[BUDGET_OWNER].most == 64000);
	assert_true(budget->disk.most == 5e10);
	assert_string_equal(config->contact.zh, "运维组");
	assert_string_equal(config->contact.en, "运维组");
	assert_null(config->contact.telephone);
	assert_string_equal(config->contact.email, "noc@example.org");
	assert_int_equal(config->agents[0].source_count[FAMILY_IPV4], 1);
	assert_int_equal(config->agents[0].source_count[FAMILY_IPV6], 2);
	assert_string_equal(config->agents[0].sources[FAMILY_IPV6][1].text, "2001:db8::a");
}

static void what_is_given_is_read_and_printed(void **state)
{
	(void)state;
	struct config *config = load(text);
	char *printed = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&printed, &len);

	assert_understood(config);
	assert_non_null(out);
	config_print(config, out);
	fclose(out);
	config_destroy(config);
	config = load(printed);
	assert_understood(config);
	config_destroy(config);
	free(printed);
}

static void limits_and_things_know_where_they_are_written(void **state)
{
	(void)state;
	struct config *config = load(text);

	assert_limit(&config->budget.packets[BUDGET_AGENT], 2500, 5, 31);
	assert_limit(&config->budget.bits[BUDGET_OWNER], 64000, 8, 22);
	assert_limit(&config->budget.disk, 5e10, 9, 9);
	assert_string_equal(config->sites[0].place.file, "test.yaml");
	assert_int_equal(config->organisations[0].place.line, 3);
	assert_int_equal(config->agents[0].place.line, 12);
	assert_int_equal(config->agents[0].place.column, 12);
	assert_int_equal(config->sites[0].place.line, 14);
	assert_int_equal(config->tests[0].place.line, 16);
	config_destroy(config);
}

static void what_is_left_out_is_no_limit(void **state)
{
	(void)state;
	struct config *config = load("network: {zh: 试验网}\n"
				     "organisations: [{name: city}]\n"
				     "sites: [{name: gate, organisation: city, tier: access, "
				     "ipv4: 192.0.2.1}]\n"
				     "tests: [{name: echo}]\n");

	for (enum budget_scope s = 0; s < BUDGET_SCOPES; s++) {
		assert_true(config->budget.packets[s].most == 0);
		assert_true(config->budget.bits[s].most == 0);
	}
	assert_true(config->budget.disk.most == 0);
	assert_null(config->contact.zh);
	assert_null(config->contact.email);
	assert_int_equal(config->agents[0].source_count[FAMILY_IPV4], 0);
	assert_int_equal(config->agents[0].place.line, 1);
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_is_read_and_printed),
		cmocka_unit_test(limits_and_things_know_where_they_are_written),
		cmocka_unit_test(what_is_left_out_is_no_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
