/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores and certificates of the pages that are visited. */
#include "reporter/doc/monthly_parts.h"

#include "reporter/cloud.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct page {
	const struct service *service;
	const struct certificate_sighting *certificate; /* NULL: none */
	const struct facts *connections;		/* NULL: nothing opens any */
	struct cloud_score score;
};

static bool is_page(const struct monthly *m, const struct service *service)
{
	return strcmp(service_test(m->assessment, service)->method, "http") == 0;
}

/* A path by connections of the page's agent to the page's address. */
struct connections {
	const struct facts *facts; /* NULL: none */
	uint32_t port;
};

/* At the page's port if one goes there, else at any. */
static void take_connections(struct connections *best, const struct test_config *test,
			     const struct facts *facts, uint32_t port)
{
	if (strcmp(test->method, "tcp") != 0 || (best->facts != NULL && test->port != port) ||
	    (best->facts != NULL && best->port == port))
		return;
	*best = (struct connections){facts, test->port};
}

/* Beside the other services the scored test may open connections too. */
static const struct facts *find_connections(const struct monthly *m, const struct service *page)
{
	const struct assessment *a = m->assessment;
	const struct site *site = assessment_site(a, page->assessed);
	uint32_t port = page->path.key.port;
	struct connections best = {NULL, 0};

	if (site->scored_test != CONFIG_NONE && site->scored_agent == page->agent)
		take_connections(&best, &a->config->tests[site->scored_test],
				 &a->sites[page->assessed].path[page->family].facts, port);
	for (size_t i = 0; i < m->services->count; i++) {
		const struct service *service = &m->services->items[i];
		if (service->assessed == page->assessed && service->agent == page->agent &&
		    service->family == page->family)
			take_connections(&best, service_test(a, service), &service->path.facts,
					 port);
	}
	return best.facts;
}

static bool is_encrypted(const struct monthly *m, const struct service *service)
{
	const char *url = test_page_at(service_test(m->assessment, service),
				       assessment_site(m->assessment, service->assessed));

	return url != NULL && strncasecmp(url, "https:", 6) == 0;
}

static struct page judge(const struct monthly *m, const struct service *service)
{
	const struct path *path = &service->path;
	struct page page = {.service = service, .connections = find_connections(m, service)};

	if (path->certificate_count > 0)
		page.certificate = &path->certificates[path->certificate_count - 1];
	const struct cloud_subject subject = {
		.profile = m->assessment->profile,
		.reach = assessment_site(m->assessment, service->assessed)->reach,
		.mode = m->assessment->mode,
		.visits = &path->facts,
		.connections = page.connections,
		.certificate = page.certificate,
		.encrypted = is_encrypted(m, service),
	};
	page.score = cloud_judge(&subject);
	return page;
}

static bool is_complete(const struct page *page)
{
	for (size_t i = 0; i < CLOUD_COUNT; i++) {
		if (page->score.missing[i])
			return false;
	}
	return true;
}

/* The worst first; those of other weights apart, those without score last. */
static int compare_scores(const void *a, const void *b)
{
	const struct page *x = a;
	const struct page *y = b;
	bool complete = is_complete(x);

	if (isnan(x->score.exact) != isnan(y->score.exact))
		return isnan(x->score.exact) ? 1 : -1;
	if (!isnan(x->score.exact) && complete != is_complete(y))
		return complete ? -1 : 1;
	if (!isnan(x->score.exact) && x->score.exact != y->score.exact)
		return x->score.exact < y->score.exact ? -1 : 1;
	return (x->service > y->service) - (x->service < y->service);
}

static int compare_certificates(const void *a, const void *b)
{
	const struct page *x = a;
	const struct page *y = b;
	double left = x->score.value[CLOUD_CERTIFICATE];
	double right = y->score.value[CLOUD_CERTIFICATE];
	bool good = x->score.shown <= SHOWN_ENDING;
	bool other_good = y->score.shown <= SHOWN_ENDING;

	if (good != other_good)
		return good ? 1 : -1;
	if (left < right || left > right)
		return left < right ? -1 : 1;
	return compare_scores(a, b);
}

static struct value value_cloud_points(const struct monthly *m, const struct cloud_score *score,
				       enum cloud_indicator indicator)
{
	double points = score->points[indicator];

	if (isnan(points))
		return value_toned(value_number(points, 1, ""), TONE_MUTED);
	return value_points(m, points,
			    score_grade(m->assessment->profile, round_half_up(points, 1)));
}

