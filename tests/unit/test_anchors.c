/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/anchors.h"

#include <stdlib.h>
#include <string.h>

#define START (1700000000 * NSEC_PER_SEC)

enum { ANCHORS = 4, MOST = 3 };

/* A character a second. Anchors and hop: + answered, - lost, blank: not sent. An anchor's packet
 * leaves a tenth of a second after the one before, the hop's at the half. Table: + the hop was
 * confirmed at 0.7 s, x its entry failed then. Isolations in tenths of a second. */
struct story {
	const char *name;
	const char *anchors[ANCHORS]; /* NULL: as the first */
	const char *hop;
	const char *table;
	size_t count;
	struct period isolated[MOST];
};

static const struct story stories[] = {
	{"all is well", {"++++++++++"}, "++++++++++", NULL, 0, {{0}}},
	{"cut for six seconds", {"+++------++"}, "+++++++++++", NULL, 1, {{24, 91}}},
	{"cut for two packets is too short", {"+++--++"}, "+++++++", NULL, 0, {{0}}},
	{"three packets are enough", {"+++---++"}, "++++++++", NULL, 1, {{24, 61}}},
	{"one anchor answers", {"+++------++", "+++++++++++"}, "+++++++++++", NULL, 0, {{0}}},
	{"one anchor answers once",
	 {"++------++", "++---+--++"},
	 "++++++++++",
	 NULL,
	 1,
	 {{14, 52}}},
	{"the gateway is dead", {"+++------++"}, "+++------++", NULL, 0, {{0}}},
	{"the gateway never answers echoes",
	 {"++++++++------++"},
	 "----------------",
	 NULL,
	 0,
	 {{0}}},
	{"but its entry is confirmed meanwhile",
	 {"++++++++------++"},
	 "----------------",
	 "+          +    ",
	 1,
	 {{74, 141}}},
	{"its entry fails before it is confirmed",
	 {"++++++++----------++"},
	 "--------------------",
	 "+          x   +    ",
	 0,
	 {{0}}},
	{"confirmed, then failed",
	 {"++++++++----------++"},
	 "--------------------",
	 "+            + x    ",
	 1,
	 {{74, 137}}},
	{"the gateway dies and comes back while the agent is cut off",
	 {"+++------------------++"},
	 "++++++++-----++++++++++",
	 NULL,
	 2,
	 {{24, 75}, {135, 211}}},
	{"an echo now and then is lost",
	 {"+++-----------++"},
	 "++++--+--+-+++++",
	 NULL,
	 1,
	 {{24, 141}}},
	{"no gateway", {"+++------++"}, "           ", NULL, 0, {{0}}},
	{"the agent could not send", {"+++      ++"}, "+++      ++", NULL, 0, {{0}}},
	{"one anchor could not be sent to",
	 {"++------++", "++      ++"},
	 "++++++++++",
	 NULL,
	 0,
	 {{0}}},
	{"cut off from the start", {"-------+++"}, "++++++++++", NULL, 0, {{0}}},
	{"an anchor that never answers is no witness",
	 {"++------++", "----------"},
	 "++++++++++",
	 NULL,
	 1,
	 {{14, 81}}},
	{"cut off twice", {"++----++----++"}, "++++++++++++++", NULL, 2, {{14, 61}, {74, 121}}},
	{"still cut off", {"++------"}, "++++++++", NULL, 1, {{14, 75}}},
};

static void tell(struct anchors *anchors, nsec at, enum anchor_event_kind kind, uint32_t anchor)
{
	const struct anchor_event event = {.at = at, .kind = kind, .anchor = anchor};
	assert_int_equal(anchors_tell(anchors, &event), E_OK);
}

