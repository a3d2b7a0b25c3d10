/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/dns_records.h"
#include "tests/unit/check.h"

#include <string.h>

enum { ROOM = 1024, COUNTS_AT = 4 };

struct message {
	uint8_t bytes[ROOM];
	size_t len;
};

struct octets {
	const char *bytes;
	size_t len;
};

/* Octets of a literal, without the one that ends it. */
#define OCTETS(text)                                                                               \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

#define HEADER "\0\0\0\0\0\0\0\0\0\0\0\0"

/* The name of the question, the type A and the class IN, the TTL of a minute, an address. */
#define RECORD "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
#define OPT    "\0\0\x29\x04\xd0\1\0\0\0"

static void append(struct message *message, struct octets octets)
{
	assert_true(message->len + octets.len <= ROOM);
	memcpy(message->bytes + message->len, octets.bytes, octets.len);
	message->len += octets.len;
}

/* A response that repeats the question for the address of "cn". */
static struct message response(void)
{
	struct message message = {.len = 0};

	append(&message, (struct octets)OCTETS("\xab\xcd\x81\x80\0\1\0\0\0\0\0\0\2cn\0\0\1\0\1"));
	return message;
}

static bool is_plain(const struct message *message, struct dns_records *out)
{
	return dns_records_plain(message->bytes, message->len, out);
}

static void usual_records_are_read_the_short_way(void **state)
{
	static const struct {
		const char *row;
		bool plain;
		uint8_t counts[3]; /* answers, authorities, additional records */
		struct octets octets;
	} rows[] = {
		{"no record", true, {0, 0, 0}, OCTETS("")},
		{"an address", true, {1, 0, 0}, OCTETS(RECORD)},
		{"an authority and its address",
		 true,
		 {0, 1, 1},
		 OCTETS("\xc0\x0c\0\2\0\1\0\0\0\x3c\0\5\2ns\xc0\x0c"
			"\2ns\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1")},
		{"EDNS", true, {0, 0, 1}, OCTETS(OPT "\0\0")},
		{"EDNS with an option", false, {0, 0, 1}, OCTETS(OPT "\0\4\0\x0a\0\0")},
		{"EDNS twice", false, {0, 0, 2}, OCTETS(OPT "\0\0" OPT "\0\0")},
		{"EDNS among the answers", false, {1, 0, 0}, OCTETS(OPT "\0\0")},
		{"a text", false, {1, 0, 0}, OCTETS("\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\2\1t")},
		{"the class of CHAOS",
		 false,
		 {1, 0, 0},
		 OCTETS("\xc0\x0c\0\1\0\3\0\0\0\x3c\0\4\xc0\0\2\1")},
		{"three octets of an address",
		 false,
		 {1, 0, 0},
		 OCTETS("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\3\xc0\0\2")},
		{"a record that is cut",
		 false,
		 {1, 0, 0},
		 OCTETS("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2")},
		{"an octet behind them", false, {1, 0, 0}, OCTETS(RECORD "\0")},
		{"an alias that points at its data",
		 false,
		 {1, 0, 0},
		 OCTETS("\xc0\x0c\0\5\0\1\0\0\0\x3c\0\3\xc0\x20\0")},
	};
	struct dns_records records;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct message message = response();
		append(&message, rows[i].octets);
		for (int j = 0; j < 3; j++)
			message.bytes[COUNTS_AT + 2 * j + 3] = rows[i].counts[j];
		if (is_plain(&message, &records) != rows[i].plain)
			fail_msg("%s: %s the short way", rows[i].row,
				 rows[i].plain ? "not" : "wrongly");
	}
}

static void both_ways_read_the_same(void **state)
{
	struct message message = response();
	struct dns_records both[2];

	(void)state;
	append(&message, (struct octets)OCTETS(RECORD OPT "\0\0"));
	message.bytes[COUNTS_AT + 3] = 1;
	message.bytes[COUNTS_AT + 7] = 1;
	assert_true(is_plain(&message, &both[0]));
	assert_int_equal(dns_records_read(message.bytes, message.len, DNS_A, &both[1]), E_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(both[i].edns, 1232);
		assert_int_equal(both[i].upper, 1);
		assert_int_equal(both[i].count, 1);
		assert_true(both[i].items[0].good);
		assert_int_equal(both[i].items[0].owner.len, 4);
		assert_memory_equal(both[i].items[0].owner.octets, "\2cn", 4);
		assert_int_equal(both[i].items[0].value.type, DNS_A);
		assert_int_equal(both[i].items[0].value.ttl, 60);
		assert_memory_equal(both[i].items[0].value.address, "\xc0\0\2\1", 4);
		dns_records_finish(&both[i]);
	}
}

