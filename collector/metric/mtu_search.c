/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/mtu_search.h"

#include <assert.h>

/* Beyond jumbo frames nothing is looked for. */
enum { MOST = 9216 };

/* The edge of a black hole is looked at again from both sides, twice. */
enum { RECHECKS = 4 };

const char *mtu_state_name(enum mtu_state state)
{
	static const char *const names[MTU_STATES] = {
		[MTU_SEARCHING] = "searching",
		[MTU_FOUND] = "found",
		[MTU_BLACK_HOLE] = "black hole",
		[MTU_UNKNOWN] = "unknown",
	};

	assert(state < MTU_STATES);
	return names[state];
}

struct mtu_search mtu_search_start(uint8_t family, uint32_t interface_mtu)
{
	uint16_t base = family == 4 ? MTU_BASE_V4 : MTU_BASE_V6;
	uint16_t most = interface_mtu < MOST ? (uint16_t)interface_mtu : MOST;

	if (most < base)
		base = most;
	return (struct mtu_search){.base = base, .bad = (uint16_t)(most + 1), .most = most};
}

static bool at_edge(const struct mtu_search *search)
{
	return search->good + 1 == search->bad;
}

uint16_t mtu_search_next(const struct mtu_search *search)
{
	if (search->good == 0)
		return search->base;
	if (at_edge(search))
		return search->rechecked % 2 == 0 ? search->good : search->bad;
	if (search->bad > search->most)
		return search->most;
	if (search->hint > search->good && search->hint < search->bad)
		return search->hint;
	/* What was told is confirmed: whether it is all is seen one octet further. */
	if (search->hint != 0 && search->hint == search->good)
		return (uint16_t)(search->good + 1);
	return (uint16_t)(search->good + (search->bad - search->good) / 2);
}

/* The edge is as it was found, or the path is not steady. */
static void recheck(struct mtu_search *search, enum mtu_outcome outcome)
{
	bool low = search->rechecked % 2 == 0;

	if (low != (outcome == MTU_CONFIRMED)) {
		search->state = MTU_UNKNOWN;
		return;
	}
	search->bad_told = search->bad_told || (!low && outcome == MTU_TOLD);
	if (++search->rechecked == RECHECKS || search->bad_told)
		search->state = search->bad_told ? MTU_FOUND : MTU_BLACK_HOLE;
}

static void take_hint(struct mtu_search *search, uint16_t size, uint32_t told)
{
	search->hint = 0;
	if (told >= search->base && told < size) {
		search->hint = (uint16_t)told;
		search->told = (uint16_t)told;
	}
}

static void move(struct mtu_search *search, enum mtu_outcome outcome, uint32_t told)
{
	uint16_t size = mtu_search_next(search);

	if (outcome == MTU_CONFIRMED) {
		if (search->hint != 0 && size > search->hint)
			search->hint = 0;
		search->good = size;
		return;
	}
	if (search->good == 0) {
		search->state = MTU_UNKNOWN;
		return;
	}
	search->bad = size;
	search->bad_told = outcome == MTU_TOLD;
	if (outcome == MTU_TOLD)
		take_hint(search, size, told);
}

void mtu_search_take(struct mtu_search *search, enum mtu_outcome outcome, uint32_t told)
{
	assert(search->state == MTU_SEARCHING);
	if (search->good != 0 && at_edge(search)) {
		recheck(search, outcome);
		return;
	}
	move(search, outcome, told);
	if (search->state != MTU_SEARCHING || search->good == 0 || !at_edge(search))
		return;
	if (search->bad > search->most || search->bad_told)
		search->state = MTU_FOUND;
}
