/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/week.h"

#include "collector/base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR (3600 * NSEC_PER_SEC)

static nsec at(const char *text)
{
	nsec t;

	assert_int_equal(calendar_parse(text, &t), E_OK);
	return t;
}

static const struct website_rule published = {true, 140, 0.05, 15 * NSEC_PER_SEC};

static enum week_verdict judge(uint64_t visits, uint64_t failed)
{
	return week_judge(&published, &(struct week){.visits = visits, .failed = failed});
}

static void built_in_rule_is_the_published_one(void **state)
{
	struct diagnostics diagnostics = {0};
	struct profile *profile = profile_load("egov-extranet-default", ".",
					       (struct place){"test", 1, 1}, &diagnostics);

	(void)state;
	assert_non_null(profile);
	assert_true(profile->website.given);
	assert_int_equal(profile->website.visits, published.visits);
	assert_true(profile->website.failed == published.failed);
	assert_int_equal(profile->website.deadline_ns, published.deadline_ns);
	profile_destroy(profile);
	diagnostics_finish(&diagnostics);
}

static void profile_need_not_have_the_rule(void **state)
{
	struct diagnostics diagnostics = {0};
	struct profile *profile = profile_load("egov-extranet-default", ".",
					       (struct place){"test", 1, 1}, &diagnostics);

	(void)state;
	assert_non_null(profile);
	char *text = strdup(profile->text);
	char *from = strstr(text, "\nwebsite:");
	assert_non_null(from);
	char *until = strstr(from, "\ngrades:");
	assert_non_null(until);
	char *visits = strstr(from, "  visits:");
	assert_non_null(visits);
	memcpy(visits, "  #", 3);
	assert_null(profile_load_text(text, "half", &diagnostics));
	assert_int_equal(diagnostics.count, 1);
	assert_string_equal(diagnostics.items[0].key, "website.visits");
	diagnostics_finish(&diagnostics);
	memmove(from, until, strlen(until) + 1);
	struct profile *without = profile_load_text(text, "without", &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	assert_int_equal(diagnostics.count, 0);
	assert_non_null(without);
	assert_false(without->website.given);
	free(text);
	profile_destroy(without);
	profile_destroy(profile);
	diagnostics_finish(&diagnostics);
}

static void rule_at_its_edges(void **state)
{
	(void)state;
	assert_int_equal(judge(139, 0), WEEK_TOO_FEW);
	assert_int_equal(judge(139, 139), WEEK_TOO_FEW);
	assert_int_equal(judge(140, 0), WEEK_MET);
	assert_int_equal(judge(140, 6), WEEK_MET);
	assert_int_equal(judge(140, 7), WEEK_VETOED);
	assert_int_equal(judge(0, 0), WEEK_TOO_FEW);
	assert_int_equal(week_judge(&(struct website_rule){.given = false},
				    &(struct week){.visits = 140, .failed = 140}),
			 WEEK_NOT_JUDGED);
}

/* Twenty times as many visits as failures, for all sizes a week can have: no rounding decides. */
static void share_is_exact(void **state)
{
	(void)state;
	for (uint64_t failed = 7; failed <= 100000; failed++) {
		assert_int_equal(judge(20 * failed, failed), WEEK_VETOED);
		assert_int_equal(judge(20 * failed, failed - 1), WEEK_MET);
		assert_int_equal(judge(20 * failed + 1, failed), WEEK_MET);
	}
}

static void check_weeks(const char *zone, const char *from, const char *until,
			const char *const *starts)
{
	size_t count;

	assert_int_equal(calendar_use_zone(zone), E_OK);
	struct week *weeks = weeks_of((struct period){at(from), at(until)}, &count);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(starts[i + 1]);
		assert_int_equal(weeks[i].period.from, at(starts[i]));
		assert_int_equal(weeks[i].period.until, at(starts[i + 1]));
		assert_int_equal(weeks[i].visits + weeks[i].failed + weeks[i].unassessed, 0);
	}
	assert_null(starts[count + 1]);
	free(weeks);
}

