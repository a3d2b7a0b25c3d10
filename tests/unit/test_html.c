/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "reporter/out/markup.h"
#include "reporter/out/out.h"
#include "tests/unit/sample_doc.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void markup_keeps_text_text(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		const char *markup;
	} rows[] = {
		{"nothing", "", ""},
		{"a script", "<script>", "&lt;script&gt;"},
		{"quotes", "\"a\" 'b'", "&quot;a&quot; &#39;b&#39;"},
		{"an entity is not one", "&lt;", "&amp;lt;"},
		{"Han letters", "网络", "网络"},
		{"beyond the basic plane", "\U00020BB7", "\U00020BB7"},
		{"control characters", "a\x01\x7f\x1b", "a\uFFFD\uFFFD\uFFFD"},
		{"tab and newline stay", "a\tb\n", "a\tb\n"},
		{"a lone octet", "a\xff", "a\uFFFD"},
		{"a cut sequence", "\xe7\xbd", "\uFFFD\uFFFD"},
		{"an overlong slash", "\xc0\xaf", "\uFFFD\uFFFD"},
		{"a surrogate", "\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"what XML forbids", "\xef\xbf\xbf", "\uFFFD\uFFFD\uFFFD"},
		{"beyond Unicode", "\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *made = NULL;
		size_t size = 0;
		FILE *file = open_memstream(&made, &size);
		assert_non_null(file);
		markup_text(file, rows[i].text);
		assert_int_equal(fclose(file), 0);
		if (strcmp(made, rows[i].markup) != 0)
			fail_msg("%s: %s, not %s", rows[i].name, made, rows[i].markup);
		free(made);
	}
}

static char *page_of(struct doc *doc)
{
	char *page = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&page, &size);

	assert_non_null(file);
	assert_int_equal(out_formats[0].write(doc, file), E_OK);
	assert_int_equal(fclose(file), 0);
	doc_destroy(doc);
	return page;
}

static void hostile_names_stay_text_everywhere(void **state)
{
	(void)state;
	const struct column column = {"name", SAMPLE_HOSTILE, ALIGN_START};
	struct doc *doc = doc_create(LANGUAGE_EN, "</style><script>alert(1)</script>\"");

	doc_cover(doc, SAMPLE_HOSTILE, SAMPLE_HOSTILE);
	doc_figure(doc, "a", SAMPLE_HOSTILE, value_text(SAMPLE_HOSTILE));
	doc_heading(doc, 1, SAMPLE_HOSTILE, SAMPLE_HOSTILE);
	doc_text(doc, SAMPLE_HOSTILE);
	doc_note(doc, SAMPLE_HOSTILE);
	doc_callout(doc, TONE_BAD, SAMPLE_HOSTILE);
	doc_table(doc, "t", SAMPLE_HOSTILE, &column, 1);
	doc_row(doc, (struct value[]){value_linked(value_text(SAMPLE_HOSTILE), SAMPLE_HOSTILE)});
	struct chart *chart = chart_create(CHART_LINES, SAMPLE_HOSTILE, SAMPLE_HOSTILE,
					   (struct period){0, NSEC_PER_DAY});
	chart_add_series(chart, SAMPLE_HOSTILE);
	chart_add_point(chart, 0, (struct chart_point){0, NSEC_PER_HOUR, 1, VERDICT_GOOD});
	chart_set_bound(chart, 1, SAMPLE_HOSTILE);
	doc_chart(doc, "c", chart);
	char *page = page_of(doc);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "alert(\"x"));
	assert_non_null(strstr(page, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"));
	assert_ptr_equal(strstr(page, "</style>"), strstr(page, "</style>\n</head>"));
	free(page);
}

static void a_break_starts_the_next_block_on_a_new_page(void **state)
{
	(void)state;
	struct doc *doc = doc_create(LANGUAGE_EN, "t");
	doc_text(doc, "one");
	doc_break(doc);
	doc_heading(doc, 1, "two", "two");
	doc_text(doc, "three");
	char *page = page_of(doc);
	assert_non_null(strstr(page, "<h2 id=\"two\" class=\"new-page\">two</h2>"));
	assert_non_null(strstr(page, "<p>three</p>"));
	free(page);
}

static void a_column_that_says_nothing_is_left_out_and_days_stay_whole(void **state)
{
	const struct column columns[] = {
		{"when", "When", ALIGN_START},
		{"blank", "Blank", ALIGN_START},
		{"seldom", "Seldom", ALIGN_START},
	};

	(void)state;
	struct doc *doc = doc_create(LANGUAGE_EN, "t");
	doc_table(doc, "t", "t", columns, 3);
	doc_row(doc, (struct value[]){value_text("from 2026-09-08 on"), value_text(""),
				      value_text("2026-09-0")});
	doc_row(doc, (struct value[]){value_text("–"), value_text(""), value_text("")});
	char *page = page_of(doc);
	assert_null(strstr(page, "Blank"));
	assert_non_null(strstr(page, "Seldom"));
	assert_non_null(strstr(page, ">from <span class=\"day\">2026-09-08</span> on</td>"));
	assert_non_null(strstr(page, ">2026-09-0</td>"));
	free(page);
}

static void contents_stand_only_beside_headings(void **state)
{
	(void)state;
	struct doc *doc = doc_create(LANGUAGE_EN, "t");
	doc_text(doc, "one");
	char *page = page_of(doc);
	assert_null(strstr(page, "<nav"));
	assert_non_null(strstr(page, "class=\"body alone\""));
	free(page);

	doc = doc_create(LANGUAGE_EN, "t");
	doc_heading(doc, 2, "two", "second");
	doc_heading(doc, 3, "three", "third");
	page = page_of(doc);
	assert_non_null(strstr(page, "<li class=\"level-2\"><a href=\"#second\">two</a></li>"));
	assert_null(strstr(page, "href=\"#third\""));
	free(page);
}

static size_t files_in(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

static enum err write_half(const struct doc *doc, FILE *file)
{
	(void)doc;
	fputs("half", file);
	return E_FULL;
}

static void files_appear_whole_or_not_at_all(void **state)
{
	(void)state;
	static const struct out_format half = {"half", ".half", write_half};
	char folder[] = "/tmp/out-XXXXXX";
	char path[64];
	char missing[64];
	struct stat status;
	struct doc *doc = doc_create(LANGUAGE_EN, "t");

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/report.html", folder);
	snprintf(missing, sizeof(missing), "%s/no/report.html", folder);
	assert_int_equal(out_write_file(&half, doc, path), E_FULL);
	assert_int_equal(files_in(folder), 0);
	assert_int_equal(out_write_file(&out_formats[0], doc, path), E_OK);
	assert_int_equal(stat(path, &status), 0);
	off_t whole = status.st_size;
	assert_int_equal(out_write_file(&half, doc, path), E_FULL);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, whole);
	assert_int_equal(files_in(folder), 1);
	assert_int_not_equal(out_write_file(&out_formats[0], doc, missing), E_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	doc_destroy(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_keeps_text_text),
		cmocka_unit_test(hostile_names_stay_text_everywhere),
		cmocka_unit_test(a_break_starts_the_next_block_on_a_new_page),
		cmocka_unit_test(a_column_that_says_nothing_is_left_out_and_days_stay_whole),
		cmocka_unit_test(contents_stand_only_beside_headings),
		cmocka_unit_test(files_appear_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
