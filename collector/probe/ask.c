/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/ask.h"
#include "collector/net/endpoint.h"

#include <stdlib.h>
#include <string.h>

enum err ask_copy(const struct ask *ask, struct ask **out)
{
	if (ask == NULL) {
		*out = NULL;
		return E_OK;
	}
	/* The answers stand behind it in the same memory. */
	size_t octets = ask->expected_count * sizeof(*ask->expected);
	struct ask *copy = malloc(sizeof(*copy) + octets);
	if (copy == NULL)
		return E_MEMORY;
	*copy = *ask;
	if (octets > 0)
		memcpy(copy + 1, ask->expected, octets);
	copy->expected = (const struct dns_value *)(copy + 1);
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

bool ask_same(const struct ask *a, const struct ask *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (strcmp(a->subject, b->subject) != 0 || a->expected_count != b->expected_count)
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