/* Each week belongs to the month that its Sunday lies in. */
static void weeks_end_in_the_period(void **state)
{
	(void)state;
	check_weeks("Asia/Shanghai", "2026-09-01", "2026-10-01",
		    (const char *[]){"2026-08-31", "2026-09-07", "2026-09-14", "2026-09-21",
				     "2026-09-28", NULL});
	/* Sunday, 31 May, ends with its month. */
	check_weeks("Asia/Shanghai", "2026-05-01", "2026-06-01",
		    (const char *[]){"2026-04-27", "2026-05-04", "2026-05-11", "2026-05-18",
				     "2026-05-25", "2026-06-01", NULL});
	check_weeks("Asia/Shanghai", "2026-06-01", "2026-07-01",
		    (const char *[]){"2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22",
				     "2026-06-29", NULL});
	/* Weeks of 167 and 169 hours. */
	check_weeks("Europe/Berlin", "2026-03-23", "2026-04-06",
		    (const char *[]){"2026-03-23", "2026-03-30", "2026-04-06", NULL});
	check_weeks("Europe/Berlin", "2026-10-19", "2026-11-02",
		    (const char *[]){"2026-10-19", "2026-10-26", "2026-11-02", NULL});
	check_weeks("Asia/Shanghai", "2026-09-08", "2026-09-13", (const char *[]){"", NULL});
}

/* An hour of a week of 168, one visit each. */
static struct summary visit(nsec from, uint32_t flags)
{
	return (struct summary){
		.from = from, .until = from + HOUR, .expected = 1, .sent = 1, .flags = flags};
}

static void what_counts_as_a_visit(void **state)
{
	static const uint32_t own[] = {SLOT_NO_RECORD, SLOT_TAINTED, SLOT_ISOLATED, SLOT_CLOCK_STEP,
				       SLOT_UNSCHEDULED};
	size_t count;

	(void)state;
	assert_int_equal(calendar_use_zone("Asia/Shanghai"), E_OK);
	nsec monday = at("2026-09-07");
	struct week *weeks = weeks_of((struct period){monday, monday + 7 * NSEC_PER_DAY}, &count);
	assert_int_equal(count, 1);

	struct summary before = visit(monday - HOUR, 0);
	struct summary after = visit(monday + 7 * NSEC_PER_DAY, 0);
	weeks_add(weeks, count, &before);
	weeks_add(weeks, count, &after);
	assert_int_equal(weeks[0].visits, 0);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		struct summary slot = visit(monday + (nsec)i * HOUR, own[i]);
		slot.lost = 1;
		weeks_add(weeks, count, &slot);
	}
	assert_int_equal(weeks[0].visits, 0);

	struct summary opened = visit(monday + 10 * HOUR, 0);
	struct summary failed = visit(monday + 11 * HOUR, 0);
	struct summary in_window = visit(monday + 12 * HOUR, SLOT_PLANNED);
	struct summary captcha = visit(monday + 13 * HOUR, SLOT_UNSENT);
	failed.lost = in_window.lost = 1;
	captcha.sent = 0;
	weeks_add(weeks, count, &opened);
	weeks_add(weeks, count, &failed);
	weeks_add(weeks, count, &in_window);
	weeks_add(weeks, count, &captcha);
	assert_int_equal(weeks[0].visits, 3);
	assert_int_equal(weeks[0].failed, 2);
	assert_int_equal(weeks[0].unassessed, 1);
	free(weeks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_rule_is_the_published_one),
		cmocka_unit_test(profile_need_not_have_the_rule),
		cmocka_unit_test(rule_at_its_edges),
		cmocka_unit_test(share_is_exact),
		cmocka_unit_test(weeks_end_in_the_period),
		cmocka_unit_test(what_counts_as_a_visit),
	};

	return cmocka_run_group_tests_name("week", tests, NULL, NULL);
}
