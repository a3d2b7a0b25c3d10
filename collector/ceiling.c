/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/ceiling.h"
#include "collector/agent.h"
#include "collector/base/clock.h"

enum { SERIES = 100, PACKETS = 100, SIZE = 64 };

static const nsec warm_up = 10 * NSEC_PER_MSEC;
static const nsec length = 100 * NSEC_PER_MSEC;
static const nsec patience = 20 * NSEC_PER_MSEC;

static void count_answers(void *context, uint32_t series, const struct sample *sample)
{
	uint64_t *answered = context;

	(void)series;
	for (uint32_t i = 0; i < sample->expected; i++)
		*answered += sample->singletons[i].outcome == OUTCOME_REPLIED;
}

static enum err add_targets(struct agent *agent, const char *address)
{
	struct target target = {
		.method = probe_find("icmp"),
		.origin = agent_now(agent) + warm_up,
		.interval = length,
		.t_max = length,
		.packets = PACKETS,
		.size = SIZE,
	};
	enum err rc = endpoint_parse(address, &target.host);

	for (uint32_t i = 0; rc == E_OK && i < SERIES; i++) {
		uint32_t series;
		target.phase_seed = i;
		rc = agent_add(agent, &target, &series);
	}
	agent_end(agent, target.origin + length);
	return rc;
}

static void run(struct agent *agent)
{
	nsec end = clock_monotonic() + warm_up + length + patience;

	for (nsec next = 0; next < end; clock_sleep_until(next))
		next = agent_tick(agent);
	agent_stop(agent, 0);
	(void)agent_tick(agent);
}

static enum err measure(struct agent *agent, const uint64_t *answered, double *out)
{
	enum err rc = agent_open(agent, probe_find("icmp"));
	if (rc == E_OK)
		rc = add_targets(agent, "127.0.0.1");
	if (rc == E_UNSUPPORTED)
		rc = add_targets(agent, "::1");
	if (rc != E_OK)
		return rc;
	nsec before = clock_processor();
	run(agent);
	nsec used = clock_processor() - before;
	if (*answered == 0 || used <= 0)
		return E_UNSUPPORTED;
	*out = (double)*answered * (double)NSEC_PER_SEC / (double)used;
	return E_OK;
}

enum err ceiling_measure(double *probes_per_second)
{
	uint64_t answered = 0;
	struct agent_options options = {
		.listener = {.context = &answered, .finished = count_answers}, .c1 = 1};
	struct agent *agent;

	enum err rc = agent_create(&options, &agent);
	if (rc != E_OK)
		return rc;
	rc = measure(agent, &answered, probes_per_second);
	agent_destroy(agent);
	return rc;
}
