/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/alarm/board.h"
#include "collector/base/random.h"
#include "collector/metric/sample.h"
#include "collector/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKETS = 10, MINUTE = 60, PATHS = 3 };

static const nsec start = 1730000040 * NSEC_PER_SEC; /* on a minute */
static const char *const sites[PATHS] = {"hall", "desk", "ring"};

struct fixture {
	char folder[64];
	struct store *store;
	struct archive *archive;
	struct board *board;
	uint32_t numbers[PATHS];
	struct condition_rule rule;
	struct random random;
};

static struct series_key key_of(size_t path)
{
	struct series_key key = {.agent = "hub", .method = "icmp", .family = 4, .size = 64};

	snprintf(key.target, sizeof(key.target), "%s", sites[path]);
	return key;
}

static void open_all(struct fixture *f)
{
	struct store_options storing = {.directory = f->folder,
					.keep_slots = 45 * NSEC_PER_DAY,
					.keep_hours = 400 * NSEC_PER_DAY,
					.gather = NSEC_PER_SEC,
					.share = NSEC_PER_MSEC};

	assert_int_equal(store_open(&storing, &f->store), E_OK);
	assert_int_equal(archive_open(f->folder, &f->archive), E_OK);
	struct board_options options = {
		.directory = f->folder, .archive = f->archive, .rule = f->rule};
	assert_int_equal(board_create(&options, &f->board), E_OK);
	for (size_t i = 0; i < PATHS; i++) {
		struct series_key key = key_of(i);
		char text[KEY_TEXT];
		series_key_format(&key, text);
		assert_int_equal(
			store_series(f->store, &key, MINUTE * NSEC_PER_SEC, &f->numbers[i]), E_OK);
		assert_int_equal(board_watch(f->board, f->numbers[i], text), E_OK);
	}
}

static void close_all(struct fixture *f)
{
	assert_int_equal(store_flush(f->store), E_OK);
	assert_int_equal(board_finish(f->board), E_OK);
	board_destroy(f->board);
	archive_close(f->archive);
	store_close(f->store);
}

static void restart(struct fixture *f)
{
	close_all(f);
	open_all(f);
}

/* What is not saved is lost. */
static void die(struct fixture *f)
{
	assert_int_equal(store_flush(f->store), E_OK);
	board_destroy(f->board);
	archive_close(f->archive);
	store_close(f->store);
	open_all(f);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "/tmp/netgrade-board-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->rule = (struct condition_rule){
		.c1 = 0.2, .slots = 2, .bridge = 15 * 60 * NSEC_PER_SEC, .raise = 2, .clear = 2};
	f->random = random_seeded(11);
	open_all(f);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[96];

	close_all(f);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

/* . answered, # lost, ? isolated, p planned; a space is no slot. */
static void put(struct fixture *f, size_t path, size_t minute, char letter)
{
	struct singleton packets[PACKETS];
	nsec from = start + (nsec)minute * MINUTE * NSEC_PER_SEC;
	struct sample sample = {.slot = {from, from + MINUTE * NSEC_PER_SEC},
				.expected = PACKETS,
				.singletons = packets};

	if (letter == ' ')
		return;
	for (size_t i = 0; i < PACKETS; i++)
		packets[i] = (struct singleton){
			.sent_at = from + (nsec)i * NSEC_PER_SEC,
			.round_trip = letter == '.' ? (nsec)(1 + random_below(&f->random, 9)) *
							      NSEC_PER_MSEC
						    : NSEC_UNDEFINED,
			.outcome = letter == '.' ? OUTCOME_REPLIED : OUTCOME_LOST,
			.stamped_by = STAMP_KERNEL,
		};
	sample.flags = letter == '?' ? SLOT_ISOLATED : letter == 'p' ? SLOT_PLANNED : 0;
	struct summary summary = sample_summary(&sample);
	struct delays delays = sample_delays(&sample);
	store_put(f->store, f->numbers[path], &summary, &delays);
	board_put(f->board, f->numbers[path], &summary);
}

static size_t put_story(struct fixture *f, size_t path, size_t minute, const char *letters)
{
	for (; *letters != '\0'; letters++)
		put(f, path, minute++, *letters);
	return minute;
}

