/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Visiting by hand: what a visit is asked for, from the words of a command line. What is wrong with
 * them is told on standard error. */
#ifndef NETGRADE_COLLECTOR_VISITING_H
#define NETGRADE_COLLECTOR_VISITING_H

#include "collector/net/resolver.h"
#include "collector/probe/ask.h"

#include <stdbool.h>

struct visiting {
	const char *url;	 /* NULL, as the next two: not given */
	const char *expect;	 /* text that the page must have */
	const char *name_server; /* address */
	bool by_name;
};

/* Its texts are those of the words; port: where the page is, 0 without a URL. */
bool visiting_page(const struct visiting *words, struct ask *ask, long *port);

/* Whom names are asked of. */
bool visiting_servers(const struct visiting *words, struct name_servers *out);

#endif
