/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/alarm/condition.h"
#include "collector/base/random.h"
#include "reporter/outage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 400, MINUTE = 60 };

static const struct condition_rule plain = {
	.c1 = 0.2, .slots = 2, .bridge = 15 * 60 * NSEC_PER_SEC, .raise = 2, .clear = 2};

/* One letter a slot of a minute: . good, d degraded, # bad, ? unknown, p planned, u unscheduled,
 * and a space for no slot at all. */
static enum verdict verdict_of(char letter)
{
	switch (letter) {
	case '#':
		return VERDICT_BAD;
	case 'd':
		return VERDICT_DEGRADED;
	case '?':
	case ' ':
		return VERDICT_UNKNOWN;
	case 'p':
		return VERDICT_PLANNED;
	case 'u':
		return VERDICT_UNSCHEDULED;
	default:
		return VERDICT_GOOD;
	}
}

static struct condition_slot slot_at(size_t minute, enum verdict verdict)
{
	return (struct condition_slot){
		.from = (nsec)minute * MINUTE * NSEC_PER_SEC,
		.until = (nsec)(minute + 1) * MINUTE * NSEC_PER_SEC,
		.verdict = verdict,
		.sent = 10,
		.lost = verdict == VERDICT_BAD ? 10 : 0,
	};
}

/* "O2 R2 X4 C6": opened and raised at the end of the second minute, closed with the outage ending
 * at the fourth, cleared at the end of the sixth. */
static void tell(char *text, size_t size, const char *slots, const struct condition_rule *rule)
{
	struct condition condition = condition_fresh();
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; slots[i] != '\0'; i++) {
		struct condition_slot slot = slot_at(i, verdict_of(slots[i]));
		struct condition_news news;
		if (slots[i] == ' ')
			continue;
		condition_take(&condition, rule, &slot, &news);
		nsec minute = MINUTE * NSEC_PER_SEC;
		const struct {
			uint32_t change;
			char letter;
			nsec at;
		} rows[] = {
			{CONDITION_CLOSED, news.closed.unseen ? 'U' : 'X', news.closed.until},
			{CONDITION_OPENED, 'O', slot.until},
			{CONDITION_RAISED, 'R', slot.until},
			{CONDITION_CLEARED, 'C', slot.until},
		};
		for (size_t k = 0; k < COUNT_OF(rows); k++) {
			if ((news.changes & rows[k].change) != 0)
				used += (size_t)snprintf(text + used, size - used, "%s%c%d",
							 used == 0 ? "" : " ", rows[k].letter,
							 (int)(rows[k].at / minute));
		}
	}
}

static void stories(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *slots;
		uint32_t raise;
		uint32_t clear;
		const char *told;
	} rows[] = {
		{"one bad slot is no outage", "..#...", 2, 2, ""},
		{"two are, and two good ones clear", "..##...", 2, 2, "O4 R4 X4 C6"},
		{"a high count raises later than the outage opens", "####..", 4, 2, "O2 R4 X4 C6"},
		{"a count of one raises without an outage", "#..", 1, 2, "R1 C3"},
		{"a short outage raises nothing", "##..##..", 3, 1, "O2 X2 O6 X6"},
		{"one good slot ends an outage but not its alarm", "##.##..", 2, 2,
		 "O2 R2 X2 O5 X5 C7"},
		{"degraded is not bad", "##dd", 2, 2, "O2 R2 X2 C4"},
		{"unknown neither raises", "#?#?", 3, 2, "O3"},
		{"nor clears", "##????????????", 2, 2, "O2 R2"},
		{"nor breaks the good row", "##.?.", 2, 2, "O2 R2 X2 C5"},
		{"a gap of 15 minutes is bridged", "##???????????????#.", 2, 2, "O2 R2 X18"},
		{"one of 16 ends the outage, not the alarm", "##????????????????#.", 2, 2,
		 "O2 R2 U2"},
		{"missing slots are unknown", "##               #.", 2, 2, "O2 R2 X18"},
		{"too many of them end it too", "##                #..", 2, 2, "O2 R2 U2 C21"},
		{"planned slots end an outage and clear nothing", "##ppp..", 2, 2, "O2 R2 X2 C7"},
		{"planned slots raise nothing", "#pp#pp#.", 2, 2, ""},
		{"unscheduled ones neither", "##uuu##.", 2, 2, "O2 R2 X2 O7 X7"},
		{"gap and bad slot in one", "##                ##..", 2, 1, "O2 R2 U2 O20 X20 C21"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct condition_rule rule = plain;
		char told[256];
		rule.raise = rows[i].raise;
		rule.clear = rows[i].clear;
		tell(told, sizeof(told), rows[i].slots, &rule);
		if (strcmp(told, rows[i].told) != 0)
			fail_msg("%s: %s, not %s", rows[i].name, told, rows[i].told);
	}
}

