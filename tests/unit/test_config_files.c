/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configurations as files: the examples, inventories, and what config_print writes. */
#include "tests/unit/check.h"

#include "config/config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 4096 };

static void in_source(const char *name, char *out, size_t size)
{
	const char *source = getenv("NETGRADE_SOURCE");

	snprintf(out, size, "%s/%s", source == NULL ? "." : source, name);
}

/* Neither errors nor warnings. */
static void assert_flawless(const struct config *config, struct diagnostics *diagnostics)
{
	diagnostics_print(diagnostics, stderr);
	assert_int_equal(diagnostics->count, 0);
	assert_non_null(config);
	diagnostics_finish(diagnostics);
}

static struct config *load_file(const char *path)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load(path, &diagnostics);

	assert_flawless(config, &diagnostics);
	return config;
}

static struct config *load_text(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "test.yaml", &diagnostics);

	assert_flawless(config, &diagnostics);
	return config;
}

static void an_inventory_is_read(void **state)
{
	(void)state;
	char path[TEXT];

	in_source("config/examples/city.yaml", path, sizeof(path));
	struct config *config = load_file(path);
	const struct site *hall = &config->sites[config_find_site(config, "dongcheng-hall-1")];
	const struct test_config *video = &config->tests[config_find_test(config, "video")];
	assert_int_equal(config->site_count, 14);
	assert_string_equal(hall->title.zh, "东城区政务服务中心,主厅");
	assert_string_equal(hall->title.en, "East District Service Centre, main hall");
	assert_int_equal(hall->tag_count, 2);
	assert_string_equal(hall->tags[1], "video");
	assert_int_equal(hall->scored_test, config_find_test(config, "districts"));
	assert_string_equal(hall->address[FAMILY_IPV6].text, "2001:db8:0:a::10");
	assert_int_equal(video->site_count, 2);
	assert_int_equal(config->sites[config_find_site(config, "xicheng-school-2")].primary,
			 FAMILY_IPV6);
	assert_true(config->sites[config_find_site(config, "xicheng-school-1")].weight == 0.5);
	config_destroy(config);
}

static void assert_same_title(const struct title *a, const struct title *b)
{
	assert_string_equal(a->zh, b->zh);
	assert_string_equal(a->en, b->en);
}

static void assert_same_site(const struct site *a, const struct site *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(site_key(a), site_key(b));
	assert_same_title(&a->title, &b->title);
	assert_int_equal(a->organisation, b->organisation);
	assert_int_equal(a->tier, b->tier);
	assert_int_equal(a->reach, b->reach);
	assert_true(a->weight == b->weight);
	assert_int_equal(a->tag_count, b->tag_count);
	for (size_t i = 0; i < a->tag_count; i++)
		assert_string_equal(a->tags[i], b->tags[i]);
	assert_memory_equal(a->address, b->address, sizeof(a->address));
	assert_int_equal(a->scored_test, b->scored_test);
	assert_int_equal(a->scored_agent, b->scored_agent);
	assert_int_equal(a->primary, b->primary);
}

static void assert_same_test(const struct test_config *a, const struct test_config *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->method, b->method);
	assert_int_equal(a->interval_ns, b->interval_ns);
	assert_int_equal(a->packets, b->packets);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->dscp, b->dscp);
	assert_int_equal(a->t_max_ns, b->t_max_ns);
	assert_memory_equal(a->family, b->family, sizeof(a->family));
	assert_int_equal(a->site_count, b->site_count);
	assert_memory_equal(a->sites, b->sites, a->site_count * sizeof(size_t));
	assert_int_equal(a->agent_count, b->agent_count);
	assert_memory_equal(a->agents, b->agents, a->agent_count * sizeof(size_t));
}

