/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a made network as text, in both languages, compared with tests/golden/monthly.
 * NETGRADE_GOLDEN=write writes the files anew; read what changed before it is committed. */
#include "collector/base/calendar.h"
#include "collector/base/random.h"
#include "reporter/doc/monthly.h"
#include "reporter/terminal.h"
#include "tests/unit/check.h"
#include "tests/unit/made_network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS				     NSEC_PER_MSEC
#define SLOT				     (5 * NSEC_PER_MIN)
#define NONE				     SIZE_MAX
#define assert_close(value, expected, bound) assert_true(fabs((value) - (expected)) <= (bound))

enum {
	DAYS = 8,
	SLOTS = DAYS * 24 * 12,
	SLOTS_RECORDED = SLOTS + 6,
	PACKETS = 10,
	PATH_MAX_TEXT = 512
};

/* How a series behaves: slots counted from the period's start. */
static const struct {
	const char *site;
	uint8_t family;
	uint16_t port; /* 0: echoes; else connections to it */
	uint32_t packets;
	nsec least;
	nsec spread;	  /* added at random, up to this */
	double loss;	  /* of packets, at random */
	size_t bad_from;  /* first slot of an outage, NONE for none */
	size_t bad_count; /* its slots */
	size_t silent_from;
	size_t silent_count; /* slots without record */
	size_t starts;	     /* first slot recorded */
	size_t planned_from; /* slots flagged as planned */
	size_t planned_count;
} rows[] = {
	{"north", 4, 0, PACKETS, 9 * MS, 6 * MS, 0, NONE, 0, NONE, 0, 0, NONE, 0},
	{"north", 6, 0, PACKETS, 12 * MS, 9 * MS, 0.001, 1500, 24, NONE, 0, 0, NONE, 0},
	{"south", 4, 0, PACKETS, 14 * MS, 8 * MS, 0, 900, 60, NONE, 0, 0, NONE, 0},
	{"core", 4, 0, PACKETS, 2 * MS, 3 * MS, 0.003, 300, 4, NONE, 0, 0, 600, 24},
	{"core", 6, 0, PACKETS, 3 * MS, 30 * MS, 0.01, 300, 4, NONE, 0, 0, 600, 24},
	{"hall", 4, 0, PACKETS, 4 * MS, 10 * MS, 0.0005, SLOTS - 3, 9, 40, 20, 0, NONE, 0},
	{"hall", 6, 0, PACKETS, 4 * MS, 90 * MS, 0.055, NONE, 0, NONE, 0, 0, NONE, 0},
	{"annex", 4, 0, PACKETS, 4 * MS, 12 * MS, 0, NONE, 0, 100, 600, 0, 100, 96},
	{"clinic", 4, 0, PACKETS, 4 * MS, 12 * MS, 1, NONE, 0, NONE, 0, SLOTS - 500, NONE, 0},
	{"lodge", 4, 0, 1, 5 * MS, 4 * MS, 0, NONE, 0, NONE, 0, 0, NONE, 0},
	{"hall", 4, 443, 6, 4 * MS, 3 * MS, 0.002, 700, 30, SLOTS - 3, 9, 0, NONE, 0},
	{"hall", 6, 443, 6, 4 * MS, 3 * MS, 0.4, NONE, 0, NONE, 0, 0, NONE, 0},
	{"north", 6, 443, 6, 12 * MS, 9 * MS, 0.001, NONE, 0, NONE, 0, 0, NONE, 0},
};

static bool within(size_t slot, size_t from, size_t count)
{
	return from != NONE && slot >= from && slot < from + count;
}

static void add_series(struct made_network *network, size_t row, nsec start)
{
	struct random random = random_seeded(row + 1);
	struct series_key key = {.agent = "local",
				 .method = "icmp",
				 .family = rows[row].family,
				 .size = rows[row].packets == 1 ? 32 : 64};
	if (rows[row].port != 0)
		key = (struct series_key){.agent = "local",
					  .method = "tcp",
					  .family = rows[row].family,
					  .port = rows[row].port};
	nsec trips[PACKETS];

	snprintf(key.target, sizeof(key.target), "%s", rows[row].site);
	struct made_series *series = made_add_series(network, &key, SLOT);
	for (size_t slot = rows[row].starts; slot < SLOTS_RECORDED; slot++) {
		bool bad = within(slot, rows[row].bad_from, rows[row].bad_count);
		for (uint32_t i = 0; i < rows[row].packets; i++) {
			nsec trip = rows[row].least +
				    (nsec)random_below(&random, (uint64_t)rows[row].spread);
			bool lost = bad || random_unit(&random) < rows[row].loss;
			trips[i] = lost ? NSEC_INFINITE : trip;
		}
		if (!within(slot, rows[row].silent_from, rows[row].silent_count))
			made_add(series, start + (nsec)slot * SLOT, trips, rows[row].packets,
				 within(slot, rows[row].planned_from, rows[row].planned_count)
					 ? SLOT_PLANNED
					 : 0);
	}
}

