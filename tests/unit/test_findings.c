/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules by which a report finds what recurs, what shifted and what belongs together: each on
 * paths that have it and on random ones that do not. */
#include "collector/base/calendar.h"
#include "collector/base/random.h"
#include "reporter/gathering.h"
#include "reporter/recurring.h"
#include "reporter/shift.h"
#include "tests/unit/check.h"
#include "tests/unit/made_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS NSEC_PER_MSEC

enum { DAYS = 30, HOURS = DAYS * 24, PACKETS = 60, SLOTS = HOURS * 12, SEEDS = 300 };

/* Midnight of 1 September 2026 in Shanghai. */
static nsec start;

static int use_zone(void **state)
{
	(void)state;
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	assert_int_equal(calendar_parse("2026-09-01", &start), E_OK);
	return 0;
}

/* --- what recurs --- */

/* How an hour's packets fare. */
struct fare {
	nsec least;
	nsec spread;
	double loss;
};

static const struct fare ordinary = {2 * MS, 1 * MS, 0.0002};
static const struct fare crowded = {2 * MS, 60 * MS, 0.03};

static struct timeline_hour make_hour(struct random *random, nsec from, const struct fare *fare)
{
	struct timeline_hour hour = {.from = from, .until = from + NSEC_PER_HOUR};
	nsec trips[PACKETS];
	struct summary summary;

	for (size_t i = 0; i < PACKETS; i++) {
		nsec trip = fare->least + (nsec)random_below(random, (uint64_t)fare->spread);
		trips[i] = random_unit(random) < fare->loss ? NSEC_INFINITE : trip;
	}
	made_slot((struct period){from, hour.until}, trips, PACKETS, 0, &summary, &hour.delays);
	hour.sent = summary.sent;
	hour.lost = summary.lost;
	return hour;
}

/* Whether the hour of a month is crowded. */
typedef bool crowding(struct random *random, int day, int hour);

static size_t find(crowding *is_crowded, uint64_t seed, struct recurring out[RECURRING_MOST])
{
	struct timeline_hour *hours = calloc(HOURS, sizeof(*hours));
	struct timeline timeline = {.period = {start, start + HOURS * NSEC_PER_HOUR},
				    .hours = hours,
				    .hour_count = HOURS};
	struct random random = random_seeded(seed);

	for (int i = 0; i < HOURS; i++)
		hours[i] = make_hour(&random, start + i * NSEC_PER_HOUR,
				     is_crowded(&random, i / 24, i % 24) ? &crowded : &ordinary);
	size_t found = recurring_find(&timeline, out);
	free(hours);
	return found;
}

static bool every_evening(struct random *random, int day, int hour)
{
	(void)random;
	(void)day;
	return hour >= 19 && hour < 23;
}

static bool over_midnight(struct random *random, int day, int hour)
{
	(void)random;
	(void)day;
	return hour >= 22 || hour < 2;
}

static bool from_the_fourteenth(struct random *random, int day, int hour)
{
	(void)random;
	return day >= 13 && hour == 9;
}

static bool for_ten_days(struct random *random, int day, int hour)
{
	(void)random;
	return day < 10 && hour == 9;
}

static bool twice_a_day(struct random *random, int day, int hour)
{
	(void)random;
	(void)day;
	return (hour >= 9 && hour < 11) || hour == 15;
}

static bool never(struct random *random, int day, int hour)
{
	(void)random;
	(void)day;
	(void)hour;
	return false;
}

static bool always(struct random *random, int day, int hour)
{
	(void)random;
	(void)day;
	(void)hour;
	return true;
}

static bool for_half_the_month(struct random *random, int day, int hour)
{
	(void)random;
	(void)hour;
	return day >= 14;
}

static bool one_hour_in_ten(struct random *random, int day, int hour)
{
	(void)day;
	(void)hour;
	return random_unit(random) < 0.1;
}

static bool one_hour_in_two(struct random *random, int day, int hour)
{
	(void)day;
	(void)hour;
	return random_unit(random) < 0.5;
}

static const struct {
	const char *name;
	crowding *is_crowded;
	size_t found;
	int from_hour; /* of the first found */
	int hours;
	size_t bad_days;
} recurrences[] = {
	{"every evening", every_evening, 1, 19, 4, DAYS},
	{"over midnight", over_midnight, 1, 22, 4, DAYS},
	{"from the fourteenth on", from_the_fourteenth, 1, 9, 1, 17},
	{"twice a day", twice_a_day, 2, 9, 2, DAYS},
	{"for ten days is not often", for_ten_days, 0, 0, 0, 0},
	{"never", never, 0, 0, 0, 0},
	{"always is ordinary", always, 0, 0, 0, 0},
	{"half a month is no hour of the day", for_half_the_month, 0, 0, 0, 0},
};

