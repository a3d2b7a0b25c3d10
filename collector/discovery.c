/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/discovery.h"
#include "collector/agent.h"
#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "collector/base/random.h"
#include "collector/ticker.h"

#include <stdlib.h>
#include <string.h>

/* A packet leaves in the first half of a slot of its own: the rest is for one that is late. */
static const nsec slot_length = NSEC_PER_SEC;

/* How long before its instant a packet is handed to the agent. */
static const nsec ahead_least = 520 * NSEC_PER_MSEC;
static const nsec ahead_most = 620 * NSEC_PER_MSEC;

/* One packet: a series of the agent whose first slot alone is measured. */
struct shot {
	struct trial *trial;
	nsec at;
	nsec slot; /* where it starts */
};

/* A packet of this round that is not sent yet. */
struct aim {
	struct trial *trial;
	struct target target;
};

struct discovery {
	const struct discovery_options *options;
	struct trials *trials;
	const struct probe_ops *methods[WAYS];
	struct agent *agent;
	struct random random;
	nsec spacing;	    /* of the packets */
	struct shot *shots; /* by series */
	size_t shot_count;  /* series so far */
	size_t retired;	    /* of them */
	struct aim *aims;
	size_t aim_count;
	size_t aim_at;
	int round;
	nsec next_at;	/* realtime, of the next packet */
	nsec looked_at; /* realtime: what was due before has been sent */
	bool missing[FAMILY_COUNT];
	bool stopped;
	enum err rc;
	struct progress progress;
	uv_loop_t loop;
};

static void on_finished(void *context, uint32_t series, const struct sample *sample)
{
	struct discovery *discovery = context;
	struct trial *trial = discovery->shots[series].trial;

	if (sample->expected == 0 || sample->singletons[0].outcome == OUTCOME_UNSENT)
		return;
	const struct singleton *one = &sample->singletons[0];
	trial->packets++;
	trial->answered = one->outcome == OUTCOME_REPLIED;
	trial->cause = one->cause;
	trial->round_trip = one->round_trip;
}

static uint32_t withholds(void *context, uint32_t series, struct period slot)
{
	const struct discovery *discovery = context;

	return slot.from == discovery->shots[series].slot ? 0 : SLOT_UNSCHEDULED;
}

static struct target target_of(const struct discovery *discovery, enum way way,
			       const struct address *address, enum family family)
{
	struct target target = {
		.method = discovery->methods[way],
		.host = {.family = family == FAMILY_IPV4 ? 4 : 6, .port = way_rules[way].port},
		.interval = slot_length,
		.t_max = discovery->options->t_max,
		.packets = 1,
		.size = way_rules[way].size,
	};

	memcpy(target.host.bytes, address->bytes, sizeof(target.host.bytes));
	return target;
}

static void aim_at_site(struct discovery *discovery, enum way way, size_t index)
{
	const struct site *site = &discovery->trials->config->sites[index];

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		struct trial *trial = trial_at(discovery->trials, index, f, way);
		if (!site->address[f].given || trial->answered || trial->cause == LOSS_REFUSED)
			continue;
		discovery->aims[discovery->aim_count++] =
			(struct aim){trial, target_of(discovery, way, &site->address[f], f)};
	}
}

/* Way by way, so that what goes to one site is as far apart as can be. False when nothing is left
 * to be tried. */
static bool begin_round(struct discovery *discovery)
{
	static const char *const labels[DISCOVERY_PACKETS] = {
		"trying, round 1 of 3", "trying, round 2 of 3", "trying, round 3 of 3"};

	if (discovery->round == DISCOVERY_PACKETS || discovery->stopped)
		return false;
	discovery->aim_count = 0;
	discovery->aim_at = 0;
	for (enum way way = 0; way < WAYS; way++) {
		for (size_t i = 0; i < discovery->trials->config->site_count; i++)
			aim_at_site(discovery, way, i);
	}
	discovery->progress =
		progress_start(labels[discovery->round], (uint64_t)discovery->aim_count);
	discovery->round++;
	return discovery->aim_count > 0;
}

static void tell_missing(struct discovery *discovery, uint8_t family)
{
	bool *missing = &discovery->missing[family == 4 ? FAMILY_IPV4 : FAMILY_IPV6];

	if (!*missing)
		log_error("once", "this machine has no IPv%u: nothing is sent over it", family);
	*missing = true;
}

static enum err shoot(struct discovery *discovery, nsec at)
{
	struct aim *aim = &discovery->aims[discovery->aim_at++];
	uint32_t series;

