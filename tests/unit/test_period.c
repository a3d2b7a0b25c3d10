/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/calendar.h"
#include "reporter/period.h"
#include "tests/unit/check.h"

#include <stdbool.h>
#include <string.h>

static nsec at(const char *text)
{
	nsec t = NSEC_UNDEFINED;

	assert_int_equal(calendar_parse(text, &t), E_OK);
	return t;
}

static const struct {
	const char *name;
	const char *zone;
	struct period_request request;
	const char *now;
	enum err rc;
	const char *from;
	const char *until; /* of what has passed */
	bool in_progress;
	const char *label;
} rows[] = {
	{"a month that is over",
	 "Asia/Shanghai",
	 {"2026-10", NULL, NULL},
	 "2026-11-02",
	 E_OK,
	 "2026-10-01",
	 "2026-11-01",
	 false,
	 "2026-10"},
	{"a month that ends this moment",
	 "Asia/Shanghai",
	 {"2026-10", NULL, NULL},
	 "2026-11-01",
	 E_OK,
	 "2026-10-01",
	 "2026-11-01",
	 false,
	 "2026-10"},
	{"a month that goes on is cut at the minute",
	 "Asia/Shanghai",
	 {"2026-10", NULL, NULL},
	 "2026-10-05T08:30:59",
	 E_OK,
	 "2026-10-01",
	 "2026-10-05T08:30",
	 true,
	 "2026-10"},
	{"a leap day",
	 "Asia/Shanghai",
	 {"2028-02", NULL, NULL},
	 "2029-01-01",
	 E_OK,
	 "2028-02-01",
	 "2028-03-01",
	 false,
	 "2028-02"},
	{"a year's end",
	 "Asia/Shanghai",
	 {"2026-12", NULL, NULL},
	 "2027-06-01",
	 E_OK,
	 "2026-12-01",
	 "2027-01-01",
	 false,
	 "2026-12"},
	{"a month with 25 hours on a day",
	 "Europe/Berlin",
	 {"2026-10", NULL, NULL},
	 "2026-12-01",
	 E_OK,
	 "2026-10-01",
	 "2026-11-01",
	 false,
	 "2026-10"},
	{"between two days",
	 "Asia/Shanghai",
	 {NULL, "2026-10-05", "2026-10-12"},
	 "2026-11-02",
	 E_OK,
	 "2026-10-05",
	 "2026-10-12",
	 false,
	 "20261005-20261012"},
	{"between two minutes",
	 "Asia/Shanghai",
	 {NULL, "2026-10-05T08:30", "2026-10-05T08:31:10"},
	 "2026-11-02",
	 E_OK,
	 "2026-10-05T08:30",
	 "2026-10-05T08:31:10",
	 false,
	 "202610050830-20261005083110"},
	{"nothing asked",
	 "Asia/Shanghai",
	 {NULL, NULL, NULL},
	 "2026-11-02",
	 E_USAGE,
	 NULL,
	 NULL,
	 false,
	 NULL},
	{"a start alone",
	 "Asia/Shanghai",
	 {NULL, "2026-10-05", NULL},
	 "2026-11-02",
	 E_USAGE,
	 NULL,
	 NULL,
	 false,
	 NULL},
	{"both ways",
	 "Asia/Shanghai",
	 {"2026-10", "2026-10-05", NULL},
	 "2026-11-02",
	 E_USAGE,
	 NULL,
	 NULL,
	 false,
	 NULL},
	{"no such month",
	 "Asia/Shanghai",
	 {"2026-13", NULL, NULL},
	 "2026-11-02",
	 E_RANGE,
	 NULL,
	 NULL,
	 false,
	 NULL},
	{"not a month",
	 "Asia/Shanghai",
	 {"October", NULL, NULL},
	 "2026-11-02",
	 E_SYNTAX,
	 NULL,
	 NULL,
	 false,
	 NULL},
	{"an end before the start",
	 "Asia/Shanghai",
	 {NULL, "2026-10-12", "2026-10-05"},
	 "2026-11-02",
	 E_RANGE,
	 NULL,
	 NULL,
	 false,
	 NULL},
	{"an empty period",
	 "Asia/Shanghai",
	 {NULL, "2026-10-12", "2026-10-12"},
	 "2026-11-02",
	 E_RANGE,
	 NULL,
	 NULL,
	 false,
	 NULL},
	{"the future",
	 "Asia/Shanghai",
	 {"2026-12", NULL, NULL},
	 "2026-11-02",
	 E_RANGE,
	 NULL,
	 NULL,
	 false,
	 NULL},
};

static void periods_as_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct report_period period = {0};
		const char *wrong = NULL;
		print_message("# %s\n", rows[i].name);
		assert_int_equal(calendar_use_zone(rows[i].zone), E_OK);
		assert_int_equal(period_ask(&rows[i].request, at(rows[i].now), &period, &wrong),
				 rows[i].rc);
		if (rows[i].rc != E_OK) {
			assert_non_null(wrong);
			continue;
		}
		assert_true(period.passed.from == at(rows[i].from));
		assert_true(period.passed.until == at(rows[i].until));
		assert_int_equal(period.in_progress, rows[i].in_progress);
		assert_int_equal(period.month, rows[i].request.month != NULL);
		assert_string_equal(period.name, rows[i].label);
	}
}

static void a_month_of_changing_clocks_has_its_true_length(void **state)
{
	struct report_period period;
	const char *wrong;

	(void)state;
	assert_int_equal(calendar_use_zone("Europe/Berlin"), E_OK);
	assert_int_equal(period_ask(&(struct period_request){.month = "2026-10"}, at("2026-12-01"),
				    &period, &wrong),
			 E_OK);
	assert_true(period.asked.until - period.asked.from == 31 * NSEC_PER_DAY + NSEC_PER_HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_as_asked),
		cmocka_unit_test(a_month_of_changing_clocks_has_its_true_length),
	};
	return cmocka_run_group_tests_name("period", tests, NULL, NULL);
}