enum { WINDOWS = 4 };

struct fixture {
	struct config *config;
	struct window_entry windows[WINDOWS];
	struct made_network network;
	struct source source;
	struct assessment assessment;
};

static const char *golden_folder(void)
{
	static char folder[PATH_MAX_TEXT];
	const char *source = getenv("NETGRADE_SOURCE");

	snprintf(folder, sizeof(folder), "%s/tests/golden/monthly", source == NULL ? "." : source);
	return folder;
}

static struct config *load_config(void)
{
	struct diagnostics diagnostics = {0};
	char path[PATH_MAX_TEXT + 16];

	snprintf(path, sizeof(path), "%s/network.yaml", golden_folder());
	struct config *config = config_load(path, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	return config;
}

static void add_evidence(struct made_network *network, nsec start)
{
	struct evidence *evidence = &network->evidence;

	evidence->key = network->series[2].key;
	evidence->slot = (struct period){start + 900 * SLOT, start + 901 * SLOT};
	snprintf(evidence->path, sizeof(evidence->path), "evidence/south-20261004.pcap");
}

/* It began before the period. */
static void add_cut_off(struct made_network *network, nsec start)
{
	network->cut_off = (struct cut_off){
		.agent = "local", .family = 6, .period = {start - NSEC_PER_MIN, start + SLOT / 2}};
}

static struct window_entry window_of(nsec start, size_t from, size_t until, nsec ahead)
{
	struct period period = {start + (nsec)from * SLOT, start + (nsec)until * SLOT};

	return (struct window_entry){
		.window = {.period = period,
			   .entered_at = period.from - ahead,
			   .cancelled_at = NSEC_INFINITE},
		.owner = "运维科",
		.reason = "设备割接",
		.entered_by = "operator",
		.scope_count = 1,
	};
}

/* In time, beyond the allowance where nothing is on record, late, and cancelled. */
static void add_windows(struct fixture *fixture, nsec start)
{
	static const struct window_scope scopes[WINDOWS] = {
		{SCOPE_SITE, "core"},
		{SCOPE_SITE, "annex"},
		{SCOPE_ORGANISATION, "east-hall"},
		{SCOPE_EVERYTHING, ""},
	};
	struct window_entry *w = fixture->windows;

	w[0] = window_of(start, 600, 624, 48 * NSEC_PER_HOUR);
	w[1] = window_of(start, 100, 220, 24 * NSEC_PER_HOUR);
	w[2] = window_of(start, SLOTS - 3, SLOTS + 6, -SLOT);
	w[3] = window_of(start, 1000, 1012, 30 * NSEC_PER_HOUR);
	w[3].window.cancelled_at = w[3].window.period.from - NSEC_PER_HOUR;
	snprintf(w[3].cancelled_by, sizeof(w[3].cancelled_by), "operator");
	snprintf(w[3].cancel_reason, sizeof(w[3].cancel_reason), "改期");
	for (size_t i = 0; i < WINDOWS; i++) {
		w[i].window.id = (int64_t)i + 1;
		w[i].scopes = &scopes[i];
	}
	fixture->network.windows = w;
	fixture->network.window_count = WINDOWS;
}

static void assess(struct fixture *fixture, enum score_mode mode, const char *organisation)
{
	struct assessment_request request = {.config = fixture->config, .mode = mode};
	const char *wrong;
	nsec now;

	assert_int_equal(calendar_parse("2026-10-20", &now), E_OK);
	assert_int_equal(period_ask(&(struct period_request){NULL, "2026-10-01", "2026-10-09"}, now,
				    &request.period, &wrong),
			 E_OK);
	request.organisation = organisation == NULL
				       ? CONFIG_NONE
				       : config_find_organisation(fixture->config, organisation);
	assessment_finish(&fixture->assessment);
	assert_int_equal(assessment_make(&request, &fixture->source, &fixture->assessment), E_OK);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	nsec start;

	fixture->config = load_config();
	assert_int_equal(calendar_use_zone(fixture->config->time_zone), E_OK);
	assert_int_equal(calendar_parse("2026-10-01", &start), E_OK);
	for (size_t row = 0; row < COUNT_OF(rows); row++)
		add_series(&fixture->network, row, start);
	add_evidence(&fixture->network, start);
	add_cut_off(&fixture->network, start);
	add_windows(fixture, start);
	fixture->source = made_source(&fixture->network);
	assess(fixture, SCORE_REGULAR, NULL);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	assessment_finish(&fixture->assessment);
	made_finish(&fixture->network);
	config_destroy(fixture->config);
	free(fixture);
	return 0;
}

static char *text_of(const struct doc *doc)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(file);
	terminal_write(doc, file);
	assert_int_equal(fclose(file), 0);
	return text;
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void compare_golden(const char *name, const char *text)
{
	const char *wish = getenv("NETGRADE_GOLDEN");
	char path[PATH_MAX_TEXT + 64];

	snprintf(path, sizeof(path), "%s/%s.txt", golden_folder(), name);
	if (wish != NULL && strcmp(wish, "write") == 0) {
		FILE *file = fopen(path, "wb");
		assert_non_null(file);
		fputs(text, file);
		assert_int_equal(fclose(file), 0);
	}
	char *golden = read_file(path);
	assert_string_equal(text, golden);
	free(golden);
}

static void the_report_reads_as_agreed(void **state)
{
	struct fixture *fixture = *state;

	for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
		struct doc *doc = monthly_report(&fixture->assessment, &fixture->source, language);
		char *text = text_of(doc);
		char name[32];
		snprintf(name, sizeof(name), "report.%s", language_name(language));
		compare_golden(name, text);
		free(text);
		doc_destroy(doc);
	}
}

