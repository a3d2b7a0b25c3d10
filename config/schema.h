/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schema is one row per key of the configuration: its type, bounds, default and meaning. The
 * same rows load it, name the key that a mistyped one is close to, and print the reference. */
#ifndef NETGRADE_CONFIG_SCHEMA_H
#define NETGRADE_CONFIG_SCHEMA_H

#include "config/section.h"

struct draft_title {
	struct value zh;
	struct value en;
};

struct draft_network {
	struct section section;
	struct draft_title title;
};

struct draft_retention {
	struct section section;
	struct value slots;
	struct value hours;
};

struct draft_maintenance {
	struct section section;
	struct value notice;
	struct value allowance;
};

/* The beginning of every draft that has a name. */
struct draft_named {
	struct section section;
	struct value name;
	struct draft_title title;
};

struct draft_anchor {
	struct section section;
	struct value site;
	struct value address[FAMILY_COUNT];
};

struct draft_agent {
	struct draft_named named;
	struct value site;
	struct section_list anchors; /* of struct draft_anchor */
	struct value receive_buffer;
	struct value name_servers;
	struct value authorities;
	struct value visits_at_once;
	struct value visit_distance;
	struct value sources[FAMILY_COUNT];
};

struct draft_organisation {
	struct draft_named named;
	struct section_list children;
};

struct draft_scored {
	struct section section;
	struct value test;
	struct value agent;
	struct value family;
};

struct draft_site {
	struct draft_named named;
	struct value formerly;
	struct value organisation;
	struct value tier;
	struct value reach;
	struct value weight;
	struct value tags;
	struct value address[FAMILY_COUNT];
	struct value url;
	struct value expect;
	struct draft_scored scored;
};

struct draft_targets {
	struct section section;
	struct value tiers;
	struct value organisations;
	struct value tags;
	struct value sites;
};

struct draft_alarms {
	struct section section;
	struct value raise;
	struct value clear;
	struct value gather;
	struct value remind;
	struct value timeout;
	struct value command;
	struct value post;
	struct draft_targets targets;
};

struct draft_publication {
	struct section section;
	struct value document;
	struct value title;
	struct value date;
};

struct draft_holiday_year {
	struct section section;
	struct value year;
	struct draft_publication source;
	struct section_list holidays;
};

struct draft_calendar {
	struct section section;
	struct value name;
	struct value hours;
	struct value days;
	struct value holidays;
	struct section_list years; /* of struct draft_holiday_year */
};

struct draft_test {
	struct section section;
	struct value name;
	struct value method;
	struct draft_targets targets;
	struct value interval;
	struct value packets;
	struct value port;
	struct value query;
	struct value record;
	struct value transport;
	struct value expect;
	struct value url;
	struct value blocked;
	struct value body;
	struct value redirects;
	struct value by_name;
	struct value size;
	struct value dscp;
	struct value t_max;
	struct value families;
	struct value agents;
	struct value calendar;
	struct value trace;
	struct value trace_by;
};

struct draft_rates {
	struct section section;
	struct value packets;
	struct value bits;
};

struct draft_budget {
	struct section section;
	struct draft_rates rates[BUDGET_SCOPES];
	struct value disk;
};

struct draft_contact {
	struct section section;
	struct draft_title title;
	struct value telephone;
	struct value email;
};

struct draft_config {
	struct section section;
	struct draft_network network;
	struct value time_zone;
	struct value data;
	struct draft_retention retention;
	struct draft_maintenance maintenance;
	struct draft_budget budget;
	struct draft_contact contact;
	struct draft_alarms alarms;
	struct value profile;
	struct value inventory;
	struct section_list agents;	   /* of struct draft_agent */
	struct section_list organisations; /* of struct draft_organisation */
	struct section_list sites;	   /* of struct draft_site */
	struct section_list calendars;	   /* of struct draft_calendar */
	struct section_list tests;	   /* of struct draft_test */
};

extern const struct key_row config_rows[];
extern const struct key_row site_rows[];
extern const struct key_row budget_rows[];
extern const struct key_row contact_rows[];
extern const struct key_row targets_rows[];
extern const struct key_row test_rows[];
extern const struct key_row alarms_rows[];

/* Every key of some rows and of those below them, with type, bounds, default and meaning. */
void reference_print(const struct key_row *rows, FILE *out);

/* Words in the order of the enums, ended by NULL. */
extern const char *const tier_words[];
extern const char *const reach_words[];
extern const char *const family_words[];
extern const char *const trace_words[];

/* Of rows in several files: whether a page can be visited by the text, or looked for it. */
bool check_page_url(const struct value *value, struct problem *problem);
bool check_page_text(const struct value *value, struct problem *problem);

/* The words for the days of a calendar; those of the week follow each other from Sunday on. */
enum day_word { DAYS_EVERY, DAYS_WORKING, DAYS_SUNDAY };
extern const char *const day_words[];

#endif
