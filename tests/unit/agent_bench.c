/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "tests/unit/agent_bench.h"

#include "collector/base/clock.h"
#include "collector/base/log.h"

#include <stdlib.h>

struct target bench_target(void)
{
	return (struct target){
		.method = &fake_probe,
		.host = {.family = 4, .bytes = {192, 0, 2, 1}},
		.interval = NSEC_PER_SEC,
		.t_max = 500 * NSEC_PER_MSEC,
		.phase_seed = 42,
		.packets = 10,
		.size = 64,
	};
}

static void on_finished(void *context, uint32_t series, const struct sample *sample)
{
	struct bench *bench = context;

	if (bench->seen_count == bench->seen_room) {
		bench->seen_room = bench->seen_room == 0 ? 64 : 2 * bench->seen_room;
		bench->seen = realloc(bench->seen, bench->seen_room * sizeof(*bench->seen));
		assert_non_null(bench->seen);
	}
	bench->seen[bench->seen_count++] = (struct seen){series, sample_summary(sample)};
}

static void on_worsened(void *context, uint32_t series, struct period slot)
{
	struct bench *bench = context;

	(void)series;
	assert_true(bench->alarm_count < COUNT_OF(bench->alarms));
	bench->alarms[bench->alarm_count++] = (slot.from - BENCH_START) / bench->interval;
}

static void on_clock_stepped(void *context, nsec by)
{
	struct bench *bench = context;

	bench->stepped += by;
}

void bench_open(struct bench *bench, const struct bench_setup *setup)
{
	struct agent_options options = {
		.listener = {.context = bench,
			     .finished = on_finished,
			     .worsened = on_worsened,
			     .clock_stepped = on_clock_stepped},
		.c1 = setup->c1 > 0 ? setup->c1 : 0.5,
		.hurry = setup->hurry,
		.receive_buffer = setup->receive_buffer,
	};

	*bench = (struct bench){.interval = NSEC_PER_SEC};
	log_set_level(LOG_LEVEL_ERROR);
	clock_use_virtual(BENCH_START - NSEC_PER_SEC / 2, 1000 * NSEC_PER_SEC);
	fake_reset(setup->policy, bench);
	assert_int_equal(agent_create(&options, &bench->agent), E_OK);
	assert_int_equal(agent_open(bench->agent, &fake_probe), E_OK);
}

uint32_t bench_add(struct bench *bench, const struct target *target)
{
	uint32_t series;

	bench->interval = target->interval;
	assert_int_equal(agent_add(bench->agent, target, &series), E_OK);
	return series;
}

void bench_close(struct bench *bench)
{
	agent_destroy(bench->agent);
	free(bench->seen);
	fake_finish();
}

void bench_run(struct bench *bench, nsec length)
{
	nsec end = clock_monotonic() + length;

	while (clock_monotonic() < end) {
		nsec next = agent_tick(bench->agent);
		assert_true(next > clock_monotonic());
		clock_advance((next < end ? next : end) - clock_monotonic());
	}
}

void bench_run_to(struct bench *bench, nsec at)
{
	bench_run(bench, BENCH_START + at - clock_realtime());
}

void bench_expect_row(const struct bench *bench, uint32_t series, int64_t first, size_t count)
{
	nsec from = BENCH_START + first * bench->interval;
	size_t found = 0;

	for (size_t i = 0; i < bench->seen_count; i++) {
		const struct summary *s = &bench->seen[i].summary;
		if (bench->seen[i].series != series)
			continue;
		assert_int_equal(s->from, from);
		assert_int_equal(s->until, from + bench->interval);
		from = s->until;
		found++;
	}
	assert_int_equal(found, count);
}

const struct summary *bench_slot(const struct bench *bench, uint32_t series, int64_t index)
{
	const struct summary *found = NULL;

	for (size_t i = 0; i < bench->seen_count; i++) {
		const struct summary *s = &bench->seen[i].summary;
		if (bench->seen[i].series != series ||
		    s->from != BENCH_START + index * bench->interval)
			continue;
		assert_null(found);
		found = s;
	}
	assert_non_null(found);
	return found;
}