static void the_scores_of_a_trial_read_as_agreed(void **state)
{
	struct fixture *fixture = *state;

	assess(fixture, SCORE_TRIAL, "east-hall");
	for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
		struct doc *doc = monthly_scores(&fixture->assessment, language, SCORES_BRIEF);
		char *text = text_of(doc);
		char name[32];
		snprintf(name, sizeof(name), "trial.%s", language_name(language));
		compare_golden(name, text);
		free(text);
		doc_destroy(doc);
	}
	assess(fixture, SCORE_REGULAR, NULL);
}

static size_t site_named(const struct fixture *fixture, const char *name)
{
	for (size_t i = 0; i < fixture->assessment.site_count; i++) {
		if (strcmp(assessment_site(&fixture->assessment, i)->name, name) == 0)
			return i;
	}
	fail_msg("no site %s", name);
	return 0;
}

static void paths_are_what_they_are(void **state)
{
	static const struct {
		const char *site;
		enum family family;
		enum path_state state;
		unsigned gates;
		unsigned vetoes;
	} expected[] = {
		{"north", FAMILY_IPV4, PATH_MEASURED, 0, 0},
		{"north", FAMILY_IPV6, PATH_MEASURED, 0, 0},
		{"south", FAMILY_IPV4, PATH_MEASURED, 0, VETO_AVAILABILITY | VETO_OUTAGE},
		{"south", FAMILY_IPV6, PATH_NOT_CONFIGURED, GATE_NO_DATA, 0},
		{"annex", FAMILY_IPV4, PATH_MEASURED, GATE_COVERAGE, 0},
		{"clinic", FAMILY_IPV4, PATH_NOT_COMMISSIONED, GATE_NO_DATA, 0},
		{"depot", FAMILY_IPV4, PATH_NOT_MEASURED, GATE_NO_DATA, 0},
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		const struct assessed *assessed =
			&fixture->assessment.sites[site_named(fixture, expected[i].site)];
		const struct path *path = &assessed->path[expected[i].family];
		assert_int_equal(path->state, expected[i].state);
		assert_int_equal(path->score.gates, expected[i].gates);
		assert_int_equal(path->score.vetoes, expected[i].vetoes);
	}
}