static void assert_same(const struct config *a, const struct config *b)
{
	assert_same_title(&a->title, &b->title);
	assert_string_equal(a->time_zone, b->time_zone);
	assert_string_equal(a->data, b->data);
	assert_int_equal(a->keep_slots_ns, b->keep_slots_ns);
	assert_int_equal(a->keep_hours_ns, b->keep_hours_ns);
	assert_int_equal(a->notice_ns, b->notice_ns);
	assert_int_equal(a->allowance_ns, b->allowance_ns);
	assert_string_equal(a->profile->digest, b->profile->digest);
	assert_int_equal(a->agent_count, b->agent_count);
	for (size_t i = 0; i < a->agent_count; i++) {
		assert_string_equal(a->agents[i].name, b->agents[i].name);
		assert_same_title(&a->agents[i].title, &b->agents[i].title);
	}
	assert_int_equal(a->organisation_count, b->organisation_count);
	for (size_t i = 0; i < a->organisation_count; i++) {
		assert_string_equal(a->organisations[i].name, b->organisations[i].name);
		assert_same_title(&a->organisations[i].title, &b->organisations[i].title);
		assert_int_equal(a->organisations[i].parent, b->organisations[i].parent);
	}
	assert_int_equal(a->site_count, b->site_count);
	for (size_t i = 0; i < a->site_count; i++)
		assert_same_site(&a->sites[i], &b->sites[i]);
	assert_int_equal(a->test_count, b->test_count);
	for (size_t i = 0; i < a->test_count; i++)
		assert_same_test(&a->tests[i], &b->tests[i]);
}

/* As an archive keeps it: without the files that it named. */
static void assert_kept_is_whole(const struct config *config, const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *kept =
		config_load_kept(text, config->profile->text, "/nowhere/kept.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_non_null(kept);
	assert_same(config, kept);
	char *again = config_text(kept);
	/* The name of a profile's file is put beside the file that names it. */
	if (config->profile_named[0] != '/' && strchr(config->profile_named, '/') == NULL)
		assert_string_equal(again, text);
	free(again);
	config_destroy(kept);
	diagnostics_finish(&diagnostics);
}

/* Loads what config_print says of a configuration and compares. */
static void assert_prints_itself(const struct config *config)
{
	char *text = config_text(config);
	struct config *again = load_text(text);

	assert_same(config, again);
	assert_kept_is_whole(config, text);
	config_destroy(again);
	free(text);
}

static void write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

/* Inventory, anchors, holidays and a profile of one's own are gone; what was kept is enough. */
static void a_kept_configuration_needs_no_other_file(void **state)
{
	(void)state;
	char folder[] = "/tmp/netgrade-config-XXXXXX";
	char paths[4][64];
	static const char *const names[] = {"a.yaml", "sites.csv", "profile.yaml", "days.yaml"};
	struct diagnostics diagnostics = {0};
	struct profile *profile =
		profile_load("egov-extranet-default", "/", (struct place){"", 0, 0}, &diagnostics);

	assert_non_null(profile);
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < 4; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]);
	write_text(paths[0],
		   "network: {en: Trial}\n"
		   "inventory: sites.csv\nprofile: ./profile.yaml\n"
		   "agents:\n  - {name: hub, site: a, anchors: [{ipv4: 203.0.113.1}, "
		   "{ipv4: 203.0.113.2}, {ipv4: 203.0.113.3}]}\n"
		   "organisations: [{name: city}]\n"
		   "calendars: [{name: work, days: working, hours: \"09:00-12:00\", holidays: "
		   "china}]\n"
		   "tests: [{name: echo, calendar: work}]\n");
	write_text(paths[1], "name,formerly,organisation,tier,ipv4\n"
			     "a,old older,city,metro,192.0.2.1\nb,,city,access,192.0.2.2\n");
	write_text(paths[2], profile->text);
	struct config *config = load_file(paths[0]);
	assert_string_equal(site_key(&config->sites[0]), "old");
	for (size_t i = 0; i < 4; i++)
		unlink(paths[i]);
	rmdir(folder);
	char *text = config_text(config);
	assert_kept_is_whole(config, text);
	free(text);
	config_destroy(config);
	profile_destroy(profile);
	diagnostics_finish(&diagnostics);
}

static void every_example_prints_what_loads_to_the_same(void **state)
{
	(void)state;
	char folder[TEXT];
	struct dirent **entries = NULL;
	size_t loaded = 0;

	in_source("config/examples", folder, sizeof(folder));
	int count = scandir(folder, &entries, NULL, alphasort);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');
		char path[TEXT + 512];
		/* A story is no configuration but a scenario. */
		bool story = strstr(entries[i]->d_name, "-story.") != NULL;
		if (!story && dot != NULL && strcmp(dot, ".yaml") == 0) {
			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			print_message("# %s\n", entries[i]->d_name);
			struct config *config = load_file(path);
			assert_prints_itself(config);
			config_destroy(config);
			loaded++;
		}
		free(entries[i]);
	}
	free(entries);
	assert_true(loaded >= 2);
}

