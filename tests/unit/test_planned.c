/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "collector/base/random.h"
#include "collector/metric/planned.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND NSEC_PER_SEC
#define MIN    NSEC_PER_MIN
#define HOUR   NSEC_PER_HOUR
#define DAY    NSEC_PER_DAY
#define STANDS NSEC_INFINITE

static const struct planned_rule usual = {.notice = 24 * HOUR, .allowance = 8 * HOUR};

/* 2026-10-01 00:00 in Shanghai. */
static nsec october(void)
{
	struct period month;

	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	assert_int_equal(calendar_month("2026-10", &month), E_OK);
	return month.from;
}

static struct planned_path *path_of(const struct planned_rule *rule, const struct window *windows,
				    size_t count)
{
	struct planned_path *path;

	assert_int_equal(planned_create(rule, windows, count, &path), E_OK);
	return path;
}

/* Times in minutes of October. */
static struct window window_at(nsec entered, nsec from, nsec until, nsec cancelled)
{
	nsec start = october();

	return (struct window){
		.period = {start + from * MIN, start + until * MIN},
		.entered_at = start + entered * MIN,
		.cancelled_at = cancelled == STANDS ? STANDS : start + cancelled * MIN,
	};
}

static enum planned_state state_at(struct planned_path *path, nsec from, nsec until)
{
	nsec start = october();

	return planned_at(path, (struct period){start + from * MIN, start + until * MIN});
}

enum { WINDOWS_MAX = 4, PROBES_MAX = 6 };

struct probe {
	nsec from; /* minutes */
	nsec until;
	enum planned_state state;
};

/* The beginning of day 5, and one day and a minute before it. */
#define AT    (5 * 1440)
#define AHEAD (AT - 1441)

static const struct {
	const char *name;
	nsec windows[WINDOWS_MAX][4]; /* entered, from, until, cancelled; until 0: none */
	struct probe probes[PROBES_MAX];
} rows[] = {
	{"a window is half-open",
	 {{AHEAD, AT, AT + 60, STANDS}},
	 {{AT - 1, AT, PLANNED_NOT},
	  {AT, AT + 1, PLANNED_COUNTED},
	  {AT + 59, AT + 60, PLANNED_COUNTED},
	  {AT + 60, AT + 61, PLANNED_NOT}}},
	{"a slot that it touches is planned as a whole",
	 {{AHEAD, AT + 3, AT + 7, STANDS}},
	 {{AT, AT + 5, PLANNED_COUNTED},
	  {AT + 5, AT + 10, PLANNED_COUNTED},
	  {AT + 10, AT + 15, PLANNED_NOT}}},
	{"entered exactly a day ahead",
	 {{AT - 1440, AT, AT + 60, STANDS}},
	 {{AT, AT + 1, PLANNED_COUNTED}}},
	{"entered after it began",
	 {{AT + 5, AT, AT + 60, STANDS}},
	 {{AT, AT + 1, PLANNED_ANNOUNCED}}},
	{"cancelled before it began",
	 {{AHEAD, AT, AT + 60, AT - 10}},
	 {{AT, AT + 1, PLANNED_NOT}, {AT + 30, AT + 31, PLANNED_NOT}}},
	{"cancelled as it began", {{AHEAD, AT, AT + 60, AT}}, {{AT, AT + 1, PLANNED_NOT}}},
	{"cancelled while it ran: it counts until then",
	 {{AHEAD, AT, AT + 60, AT + 30}},
	 {{AT + 29, AT + 30, PLANNED_COUNTED}, {AT + 30, AT + 31, PLANNED_NOT}}},
	{"cancelled after it was over",
	 {{AHEAD, AT, AT + 60, AT + 90}},
	 {{AT + 59, AT + 60, PLANNED_COUNTED}}},
	{"a late one, cancelled while it ran",
	 {{AT, AT, AT + 60, AT + 30}},
	 {{AT + 29, AT + 30, PLANNED_ANNOUNCED}, {AT + 30, AT + 31, PLANNED_NOT}}},
	{"in time beside late: in time decides",
	 {{AT, AT - 60, AT + 60, STANDS}, {AHEAD, AT, AT + 30, STANDS}},
	 {{AT - 1, AT, PLANNED_ANNOUNCED},
	  {AT, AT + 1, PLANNED_COUNTED},
	  {AT + 30, AT + 31, PLANNED_ANNOUNCED}}},
	{"eight hours are allowed, not a minute more",
	 {{AHEAD, AT, AT + 600, STANDS}},
	 {{AT + 479, AT + 480, PLANNED_COUNTED}, {AT + 480, AT + 481, PLANNED_ANNOUNCED}}},
	{"a slot in the middle of which they end does not fit",
	 {{AHEAD, AT + 10, AT + 600, STANDS}},
	 {{AT + 450, AT + 465, PLANNED_COUNTED},
	  {AT + 465, AT + 480, PLANNED_COUNTED},
	  {AT + 480, AT + 495, PLANNED_ANNOUNCED},
	  {AT + 585, AT + 600, PLANNED_ANNOUNCED}}},
	{"overlapping windows count once",
	 {{AHEAD, AT, AT + 300, STANDS},
	  {AHEAD, AT + 60, AT + 360, STANDS},
	  {AHEAD, AT + 60, AT + 300, STANDS},
	  {AHEAD, AT + 1440, AT + 1440 + 200, STANDS}},
	 {{AT + 359, AT + 360, PLANNED_COUNTED},
	  {AT + 1440 + 119, AT + 1440 + 120, PLANNED_COUNTED},
	  {AT + 1440 + 120, AT + 1440 + 121, PLANNED_ANNOUNCED}}},
	{"neighbours in one slot count it once",
	 {{AHEAD, AT, AT + 20, STANDS},
	  {AHEAD, AT + 40, AT + 50, STANDS},
	  {AHEAD, AT + 1440, AT + 1440 + 480, STANDS}},
	 {{AT, AT + 60, PLANNED_COUNTED},
	  {AT + 1440 + 360, AT + 1440 + 420, PLANNED_COUNTED},
	  {AT + 1440 + 420, AT + 1440 + 480, PLANNED_ANNOUNCED}}},
	{"a late window uses up nothing",
	 {{AT, AT, AT + 480, STANDS}, {AHEAD, AT + 1440, AT + 1440 + 480, STANDS}},
	 {{AT + 1440 + 479, AT + 1440 + 480, PLANNED_COUNTED}}},
	{"what was cancelled uses up nothing",
	 {{AHEAD, AT, AT + 480, AT + 60}, {AHEAD, AT + 1440, AT + 1440 + 480, STANDS}},
	 {{AT + 1440 + 419, AT + 1440 + 420, PLANNED_COUNTED},
	  {AT + 1440 + 420, AT + 1440 + 421, PLANNED_ANNOUNCED}}},
	{"each month has its own eight hours, from local midnight on",
	 {{-3000, -600, 600, STANDS}},
	 {{-121, -120, PLANNED_COUNTED},
	  {-120, -119, PLANNED_ANNOUNCED},
	  {-1, 0, PLANNED_ANNOUNCED},
	  {0, 1, PLANNED_COUNTED},
	  {479, 480, PLANNED_COUNTED},
	  {480, 481, PLANNED_ANNOUNCED}}},
};