static void slots_told_again_change_nothing(void **state)
{
	(void)state;
	struct condition condition = condition_fresh();
	struct condition_slot slot = slot_at(3, VERDICT_BAD);
	struct condition_news news;

	condition_take(&condition, &plain, &slot, &news);
	condition_take(&condition, &plain, &slot, &news);
	slot = slot_at(2, VERDICT_BAD);
	condition_take(&condition, &plain, &slot, &news);
	assert_int_equal(condition.spell.slots, 1);
	assert_int_equal(news.changes, 0);
}

static void before_the_first_answer_nothing_is_bad(void **state)
{
	(void)state;
	struct summary dead = {.from = 60, .until = 120, .expected = 4, .sent = 4, .lost = 4};

	assert_int_equal(condition_slot(&plain, &dead, NSEC_UNDEFINED).verdict, VERDICT_UNKNOWN);
	assert_int_equal(condition_slot(&plain, &dead, 120).verdict, VERDICT_UNKNOWN);
	assert_int_equal(condition_slot(&plain, &dead, 60).verdict, VERDICT_BAD);
	dead.flags = SLOT_PLANNED;
	assert_int_equal(condition_slot(&plain, &dead, NSEC_UNDEFINED).verdict, VERDICT_PLANNED);
}

/* Runs of verdicts, so that outages, gaps around the bridge and blips all come. */
static void make_story(struct random *random, struct judged *slots)
{
	static const enum verdict kinds[] = {VERDICT_GOOD,    VERDICT_GOOD,    VERDICT_BAD,
					     VERDICT_BAD,     VERDICT_UNKNOWN, VERDICT_UNKNOWN,
					     VERDICT_PLANNED, VERDICT_DEGRADED};
	size_t at = 0;

	while (at < SLOTS) {
		enum verdict verdict = kinds[random_below(random, COUNT_OF(kinds))];
		size_t until = at + 1 + (size_t)random_below(random, 18);
		for (; at < until && at < SLOTS; at++) {
			struct condition_slot slot = slot_at(at, verdict);
			slots[at] = (struct judged){slot.from, slot.until, verdict};
		}
	}
}

struct found {
	struct spell spells[SLOTS];
	size_t count;
	bool open;
};

/* Unknown slots are left out by chance: a gap must make no difference. */
static void follow(struct random *random, const struct condition_rule *rule,
		   const struct judged *slots, struct found *found)
{
	struct condition condition = condition_fresh();

	found->count = 0;
	for (size_t i = 0; i < SLOTS; i++) {
		struct condition_slot slot = slot_at(i, slots[i].verdict);
		struct condition_news news;
		if (slot.verdict == VERDICT_UNKNOWN && random_below(random, 2) == 0)
			continue;
		condition_take(&condition, rule, &slot, &news);
		if ((news.changes & CONDITION_CLOSED) != 0)
			found->spells[found->count++] = news.closed;
	}
	found->open = condition_in_outage(&condition, rule);
	if (found->open)
		found->spells[found->count++] = condition.spell;
}

static void outages_are_those_of_a_report(void **state)
{
	(void)state;
	struct random random = random_seeded(7);
	static struct judged slots[SLOTS];
	static struct found found;
	size_t compared = 0;

	for (int round = 0; round < 2000; round++) {
		struct condition_rule rule = plain;
		rule.slots = 1 + (uint32_t)random_below(&random, 4);
		struct outage_rule offline = {rule.slots, rule.bridge, NSEC_INFINITE};
		struct period period = {0, SLOTS * MINUTE * NSEC_PER_SEC};
		struct outage *outages;
		size_t count;
		make_story(&random, slots);
		follow(&random, &rule, slots, &found);
		outages_find(&offline, slots, SLOTS, period, &outages, &count);
		/* What runs on at the end with a gap longer than the bridge is over, live once the
		 * next slot comes. */
		assert_true(found.count == count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(found.spells[i].from, outages[i].from);
			assert_int_equal(found.spells[i].length, outages[i].length);
			if (outages[i].open)
				continue;
			assert_int_equal(found.spells[i].until, outages[i].until);
			if (i + 1 < count)
				assert_int_equal(found.spells[i].unseen, outages[i].unseen);
			compared++;
		}
		free(outages);
	}
	assert_true(compared > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stories),
		cmocka_unit_test(slots_told_again_change_nothing),
		cmocka_unit_test(before_the_first_answer_nothing_is_bad),
		cmocka_unit_test(outages_are_those_of_a_report),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