	do
		aim->target.phase_seed = random_u64(&discovery->random);
	while (target_phase(&aim->target) > slot_length / 2);
	aim->target.origin = at - target_phase(&aim->target);
	enum err rc = agent_add(discovery->agent, &aim->target, &series);
	if (rc == E_UNSUPPORTED) {
		tell_missing(discovery, aim->target.host.family);
		return E_OK;
	}
	if (rc != E_OK)
		return rc;
	discovery->shots[series] = (struct shot){aim->trial, at, aim->target.origin};
	discovery->shot_count = (size_t)series + 1;
	discovery->next_at = at + discovery->spacing;
	return E_OK;
}

/* No packet makes up for one that was late. */
static void shoot_due(struct discovery *discovery, nsec now)
{
	while (discovery->rc == E_OK && discovery->aim_at < discovery->aim_count) {
		nsec at = discovery->next_at > now + ahead_least ? discovery->next_at
								 : now + ahead_least;
		if (at > now + ahead_most)
			return;
		discovery->rc = shoot(discovery, at);
	}
}

static void retire_sent(struct discovery *discovery)
{
	while (discovery->retired < discovery->shot_count &&
	       discovery->shots[discovery->retired].at < discovery->looked_at)
		agent_retire(discovery->agent, (uint32_t)discovery->retired++);
}

static void on_tick(void *context)
{
	struct discovery *discovery = context;
	nsec now = agent_now(discovery->agent);

	retire_sent(discovery);
	discovery->looked_at = now;
	if (!discovery->stopped)
		shoot_due(discovery, now);
	progress_show(&discovery->progress, (uint64_t)discovery->aim_at, "");
	bool sent = discovery->stopped || discovery->aim_at == discovery->aim_count;
	if (discovery->rc != E_OK ||
	    (sent && agent_finished(discovery->agent) && !begin_round(discovery)))
		uv_stop(&discovery->loop);
}

static void on_stop(void *context, int count)
{
	struct discovery *discovery = context;

	(void)count;
	discovery->stopped = true;
	agent_stop(discovery->agent, 0);
}

static enum err open_methods(struct discovery *discovery)
{
	struct agent_options options = {
		.listener = {.context = discovery, .finished = on_finished, .withholds = withholds},
		.c1 = 1,
		.hurry = true,
	};

	enum err rc = agent_create(&options, &discovery->agent);
	for (enum way way = 0; rc == E_OK && way < WAYS; way++) {
		discovery->methods[way] = probe_find(way_rules[way].method);
		rc = agent_open(discovery->agent, discovery->methods[way]);
	}
	if (rc == E_PERMISSION)
		privilege_explain_refusal();
	return rc == E_OK ? privilege_drop(&discovery->options->account) : rc;
}

static enum err make_room(struct discovery *discovery)
{
	size_t most = discovery->trials->config->site_count * FAMILY_COUNT * WAYS;

	discovery->aims = calloc(most + 1, sizeof(*discovery->aims));
	discovery->shots = calloc(DISCOVERY_PACKETS * most + 1, sizeof(*discovery->shots));
	if (discovery->aims == NULL || discovery->shots == NULL)
		return E_MEMORY;
	return random_secret(&discovery->random, sizeof(discovery->random));
}

static enum err measure(struct discovery *discovery)
{
	struct ticker_listener listener = {discovery, on_tick, NULL, on_stop};
	struct ticker *ticker;

	if (!begin_round(discovery))
		return E_OK;
	if (uv_loop_init(&discovery->loop) != 0)
		return E_SYSTEM;
	enum err rc = ticker_create(&discovery->loop, discovery->agent, &listener, &ticker);
	if (rc == E_OK) {
		uv_run(&discovery->loop, UV_RUN_DEFAULT);
		ticker_close(ticker);
		rc = discovery->rc;
	}
	uv_run(&discovery->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&discovery->loop);
	progress_finish(&discovery->progress);
	return rc == E_OK && discovery->stopped ? E_CLOSED : rc;
}

enum err discovery_run(const struct discovery_options *options, struct trials *trials)
{
	struct discovery discovery = {
		.options = options,
		.trials = trials,
		.spacing = NSEC_PER_SEC / options->rate,
	};

	enum err rc = make_room(&discovery);
	if (rc == E_OK)
		rc = open_methods(&discovery);
	if (rc == E_OK)
		rc = measure(&discovery);
	agent_destroy(discovery.agent);
	free(discovery.aims);
	free(discovery.shots);
	return rc;
}
