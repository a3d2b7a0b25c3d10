/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/schema.h"
#include "config/holidays_load.h"
#include "config/zone.h"

#include <string.h>

#define SECOND INT64_C(1000000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

enum { TESTS_MAX = 1000 };

#define DIGITS(number) #number
#define TEXT_OF(macro) DIGITS(macro)

const char *const tier_words[] = {"backbone", "metro", "access", NULL};
const char *const reach_words[] = {"city", "province", NULL};
const char *const family_words[] = {"ipv4", "ipv6", NULL};
const char *const day_words[] = {"every", "working", "sun", "mon", "tue",
				 "wed",	  "thu",     "fri", "sat", NULL};

_Static_assert(sizeof(tier_words) / sizeof(tier_words[0]) == TIER_COUNT + 1, "a word each");
_Static_assert(sizeof(reach_words) / sizeof(reach_words[0]) == REACH_COUNT + 1, "a word each");
_Static_assert(sizeof(family_words) / sizeof(family_words[0]) == FAMILY_COUNT + 1, "a word each");

const char *family_name(enum family family)
{
	return family_words[family];
}

static bool check_zone(const struct value *value, struct problem *problem)
{
	char closest[128];

	if (zone_exists(value->text))
		return true;
	if (zone_closest(value->text, closest, sizeof(closest)))
		problem_say(problem, "\"%.60s\" is no time zone; did you mean %s?", value->text,
			    closest);
	else
		problem_say(problem,
			    "\"%.60s\" is no time zone under /usr/share/zoneinfo; write one such "
			    "as Asia/Shanghai",
			    value->text);
	return false;
}

static bool check_absolute(const struct value *value, struct problem *problem)
{
	if (value->text[0] == '/')
		return true;
	problem_say(problem,
		    "\"%.60s\" is not absolute; write it from / on, such as "
		    "/var/lib/netgrade",
		    value->text);
	return false;
}

static bool check_hours(const struct value *value, struct problem *problem)
{
	struct hours hours;

	if (!hours_parse(value->text, &hours)) {
		problem_say(problem,
			    "\"%.40s\" is no period of the day; write one such as "
			    "\"09:00-12:00\"",
			    value->text);
		return false;
	}
	if (hours.from < hours.until)
		return true;
	problem_say(problem,
		    "\"%s\" does not end after it begins; over midnight write two, "
		    "\"%.5s-24:00\" and \"00:00-%.5s\"",
		    value->text, value->text, value->text + 6);
	return false;
}

#define TITLE_ROWS(draft, member)                                                                  \
	{.name = "zh",                                                                             \
	 .type = VALUE_TEXT,                                                                       \
	 .offset = offsetof(draft, member.zh),                                                     \
	 .fallback_told = "en, or the name",                                                       \
	 .meaning = "title in Chinese"},                                                           \
	{                                                                                          \
		.name = "en", .type = VALUE_TEXT, .offset = offsetof(draft, member.en),            \
		.fallback_told = "zh, or the name", .meaning = "title in English"                  \
	}

#define NAME_ROW(draft, of)                                                                        \
	{                                                                                          \
		.name = "name", .type = VALUE_NAME, .required = true,                              \
		.offset = offsetof(draft, of), .meaning = "unique name; part of file names"        \
	}

static const struct key_row network_rows[] = {
	TITLE_ROWS(struct draft_network, title),
	{.name = NULL},
};

static const struct key_row retention_rows[] = {
	{.name = "slots",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_retention, slots),
	 .least = DAY,
	 .most = 3650 * DAY,
	 .fallback = "45d",
	 .meaning = "how long the rows of single slots are kept; a report of a month needs 40d"},
	{.name = "hours",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_retention, hours),
	 .least = DAY,
	 .most = 3650 * DAY,
	 .fallback = "400d",
	 .meaning = "how long hourly rows and histograms are kept; not less than slots"},
	{.name = NULL},
};

static const struct key_row maintenance_rows[] = {
	{.name = "notice",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_maintenance, notice),
	 .least = 0,
	 .most = 366 * DAY,
	 .fallback = "24h",
	 .meaning = "a window entered less than this before its start is late and does not score"},
	{.name = "allowance",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_maintenance, allowance),
	 .least = 0,
	 .most = 31 * DAY,
	 .fallback = "8h",
	 .meaning = "what a path may have planned in a calendar month; more does not score"},
	{.name = NULL},
};

