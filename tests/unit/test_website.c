/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A month of websites visited every hour, in a store, judged by the weekly rule before and after it
 * is closed. */
#include "collector/base/calendar.h"
#include "collector/store/store.h"
#include "reporter/closed.h"
#include "reporter/closing.h"
#include "reporter/doc/monthly.h"
#include "reporter/services.h"
#include "tests/unit/check.h"
#include "tests/unit/made_network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR NSEC_PER_HOUR
#define DAY  NSEC_PER_DAY

enum { WEEK_HOURS = 168, WEEKS = 4, FOLDER_TEXT = 64, DATA_TEXT = 80 };

static const char configuration[] =
	"network: {zh: 试验网, en: Trial}\n"
	"time-zone: Asia/Shanghai\n"
	"data: /nowhere\n"
	"organisations:\n"
	"  - {name: city, zh: 市级, en: City}\n"
	"sites:\n"
	"  - {name: few, zh: 甲, en: Few, organisation: city, tier: access, ipv4: 192.0.2.1, url: "
	"'https://portal.example/',"
	" scored: {test: regular}}\n"
	"  - {name: met, zh: 乙, en: Met, organisation: city, tier: access, ipv4: 192.0.2.2, url: "
	"'https://portal.example/',"
	" scored: {test: regular}}\n"
	"  - {name: vetoed, zh: 丙, en: Vetoed, organisation: city, tier: access,"
	" ipv4: 192.0.2.3, url: 'https://portal.example/', scored: {test: regular}}\n"
	"  - {name: captcha, zh: 丁, en: Captcha, organisation: city, tier: access,"
	" ipv4: 192.0.2.4, url: 'https://portal.example/', scored: {test: regular}}\n"
	"  - {name: blocked, zh: 戊, en: Blocked, organisation: city, tier: access,"
	" ipv4: 192.0.2.5, url: 'https://portal.example/', scored: {test: regular}}\n"
	"  - {name: planned, zh: 己, en: Planned, organisation: city, tier: access,"
	" ipv4: 192.0.2.6, url: 'https://portal.example/', scored: {test: regular}}\n"
	"  - {name: before, zh: 庚, en: Before, organisation: city, tier: access,"
	" ipv4: 192.0.2.7, url: 'https://portal.example/', scored: {test: regular}}\n"
	"tests:\n"
	"  - {name: regular, interval: 5m}\n"
	"  - {name: portal, method: http, interval: 1h}\n";

/* In one week, whose hours are counted from its Monday: which have no record, which met a page for
 * people alone, which failed; the other hours and weeks open. */
static const struct {
	const char *site;
	int week; /* of those that end in the month */
	int absent;
	int captchas;
	int failed;
	uint32_t failed_flags;
	struct week expected;
	enum week_verdict verdict;
} rows[] = {
	{"few", 1, 29, 0, 100, 0, {{0, 0}, 139, 100, 0}, WEEK_TOO_FEW},
	{"met", 1, 28, 0, 6, 0, {{0, 0}, 140, 6, 0}, WEEK_MET},
	{"vetoed", 1, 28, 0, 7, 0, {{0, 0}, 140, 7, 0}, WEEK_VETOED},
	{"captcha", 2, 0, 28, 6, 0, {{0, 0}, 140, 6, 28}, WEEK_MET},
	{"blocked", 2, 0, 168, 0, 0, {{0, 0}, 0, 0, 168}, WEEK_TOO_FEW},
	{"planned", 3, 0, 0, 9, SLOT_PLANNED, {{0, 0}, 168, 9, 0}, WEEK_VETOED},
	{"before", 0, 0, 0, 9, 0, {{0, 0}, 168, 9, 0}, WEEK_VETOED},
};

struct fixture {
	char folder[FOLDER_TEXT];
	char data[DATA_TEXT];
	struct config *config;
	struct period month;
	nsec monday; /* of the first week that ends in the month; it begins before */
};

static struct series_key key_of(const struct fixture *fixture, size_t row)
{
	struct path_request request = {
		.config = fixture->config,
		.site = config_find_site(fixture->config, rows[row].site),
		.test = config_find_test(fixture->config, "portal"),
		.family = FAMILY_IPV4,
	};

