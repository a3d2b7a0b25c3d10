/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model decides what one direction of an emulated link does to each packet of one family. */
#ifndef NETGRADE_TESTS_NET_MODEL_H
#define NETGRADE_TESTS_NET_MODEL_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fate {
	FATE_DELIVERED,
	FATE_DUPLICATE, /* a second copy of a delivered packet */
	FATE_FORGED,	/* a copy whose last octets were changed, its checksum mended */
	FATE_LOST,
	FATE_BLACKOUT,
	FATE_QUEUE, /* no room left before the rate limit */
	FATE_MTU,
	FATE_COUNT
};

const char *fate_name(enum fate fate);

enum delay_shape { DELAY_FIXED, DELAY_UNIFORM, DELAY_BIMODAL, DELAY_EXPONENTIAL };

struct model {
	enum delay_shape shape;
	nsec delay;	  /* fixed value, mean, first mode or minimum */
	nsec spread;	  /* half-width, second mode or mean of the tail */
	double second;	  /* bimodal: probability of the second mode */
	bool free_order;  /* varying delays may let a packet overtake another */
	double loss_good; /* Gilbert–Elliott: loss in either state; Bernoulli stays in the good one
			   */
	double loss_bad;
	double to_bad; /* transition probabilities, drawn before each packet */
	double to_good;
	double duplicate;
	nsec duplicate_after;
	double forge;
	nsec forge_after;
	double reorder; /* these packets alone get the extra delay, and later ones pass them */
	nsec reorder_extra;
	uint64_t rate; /* bit/s; 0: no limit */
	uint32_t queue;
	size_t mtu; /* octets; 0: no limit */
};

/* "delay=uniform:8ms:1ms,loss=0.02": a comma-separated list of
 *   delay=fixed:T | uniform:MEAN:HALF_WIDTH | bimodal:T1:T2:P2 | exponential:MIN:MEAN_OF_TAIL
 *   loss=P | loss=gilbert-elliott:TO_BAD:TO_GOOD:LOSS_BAD[:LOSS_GOOD]
 *   duplicate=P[:AFTER]  forge=P[:AFTER]  reorder=P:EXTRA  order=kept|free
 *   rate=BITS_PER_SECOND  queue=PACKETS  mtu=OCTETS
 * E_SYNTAX or E_RANGE with the item at fault copied to wrong. */
MUST_CHECK enum err model_parse(const char *text, struct model *out, char *wrong, size_t size);

/* "8ms", "250us", "1.5s", "20ns"; never negative. E_SYNTAX, E_RANGE. */
MUST_CHECK enum err duration_parse(const char *text, nsec *out);

/* The state of a model at work: its own chance, Gilbert–Elliott state, order and queue. */
struct lane {
	struct model model;
	struct random random;
	bool bad;
	nsec last_exit;		/* of the packets whose order is kept */
	nsec link_free;		/* when the last queued packet has left the rate limit */
	nsec queued_until[256]; /* exits of the last packets, a ring */
	uint32_t queue_at;
};

struct lane lane_over(const struct model *model, uint64_t seed);

/* When a packet goes out on the far side, and when its copies do. */
struct decision {
	enum fate fate;	   /* DELIVERED, LOST, QUEUE or MTU */
	nsec exit;	   /* of the packet, if delivered */
	nsec duplicate_at; /* NSEC_UNDEFINED: no such copy */
	nsec forged_at;
};

/* Takes the same number of draws for every packet, so that one packet's fate leaves the chance of
 * the next ones as it is. Arrivals come in the order of time, on one clock. */
struct decision lane_decide(struct lane *lane, nsec arrival, size_t octets);

#endif