static const struct key_row anchor_rows[] = {
	{.name = "site",
	 .type = VALUE_NAME,
	 .offset = offsetof(struct draft_anchor, site),
	 .fallback_told = "none",
	 .meaning = "a site whose addresses are the anchor's; or else write ipv4 or ipv6 or both"},
	{.name = "ipv4",
	 .type = VALUE_IPV4,
	 .offset = offsetof(struct draft_anchor, address[FAMILY_IPV4]),
	 .fallback_told = "none",
	 .meaning = "IPv4 address"},
	{.name = "ipv6",
	 .type = VALUE_IPV6,
	 .offset = offsetof(struct draft_anchor, address[FAMILY_IPV6]),
	 .fallback_told = "none",
	 .meaning = "IPv6 address"},
	{.name = NULL},
};

static bool check_name_server(const struct value *value, struct problem *problem)
{
	struct address address;

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		address_parse(value->text, f, &address);
		if (address.given)
			return true;
	}
	problem_say(problem,
		    "\"%.60s\" is no address; write one such as 192.0.2.53 or 2001:db8::53",
		    value->text);
	return false;
}

static const struct key_row agent_rows[] = {
	NAME_ROW(struct draft_agent, named.name),
	TITLE_ROWS(struct draft_agent, named.title),
	{.name = "site",
	 .type = VALUE_NAME,
	 .offset = offsetof(struct draft_agent, site),
	 .fallback_told = "none",
	 .meaning = "the site where it stands; being cut off is an outage of that site"},
	{.name = "anchors",
	 .type = VALUE_SECTIONS,
	 .most = ANCHORS_MOST,
	 .offset = offsetof(struct draft_agent, anchors),
	 .rows = anchor_rows,
	 .size = sizeof(struct draft_anchor),
	 .fallback_told = "none: being cut off cannot be told from outages of the sites",
	 .meaning = "at least 3 hosts beyond its gateway, on paths that share no more than that; "
		    "while all of them are lost and the gateway lives, no site is judged"},
	{.name = "receive-buffer",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_agent, receive_buffer),
	 .least = 4096,
	 .most = 1 << 30,
	 .fallback = TEXT_OF(RECEIVE_BUFFER_DEFAULT),
	 .unit = "octets",
	 .meaning = "queue of answers that wait to be read"},
	{.name = "authorities",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_agent, authorities),
	 .check = check_absolute,
	 .fallback_told = "those of its system alone",
	 .meaning = "PEM file of certificate authorities that are believed besides; read "
		    "when the collector starts, and by a reload"},
	{.name = "visits-at-once",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_agent, visits_at_once),
	 .least = 1,
	 .most = 64,
	 .fallback = TEXT_OF(VISITS_AT_ONCE_DEFAULT),
	 .unit = "visits",
	 .meaning = "to one address at the same time, at most"},
	{.name = "visit-distance",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_agent, visit_distance),
	 .least = 0,
	 .most = 10 * SECOND,
	 .fallback = TEXT_OF(VISIT_DISTANCE_DEFAULT_MS) "ms",
	 .meaning = "from the beginning of a visit to that of the next to the same address, at "
		    "least"},
	{.name = "name-servers",
	 .type = VALUE_TEXT,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_agent, name_servers),
	 .fallback_told = "those of /etc/resolv.conf",
	 .check = check_name_server,
	 .meaning = "addresses of up to 8 servers that it asks for the addresses of names, in this "
		    "order"},
	{.name = "ipv4",
	 .type = VALUE_IPV4,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_agent, sources[FAMILY_IPV4]),
	 .fallback_told = "none",
	 .meaning = "addresses that its packets come from as sites see them; plan --notice tells "
		    "their owners"},
	{.name = "ipv6",
	 .type = VALUE_IPV6,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_agent, sources[FAMILY_IPV6]),
	 .fallback_told = "none",
	 .meaning = "the same for IPv6"},
	{.name = NULL},
};

static const struct key_row organisation_rows[] = {
	NAME_ROW(struct draft_organisation, named.name),
	TITLE_ROWS(struct draft_organisation, named.title),
	{.name = "children",
	 .type = VALUE_SECTIONS,
	 .offset = offsetof(struct draft_organisation, children),
	 .rows = organisation_rows,
	 .size = sizeof(struct draft_organisation),
	 .meaning = "organisations below it"},
	{.name = NULL},
};

