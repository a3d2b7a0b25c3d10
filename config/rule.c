/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/rule.h"

#define SECOND INT64_C(1000000000)
#define DAY    (86400 * SECOND)

/* A threshold: written {value: …, source: …}. */
#define THRESHOLD(key, draft, member, of_type)                                                     \
	.name = key, .type = of_type, .required = true, .sourced = true,                           \
	.offset = offsetof(draft, member)

/* Of a section that may be left out as a whole. */
#define OPTIONAL(key, draft, member, of_type)                                                      \
	.name = key, .type = of_type, .sourced = true, .offset = offsetof(draft, member)

#define SECTION(key, draft, member, of_rows)                                                       \
	{                                                                                          \
		.name = key, .type = VALUE_SECTION, .required = true,                              \
		.offset = offsetof(draft, member), .rows = of_rows                                 \
	}

#define ANCHORS(key, draft, member)                                                                \
	{                                                                                          \
		.name = key, .type = VALUE_SECTIONS, .required = true,                             \
		.offset = offsetof(draft, member), .rows = anchor_rows,                            \
		.size = sizeof(struct rule_anchor), .most = SCALE_ANCHORS_MAX                      \
	}

#define TEXT(key, draft, member)                                                                   \
	{                                                                                          \
		.name = key, .type = VALUE_TEXT, .required = true,                                 \
		.offset = offsetof(draft, member)                                                  \
	}

#define SHARE(key, draft, member)                                                                  \
	{                                                                                          \
		THRESHOLD(key, draft, member, VALUE_NUMBER), .low = 0, .high = 100                 \
	}

#define RATIO(key, draft, member)                                                                  \
	{                                                                                          \
		THRESHOLD(key, draft, member, VALUE_RATIO), .low = 0, .high = 1                    \
	}

static const struct key_row slot_rows[] = {
	{THRESHOLD("bad-loss", struct rule_slot, bad_loss, VALUE_RATIO), .low = 0.001, .high = 1},
	RATIO("degraded-loss", struct rule_slot, degraded_loss),
	SHARE("degraded-points", struct rule_slot, degraded_points),
	{.name = NULL},
};

static const struct key_row outage_rows[] = {
	{THRESHOLD("slots", struct rule_outage, slots, VALUE_INTEGER), .least = 1, .most = 1000},
	{THRESHOLD("bridge", struct rule_outage, bridge, VALUE_DURATION), .least = 0, .most = DAY},
	{.name = NULL},
};

static const struct key_row weight_rows[] = {
	SHARE("availability", struct rule_weights, of[INDICATOR_AVAILABILITY]),
	SHARE("loss", struct rule_weights, of[INDICATOR_LOSS]),
	SHARE("delay", struct rule_weights, of[INDICATOR_DELAY]),
	SHARE("pdv", struct rule_weights, of[INDICATOR_PDV]),
	{.name = NULL},
};

static const struct key_row anchor_rows[] = {
	{.name = "value",
	 .type = VALUE_NUMBER,
	 .required = true,
	 .offset = offsetof(struct rule_anchor, value),
	 .low = 0,
	 .high = 1e9},
	{.name = "points",
	 .type = VALUE_NUMBER,
	 .required = true,
	 .offset = offsetof(struct rule_anchor, points),
	 .low = 0,
	 .high = 100},
	TEXT("source", struct rule_anchor, source),
	{.name = NULL},
};

static const struct key_row availability_rows[] = {
	ANCHORS("backbone", struct rule_availability, of[TIER_BACKBONE]),
	ANCHORS("metro", struct rule_availability, of[TIER_METRO]),
	ANCHORS("access", struct rule_availability, of[TIER_ACCESS]),
	{.name = NULL},
};

static const struct key_row delay_rows[] = {
	ANCHORS("city", struct rule_delay, of[REACH_CITY]),
	ANCHORS("province", struct rule_delay, of[REACH_PROVINCE]),
	{.name = NULL},
};

static const struct key_row scale_rows[] = {
	SECTION("availability", struct rule_scales, availability, availability_rows),
	ANCHORS("loss", struct rule_scales, loss),
	SECTION("delay", struct rule_scales, delay, delay_rows),
	ANCHORS("pdv", struct rule_scales, pdv),
	{.name = NULL},
};

static const struct key_row coverage_rows[] = {
	RATIO("marked", struct rule_coverage, marked),
	RATIO("required", struct rule_coverage, required),
	{THRESHOLD("service", struct rule_coverage, service, VALUE_DURATION), .least = 0,
	 .most = 366 * DAY},
	{.name = NULL},
};

