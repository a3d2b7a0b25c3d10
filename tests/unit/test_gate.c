/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/gate.h"

#include <stdlib.h>
#include <string.h>

#define START (1700000000 * NSEC_PER_SEC)

enum { PACKETS = 4, SEEN = 64, SERIES = 3 };

/* Slots of four seconds, a packet a second. What is known reaches to an instant; the agent was
 * isolated in a span. */
struct scene {
	struct gate *gate;
	nsec known;
	struct period isolated;
	struct {
		uint32_t series;
		uint32_t flags;
		nsec from;
		uint32_t lost;
	} seen[SEEN];
	size_t seen_count;
};

static enum standing judge(void *context, uint8_t family, const struct suspicion *suspicion)
{
	const struct scene *scene = context;

	assert_int_equal(family, 6);
	for (size_t i = 0; i < suspicion->lost_count; i++) {
		nsec at = suspicion->lost[i];
		if (at >= scene->known)
			return STANDING_UNDECIDED;
		if (at >= scene->isolated.from && at < scene->isolated.until)
			return STANDING_ISOLATED;
	}
	return STANDING_CONNECTED;
}

static void pass(void *context, uint32_t series, const struct summary *summary,
		 const struct delays *delays)
{
	struct scene *scene = context;

	assert_true(scene->seen_count < SEEN);
	assert_int_equal(delays->lost, summary->lost);
	scene->seen[scene->seen_count].series = series;
	scene->seen[scene->seen_count].flags = summary->flags;
	scene->seen[scene->seen_count].lost = summary->lost;
	scene->seen[scene->seen_count++].from = summary->from - START;
}

static struct scene *open_scene(nsec patience, size_t octets)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	struct gate_options options = {scene, judge, pass, patience, octets};
	assert_int_equal(gate_create(&options, &scene->gate), E_OK);
	scene->known = START;
	return scene;
}

static void close_scene(struct scene *scene)
{
	gate_destroy(scene->gate);
	free(scene);
}

/* A slot whose packets were answered (+) or lost (-), put when it ends. */
static void put(struct scene *scene, uint32_t series, nsec second, const char *packets)
{
	struct singleton singletons[PACKETS];
	nsec from = START + second * NSEC_PER_SEC;
	struct sample sample = {
		.slot = {from, from + PACKETS * NSEC_PER_SEC},
		.expected = PACKETS,
		.singletons = singletons,
	};
	const struct gate_series passing = {.number = series, .family = 6, .t_max = NSEC_PER_SEC};

	for (nsec i = 0; i < PACKETS; i++)
		singletons[i] = (struct singleton){
			.sent_at = from + i * NSEC_PER_SEC,
			.round_trip = packets[i] == '+' ? NSEC_PER_MSEC : NSEC_UNDEFINED,
			.outcome = packets[i] == '+' ? OUTCOME_REPLIED : OUTCOME_LOST,
			.stamped_by = STAMP_KERNEL,
		};
	gate_put(scene->gate, &passing, &sample, sample.slot.until);
}

static void know(struct scene *scene, nsec second)
{
	scene->known = START + second * NSEC_PER_SEC;
	gate_review(scene->gate, scene->known);
}

static void expect(const struct scene *scene, size_t index, uint32_t series, nsec second,
		   uint32_t flags)
{
	assert_true(index < scene->seen_count);
	assert_int_equal(scene->seen[index].series, series);
	assert_int_equal(scene->seen[index].from, second * NSEC_PER_SEC);
	assert_int_equal(scene->seen[index].flags, flags);
}

static void what_is_not_in_doubt_passes_at_once(void **state)
{
	(void)state;
	struct scene *scene = open_scene(NSEC_PER_MIN, 1 << 20);

	put(scene, 1, 0, "++++");
	assert_int_equal(scene->seen_count, 1);
	scene->known = START + 5 * NSEC_PER_SEC;
	put(scene, 1, 4, "-+++");
	assert_int_equal(scene->seen_count, 2);
	expect(scene, 1, 1, 4, 0);
	assert_int_equal(gate_counters(scene->gate)->held, 0);
	close_scene(scene);
}

static void the_slots_of_a_series_keep_their_order(void **state)
{
	(void)state;
	struct scene *scene = open_scene(NSEC_PER_MIN, 1 << 20);

	scene->isolated = (struct period){START + 3 * NSEC_PER_SEC, START + 4 * NSEC_PER_SEC};
	put(scene, 1, 0, "+++-");
	put(scene, 2, 0, "++++");
	put(scene, 1, 4, "++++");
	put(scene, 1, 8, "+-++");
	assert_int_equal(scene->seen_count, 1);
	expect(scene, 0, 2, 0, 0);
	know(scene, 9);
	assert_int_equal(scene->seen_count, 3);
	expect(scene, 1, 1, 0, SLOT_ISOLATED);
	expect(scene, 2, 1, 4, 0);
	know(scene, 12);
	assert_int_equal(scene->seen_count, 4);
	expect(scene, 3, 1, 8, 0);
	put(scene, 1, 12, "++++");
	assert_int_equal(scene->seen_count, 5);
	assert_int_equal(gate_counters(scene->gate)->isolated, 1);
	assert_int_equal(gate_counters(scene->gate)->overdue, 0);
	close_scene(scene);
}

static void doubt_has_an_end(void **state)
{
	(void)state;
	struct scene *scene = open_scene(10 * NSEC_PER_SEC, 1 << 20);

	put(scene, 1, 0, "----");
	gate_review(scene->gate, START + 13 * NSEC_PER_SEC);
	assert_int_equal(scene->seen_count, 0);
	gate_review(scene->gate, START + 14 * NSEC_PER_SEC);
	assert_int_equal(scene->seen_count, 1);
	expect(scene, 0, 1, 0, 0);
	assert_int_equal(scene->seen[0].lost, 4);
	assert_int_equal(gate_counters(scene->gate)->overdue, 1);
	close_scene(scene);
}

static void room_has_an_end(void **state)
{
	(void)state;
	struct scene *scene = open_scene(NSEC_PER_MIN, 4096);

	for (nsec i = 0; i < 40; i++)
		put(scene, (uint32_t)(i % SERIES), 4 * (i / SERIES), "-+++");
	assert_in_range(scene->seen_count, 30, 39);
	for (size_t i = 0; i < scene->seen_count; i++)
		expect(scene, i, (uint32_t)(i % SERIES), 4 * (nsec)(i / SERIES), 0);
	close_scene(scene);
}

static void a_flush_passes_all_and_leaves_an_empty_gate(void **state)
{
	(void)state;
	struct scene *scene = open_scene(NSEC_PER_MIN, 1 << 20);

	for (int round = 0; round < 2; round++) {
		put(scene, 1, 8 * round, "--++");
		put(scene, 1, 8 * round + 4, "++++");
		assert_int_equal(scene->seen_count, 2 * round);
		gate_flush(scene->gate);
		assert_int_equal(scene->seen_count, 2 * round + 2);
	}
	close_scene(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_in_doubt_passes_at_once),
		cmocka_unit_test(the_slots_of_a_series_keep_their_order),
		cmocka_unit_test(doubt_has_an_end),
		cmocka_unit_test(room_has_an_end),
		cmocka_unit_test(a_flush_passes_all_and_leaves_an_empty_gate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
