/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t second = 1000000000;

#define NETWORK                                                                                    \
	"network: {zh: 试验网, en: Trial}\n"                                                    \
	"organisations: [{name: city}]\n"                                                          \
	"sites:\n"                                                                                 \
	"  - {name: core, organisation: city, tier: backbone, ipv4: 192.0.2.1}\n"                  \
	"  - {name: desk, organisation: city, tier: access, ipv6: '2001:db8::3'}\n"                \
	"tests: [{name: echo}]\n"

static struct config *load(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "test.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	return config;
}

static char *printed(const struct config *config)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	config_print(config, out);
	fclose(out);
	return text;
}

static void without_the_section_nobody_is_told(void **state)
{
	(void)state;
	struct config *config = load(NETWORK);
	const struct alarms_config *alarms = &config->alarms;

	assert_int_equal(alarms->raise, 2);
	assert_int_equal(alarms->clear, 2);
	assert_int_equal(alarms->gather_ns, 10 * second);
	assert_int_equal(alarms->timeout_ns, 30 * second);
	assert_int_equal(alarms->remind_ns, 0);
	assert_null(alarms->command);
	assert_null(alarms->post);
	assert_int_equal(alarms->site_count, 2);
	config_destroy(config);
}

#define ALARMS                                                                                     \
	"alarms:\n"                                                                                \
	"  raise: 3\n"                                                                             \
	"  clear: 5\n"                                                                             \
	"  gather: 0s\n"                                                                           \
	"  remind: 4h\n"                                                                           \
	"  timeout: 7s\n"                                                                          \
	"  command: [/usr/bin/page, -x, -x, 'a \"b\" \\ $HOME']\n"                                 \
	"  post: https://me:word@hook.example:8443/send?key=secret#x\n"                            \
	"  targets: {tiers: [access]}\n"

static void assert_as_written(const struct alarms_config *alarms)
{
	assert_int_equal(alarms->raise, 3);
	assert_int_equal(alarms->clear, 5);
	assert_int_equal(alarms->gather_ns, 0);
	assert_int_equal(alarms->remind_ns, 4 * 3600 * second);
	assert_int_equal(alarms->timeout_ns, 7 * second);
	assert_string_equal(alarms->command[0], "/usr/bin/page");
	assert_string_equal(alarms->command[2], "-x");
	assert_string_equal(alarms->command[3], "a \"b\" \\ $HOME");
	assert_null(alarms->command[4]);
	assert_int_equal(alarms->site_count, 1);
	assert_int_equal(alarms->sites[0], 1);
}

static void what_is_written_is_understood_and_printed(void **state)
{
	(void)state;
	struct config *config = load(NETWORK ALARMS);
	char *text = printed(config);
	struct config *again = load(text);

	assert_as_written(&config->alarms);
	assert_string_equal(config->alarms.post,
			    "https://me:word@hook.example:8443/send?key=secret#x");
	assert_as_written(&again->alarms);
	free(text);
	config_destroy(again);
	config_destroy(config);
}

static void secrets_of_a_url_are_not_printed(void **state)
{
	(void)state;
	struct config *config = load(NETWORK ALARMS);
	char *text = printed(config);

	assert_non_null(strstr(text, "post: https://hook.example:8443/..."));
	assert_null(strstr(text, "word"));
	assert_null(strstr(text, "secret"));
	free(text);
	config_destroy(config);
}

static void only_scheme_and_host_of_a_url_are_shown(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		const char *shown;
	} rows[] = {
		{"http://host", "http://host"},
		{"https://host/path?key=1", "https://host"},
		{"https://host?key=1", "https://host"},
		{"https://host#part", "https://host"},
		{"https://user:pass@host:81/x@y", "https://host:81"},
		{"https://host/a@b", "https://host"},
		{"http://[2001:db8::1]:80/x", "http://[2001:db8::1]:80"},
		{"ftp://host/", ""},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char shown[ALARM_DESTINATION];
		alarm_destination(rows[i].url, shown);
		assert_string_equal(shown, rows[i].shown);
	}
}

static void a_refused_url_is_not_repeated(void **state)
{
	(void)state;
	static const char *const posts[] = {"ftp://secret@host/", "https:///secret",
					    "'https://host/se cret'"};

	for (size_t i = 0; i < COUNT_OF(posts); i++) {
		struct diagnostics diagnostics = {0};
		char text[2048];
		snprintf(text, sizeof(text), "%salarms: {post: %s}\n", NETWORK, posts[i]);
		assert_null(config_load_text(text, strlen(text), "test.yaml", &diagnostics));
		assert_int_equal(diagnostics.errors, 1);
		assert_null(strstr(diagnostics.items[0].message, "cret"));
		diagnostics_finish(&diagnostics);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_section_nobody_is_told),
		cmocka_unit_test(what_is_written_is_understood_and_printed),
		cmocka_unit_test(secrets_of_a_url_are_not_printed),
		cmocka_unit_test(only_scheme_and_host_of_a_url_are_shown),
		cmocka_unit_test(a_refused_url_is_not_repeated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