/* "+hall3" raised at the end of minute 3, "-" cleared, "!" a reminder. */
static void assert_news(struct fixture *f, const char *expected)
{
	static const char letters[NEWS_KINDS] = {'+', '-', '!'};
	char told[512] = "";
	size_t used = 0;
	size_t count;
	struct news *news = board_take_news(f->board, &count);

	for (size_t i = 0; i < count; i++) {
		struct series_key key = {.target = "agent"};
		(void)!series_key_parse(news[i].alarm.key, &key);
		nsec at = news[i].kind == NEWS_CLEARED ? news[i].alarm.cleared_at
						       : news[i].alarm.raised_at;
		used += (size_t)snprintf(told + used, sizeof(told) - used, "%s%c%s%d",
					 used == 0 ? "" : " ", letters[news[i].kind], key.target,
					 (int)((at - start) / (MINUTE * NSEC_PER_SEC)));
	}
	board_told(f->board, news, count);
	free(news);
	assert_string_equal(told, expected);
}

/* The outages of a path in the archive, "2-5" from the beginning of minute 2 to that of 5; open
 * ones without their end; "?" after one whose end nobody saw. */
static void assert_outages(struct fixture *f, size_t path, const char *expected)
{
	struct series_key key = key_of(path);
	char text[KEY_TEXT];
	char told[512] = "";
	size_t used = 0;
	struct outage_record *outages;
	size_t count;

	series_key_format(&key, text);
	assert_int_equal(board_save(f->board), E_OK);
	assert_int_equal(
		outages_list(f->archive, (struct period){0, NSEC_INFINITE}, &outages, &count),
		E_OK);
	for (size_t i = 0; i < count; i++) {
		const struct outage_record *o = &outages[i];
		nsec minute = MINUTE * NSEC_PER_SEC;
		if (strcmp(o->key, text) != 0)
			continue;
		used += (size_t)snprintf(told + used, sizeof(told) - used, "%s%d-",
					 used == 0 ? "" : " ", (int)((o->from - start) / minute));
		if (o->until != NSEC_UNDEFINED)
			used += (size_t)snprintf(told + used, sizeof(told) - used, "%d%s",
						 (int)((o->until - start) / minute),
						 o->unseen ? "?" : "");
	}
	free(outages);
	assert_string_equal(told, expected);
}

static void an_outage_is_recorded_and_told(void **state)
{
	struct fixture *f = *state;

	put_story(f, 0, 0, "..####..");
	put_story(f, 1, 0, "........");
	assert_news(f, "+hall4 -hall8");
	assert_outages(f, 0, "2-6");
	assert_outages(f, 1, "");
}

static void a_restart_in_an_outage_neither_raises_nor_clears(void **state)
{
	struct fixture *f = *state;

	size_t minute = put_story(f, 0, 0, "..####");
	assert_news(f, "+hall4");
	restart(f);
	assert_news(f, "");
	minute = put_story(f, 0, minute, "  ##");
	assert_news(f, "");
	assert_outages(f, 0, "2-");
	restart(f);
	put_story(f, 0, minute, "#..");
	assert_news(f, "-hall13");
	assert_outages(f, 0, "2-11");
}

static void a_restart_between_two_bad_slots_raises_once(void **state)
{
	struct fixture *f = *state;

	size_t minute = put_story(f, 0, 0, "..#");
	restart(f);
	minute = put_story(f, 0, minute, "#");
	assert_news(f, "+hall4");
	assert_outages(f, 0, "2-");
	restart(f);
	minute = put_story(f, 0, minute, ".");
	assert_news(f, "");
	assert_outages(f, 0, "2-4");
	restart(f);
	put_story(f, 0, minute, ".");
	assert_news(f, "-hall6");
}

static void a_long_stop_ends_the_outage_and_not_the_alarm(void **state)
{
	struct fixture *f = *state;

	put_story(f, 0, 0, "..##");
	assert_news(f, "+hall4");
	restart(f);
	put_story(f, 0, 100, "##");
	assert_news(f, "");
	assert_outages(f, 0, "2-4? 100-");
	put_story(f, 0, 102, "..");
	assert_news(f, "-hall104");
	assert_outages(f, 0, "2-4? 100-102");
}

static void what_was_not_told_is_told_after_the_restart(void **state)
{
	struct fixture *f = *state;
	size_t count;

	put_story(f, 0, 0, "..##");
	free(board_take_news(f->board, &count));
	assert_int_equal(count, 1);
	restart(f);
	assert_news(f, "+hall4");
	restart(f);
	assert_news(f, "");
	put_story(f, 0, 4, "..");
	free(board_take_news(f->board, &count));
	assert_int_equal(count, 1);
	restart(f);
	assert_news(f, "-hall6");
	restart(f);
	assert_news(f, "");
}

