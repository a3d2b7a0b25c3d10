/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/asking.h"

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

static enum err page_of(const struct test_config *test, struct ask **out)
{
	struct ask ask = {
		.url = test->url,
		.text = test->expect[0],
		.blocked = (const char *const *)test->blocked,
		.body_most = test->body,
		.redirects_most = test->redirects,
		.by_name = test->by_name,
	};

	snprintf(ask.subject, sizeof(ask.subject), "%s", test->subject);
	return ask_copy(&ask, out);
}

enum err asking_of(const struct test_config *test, struct ask **out)
{
	if (test->url != NULL)
		return page_of(test, out);

	struct ask ask = {.query = {.edns = DNS_EDNS_SIZE, .recursion = true}};

	if (test->query == NULL) {
		*out = NULL;
		return E_OK;
	}
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
