/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search finds the largest packet that a path carries, one size at a time (RFC 8899, section 5).
 * What routers tell is where it looks next, never an answer: only an acknowledged size is good,
 * and only one that was lost as often as it says is bad. */
#ifndef NETGRADE_METRIC_MTU_SEARCH_H
#define NETGRADE_METRIC_MTU_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

/* The base, which every path should carry: IPv6 RFC 8200, section 5; IPv4 RFC 1122, section
 * 3.3.3. */
enum { MTU_BASE_V4 = 576, MTU_BASE_V6 = 1280 };

/* What became of the packets of one size. */
enum mtu_outcome {
	MTU_CONFIRMED, /* the host acknowledged one */
	MTU_TOLD,      /* a router told that they are too big */
	MTU_LOST,      /* none was acknowledged, and nothing told why */
};

enum mtu_state {
	MTU_SEARCHING,
	MTU_FOUND,
	MTU_BLACK_HOLE, /* found, and what is larger vanishes untold */
	MTU_UNKNOWN,	/* the base was not acknowledged, or answers contradict each other */
	MTU_STATES
};
const char *mtu_state_name(enum mtu_state state); /* "found" and so on */

struct mtu_search {
	enum mtu_state state;
	uint16_t base;
	uint16_t good;	   /* largest that was confirmed; 0: none */
	uint16_t bad;	   /* smallest that was not; most + 1: none */
	uint16_t most;	   /* of the interface */
	uint16_t hint;	   /* as a router told; 0: none */
	uint16_t told;	   /* the same, kept: what the router told last */
	bool bad_told;	   /* a router told of the smallest bad size */
	uint8_t rechecked; /* confirmations of both sides of the edge, after it was found */
};

struct mtu_search mtu_search_start(uint8_t family, uint32_t interface_mtu);

/* The size, with the IP header, to send next; only while searching. */
uint16_t mtu_search_next(const struct mtu_search *search);

/* told: the MTU in a router's word, 0 if it names none. */
void mtu_search_take(struct mtu_search *search, enum mtu_outcome outcome, uint32_t told);

#endif
