/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bulletin gathers news for a while and makes messages of it, one of each kind. */
#ifndef NETGRADE_ALARM_BULLETIN_H
#define NETGRADE_ALARM_BULLETIN_H

#include "collector/alarm/board.h"
#include "collector/alarm/message.h"
#include "collector/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct bulletin {
	struct news *news;
	size_t count;
	nsec since; /* monotonic: when the first of them came */
};

/* Takes the news over. now: monotonic. Without memory they are lost; logged. */
void bulletin_add(struct bulletin *bulletin, struct news *news, size_t count, nsec now);

/* When what is gathered becomes messages, as a monotonic instant; NSEC_INFINITE: there is none. */
nsec bulletin_due(const struct bulletin *bulletin, nsec gather);

struct bulletin_request {
	const struct subjects *subjects;
	size_t watched;
	nsec at; /* realtime */
};

/* The messages, in the order of their kinds, each given to take, which owns it; what nobody wants
 * to hear of is given to skip, where it is still the bulletin's. Empties the bulletin. */
struct bulletin_listener {
	void *context;
	void (*take)(void *context, struct message *message);
	void (*skip)(void *context, const struct news *news, size_t count);
};
void bulletin_flush(struct bulletin *bulletin, const struct bulletin_request *request,
		    const struct bulletin_listener *listener);

void bulletin_finish(struct bulletin *bulletin);

#endif