static void odd_texts_print_what_loads_to_the_same(void **state)
{
	(void)state;
	struct config *config = load_text(
		"network: {zh: '引号\"反斜杠\\与#冒号: ', en: 'null'}\n"
		"organisations: [{name: null, en: '- [x]', children: [{name: 1e3}]}]\n"
		"sites:\n"
		"  - {name: true, organisation: 1e3, tier: access, weight: 0.1, ipv6: '::1',\n"
		"     scored: {test: off}}\n"
		"  - {name: 0x1f, organisation: null, tier: metro, weight: 33.333333333333336,\n"
		"     ipv4: 192.0.2.1, tags: [no, 007]}\n"
		"tests: [{name: off, interval: 90s}, {name: 'on', size: 65, families: [ipv6],\n"
		"  targets: {sites: [true]}, dscp: 1}]\n"
		"profile: egov-extranet-default\n");

	assert_prints_itself(config);
	config_destroy(config);
}

/* An inventory of many sites, written where the test may write. */
static void write_inventory(const char *path, size_t count)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "name,zh,en,organisation,tier,tags,ipv4,ipv6\r\n");
	for (size_t i = 0; i < count; i++)
		fprintf(file,
			"site-%zu,\"站点,%zu\",Site %zu,o-%zu,access,a b,10.%zu.%zu.%zu,"
			"2001:db8::%zx\r\n",
			i, i, i, i % 1000, i >> 16, i >> 8 & 255, i & 255, i + 1);
	fclose(file);
}

static void write_large(const char *path, const char *inventory)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "network: {en: Large}\ninventory: %s\norganisations:\n", inventory);
	for (int i = 0; i < 1000; i++)
		fprintf(file, "  - {name: o-%d}\n", i);
	fprintf(file, "tests: [{name: echo, targets: {tags: [b]}}]\n");
	fclose(file);
}

static void ten_thousand_sites_load_quickly(void **state)
{
	(void)state;
	char folder[] = "/tmp/test-config-XXXXXX";
	char path[64];
	char inventory[64];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/large.yaml", folder);
	snprintf(inventory, sizeof(inventory), "%s/large.csv", folder);
	write_inventory(inventory, 10000);
	write_large(path, "large.csv");
	clock_t start = clock();
	struct config *config = load_file(path);
	double took = (double)(clock() - start) / CLOCKS_PER_SEC;
	unlink(path);
	unlink(inventory);
	rmdir(folder);
	print_message("# 10000 sites: %.3f s of CPU\n", took);
	assert_int_equal(config->site_count, 10000);
	assert_int_equal(config->tests[0].site_count, 10000);
	assert_int_equal(config_find_site(config, "site-9999"), 9999);
	assert_true(took < 1.0);
	config_destroy(config);
}

static void the_reference_names_every_key(void **state)
{
	(void)state;
	static const char *const keys[] = {
		"network.zh",
		"time-zone",
		"retention.slots",
		"maintenance.allowance",
		"agents[].name",
		"organisations[].children[]",
		"sites[].scored.family",
		"tests[].interval",
		"tests[].targets.tags",
		"tests[].t-max",
	};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	config_print_reference(out);
	fclose(out);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		char line[128];
		snprintf(line, sizeof(line), "\n%s\n", keys[i]);
		print_message("# %s\n", keys[i]);
		assert_non_null(strstr(text, line));
	}
	assert_non_null(strstr(text, "16 to 8972 octets; default: 64"));
	assert_non_null(strstr(text, "duration, 100ms to 1m; default: 3s; of http 15s"));
	free(text);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
	(void)state;
	static const char *const paths[] = {"/nowhere/at-all.yaml", "/tmp", "/dev/null"};

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct diagnostics diagnostics = {0};
		print_message("# %s\n", paths[i]);
		assert_null(config_load(paths[i], &diagnostics));
		assert_int_equal(diagnostics.errors, 1);
		assert_string_equal(diagnostics.items[0].file, paths[i]);
		assert_int_equal(diagnostics.items[0].line, 1);
		assert_int_equal(diagnostics.items[0].column, 1);
		assert_non_null(strstr(diagnostics.items[0].message, "cannot read"));
		diagnostics_finish(&diagnostics);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inventory_is_read),
		cmocka_unit_test(every_example_prints_what_loads_to_the_same),
		cmocka_unit_test(a_kept_configuration_needs_no_other_file),
		cmocka_unit_test(odd_texts_print_what_loads_to_the_same),
		cmocka_unit_test(ten_thousand_sites_load_quickly),
		cmocka_unit_test(the_reference_names_every_key),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
