/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A budget says how much measuring may put on the network and on the disk; a contact, who answers
 * for it. */
#ifndef NETGRADE_CONFIG_BUDGET_H
#define NETGRADE_CONFIG_BUDGET_H

#include "config/diagnostic.h"

#include <stddef.h>

enum budget_scope { BUDGET_AGENT, BUDGET_TARGET, BUDGET_OWNER, BUDGET_SCOPES };

struct limit {
	double most; /* 0: no limit */
	struct place place;
};

struct budget {
	struct limit packets[BUDGET_SCOPES]; /* a second */
	struct limit bits[BUDGET_SCOPES];    /* a second, of Ethernet frames, each way */
	struct limit disk;		     /* octets, of an agent that stores what it measures */
};

/* "budget.agent.packets-per-second" and so on. */
const char *budget_packets_key(enum budget_scope scope);
const char *budget_bits_key(enum budget_scope scope);

struct contact {
	char *zh; /* NULL where nothing is given, as are all of these */
	char *en;
	char *telephone;
	char *email;
};

enum { CONTACT_TEXT = 128 };

/* Who answers for the measuring, on one line of ASCII as protocols carry it: electronic mail,
 * telephone, English name, as far as given; "" where nothing is. */
void contact_format(const struct contact *contact, char *out, size_t size);

#endif
