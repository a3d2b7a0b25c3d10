/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a month is final, and what is said while it is not. */
#include "collector/base/calendar.h"
#include "reporter/finality.h"
#include "tests/unit/check.h"
#include "tests/unit/made_network.h"

#include <stdio.h>
#include <string.h>

#define MONTH "2026-10"
#define SLOT  (5 * NSEC_PER_MIN)
#define HOUR  NSEC_PER_HOUR
#define NEVER NSEC_UNDEFINED

static const char configuration[] =
	"network: {zh: 试验网, en: Trial}\n"
	"time-zone: Asia/Shanghai\n"
	"data: /nowhere\n"
	"agents: [{name: east, zh: 东, en: East}, {name: west, zh: 西, en: West}]\n"
	"organisations: [{name: city, zh: 市级, en: City}]\n"
	"sites:\n"
	"  - {name: hall, zh: 大厅, en: Hall, organisation: city, tier: metro, ipv4: 192.0.2.1,"
	" scored: {test: regular, agent: east, family: ipv4}}\n"
	"tests: [{name: regular, interval: 5m, packets: 10, agents: [east, west],"
	" families: [ipv4]}]\n";

static struct config *load_config(void)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(configuration, strlen(configuration),
						 "netgrade.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	return config;
}

/* One slot that ends there. */
static void add_series(struct made_network *network, const char *agent, nsec until)
{
	struct series_key key = {.target = "hall", .method = "icmp", .family = 4, .size = 64};

	if (until == NEVER)
		return;
	snprintf(key.agent, sizeof(key.agent), "%s", agent);
	made_add_even(made_add_series(network, &key, SLOT), until - SLOT, NSEC_PER_MSEC, 10, 0);
}

/* Times are from the month's end; its third day begins 48 h later. */
static const struct {
	const char *name;
	nsec east;
	nsec west;
	nsec now;
	const char *words; /* NULL: it is final */
} rows[] = {
	{"all past the end, outages settled", HOUR, HOUR, HOUR, NULL},
	{"all past the end, outages at the end still followed", SLOT, SLOT, 10 * NSEC_PER_MIN,
	 "outages at its end are followed until 2026-11-01 00:26"},
	{"one has only reached the end", HOUR, 0, HOUR,
	 "agent west has 1 of its 1 series only up to 2026-11-01 00:00"},
	{"one stopped before the end", HOUR, -3 * HOUR, 20 * HOUR,
	 "agent west has 1 of its 1 series only up to 2026-10-31 21:00"},
	{"one never measured", HOUR, NEVER, HOUR, "agent west never measured 1 of its 1 series"},
	{"both are missing", -HOUR, -2 * HOUR, HOUR, "agent east"},
	{"the last moment of the second day", HOUR, -HOUR, 48 * HOUR - 1, "2026-11-03 00:00"},
	{"the third day", HOUR, -HOUR, 48 * HOUR, NULL},
	{"the third day, with nothing measured", NEVER, NEVER, 48 * HOUR, NULL},
};

static void a_month_is_final_when_it_is(void **state)
{
	struct config *config = load_config();
	struct report_period period = {.month = true, .name = MONTH};

	(void)state;
	assert_int_equal(calendar_month(MONTH, &period.asked), E_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct made_network network = {0};
		struct subjects subjects;
		struct finality finality = {0};
		nsec end = period.asked.until;
		print_message("# %s\n", rows[i].name);
		add_series(&network, "east", rows[i].east == NEVER ? NEVER : end + rows[i].east);
		add_series(&network, "west", rows[i].west == NEVER ? NEVER : end + rows[i].west);
		struct source source = made_source(&network);
		period.now = end + rows[i].now;
		struct path_request pattern = {
			.config = config, .period = period.asked, .now = period.now};
		subjects_list(&pattern, &subjects);
		assert_int_equal(subjects.count, 2);
		assert_int_equal(finality_judge(&source, &subjects, &period, &finality), E_OK);
		assert_int_equal(finality.final, rows[i].words == NULL);
		if (rows[i].words == NULL)
			assert_null(finality.missing);
		else
			assert_non_null(strstr(finality.missing, rows[i].words));
		finality_finish(&finality);
		subjects_finish(&subjects);
		made_finish(&network);
	}
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_is_final_when_it_is),
	};

	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	return cmocka_run_group_tests_name("finality", tests, NULL, NULL);
}
