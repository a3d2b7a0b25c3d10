/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/method.h"
#include "config/loading.h"
#include "config/page.h"
#include "config/question.h"

#include <string.h>

enum { METHODS = 4 };

#define SECOND INT64_C(1000000000)

const char *const method_words[METHODS + 1] = {"icmp", "tcp", "dns", "http", NULL};

static const struct method_rule rules[METHODS] = {
	{.packets = "20",
	 .size = "64",
	 .t_max = "3s",
	 .t_max_most = 10 * SECOND,
	 .without = "icmp has neither ports nor questions",
	 .limited = true},
	/* One of six lost is below the 20 % that make a slot bad, one of five is not; and no host
	 * sees a connection begun more often than every ten seconds of a slot of a minute. */
	{.packets = "6",
	 .t_max = "3s",
	 .t_max_most = 10 * SECOND,
	 .port = true,
	 .without = "tcp opens a connection and sends no data",
	 .witness = true},
	{.packets = "6",
	 .t_max = "3s",
	 .t_max_most = 10 * SECOND,
	 .port = true,
	 .usual = "53",
	 .question = true,
	 .service = true,
	 .without = "the size of dns is that of its question"},
	/* The deadline by which the assessment of government websites calls one open. */
	{.packets = "1",
	 .t_max = "15s",
	 .t_max_most = 60 * SECOND,
	 .page = true,
	 .service = true,
	 .without = "http takes its port from the url and sends no payload"},
};

const struct method_rule *method_rule_of(size_t choice)
{
	return &rules[choice];
}

static void fall_back(struct loading *l, struct section *section, struct value *value,
		      const char *text)
{
	if (value->state != VALUE_ABSENT)
		return;
	section_set(&l->reading, section, value->row, value, value->place, text);
	if (value->state == VALUE_GIVEN)
		value->state = VALUE_DEFAULT;
}

static void complain_unfit(struct loading *l, struct draft_test *draft, struct value *value,
			   const char *why)
{
	if (value_known(value))
		section_complain(&l->reading, &draft->section, value,
				 "%s; leave it out or choose another method", why);
}

static void refuse(struct loading *l, struct draft_test *draft, struct value *value)
{
	complain_unfit(l, draft, value, method_rule_of(draft->method.choice)->without);
}

static void resolve_port(struct loading *l, struct draft_test *draft,
			 const struct method_rule *rule)
{
	if (!rule->port)
		refuse(l, draft, &draft->port);
	else if (rule->usual != NULL)
		fall_back(l, &draft->section, &draft->port, rule->usual);
	else if (draft->port.state == VALUE_ABSENT)
		section_complain(&l->reading, &draft->section, &draft->port,
				 "is missing; %s needs one, such as 443", draft->method.text);
}

static void resolve_t_max(struct loading *l, struct draft_test *draft,
			  const struct method_rule *rule)
{
	fall_back(l, &draft->section, &draft->t_max, rule->t_max);
	if (value_known(&draft->t_max) && draft->t_max.integer > rule->t_max_most)
		section_complain(&l->reading, &draft->section, &draft->t_max,
				 "\"%.20s\" is too long for %s; use 100ms to %ds",
				 draft->t_max.text, draft->method.text,
				 (int)(rule->t_max_most / SECOND));
}

static void resolve_service(struct loading *l, struct draft_test *draft, struct test_config *test)
{
	const struct method_rule *rule = method_rule_of(draft->method.choice);

	if (rule->question)
		resolve_question(l, draft, test);
	else
		refuse_question(l, draft, rule->without);
	if (rule->page)
		resolve_page(l, draft, test);
	else
		refuse_page(l, draft);
	if (!rule->question && !rule->page)
		refuse(l, draft, &draft->expect);
}

void resolve_method(struct loading *l, struct draft_test *draft, struct test_config *test)
{
	if (!value_known(&draft->method)) {
		test->method = arena_text(l->config->arena, "");
		return;
	}
	const struct method_rule *rule = method_rule_of(draft->method.choice);
	test->method = arena_text(l->config->arena, draft->method.text);
	fall_back(l, &draft->section, &draft->packets, rule->packets);
	if (rule->size != NULL)
		fall_back(l, &draft->section, &draft->size, rule->size);
	else
		refuse(l, draft, &draft->size);
	resolve_port(l, draft, rule);
	resolve_t_max(l, draft, rule);
	test->packets = (uint32_t)draft->packets.integer;
	test->port = (uint16_t)draft->port.integer;
	test->size = (uint16_t)draft->size.integer;
	test->t_max_ns = draft->t_max.integer;
	resolve_service(l, draft, test);
}

const struct method_rule *method_rule_find(const char *name)
{
	for (size_t i = 0; i < METHODS; i++) {
		if (strcmp(method_words[i], name) == 0)
			return &rules[i];
	}
	return NULL;
}

struct test_type test_type_at(const struct test_config *test, const struct site *site)
{
	struct test_type type = {.port = test->port};

	if (test_visits_own_pages(test)) {
		page_subject(site->url, test->by_name, type.subject);
		type.port = site->url_port;
	} else {
		memcpy(type.subject, test->subject, sizeof(type.subject));
	}
	snprintf(type.method, sizeof(type.method), "%s%s%s", test->method,
		 type.subject[0] == '\0' ? "" : "-", type.subject);
	return type;
}

const char *test_page_at(const struct test_config *test, const struct site *site)
{
	return test_visits_own_pages(test) ? site->url : test->url;
}

bool test_visits_own_pages(const struct test_config *test)
{
	const struct method_rule *rule = method_rule_find(test->method);

	return rule != NULL && rule->page && test->url == NULL;
}

bool test_is_of_service(const struct test_config *test)
{
	const struct method_rule *rule = method_rule_find(test->method);

	return rule != NULL && rule->service;
}
