/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/asking.h"
#include "config/domain.h"
#include "config/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_of(char *const *texts)
{
	size_t count = 0;

	while (texts[count] != NULL)
		count++;
	return count;
}

static enum err read_expected(const struct test_config *test, struct ask *ask,
			      struct dns_value *values)
{
	for (size_t i = 0; i < ask->expected_count; i++) {
		enum err rc = ask_expect(ask->query.type, test->expect[i], &values[i]);
		if (rc != E_OK)
			return rc;
	}
	return E_OK;
}

static enum err page_of(const struct test_config *test, const struct site *site, struct ask **out)
{
	struct test_type type = test_type_at(test, site);
	bool own = test_visits_own_pages(test) && test->expect[0] == NULL;
	struct ask ask = {
		.url = test_page_at(test, site),
		.text = own ? site->expect : test->expect[0],
		.blocked = (const char *const *)test->blocked,
		.body_most = test->body,
		.redirects_most = test->redirects,
		.by_name = test->by_name,
	};

	snprintf(ask.subject, sizeof(ask.subject), "%s", type.subject);
	return ask_copy(&ask, out);
}

static enum err question_of(const struct test_config *test, struct ask **out)
{
	struct ask ask = {.query = {.edns = DNS_EDNS_SIZE, .recursion = true}};

	snprintf(ask.subject, sizeof(ask.subject), "%s", test->subject);
	ask.query.type = dns_type_find(test->record);
	ask.transport = strcmp(test->transport, "tcp") == 0 ? ASK_STREAM : ASK_DATAGRAM;
	ask.expected_count = count_of(test->expect);
	struct dns_value *values = calloc(ask.expected_count + 1, sizeof(*values));
	if (values == NULL)
		return E_MEMORY;
	ask.expected = values;
	enum err rc = dns_name_parse(test->query, &ask.query.name);
	if (rc == E_OK)
		rc = read_expected(test, &ask, values);
	if (rc == E_OK)
		rc = ask_copy(&ask, out);
	free(values);
	return rc;
}

enum err asking_of(const struct test_config *test, const struct site *site, struct ask **out)
{
	if (test_page_at(test, site) != NULL)
		return page_of(test, site, out);
	if (test->query != NULL)
		return question_of(test, out);
	*out = NULL;
	return E_OK;
}

/* The word of a list that was given, or its first; NULL after telling what would be right. */
static char *choose(const char *option, const char *word, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (word == NULL || strcmp(word, words[i]) == 0)
			return (char *)(uintptr_t)words[i];
	}
	fprintf(stderr, "--%s: '%s' is unknown; write", option, word);
	for (size_t i = 0; words[i] != NULL; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : " or", words[i]);
	fputc('\n', stderr);
	return NULL;
}

enum { EXPECTED_MOST = 16 };

/* Right answers as they are compared, each in a line of texts; false after telling what is wrong.
 */
static bool read_answers(const char *list, const char *record,
			 char texts[EXPECTED_MOST][DOMAIN_TEXT], char *out[EXPECTED_MOST + 1])
{
	struct problem problem = {.text = "more than 16 answers; leave some out"};
	char text[DOMAIN_TEXT];
	size_t count = 0;

	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += at != list;
		size_t len = strcspn(at, ",");
		snprintf(text, sizeof(text), "%.*s", (int)len, at);
		if (count == EXPECTED_MOST || len >= sizeof(text) ||
		    !question_answer(record, text, texts[count], DOMAIN_TEXT, &problem)) {
			fprintf(stderr, "--expect: %s\n", problem.text);
			return false;
		}
		out[count] = texts[count];
		count++;
	}
	out[count] = NULL;
	return true;
}

enum err asking_from_words(const struct asking_words *words, struct ask **out)
{
	char query[DOMAIN_TEXT];
	char texts[EXPECTED_MOST][DOMAIN_TEXT];
	char *expect[EXPECTED_MOST + 1];
	struct problem problem;
	struct test_config test = {
		.query = query,
		.record = choose("record", words->record, record_words),
		.transport = choose("transport", words->transport, transport_words),
		.expect = expect,
	};

	if (words->query == NULL)
		fprintf(stderr, "--query is missing; dns needs one, such as www.example.cn\n");
	else if (!domain_parse(words->query, query, &problem))
		fprintf(stderr, "--query: %s\n", problem.text);
	else if (test.record != NULL && test.transport != NULL &&
		 read_answers(words->expect, test.record, texts, expect)) {
		question_subject(&test, test.subject);
		return question_of(&test, out);
	}
	return E_USAGE;
}
