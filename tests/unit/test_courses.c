/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "tests/unit/agent_bench.h"

#include "collector/courses.h"

#include <stdio.h>

enum { SERIES = 5 };

static void answer(void *context, struct probe_packet *packet)
{
	(void)context;
	fake_answer(packet, NSEC_PER_MSEC);
}

/* One letter a series: its name; capital: with other packets; '6': a family not there. */
static struct plan plan_of(const char *letters, struct planned items[SERIES])
{
	struct plan plan = {.items = items};

	for (; *letters != '\0'; letters++) {
		struct planned *item = &items[plan.count++];
		char letter = *letters;
		*item = (struct planned){.key = {.family = 4, .agent = "a", .method = "fake"},
					 .target = bench_target()};
		if (letter >= 'A' && letter <= 'Z') {
			letter = (char)(letter - 'A' + 'a');
			item->target.packets = 5;
		}
		if (letter == '6') {
			letter = 'z';
			item->target.size = UINT16_MAX;
		}
		item->target.host.bytes[3] = (uint8_t)letter;
		item->target.host.port = (uint16_t)letter;
		item->key.port = item->target.host.port;
		item->key.size = item->target.size;
		item->key.dscp = item->target.dscp;
		snprintf(item->key.target, KEY_NAME, "%c", letter);
	}
	return plan;
}

static void a_plan_is_taken_over_by_difference(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *before;
		const char *after;
		struct difference difference; /* kept, added, retired, left out */
	} rows[] = {
		{"nothing changes", "abc", "abc", {3, 0, 0, 0}},
		{"the first of all", "", "abc", {0, 3, 0, 0}},
		{"one more at the end", "ab", "abc", {2, 1, 0, 0}},
		{"one more at the start", "bc", "abc", {2, 1, 0, 0}},
		{"one fewer in the middle", "abc", "ac", {2, 0, 1, 0}},
		{"all gone", "abc", "", {0, 0, 3, 0}},
		{"all others", "ace", "bd", {0, 2, 3, 0}},
		{"measured otherwise", "abc", "aBc", {2, 1, 1, 0}},
		{"what the machine lacks", "ab", "ab6", {2, 0, 0, 1}},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct courses courses = {0};
		struct difference difference;
		struct planned before[SERIES];
		struct planned after[SERIES];
		struct plan first = plan_of(rows[i].before, before);
		struct plan second = plan_of(rows[i].after, after);
		print_message("# %s\n", rows[i].name);
		bench_open(&bench, &(struct bench_setup){.policy = answer});
		assert_int_equal(courses_take_over(&courses, bench.agent, &first, &difference),
				 E_OK);
		assert_int_equal(difference.added, first.count);
		bench_run_to(&bench, 2500 * NSEC_PER_MSEC);
		assert_int_equal(courses_take_over(&courses, bench.agent, &second, &difference),
				 E_OK);
		assert_int_equal(difference.kept, rows[i].difference.kept);
		assert_int_equal(difference.added, rows[i].difference.added);
		assert_int_equal(difference.retired, rows[i].difference.retired);
		assert_int_equal(difference.left_out, rows[i].difference.left_out);
		bench_run_to(&bench, 6800 * NSEC_PER_MSEC);
		for (uint32_t number = 0; courses_at(&courses, number) != NULL; number++) {
			struct series_key key = courses_key(&courses, courses_at(&courses, number));
			bool kept = false;
			assert_string_equal(key.agent, "a");
			assert_string_equal(key.method, "fake");
			assert_int_equal(key.target[0], courses_at(&courses, number)->name[0]);
			for (size_t j = 0; j < courses.count; j++)
				kept = kept || courses.items[j]->number == number;
			/* Those kept have every slot, those ended what they had begun. */
			if (number < first.count)
				bench_expect_row(&bench, number, 0, kept ? 6 : 3);
			else
				bench_expect_row(&bench, number, 3, 3);
		}
		courses_finish(&courses);
		bench_close(&bench);
	}
}

static void plans_are_ordered_by_their_keys(void **state)
{
	(void)state;
	static const struct series_key keys[] = {
		{.target = "a", .agent = "x", .method = "icmp", .family = 4, .size = 64},
		{.target = "a", .agent = "x", .method = "icmp", .family = 4, .size = 64, .port = 1},
		{.target = "a", .agent = "x", .method = "icmp", .family = 4, .size = 64, .dscp = 8},
		{.target = "a", .agent = "x", .method = "icmp", .family = 4, .size = 1400},
		{.target = "a", .agent = "x", .method = "icmp", .family = 6, .size = 64},
		{.target = "a", .agent = "x", .method = "stamp", .family = 4, .size = 64},
		{.target = "a", .agent = "y", .method = "icmp", .family = 4, .size = 64},
		{.target = "b", .agent = "x", .method = "icmp", .family = 4, .size = 64},
	};
	for (size_t i = 0; i < COUNT_OF(keys) * COUNT_OF(keys); i++) {
		size_t x = i / COUNT_OF(keys);
		size_t y = i % COUNT_OF(keys);
		struct planned a = {.key = keys[x]};
		struct planned b = {.key = keys[y]};
		int order = plan_compare(&a, &b);
		assert_int_equal((order > 0) - (order < 0), (x > y) - (x < y));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_is_taken_over_by_difference),
		cmocka_unit_test(plans_are_ordered_by_their_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