static void the_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct window windows[WINDOWS_MAX];
		size_t count = 0;
		print_message("# %s\n", rows[i].name);
		for (; count < WINDOWS_MAX && rows[i].windows[count][2] != 0; count++) {
			const nsec *w = rows[i].windows[count];
			windows[count] = window_at(w[0], w[1], w[2], w[3]);
		}
		struct planned_path *path = path_of(&usual, windows, count);
		for (size_t k = 0; k < PROBES_MAX && rows[i].probes[k].until != 0; k++) {
			const struct probe *probe = &rows[i].probes[k];
			assert_int_equal(state_at(path, probe->from, probe->until), probe->state);
		}
		planned_destroy(path);
	}
}

static void a_second_less_than_the_notice_is_late(void **state)
{
	nsec start = october() + 5 * DAY;

	(void)state;
	for (nsec short_by = -1; short_by <= 1; short_by++) {
		struct window window = {.period = {start, start + HOUR},
					.entered_at = start - 24 * HOUR + short_by * SECOND,
					.cancelled_at = STANDS};
		struct planned_path *path = path_of(&usual, &window, 1);
		assert_int_equal(window_in_time(&usual, &window), short_by <= 0);
		assert_int_equal(planned_at(path, (struct period){start, start + MIN}),
				 short_by <= 0 ? PLANNED_COUNTED : PLANNED_ANNOUNCED);
		planned_destroy(path);
	}
}

static void the_bounds_may_be_nothing(void **state)
{
	static const struct planned_rule none = {.notice = 0, .allowance = 0};
	static const struct planned_rule at_once = {.notice = 0, .allowance = HOUR};
	struct window window = window_at(AT, AT, AT + 60, STANDS);

	(void)state;
	struct planned_path *path = path_of(&none, &window, 1);
	assert_int_equal(state_at(path, AT, AT + 1), PLANNED_ANNOUNCED);
	planned_destroy(path);
	path = path_of(&at_once, &window, 1);
	assert_int_equal(state_at(path, AT, AT + 1), PLANNED_COUNTED);
	planned_destroy(path);
	path = path_of(&usual, NULL, 0);
	assert_int_equal(state_at(path, AT, AT + 1), PLANNED_NOT);
	planned_destroy(path);
}

