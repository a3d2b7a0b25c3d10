/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the store share: temporary folders, a path whose slots are a function of their
 * time, and a comparison of what a view gives with it. */
#ifndef NETGRADE_TESTS_UNIT_TEST_STORE_PATH_H
#define NETGRADE_TESTS_UNIT_TEST_STORE_PATH_H

#include "tests/unit/check.h"

#include "collector/base/random.h"
#include "collector/metric/sample.h"
#include "collector/store/slot.h"
#include "collector/store/store.h"
#include "collector/store/view.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PACKETS = 20, FOLDER = 64 };

static const nsec month_start = 1767225600 * NSEC_PER_SEC; /* 2026-01-01 UTC */

static inline struct period from_start(nsec from, nsec until)
{
	return (struct period){month_start + from, month_start + until};
}

static inline void make_folder(char out[FOLDER])
{
	snprintf(out, FOLDER, "/tmp/netgrade-store-XXXXXX");
	assert_non_null(mkdtemp(out));
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void remove_folder(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline struct series_key key_of(const char *target)
{
	struct series_key key = {.agent = "hub", .method = "icmp", .family = 4, .size = 64};
	snprintf(key.target, sizeof(key.target), "%s", target);
	return key;
}

/* What the path did in a slot: a function of the slot's start and the seed alone. Some slots are
 * lost wholly, some by half, some planned, some tainted, some hardly sent. */
static inline struct slot path_slot(uint64_t seed, nsec from, nsec interval)
{
	struct random random = random_seeded(seed ^ (uint64_t)(from / NSEC_PER_SEC));
	struct singleton singletons[PACKETS];
	struct sample sample = {.slot = {from, from + interval}, .expected = PACKETS};
	uint64_t kind = random_below(&random, 40);
	double loss = kind == 0 ? 1.0 : kind == 1 ? 0.55 : kind == 2 ? 0.2 : 0.004;

	for (size_t i = 0; i < PACKETS; i++) {
		nsec delay = 2 * NSEC_PER_MSEC + (nsec)random_below(&random, 9000001);
		bool lost = random_unit(&random) < loss;
		singletons[i] = (struct singleton){
			.outcome = kind == 3 && i > 3 ? OUTCOME_UNSENT
				   : lost	      ? (uint8_t)(OUTCOME_LOST + i % 3)
						      : OUTCOME_REPLIED,
			.round_trip = delay,
			.stamped_by = i == 7 && kind == 4 ? STAMP_USER : STAMP_KERNEL,
			.duplicates = kind == 5 && i == 2,
			.reordered = kind == 6 && i < 3,
		};
	}
	sample.flags = kind == 7 ? SLOT_PLANNED : kind == 8 ? SLOT_TAINTED : 0;
	sample.singletons = singletons;
	return (struct slot){.summary = sample_summary(&sample), .delays = sample_delays(&sample)};
}

static inline struct store_options options_for(const char *folder)
{
	return (struct store_options){
		.directory = folder,
		.keep_slots = 40 * NSEC_PER_DAY,
		.keep_hours = 396 * NSEC_PER_DAY,
	};
}

static inline struct store *open_store(const char *folder)
{
	struct store_options options = options_for(folder);
	struct store *store = NULL;
	assert_int_equal(store_open(&options, &store), E_OK);
	return store;
}

/* Does nothing before the store is flushed or closed. */
static inline struct store *open_lazy_store(const char *folder)
{
	struct store_options options = options_for(folder);
	struct store *store = NULL;
	options.gather = NSEC_PER_DAY;
	options.share = 10 * NSEC_PER_MSEC;
	assert_int_equal(store_open(&options, &store), E_OK);
	return store;
}

static inline uint32_t series_in(struct store *store, const char *target, nsec interval)
{
	struct series_key key = key_of(target);
	uint32_t series = 0;
	assert_int_equal(store_series(store, &key, interval, &series), E_OK);
	return series;
}

static inline void put_path(struct store *store, uint32_t series, struct period period,
			    nsec interval)
{
	for (nsec at = period.from; at < period.until; at += interval) {
		struct slot slot = path_slot(1, at, interval);
		store_put(store, series, &slot.summary, &slot.delays);
	}
}

static inline bool same_summary(const struct summary *a, const struct summary *b)
{
	return a->from == b->from && a->until == b->until && a->expected == b->expected &&
	       a->sent == b->sent && a->lost == b->lost && a->duplicated == b->duplicated &&
	       a->reordered == b->reordered && a->late == b->late && a->rejected == b->rejected &&
	       a->flags == b->flags && a->rtt_sum == b->rtt_sum && a->rtt_min == b->rtt_min &&
	       a->rtt_median == b->rtt_median && a->rtt_max == b->rtt_max;
}

static inline bool same_delays(const struct delays *a, const struct delays *b)
{
	return a->slots == b->slots && a->lost == b->lost && a->rtt_min == b->rtt_min &&
	       a->rtt_max == b->rtt_max && a->pdv_max == b->pdv_max &&
	       memcmp(a->rtt, b->rtt, sizeof(a->rtt)) == 0 &&
	       memcmp(a->pdv, b->pdv, sizeof(a->pdv)) == 0;
}

/* Every slot of the period is the path's; slots in the gap (none when from = until) are absent. */
static inline void expect_path(const char *folder, const char *target, struct period period,
			       nsec interval, struct period gap)
{
	struct series_key key = key_of(target);
	struct view *view;
	struct summary *slots;
	size_t count;

	assert_int_equal(view_open(folder, &view), E_OK);
	assert_int_equal(view_slots(view, &key, period, &slots, &count), E_OK);
	assert_int_equal(count, (size_t)((period.until - period.from) / interval));
	for (size_t i = 0; i < count; i++) {
		nsec from = period.from + (nsec)i * interval;
		struct slot slot = path_slot(1, from, interval);
		if (from >= gap.from && from < gap.until)
			slot.summary = summary_absent((struct period){from, from + interval},
						      SLOT_NO_RECORD);
		if (!same_summary(&slots[i], &slot.summary))
			fail_msg("slot %zu differs", i);
	}
	free(slots);
	view_close(view);
}

/* Every hour of the period, whole hours only, is the sum of its slots. */
static inline void expect_hours(const char *folder, const char *target, struct period period,
				nsec interval, struct period gap)
{
	struct series_key key = key_of(target);
	struct view *view;
	struct hour *hours;
	size_t count;
	size_t at = 0;

	assert_int_equal(view_open(folder, &view), E_OK);
	assert_int_equal(view_hours(view, &key, period, &hours, &count), E_OK);
	for (nsec hour = period.from; hour < period.until; hour += NSEC_PER_HOUR) {
		struct delays sum = delays_empty();
		for (nsec from = nsec_ceil(hour, interval); from < hour + NSEC_PER_HOUR;
		     from += interval) {
			struct slot slot = path_slot(1, from, interval);
			if (from < gap.from || from >= gap.until)
				delays_merge(&sum, &slot.delays);
		}
		if (sum.slots == 0)
			continue;
		assert_true(at < count);
		assert_true(hours[at].from == hour);
		assert_false(hours[at].beyond);
		if (!same_delays(&hours[at++].delays, &sum))
			fail_msg("hour %zu differs", at - 1);
	}
	assert_int_equal(at, count);
	free(hours);
	view_close(view);
}

#endif