static struct value value_connection(const struct cloud_score *score)
{
	struct value value = value_milliseconds(score->value[CLOUD_CONNECTION]);

	return score->rough[CLOUD_CONNECTION] ? value_roughened(value) : value;
}

static const char *say_weight(struct monthly *m, const struct cloud_score *score,
			      enum cloud_indicator indicator)
{
	return score->missing[indicator] ? "–" : say_number(m, score->weight[indicator], 1, "");
}

static const char *say_cloud_remarks(struct monthly *m, const struct page *page)
{
	const struct cloud_score *score = &page->score;
	const struct score gated = {.gates = score->gates, .marked = score->marked};
	const char *text = say_gates(m, &gated);

	if (isnan(score->exact) || is_complete(page))
		return text;
	if (score->missing[CLOUD_CONNECTION])
		text = say_listed(m, text,
				  word(m, page->connections == NULL ? TEXT_CLOUD_NO_CONNECTION
								    : TEXT_CLOUD_UNMEASURED));
	if (score->missing[CLOUD_CERTIFICATE])
		text = say_listed(m, text, word(m, TEXT_CLOUD_NO_CERTIFICATE));
	return say_listed(m, text,
			  PHRASE(m, TEXT_CLOUD_WEIGHTS, say_weight(m, score, CLOUD_AVAILABILITY),
				 say_weight(m, score, CLOUD_FIRST_BYTE),
				 say_weight(m, score, CLOUD_CONNECTION),
				 say_weight(m, score, CLOUD_CERTIFICATE)));
}

static void add_score_row(struct monthly *m, const struct page *page)
{
	const struct cloud_score *score = &page->score;

	doc_row(m->doc, (struct value[]){
				value_site(m, page->service->assessed),
				value_text(say_family(page->service->family)),
				value_points(m, score->exact, score->grade),
				value_grade(m, score->printed, score->grade),
				value_cloud_points(m, score, CLOUD_AVAILABILITY),
				value_cloud_points(m, score, CLOUD_FIRST_BYTE),
				value_connection(score),
				value_cloud_points(m, score, CLOUD_CONNECTION),
				value_cloud_points(m, score, CLOUD_CERTIFICATE),
				value_text(say_cloud_remarks(m, page)),
			});
}

static void add_bound(struct monthly *m, size_t count)
{
	if (count > TABLE_BOUNDED)
		doc_note(m->doc, PHRASE(m, TEXT_CLOUD_BOUNDED, say_count(m, TABLE_BOUNDED),
					say_count(m, count)));
}

static void add_scores(struct monthly *m, const struct page *pages, size_t count)
{
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"score", word(m, TEXT_SCORE_SCORE), ALIGN_END},
		{"grade", word(m, TEXT_SCORE_GRADE), ALIGN_START},
		{"availability_points", word(m, TEXT_CLOUD_POINTS_AVAILABILITY), ALIGN_END},
		{"first_byte_points", word(m, TEXT_CLOUD_POINTS_FIRST_BYTE), ALIGN_END},
		{"connection_p95", word(m, TEXT_CLOUD_CONNECTION), ALIGN_END},
		{"connection_points", word(m, TEXT_CLOUD_POINTS_CONNECTION), ALIGN_END},
		{"certificate_points", word(m, TEXT_CLOUD_POINTS_CERTIFICATE), ALIGN_END},
		{"remarks", word(m, TEXT_COLUMN_REMARKS), ALIGN_START},
	};
	const double *weight = m->assessment->profile->cloud.weight;

	doc_heading(m->doc, 2, word(m, TEXT_CLOUD_HEADING), "clouds");
	doc_table(m->doc, "clouds", word(m, TEXT_CLOUD_TABLE), columns, COUNT(columns));
	for (size_t i = 0; i < count && i < TABLE_BOUNDED; i++)
		add_score_row(m, &pages[i]);
	add_bound(m, count);
	doc_note(m->doc, PHRASE(m, TEXT_CLOUD_RULE, say_exact(m, weight[CLOUD_AVAILABILITY], ""),
				say_exact(m, weight[CLOUD_FIRST_BYTE], ""),
				say_exact(m, weight[CLOUD_CONNECTION], ""),
				say_exact(m, weight[CLOUD_CERTIFICATE], "")));
}