static void tell_second(struct anchors *anchors, const struct story *story, size_t second)
{
	const nsec tenth = NSEC_PER_SEC / 10;
	nsec from = START + (nsec)second * NSEC_PER_SEC;

	/* Told backwards: the order of telling means nothing. */
	for (uint32_t i = ANCHORS; i-- > 0;) {
		const char *row = story->anchors[i] == NULL ? story->anchors[0] : story->anchors[i];
		if (row[second] != ' ')
			tell(anchors, from + (i + 1) * tenth,
			     row[second] == '+' ? ANCHOR_ANSWERED : ANCHOR_LOST, i);
	}
	if (story->hop[second] != ' ')
		tell(anchors, from + 5 * tenth,
		     story->hop[second] == '+' ? HOP_ANSWERED : HOP_SILENT, 0);
	if (story->table != NULL && story->table[second] != ' ')
		tell(anchors, from + 7 * tenth,
		     story->table[second] == '+' ? HOP_ANSWERED : HOP_FAILED, 0);
}

static struct anchors *make(uint32_t count)
{
	struct anchors *anchors;

	assert_int_equal(anchors_create(count, &anchors), E_OK);
	return anchors;
}

/* Settled every so many seconds: how often must not matter. */
static struct anchors *play(const struct story *story, size_t every)
{
	struct anchors *anchors = make(ANCHORS);
	size_t length = strlen(story->anchors[0]);

	for (size_t second = 0; second < length; second++) {
		tell_second(anchors, story, second);
		if ((second + 1) % every == 0 || second + 1 == length)
			anchors_settle(anchors, START + (nsec)(second + 1) * NSEC_PER_SEC);
	}
	return anchors;
}

static void isolations_are_what_the_story_says(void **state)
{
	(void)state;
	const nsec tenth = NSEC_PER_SEC / 10;

	for (size_t i = 0; i < COUNT_OF(stories); i++) {
		print_message("# %s\n", stories[i].name);
		for (size_t every = 1; every < 8; every += 3) {
			struct anchors *anchors = play(&stories[i], every);
			const struct isolation *found;
			size_t count = anchors_isolations(anchors, &found);
			assert_int_equal(count, stories[i].count);
			for (size_t k = 0; k < count; k++) {
				const struct period *period = &stories[i].isolated[k];
				assert_int_equal(found[k].period.from,
						 START + period->from * tenth);
				assert_int_equal(found[k].period.until,
						 START + period->until * tenth);
				assert_int_equal(found[k].number, k + 1);
			}
			anchors_destroy(anchors);
		}
	}
}

/* Connected until 2.4 s, isolated until 9.1 s. */
static const struct story six_seconds = {"", {"+++------++++"}, "+++++++++++++", NULL,
					 1,  {{24, 91}}};

/* What is judged after so many seconds of the story; instants in tenths, T_max one second. */
struct verdict_row {
	const char *name;
	size_t seconds;
	struct period slot;
	nsec lost[2];
	size_t lost_count;
	enum standing standing;
};

static const struct verdict_row verdicts[] = {
	{"nothing lost", 13, {0, 60}, {0}, 0, STANDING_CONNECTED},
	{"lost long before", 13, {0, 60}, {10}, 1, STANDING_CONNECTED},
	{"lost within T_max before", 13, {0, 60}, {15}, 1, STANDING_ISOLATED},
	{"lost in it", 13, {0, 60}, {10, 50}, 2, STANDING_ISOLATED},
	{"lost at its end", 13, {90, 110}, {91}, 1, STANDING_CONNECTED},
	{"just before its end", 13, {90, 110}, {90}, 1, STANDING_ISOLATED},
	{"before and after, not in it", 13, {0, 130}, {5, 95}, 2, STANDING_CONNECTED},
	{"wholly in it, nothing lost", 13, {30, 90}, {0}, 0, STANDING_ISOLATED},
	{"reaching into it, nothing lost", 13, {20, 60}, {0}, 0, STANDING_CONNECTED},
	{"over before it, lost nothing", 2, {0, 10}, {0}, 0, STANDING_CONNECTED},
	{"lost in the last second known", 2, {0, 20}, {15}, 1, STANDING_UNDECIDED},
	{"lost well before the last answer", 3, {0, 20}, {12}, 1, STANDING_CONNECTED},
	{"lost since the last answer", 5, {20, 50}, {40}, 1, STANDING_UNDECIDED},
	{"a slot without loss since the last answer", 5, {30, 40}, {0}, 0, STANDING_UNDECIDED},
	{"proved by now", 7, {20, 50}, {40}, 1, STANDING_ISOLATED},
	{"after what is proved", 7, {20, 80}, {70}, 1, STANDING_UNDECIDED},
	{"wholly in what is proved", 8, {30, 60}, {0}, 0, STANDING_ISOLATED},
	{"reaching beyond what is proved", 8, {30, 90}, {0}, 0, STANDING_UNDECIDED},
};

