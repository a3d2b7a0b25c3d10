/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials are what was found out about the ways in which the sites of an inventory can be measured:
 * one for each site, family and way. */
#ifndef NETGRADE_COLLECTOR_TRIAL_H
#define NETGRADE_COLLECTOR_TRIAL_H

#include "collector/base/err.h"
#include "collector/metric/singleton.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of preference. */
enum way { WAY_ICMP, WAY_TCP_443, WAY_TCP_80, WAYS };

struct way_rule {
	const char *name;  /* part of a test's name: "tcp-443" */
	const char *title; /* "TCP 443" */
	const char *method;
	uint16_t port; /* 0 where the method has none */
	uint16_t size; /* octets of payload, as in a test by default */
};

extern const struct way_rule way_rules[WAYS];

struct trial {
	uint8_t packets; /* that were sent */
	bool answered;
	enum loss_cause cause; /* while not answered: what was told of the last packet */
	nsec round_trip;       /* of the answered one, NSEC_UNDEFINED otherwise */
};

struct trials {
	const struct config *config;
	struct trial *items;
};

MUST_CHECK enum err trials_create(const struct config *config, struct trials *out);
void trials_finish(struct trials *trials);

struct trial *trial_at(const struct trials *trials, size_t site, enum family family, enum way way);

/* "answered", "not sent", "refused" and so on, "silent" where nothing was told. */
const char *trial_word(const struct trial *trial);

#endif
