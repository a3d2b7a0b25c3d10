/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/errand.h"
#include "collector/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that this machine kept waiting for longer was not given its time: if that runs out, it proves
 * nothing. */
static const nsec lateness_max = 250 * NSEC_PER_MSEC;

static char **copy_list(const char *const *list)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	char **copy = calloc(count + 1, sizeof(char *));
	for (size_t i = 0; copy != NULL && i < count; i++)
		copy[i] = strdup(list[i]);
	return copy;
}

static struct visited *visited_of(const struct visit_order *order)
{
	struct visited *visited = calloc(1, sizeof(*visited));

	if (visited == NULL)
		return NULL;
	visited->label = order->label;
	struct visit *visit = &visited->visit;
	visit->end = VISIT_NOT_MADE;
	visit->began_at = NSEC_UNDEFINED;
	visit->syn_round_trip = NSEC_UNDEFINED;
	for (int i = 0; i < VISIT_PHASES; i++)
		visit->phase[i] = NSEC_UNDEFINED;
	snprintf(visit->url, sizeof(visit->url), "%s", order->url);
	snprintf(visit->reason, sizeof(visit->reason), "this machine had no room for it in time");
	return visited;
}

static bool same_host(CURLU *a, CURLU *b)
{
	char *x = NULL;
	char *y = NULL;
	bool same = curl_url_get(a, CURLUPART_HOST, &x, 0) == CURLUE_OK &&
		    curl_url_get(b, CURLUPART_HOST, &y, 0) == CURLUE_OK && strcasecmp(x, y) == 0;

	curl_free(x);
	curl_free(y);
	return same;
}

/* The address that a URL names, if it is one; its family 0 else. */
static struct endpoint address_in(CURLU *url)
{
	struct endpoint address = {0};
	char *host = NULL;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		size_t len = strlen(host);
		bool brackets = host[0] == '[' && len > 2;
		host[len - brackets] = '\0';
		if (endpoint_parse(host + brackets, &address) != E_OK)
			address.family = 0;
	}
	curl_free(host);
	return address;
}

/* The name of a URL's host; NULL where it is an address, or there is no memory. */
static char *name_of(CURLU *url)
{
	char *host = NULL;
	char *name = NULL;

	if (address_in(url).family == 0 && curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		name = strdup(host);
	curl_free(host);
	return name;
}

static char *name_in(const char *text)
{
	CURLU *url = curl_url();
	char *name = NULL;

	if (url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK)
		name = name_of(url);
	curl_url_cleanup(url);
	return name;
}

enum err errand_open(const struct visit_order *order, nsec now, struct errand **out)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL)
		return E_MEMORY;
	errand->label = order->label;
	errand->to = order->label.host;
	errand->asked = now;
	errand->began = NSEC_UNDEFINED;
	errand->deadline = now + order->t_max;
	errand->body_most = order->body_most;
	errand->redirects_most = order->redirects_most;
	errand->dscp = order->dscp;
	errand->visited = visited_of(order);
	errand->url = strdup(order->url);
	if (order->way == VISIT_BY_NAME)
		errand->lookup = name_in(order->url);
	if (order->expect != NULL)
		errand->expect = strdup(order->expect);
	if (order->blocked != NULL)
		errand->blocked = copy_list(order->blocked);
	if (errand->visited == NULL || errand->url == NULL ||
	    (order->expect != NULL && errand->expect == NULL) ||
	    (order->blocked != NULL && errand->blocked == NULL)) {
		errand_destroy(errand);
		return E_MEMORY;
	}
	*out = errand;
	return E_OK;
}

void errand_destroy(struct errand *errand)
{
	if (errand == NULL)
		return;
	transfer_destroy(errand->transfer);
	for (char **text = errand->blocked; text != NULL && *text != NULL; text++)
		free(*text);
	free(errand->blocked);
	free(errand->expect);
	free(errand->lookup);
	free(errand->url);
	free(errand->visited);
	free(errand);
}

static void fail(struct visit *visit, enum visit_end end, const char *reason)
{
	visit->end = end;
	snprintf(visit->reason, sizeof(visit->reason), "%s", reason);
}

bool errand_next(struct errand *errand, struct transfer_setting *setting)
{
	nsec now = clock_monotonic();
	struct transfer_request request = {
		.url = errand->url,
		.to = errand->to,
		.timeout = errand->deadline - now,
		.body_most = errand->body_most,
		.dscp = errand->dscp,
		.expect = errand->expect,
		.blocked = (const char *const *)errand->blocked,
	};

	transfer_destroy(errand->transfer);
	errand->transfer = NULL;
	errand->hop_began = now;
	if (request.timeout <= 0) {
		errand->visited->visit.cause = LOSS_UNTOLD;
		fail(&errand->visited->visit, VISIT_TIMED_OUT, "redirects took all of its time");
		return false;
	}
	if (transfer_create(setting, &request, &errand->transfer) == E_OK)
		return true;
	fail(&errand->visited->visit, VISIT_NOT_MADE, "this machine could not make the request");
	return false;
}

static nsec sum(nsec a, nsec b)
{
	if (a == NSEC_UNDEFINED)
		return b;
	return b == NSEC_UNDEFINED ? a : a + b;
}

