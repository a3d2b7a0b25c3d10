/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/carriers.h"

#include <string.h>

/* Linux tells of a carrier at most a second after the last news (net/core/link_watch.c). */
static const nsec news_age = 1100 * NSEC_PER_MSEC;

static struct carrier *find(struct carriers *carriers, uint32_t interface)
{
	for (size_t i = 0; i < carriers->known_count; i++) {
		if (carriers->known[i].interface == interface)
			return &carriers->known[i];
	}
	return NULL;
}

static void add_gap(struct carriers *carriers, uint32_t interface, nsec now)
{
	if (carriers->gap_count == GAPS_MAX)
		memmove(&carriers->gaps[0], &carriers->gaps[1],
			--carriers->gap_count * sizeof(carriers->gaps[0]));
	carriers->gaps[carriers->gap_count++] = (struct gap){interface, {now - news_age, now}};
}

bool carriers_tell(struct carriers *carriers, const struct carrier *news, nsec now)
{
	struct carrier *known = find(carriers, news->interface);

	if (known == NULL) {
		if (carriers->known_count == CARRIERS_MAX)
			return false;
		carriers->known[carriers->known_count++] = *news;
		carriers->absent_count += news->absent;
		return news->absent;
	}
	bool moved = known->absent != news->absent;
	bool counted = news->losses != LOSSES_UNTOLD && news->losses != known->losses;
	if (counted || (moved && news->absent))
		add_gap(carriers, news->interface, now);
	carriers->absent_count -= known->absent;
	carriers->absent_count += news->absent;
	known->absent = news->absent;
	if (counted)
		known->losses = news->losses;
	return moved;
}

void carriers_forget(struct carriers *carriers, uint32_t interface)
{
	struct carrier *known = find(carriers, interface);

	if (known == NULL)
		return;
	carriers->absent_count -= known->absent;
	*known = carriers->known[--carriers->known_count];
}

bool carriers_absent(const struct carriers *carriers, uint32_t interface)
{
	if (carriers->absent_count == 0)
		return false;
	for (size_t i = 0; i < carriers->known_count; i++) {
		if (carriers->known[i].interface == interface)
			return carriers->known[i].absent;
	}
	return false;
}

bool carriers_dropped(const struct carriers *carriers, uint32_t interface, nsec at)
{
	for (size_t i = carriers->gap_count; i-- > 0;) {
		const struct gap *gap = &carriers->gaps[i];
		if (gap->interface == interface && at >= gap->time.from && at <= gap->time.until)
			return true;
	}
	return false;
}
