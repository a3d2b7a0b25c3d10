/* SPDX-License-Identifier: GPL-3.0-or-later */
/* paths CONFIG MONTH WHERE: the facts of every path in a month as JSON, from a data directory or
 * from a facts file, for tests to compare with the truth. */
#include "collector/base/calendar.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "reporter/assessment.h"
#include "reporter/closed.h"
#include "reporter/query.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "paths: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* "inf" where infinite. */
static json_t *delay_json(nsec delay)
{
	if (delay == NSEC_UNDEFINED)
		return json_null();
	return delay == NSEC_INFINITE ? json_string("inf") : json_integer(delay);
}

static json_t *quantile_json(const struct quantile *q)
{
	return json_pack("{s:o, s:o, s:o, s:b}", "value", delay_json(q->value), "low",
			 delay_json(q->low), "high", delay_json(q->high), "exact", q->exact);
}

static json_t *verdicts_json(const struct facts *facts)
{
	json_t *verdicts = json_object();

	for (enum verdict v = VERDICT_GOOD; v < VERDICT_COUNT; v++)
		json_object_set_new(verdicts, verdict_name(v),
				    json_integer((json_int_t)facts->slots[v]));
	return verdicts;
}

static json_t *outages_json(const struct facts *facts)
{
	json_t *outages = json_array();

	for (size_t i = 0; i < facts->outage_count; i++) {
		const struct outage *o = &facts->outages[i];
		json_array_append_new(outages,
				      json_pack("[I, I]", (json_int_t)(o->from / NSEC_PER_SEC),
						(json_int_t)(o->until / NSEC_PER_SEC)));
	}
	return outages;
}

static json_t *path_json(const struct site *site, const struct path *path)
{
	const struct facts *f = &path->facts;

	return json_pack("{s:s, s:i, s:I, s:I, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "site",
			 site->name, "family", (int)path->key.family, "sent",
			 (json_int_t)f->judged.sent, "lost", (json_int_t)f->judged.lost,
			 "availability", facts_availability(f), "slots", verdicts_json(f),
			 "outages", outages_json(f), "rtt_p50",
			 quantile_json(&f->quantile[DELAY_RTT][P50]), "rtt_p95",
			 quantile_json(&f->quantile[DELAY_RTT][P95]), "rtt_p99",
			 quantile_json(&f->quantile[DELAY_RTT][P99]), "pdv_p95",
			 quantile_json(&f->quantile[DELAY_PDV][P95]));
}

static void print(const struct assessment *a)
{
	json_t *all = json_array();

	for (size_t i = 0; i < a->site_count; i++) {
		for (size_t f = 0; f < FAMILY_COUNT; f++) {
			const struct path *path = &a->sites[i].path[f];
			if (path->state == PATH_MEASURED)
				json_array_append_new(all, path_json(assessment_site(a, i), path));
		}
	}
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
}

static struct source source_of(const char *where)
{
	char why[CLOSED_WHY] = "";
	struct query *query;
	struct closed *closed;
	size_t len = strlen(where);

	if (len > 3 && strcmp(where + len - 3, ".db") == 0) {
		if (closed_open(where, &closed, why) != E_OK)
			fail(where, why);
		return closed_source(closed);
	}
	enum err rc = query_open(where, &query);
	if (rc != E_OK)
		fail(where, err_text(rc));
	return query_source(query);
}

int main(int argc, char **argv)
{
	struct diagnostics diagnostics = {0};
	struct assessment assessment;
	const char *wrong = "";

	if (argc != 4)
		fail("usage", "paths CONFIG MONTH WHERE");
	log_set_level(LOG_LEVEL_ERROR);
	struct assessment_request request = {.config = config_load(argv[1], &diagnostics),
					     .organisation = CONFIG_NONE};
	if (request.config == NULL || calendar_use_zone(request.config->time_zone) != E_OK)
		fail(argv[1], "no usable configuration");
	struct period_request asked = {.month = argv[2]};
	if (period_ask(&asked, clock_realtime(), &request.period, &wrong) != E_OK)
		fail(argv[2], wrong);
	struct source source = source_of(argv[3]);
	enum err rc = assessment_make(&request, &source, &assessment);
	if (rc != E_OK)
		fail(argv[3], err_text(rc));
	print(&assessment);
	return EXIT_SUCCESS;
}