/* What a transfer adds to the visit. */
static void join(const struct errand *errand, struct visit *visit, const struct visit *hop)
{
	nsec before = errand->hop_began - errand->began;
	struct visit before_it = *visit;

	*visit = *hop;
	visit->began_at = errand->label.asked_at + (errand->began - errand->asked);
	visit->redirects = before_it.redirects;
	for (int i = VISIT_NAME; i <= VISIT_TLS; i++)
		visit->phase[i] = sum(before_it.phase[i], hop->phase[i]);
	for (int i = VISIT_FIRST_BYTE; i <= VISIT_TOTAL; i++)
		visit->phase[i] =
			hop->phase[i] == NSEC_UNDEFINED ? NSEC_UNDEFINED : before + hop->phase[i];
	if (before_it.redirects > 0)
		visit->syn_round_trip = before_it.syn_round_trip;
	if (before_it.certificate.shown)
		visit->certificate = before_it.certificate;
	if (hop->tls[0] == '\0')
		memcpy(visit->tls, before_it.tls, sizeof(visit->tls));
}

/* Finds where a redirect goes from here; NULL, or why it goes nowhere. */
static const char *find_way(struct errand *errand, CURLU *old, CURLU *new)
{
	if (same_host(old, new))
		return NULL;
	struct endpoint address = address_in(new);
	if (address.family == 0) {
		free(errand->lookup);
		errand->lookup = name_of(new);
		return errand->lookup == NULL ? "this machine has no memory left" : NULL;
	}
	if (address.family != errand->label.host.family)
		return "it is redirected to an address of the other family";
	errand->to = address;
	return NULL;
}

/* Why a redirect is none that is followed; NULL: it may be. */
static const char *refuse(const struct errand *errand, const char *location, CURLU *new)
{
	if (errand->visited->visit.redirects >= errand->redirects_most)
		return "it is redirected too often";
	if (strncasecmp(location, "http://", 7) != 0 && strncasecmp(location, "https://", 8) != 0)
		return "it is redirected to what is neither http nor https";
	if (strlen(location) >= VISIT_URL)
		return "it is redirected to a URL that is too long";
	if (curl_url_set(new, CURLUPART_URL, location, CURLU_DISALLOW_USER) != CURLUE_OK)
		return "it is redirected to what is no URL, or has a user in it";
	return NULL;
}

static bool leads_on(struct errand *errand, const char *location)
{
	struct visit *visit = &errand->visited->visit;
	CURLU *old = curl_url();
	CURLU *new = curl_url();
	const char *problem = "this machine has no memory left";

	if (old != NULL && new != NULL &&
	    curl_url_set(old, CURLUPART_URL, errand->url, 0) == CURLUE_OK) {
		visit->cause = LOSS_BOUNDS;
		problem = refuse(errand, location, new);
		if (problem == NULL) {
			visit->cause = LOSS_NAME;
			problem = find_way(errand, old, new);
		}
	}
	curl_url_cleanup(old);
	curl_url_cleanup(new);
	if (problem != NULL)
		fail(visit, VISIT_FAILED, problem);
	return problem == NULL;
}

static bool follow(struct errand *errand, const char *location)
{
	struct visit *visit = &errand->visited->visit;

	if (!leads_on(errand, location))
		return false;
	char *url = strdup(location);
	if (url == NULL) {
		fail(visit, VISIT_NOT_MADE, "this machine has no memory left");
		return false;
	}
	free(errand->url);
	errand->url = url;
	visit->redirects++;
	return true;
}

bool errand_found(struct errand *errand, const struct lookup *lookup)
{
	struct visit *visit = &errand->visited->visit;
	const struct resolution *found = &lookup->resolution;

	free(errand->lookup);
	errand->lookup = NULL;
	if (lookup->rc == E_OK)
		visit->phase[VISIT_NAME] = sum(visit->phase[VISIT_NAME], found->took);
	if (lookup->rc == E_OK && found->outcome == RESOLVING_FOUND) {
		errand->to = found->addresses[0];
		return true;
	}
	if (lookup->rc != E_OK && lookup->rc != E_SYNTAX && lookup->rc != E_RANGE) {
		fail(visit, VISIT_NOT_MADE, "this machine could not look its name up in time");
		return false;
	}
	visit->began_at = errand->label.asked_at + (errand->began - errand->asked);
	visit->phase[VISIT_TOTAL] = clock_monotonic() - errand->began;
	visit->cause = LOSS_NAME;
	snprintf(visit->reason, sizeof(visit->reason), "the address of %.80s: %s", lookup->name,
		 lookup->rc == E_OK ? resolving_name(found->outcome) : "no domain name");
	visit->end = VISIT_FAILED;
	return false;
}

/* Whether this machine took time that was the host's: before it began, or while the kernel had the
 * connection already. */
static bool was_late(const struct errand *errand, const struct visit *hop)
{
	nsec connect = hop->phase[VISIT_CONNECT];
	nsec noticed = connect == NSEC_UNDEFINED || hop->syn_round_trip == NSEC_UNDEFINED
			       ? 0
			       : connect - hop->syn_round_trip;

	return errand->began - errand->asked > lateness_max || noticed > lateness_max;
}

bool errand_conclude(struct errand *errand, CURLcode code)
{
	struct visit hop;
	struct visit *visit = &errand->visited->visit;
	const char *location = transfer_conclude(errand->transfer, code, &hop);

	join(errand, visit, &hop);
	if (location != NULL && visit->end == VISIT_FAILED && follow(errand, location))
		return true;
	if (visit->end == VISIT_TIMED_OUT && was_late(errand, &hop))
		fail(visit, VISIT_NOT_MADE, "this machine was late itself, and its time ran out");
	return false;
}

struct visited *errand_close(struct errand *errand)
{
	struct visited *visited = errand->visited;

	errand->visited = NULL;
	errand_destroy(errand);
	return visited;
}
