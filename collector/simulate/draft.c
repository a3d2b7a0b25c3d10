/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/draft.h"

#define SECOND INT64_C(1000000000)
#define DAY    (86400 * SECOND)

enum { ENTRIES_MOST = 10000 };

static const char *const model_words[] = {"log-normal", "exponential", "uniform", NULL};
const char *const outage_words[] = {"silent", "rejected", NULL};
const char *const state_words[] = {"off", "isolated", "tainted", "unsent", NULL};

#define WORDS_ROW(draft, member, key, list_of, told)                                               \
	{                                                                                          \
		.name = key, .type = VALUE_CHOICE, .list = true, .words = list_of,                 \
		.offset = offsetof(draft, member), .fallback_told = "all", .meaning = told         \
	}

#define NAMES_ROW(draft, member, key, told)                                                        \
	{                                                                                          \
		.name = key, .type = VALUE_NAME, .list = true, .offset = offsetof(draft, member),  \
		.fallback_told = "all", .meaning = told                                            \
	}

#define SPAN_ROWS(draft)                                                                           \
	{.name = "from",                                                                           \
	 .type = VALUE_TEXT,                                                                       \
	 .offset = offsetof(draft, when.from),                                                     \
	 .fallback_told = "the scenario's",                                                        \
	 .unit = "a local time such as 2026-09-08T10:14",                                          \
	 .meaning = "when it begins"},                                                             \
		{.name = "until",                                                                  \
		 .type = VALUE_TEXT,                                                               \
		 .offset = offsetof(draft, when.until),                                            \
		 .fallback_told = "the scenario's",                                                \
		 .unit = "a local time",                                                           \
		 .meaning = "when it is over; not itself in it"},                                  \
	{                                                                                          \
		.name = "hours", .type = VALUE_TEXT, .offset = offsetof(draft, when.hours),        \
		.fallback_told = "all day", .unit = "such as 19:00-23:00, local time",             \
		.meaning = "only in these hours of every day"                                      \
	}

static const struct key_row delay_rows[] = {
	{.name = "base-ms",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_delay, base),
	 .high = 9000,
	 .fallback = "1",
	 .unit = "milliseconds",
	 .meaning = "the part of every round trip that never changes"},
	{.name = "model",
	 .type = VALUE_CHOICE,
	 .words = model_words,
	 .offset = offsetof(struct draft_delay, model),
	 .fallback = "log-normal",
	 .meaning = "how the rest, the queue, is distributed"},
	{.name = "queue-ms",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_delay, queue),
	 .high = 9000,
	 .fallback = "0.2",
	 .unit = "milliseconds",
	 .meaning = "its median (log-normal), mean (exponential) or largest value (uniform)"},
	{.name = "spread",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_delay, spread),
	 .low = 0.01,
	 .high = 3,
	 .fallback = "0.5",
	 .meaning = "standard deviation of the log-normal queue's natural logarithm"},
	{.name = "second-ms",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_delay, second),
	 .high = 9000,
	 .fallback = "0",
	 .unit = "milliseconds",
	 .meaning = "what a second mode adds, as on a second way"},
	{.name = "second-share",
	 .type = VALUE_RATIO,
	 .offset = offsetof(struct draft_delay, second_share),
	 .high = 1,
	 .fallback = "0 %",
	 .meaning = "packets of the second mode"},
	{.name = "tail-ms",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_delay, tail),
	 .high = 9000,
	 .fallback = "0",
	 .unit = "milliseconds",
	 .meaning = "mean of an exponential queue that some packets meet instead"},
	{.name = "tail-share",
	 .type = VALUE_RATIO,
	 .offset = offsetof(struct draft_delay, tail_share),
	 .high = 1,
	 .fallback = "0 %",
	 .meaning = "packets that meet it"},
	{.name = "load",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_delay, load),
	 .low = 1,
	 .high = 1000,
	 .fallback = "1",
	 .meaning = "how many times longer the queue is at the busiest time of the day"},
	{.name = "peak",
	 .type = VALUE_TEXT,
	 .offset = offsetof(struct draft_delay, peak),
	 .fallback = "15:00",
	 .unit = "a time of day",
	 .meaning = "the busiest time; the load swells and ebbs around it within 24 hours"},
	{.name = "burst",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_delay, burst),
	 .low = 1,
	 .high = 1000,
	 .fallback = "1",
	 .meaning = "how many times longer the queue is in a burst"},
	{.name = "burst-share",
	 .type = VALUE_RATIO,
	 .offset = offsetof(struct draft_delay, burst_share),
	 .high = 0.9,
	 .fallback = "0 %",
	 .meaning = "time that lies in bursts"},
	{.name = "burst-length",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_delay, burst_length),
	 .least = SECOND,
	 .most = DAY,
	 .fallback = "90s",
	 .meaning = "mean length of a burst; whole slots"},
	{.name = NULL},
};

