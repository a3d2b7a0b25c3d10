/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A made network: slots from described packets by the real statistics, served from memory as a
 * store would serve them. */
#ifndef NETGRADE_TESTS_UNIT_MADE_NETWORK_H
#define NETGRADE_TESTS_UNIT_MADE_NETWORK_H

#include "reporter/assessment.h"

struct made_series {
	struct series_key key;
	nsec interval;
	struct summary *slots;
	size_t slot_count;
	size_t slot_capacity;
	struct hour *hours;
	size_t hour_count;
	size_t hour_capacity;
};

struct made_network {
	struct made_series *series;
	size_t count;
	size_t capacity;
	struct cut_off cut_off;		    /* if it has an agent */
	struct evidence evidence;	    /* of its series, when its path is not "" */
	const struct window_entry *windows; /* NULL: none can be read */
	size_t window_count;
};

/* What the agent makes of a slot's packets; a delay of NSEC_INFINITE is a lost one, of
 * NSEC_UNDEFINED one that could not be sent. */
void made_slot(struct period slot, const nsec *round_trips, uint32_t count, uint32_t flags,
	       struct summary *summary, struct delays *delays);

/* A pointer that lasts until the next series is added. */
struct made_series *made_add_series(struct made_network *network, const struct series_key *key,
				    nsec interval);
/* The slot after the last one; slots left out in between have no record. */
void made_add_slot(struct made_series *series, const struct summary *summary,
		   const struct delays *delays);
/* The same from described packets. */
void made_add(struct made_series *series, nsec from, const nsec *round_trips, uint32_t count,
	      uint32_t flags);
/* All packets with one delay. */
void made_add_even(struct made_series *series, nsec from, nsec round_trip, uint32_t count,
		   uint32_t flags);

struct source made_source(struct made_network *network);
void made_finish(struct made_network *network);

/* The series as facts see them, with all slots that there are. */
struct record made_record(const struct made_series *series, struct period period);

#endif
