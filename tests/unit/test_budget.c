/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test_store_path.h"

#include "collector/base/calendar.h"
#include "collector/budget.h"
#include "collector/needs.h"
#include "collector/plan.h"

#include <dirent.h>
#include <sys/stat.h>

enum { TEXT = 4096 };

static const struct hash_key any = {{1, 2}};

/* Line 2 is the budget, line 4 the organisations, lines 6 to 7 the agents, 9 to 10 the sites. */
static struct config *load(const char *budget)
{
	static const char format[] =
		"network: {zh: 试验网}\n"
		"budget: {%s}\n"
		"organisations:\n"
		"  - {name: city, children: [{name: east}]}\n"
		"agents:\n"
		"  - {name: one}\n"
		"  - {name: two}\n"
		"sites:\n"
		"  - {name: core, organisation: city, tier: metro, ipv4: 192.0.2.1, "
		"scored: {agent: one, test: echo}}\n"
		"  - {name: hall, organisation: east, tier: access, ipv4: 192.0.2.2, "
		"ipv6: '2001:db8::2', scored: {agent: one, test: echo}}\n"
		"retention: {slots: 2d, hours: 4d}\n"
		"calendars:\n"
		"  - {name: sunday, days: sun, hours: '09:00-10:00'}\n"
		"tests:\n"
		"  - {name: echo, interval: 60s, packets: 30}\n"
		"  - {name: large, interval: 60s, packets: 60, size: 1000, calendar: sunday,\n"
		"     agents: [two], targets: {sites: [hall]}, families: [ipv4]}\n";
	struct diagnostics diagnostics = {0};
	char text[TEXT];
	int len = snprintf(text, sizeof(text), format, budget);
	struct config *config = config_load_text(text, (size_t)len, "test.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	assert_int_equal(calendar_use_zone(config->time_zone), E_OK);
	return config;
}

struct row {
	const char *name;
	const char *budget;
	const char *errors; /* as printed; "" for none */
};

/* On weekdays an agent sends 3 series × 30 a minute = 1.5 packets/s; agent two one more on Sundays
 * from nine to ten. Frames: 110 octets IPv4, 130 IPv6, 1,046 for 1,000 octets. */
static const struct row rows[] = {
	{"no bound", "agent: {}", ""},
	{"packets of an agent, just kept", "agent: {packets-per-second: 2.5}", ""},
	{"packets of an agent", "agent: {packets-per-second: 2.4}",
	 "test.yaml:7:12: budget.agent.packets-per-second: agent two sends 2.5 packets/s from "
	 "2026-11-29 09:00 on, more than 2.4 (test.yaml:2:38); most of it is test large "
	 "(test.yaml:16:12); ask for less, or allow more\n"},
	{"bits of an agent, just kept", "agent: {bits-per-second: 9768}", ""},
	{"bits of an agent", "agent: {bits-per-second: 9767}",
	 "test.yaml:7:12: budget.agent.bits-per-second: agent two sends 9768 bit/s from "
	 "2026-11-29 09:00 on, more than 9767 (test.yaml:2:35); most of it is test large "
	 "(test.yaml:16:12); ask for less, or allow more\n"},
	{"packets of targets", "target: {packets-per-second: 0.5}",
	 "test.yaml:9:12: budget.target.packets-per-second: site core is sent 1 packets/s, more "
	 "than 0.5 (test.yaml:2:39); most of it is test echo (test.yaml:15:12); ask for less, or "
	 "allow more\n"
	 "test.yaml:10:12: budget.target.packets-per-second: site hall is sent 3 packets/s from "
	 "2026-11-29 09:00 on, more than 0.5 (test.yaml:2:39); most of it is test large "
	 "(test.yaml:16:12); ask for less, or allow more\n"},
	{"bits of an owner", "owner: {bits-per-second: 10k}",
	 "test.yaml:4:36: budget.owner.bits-per-second: the sites of east are sent 10288 bit/s "
	 "from 2026-11-29 09:00 on, more than 10000 (test.yaml:2:35); most of it is test large "
	 "(test.yaml:16:12); ask for less, or allow more\n"},
	{"disk", "disk: 1G", ""},
};

static void what_exceeds_a_bound_is_told_with_its_place(void **state)
{
	(void)state;
	nsec friday;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config *config = load(rows[i].budget);
		struct diagnostics diagnostics = {0};
		char *printed = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&printed, &len);
		print_message("# %s\n", rows[i].name);
		assert_int_equal(calendar_parse("2026-11-27T16:20", &friday), E_OK);
		assert_int_equal(budget_check(config, friday, &diagnostics),
				 rows[i].errors[0] == '\0' ? E_OK : E_RANGE);
		diagnostics_print(&diagnostics, out);
		fclose(out);
		assert_string_equal(printed, rows[i].errors);
		free(printed);
		diagnostics_finish(&diagnostics);
		config_destroy(config);
	}
}