static void rows_lost_with_the_program_are_made_up_for(void **state)
{
	struct fixture *f = *state;

	size_t minute = put_story(f, 0, 0, "..##");
	die(f);
	minute = put_story(f, 0, minute, "##");
	assert_news(f, "+hall4");
	assert_outages(f, 0, "2-");
	minute = put_story(f, 0, minute, "..");
	die(f);
	put_story(f, 0, minute, "..");
	assert_news(f, "-hall8");
	assert_outages(f, 0, "2-6");
}

static void slots_that_were_missed_are_read_again(void **state)
{
	struct fixture *f = *state;

	size_t minute = put_story(f, 0, 0, "..##");
	put_story(f, 1, 0, "...#");
	put_story(f, 2, 0, "....");
	assert_news(f, "+hall4");
	assert_int_equal(store_flush(f->store), E_OK);
	board_doubt(f->board);
	put_story(f, 0, minute, "#..");
	put_story(f, 1, minute, "#");
	put_story(f, 2, minute, "##");
	assert_news(f, "-hall7 +desk5 +ring6");
	assert_outages(f, 0, "2-5");
	assert_outages(f, 1, "3-");
	assert_outages(f, 2, "4-");
}

static void a_path_never_answered_raises_nothing(void **state)
{
	struct fixture *f = *state;

	size_t minute = put_story(f, 0, 0, "#####");
	restart(f);
	minute = put_story(f, 0, minute, "####.");
	assert_news(f, "");
	put_story(f, 0, minute, "##");
	assert_news(f, "+hall12");
	assert_outages(f, 0, "10-");
}

static void planned_and_isolated_slots_raise_nothing(void **state)
{
	struct fixture *f = *state;

	put_story(f, 0, 0, "..#ppp#??#..");
	assert_news(f, "+hall10 -hall12");
	put_story(f, 1, 0, "..#ppp#.????.");
	assert_news(f, "");
}

static void other_counts_after_a_restart_tell_nothing_twice(void **state)
{
	struct fixture *f = *state;

	size_t minute = put_story(f, 0, 0, "..##..");
	assert_news(f, "+hall4 -hall6");
	f->rule.clear = 10;
	restart(f);
	minute = put_story(f, 0, minute, ".#.");
	assert_news(f, "");
	minute = put_story(f, 0, minute, "####");
	assert_news(f, "+hall11");
	f->rule.raise = 20;
	restart(f);
	put_story(f, 0, minute, "#.");
	assert_news(f, "");
	assert_outages(f, 0, "2-4 9-14");
}

static void the_agent_has_one_alarm_for_all(void **state)
{
	struct fixture *f = *state;
	struct board_cut_off cut_off = {
		.agent = "hub",
		.family = 4,
		.period = {start + 60 * NSEC_PER_SEC, start + 240 * NSEC_PER_SEC},
		.open = true,
	};

	put_story(f, 0, 0, "...??");
	put_story(f, 1, 0, "...??");
	board_cut_off(f->board, &cut_off);
	cut_off.period.until += 60 * NSEC_PER_SEC;
	board_cut_off(f->board, &cut_off);
	assert_news(f, "+agent4");
	restart(f);
	assert_news(f, "");
	put_story(f, 0, 7, "??.");
	assert_news(f, "-agent9");
	board_cut_off(f->board, &cut_off);
	cut_off.open = false;
	cut_off.period.until = start + 600 * NSEC_PER_SEC;
	board_cut_off(f->board, &cut_off);
	assert_news(f, "+agent5 -agent10");
}

static void reminders_come_at_whole_multiples(void **state)
{
	struct fixture *f = *state;
	nsec every = 10 * MINUTE * NSEC_PER_SEC;
	nsec raised = start + 4 * MINUTE * NSEC_PER_SEC;

	put_story(f, 0, 0, "..##");
	assert_news(f, "+hall4");
	board_remind(f->board, raised + every - 1, every);
	assert_news(f, "");
	board_remind(f->board, raised + every, every);
	board_remind(f->board, raised + every + 1, every);
	assert_news(f, "!hall4");
	board_remind(f->board, raised + 3 * every, every);
	assert_news(f, "!hall4");
	restart(f);
	put_story(f, 0, 4, "#");
	board_remind(f->board, raised + 3 * every + 1, every);
	assert_news(f, "");
	board_remind(f->board, raised + 4 * every, every);
	assert_news(f, "!hall4");
	board_unwatch(f->board);
	board_remind(f->board, raised + 5 * every, every);
	assert_news(f, "");
}

/* What a program that never stops makes of the same slots. */
struct unbroken {
	struct condition condition;
	char outages[1024];
	size_t used;
	size_t raised;
	size_t cleared;
};