static void a_window_tells_what_of_it_counts(void **state)
{
	nsec start = october();
	struct period month = calendar_month_of(start);
	struct window windows[] = {
		window_at(-9000, -300, 300, STANDS),
		window_at(AHEAD, AT, AT + 240, STANDS),
		window_at(AT, AT, AT + 240, STANDS),
	};
	struct planned_path *path = path_of(&usual, windows, COUNT_OF(windows));

	(void)state;
	assert_true(month.from == start);
	assert_true(month.until - month.from == 31 * DAY);
	struct planned_time time = planned_time_of(path, &windows[0], month, MIN);
	assert_true(time.counted == 5 * HOUR && time.over == 0);
	time = planned_time_of(path, &windows[0], (struct period){start - DAY, month.until}, MIN);
	assert_true(time.counted == 10 * HOUR && time.over == 0);
	time = planned_time_of(path, &windows[1], month, MIN);
	assert_true(time.counted == 3 * HOUR && time.over == HOUR);
	/* Of slots of two hours the first window's five hours touch three. */
	time = planned_time_of(path, &windows[1], month, 2 * HOUR);
	assert_true(time.counted == 2 * HOUR && time.over == 2 * HOUR);
	time = planned_time_of(path, &windows[2], month, MIN);
	assert_true(time.counted == 0 && time.over == 0);
	planned_destroy(path);
}

/* The same by counting every slot of the month from its first on. */
static enum planned_state counted_by_hand(const struct planned_rule *rule,
					  const struct window *windows, size_t count,
					  struct period slot)
{
	struct period month = calendar_month_of(slot.from);
	nsec length = slot.until - slot.from;
	nsec used = 0;

	for (nsec at = nsec_ceil(month.from, length); at <= slot.from; at += length) {
		enum planned_state state = PLANNED_NOT;
		for (size_t i = 0; i < count; i++) {
			struct period standing = window_standing(&windows[i]);
			if (standing.from >= at + length || standing.until <= at ||
			    standing.until <= standing.from)
				continue;
			if (window_in_time(rule, &windows[i]))
				state = PLANNED_COUNTED;
			else if (state == PLANNED_NOT)
				state = PLANNED_ANNOUNCED;
		}
		used += state == PLANNED_COUNTED ? length : 0;
		if (at == slot.from)
			return state == PLANNED_COUNTED && used > rule->allowance
				       ? PLANNED_ANNOUNCED
				       : state;
	}
	return PLANNED_NOT;
}

/* Nothing that is entered or cancelled after a slot decides about it. */
static size_t known_by(const struct window *windows, size_t count, nsec now, struct window *known)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (windows[i].entered_at > now)
			continue;
		known[used] = windows[i];
		if (known[used].cancelled_at > now)
			known[used].cancelled_at = STANDS;
		used++;
	}
	return used;
}

static void random_windows_agree_with_counting_by_hand(void **state)
{
	static const nsec lengths[] = {5 * MIN, 15 * MIN, HOUR, 2 * HOUR};
	struct random random = random_seeded(20261001);
	enum { ROUNDS = 150, WINDOWS = 6, PROBES = 40 };
	nsec start = october();

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		struct planned_rule rule = {.notice = (nsec)random_below(&random, 3) * 12 * HOUR,
					    .allowance =
						    (nsec)random_below(&random, 10 * 60) * MIN};
		nsec length = lengths[random_below(&random, COUNT_OF(lengths))];
		struct window windows[WINDOWS];
		for (size_t i = 0; i < WINDOWS; i++) {
			nsec from = start + (nsec)random_below(&random, 40 * 1440) * MIN - 5 * DAY;
			windows[i] = (struct window){
				.period = {from,
					   from + (1 + (nsec)random_below(&random, 400)) * MIN},
				.entered_at = from - (nsec)random_below(&random, 48 * 60) * MIN,
				.cancelled_at = STANDS};
			if (random_below(&random, 4) == 0)
				windows[i].cancelled_at =
					from + (nsec)random_below(&random, 600) * MIN - 3 * HOUR;
		}
		struct planned_path *path = path_of(&rule, windows, WINDOWS);
		for (size_t i = 0; i < PROBES; i++) {
			const struct window *near = &windows[random_below(&random, WINDOWS)];
			nsec at = near->period.from + (nsec)random_below(&random, 500) * MIN;
			struct period slot = {nsec_floor(at, length),
					      nsec_floor(at, length) + length};
			struct window known[WINDOWS];
			size_t count = known_by(windows, WINDOWS, slot.until, known);
			struct planned_path *then = path_of(&rule, known, count);
			enum planned_state expected =
				counted_by_hand(&rule, windows, WINDOWS, slot);
			assert_int_equal(planned_at(path, slot), expected);
			assert_int_equal(planned_at(then, slot) == PLANNED_COUNTED,
					 expected == PLANNED_COUNTED);
			planned_destroy(then);
		}
		planned_destroy(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rule),
		cmocka_unit_test(a_second_less_than_the_notice_is_late),
		cmocka_unit_test(the_bounds_may_be_nothing),
		cmocka_unit_test(a_window_tells_what_of_it_counts),
		cmocka_unit_test(random_windows_agree_with_counting_by_hand),
	};
	return cmocka_run_group_tests_name("planned", tests, NULL, NULL);
}