static const struct key_row loss_rows[] = {
	{.name = "ratio",
	 .type = VALUE_RATIO,
	 .offset = offsetof(struct draft_loss, ratio),
	 .high = 1,
	 .fallback = "0 %",
	 .meaning = "packets lost, on average"},
	{.name = "burst",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_loss, burst),
	 .low = 1,
	 .high = 10000,
	 .fallback = "1",
	 .unit = "packets",
	 .meaning = "mean length of a bad time (Gilbert-Elliott); 1: each packet by itself"},
	{.name = "inside",
	 .type = VALUE_RATIO,
	 .offset = offsetof(struct draft_loss, inside),
	 .low = 0.01,
	 .high = 1,
	 .fallback = "100 %",
	 .meaning = "packets lost in a bad time; not less than ratio"},
	{.name = NULL},
};

static const struct key_row condition_rows[] = {
	{.name = "name",
	 .type = VALUE_NAME,
	 .required = true,
	 .offset = offsetof(struct draft_condition, name),
	 .meaning = "what the truth calls it"},
	NAMES_ROW(struct draft_condition, on.sites, "sites", "these sites"),
	NAMES_ROW(struct draft_condition, on.organisations, "organisations",
		  "sites of these organisations and all below them"),
	WORDS_ROW(struct draft_condition, on.tiers, "tiers", tier_words, "sites of these tiers"),
	NAMES_ROW(struct draft_condition, on.tags, "tags", "sites with any of these tags"),
	WORDS_ROW(struct draft_condition, on.families, "families", family_words,
		  "series of these address families"),
	NAMES_ROW(struct draft_condition, on.agents, "agents", "series of these agents"),
	SPAN_ROWS(struct draft_condition),
	{.name = "delay",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_condition, delay),
	 .rows = delay_rows,
	 .fallback_told = "as without it",
	 .meaning = "how long round trips take"},
	{.name = "loss",
	 .type = VALUE_SECTION,
	 .offset = offsetof(struct draft_condition, loss),
	 .rows = loss_rows,
	 .fallback_told = "as without it",
	 .meaning = "what is lost"},
	{.name = "detour-ms",
	 .type = VALUE_NUMBER,
	 .offset = offsetof(struct draft_condition, detour),
	 .low = -1000,
	 .high = 9000,
	 .fallback = "0",
	 .unit = "milliseconds",
	 .meaning = "what another route adds to every round trip, or saves if negative"},
	{.name = "outage",
	 .type = VALUE_CHOICE,
	 .words = outage_words,
	 .offset = offsetof(struct draft_condition, outage),
	 .fallback_told = "none",
	 .meaning = "nothing comes back, or a router refuses every packet"},
	{.name = "duplicates",
	 .type = VALUE_RATIO,
	 .offset = offsetof(struct draft_condition, duplicates),
	 .high = 1,
	 .fallback_told = "as without it",
	 .meaning = "packets answered twice"},
	{.name = NULL},
};

