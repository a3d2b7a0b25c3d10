/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/worked_example.h"

#include "tests/unit/made_network.h"

/* 882,000 packets are sent in J and the percentile's rank is 837,900: so 1,100 lost packets and
 * 43,000 slower ones lie above it. All others answer in 11.5 ms (the slot's smallest) or in 18 ms,
 * which is 6.5 ms more. The slower ones answer in 31.5 ms and keep to hours of their own, so that
 * in every hour with packets of 18 ms the hour's maximum pins them. */
#define LEAST	(23 * NSEC_PER_MSEC / 2)
#define TYPICAL (18 * NSEC_PER_MSEC)
#define SLOW	(63 * NSEC_PER_MSEC / 2)

enum {
	SLOW_FROM = 20 * 1440, /* whole hours from here on */
	SLOW_PACKETS = 43000,
	SLOW_PER_SLOT = WORKED_PACKETS - 1,
	SLOW_SLOTS = SLOW_PACKETS / SLOW_PER_SLOT, /* and one more with the rest */
	SLOW_HOURS_END = SLOW_FROM + (SLOW_SLOTS / 60 + 1) * 60,
	PLANNED_FROM = 3 * 1440,
	UNKNOWN_FROM = 6 * 1440,
	LONE_LOSS_FROM = 10 * 1440,
};

static bool between(size_t index, size_t from, size_t count)
{
	return index >= from && index < from + count;
}

static bool is_bad(size_t index)
{
	return between(index, 8 * 1440, 30) || between(index, 9 * 1440 + 55, 10) ||
	       between(index, 12 * 1440, 5);
}

static uint32_t slow_packets(size_t index)
{
	if (between(index, SLOW_FROM, SLOW_SLOTS))
		return SLOW_PER_SLOT;
	return index == SLOW_FROM + SLOW_SLOTS ? SLOW_PACKETS % SLOW_PER_SLOT : 0;
}

bool worked_slot(size_t index, nsec start, struct summary *summary, struct delays *delays)
{
	struct period slot = {start + (nsec)index * NSEC_PER_MIN,
			      start + (nsec)(index + 1) * NSEC_PER_MIN};
	bool slow_hour = between(index, SLOW_FROM, SLOW_HOURS_END - SLOW_FROM);
	nsec trips[WORKED_PACKETS];

	if (between(index, UNKNOWN_FROM, 300))
		return false;
	for (uint32_t i = 0; i < WORKED_PACKETS; i++)
		trips[i] = i < WORKED_PACKETS / 2 || slow_hour ? LEAST : TYPICAL;
	for (uint32_t i = 0; i < slow_packets(index); i++)
		trips[WORKED_PACKETS - 1 - i] = SLOW;
	if (between(index, LONE_LOSS_FROM, 200))
		trips[0] = NSEC_INFINITE;
	for (uint32_t i = 0; i < WORKED_PACKETS && is_bad(index); i++)
		trips[i] = NSEC_INFINITE;
	made_slot(slot, trips, WORKED_PACKETS, between(index, PLANNED_FROM, 240) ? SLOT_PLANNED : 0,
		  summary, delays);
	return true;
}