static const struct key_row scored_rows[] = {
	{.name = "test",
	 .type = VALUE_NAME,
	 .offset = offsetof(struct draft_scored, test),
	 .fallback_told = "the only test that covers the site",
	 .meaning = "the one test whose results enter the score"},
	{.name = "agent",
	 .type = VALUE_NAME,
	 .offset = offsetof(struct draft_scored, agent),
	 .fallback_told = "the only agent of that test",
	 .meaning = "the one agent whose results enter the score"},
	{.name = "family",
	 .type = VALUE_CHOICE,
	 .words = family_words,
	 .offset = offsetof(struct draft_scored, family),
	 .fallback_told = "ipv4 where it is measured",
	 .meaning = "primary family: its series is scored, the other is shown beside it"},
	{.name = NULL},
};

const struct key_row site_rows[] = {
	NAME_ROW(struct draft_site, named.name),
	{.name = "formerly",
	 .type = VALUE_NAME,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_site, formerly),
	 .fallback_told = "none",
	 .meaning = "the names that it had before, the oldest first: it keeps what was measured "
		    "under them"},
	TITLE_ROWS(struct draft_site, named.title),
	{.name = "organisation",
	 .type = VALUE_NAME,
	 .required = true,
	 .offset = offsetof(struct draft_site, organisation),
	 .meaning = "the organisation that it belongs to"},
	{.name = "tier",
	 .type = VALUE_CHOICE,
	 .required = true,
	 .words = tier_words,
	 .offset = offsetof(struct draft_site, tier),
	 .meaning = "tier of the network; decides the scale of availability"},
	{.name = "reach",
	 .type = VALUE_CHOICE,
	 .words = reach_words,
	 .offset = offsetof(struct draft_site, reach),
	 .fallback_told = "province for backbone, city otherwise",
	 .meaning = "how far away it is; decides the scale of delay"},
	{.name = "weight",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_site, weight),
	 .low = 0.01,
	 .high = 1000,
	 .fallback = "1",
	 .meaning = "its share in the scores of groups"},
	{.name = "tags",
	 .type = VALUE_NAME,
	 .list = true,
	 .offset = offsetof(struct draft_site, tags),
	 .fallback_told = "none",
	 .meaning = "words by which tests select it; in an inventory separated by spaces"},
	{.name = "ipv4",
	 .type = VALUE_IPV4,
	 .offset = offsetof(struct draft_site, address[FAMILY_IPV4]),
	 .fallback_told = "none",
	 .meaning = "IPv4 address; it or ipv6 must be given"},
	{.name = "ipv6",
	 .type = VALUE_IPV6,
	 .offset = offsetof(struct draft_site, address[FAMILY_IPV6]),
	 .fallback_told = "none",
	 .meaning = "IPv6 address"},
	{.name = "url",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_site, url),
	 .fallback_told = "none",
	 .check = check_page_url,
	 .meaning = "its page, which tests by http visit that have no url of their own"},
	{.name = "expect",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_site, expect),
	 .fallback_told = "any",
	 .check = check_page_text,
	 .meaning = "a text that this page must have, in UTF-8; expect of the test goes before it"},
	{.name = "scored",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_site, scored),
	 .rows = scored_rows,
	 .meaning = "what of all that is measured there enters the score"},
	{.name = NULL},
};

const struct key_row targets_rows[] = {
	{.name = "tiers",
	 .type = VALUE_CHOICE,
	 .list = true,
	 .words = tier_words,
	 .offset = offsetof(struct draft_targets, tiers),
	 .fallback_told = "all",
	 .meaning = "sites of any of these tiers"},
	{.name = "organisations",
	 .type = VALUE_NAME,
	 .list = true,
	 .offset = offsetof(struct draft_targets, organisations),
	 .fallback_told = "all",
	 .meaning = "sites of these organisations and all below them"},
	{.name = "tags",
	 .type = VALUE_NAME,
	 .list = true,
	 .offset = offsetof(struct draft_targets, tags),
	 .fallback_told = "all",
	 .meaning = "sites with any of these tags"},
	{.name = "sites",
	 .type = VALUE_NAME,
	 .list = true,
	 .offset = offsetof(struct draft_targets, sites),
	 .fallback_told = "all",
	 .meaning = "these sites"},
	{.name = NULL},
};

