/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "reporter/doc/doc.h"

#include <math.h>
#include <string.h>

static void figures_print_half_up_on_the_decimal(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double number;
		int decimals;
		const char *unit;
		const char *text;
	} rows[] = {
		{"the worked example", 75.0866, 1, "", "75.1"},
		{"below its decimal in binary", 89.95, 1, "", "90.0"},
		{"just below", 89.9499, 1, "", "89.9"},
		{"half at two places", 0.125, 2, "", "0.13"},
		{"above its decimal in binary", 0.15, 1, "", "0.2"},
		{"carry into a new digit", 99.95, 1, "", "100.0"},
		{"carry from below one", 0.95, 1, "", "1.0"},
		{"no decimals", 2.5, 0, "", "3"},
		{"half becomes one", 0.5, 0, "", "1"},
		{"below half becomes zero", 0.4999, 0, "", "0"},
		{"far below the last place", 1e-9, 3, "", "0.000"},
		{"tiny", 5e-324, 2, "", "0.00"},
		{"zero", 0, 2, "%", "0.00%"},
		{"negative zero", -0.0, 1, "", "0.0"},
		{"negative that rounds to zero", -0.04, 1, "", "0.0"},
		{"negative half goes away from zero", -0.125, 2, "", "\u22120.13"},
		{"percent stands tight", 99.89796, 3, "%", "99.898%"},
		{"units stand off by a narrow space", 18, 1, "ms", "18.0\u202Fms"},
		{"four digits stay together", 4464, 0, "", "4464"},
		{"five digits in groups", 44640, 0, "", "44\u202F640"},
		{"millions in groups", 1234567.25, 1, "", "1\u202F234\u202F567.3"},
		{"rounding makes the fifth digit", 9999.96, 1, "", "10\u202F000.0"},
		{"beyond 15 digits as it is", 1e15, 0, "",
		 "1\u202F000\u202F000\u202F000\u202F000\u202F000"},
		{"not measured", (double)NAN, 1, "ms", "\u2013"},
		{"beyond the longest wait", (double)INFINITY, 1, "ms", "> T_max"},
		{"minus infinity", (double)-INFINITY, 1, "ms", "\u2212\u221E"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct value value = value_number(rows[i].number, rows[i].decimals, rows[i].unit);
		if (strcmp(value.text, rows[i].text) != 0)
			fail_msg("%s: %s, not %s", rows[i].name, value.text, rows[i].text);
		assert_true(value.is_number);
		value_finish(&value);
	}
}

static void rounding_gives_the_printed_number(void **state)
{
	(void)state;
	/* What a sum in another order may give instead of 89.95; it must still be graded 90.0. */
	double sum = nextafter(nextafter(89.95, 0), 0);
	assert_true(sum < 89.95 && round_half_up(sum, 1) == 90.0);
	assert_true(round_half_up(59.949999, 1) == 59.9);
	assert_true(round_half_up(-59.95, 1) == -60.0);
	assert_false(signbit(round_half_up(-0.01, 1)));
	assert_true(isnan(round_half_up((double)NAN, 1)));
	assert_true(isinf(round_half_up((double)INFINITY, 1)));
	assert_true(round_half_up(1e300, 1) == 1e300);
}

static void links_point_inside(void **state)
{
	(void)state;
	struct value value = value_linked(value_text("a"), "site-a");
	assert_string_equal(value.link, "#site-a");
	value = value_linked(value, "#site-b");
	assert_string_equal(value.link, "#site-b");
	assert_false(value.is_number);
	value_finish(&value);
}

static void blocks_come_in_order_with_copies(void **state)
{
	(void)state;
	char title[] = "tier";
	struct column columns[] = {{"tier", title, ALIGN_START}, {"score", "Score", ALIGN_END}};
	struct doc *doc = doc_create(LANGUAGE_EN, "Report");

	doc_cover(doc, "Report", "October");
	doc_figure(doc, "zone", "Zone", value_text("UTC"));
	doc_figure(doc, "coverage", "Coverage", value_number(99.3, 1, "%"));
	doc_heading(doc, 1, "Quality", "quality");
	doc_table(doc, "tiers", "By tier", columns, 2);
	title[0] = 'X';
	for (int i = 0; i < 100; i++)
		doc_row(doc, (struct value[]){value_text("metro"), value_number(i, 1, "")});
	doc_break(doc);

	assert_int_equal(doc->count, 4);
	assert_int_equal(doc->blocks[0].figure_count, 2);
	assert_string_equal(doc->blocks[0].figures[1].value.text, "99.3%");
	assert_string_equal(doc->blocks[1].key, "quality");
	assert_string_equal(doc->blocks[2].columns[0].title, "tier");
	assert_int_equal(doc->blocks[2].row_count, 100);
	assert_string_equal(doc->blocks[2].cells[99 * 2 + 1].text, "99.0");
	doc_destroy(doc);
	doc_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_print_half_up_on_the_decimal),
		cmocka_unit_test(rounding_gives_the_printed_number),
		cmocka_unit_test(links_point_inside),
		cmocka_unit_test(blocks_come_in_order_with_copies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