	return path_key(&request);
}

static void put_hour(const struct fixture *fixture, struct store *store, size_t row, nsec at)
{
	int hour = (int)((at - fixture->monday) / HOUR) - rows[row].week * WEEK_HOURS;
	bool inside = hour >= 0 && hour < WEEK_HOURS;
	bool failed = inside && hour < rows[row].failed;
	bool captcha = inside && !failed && hour < rows[row].failed + rows[row].captchas;
	nsec trip = failed ? NSEC_INFINITE : captcha ? NSEC_UNDEFINED : 40 * NSEC_PER_MSEC;
	uint32_t flags = failed ? rows[row].failed_flags : captcha ? SLOT_UNSENT : 0;
	struct series_key key = key_of(fixture, row);
	struct summary summary;
	struct delays delays;
	uint32_t series;

	if (inside && hour >= WEEK_HOURS - rows[row].absent)
		return;
	made_slot((struct period){at, at + HOUR}, &trip, 1, flags, &summary, &delays);
	assert_int_equal(store_series(store, &key, HOUR, &series), E_OK);
	store_put(store, series, &summary, &delays);
}

/* Of the site "met" a certificate was seen all the month, with 40 days left at its end. */
static void show_certificate(const struct fixture *fixture)
{
	nsec end = fixture->month.until + 40 * DAY;
	struct certificate_sighting seen = {
		.last_seen = fixture->monday,
		.tls = "TLSv1.3",
		.certificate = {.shown = true,
				.verified = true,
				.named = true,
				.links = 2,
				.subject = "CN=portal.example,O=大厅",
				.issuer = "CN=Trial authority",
				.names = "portal.example",
				.fingerprint = "00ff",
				.not_before = fixture->monday - 30 * DAY,
				.not_after = end,
				.chain_not_after = end + DAY},
	};
	struct series_key key = key_of(fixture, 1);
	struct archive *archive;

	series_key_format(&key, seen.key);
	assert_int_equal(archive_open(fixture->data, &archive), E_OK);
	assert_int_equal(archive_certificate(archive, &seen), E_OK);
	seen.last_seen = fixture->month.until - HOUR;
	assert_int_equal(archive_certificate(archive, &seen), E_OK);
	archive_close(archive);
}

/* Of the site "vetoed": it opened, failed in two ways, opened, and failed the first way again. */
static const struct {
	enum visit_end end;
	enum loss_cause cause;
	uint16_t status;
	uint64_t visits;
	const char *reason;
} ends[] = {
	{VISIT_OPEN, LOSS_UNTOLD, 200, 500, ""},
	{VISIT_FAILED, LOSS_STATUS, 503, 4, "the answer is HTTP 503"},
	{VISIT_TIMED_OUT, LOSS_UNTOLD, 0, 1, "silence"},
	{VISIT_OPEN, LOSS_UNTOLD, 200, 100, ""},
	{VISIT_FAILED, LOSS_STATUS, 503, 2, "again"},
};

static void show_ends(const struct fixture *fixture)
{
	struct series_key key = key_of(fixture, 2);
	struct archive *archive;

	assert_int_equal(archive_open(fixture->data, &archive), E_OK);
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct end_sighting seen = {
			.last_seen = fixture->month.until - 10 * DAY + (nsec)i * HOUR,
			.visits = ends[i].visits,
			.end = ends[i].end,
			.cause = ends[i].cause,
			.status = ends[i].status,
			.url = "https://portal.example/",
			.day_end = calendar_next_midnight(fixture->month.until - 10 * DAY),
			.phase = {{0, 0, 0},
				  {ends[i].visits, (nsec)ends[i].visits * 3 * NSEC_PER_MSEC,
				   5 * NSEC_PER_MSEC},
				  {ends[i].visits, (nsec)ends[i].visits * 2 * NSEC_PER_MSEC,
				   4 * NSEC_PER_MSEC},
				  {0, 0, 0},
				  {1, NSEC_PER_SEC, NSEC_PER_SEC}},
		};
		snprintf(seen.reason, sizeof(seen.reason), "%s", ends[i].reason);
		series_key_format(&key, seen.key);
		assert_int_equal(archive_end(archive, &seen), E_OK);
	}
	archive_close(archive);
}