static void follow_unbroken(struct fixture *f, struct unbroken *unbroken, size_t minute,
			    char letter)
{
	nsec from = start + (nsec)minute * MINUTE * NSEC_PER_SEC;
	struct condition_slot slot = {
		.from = from,
		.until = from + MINUTE * NSEC_PER_SEC,
		.verdict = letter == '.'   ? VERDICT_GOOD
			   : letter == '#' ? VERDICT_BAD
			   : letter == 'p' ? VERDICT_PLANNED
					   : VERDICT_UNKNOWN,
	};
	struct condition_news news;

	if (letter == ' ')
		return;
	condition_take(&unbroken->condition, &f->rule, &slot, &news);
	unbroken->raised += (news.changes & CONDITION_RAISED) != 0;
	unbroken->cleared += (news.changes & CONDITION_CLEARED) != 0;
	if ((news.changes & CONDITION_CLOSED) != 0)
		unbroken->used += (size_t)snprintf(
			unbroken->outages + unbroken->used,
			sizeof(unbroken->outages) - unbroken->used, "%s%d-%d%s",
			unbroken->used == 0 ? "" : " ",
			(int)((news.closed.from - start) / (MINUTE * NSEC_PER_SEC)),
			(int)((news.closed.until - start) / (MINUTE * NSEC_PER_SEC)),
			news.closed.unseen ? "?" : "");
}

static void count_news(struct fixture *f, size_t *raised, size_t *cleared)
{
	size_t count;
	struct news *news = board_take_news(f->board, &count);

	for (size_t i = 0; i < count; i++) {
		*raised += news[i].kind == NEWS_RAISED;
		*cleared += news[i].kind == NEWS_CLEARED;
	}
	board_told(f->board, news, count);
	free(news);
}

/* However often the program stops and dies, outages and alarms are those of one that never did. */
static void restarts_make_no_difference(void **state)
{
	struct fixture *f = *state;
	static const char kinds[] = "...###?? p";
	static const char last[] = "..";
	struct unbroken unbroken = {.condition = condition_fresh()};
	size_t minute = put_story(f, 0, 0, ".");
	size_t raised = 0;
	size_t cleared = 0;

	while (minute < 700) {
		bool ends = minute >= 690;
		char letter = kinds[random_below(&f->random, COUNT_OF(kinds) - 1)];
		size_t until = minute + 1 + random_below(&f->random, 20);
		for (size_t i = 0; minute < until; minute++, i++) {
			put(f, 0, minute, ends ? last[i % 2] : letter);
			follow_unbroken(f, &unbroken, minute, ends ? last[i % 2] : letter);
		}
		/* What dies has not saved what came last. */
		uint64_t what = random_below(&f->random, 5);
		if (what == 0) {
			die(f);
			continue;
		}
		count_news(f, &raised, &cleared);
		assert_int_equal(board_save(f->board), E_OK);
		if (what == 1)
			restart(f);
	}
	put_story(f, 0, minute, "..");
	follow_unbroken(f, &unbroken, minute, '.');
	follow_unbroken(f, &unbroken, minute + 1, '.');
	count_news(f, &raised, &cleared);
	assert_outages(f, 0, unbroken.outages);
	assert_int_equal(raised, unbroken.raised);
	assert_int_equal(cleared, unbroken.cleared);
	assert_true(raised > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_outage_is_recorded_and_told, begin, end),
		cmocka_unit_test_setup_teardown(a_restart_in_an_outage_neither_raises_nor_clears,
						begin, end),
		cmocka_unit_test_setup_teardown(a_restart_between_two_bad_slots_raises_once, begin,
						end),
		cmocka_unit_test_setup_teardown(a_long_stop_ends_the_outage_and_not_the_alarm,
						begin, end),
		cmocka_unit_test_setup_teardown(what_was_not_told_is_told_after_the_restart, begin,
						end),
		cmocka_unit_test_setup_teardown(rows_lost_with_the_program_are_made_up_for, begin,
						end),
		cmocka_unit_test_setup_teardown(slots_that_were_missed_are_read_again, begin, end),
		cmocka_unit_test_setup_teardown(a_path_never_answered_raises_nothing, begin, end),
		cmocka_unit_test_setup_teardown(planned_and_isolated_slots_raise_nothing, begin,
						end),
		cmocka_unit_test_setup_teardown(other_counts_after_a_restart_tell_nothing_twice,
						begin, end),
		cmocka_unit_test_setup_teardown(the_agent_has_one_alarm_for_all, begin, end),
		cmocka_unit_test_setup_teardown(reminders_come_at_whole_multiples, begin, end),
		cmocka_unit_test_setup_teardown(restarts_make_no_difference, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
