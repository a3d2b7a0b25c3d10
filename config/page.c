/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/page.h"
#include "config/digest.h"
#include "config/url.h"

#include <string.h>

#define BODY_DEFAULT	  2097152
#define REDIRECTS_DEFAULT 5

static char **keep_texts(struct loading *l, const struct value *list)
{
	char **texts = arena_zeroed(l->config->arena, list->count + 1, sizeof(char *));
	size_t used = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (value_known(&list->items[i]))
			texts[used++] = arena_text(l->config->arena, list->items[i].text);
	}
	return texts;
}

static void check_expected(struct loading *l, struct draft_test *draft)
{
	struct value *list = &draft->expect;

	if (!value_known(list))
		return;
	for (size_t i = 0; i < list->count; i++) {
		size_t len = value_known(&list->items[i]) ? strlen(list->items[i].text) : 1;
		if (len == 0 || len > PAGE_TEXT_MOST)
			section_complain(&l->reading, &draft->section, &list->items[i],
					 "has %zu octets; a text to look for has 1 to %d", len,
					 PAGE_TEXT_MOST);
	}
	if (list->count > 1)
		section_complain(&l->reading, &draft->section, &list->items[1],
				 "is a second text; http looks for one in the page");
}

/* What tells apart the series of two pages at one address. */
static void write_subject(struct test_config *test)
{
	struct digest *digest = digest_start();
	char text[DIGEST_TEXT] = "";

	digest_add(digest, test->url, strlen(test->url) + 1);
	if (test->by_name)
		digest_add(digest, "by name", sizeof("by name"));
	if (!digest_finish(digest, text))
		text[0] = '\0';
	snprintf(test->subject, CONFIG_SUBJECT, "%.*s", CONFIG_SUBJECT - 1, text);
}

void resolve_page(struct loading *l, struct draft_test *draft, struct test_config *test)
{
	struct problem problem;
	bool body = value_known(&draft->body);
	bool redirects = value_known(&draft->redirects);

	check_expected(l, draft);
	if (draft->url.state == VALUE_ABSENT)
		section_complain(&l->reading, &draft->section, &draft->url,
				 "is missing; http needs one, such as https://www.example.gov.cn/");
	if (!value_known(&draft->url))
		return;
	test->url = arena_text(l->config->arena, draft->url.text);
	if (!url_parse(test->url, &test->port, &problem))
		test->port = 0;
	test->expect = keep_texts(l, &draft->expect);
	test->blocked = keep_texts(l, &draft->blocked);
	test->body = body ? (uint32_t)draft->body.integer : BODY_DEFAULT;
	test->redirects = redirects ? (uint8_t)draft->redirects.integer : REDIRECTS_DEFAULT;
	test->by_name = value_known(&draft->by_name) && draft->by_name.choice == 1;
	write_subject(test);
}

void refuse_page(struct loading *l, struct draft_test *draft)
{
	struct value *values[] = {&draft->url, &draft->blocked, &draft->body, &draft->redirects,
				  &draft->by_name};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (value_known(values[i]))
			section_complain(&l->reading, &draft->section, values[i],
					 "only http visits pages; leave it out or choose another "
					 "method");
	}
}
