/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/method.h"
#include "config/question.h"
#include "config/schema.h"
#include "config/url.h"

#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND	    INT64_C(1000000000)
#define HOUR	    (3600 * SECOND)

/* Hourly rows begin on the hour, so slots must cut hours or hours must cut them. */
static bool is_interval(int64_t interval)
{
	if (interval <= 0 || interval % SECOND != 0)
		return false;
	return HOUR % interval == 0 || interval == 2 * HOUR || interval == 4 * HOUR ||
	       interval == 8 * HOUR;
}

/* The nearest interval below (step < 0) or above that is a multiple of unit; 0 if there is none. */
static int64_t next_interval(int64_t interval, int64_t unit, int64_t step)
{
	int64_t at = interval / unit * unit + (step > 0 ? unit : 0);

	for (; at > 0 && at <= 8 * HOUR; at += step * unit) {
		if (is_interval(at))
			return at;
	}
	return 0;
}

/* The largest unit of people that the interval was written in. */
static int64_t unit_of(int64_t interval)
{
	static const int64_t units[] = {HOUR, 60 * SECOND};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (interval % units[i] == 0)
			return units[i];
	}
	return SECOND;
}

static bool check_interval(const struct value *value, struct problem *problem)
{
	char below[DURATION_TEXT] = "";
	char above[DURATION_TEXT] = "";
	int64_t unit = unit_of(value->integer);
	int64_t lower = next_interval(value->integer, unit, -1);
	int64_t upper = next_interval(value->integer, unit, 1);

	if (is_interval(value->integer))
		return true;
	if (lower > 0)
		duration_format(lower, below);
	if (upper > 0)
		duration_format(upper, above);
	problem_say(problem, "\"%.20s\" %s; use %s%s%s", value->text,
		    value->integer > HOUR	   ? "is not 2h, 4h or 8h"
		    : value->integer % SECOND != 0 ? "is not a whole number of seconds"
						   : "does not divide an hour",
		    below, lower > 0 && upper > 0 ? " or " : "", above);
	return false;
}

bool check_page_url(const struct value *value, struct problem *problem)
{
	uint16_t port;

	return url_parse(value->text, &port, problem);
}

bool check_page_text(const struct value *value, struct problem *problem)
{
	if (value->text[0] != '\0' && strlen(value->text) <= PAGE_TEXT_MOST)
		return true;
	problem_say(problem, "has %zu octets; a text to look for has 1 to %d", strlen(value->text),
		    PAGE_TEXT_MOST);
	return false;
}

const char *const trace_words[] = {
	[TRACE_BY_ICMP] = "icmp", [TRACE_BY_UDP] = "udp", [TRACE_BY_TCP] = "tcp", NULL};

