/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rule is the draft of a profile: what its file says, typed and within bounds. */
#ifndef NETGRADE_CONFIG_RULE_H
#define NETGRADE_CONFIG_RULE_H

#include "config/schema.h"

struct rule_slot {
	struct section section;
	struct value bad_loss;
	struct value degraded_loss;
	struct value degraded_points;
};

struct rule_outage {
	struct section section;
	struct value slots;
	struct value bridge;
};

struct rule_weights {
	struct section section;
	struct value of[INDICATOR_COUNT];
};

struct rule_anchor {
	struct section section;
	struct value value;
	struct value points;
	struct value source;
};

struct rule_availability {
	struct section section;
	struct section_list of[TIER_COUNT]; /* of struct rule_anchor, as are all of these */
};

struct rule_delay {
	struct section section;
	struct section_list of[REACH_COUNT];
};

struct rule_scales {
	struct section section;
	struct rule_availability availability;
	struct section_list loss;
	struct rule_delay delay;
	struct section_list pdv;
};

struct rule_coverage {
	struct section section;
	struct value marked;
	struct value required;
	struct value service;
};

struct rule_veto {
	struct section section;
	struct value cap;
	struct value availability;
	struct value outage;
	struct value outage_tiers;
	struct value top_grade_tiers;
};

struct rule_tiers {
	struct section section;
	struct value of[TIER_COUNT];
};

struct rule_groups {
	struct section section;
	struct value required;
};

struct rule_grade {
	struct section section;
	struct draft_title title;
	struct value from;
	struct value source;
};

struct rule_website {
	struct section section;
	struct value visits;
	struct value failed;
	struct value deadline;
};

struct rule_cloud_weights {
	struct section section;
	struct value of[CLOUD_COUNT];
};

struct rule_certificate {
	struct section section;
	struct value days_full;
	struct value days_least;
	struct value points_least;
};

struct rule_cloud {
	struct section section;
	struct rule_cloud_weights weights;
	struct section_list availability; /* of struct rule_anchor */
	struct section_list first_byte;
	struct rule_certificate certificate;
};

struct rule {
	struct section section;
	struct value name;
	struct value version;
	struct draft_title title;
	struct rule_slot slot;
	struct rule_outage outage;
	struct rule_weights weights;
	struct rule_scales scales;
	struct rule_coverage coverage;
	struct rule_veto veto;
	struct rule_tiers tiers;
	struct rule_groups groups;
	struct section_list grades; /* of struct rule_grade */
	struct rule_website website;
	struct rule_cloud cloud;
};

extern const struct key_row rule_rows[];

#endif
