/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ledger keeps what the emulator did: one CSV row a packet and copy, and the sums of them.
 * Addresses are hexadecimal digits, 8 or 32 of them. */
#ifndef NETGRADE_TESTS_NET_LEDGER_H
#define NETGRADE_TESTS_NET_LEDGER_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "tests/net/model.h"
#include "tests/net/peek.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum direction { FORWARD, BACKWARD, DIRECTION_COUNT };

enum { LATENESS_BUCKETS = 40 };

struct ledger {
	FILE *log;				       /* NULL: sums only */
	uint64_t rows[DIRECTION_COUNT][2][FATE_COUNT]; /* by family, IPv4 first */
	uint64_t unsent;   /* refused by the far kernel, or still waiting at the end */
	uint64_t unread;   /* no IP packets */
	nsec lateness_max; /* exit that was due → exit that happened; or held up */
	uint64_t lateness[LATENESS_BUCKETS]; /* bucket i: less than 2^i ns */
};

/* log may be NULL. The file gets one line of column names. E_SYSTEM. */
MUST_CHECK enum err ledger_open(const char *log, struct ledger *out);
MUST_CHECK enum err ledger_close(struct ledger *ledger); /* E_SYSTEM: the log is not whole */

struct entry {
	enum direction direction;
	const struct peek *peek;
	size_t octets;
	nsec arrival; /* CLOCK_REALTIME */
	enum fate fate;
	/* CLOCK_REALTIME: the far kernel got it in between. NSEC_UNDEFINED, two empty fields, if it
	 * never came out. */
	struct period writing;
};
void ledger_write(struct ledger *ledger, const struct entry *entry);

void ledger_lateness(struct ledger *ledger, nsec late);
/* So long the emulator was kept from reading a packet, or from writing one. Below 0: it was not. */
void ledger_held_up(struct ledger *ledger, nsec late);

/* What only the emulator itself knows. */
struct conduct {
	uint64_t seed;
	bool realtime; /* real-time priority was granted */
	uint64_t near_drops;
	uint64_t far_drops;
};

/* One JSON object. */
void ledger_print(const struct ledger *ledger, const struct conduct *conduct, FILE *out);

#endif
