/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken of a page, what stops it, and by what it is known. */
#include "tests/unit/check.h"

#include "collector/net/page.h"
#include "collector/net/robots.h"
#include "collector/probe/ask.h"
#include "config/url.h"

#include <stdlib.h>
#include <string.h>

static const struct search_row {
	const char *name;
	const char *text;
	const char *pieces[4];
	bool found;
} search_rows[] = {
	{"in one piece", "open", {"it is open now"}, true},
	{"not there", "open", {"it is", " closed"}, false},
	{"across two pieces", "open", {"it is op", "en now"}, true},
	{"across three pieces", "open", {"o", "pe", "n"}, true},
	{"begun twice", "aab", {"a", "a", "ab"}, true},
	{"begun and broken off", "open", {"op", "xen"}, false},
	{"one octet", "x", {"abc", "x"}, true},
	{"the end of one and not the beginning of the next", "ab", {"xa", "xb"}, false},
};

static void test_search(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(search_rows) / sizeof(search_rows[0]); i++) {
		const struct search_row *row = &search_rows[i];
		struct search search = search_for(row->text);
		for (size_t k = 0; k < 4 && row->pieces[k] != NULL; k++)
			search_in(&search, row->pieces[k], strlen(row->pieces[k]));
		print_message("# %s\n", row->name);
		assert_int_equal(search.found, row->found);
	}
}

/* However a text is cut, it is found, and nothing else is. */
static void test_search_cut_anywhere(void **state)
{
	static const char text[] = "abababac";
	static const char page[] = "xababababacx";

	(void)state;
	for (size_t a = 0; a < sizeof(page); a++) {
		for (size_t b = a; b < sizeof(page); b++) {
			struct search search = search_for(text);
			search_in(&search, page, a);
			search_in(&search, page + a, b - a);
			search_in(&search, page + b, sizeof(page) - 1 - b);
			assert_true(search.found);
		}
	}
}

static const struct header_row {
	const char *name;
	const char *headers[3];
	bool taken;
} header_rows[] = {
	{"no encoding", {"Content-Type: text/html\r\n"}, true},
	{"one that was asked for", {"Content-Encoding: gzip\r\n"}, true},
	{"in capitals", {"CONTENT-ENCODING:\tGZIP \r\n"}, true},
	{"none, said", {"Content-Encoding: identity\r\n"}, true},
	{"one that was not asked for", {"Content-Encoding: br\r\n"}, false},
	{"one inside another", {"Content-Encoding: gzip, gzip\r\n"}, false},
	{"one inside another, on two lines",
	 {"Content-Encoding: gzip\r\n", "Content-Encoding: deflate\r\n"},
	 false},
};

static void test_encodings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(header_rows) / sizeof(header_rows[0]); i++) {
		const struct header_row *row = &header_rows[i];
		struct page page = page_expecting(NULL, 1000);
		bool taken = true;
		for (size_t k = 0; k < 3 && row->headers[k] != NULL; k++)
			taken = page_take_header(&page, row->headers[k], strlen(row->headers[k])) &&
				taken;
		print_message("# %s\n", row->name);
		assert_int_equal(taken, row->taken);
		assert_int_equal(page.stopped == NULL, row->taken);
		page_finish(&page);
	}
}

static void test_bounds(void **state)
{
	static const char line[1024] = {'x'};
	struct page page = page_expecting(NULL, 2048);

	(void)state;
	for (int i = 0; i < PAGE_HEADERS / 1024; i++)
		assert_true(page_take_header(&page, line, sizeof(line)));
	assert_false(page_take_header(&page, line, 1));
	page_finish(&page);
	page = page_expecting(NULL, 2048);
	assert_true(page_take_body(&page, line, sizeof(line)));
	assert_true(page_take_body(&page, line, sizeof(line)));
	assert_null(page.stopped);
	assert_false(page_take_body(&page, line, 1));
	assert_non_null(page.stopped);
	page_finish(&page);
	page = page_expecting(NULL, 2048);
	assert_true(page_take_raw(&page, 2048));
	assert_false(page_take_raw(&page, 2049));
	page_finish(&page);
}

