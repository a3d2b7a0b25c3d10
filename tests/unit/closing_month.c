/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/closing_month.h"

#include "collector/base/calendar.h"
#include "collector/base/random.h"
#include "collector/store/store.h"
#include "reporter/doc/monthly.h"
#include "reporter/out/out.h"
#include "tests/unit/check.h"
#include "tests/unit/made_network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS   NSEC_PER_MSEC
#define SLOT (5 * NSEC_PER_MIN)
#define HOUR NSEC_PER_HOUR
#define DAY  NSEC_PER_DAY

enum { PACKETS = 10 };

static const char configuration_after[] =
	"network: {zh: 试验网, en: Trial}\n"
	"time-zone: Asia/Shanghai\n"
	"data: /nowhere\n"
	"organisations:\n"
	"  - {name: city, zh: 市级, en: City}\n"
	"sites:\n"
	"  - {name: hall, zh: 大厅, en: Hall, organisation: city, tier: backbone,"
	" ipv4: 192.0.2.1, ipv6: '2001:db8::1'}\n"
	"  - {name: bridge, zh: 大桥, en: Bridge, organisation: city, tier: metro,"
	" ipv4: 192.0.2.2}\n"
	"  - {name: annex, zh: 附楼, en: Annex, organisation: city, tier: access,"
	" ipv4: 192.0.2.3}\n"
	"tests:\n"
	"  - {name: regular, interval: 5m, packets: 10}\n";

/* In force until the twelfth day: a site that left, and one under another name. */
static const char configuration_before[] =
	"network: {zh: 试验网, en: Trial}\n"
	"time-zone: Asia/Shanghai\n"
	"data: /nowhere\n"
	"organisations:\n"
	"  - {name: city, zh: 市级, en: City}\n"
	"sites:\n"
	"  - {name: hall, zh: 大厅, en: Hall, organisation: city, tier: backbone,"
	" ipv4: 192.0.2.1, ipv6: '2001:db8::1'}\n"
	"  - {name: bridge, zh: 大桥, en: Bridge, organisation: city, tier: access,"
	" ipv4: 192.0.2.2}\n"
	"  - {name: annex, zh: 附楼, en: Annex, organisation: city, tier: access,"
	" ipv4: 192.0.2.3}\n"
	"  - {name: kiosk, zh: 亭, en: Kiosk, organisation: city, tier: access,"
	" ipv4: 192.0.2.4}\n"
	"tests:\n"
	"  - {name: regular, interval: 5m, packets: 10}\n";

/* Times from the month's start. */
struct span {
	nsec from;
	nsec until;
};

/* How a series behaves. */
static const struct {
	const char *site;
	uint8_t family;
	nsec least;
	nsec spread;
	double loss;
	struct span cut;    /* everything is lost */
	struct span absent; /* nothing is recorded */
	nsec answers_from;
} rows[] = {
	{"hall", 4, 9 * MS, 6 * MS, 0.001, {0, 0}, {0, 0}, -DAY},
	{"hall", 6, 12 * MS, 30 * MS, 0.004, {5 * DAY, 5 * DAY + HOUR}, {0, 0}, -DAY},
	{"bridge",
	 4,
	 2 * MS,
	 2 * MS,
	 0.0005,
	 {31 * DAY - 2 * HOUR, 31 * DAY + 3 * HOUR},
	 {9 * DAY, 9 * DAY + 6 * HOUR},
	 -DAY},
	{"annex", 4, 5 * MS, 100 * NSEC_PER_USEC, 0, {0, 0}, {0, 0}, 2 * DAY + 40 * NSEC_PER_MIN},
	{"kiosk", 4, 3 * MS, 2 * MS, 0.01, {0, 0}, {11 * DAY, 99 * DAY}, -DAY},
};

static struct series_key key_of(size_t row)
{
	struct series_key key = {.agent = "local", .method = "icmp", .size = 64};

	snprintf(key.target, sizeof(key.target), "%s", rows[row].site);
	key.family = rows[row].family;
	return key;
}

static bool is_in(struct span span, nsec at)
{
	return at >= span.from && at < span.until;
}

