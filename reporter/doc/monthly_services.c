/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Websites and cloud services: what is measured beside the scored tests. */
#include "reporter/doc/monthly_parts.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *say_service_remarks(struct monthly *m, const struct service *service)
{
	const struct path *path = &service->path;

	switch (path->state) {
	case PATH_NOT_CONFIGURED:
	case PATH_NOT_MEASURED:
		return word(m, TEXT_REASON_NOT_MEASURED);
	case PATH_UNREADABLE:
		return word(m, TEXT_REASON_UNREADABLE);
	case PATH_NOT_COMMISSIONED:
		return word(m, TEXT_REASON_NOT_COMMISSIONED);
	case PATH_MEASURED:
		break;
	}
	return facts_judged_time(&path->facts) == 0 ? word(m, TEXT_REASON_NO_DATA) : "";
}

static const char *say_agent(struct monthly *m, const struct service *service)
{
	return title_in(m, &m->assessment->config->agents[service->agent].title);
}

static nsec longest_outage(const struct facts *facts)
{
	nsec longest = 0;

	for (size_t i = 0; i < facts->outage_count; i++) {
		if (facts->outages[i].within > longest)
			longest = facts->outages[i].within;
	}
	return longest;
}

static struct value value_percent(double percent)
{
	return value_number(percent, 3, "%");
}

static struct value value_response(const struct facts *facts)
{
	const struct quantile *p95 = &facts->quantile[DELAY_RTT][P95];

	if (facts->judged.sent == 0)
		return value_milliseconds((double)NAN);
	struct value value = value_milliseconds(facts_milliseconds(p95->value));
	return p95->exact ? value : value_roughened(value);
}

static void add_service_row(struct monthly *m, const struct service *service)
{
	const struct facts *facts = &service->path.facts;
	nsec longest = longest_outage(facts);

	doc_row(m->doc, (struct value[]){
				value_site(m, service->assessed),
				value_text(say_method(m, service_test(m->assessment, service))),
				value_text(say_family(service->family)),
				value_text(say_agent(m, service)),
				value_count(facts->judged.sent),
				value_count(facts->judged.lost),
				value_percent(facts_availability(facts)),
				value_response(facts),
				value_count(facts->outage_count),
				longest == 0 ? value_text("–") : value_length(m, longest),
				value_share(facts_coverage(facts)),
				value_text(say_service_remarks(m, service)),
			});
}

static void add_service_table(struct monthly *m)
{
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"method", word(m, TEXT_SERVICE_METHOD), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"agent", word(m, TEXT_SERVICE_AGENT), ALIGN_START},
		{"attempts", word(m, TEXT_SERVICE_ATTEMPTS), ALIGN_END},
		{"failed", word(m, TEXT_SERVICE_FAILED), ALIGN_END},
		{"availability", word(m, TEXT_INDICATOR_AVAILABILITY), ALIGN_END},
		{"p95", word(m, TEXT_SERVICE_P95), ALIGN_END},
		{"outages", word(m, TEXT_SUMMARY_OUTAGES), ALIGN_END},
		{"longest", word(m, TEXT_COLUMN_LONGEST), ALIGN_END},
		{"coverage", word(m, TEXT_COVER_COVERAGE), ALIGN_END},
		{"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};
	const struct services *services = m->services;
	size_t shown = services->count < TABLE_BOUNDED ? services->count : TABLE_BOUNDED;

	doc_table(m->doc, "services", word(m, TEXT_SERVICE_TABLE), columns, COUNT(columns));
	for (size_t i = 0; i < shown; i++)
		add_service_row(m, &services->items[i]);
	if (shown < services->count)
		doc_note(m->doc, PHRASE(m, TEXT_SERVICE_BOUNDED, say_count(m, shown),
					say_count(m, services->count)));
	doc_note(m->doc, word(m, TEXT_SERVICE_NOTE));
}

/* --- the rule for government websites --- */

