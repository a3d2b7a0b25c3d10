/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first octet says what the rest is: a message that answers a query, made from its own head so
 * that reading begins, or the text of a name. What is read must answer the query, within the
 * bounds, every name must be written as text that means it, and what the short way takes for
 * records must be what the whole way reads. */
#include "collector/packet/dns.h"
#include "collector/packet/dns_records.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 12, RESPONSE = 0x80, TEXT_MAX = 600 };

static void must(bool good)
{
	if (!good)
		abort();
}

/* Names with escapes are not read as text, so only those without say the same again. */
static void check_name(const struct dns_name *name)
{
	char text[DNS_NAME_TEXT];
	struct dns_name again;
	struct dns_name taken;

	must(name->len >= 1 && dns_name_take(name->octets, name->len, &taken) &&
	     dns_name_same(name, &taken));
	dns_name_format(name, text);
	must(strlen(text) < sizeof(text));
	if (strchr(text, '\\') == NULL)
		must(dns_name_parse(text, &again) == E_OK && dns_name_same(name, &again));
}

static void check_answer(const struct dns_answer *answer, const struct dns_query *query)
{
	must(answer->count <= DNS_VALUES_MAX && answer->aliases <= DNS_CHAIN_MAX);
	check_name(&answer->name);
	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_value *value = &answer->values[i];
		must(value->type == query->type);
		if (value->type != DNS_A && value->type != DNS_AAAA)
			check_name(&value->name);
	}
}

static bool same_record(const struct dns_record *a, const struct dns_record *b)
{
	return a->good == b->good && dns_name_same(&a->owner, &b->owner) &&
	       a->value.type == b->value.type && a->value.ttl == b->value.ttl &&
	       a->value.serial == b->value.serial &&
	       memcmp(a->value.address, b->value.address, sizeof(a->value.address)) == 0 &&
	       dns_name_same(&a->value.name, &b->value.name);
}

static void compare_ways(const uint8_t *bytes, size_t size, uint16_t type)
{
	struct dns_records plain;
	struct dns_records whole;
	size_t found = 0;

	if (!dns_records_plain(bytes, size, &plain))
		return;
	must(dns_records_read(bytes, size, type, &whole) == E_OK);
	must(plain.edns == whole.edns && plain.upper == whole.upper);
	for (size_t i = 0; i < plain.count; i++) {
		const struct dns_record *record = &plain.items[i];
		if (record->value.type != type && record->value.type != DNS_CNAME)
			continue;
		must(found < whole.count && same_record(record, &whole.items[found]));
		found++;
	}
	must(found == whole.count);
	dns_records_finish(&whole);
	dns_records_finish(&plain);
}

static void read_message(uint8_t *bytes, size_t size)
{
	static const uint16_t types[] = {DNS_A, DNS_NS, DNS_CNAME, DNS_SOA, DNS_AAAA};
	struct dns_query query = {.type = DNS_A, .name = {.len = 1}}; /* of the root */
	struct dns_answer answer;

	if (size > HEADER) {
		bytes[2] &= (uint8_t)~RESPONSE;
		if (dns_read_query(bytes, size, &query) != E_OK)
			query.type = DNS_A;
		bytes[2] |= RESPONSE;
	}
	query.id = (uint16_t)(size < 2 ? 0 : bytes[0] << 8 | bytes[1]);
	if (dns_read_answer(bytes, size, &query, &answer) == E_OK) {
		bool known = false;
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			known = known || types[i] == query.type;
		if (known)
			check_answer(&answer, &query);
	}
	compare_ways(bytes, size, query.type);
	query.id++;
	must(dns_read_answer(bytes, size, &query, &answer) == E_NOT_FOUND);
}

static void read_text(const uint8_t *bytes, size_t size)
{
	char text[TEXT_MAX];
	struct dns_name name;

	if (size >= sizeof(text))
		return;
	memcpy(text, bytes, size);
	text[size] = '\0';
	if (dns_name_parse(text, &name) == E_OK)
		must(dns_name_take(name.octets, name.len, &name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	/* A copy of its own size, so that a read beyond its end is noticed. */
	uint8_t *bytes = malloc(size - 1 == 0 ? 1 : size - 1);
	if (bytes == NULL)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	if (data[0] % 2 == 0)
		read_message(bytes, size - 1);
	else
		read_text(bytes, size - 1);
	free(bytes);
	return 0;
}