static struct config *load_config(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_text(text, strlen(text), "netgrade.yaml", &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_finish(&diagnostics);
	assert_non_null(config);
	return config;
}

static void keep_config(struct archive *archive, nsec at, const struct config *config)
{
	char *text = config_text(config);
	struct configuration configuration = {at, config->digest, text, config->profile->digest,
					      config->profile->text};

	assert_non_null(text);
	assert_int_equal(archive_configuration(archive, &configuration), E_OK);
	free(text);
}

/* One window in time, one entered late; the outage at the month's end has evidence. */
static void fill_archive(const struct month *month)
{
	static const struct window_scope hall = {SCOPE_SITE, "hall"};
	static const struct window_scope city = {SCOPE_ORGANISATION, "city"};
	nsec start = month->period.from;
	struct archive *archive;
	int64_t id;
	struct window_entry entry = {.owner = "owner", .reason = "fibre", .entered_by = "root"};
	struct evidence evidence = {
		.key = key_of(2),
		.slot = {month->period.until - 2 * HOUR, month->period.until - 2 * HOUR + SLOT},
		.path = "evidence/bridge.pcap",
		.digest = "00",
	};
	struct cut_off cut_off = {"local", 4, {start + 3 * DAY, start + 3 * DAY + HOUR}, false};

	assert_int_equal(archive_open(month->data, &archive), E_OK);
	struct config *before = load_config(configuration_before);
	keep_config(archive, start - 5 * DAY, before);
	keep_config(archive, start + 11 * DAY, month->config);
	config_destroy(before);
	assert_int_equal(archive_evidence(archive, &evidence), E_OK);
	assert_int_equal(archive_cut_off(archive, &cut_off), E_OK);
	entry.window.period = (struct period){start + 10 * DAY, start + 10 * DAY + 4 * HOUR};
	entry.window.entered_at = start + 5 * DAY;
	entry.window.cancelled_at = NSEC_INFINITE;
	entry.scopes = &hall;
	entry.scope_count = 1;
	assert_int_equal(windows_add(archive, &entry, &id), E_OK);
	entry.window.period = (struct period){start + 20 * DAY, start + 20 * DAY + 2 * HOUR};
	entry.window.entered_at = start + 20 * DAY;
	entry.scopes = &city;
	assert_int_equal(windows_add(archive, &entry, &id), E_OK);
	archive_close(archive);
}

void month_make(struct month *month)
{
	snprintf(month->folder, sizeof(month->folder), "/tmp/netgrade-test-XXXXXX");
	assert_non_null(mkdtemp(month->folder));
	snprintf(month->data, sizeof(month->data), "%s/data", month->folder);
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	assert_int_equal(calendar_month(CLOSING_MONTH, &month->period), E_OK);
	month->config = load_config(configuration_after);
	fill_archive(month);
}

void month_remove(struct month *month)
{
	char command[2 * MONTH_TEXT];

	config_destroy(month->config);
	snprintf(command, sizeof(command), "rm -rf '%s'", month->folder);
	assert_int_equal(system(command), 0);
}

static void put_slot(struct store *store, uint32_t series, size_t row, struct period slot, nsec at)
{
	struct random random = random_seeded((uint64_t)slot.from / (uint64_t)SLOT * 16 + row);
	bool silent = is_in(rows[row].cut, at) || at < rows[row].answers_from;
	nsec trips[PACKETS];
	struct summary summary;
	struct delays delays;

	if (is_in(rows[row].absent, at))
		return;
	for (size_t i = 0; i < PACKETS; i++) {
		nsec trip =
			rows[row].least + (nsec)random_below(&random, (uint64_t)rows[row].spread);
		bool lost = silent || random_unit(&random) < rows[row].loss;
		trips[i] = lost ? NSEC_INFINITE : trip;
	}
	made_slot(slot, trips, PACKETS, 0, &summary, &delays);
	store_put(store, series, &summary, &delays);
}

void month_feed(const struct month *month, nsec from, nsec until)
{
	struct store_options options = {.directory = month->data,
					.keep_slots = 35 * DAY,
					.keep_hours = 400 * DAY,
					.gather = NSEC_PER_SEC};
	struct store *store;
	uint32_t series;

	assert_int_equal(store_open(&options, &store), E_OK);
	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		struct series_key key = key_of(row);
		assert_int_equal(store_series(store, &key, SLOT, &series), E_OK);
		for (nsec at = from; at < until; at += SLOT) {
			nsec start = month->period.from + at;
			put_slot(store, series, row, (struct period){start, start + SLOT}, at);
		}
	}
	assert_int_equal(store_flush(store), E_OK);
	store_close(store);
}

