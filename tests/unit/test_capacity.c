/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/capacity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { TEXT = 2048 };

/* A loopback target, so many packets a second. */
static struct config *load(const char *agent, unsigned packets)
{
	static const char format[] = "network: {zh: 试验网}\n"
				     "data: /tmp/netgrade-capacity-nowhere/data\n"
				     "retention: {slots: 1d, hours: 1d}\n"
				     "organisations: [{name: city, zh: 市}]\n"
				     "agents:\n  - {name: one%s}\n"
				     "sites:\n"
				     "  - {name: near, organisation: city, tier: access, ipv4: "
				     "127.0.0.1}\n"
				     "tests:\n  - {name: echo, interval: 1s, packets: %u}\n";
	struct diagnostics diagnostics = {0};
	char text[TEXT];
	int len = snprintf(text, sizeof(text), format, agent, packets);
	struct config *config = config_load_text(text, (size_t)len, "test.yaml", &diagnostics);

	if (config == NULL)
		diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	diagnostics_finish(&diagnostics);
	return config;
}

struct row {
	const char *name;
	const char *agent;
	unsigned packets;
	double ceiling;
	bool forced;
	const char *what; /* NULL: nothing falls short */
	const char *mend;
};

static const struct row rows[] = {
	{"all well", "", 10, 1000, true, NULL, NULL},
	{"the ceiling is not known", "", 1000, NAN, true, NULL, NULL},
	{"just half of the ceiling", "", 500, 1000, true, NULL, NULL},
	{"more than half of it", "", 501, 1000, true, "speed", "fewer packets"},
	{"the queue is just long enough", ", receive-buffer: 16000", 100, NAN, true, NULL, NULL},
	{"the queue is too short", ", receive-buffer: 16000", 101, NAN, true, "receive queue",
	 "receive-buffer: 17600"},
	{"anchors on the link itself",
	 ", anchors: [{ipv4: 127.0.0.2}, {ipv4: 127.0.0.3}, {ipv4: 127.0.0.4}]", 10, NAN, true,
	 "anchors", "further away"},
};

static void what_falls_short_is_told_and_how_to_mend_it(void **state)
{
	(void)state;
	const struct hash_key key = {{1, 2}};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config *config = load(rows[i].agent, rows[i].packets);
		struct capacity_request request = {
			.config = config, .ceiling = rows[i].ceiling, .forced = rows[i].forced};
		struct shortfalls found;
		struct plan plan;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(plan_create(config, 0, &key, &plan), E_OK);
		request.plan = &plan;
		capacity_compare(&request, &found);
		assert_int_equal(found.count, rows[i].what == NULL ? 0 : 1);
		if (found.count > 0) {
			assert_string_equal(found.items[0].what, rows[i].what);
			assert_non_null(strstr(found.items[0].mend, rows[i].mend));
		}
		plan_finish(&plan);
		config_destroy(config);
	}
}

/* So many queries a second over TCP, each of which may take two. */
static size_t shortfalls_of_streams(unsigned packets, struct shortfalls *out)
{
	static const char format[] = "network: {en: Trial}\n"
				     "data: /tmp/netgrade-capacity-nowhere/data\n"
				     "retention: {slots: 1d, hours: 1d}\n"
				     "organisations: [{name: city}]\n"
				     "sites: [{name: near, organisation: city, tier: access, "
				     "ipv4: 127.0.0.1}]\n"
				     "tests: [{name: names, method: dns, query: a.cn, transport: "
				     "tcp, interval: 1s, t-max: 2s, packets: %u}]\n";
	const struct hash_key key = {{1, 2}};
	struct diagnostics diagnostics = {0};
	char text[TEXT];
	int len = snprintf(text, sizeof(text), format, packets);
	struct config *config = config_load_text(text, (size_t)len, "test.yaml", &diagnostics);
	struct capacity_request request = {.config = config, .ceiling = NAN, .forced = true};
	struct plan plan;

	assert_non_null(config);
	assert_int_equal(plan_create(config, 0, &key, &plan), E_OK);
	request.plan = &plan;
	capacity_compare(&request, out);
	plan_finish(&plan);
	config_destroy(config);
	diagnostics_finish(&diagnostics);
	return out->count;
}

static void more_streams_than_there_is_room_for_are_told(void **state)
{
	(void)state;
	struct shortfalls found;

	assert_int_equal(shortfalls_of_streams(512, &found), 0);
	assert_int_equal(shortfalls_of_streams(513, &found), 1);
	assert_string_equal(found.items[0].what, "DNS over TCP");
	assert_non_null(strstr(found.items[0].need, "1026 queries"));
	assert_non_null(strstr(found.items[0].have, "1024"));
}

static void few_descriptors_are_told(void **state)
{
	(void)state;
	const struct hash_key key = {{1, 2}};
	struct config *config = load("", 1);
	struct capacity_request request = {.config = config, .ceiling = NAN, .forced = true};
	struct rlimit before;
	struct shortfalls found;
	struct plan plan;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	struct rlimit few = {.rlim_cur = 64, .rlim_max = before.rlim_max};
	assert_int_equal(plan_create(config, 0, &key, &plan), E_OK);
	request.plan = &plan;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	capacity_compare(&request, &found);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].what, "open files");
	assert_string_equal(found.items[0].have, "64");
	plan_finish(&plan);
	config_destroy(config);
}

static void an_agent_without_anchors_is_told(void **state)
{
	(void)state;
	struct config *config = load("", 1);
	struct shortfall found;

	assert_true(capacity_lack_anchors(&config->agents[0], &found));
	assert_non_null(strstr(found.have, "agent one"));
	config_destroy(config);
	config = load(", anchors: [{ipv4: 192.0.2.7}, {ipv4: 192.0.2.8}, {ipv4: 192.0.2.9}]", 1);
	assert_false(capacity_lack_anchors(&config->agents[0], &found));
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_falls_short_is_told_and_how_to_mend_it),
		cmocka_unit_test(more_streams_than_there_is_room_for_are_told),
		cmocka_unit_test(few_descriptors_are_told),
		cmocka_unit_test(an_agent_without_anchors_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