static const struct key_row veto_rows[] = {
	SHARE("cap", struct rule_veto, cap),
	{THRESHOLD("availability", struct rule_veto, availability, VALUE_SWITCH)},
	{THRESHOLD("outage", struct rule_veto, outage, VALUE_DURATION), .least = SECOND,
	 .most = 366 * DAY},
	{THRESHOLD("outage-tiers", struct rule_veto, outage_tiers, VALUE_CHOICE), .list = true,
	 .words = tier_words},
	{THRESHOLD("top-grade-tiers", struct rule_veto, top_grade_tiers, VALUE_CHOICE),
	 .list = true, .words = tier_words},
	{.name = NULL},
};

static const struct key_row tier_rows[] = {
	SHARE("backbone", struct rule_tiers, of[TIER_BACKBONE]),
	SHARE("metro", struct rule_tiers, of[TIER_METRO]),
	SHARE("access", struct rule_tiers, of[TIER_ACCESS]),
	{.name = NULL},
};

static const struct key_row group_rows[] = {
	RATIO("required", struct rule_groups, required),
	{.name = NULL},
};

static const struct key_row website_rows[] = {
	{OPTIONAL("visits", struct rule_website, visits, VALUE_INTEGER), .least = 1,
	 .most = 1000000},
	{OPTIONAL("failed", struct rule_website, failed, VALUE_RATIO), .low = 0.0001, .high = 1},
	{OPTIONAL("deadline", struct rule_website, deadline, VALUE_DURATION), .least = SECOND,
	 .most = 300 * SECOND},
	{.name = NULL},
};

static const struct key_row cloud_weight_rows[] = {
	SHARE("availability", struct rule_cloud_weights, of[CLOUD_AVAILABILITY]),
	SHARE("first-byte", struct rule_cloud_weights, of[CLOUD_FIRST_BYTE]),
	SHARE("connection", struct rule_cloud_weights, of[CLOUD_CONNECTION]),
	SHARE("certificate", struct rule_cloud_weights, of[CLOUD_CERTIFICATE]),
	{.name = NULL},
};

static const struct key_row certificate_rows[] = {
	{THRESHOLD("days", struct rule_certificate, days_full, VALUE_INTEGER), .least = 1,
	 .most = 1000},
	{THRESHOLD("least-days", struct rule_certificate, days_least, VALUE_INTEGER), .least = 0,
	 .most = 1000},
	SHARE("least-points", struct rule_certificate, points_least),
	{.name = NULL},
};

static const struct key_row cloud_rows[] = {
	SECTION("weights", struct rule_cloud, weights, cloud_weight_rows),
	ANCHORS("availability", struct rule_cloud, availability),
	ANCHORS("first-byte", struct rule_cloud, first_byte),
	SECTION("certificate", struct rule_cloud, certificate, certificate_rows),
	{.name = NULL},
};

static const struct key_row grade_rows[] = {
	TEXT("zh", struct rule_grade, title.zh),
	TEXT("en", struct rule_grade, title.en),
	{.name = "from",
	 .type = VALUE_NUMBER,
	 .required = true,
	 .offset = offsetof(struct rule_grade, from),
	 .low = 0,
	 .high = 100},
	TEXT("source", struct rule_grade, source),
	{.name = NULL},
};

const struct key_row rule_rows[] = {
	{.name = "name",
	 .type = VALUE_NAME,
	 .required = true,
	 .offset = offsetof(struct rule, name)},
	TEXT("version", struct rule, version),
	TEXT("zh", struct rule, title.zh),
	TEXT("en", struct rule, title.en),
	SECTION("slot", struct rule, slot, slot_rows),
	SECTION("outage", struct rule, outage, outage_rows),
	SECTION("weights", struct rule, weights, weight_rows),
	SECTION("scales", struct rule, scales, scale_rows),
	SECTION("coverage", struct rule, coverage, coverage_rows),
	SECTION("veto", struct rule, veto, veto_rows),
	SECTION("tiers", struct rule, tiers, tier_rows),
	SECTION("groups", struct rule, groups, group_rows),
	{.name = "grades",
	 .type = VALUE_SECTIONS,
	 .required = true,
	 .offset = offsetof(struct rule, grades),
	 .rows = grade_rows,
	 .size = sizeof(struct rule_grade),
	 .most = PROFILE_GRADES_MAX},
	{.name = "website",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct rule, website),
	 .rows = website_rows},
	{.name = "cloud",
	 .type = VALUE_SECTION,
	 .whole = true,
	 .offset = offsetof(struct rule, cloud),
	 .rows = cloud_rows},
	{.name = NULL},
};