static void feed(const struct fixture *fixture)
{
	struct store_options options = {.directory = fixture->data,
					.keep_slots = 60 * DAY,
					.keep_hours = 400 * DAY,
					.gather = NSEC_PER_SEC};
	struct store *store;

	assert_int_equal(store_open(&options, &store), E_OK);
	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		for (nsec at = fixture->monday - DAY; at < fixture->month.until + DAY; at += HOUR)
			put_hour(fixture, store, row, at);
	}
	assert_int_equal(store_flush(store), E_OK);
	store_close(store);
	show_certificate(fixture);
	show_ends(fixture);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct diagnostics diagnostics = {0};

	assert_non_null(fixture);
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	assert_int_equal(calendar_month("2024-10", &fixture->month), E_OK);
	assert_int_equal(calendar_parse("2024-09-30", &fixture->monday), E_OK);
	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/netgrade-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->data, sizeof(fixture->data), "%s/data", fixture->folder);
	fixture->config = config_load_text(configuration, strlen(configuration), "netgrade.yaml",
					   &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(fixture->config);
	feed(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[2 * DATA_TEXT];

	config_destroy(fixture->config);
	snprintf(command, sizeof(command), "rm -rf '%s'", fixture->folder);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

static struct report_period period_of(const struct fixture *fixture)
{
	return (struct report_period){
		.asked = fixture->month,
		.passed = fixture->month,
		.now = fixture->month.until + 3 * DAY,
		.month = true,
		.name = "2024-10",
	};
}

static void assess(const struct fixture *fixture, const struct source *source,
		   struct assessment *out)
{
	struct assessment_request request = {
		.config = fixture->config,
		.period = period_of(fixture),
		.organisation = CONFIG_NONE,
	};

	assert_int_equal(assessment_make(&request, source, out), E_OK);
}

static void check_week(const struct fixture *fixture, const struct service *service, size_t row)
{
	const struct facts *facts = &service->path.facts;
	const struct website_rule *rule = &fixture->config->profile->website;

	assert_int_equal(facts->week_count, WEEKS);
	for (int w = 0; w < WEEKS; w++) {
		const struct week *week = &facts->weeks[w];
		assert_int_equal(week->period.from, fixture->monday + 7 * w * DAY);
		assert_int_equal(week->period.until, week->period.from + 7 * DAY);
		if (w == rows[row].week) {
			assert_int_equal(week->visits, rows[row].expected.visits);
			assert_int_equal(week->failed, rows[row].expected.failed);
			assert_int_equal(week->unassessed, rows[row].expected.unassessed);
			assert_int_equal(week_judge(rule, week), rows[row].verdict);
		} else {
			assert_int_equal(week->visits, WEEK_HOURS);
			assert_int_equal(week->failed, 0);
			assert_int_equal(week_judge(rule, week), WEEK_MET);
		}
	}
}

static void check_certificate(const struct fixture *fixture, const struct service *service,
			      size_t row)
{
	const struct path *path = &service->path;

	assert_int_equal(path->certificate_count, row == 1);
	if (row != 1)
		return;
	const struct certificate_sighting *seen = &path->certificates[0];
	assert_int_equal(seen->from, fixture->monday);
	assert_int_equal(seen->last_seen, fixture->month.until - HOUR);
	assert_string_equal(seen->tls, "TLSv1.3");
	assert_true(seen->certificate.shown && seen->certificate.verified &&
		    seen->certificate.named);
	assert_int_equal(seen->certificate.links, 2);
	assert_string_equal(seen->certificate.subject, "CN=portal.example,O=大厅");
	assert_string_equal(seen->certificate.issuer, "CN=Trial authority");
	assert_string_equal(seen->certificate.names, "portal.example");
	assert_string_equal(seen->certificate.fingerprint, "00ff");
	assert_string_equal(seen->certificate.problem, "");
	assert_int_equal(seen->certificate.not_after, fixture->month.until + 40 * DAY);
	assert_int_equal(seen->certificate.chain_not_after, fixture->month.until + 41 * DAY);
}

static void check_ends(const struct fixture *fixture, const struct service *service, size_t row)
{
	const struct path *path = &service->path;

	assert_int_equal(path->end_count, row == 2 ? COUNT_OF(ends) : 0);
	for (size_t i = 0; i < path->end_count; i++) {
		const struct end_sighting *seen = &path->ends[i];
		assert_int_equal(seen->from, fixture->month.until - 10 * DAY + (nsec)i * HOUR);
		assert_int_equal(seen->visits, ends[i].visits);
		assert_int_equal(seen->end, ends[i].end);
		assert_int_equal(seen->cause, ends[i].cause);
		assert_int_equal(seen->status, ends[i].status);
		assert_string_equal(seen->reason, ends[i].reason);
		assert_string_equal(seen->url, "https://portal.example/");
		assert_int_equal(seen->day_end,
				 calendar_next_midnight(fixture->month.until - 10 * DAY));
		assert_int_equal(seen->phase[VISIT_NAME].visits, 0);
		assert_int_equal(seen->phase[VISIT_TLS].visits, ends[i].visits);
		assert_int_equal(seen->phase[VISIT_TLS].sum,
				 (nsec)ends[i].visits * 2 * NSEC_PER_MSEC);
		assert_int_equal(seen->phase[VISIT_TLS].most, 4 * NSEC_PER_MSEC);
		assert_int_equal(seen->phase[VISIT_TOTAL].sum, NSEC_PER_SEC);
	}
}

static void check_source(const struct fixture *fixture, const struct source *source)
{
	struct assessment assessment;
	struct services services;

	assess(fixture, source, &assessment);
	assert_int_equal(services_read(&assessment, source, &services), E_OK);
	assert_int_equal(services.count, COUNT_OF(rows));
	for (size_t i = 0; i < services.count; i++) {
		const char *name = assessment_site(&assessment, services.items[i].assessed)->name;
		print_message("# %s\n", name);
		assert_string_equal(name, rows[i].site);
		check_week(fixture, &services.items[i], i);
		check_certificate(fixture, &services.items[i], i);
		check_ends(fixture, &services.items[i], i);
	}
	services_finish(&services);
	assessment_finish(&assessment);
}

static void close_month(const struct fixture *fixture, struct closing *out)
{
	struct query *query;
	char *why = NULL;

	assert_int_equal(query_open(fixture->data, &query), E_OK);
	struct closing_request request = {
		.config = fixture->config,
		.data = fixture->data,
		.query = query,
		.period = period_of(fixture),
		.when = CLOSING_NOW,
	};
	if (closing_make(&request, out, &why) != E_OK)
		fail_msg("%s", why);
	query_close(query);
}

static void weeks_are_judged_by_the_rule(void **state)
{
	const struct fixture *fixture = *state;
	struct query *query;

	assert_int_equal(query_open(fixture->data, &query), E_OK);
	struct source source = query_source(query);
	check_source(fixture, &source);
	query_close(query);
}

static void a_closed_month_keeps_its_weeks(void **state)
{
	const struct fixture *fixture = *state;
	struct closing closing;
	struct closed *closed;
	char why[CLOSED_WHY] = "";

	close_month(fixture, &closing);
	if (closed_open(closing.path, &closed, why) != E_OK)
		fail_msg("%s", why);
	struct source source = closed_source(closed);
	check_source(fixture, &source);
	closed_close(closed);
}

static size_t count_rows(const struct block *block, const char *verdict)
{
	size_t count = 0;

	for (size_t row = 0; row < block->row_count; row++)
		count += strcmp(block->cells[(row + 1) * block->column_count - 1].text, verdict) ==
			 0;
	return count;
}

static const struct block *find_table(const struct doc *doc, const char *key)
{
	for (size_t i = 0; i < doc->count; i++) {
		if (doc->blocks[i].kind == BLOCK_TABLE && strcmp(doc->blocks[i].key, key) == 0)
			return &doc->blocks[i];
	}
	fail_msg("no table %s", key);
	return NULL;
}

static const struct value *find_cell(const struct block *block, const char *site, const char *key)
{
	size_t column = 0;

	while (column < block->column_count && strcmp(block->columns[column].key, key) != 0)
		column++;
	assert_true(column < block->column_count);
	for (size_t row = 0; row < block->row_count; row++) {
		const struct value *cells = &block->cells[row * block->column_count];
		if (strcmp(cells[0].text, site) == 0)
			return &cells[column];
	}
	fail_msg("no row %s", site);
	return NULL;
}

/* Of visits that take 40 ms and of which 6 in 744 failed, without a test of connections. */
static void check_clouds(const struct doc *doc)
{
	const struct block *clouds = find_table(doc, "clouds");
	const struct block *certificates = find_table(doc, "certificates");

	assert_int_equal(clouds->row_count, COUNT_OF(rows));
	assert_int_equal(certificates->row_count, COUNT_OF(rows));
	assert_string_equal(find_cell(clouds, "Met", "certificate_points")->text, "100.0");
	assert_string_equal(find_cell(clouds, "Met", "first_byte_points")->text, "100.0");
	assert_string_equal(find_cell(clouds, "Met", "connection_points")->text, "–");
	assert_string_equal(find_cell(certificates, "Met", "state")->text, "Good");
	assert_string_equal(find_cell(certificates, "Met", "days")->text, "40");
	assert_string_equal(find_cell(certificates, "Vetoed", "state")->text, "Not on record");
}

static void check_visits(const struct doc *doc)
{
	const struct block *visits = find_table(doc, "visits");

	assert_int_equal(visits->row_count, 2);
	assert_string_equal(find_cell(visits, "Vetoed", "cause")->text, "Error of the server");
	assert_string_equal(find_cell(visits, "Vetoed", "status")->text, "503");
	assert_string_equal(find_cell(visits, "Vetoed", "visits")->text, "6");
	assert_string_equal(find_cell(visits, "Vetoed", "reason")->text, "the answer is HTTP 503");
	assert_string_equal(visits->cells[visits->column_count + 2].text, "Not whole in time");
	/* 600 visits opened; of name and first octet nothing is known. */
	const struct block *phases = find_table(doc, "phases");
	assert_int_equal(phases->row_count, 1);
	assert_string_equal(find_cell(phases, "Vetoed", "visits")->text, "600");
	assert_string_equal(find_cell(phases, "Vetoed", "name")->text, "–");
	assert_string_equal(find_cell(phases, "Vetoed", "connect")->text, "3.00\u202fms");
	assert_string_equal(find_cell(phases, "Vetoed", "tls")->text, "2.00\u202fms");
	assert_string_equal(find_cell(phases, "Vetoed", "first_byte")->text, "–");
	assert_string_equal(find_cell(phases, "Vetoed", "most")->text, "1000.0\u202fms");
}

static void the_report_tells_them_vetoed_first(void **state)
{
	const struct fixture *fixture = *state;
	struct assessment assessment;
	struct query *query;

	assert_int_equal(query_open(fixture->data, &query), E_OK);
	struct source source = query_source(query);
	assess(fixture, &source, &assessment);
	struct doc *doc = monthly_report(&assessment, &source, LANGUAGE_EN);
	assert_non_null(doc);
	const struct block *found = find_table(doc, "websites");
	assert_int_equal(found->row_count, COUNT_OF(rows) * WEEKS);
	assert_int_equal(count_rows(found, "Veto"), 3);
	assert_int_equal(count_rows(found, "Too few visits"), 2);
	assert_int_equal(count_rows(found, "Met"), found->row_count - 5);
	for (size_t row = 0; row < 3; row++)
		assert_string_equal(found->cells[(row + 1) * found->column_count - 1].text, "Veto");
	check_clouds(doc);
	check_visits(doc);
	doc_destroy(doc);
	assessment_finish(&assessment);
	query_close(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weeks_are_judged_by_the_rule),
		cmocka_unit_test(the_report_tells_them_vetoed_first),
		cmocka_unit_test(a_closed_month_keeps_its_weeks),
	};

	return cmocka_run_group_tests_name("website", tests, setup, teardown);
}