static struct report_period period_at(const struct month *month, nsec now)
{
	return (struct report_period){
		.asked = month->period,
		.passed = month->period,
		.now = month->period.until + now,
		.month = true,
		.name = CLOSING_MONTH,
	};
}

enum err month_close(const struct month *month, const struct month_closing *how,
		     struct closing *out, char **why)
{
	struct query *query;
	struct past past;
	char *said = NULL;

	assert_int_equal(query_open(month->data, &query), E_OK);
	struct source store = query_source(query);
	assert_int_equal(past_read(&store, month->period, month->config, &past), E_OK);
	struct closing_request request = {
		.past = &past,
		.config = month->config,
		.data = month->data,
		.query = query,
		.period = period_at(month, how->now),
		.when = how->when,
		.loss = how->loss,
		.reason = how->reason,
	};
	enum err rc = closing_make(&request, out, &said);
	past_finish(&past);
	query_close(query);
	assert_true((rc == E_OK) == (said == NULL));
	if (why == NULL)
		free(said);
	else
		*why = said;
	return rc;
}

static char *report(struct assessment_request *request, const struct source *source)
{
	struct assessment assessment;
	struct past past;
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	assert_non_null(stream);
	assert_int_equal(past_read(source, request->period.passed, request->config, &past), E_OK);
	request->configurations = &past.configurations;
	assert_int_equal(assessment_make(request, &past.source, &assessment), E_OK);
	for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
		struct doc *doc = monthly_report(&assessment, &past.source, language);
		for (const struct out_format *f = out_formats; f->name != NULL; f++)
			assert_int_equal(f->write(doc, stream), E_OK);
		doc_destroy(doc);
	}
	assessment_finish(&assessment);
	past_finish(&past);
	assert_int_equal(fclose(stream), 0);
	return text;
}

char *month_report_live(const struct month *month, nsec now)
{
	struct assessment_request request = {
		.config = month->config,
		.period = period_at(month, now),
		.organisation = CONFIG_NONE,
	};
	struct query *query;

	assert_int_equal(query_open(month->data, &query), E_OK);
	struct source source = query_source(query);
	char *text = report(&request, &source);
	query_close(query);
	return text;
}

struct closed *month_open(const char *path)
{
	struct closed *closed;
	char why[CLOSED_WHY] = "";
	enum err rc = closed_open(path, &closed, why);

	if (rc != E_OK)
		fail_msg("%s: %s", path, why);
	return closed;
}

char *month_report_closed(const struct month *month, const char *path)
{
	struct closed *closed = month_open(path);
	struct closed_revisions revisions;
	char why[CLOSED_WHY] = "";

	assert_int_equal(closed_revisions_read(closed, &revisions), E_OK);
	const struct closed_head *head = closed_head(closed);
	struct edition edition = {
		.number = head->edition,
		.provisional = head->provisional,
		.closed_at = closed_seal(closed)->closed_at,
		.digest = closed_seal(closed)->digest,
		.reason = head->reason,
		.previous = head->previous,
		.revisions = revisions.rows,
		.revision_count = revisions.count,
	};
	struct config *config = closed_config(closed, why);
	assert_non_null(config);
	struct assessment_request request = {
		.config = config,
		.period = period_at(month, 0),
		.organisation = CONFIG_NONE,
		.edition = &edition,
	};
	struct source source = closed_source(closed);
	char *text = report(&request, &source);
	config_destroy(config);
	closed_revisions_finish(&revisions);
	closed_close(closed);
	return text;
}
