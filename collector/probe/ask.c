/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/ask.h"
#include "collector/net/endpoint.h"

#include <stdlib.h>
#include <string.h>

static size_t room_of(const char *text)
{
	return text == NULL ? 0 : strlen(text) + 1;
}

static size_t length_of(const char *const *texts)
{
	size_t count = 0;

	while (texts != NULL && texts[count] != NULL)
		count++;
	return count;
}

static size_t room_of_texts(const struct ask *ask)
{
	size_t room = room_of(ask->url) + room_of(ask->text);

	for (size_t i = 0; i < length_of(ask->blocked); i++)
		room += room_of(ask->blocked[i]);
	return room;
}

static const char *put(char **at, const char *text)
{
	char *copy = *at;

	if (text == NULL)
		return NULL;
	memcpy(copy, text, room_of(text));
	*at += room_of(text);
	return copy;
}

/* With what keeps the pointers behind them aligned. */
static size_t octets_of_answers(const struct ask *ask)
{
	size_t octets = ask->expected_count * sizeof(*ask->expected);

	return (octets + sizeof(char *) - 1) / sizeof(char *) * sizeof(char *);
}

/* In the memory behind it: the answers, the list, the texts. */
static void copy_parts(const struct ask *ask, struct ask *copy)
{
	size_t answers = octets_of_answers(ask);
	size_t count = length_of(ask->blocked);
	char *at = (char *)(copy + 1);
	const char **blocked = (const char **)(void *)(at + answers);

	copy->expected = (const struct dns_value *)(void *)at;
	if (ask->expected_count > 0)
		memcpy(at, ask->expected, ask->expected_count * sizeof(*ask->expected));
	at = (char *)(blocked + count + 1);
	copy->url = put(&at, ask->url);
	copy->text = put(&at, ask->text);
	for (size_t i = 0; i < count; i++)
		blocked[i] = put(&at, ask->blocked[i]);
	blocked[count] = NULL;
	copy->blocked = blocked;
}

_Static_assert(sizeof(struct ask) % sizeof(char *) == 0, "what stands behind it is aligned");

enum err ask_copy(const struct ask *ask, struct ask **out)
{
	if (ask == NULL) {
		*out = NULL;
		return E_OK;
	}
	size_t list = (length_of(ask->blocked) + 1) * sizeof(char *);
	struct ask *copy =
		malloc(sizeof(*copy) + octets_of_answers(ask) + list + room_of_texts(ask));
	if (copy == NULL)
		return E_MEMORY;
	*copy = *ask;
	copy_parts(ask, copy);
	*out = copy;
	return E_OK;
}

void ask_destroy(struct ask *ask)
{
	free(ask);
}

static bool is_address(uint16_t type)
{
	return type == DNS_A || type == DNS_AAAA;
}

static bool same_value(const struct dns_value *a, const struct dns_value *b)
{
	if (a->type != b->type)
		return false;
	return is_address(a->type) ? memcmp(a->address, b->address, sizeof(a->address)) == 0
				   : dns_name_same(&a->name, &b->name);
}

static bool is_expected(const struct ask *ask, const struct dns_value *value)
{
	for (size_t i = 0; i < ask->expected_count; i++) {
		if (same_value(&ask->expected[i], value))
			return true;
	}
	return false;
}

bool ask_satisfied(const struct ask *ask, const struct dns_answer *answer)
{
	for (size_t i = 0; ask->expected_count > 0 && i < answer->count; i++) {
		if (!is_expected(ask, &answer->values[i]))
			return false;
	}
	return answer->count > 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_page(const struct ask *a, const struct ask *b)
{
	size_t count = length_of(a->blocked);

	if (!same_text(a->url, b->url) || !same_text(a->text, b->text) ||
	    a->body_most != b->body_most || a->redirects_most != b->redirects_most ||
	    a->by_name != b->by_name || length_of(b->blocked) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(a->blocked[i], b->blocked[i]) != 0)
			return false;
	}
	return true;
}

bool ask_same(const struct ask *a, const struct ask *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (strcmp(a->subject, b->subject) != 0 || a->expected_count != b->expected_count ||
	    !same_page(a, b))
		return false;
	for (size_t i = 0; i < a->expected_count; i++) {
		if (!same_value(&a->expected[i], &b->expected[i]))
			return false;
	}
	return true;
}

enum err ask_expect(uint16_t type, const char *text, struct dns_value *out)
{
	struct dns_value value = {.type = type};
	struct endpoint address;

	if (!is_address(type)) {
		enum err rc = dns_name_parse(text, &value.name);
		if (rc != E_OK)
			return rc;
		*out = value;
		return E_OK;
	}
	if (endpoint_parse(text, &address) != E_OK || address.family != (type == DNS_A ? 4 : 6) ||
	    address.scope != 0)
		return E_SYNTAX;
	memcpy(value.address, address.bytes, sizeof(value.address));
	*out = value;
	return E_OK;
}
