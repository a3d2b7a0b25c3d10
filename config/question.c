/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/question.h"
#include "config/digest.h"
#include "config/domain.h"

#include <string.h>

const char *const record_words[] = {"A", "AAAA", "NS", "SOA", NULL};
const char *const transport_words[] = {"udp", "tcp", NULL};

static bool read_address(const char *text, enum family family, char *out, size_t size)
{
	struct address address;

	address_parse(text, family, &address);
	snprintf(out, size, "%s", address.text);
	return address.given;
}

bool question_answer(const char *record, const char *text, char *out, size_t size,
		     struct problem *problem)
{
	char name[DOMAIN_TEXT];

	if (record[0] == 'A') {
		enum family family = strcmp(record, "A") == 0 ? FAMILY_IPV4 : FAMILY_IPV6;
		if (read_address(text, family, out, size))
			return true;
		problem_say(problem, "\"%.60s\" is no answer to %s; write an %s address", text,
			    record, family == FAMILY_IPV4 ? "IPv4" : "IPv6");
		return false;
	}
	if (!domain_parse(text, name, problem))
		return false;
	snprintf(out, size, "%s", name);
	return true;
}

void question_subject(const struct test_config *test, char out[CONFIG_SUBJECT])
{
	const char *const parts[] = {test->query, test->record, test->transport};
	struct digest *digest = digest_start();
	char text[DIGEST_TEXT] = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		digest_add(digest, parts[i], strlen(parts[i]) + 1);
	if (!digest_finish(digest, text))
		text[0] = '\0';
	snprintf(out, CONFIG_SUBJECT, "%.*s", CONFIG_SUBJECT - 1, text);
}

static char *resolve_name(struct loading *l, struct draft_test *draft)
{
	struct problem problem;
	char name[DOMAIN_TEXT] = "";

	if (draft->query.state == VALUE_ABSENT)
		section_complain(&l->reading, &draft->section, &draft->query,
				 "is missing; dns needs one, such as www.example.cn");
	else if (value_known(&draft->query) && !domain_parse(draft->query.text, name, &problem))
		section_complain(&l->reading, &draft->section, &draft->query, "%s", problem.text);
	return arena_text(l->config->arena, name);
}

static char **resolve_answers(struct loading *l, struct draft_test *draft,
			      const struct test_config *test)
{
	struct value *list = &draft->expect;
	char **answers = arena_zeroed(l->config->arena, list->count + 1, sizeof(char *));
	char text[DOMAIN_TEXT];
	struct problem problem;
	size_t used = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct value *item = &list->items[i];
		if (!value_known(item))
			continue;
		if (question_answer(test->record, item->text, text, sizeof(text), &problem))
			answers[used++] = arena_text(l->config->arena, text);
		else
			section_complain(&l->reading, &draft->section, item, "%s", problem.text);
	}
	return answers;
}

void resolve_question(struct loading *l, struct draft_test *draft, struct test_config *test)
{
	const char *record = value_known(&draft->record) ? draft->record.text : record_words[0];
	const char *transport =
		value_known(&draft->transport) ? draft->transport.text : transport_words[0];

	test->query = resolve_name(l, draft);
	test->record = arena_text(l->config->arena, record);
	test->transport = arena_text(l->config->arena, transport);
	test->expect = resolve_answers(l, draft, test);
	question_subject(test, test->subject);
}

void refuse_question(struct loading *l, struct draft_test *draft, const char *why)
{
	struct value *values[] = {&draft->query, &draft->record, &draft->transport};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (value_known(values[i]))
			section_complain(&l->reading, &draft->section, values[i],
					 "%s; leave it out or choose another method", why);
	}
}
