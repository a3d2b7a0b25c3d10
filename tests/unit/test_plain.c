/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/plain.h"
#include "tests/unit/check.h"

#include <string.h>

enum { ROOM = 8 };

struct copied {
	const char *text;
	const char *copy;
};

static void a_copy_is_plain_and_whole(void **state)
{
	(void)state;
	static const struct copied all[] = {
		{"", ""},
		{"page", "page"},
		{"a longer one", "a longe"},
		{"\xe7\xbd\x91\xe7\xab\x99", "\xe7\xbd\x91\xe7\xab\x99"},
		{"ab\xe7\xbd\x91\xe7\xab\x99", "ab\xe7\xbd\x91"},
		{"a\xff\xfez", "a??z"},
		{"\xe7\xbd", "??"},
		{"a\nb\x7f", "a?b?"},
		{"\xe2\x80\xa8z", "?z"},
		{"\xed\xa0\x80", "???"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char copy[ROOM];
		plain_copy(copy, ROOM, all[i].text);
		assert_string_equal(copy, all[i].copy);
		assert_true(plain_text(copy, strlen(copy)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_plain_and_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
