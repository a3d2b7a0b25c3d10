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

void page_subject(const char *url, bool by_name, char out[CONFIG_SUBJECT])
{
	struct digest *digest = digest_start();
	char text[DIGEST_TEXT] = "";

	digest_add(digest, url, strlen(url) + 1);
	if (by_name)
		digest_add(digest, "by name", sizeof("by name"));
	if (!digest_finish(digest, text))
		text[0] = '\0';
	snprintf(out, CONFIG_SUBJECT, "%.*s", CONFIG_SUBJECT - 1, text);
}

/* What was wrong with it was told when it was read. */
static char *keep_url(struct loading *l, const struct value *value, uint16_t *port)
{
	struct problem problem;

	if (!value_known(value))
		return NULL;
	if (!url_parse(value->text, port, &problem))
		*port = 0;
	return arena_text(l->config->arena, value->text);
}

void resolve_page(struct loading *l, struct draft_test *draft, struct test_config *test)
{
	bool body = value_known(&draft->body);
	bool redirects = value_known(&draft->redirects);

	check_expected(l, draft);
	test->url = keep_url(l, &draft->url, &test->port);
	test->expect = keep_texts(l, &draft->expect);
	test->blocked = keep_texts(l, &draft->blocked);
	test->body = body ? (uint32_t)draft->body.integer : BODY_DEFAULT;
	test->redirects = redirects ? (uint8_t)draft->redirects.integer : REDIRECTS_DEFAULT;
	test->by_name = value_known(&draft->by_name) && draft->by_name.choice == 1;
	if (test->url != NULL)
		page_subject(test->url, test->by_name, test->subject);
}

void resolve_own_page(struct loading *l, struct draft_site *draft, struct site *site)
{
	site->url = keep_url(l, &draft->url, &site->url_port);
	if (value_known(&draft->expect))
		site->expect = arena_text(l->config->arena, draft->expect.text);
}

/* Whether any site was to have a page of its own. */
static bool any_own_page(const struct loading *l)
{
	for (size_t i = 0; i < l->config->site_count; i++) {
		if (l->sites[i]->url.state != VALUE_ABSENT)
			return true;
	}
	return false;
}

/* A site is complained of once, however many tests visit it. */
static void need_own_pages(struct loading *l, const struct test_config *test)
{
	for (size_t i = 0; i < test->site_count; i++) {
		struct draft_site *draft = l->sites[test->sites[i]];
		if (draft->url.state == VALUE_ABSENT)
			section_complain(&l->reading, &draft->named.section, &draft->url,
					 "is missing; %s visits the page of each of its sites: "
					 "write that of %s, such as https://www.example.gov.cn/, "
					 "or leave the site out of the test's targets",
					 test->name, l->config->sites[test->sites[i]].name);
	}
}

void resolve_pages(struct loading *l)
{
	bool own = any_own_page(l);

	for (size_t i = 0; i < l->config->test_count; i++) {
		struct draft_test *draft = l->tests[i];
		const struct test_config *test = &l->config->tests[i];
		if (draft->url.state != VALUE_ABSENT || !test_visits_own_pages(test))
			continue;
		if (own)
			need_own_pages(l, test);
		else
			section_complain(&l->reading, &draft->section, &draft->url,
					 "is missing; http needs one, such as "
					 "https://www.example.gov.cn/, here or at each site that "
					 "it visits");
	}
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
