/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "reporter/text/text.h"

#include <stdlib.h>

static void languages_have_names(void **state)
{
	(void)state;
	enum language language;
	assert_int_equal(language_parse("zh-CN", &language), E_OK);
	assert_int_equal(language, LANGUAGE_ZH_CN);
	assert_int_equal(language_parse("en", &language), E_OK);
	assert_string_equal(language_name(language), "en");
	assert_int_equal(language_parse("zh", &language), E_NOT_FOUND);
	assert_int_equal(language_parse("", &language), E_NOT_FOUND);
}

static void every_text_stands_in_every_language(void **state)
{
	(void)state;
	for (int language = 0; language < LANGUAGE_COUNT; language++) {
		for (int id = 0; id < TEXT_COUNT; id++) {
			const char *text = text_get((enum language)language, (enum text_id)id);
			assert_non_null(text);
			assert_true(text[0] != '\0');
		}
	}
	assert_string_equal(text_get(LANGUAGE_ZH_CN, TEXT_DOC_CONTENTS), "目录");
	assert_string_equal(text_get(LANGUAGE_EN, TEXT_DOC_CONTENTS), "Contents");
}

static void placeholders_take_their_arguments(void **state)
{
	(void)state;
	char *text = TEXT(LANGUAGE_EN, TEXT_DOC_PAGE, "3", "{0}");
	assert_string_equal(text, "Page 3 of {0}");
	free(text);
	text = TEXT(LANGUAGE_ZH_CN, TEXT_DOC_PAGE, "3", "");
	assert_string_equal(text, "第 3 页，共  页");
	free(text);
	text = text_format(LANGUAGE_EN, TEXT_DOC_CONTENTS, NULL, 0);
	assert_string_equal(text, "Contents");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_have_names),
		cmocka_unit_test(every_text_stands_in_every_language),
		cmocka_unit_test(placeholders_take_their_arguments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
