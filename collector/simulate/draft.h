/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A draft is what the file of a scenario says, typed and within bounds, its names and instants not
 * yet resolved. */
#ifndef NETGRADE_SIMULATE_DRAFT_H
#define NETGRADE_SIMULATE_DRAFT_H

#include "config/schema.h"

/* Series that fit every key given; with none given, all. */
struct draft_selector {
	struct value sites;
	struct value organisations;
	struct value tiers;
	struct value tags;
	struct value families;
	struct value methods;
	struct value agents;
};

struct draft_delay {
	struct section section;
	struct value base;
	struct value model;
	struct value queue;
	struct value spread;
	struct value second;
	struct value second_share;
	struct value tail;
	struct value tail_share;
	struct value load;
	struct value peak;
	struct value burst;
	struct value burst_share;
	struct value burst_length;
};

struct draft_loss {
	struct section section;
	struct value ratio;
	struct value burst;
	struct value inside;
};

struct draft_span {
	struct value from;
	struct value until;
	struct value hours;
};

struct draft_condition {
	struct section section;
	struct value name;
	struct draft_selector on;
	struct draft_span when;
	struct draft_delay delay;
	struct draft_loss loss;
	struct value detour;
	struct value outage;
	struct value duplicates;
};

struct draft_agent_state {
	struct section section;
	struct draft_selector on; /* agents and families alone */
	struct draft_span when;
	struct value state;
};

struct draft_step {
	struct section section;
	struct value agent;
	struct value at;
	struct value forward;
	struct value backward;
};

struct draft_window {
	struct section section;
	struct draft_selector on; /* sites and organisations alone */
	struct draft_span when;	  /* without hours */
	struct value entered;
	struct value owner;
	struct value reason;
	struct value cancelled;
};

struct draft_change {
	struct section section;
	struct value at;
	struct value config;
};

struct draft_scenario {
	struct section section;
	struct value config;
	struct value from;
	struct value until;
	struct value seed;
	struct section_list network; /* of struct draft_condition */
	struct section_list agents;  /* of struct draft_agent_state */
	struct section_list clocks;  /* of struct draft_step */
	struct section_list windows; /* of struct draft_window */
	struct section_list changes; /* of struct draft_change */
};

extern const struct key_row scenario_rows[];

enum delay_model { MODEL_LOG_NORMAL, MODEL_EXPONENTIAL, MODEL_UNIFORM };
enum outage_kind { OUTAGE_SILENT, OUTAGE_REJECTED };
enum agent_state { AGENT_OFF, AGENT_ISOLATED, AGENT_TAINTED, AGENT_UNSENT };
extern const char *const outage_words[];
extern const char *const state_words[];

#endif
