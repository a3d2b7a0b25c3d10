/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An agent on the bench: the virtual clock drives it, a fake probe answers, and every slot that it
 * hands over is kept in order. */
#ifndef NETGRADE_TESTS_UNIT_AGENT_BENCH_H
#define NETGRADE_TESTS_UNIT_AGENT_BENCH_H

#include "tests/unit/fake_probe.h"

#include "collector/metric/summary.h"

/* The first slot starts here, half a second after the bench. */
#define BENCH_START (1700000000 * NSEC_PER_SEC)

struct bench {
	struct agent *agent;
	struct seen {
		uint32_t series;
		struct summary summary;
	} * seen;
	size_t seen_count;
	size_t seen_room;
	int64_t alarms[64]; /* slots, counted from BENCH_START */
	size_t alarm_count;
	nsec stepped; /* the sum of the clock steps told */
	nsec interval;
};

/* 10 packets in a second, T_max 500 ms, over IPv4. */
struct target bench_target(void);

struct bench_setup {
	fake_policy *policy; /* its context is the bench */
	double c1;
	bool hurry;
	uint32_t receive_buffer;
};
void bench_open(struct bench *bench, const struct bench_setup *setup);
uint32_t bench_add(struct bench *bench, const struct target *target);
void bench_close(struct bench *bench);

/* Drives the agent for this long, waking it when it asks. */
void bench_run(struct bench *bench, nsec length);
/* To the instant this long after BENCH_START. */
void bench_run_to(struct bench *bench, nsec at);

/* The slots handed over follow each other without gap or repetition, the first of index first. */
void bench_expect_row(const struct bench *bench, uint32_t series, int64_t first, size_t count);

/* The slot of a series whose index counts from BENCH_START; fails when there is not exactly one. */
const struct summary *bench_slot(const struct bench *bench, uint32_t series, int64_t index);

#endif