static void an_agent_that_needs_more_disk_is_told(void **state)
{
	(void)state;
	struct config *config = load("disk: 1M");
	struct diagnostics diagnostics = {0};
	char expected[TEXT];
	char size[OCTETS_TEXT];
	struct flows flows;

	assert_int_equal(budget_check(config, 0, &diagnostics), E_RANGE);
	assert_int_equal(diagnostics.count, 2);
	assert_int_equal(diagnostics.items[1].line, 7);
	assert_string_equal(diagnostics.items[1].key, "budget.disk");
	assert_int_equal(flows_create(config, CONFIG_NONE, &any, &flows), E_OK);
	struct needs needs = needs_of(config, &flows, 1);
	octets_format((double)needs_disk(&needs, 1), size);
	snprintf(expected, sizeof(expected),
		 "agent two needs %s after a year, more than 1.00 MB (test.yaml:2:16); shorten "
		 "retention, ask for less, or allow more",
		 size);
	assert_string_equal(diagnostics.items[1].message, expected);
	flows_finish(&flows);
	diagnostics_finish(&diagnostics);
	config_destroy(config);
}

/* What follows is about files that the store makes. */

static uint64_t size_below(const char *folder, const char *ending)
{
	struct dirent *entry;
	uint64_t sum = 0;
	DIR *listing = opendir(folder);

	assert_non_null(listing);
	while ((entry = readdir(listing)) != NULL) {
		char path[TEXT];
		struct stat status;
		size_t len = strlen(entry->d_name);
		if (len < strlen(ending) ||
		    strcmp(entry->d_name + len - strlen(ending), ending) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		assert_int_equal(stat(path, &status), 0);
		sum += (uint64_t)status.st_size;
	}
	closedir(listing);
	return sum;
}

static void put_slot(struct store *store, uint32_t series, nsec from)
{
	struct singleton packets[30];
	struct sample sample = {.slot = {from, from + NSEC_PER_MIN},
				.expected = COUNT_OF(packets),
				.singletons = packets};

	for (size_t i = 0; i < COUNT_OF(packets); i++)
		packets[i] = (struct singleton){from,
						(nsec)(i + 1) * NSEC_PER_MSEC,
						OUTCOME_REPLIED,
						STAMP_KERNEL,
						0,
						0,
						LOSS_UNTOLD};
	struct summary summary = sample_summary(&sample);
	struct delays delays = sample_delays(&sample);
	store_put(store, series, &summary, &delays);
}

/* Two hours and a slot of every series of an agent, filed where their hours are over. */
static void store_hours(const struct config *config, size_t agent, const char *folder)
{
	struct store_options options = {.directory = folder,
					.keep_slots = config->keep_slots_ns,
					.keep_hours = config->keep_hours_ns,
					.gather = NSEC_PER_HOUR};
	nsec start = INT64_C(1764205200) * NSEC_PER_SEC;
	struct store *store;
	struct plan plan;

	assert_int_equal(plan_create(config, agent, &any, &plan), E_OK);
	assert_int_equal(store_open(&options, &store), E_OK);
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(store_series(store, &plan.items[i].key,
					      plan.items[i].target.interval, &plan.items[i].stored),
				 E_OK);
	for (nsec at = 0; at <= 2 * NSEC_PER_HOUR; at += NSEC_PER_MIN) {
		for (size_t i = 0; i < plan.count; i++)
			put_slot(store, plan.items[i].stored, start + at);
	}
	assert_int_equal(store_flush(store), E_OK);
	store_close(store);
	plan_finish(&plan);
}

static void files_are_as_large_as_the_plan_says(void **state)
{
	(void)state;
	struct config *config = load("disk: 1G");
	struct flows flows;

	assert_int_equal(flows_create(config, CONFIG_NONE, &any, &flows), E_OK);
	for (size_t agent = 0; agent < config->agent_count; agent++) {
		char folder[FOLDER];
		char series[FOLDER + 8];
		struct needs needs = needs_of(config, &flows, agent);
		make_folder(folder);
		snprintf(series, sizeof(series), "%s/series", folder);
		store_hours(config, agent, folder);
		uint64_t histograms = size_below(series, ".hist.rrd");
		uint64_t spool = size_below(folder, "");
		assert_int_equal(needs.series, agent == 0 ? 3 : 4);
		assert_int_equal(histograms, needs.histograms);
		assert_int_equal(size_below(series, ".rrd") - histograms, needs.curves);
		print_message("# spool and archive %lu octets, reckoned %lu\n",
			      (unsigned long)spool, (unsigned long)needs.spool);
		assert_true(spool > 0 && spool <= needs.spool);
		remove_folder(folder);
	}
	flows_finish(&flows);
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_exceeds_a_bound_is_told_with_its_place),
		cmocka_unit_test(an_agent_that_needs_more_disk_is_told),
		cmocka_unit_test(files_are_as_large_as_the_plan_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