static struct value value_state(struct monthly *m, const struct page *page)
{
	static const struct {
		enum text_id text;
		enum tone tone;
	} states[] = {
		[SHOWN_GOOD] = {TEXT_CLOUD_GOOD, TONE_GOOD},
		[SHOWN_ENDING] = {TEXT_CLOUD_ENDING, TONE_FAIR},
		[SHOWN_SHORT] = {TEXT_CLOUD_SHORT, TONE_BAD},
		[SHOWN_INVALID] = {TEXT_CLOUD_INVALID, TONE_BAD},
		[SHOWN_MISNAMED] = {TEXT_CLOUD_MISNAMED, TONE_BAD},
		[SHOWN_OLD_TLS] = {TEXT_CLOUD_OLD_TLS, TONE_BAD},
		[SHOWN_NOTHING] = {TEXT_CLOUD_NOTHING, TONE_BAD},
		[SHOWN_PLAIN] = {TEXT_CLOUD_PLAIN, TONE_BAD},
		[SHOWN_UNKNOWN] = {TEXT_CLOUD_UNKNOWN, TONE_MUTED},
	};
	enum shown shown = page->score.shown;
	const char *text = shown == SHOWN_INVALID ? PHRASE(m, TEXT_CLOUD_INVALID,
							   page->certificate->certificate.problem)
						  : word(m, states[shown].text);

	return value_toned(value_text(text), states[shown].tone);
}

static void add_certificate_row(struct monthly *m, const struct page *page)
{
	static const struct certificate_sighting none = {
		.certificate = {.not_after = NSEC_UNDEFINED, .chain_not_after = NSEC_UNDEFINED}};
	const struct certificate_sighting *seen =
		page->certificate == NULL ? &none : page->certificate;
	const struct certificate *c = &seen->certificate;
	nsec ends = c->chain_not_after < c->not_after ? c->chain_not_after : c->not_after;

	doc_row(m->doc, (struct value[]){
				value_site(m, page->service->assessed),
				value_text(say_family(page->service->family)),
				value_state(m, page),
				value_number(page->score.value[CLOUD_CERTIFICATE], 0, ""),
				value_time(ends),
				value_text(c->subject),
				value_text(c->names),
				value_text(c->issuer),
				value_text(seen->tls),
			});
}

static void add_certificates(struct monthly *m, const struct page *pages, size_t count)
{
	const struct column columns[] = {
		{"site", word(m, TEXT_COLUMN_SITE), ALIGN_START},
		{"family", word(m, TEXT_COLUMN_FAMILY), ALIGN_START},
		{"state", word(m, TEXT_CLOUD_STATE), ALIGN_START},
		{"days", word(m, TEXT_CLOUD_DAYS), ALIGN_END},
		{"ends", word(m, TEXT_CLOUD_ENDS), ALIGN_START},
		{"subject", word(m, TEXT_CLOUD_SUBJECT), ALIGN_START},
		{"names", word(m, TEXT_CLOUD_NAMES), ALIGN_START},
		{"issuer", word(m, TEXT_CLOUD_ISSUER), ALIGN_START},
		{"tls", word(m, TEXT_CLOUD_TLS), ALIGN_START},
	};
	const struct cloud_rule *rule = &m->assessment->profile->cloud;

	doc_table(m->doc, "certificates", word(m, TEXT_CLOUD_CERTIFICATES), columns,
		  COUNT(columns));
	for (size_t i = 0; i < count && i < TABLE_BOUNDED; i++)
		add_certificate_row(m, &pages[i]);
	add_bound(m, count);
	doc_note(m->doc,
		 PHRASE(m, TEXT_CLOUD_RULE_CERTIFICATE, say_count(m, rule->days_full),
			say_count(m, rule->days_least), say_exact(m, rule->points_least, "")));
}

static bool any_on_record(const struct page *pages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (pages[i].score.shown != SHOWN_UNKNOWN)
			return true;
	}
	return false;
}

void add_clouds(struct monthly *m)
{
	const struct services *services = m->services;
	struct page *pages = must_calloc(services->count, sizeof(*pages));
	size_t count = 0;

	for (size_t i = 0; i < services->count; i++) {
		if (is_page(m, &services->items[i]))
			pages[count++] = judge(m, &services->items[i]);
	}
	if (count > 0 && m->assessment->profile->cloud.given) {
		qsort(pages, count, sizeof(*pages), compare_scores);
		add_scores(m, pages, count);
		qsort(pages, count, sizeof(*pages), compare_certificates);
		if (any_on_record(pages, count))
			add_certificates(m, pages, count);
	}
	free(pages);
}