static void slots_are_judged_as_far_as_is_known(void **state)
{
	(void)state;
	const nsec tenth = NSEC_PER_SEC / 10;

	for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
		const struct verdict_row *row = &verdicts[i];
		struct anchors *anchors = make(ANCHORS);
		nsec lost[2] = {START + row->lost[0] * tenth, START + row->lost[1] * tenth};
		struct suspicion suspicion = {
			.slot = {START + row->slot.from * tenth, START + row->slot.until * tenth},
			.t_max = NSEC_PER_SEC,
			.lost = lost,
			.lost_count = row->lost_count,
		};
		print_message("# %s\n", row->name);
		for (size_t second = 0; second < row->seconds; second++)
			tell_second(anchors, &six_seconds, second);
		anchors_settle(anchors, START + (nsec)row->seconds * NSEC_PER_SEC);
		assert_int_equal(anchors_judge(anchors, &suspicion), row->standing);
		anchors_destroy(anchors);
	}
}

static void nothing_known_is_in_doubt(void **state)
{
	(void)state;
	struct anchors *anchors = make(3);
	struct suspicion suspicion = {.slot = {START, START + NSEC_PER_SEC}};

	assert_int_equal(anchors_judge(anchors, &suspicion), STANDING_UNDECIDED);
	anchors_destroy(anchors);
}

/* An anchor that was down for longer than ten minutes has no say in it: with two others left,
 * nothing is proved. */
static void witnesses_grow_old(void **state)
{
	(void)state;
	static const nsec down_for[] = {540, 660};

	for (size_t i = 0; i < COUNT_OF(down_for); i++) {
		struct anchors *anchors = make(3);
		const struct isolation *found;
		for (nsec second = 0; second < down_for[i] + 10; second++) {
			nsec at = START + second * NSEC_PER_SEC;
			bool cut = second >= down_for[i];
			for (uint32_t a = 0; a < 3; a++)
				tell(anchors, at + a,
				     cut || (a == 0 && second > 0) ? ANCHOR_LOST : ANCHOR_ANSWERED,
				     a);
			tell(anchors, at + 5, HOP_ANSWERED, 0);
			anchors_settle(anchors, at + NSEC_PER_SEC);
		}
		assert_int_equal(anchors_isolations(anchors, &found), i == 0 ? 1 : 0);
		anchors_destroy(anchors);
	}
}

static void a_clock_that_is_set_ends_it_and_it_begins_anew(void **state)
{
	(void)state;
	static const struct story story = {"", {"+++-----"}, "++++++++", NULL, 0, {{0}}};
	static const struct story after = {"", {"------++"}, "++++++++", NULL, 0, {{0}}};
	struct anchors *anchors = play(&story, 1);
	const struct isolation *found;

	anchors_restart(anchors);
	assert_int_equal(anchors_isolations(anchors, &found), 1);
	assert_false(found[0].open);
	for (size_t second = 0; second < 8; second++) {
		tell_second(anchors, &after, second);
		anchors_settle(anchors, START + (nsec)(second + 1) * NSEC_PER_SEC);
	}
	assert_int_equal(anchors_isolations(anchors, &found), 2);
	assert_int_equal(found[1].period.from, START + NSEC_PER_SEC / 2);
	assert_false(found[1].open);
	anchors_destroy(anchors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(isolations_are_what_the_story_says),
		cmocka_unit_test(slots_are_judged_as_far_as_is_known),
		cmocka_unit_test(nothing_known_is_in_doubt),
		cmocka_unit_test(witnesses_grow_old),
		cmocka_unit_test(a_clock_that_is_set_ends_it_and_it_begins_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