static const struct key_row agent_state_rows[] = {
	NAMES_ROW(struct draft_agent_state, on.agents, "agents", "these agents"),
	WORDS_ROW(struct draft_agent_state, on.families, "families", family_words,
		  "in these address families"),
	SPAN_ROWS(struct draft_agent_state),
	{.name = "state",
	 .type = VALUE_CHOICE,
	 .required = true,
	 .words = state_words,
	 .offset = offsetof(struct draft_agent_state, state),
	 .meaning = "off; isolated: cut off, as its anchors show; tainted: its receive queue "
		    "overflows; unsent: it cannot send"},
	{.name = NULL},
};

static const struct key_row step_rows[] = {
	{.name = "agent",
	 .type = VALUE_NAME,
	 .required = true,
	 .offset = offsetof(struct draft_step, agent),
	 .meaning = "whose clock is set"},
	{.name = "at",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_step, at),
	 .unit = "a local time, as that clock shows it before",
	 .meaning = "when"},
	{.name = "forward",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_step, forward),
	 .least = SECOND / 1000,
	 .most = 30 * DAY,
	 .fallback_told = "none; either this or backward is given",
	 .meaning = "by how much it is set forward: slots in between are never measured"},
	{.name = "backward",
	 .type = VALUE_DURATION,
	 .offset = offsetof(struct draft_step, backward),
	 .least = SECOND / 1000,
	 .most = 30 * DAY,
	 .fallback_told = "none",
	 .meaning = "by how much it is set back: slots that were measured already stay"},
	{.name = NULL},
};

static const struct key_row change_rows[] = {
	{.name = "at",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_change, at),
	 .unit = "a local time",
	 .meaning = "when the agents reload"},
	{.name = "config",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_change, config),
	 .unit = "a path, relative to this file",
	 .meaning = "the configuration in force from then on"},
	{.name = NULL},
};

const struct key_row scenario_rows[] = {
	{.name = "config",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_scenario, config),
	 .unit = "a path, relative to this file",
	 .meaning = "the configuration: sites, tests, agents, time zone"},
	{.name = "from",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_scenario, from),
	 .unit = "a local time such as 2026-07-01",
	 .meaning = "when measuring begins"},
	{.name = "until",
	 .type = VALUE_TEXT,
	 .required = true,
	 .offset = offsetof(struct draft_scenario, until),
	 .unit = "a local time",
	 .meaning = "when it ends"},
	{.name = "seed",
	 .type = VALUE_INTEGER,
	 .offset = offsetof(struct draft_scenario, seed),
	 .most = INT64_MAX,
	 .fallback = "1",
	 .meaning = "the same seed, the same packets"},
	{.name = "network",
	 .type = VALUE_SECTIONS,
	 .required = true,
	 .most = ENTRIES_MOST,
	 .offset = offsetof(struct draft_scenario, network),
	 .rows = condition_rows,
	 .size = sizeof(struct draft_condition),
	 .meaning = "what packets meet; where several hold at once, the later one decides, key "
		    "by key, and detours add up"},
	{.name = "agents",
	 .type = VALUE_SECTIONS,
	 .most = ENTRIES_MOST,
	 .offset = offsetof(struct draft_scenario, agents),
	 .rows = agent_state_rows,
	 .size = sizeof(struct draft_agent_state),
	 .fallback_told = "none",
	 .meaning = "what goes wrong with the agents themselves"},
	{.name = "clocks",
	 .type = VALUE_SECTIONS,
	 .most = ENTRIES_MOST,
	 .offset = offsetof(struct draft_scenario, clocks),
	 .rows = step_rows,
	 .size = sizeof(struct draft_step),
	 .fallback_told = "none",
	 .meaning = "agents' clocks that are set"},
	{.name = "changes",
	 .type = VALUE_SECTIONS,
	 .most = ENTRIES_MOST,
	 .offset = offsetof(struct draft_scenario, changes),
	 .rows = change_rows,
	 .size = sizeof(struct draft_change),
	 .fallback_told = "none",
	 .meaning = "other configurations, in the order of time"},
	{.name = NULL},
};
