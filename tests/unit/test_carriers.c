/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/net/carriers.h"

#include <stdlib.h>

#define MS  NSEC_PER_MSEC
#define SEC NSEC_PER_SEC

enum { ABSENT = 1, PRESENT = 0, ONE = 7, OTHER = 8 };

static void a_carrier_that_went_unnoticed_leaves_a_gap(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct carrier news[3]; /* at 10, 20 and 30 s; interface 0: none */
		nsec dropped;		/* the last instant of the gap of interface ONE, 0: none */
		bool absent;
	} rows[] = {
		{"nothing happened", {{ONE, PRESENT, 1}}, 0, false},
		{"it is absent from the start", {{ONE, ABSENT, 1}}, 0, true},
		{"the same news again", {{ONE, PRESENT, 1}, {ONE, PRESENT, 1}}, 0, false},
		{"it went", {{ONE, PRESENT, 1}, {ONE, ABSENT, 2}}, 20 * SEC, true},
		{"it went, uncounted",
		 {{ONE, PRESENT, LOSSES_UNTOLD}, {ONE, ABSENT, LOSSES_UNTOLD}},
		 20 * SEC,
		 true},
		{"it went and came between two news",
		 {{ONE, PRESENT, 1}, {ONE, PRESENT, 2}},
		 20 * SEC,
		 false},
		{"it came, and went once more before",
		 {{ONE, ABSENT, 1}, {ONE, PRESENT, 2}},
		 20 * SEC,
		 false},
		{"it came", {{ONE, ABSENT, 1}, {ONE, PRESENT, 1}}, 0, false},
		{"news without a count",
		 {{ONE, PRESENT, 1}, {ONE, PRESENT, LOSSES_UNTOLD}, {ONE, PRESENT, 1}},
		 0,
		 false},
		{"another went",
		 {{ONE, PRESENT, 1}, {OTHER, PRESENT, 1}, {OTHER, ABSENT, 2}},
		 0,
		 false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct carriers *carriers = calloc(1, sizeof(*carriers));
		assert_non_null(carriers);
		print_message("# %s\n", rows[i].name);
		for (size_t j = 0; j < COUNT_OF(rows[i].news); j++) {
			if (rows[i].news[j].interface != 0)
				(void)carriers_tell(carriers, &rows[i].news[j],
						    (nsec)(j + 1) * 10 * SEC);
		}
		nsec until = rows[i].dropped;
		assert_int_equal(carriers->gap_count > 0 && carriers->gaps[0].interface == ONE,
				 until != 0);
		assert_int_equal(carriers_dropped(carriers, ONE, until), until != 0);
		assert_int_equal(carriers_dropped(carriers, ONE, until - SEC), until != 0);
		assert_false(carriers_dropped(carriers, ONE, until - 1200 * MS));
		assert_false(carriers_dropped(carriers, ONE, until + MS));
		assert_int_equal(carriers_absent(carriers, ONE), rows[i].absent);
		free(carriers);
	}
}

static void many_gaps_leave_the_newest(void **state)
{
	(void)state;
	struct carriers *carriers = calloc(1, sizeof(*carriers));

	assert_non_null(carriers);
	for (uint32_t i = 0; i <= GAPS_MAX + 1; i++)
		assert_false(carriers_tell(carriers, &(struct carrier){ONE, PRESENT, i},
					   (nsec)i * 10 * SEC));
	assert_false(carriers_dropped(carriers, ONE, 10 * SEC));
	assert_true(carriers_dropped(carriers, ONE, 20 * SEC));
	assert_true(carriers_dropped(carriers, ONE, (GAPS_MAX + 1) * 10 * SEC));
	free(carriers);
}

static void an_interface_that_is_gone_is_not_absent(void **state)
{
	(void)state;
	struct carriers *carriers = calloc(1, sizeof(*carriers));

	assert_non_null(carriers);
	assert_true(carriers_tell(carriers, &(struct carrier){ONE, ABSENT, 1}, SEC));
	assert_true(carriers_tell(carriers, &(struct carrier){OTHER, ABSENT, 1}, SEC));
	carriers_forget(carriers, ONE);
	carriers_forget(carriers, ONE);
	assert_false(carriers_absent(carriers, ONE));
	assert_true(carriers_absent(carriers, OTHER));
	assert_int_equal(carriers->absent_count, 1);
	free(carriers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_carrier_that_went_unnoticed_leaves_a_gap),
		cmocka_unit_test(many_gaps_leave_the_newest),
		cmocka_unit_test(an_interface_that_is_gone_is_not_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
