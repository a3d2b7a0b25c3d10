/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discovery by hand: what is tried at the sites of an inventory, and what is proposed for them. */
#ifndef NETGRADE_COLLECTOR_DISCOVERY_ONCE_H
#define NETGRADE_COLLECTOR_DISCOVERY_ONCE_H

/* The words of a command line; NULL where they were not given, but for the inventory. */
struct discovery_words {
	const char *inventory;
	const char *rate;
	const char *t_max;
	const char *user;
};

enum discovery_format { DISCOVERY_YAML, DISCOVERY_JSON };

/* Prints the proposal. The exit code; what is wrong goes to standard error. */
int discovery_once(const struct discovery_words *words, enum discovery_format format);

#endif