static void test_robots(void **state)
{
	static const char *const extra[] = {"稍后再试", NULL};
	static const struct {
		const char *name;
		uint16_t status;
		const char *text;
		const char *const *extra;
		bool robots;
	} rows[] = {
		{"a page", 200, "政务服务网", NULL, false},
		{"a challenge", 200, "<title>人机验证</title>", NULL, true},
		{"a form with a captcha is a page", 200, "请输入验证码", NULL, false},
		{"a refusal with a captcha", 403, "请输入验证码", NULL, true},
		{"a refusal", 403, "forbidden", NULL, false},
		{"an error", 500, "sorry", NULL, false},
		{"a text of the owner's", 200, "请稍后再试", extra, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("# %s\n", rows[i].name);
		assert_int_equal(robots_page(rows[i].status, rows[i].text, strlen(rows[i].text),
					     rows[i].extra),
				 rows[i].robots);
	}
}

static void test_urls(void **state)
{
	static const struct {
		const char *text;
		uint16_t port; /* 0: refused */
	} rows[] = {
		{"https://www.example.gov.cn/", 443},
		{"http://www.example.gov.cn", 80},
		{"http://www.example.gov.cn/a?b=c", 80},
		{"http://www.example.gov.cn?b", 80},
		{"https://www.example.gov.cn:8443/", 8443},
		{"https://[2001:db8::80]/", 443},
		{"https://[2001:db8::80]:8443/", 8443},
		{"https://192.0.2.80/", 443},
		{"ftp://www.example.gov.cn/", 0},
		{"www.example.gov.cn", 0},
		{"https://", 0},
		{"https:///", 0},
		{"https://user@www.example.gov.cn/", 0},
		{"https://user:word@www.example.gov.cn/", 0},
		{"https://www.example.gov.cn:0/", 0},
		{"https://www.example.gov.cn:65536/", 0},
		{"https://www.example.gov.cn:x/", 0},
		{"https://www.example.gov.cn/#part", 0},
		{"https://www.example.gov.cn/a b", 0},
		{"https://政务.cn/", 0},
		{"https://[::1/", 0},
	};
	struct problem problem;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t port = 0;
		print_message("# %s\n", rows[i].text);
		assert_int_equal(url_parse(rows[i].text, &port, &problem), rows[i].port != 0);
		assert_int_equal(port, rows[i].port);
	}
}

static void test_urls_in_other_scripts(void **state)
{
	static const struct {
		const char *text;
		const char *told;
	} rows[] = {
		{"https://政务.cn/a", "write it as xn--zfr164b.cn;"},
		{"http://政务.中国:8080", "write it as xn--zfr164b.xn--fiqs8s;"},
		{"https://政务..cn/", "no domain name;"},
		{"https://a.cn/政务", "only as %XX;"},
	};
	struct problem problem;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char told[sizeof(problem.text) + 1];
		uint16_t port = 0;
		assert_false(url_parse(rows[i].text, &port, &problem));
		snprintf(told, sizeof(told), "%s;", problem.text);
		print_message("# %s\n", told);
		assert_non_null(strstr(told, rows[i].told));
	}
}

static void test_asks(void **state)
{
	static const char *const blocked[] = {"a", "b", NULL};
	static const char *const others[] = {"a", "c", NULL};
	struct ask ask = {.url = "https://a/", .text = "x", .blocked = blocked, .body_most = 1};
	struct ask *copy = NULL;

	(void)state;
	assert_int_equal(ask_copy(NULL, &copy), E_OK);
	assert_null(copy);
	assert_int_equal(ask_copy(&ask, &copy), E_OK);
	assert_true(ask_same(&ask, copy));
	ask.blocked = others;
	assert_false(ask_same(&ask, copy));
	ask.blocked = NULL;
	assert_false(ask_same(&ask, copy));
	ask.blocked = blocked;
	ask.text = NULL;
	assert_false(ask_same(&ask, copy));
	assert_false(ask_same(NULL, copy));
	assert_true(ask_same(NULL, NULL));
	ask_destroy(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_cut_anywhere),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_robots),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_urls_in_other_scripts),
		cmocka_unit_test(test_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
