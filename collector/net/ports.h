/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A block of ports of this machine that no other program can take. Each is bound: nothing listens
 * at one of TCP, so the kernel answers what comes with a reset; what comes to one of UDP is
 * dropped. */
#ifndef NETGRADE_NET_PORTS_H
#define NETGRADE_NET_PORTS_H

#include "collector/base/err.h"

#include <stdint.h>

/* A block begins at a multiple of its length. */
enum { PORTS_COUNT = 256, PORTS_BLOCK = 0xffff & ~(PORTS_COUNT - 1) };

struct ports {
	uint16_t first;
	int sockets[PORTS_COUNT];
};

enum ports_kind { PORTS_TCP, PORTS_UDP };

struct ports ports_none(void);

/* Takes a random block. E_BUSY when every block that was tried has a port in use. */
MUST_CHECK enum err ports_take(enum ports_kind kind, struct ports *out);
void ports_release(struct ports *ports);

#endif