static void many_records_are_read_the_whole_way(void **state)
{
	struct message message = response();
	struct dns_records records;

	(void)state;
	for (int i = 1; i <= DNS_RECORDS_PLAIN; i++) {
		append(&message, (struct octets)OCTETS(RECORD));
		message.bytes[COUNTS_AT + 3] = (uint8_t)i;
		assert_true(is_plain(&message, &records));
		assert_int_equal(records.count, i);
	}
	append(&message, (struct octets)OCTETS(RECORD));
	message.bytes[COUNTS_AT + 3]++;
	assert_false(is_plain(&message, &records));
	assert_int_equal(dns_records_read(message.bytes, message.len, DNS_A, &records), E_OK);
	assert_int_equal(records.count, DNS_RECORDS_PLAIN + 1);
	dns_records_finish(&records);
}

static void names_end_by_pointers_that_lead_back(void **state)
{
	static const struct {
		const char *row;
		struct octets octets;
		size_t at;
		const char *name; /* NULL: none */
		size_t end;
	} rows[] = {
		{"a name", OCTETS(HEADER "\2CN\0"), 12, "cn", 16},
		{"a pointer alone", OCTETS(HEADER "\2cn\0\xc0\x0c"), 16, "cn", 18},
		{"a label before it", OCTETS(HEADER "\2cn\0\1w\xc0\x0c"), 16, "w.cn", 20},
		{"two pointers", OCTETS(HEADER "\2cn\0\1w\xc0\x0c\1x\xc0\x10"), 20, "x.w.cn", 24},
		{"to itself", OCTETS(HEADER "\2cn\0\xc0\x10"), 16, NULL, 0},
		{"to its own label", OCTETS(HEADER "\1w\xc0\x0c"), 12, NULL, 0},
		{"ahead", OCTETS(HEADER "\xc0\x0e\0"), 12, NULL, 0},
		{"into the header", OCTETS(HEADER "\xc0\x0b"), 12, NULL, 0},
		{"half of one", OCTETS(HEADER "\0\xc0"), 13, NULL, 0},
		{"a label of 64", OCTETS(HEADER "\x40"), 12, NULL, 0},
		{"without end", OCTETS(HEADER "\2cn"), 12, NULL, 0},
		{"nothing", OCTETS(HEADER), 12, NULL, 0},
	};
	char text[DNS_NAME_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const uint8_t *bytes = (const uint8_t *)rows[i].octets.bytes;
		struct dns_name name;
		size_t at = rows[i].at;
		bool good = dns_name_unpack(bytes, rows[i].octets.len, &at, &name);
		if (good != (rows[i].name != NULL))
			fail_msg("%s: %s", rows[i].row, good ? "taken" : "refused");
		if (at != (good ? rows[i].end : rows[i].at))
			fail_msg("%s: ends at %zu", rows[i].row, at);
		if (!good)
			continue;
		dns_name_format(&name, text);
		if (strcmp(text, rows[i].name) != 0)
			fail_msg("%s: %s", rows[i].row, text);
	}
}

/* In both ways: 125 labels of an octet before "cn" are 254 octets. */
static void packed_names_have_at_most_255_octets(void **state)
{
	struct dns_records records;

	(void)state;
	for (size_t labels = 124; labels <= 126; labels++) {
		struct message message = response();
		for (size_t i = 0; i < labels; i++)
			append(&message, (struct octets)OCTETS("\1b"));
		append(&message, (struct octets)OCTETS(RECORD));
		message.bytes[COUNTS_AT + 3] = 1;
		assert_int_equal(is_plain(&message, &records), labels <= 125);
		enum err rc = dns_records_read(message.bytes, message.len, DNS_A, &records);
		assert_int_equal(rc, labels <= 125 ? E_OK : E_CORRUPT);
		if (rc != E_OK)
			continue;
		assert_int_equal(records.items[0].owner.len, 2 * labels + 4);
		dns_records_finish(&records);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_records_are_read_the_short_way),
		cmocka_unit_test(both_ways_read_the_same),
		cmocka_unit_test(many_records_are_read_the_whole_way),
		cmocka_unit_test(names_end_by_pointers_that_lead_back),
		cmocka_unit_test(packed_names_have_at_most_255_octets),
	};

	return cmocka_run_group_tests_name("dns_records", tests, NULL, NULL);
}
