/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration says what is to be measured and how it is judged. Past the loader every value is
 * within its bounds, every name resolved, every default filled in. */
#ifndef NETGRADE_CONFIG_CONFIG_H
#define NETGRADE_CONFIG_CONFIG_H

#include "config/alarms.h"
#include "config/budget.h"
#include "config/calendar.h"
#include "config/diagnostic.h"
#include "config/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	CONFIG_DIGEST_TEXT = 65,
	CONFIG_NAME_MAX = 48,
	CONFIG_ADDRESS_TEXT = 46,
	CONFIG_SUBJECT = 17,
	CONFIG_METHOD = 40
};

#define CONFIG_NONE SIZE_MAX /* the index that points at nothing */

enum family { FAMILY_IPV4, FAMILY_IPV6, FAMILY_COUNT };

const char *family_name(enum family family); /* "ipv4", "ipv6" */

/* A name in the languages that reports speak; never NULL past the loader. */
struct title {
	char *zh;
	char *en;
};

struct address {
	bool given;
	uint8_t bytes[16]; /* network order; 4 of them for IPv4 */
	char text[CONFIG_ADDRESS_TEXT];
};

/* A host beyond the agent's first hop: when all of them are lost, it is the agent that is cut off.
 */
struct anchor_config {
	struct address address[FAMILY_COUNT];
};

enum { ANCHORS_LEAST = 3, ANCHORS_MOST = 16 };

/* Whom an agent asks for the addresses of names. */
struct name_server_config {
	enum family family;
	struct address address;
};

enum { NAME_SERVERS_CONFIG_MOST = 8 };

/* A hundred thousand small packets a second for 0.1 s. */
#define RECEIVE_BUFFER_DEFAULT 16777216

/* What a home page bears beside its users. */
#define VISITS_AT_ONCE_DEFAULT	  2
#define VISIT_DISTANCE_DEFAULT_MS 100

struct agent_config {
	char *name;
	struct place place;
	struct title title;
	size_t site; /* its own, CONFIG_NONE if it has none */
	struct anchor_config *anchors;
	size_t anchor_count;	 /* 0, or in each family 0 or at least ANCHORS_LEAST addresses */
	uint32_t receive_buffer; /* octets */
	struct name_server_config *name_servers; /* in the order in which they are asked */
	size_t name_server_count;		 /* 0: those of its system */
	char *authorities;	   /* PEM file: whose certificates it believes besides; NULL */
	uint8_t visits_at_once;	   /* to an address, at most */
	int64_t visit_distance_ns; /* between the beginnings of two of them, at least */
	/* Where its packets come from, as the sites see it; for what is told to their owners. */
	struct address *sources[FAMILY_COUNT];
	size_t source_count[FAMILY_COUNT];
};

/* A node of the tree city → district → bureau. Parents come before their children. */
struct organisation {
	char *name;
	struct place place;
	struct title title;
	size_t parent; /* index, CONFIG_NONE at the top */
};

struct site {
	char *name;
	char **formerly; /* its former names, the oldest first */
	size_t formerly_count;
	struct place place;
	struct title title;
	size_t organisation;
	enum tier tier;
	enum reach reach;
	double weight;
	char **tags;
	size_t tag_count;
	struct address address[FAMILY_COUNT];
	/* Its own page, for tests that name none. NULL: it has none. */
	char *url;
	uint16_t url_port;
	char *expect; /* a text that this page must have; NULL: any */
	/* What of all that is measured enters the score. CONFIG_NONE: no test covers the site. */
	size_t scored_test;
	size_t scored_agent;
	enum family primary;
};

/* By what a path is traced; in the order of its words. */
enum trace_choice { TRACE_BY_ICMP, TRACE_BY_UDP, TRACE_BY_TCP };