static struct value value_verdict(const struct monthly *m, const struct week *week)
{
	static const struct {
		enum text_id text;
		enum tone tone;
	} verdicts[] = {
		[WEEK_NOT_JUDGED] = {TEXT_WEBSITE_NOT_JUDGED, TONE_MUTED},
		[WEEK_TOO_FEW] = {TEXT_WEBSITE_TOO_FEW, TONE_MUTED},
		[WEEK_MET] = {TEXT_WEBSITE_MET, TONE_GOOD},
		[WEEK_VETOED] = {TEXT_WEBSITE_VETOED, TONE_BAD},
	};
	enum week_verdict verdict = week_judge(&m->assessment->profile->website, week);

	return value_toned(value_text(word(m, verdicts[verdict].text)), verdicts[verdict].tone);
}

static double failed_percent(const struct week *week)
{
	return week->visits == 0 ? (double)NAN : 100 * (double)week->failed / (double)week->visits;
}

static void add_week_row(struct monthly *m, const struct service *service, const struct week *week)
{
	doc_row(m->doc, (struct value[]){
				value_site(m, service->assessed),
				value_text(say_family(service->family)),
				value_text(say_span(m, week->period)),
				value_count(week->visits),
				value_count(week->failed),
				value_number(failed_percent(week), 1, "%"),
				value_count(week->unassessed),
				value_verdict(m, week),
			});
}

static size_t count_weeks(const struct services *services)
{
	size_t count = 0;

	for (size_t i = 0; i < services->count; i++)
		count += services->items[i].path.facts.week_count;
	return count;
}

/* Websites with a vetoed week first, then those with too few visits. */
static void add_weeks_with(struct monthly *m, enum week_verdict verdict, size_t *left)
{
	for (size_t i = 0; i < m->services->count; i++) {
		const struct service *service = &m->services->items[i];
		const struct facts *facts = &service->path.facts;
		for (size_t k = 0; k<facts->week_count && * left> 0; k++) {
			if (week_judge(&m->assessment->profile->website, &facts->weeks[k]) !=
			    verdict)
				continue;
			add_week_row(m, service, &facts->weeks[k]);
			--*left;
		}
	}
}

static void add_website_table(struct monthly *m)
{
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"week", word(m, TEXT_WEBSITE_WEEK), ALIGN_START},
		{"visits", word(m, TEXT_WEBSITE_VISITS), ALIGN_END},
		{"failed", word(m, TEXT_SERVICE_FAILED), ALIGN_END},
		{"share", word(m, TEXT_WEBSITE_SHARE), ALIGN_END},
		{"unassessed", word(m, TEXT_WEBSITE_UNASSESSED), ALIGN_END},
		{"verdict", word(m, TEXT_WEBSITE_VERDICT), ALIGN_START},
	};
	const struct website_rule *rule = &m->assessment->profile->website;
	size_t count = count_weeks(m->services);
	size_t left = TABLE_BOUNDED;

	if (count == 0)
		return;
	doc_heading(m->doc, 2, word(m, TEXT_WEBSITE_HEADING), "websites");
	doc_table(m->doc, "websites", word(m, TEXT_WEBSITE_TABLE), columns, COUNT(columns));
	add_weeks_with(m, WEEK_VETOED, &left);
	add_weeks_with(m, WEEK_TOO_FEW, &left);
	add_weeks_with(m, WEEK_MET, &left);
	add_weeks_with(m, WEEK_NOT_JUDGED, &left);
	if (count > TABLE_BOUNDED)
		doc_note(m->doc, PHRASE(m, TEXT_WEBSITE_BOUNDED, say_count(m, TABLE_BOUNDED),
					say_count(m, count)));
	if (!rule->given)
		return;
	doc_note(m->doc, PHRASE(m, TEXT_WEBSITE_RULE, say_length(m, rule->deadline_ns),
				say_count(m, rule->visits), say_exact(m, 100 * rule->failed, "%")));
}

void add_services(struct monthly *m)
{
	doc_heading(m->doc, 1, word(m, TEXT_CHAPTER_SERVICES), "services");
	if (m->services->count == 0) {
		doc_text(m->doc, word(m, TEXT_SERVICE_NONE));
		return;
	}
	add_service_table(m);
	add_visits(m);
	add_clouds(m);
	add_website_table(m);
}