static const struct key_row calendar_rows[] = {
	{.name = "name",
	 .type = VALUE_NAME,
	 .required = true,
	 .offset = offsetof(struct draft_calendar, name),
	 .meaning = "unique name"},
	{.name = "hours",
	 .type = VALUE_TEXT,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_calendar, hours),
	 .check = check_hours,
	 .fallback_told = "the whole day",
	 .unit = "such as \"09:00-12:00\", the end not included",
	 .meaning = "times of the day in time-zone, as its clocks show them"},
	{.name = "days",
	 .type = VALUE_CHOICE,
	 .list = true,
	 .single = true,
	 .words = day_words,
	 .offset = offsetof(struct draft_calendar, days),
	 .fallback_told = "every",
	 .meaning = "every day, working days by holidays, or days of the week"},
	{.name = "holidays",
	 .type = VALUE_TEXT,
	 .list = true,
	 .single = true,
	 .offset = offsetof(struct draft_calendar, holidays),
	 .fallback_told = "none; days: working requires it or years",
	 .unit = "china, or a path with a slash or .yaml",
	 .meaning = "holidays and the days worked to make up for them; a year that comes again "
		    "replaces the one before; in a year without them nothing is measured"},
	{.name = "years",
	 .type = VALUE_SECTIONS,
	 .most = CALENDAR_YEARS_MOST,
	 .offset = offsetof(struct draft_calendar, years),
	 .rows = holiday_year_rows,
	 .size = sizeof(struct draft_holiday_year),
	 .fallback_told = "none",
	 .meaning = "holidays written out, beside those of holidays or instead; the keys are those "
		    "of a file of holidays"},
	{.name = NULL},
};

const struct key_row config_rows[] = {
	{.name = "network",
	 .type = VALUE_SECTION,
	 .required = true,
	 .offset = offsetof(struct draft_config, network),
	 .rows = network_rows,
	 .meaning = "the network that is measured"},
	{.name = "time-zone",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_config, time_zone),
	 .fallback = "Asia/Shanghai",
	 .check = check_zone,
	 .unit = "a name under /usr/share/zoneinfo",
	 .meaning = "zone in which days and months begin"},
	{.name = "data",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_config, data),
	 .fallback = "/var/lib/netgrade",
	 .check = check_absolute,
	 .unit = "an absolute path",
	 .meaning = "folder of everything measured"},
	{.name = "retention",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_config, retention),
	 .rows = retention_rows,
	 .meaning = "how long rows are kept; raised, files that are there grow by "
		    "'netgrade-collector migrate'; lowered, they keep what they have"},
	{.name = "maintenance",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_config, maintenance),
	 .rows = maintenance_rows,
	 .meaning = "which announced windows are left out of the score"},
	{.name = "budget",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_config, budget),
	 .rows = budget_rows,
	 .meaning = "bounds of a plan; what exceeds one is refused"},
	{.name = "contact",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_config, contact),
	 .rows = contact_rows,
	 .meaning = "who answers for the measuring; part of every notice"},
	{.name = "alarms",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_config, alarms),
	 .rows = alarms_rows,
	 .meaning = "who is told when an outage begins and ends"},
	{.name = "profile",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_config, profile),
	 .fallback = "egov-extranet-default",
	 .unit = "a built-in name, or a path with a slash or .yaml",
	 .meaning = "the rule that makes points and grades"},
	{.name = "inventory",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_config, inventory),
	 .fallback_told = "none",
	 .unit = "a path, relative to this file",
	 .meaning =
		 "CSV of further sites; its columns are the keys of sites, scored.test and so on"},
	{.name = "agents",
	 .type = VALUE_SECTIONS,
	 .most = 1000,
	 .offset = offsetof(struct draft_config, agents),
	 .rows = agent_rows,
	 .size = sizeof(struct draft_agent),
	 .fallback_told = "one named local",
	 .meaning = "who measures"},
	{.name = "organisations",
	 .type = VALUE_SECTIONS,
	 .required = true,
	 .offset = offsetof(struct draft_config, organisations),
	 .rows = organisation_rows,
	 .size = sizeof(struct draft_organisation),
	 .meaning = "the tree of organisations"},
	{.name = "sites",
	 .type = VALUE_SECTIONS,
	 .offset = offsetof(struct draft_config, sites),
	 .rows = site_rows,
	 .size = sizeof(struct draft_site),
	 .fallback_told = "those of the inventory",
	 .meaning = "what is measured"},
	{.name = "calendars",
	 .type = VALUE_SECTIONS,
	 .most = CALENDARS_MOST,
	 .offset = offsetof(struct draft_config, calendars),
	 .rows = calendar_rows,
	 .size = sizeof(struct draft_calendar),
	 .fallback_told = "none: tests run always",
	 .meaning = "when tests run"},
	{.name = "tests",
	 .type = VALUE_SECTIONS,
	 .required = true,
	 .most = TESTS_MAX,
	 .offset = offsetof(struct draft_config, tests),
	 .rows = test_rows,
	 .size = sizeof(struct draft_test),
	 .meaning = "how it is measured"},
	{.name = NULL},
};