struct test_config {
	char *name;
	struct place place;
	char *method; /* a row of the probe table */
	/* What a service is asked for, in short: part of its series' key. "": it has nothing. */
	char subject[CONFIG_SUBJECT];
	/* Of dns; NULL of other methods. */
	char *query;	 /* domain name in ASCII */
	char *record;	 /* "A", "AAAA", "NS", "SOA" */
	char *transport; /* "udp", "tcp" */
	/* Right answers, of http one text that the page must have; NULL at the end; none: any. */
	char **expect;
	int64_t interval_ns;
	uint32_t packets;
	uint16_t size; /* octets of payload; 0 where the method has none to choose */
	uint16_t port; /* 0 where the method has none, and where each site has its own page */
	uint8_t dscp;
	int64_t t_max_ns;
	/* Of http; NULL and 0 of the others. */
	char *url;	   /* NULL of http: the page of each site */
	char **blocked;	   /* texts by which a page for robots is known too, NULL at the end */
	uint32_t body;	   /* octets of a page, at most */
	uint8_t redirects; /* at most */
	bool by_name;	   /* its name is looked up; false: at the site's address */
	bool family[FAMILY_COUNT];
	size_t *sites; /* the targets, resolved, ascending */
	size_t site_count;
	size_t *agents;
	size_t agent_count;
	const struct calendar_config *calendar; /* of the slots to be measured; NULL: all */
	int64_t trace_ns;			/* between two traces of a path; 0: none */
	enum trace_choice trace_protocol;
};

struct config {
	char *path;
	char digest[CONFIG_DIGEST_TEXT]; /* SHA-256 of the file, its inventory and its holidays, hex
					  */
	struct title title;		 /* of the network */
	char *time_zone;
	char *data;	       /* directory */
	int64_t keep_slots_ns; /* retention of native rows */
	int64_t keep_hours_ns; /* retention of hourly rows */
	int64_t notice_ns;     /* how long ahead a maintenance window must be entered */
	int64_t allowance_ns;  /* planned maintenance of a path in a calendar month */
	struct budget budget;
	struct contact contact;
	struct alarms_config alarms;
	struct profile *profile;
	struct agent_config *agents;
	size_t agent_count;
	struct organisation *organisations;
	size_t organisation_count;
	struct site *sites;
	size_t site_count;
	struct calendar_config *calendars;
	size_t calendar_count;
	struct test_config *tests;
	size_t test_count;
	char *profile_named; /* built-in name, or the path of its file as it was opened */
	/* What the loader keeps for itself; NULL in a configuration made by hand. */
	struct config_index *index;
	struct arena *arena;
};

/* Reads path and what it names. NULL when there is at least one error; all errors and warnings are
 * added to diagnostics either way. The caller destroys the result. */
struct config *config_load(const char *path, struct diagnostics *diagnostics);

/* The same over a text in memory; path is its name, and what it names is looked for beside that. */
struct config *config_load_text(const char *text, size_t len, const char *path,
				struct diagnostics *diagnostics);

/* What config_print wrote once, and the text of the profile that was in force then. */
struct config *config_load_kept(const char *text, const char *profile, const char *path,
				struct diagnostics *diagnostics);

/* The sites of an inventory by itself, with the organisations that they name. No test is defined,
 * nothing is scored, no profile is loaded. */
struct config *config_load_inventory(const char *path, struct diagnostics *diagnostics);

void config_destroy(struct config *config); /* NULL is fine */

/* The configuration as understood, defaults filled in, as YAML that loads to the same thing. */
void config_print(const struct config *config, FILE *out);

/* The same in memory; the caller frees. NULL when there is none. */
char *config_text(const struct config *config);

/* One site as an element of a list of sites, without what it is scored by. */
void config_print_site(const struct config *config, const struct site *site, FILE *out);

/* Every key with type, bounds, default and meaning, from the schema table. */
void config_print_reference(FILE *out);

/* What a test asks of one of its sites, as far as the key of the series says it. */
struct test_type {
	char method[CONFIG_METHOD]; /* its word, of a service with the subject behind it */
	char subject[CONFIG_SUBJECT];
	uint16_t port;
};

struct test_type test_type_at(const struct test_config *test, const struct site *site);

/* The page that the test visits there: its own, or that of the site; NULL: the method visits none.
 */
const char *test_page_at(const struct test_config *test, const struct site *site);

/* Whether each site has a page of its own in the test. */
bool test_visits_own_pages(const struct test_config *test);

/* Whether a test's failures are those of a service, not of the network. */
bool test_is_of_service(const struct test_config *test);

/* Index by name, CONFIG_NONE if there is none. */
size_t config_find_site(const struct config *config, const char *name);
size_t config_find_test(const struct config *config, const char *name);
size_t config_find_agent(const struct config *config, const char *name);
size_t config_find_organisation(const struct config *config, const char *name);

/* The name under which the site's series are stored: the first that it ever had. */
const char *site_key(const struct site *site);

/* Whether the site's organisation, or one above it, has this name. */
bool config_site_within(const struct config *config, size_t site, const char *organisation);

/* Whether organisation lies in the subtree of ancestor (itself included). */
bool config_within(const struct config *config, size_t organisation, size_t ancestor);

#endif