static void causes_sum_to_what_is_missing(void **state)
{
	struct fixture *fixture = *state;
	static const char *const subjects[] = {NULL, "data", "east"};

	for (size_t s = 0; s < COUNT_OF(subjects); s++) {
		assess(fixture, SCORE_REGULAR, subjects[s]);
		const struct assessment *a = &fixture->assessment;
		double sum = 0;
		for (size_t i = 0; i < a->cause_count; i++) {
			sum += a->causes[i].points;
			assert_true(i == 0 || a->causes[i].points <= a->causes[i - 1].points);
		}
		assert_true(a->cause_count > 3);
		assert_false(isnan(a->headline[SCORING_PRIMARY].exact));
		assert_close(sum, 100 - a->headline[SCORING_PRIMARY].exact, 1e-9);
	}
	assess(fixture, SCORE_REGULAR, NULL);
}

static void ipv6_never_touches_the_score(void **state)
{
	struct fixture *fixture = *state;
	double before = fixture->assessment.headline[SCORING_PRIMARY].exact;
	struct made_series *ipv6 = &fixture->network.series[1];
	size_t slots = ipv6->slot_count;

	assert_int_equal(ipv6->key.family, 6);
	ipv6->slot_count = slots / 4;
	assess(fixture, SCORE_REGULAR, NULL);
	assert_close(fixture->assessment.headline[SCORING_PRIMARY].exact, before, 0);
	ipv6->slot_count = slots;
	assess(fixture, SCORE_REGULAR, NULL);
}

static void accounting_covers_every_scored_path(void **state)
{
	const struct fixture *fixture = *state;
	const struct assessment *a = &fixture->assessment;
	nsec sum = 0;

	for (size_t v = 0; v < VERDICT_COUNT; v++)
		sum += a->time[v];
	assert_int_equal(a->time_paths, 7); /* all sites but the one never measured */
	assert_true(sum == 7 * DAYS * NSEC_PER_DAY);
}

static void text_is_as_wide_as_it_looks(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} widths[] = {
		{"", 0},   {"score", 5},   {"可用率", 6}, {"得分（分）", 10},
		{"µs", 2}, {"e\u0301", 1}, {"–", 1},	  {"12\u202F345", 6},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(widths); i++)
		assert_int_equal(terminal_width(widths[i].text), widths[i].width);
}

static enum err slots_with_a_gap(void *context, const struct series_key *key, struct period period,
				 struct summary **out, size_t *count)
{
	enum err rc = made_source(context).slots(context, key, period, out, count);

	if (rc == E_OK && strcmp(key->target, "core") == 0 && key->family == 6)
		memmove(*out + 10, *out + 11, (--*count - 10) * sizeof(**out));
	return rc;
}

static void a_path_that_does_not_add_up_fails_the_report_by_name(void **state)
{
	struct fixture *fixture = *state;
	struct assessment assessment = {0};
	struct assessment_request request = {.config = fixture->config,
					     .period = fixture->assessment.period,
					     .organisation = CONFIG_NONE};
	struct source source = fixture->source;
	char told[4096] = "";
	FILE *file = tmpfile();
	int standard_error = dup(STDERR_FILENO);

	source.slots = slots_with_a_gap;
	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	enum err rc = assessment_make(&request, &source, &assessment);
	assert_true(dup2(standard_error, STDERR_FILENO) >= 0);
	close(standard_error);
	rewind(file);
	assert_true(fread(told, 1, sizeof(told) - 1, file) > 0);
	fclose(file);
	assert_int_equal(rc, E_CORRUPT);
	assert_non_null(strstr(told, "site=core family=6"));
	assert_non_null(strstr(told, "2303 slots, where 691200 s in 2304"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_report_reads_as_agreed),
		cmocka_unit_test(the_scores_of_a_trial_read_as_agreed),
		cmocka_unit_test(paths_are_what_they_are),
		cmocka_unit_test(causes_sum_to_what_is_missing),
		cmocka_unit_test(ipv6_never_touches_the_score),
		cmocka_unit_test(accounting_covers_every_scored_path),
		cmocka_unit_test(text_is_as_wide_as_it_looks),
		cmocka_unit_test(a_path_that_does_not_add_up_fails_the_report_by_name),
	};
	return cmocka_run_group_tests_name("monthly", tests, setup, teardown);
}