const struct key_row test_rows[] = {
	{.name = "name",
	 .type = VALUE_NAME,
	 .required = true,
	 .offset = offsetof(struct draft_test, name),
	 .meaning = "unique name; part of file names"},
	{.name = "method",
	 .type = VALUE_CHOICE,
	 .words = method_words,
	 .offset = offsetof(struct draft_test, method),
	 .fallback = "icmp",
	 .meaning = "how it is measured"},
	{.name = "targets",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_test, targets),
	 .rows = targets_rows,
	 .fallback_told = "all sites",
	 .meaning = "sites that fit every key given here"},
	{.name = "interval",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_test, interval),
	 .least = SECOND,
	 .most = 8 * HOUR,
	 .fallback = "60s",
	 .check = check_interval,
	 .unit = "in whole seconds that divide an hour, or 2h, 4h, 8h",
	 .meaning = "length of a slot"},
	{.name = "packets",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_test, packets),
	 .least = 1,
	 .most = 1000,
	 .fallback_told = "20; of tcp and dns 6; of http 1",
	 .unit = "packets",
	 .meaning = "packets, of http visits, per slot, target and family"},
	{.name = "port",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_test, port),
	 .least = 1,
	 .most = 65535,
	 .fallback_told = "53 of dns; tcp requires it, icmp has no ports",
	 .meaning = "port that connections are opened to, or queries sent to"},
	{.name = "query",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_test, query),
	 .fallback_told = "none: dns requires it, the others have none",
	 .meaning = "domain name that the target is asked for"},
	{.name = "record",
	 .type = VALUE_CHOICE,
	 .words = record_words,
	 .offset = offsetof(struct draft_test, record),
	 .fallback_told = "A; only dns has one",
	 .meaning = "type of record that is asked for"},
	{.name = "transport",
	 .type = VALUE_CHOICE,
	 .words = transport_words,
	 .offset = offsetof(struct draft_test, transport),
	 .fallback_told = "udp; only dns has one",
	 .meaning = "how queries are carried; what udp cuts is asked again over tcp"},
	{.name = "expect",
	 .type = VALUE_TEXT,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_test, expect),
	 .fallback_told = "any; dns and http have it",
	 .meaning = "of dns right answers: addresses, of NS and SOA names; any other answer is "
		    "wrong. Of http one text that the page must have, in UTF-8"},
	{.name = "url",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_test, url),
	 .fallback_told = "of http that of each site; the others have none",
	 .check = check_page_url,
	 .meaning = "page that is visited, at the address of the target"},
	{.name = "blocked",
	 .type = VALUE_TEXT,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_test, blocked),
	 .fallback_told = "those known to the program",
	 .check = check_page_text,
	 .meaning = "of http: texts by which a page for robots is known too, which tells nothing "
		    "of the page asked for"},
	{.name = "body",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_test, body),
	 .least = 1024,
	 .most = 64 << 20,
	 .fallback_told = "of http 2097152",
	 .unit = "octets",
	 .meaning = "of http: a page that is larger fails"},
	{.name = "redirects",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_test, redirects),
	 .least = 0,
	 .most = 10,
	 .fallback_told = "of http 5",
	 .meaning = "of http: a visit that is led on more often fails"},
	{.name = "by-name",
	 .type = VALUE_SWITCH,
	 .offset = offsetof(struct draft_test, by_name),
	 .fallback_told = "of http false",
	 .meaning = "of http: the name in the url is looked up each time, and visited at the "
		    "address that it has then; false: at the address of the site"},
	{.name = "size",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_test, size),
	 .least = 16,
	 .most = 8972,
	 .fallback_told = "64; only icmp has one",
	 .unit = "octets",
	 .meaning = "payload of a packet"},
	{.name = "dscp",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_test, dscp),
	 .least = 0,
	 .most = 63,
	 .fallback = "0",
	 .meaning = "differentiated services code point"},
	{.name = "t-max",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_test, t_max),
	 .least = 100 * MILLISECOND,
	 .most = 60 * SECOND,
	 .fallback_told = "3s; of http 15s",
	 .meaning =
		 "a packet not back by then, of http a page not wholly there, is lost; above 10s "
		 "for http only"},
	{.name = "families",
	 .type = VALUE_CHOICE,
	 .list = true,
	 .words = family_words,
	 .offset = offsetof(struct draft_test, families),
	 .fallback_told = "both",
	 .meaning = "address families to measure, where a site has the address"},
	{.name = "agents",
	 .type = VALUE_NAME,
	 .list = true,
	 .offset = offsetof(struct draft_test, agents),
	 .fallback_told = "all agents",
	 .meaning = "agents that measure it"},
	{.name = "calendar",
	 .type = VALUE_NAME,
	 .offset = offsetof(struct draft_test, calendar),
	 .fallback_told = "always",
	 .meaning = "the calendar in which a slot must start to be measured; the others are "
		    "recorded as unscheduled"},
	{.name = "trace",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_test, trace),
	 .least = 5 * SECOND,
	 .most = 24 * HOUR,
	 .fallback_told = "no traces",
	 .meaning = "how often the route to each target and its path MTU are looked for; also at "
		    "once when an outage begins"},
	{.name = "trace-by",
	 .type = VALUE_CHOICE,
	 .words = trace_words,
	 .offset = offsetof(struct draft_test, trace_by),
	 .fallback_told = "tcp where the method is tcp, else icmp",
	 .meaning = "packets that traces are made of"},
	{.name = NULL},
};