static void hours_that_are_bad_again_and_again_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(recurrences); i++) {
		struct recurring out[RECURRING_MOST];
		print_message("# %s\n", recurrences[i].name);
		size_t found = find(recurrences[i].is_crowded, i + 1, out);
		assert_int_equal(found, recurrences[i].found);
		if (found == 0)
			continue;
		assert_int_equal(out[0].from_hour, recurrences[i].from_hour);
		assert_int_equal(out[0].hours, recurrences[i].hours);
		assert_in_range(out[0].bad_days, recurrences[i].bad_days,
				recurrences[i].bad_days + 1);
		assert_in_range(out[0].days, DAYS, DAYS + 1);
		assert_true(out[0].within.p95 > 40 * MS);
		assert_true(out[0].otherwise.p95 < 4 * MS);
		assert_true(out[0].within.lost * 100 > out[0].within.sent);
		assert_true(out[0].otherwise.lost * 1000 < out[0].otherwise.sent);
	}
}

static void random_hours_are_no_pattern(void **state)
{
	static crowding *const kinds[] = {never, one_hour_in_ten, one_hour_in_two};

	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		for (uint64_t seed = 1; seed <= SEEDS / 3; seed++) {
			struct recurring out[RECURRING_MOST];
			assert_int_equal(find(kinds[k], 100 * k + seed, out), 0);
		}
	}
}

static void a_period_lies_in_hours_of_the_day_or_not(void **state)
{
	const struct recurring evening = {.from_hour = 19, .hours = 4};
	const struct recurring night = {.from_hour = 22, .hours = 4};
	nsec hour = NSEC_PER_HOUR;

	(void)state;
	assert_true(
		recurring_holds(&evening, (struct period){start + 19 * hour, start + 23 * hour}));
	assert_false(recurring_holds(
		&evening, (struct period){start + 19 * hour, start + 23 * hour + NSEC_PER_MIN}));
	assert_false(recurring_holds(
		&evening, (struct period){start + 19 * hour - NSEC_PER_MIN, start + 20 * hour}));
	assert_false(
		recurring_holds(&evening, (struct period){start + 20 * hour, start + 44 * hour}));
	assert_true(recurring_holds(&night, (struct period){start + 23 * hour, start + 25 * hour}));
	assert_false(
		recurring_holds(&night, (struct period){start + 23 * hour, start + 27 * hour}));
}

/* --- what shifted --- */

/* The level of a slot. */
typedef nsec leveling(struct random *random, size_t slot);

static size_t find_shifts(leveling *level, uint64_t seed, struct shift **out)
{
	struct leveled *slots = calloc(SLOTS, sizeof(*slots));
	struct random random = random_seeded(seed);
	size_t found;

	for (size_t i = 0; i < SLOTS; i++) {
		nsec least = level(&random, i);
		slots[i] = (struct leveled){start + (nsec)i * 5 * NSEC_PER_MIN, least, 20, 0};
		if (least == NSEC_UNDEFINED)
			slots[i].lost = 20;
	}
	shifts_find(slots, SLOTS, out, &found);
	free(slots);
	return found;
}

static nsec noise(struct random *random)
{
	return (nsec)random_below(random, 300 * NSEC_PER_USEC);
}

/* 15 September, 02:30. */
enum { REROUTED = 14 * 288 + 30, DAY_SLOTS = 288 };

static nsec rises(struct random *random, size_t slot)
{
	return (slot < REROUTED ? 2 : 11) * MS + noise(random);
}

static nsec falls(struct random *random, size_t slot)
{
	return (slot < REROUTED ? 11 : 2) * MS + noise(random);
}

static nsec rises_after_an_outage(struct random *random, size_t slot)
{
	bool out = slot >= REROUTED - 72 && slot < REROUTED;

	return out ? NSEC_UNDEFINED : rises(random, slot);
}

static nsec rises_and_falls(struct random *random, size_t slot)
{
	return (slot < 8 * DAY_SLOTS || slot >= 20 * DAY_SLOTS ? 2 : 9) * MS + noise(random);
}

static nsec rises_a_little(struct random *random, size_t slot)
{
	return (slot < REROUTED ? 2000 : 3500) * NSEC_PER_USEC + noise(random);
}

static nsec rises_by_a_tenth(struct random *random, size_t slot)
{
	return (slot < REROUTED ? 50 : 55) * MS + noise(random);
}

static nsec rises_for_two_days(struct random *random, size_t slot)
{
	return (slot < REROUTED || slot >= REROUTED + 2 * DAY_SLOTS ? 2 : 11) * MS + noise(random);
}

