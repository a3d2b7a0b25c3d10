/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges are DNS queries on their way over TCP, a connection each (RFC 7766). None of them
 * blocks; what became of them is told when they are looked at. */
#ifndef NETGRADE_PROBE_EXCHANGE_H
#define NETGRADE_PROBE_EXCHANGE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/probe/probe.h"

#include <stdbool.h>

/* At most so many at a time, and so long each. */
enum { EXCHANGES_MOST = 1024 };
#define EXCHANGE_LONGEST (10 * NSEC_PER_SEC)

struct exchanges;

MUST_CHECK enum err exchanges_create(struct exchanges **out);
void exchanges_destroy(struct exchanges *exchanges); /* NULL is fine */

/* A packet that is, or goes on as, an exchange. */
struct exchange_order {
	struct mark mark;
	uint16_t sequence;
	uint8_t dscp;
	nsec patience; /* at most EXCHANGE_LONGEST */
	const struct endpoint *host;
	const struct ask *ask;
	/* Of one that was answered over UDP first, and cut: when that answer came. NSEC_UNDEFINED:
	 * it was not asked before. */
	nsec cut_at;
};

/* 0, or the errno by which this machine refuses it. */
int exchanges_begin(struct exchanges *exchanges, const struct exchange_order *order);

/* Does what can be done now and tells what has ended. */
void exchanges_look(struct exchanges *exchanges, const struct probe_listener *listener);

/* Whether any is on its way. */
bool exchanges_open(const struct exchanges *exchanges);

/* What an answer, or the failure to read one, means for a packet: fills in kind and cause. */
void exchange_judge(enum err read, const struct ask *ask, const struct dns_answer *answer,
		    struct probe_event *event);

#endif
