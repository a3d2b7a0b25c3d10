/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/clock.h"
#include "collector/ceiling.h"

/* Any machine that runs this test carries a thousand probes a second. */
static void a_ceiling_is_measured_quickly(void **state)
{
	(void)state;
	double rate = 0;
	nsec before = clock_monotonic();
	enum err rc = ceiling_measure(&rate);
	nsec passed = clock_monotonic() - before;

	if (rc == E_PERMISSION || rc == E_UNSUPPORTED) {
		print_message("# raw sockets or loopback: %s\n", err_text(rc));
		skip();
	}
	assert_int_equal(rc, E_OK);
	assert_true(rate > 1000);
	/* 0.3 s on a machine that is not kept busy by others. */
	assert_true(passed < 5 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ceiling_is_measured_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