static nsec rises_every_evening(struct random *random, size_t slot)
{
	size_t hour = slot % DAY_SLOTS / 12;

	return (hour >= 19 && hour < 23 ? 11 : 2) * MS + noise(random);
}

static nsec is_higher_by_day(struct random *random, size_t slot)
{
	size_t hour = slot % DAY_SLOTS / 12;

	return (hour >= 8 && hour < 20 ? 11 : 2) * MS + noise(random);
}

static nsec is_higher_on_weekends(struct random *random, size_t slot)
{
	size_t day = slot / DAY_SLOTS % 7;

	return (day == 4 || day == 5 ? 11 : 2) * MS + noise(random);
}

static nsec stays(struct random *random, size_t slot)
{
	(void)slot;
	return 2 * MS + noise(random);
}

static nsec wanders(struct random *random, size_t slot)
{
	(void)slot;
	double u = random_unit(random);

	return 2 * MS + (nsec)(-log(1 - u) * 5 * (double)MS);
}

static const struct {
	const char *name;
	leveling *level;
	size_t found;
	size_t slot; /* of the first */
	nsec before;
	nsec after;
} shifts[] = {
	{"a detour", rises, 1, REROUTED, 2 * MS, 11 * MS},
	{"a shorter way", falls, 1, REROUTED, 11 * MS, 2 * MS},
	{"after an outage", rises_after_an_outage, 1, REROUTED, 2 * MS, 11 * MS},
	{"there and back", rises_and_falls, 2, 8 * DAY_SLOTS, 2 * MS, 9 * MS},
	{"less than the step", rises_a_little, 0, 0, 0, 0},
	{"less than the share", rises_by_a_tenth, 0, 0, 0, 0},
	{"two days do not stay", rises_for_two_days, 0, 0, 0, 0},
	{"evenings do not stay", rises_every_evening, 0, 0, 0, 0},
	{"days do not stay", is_higher_by_day, 0, 0, 0, 0},
	{"weekends do not stay", is_higher_on_weekends, 0, 0, 0, 0},
	{"nothing", stays, 0, 0, 0, 0},
};

static void shifts_are_found_to_the_slot(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shifts); i++) {
		struct shift *out;
		print_message("# %s\n", shifts[i].name);
		size_t found = find_shifts(shifts[i].level, i + 1, &out);
		assert_int_equal(found, shifts[i].found);
		if (found > 0) {
			assert_int_equal(out[0].at,
					 start + (nsec)shifts[i].slot * 5 * NSEC_PER_MIN);
			assert_in_range(out[0].before.level, shifts[i].before,
					shifts[i].before + MS);
			assert_in_range(out[0].after.level, shifts[i].after, shifts[i].after + MS);
		}
		free(out);
	}
}

static void random_delays_do_not_shift(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct shift *out;
		assert_int_equal(find_shifts(seed % 2 == 0 ? wanders : stays, seed, &out), 0);
		free(out);
	}
}

/* --- what belongs together --- */

static void what_begins_and_ends_together_is_one(void **state)
{
	enum { SLACK = 10 };
	struct gathered items[] = {
		{2, 0, {100, 200}, SLACK, 0, 0}, {1, 0, {100, 200}, SLACK, 1, 0},
		{1, 0, {105, 195}, SLACK, 2, 0}, {1, 0, {100, 400}, SLACK, 3, 0},
		{1, 1, {100, 200}, SLACK, 4, 0}, {1, 0, {111, 200}, SLACK, 5, 0},
		{1, 0, {110, 405}, SLACK, 6, 0},
	};
	static const size_t groups[][2] = {/* index, group */
					   {1, 0}, {2, 0}, {3, 1}, {6, 1}, {5, 2}, {4, 3}, {0, 4}};

	(void)state;
	assert_int_equal(gathering_make(items, COUNT_OF(items)), 5);
	for (size_t i = 0; i < COUNT_OF(items); i++) {
		assert_int_equal(items[i].index, groups[i][0]);
		assert_int_equal(items[i].group, groups[i][1]);
	}
	assert_int_equal(gathering_make(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_that_are_bad_again_and_again_are_found),
		cmocka_unit_test(random_hours_are_no_pattern),
		cmocka_unit_test(a_period_lies_in_hours_of_the_day_or_not),
		cmocka_unit_test(shifts_are_found_to_the_slot),
		cmocka_unit_test(random_delays_do_not_shift),
		cmocka_unit_test(what_begins_and_ends_together_is_one),
	};
	return cmocka_run_group_tests_name("findings", tests, use_zone, NULL);
}
