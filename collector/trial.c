/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/trial.h"

#include <stdlib.h>

const struct way_rule way_rules[WAYS] = {
	[WAY_ICMP] = {"icmp", "ICMP", "icmp", 0, 64},
	[WAY_TCP_443] = {"tcp-443", "TCP 443", "tcp", 443, 0},
	[WAY_TCP_80] = {"tcp-80", "TCP 80", "tcp", 80, 0},
};

enum err trials_create(const struct config *config, struct trials *out)
{
	size_t count = config->site_count * FAMILY_COUNT * WAYS;
	struct trial *items = calloc(count + 1, sizeof(*items));

	if (items == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++)
		items[i].round_trip = NSEC_UNDEFINED;
	*out = (struct trials){config, items};
	return E_OK;
}

void trials_finish(struct trials *trials)
{
	free(trials->items);
	trials->items = NULL;
}

struct trial *trial_at(const struct trials *trials, size_t site, enum family family, enum way way)
{
	return &trials->items[(site * FAMILY_COUNT + family) * WAYS + way];
}

const char *trial_word(const struct trial *trial)
{
	const char *cause = loss_cause_name(trial->cause);

	if (trial->packets == 0)
		return "not sent";
	if (trial->answered)
		return "answered";
	return cause == NULL ? "silent" : cause;
}
