/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/dns.h"
#include "collector/probe/ask.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 8192, HEADER = 12, FLAGS_AT = 2, COUNTS_AT = 4 };

static struct dns_query query_for(const char *name, uint16_t type)
{
	struct dns_query query = {.id = 0xabcd, .type = type, .recursion = true};

	assert_int_equal(dns_name_parse(name, &query.name), E_OK);
	return query;
}

/* --- names --- */

static void names_are_read(void **state)
{
	static const struct {
		const char *row;
		const char *text;
		enum err rc;
		const char *formatted;
	} rows[] = {
		{"a name", "www.example.cn", E_OK, "www.example.cn"},
		{"its last dot says nothing more", "www.example.cn.", E_OK, "www.example.cn"},
		{"case is none", "WWW.Example.CN", E_OK, "www.example.cn"},
		{"the root", ".", E_OK, "."},
		{"a service begins with an underscore", "_ldap._tcp.gov.cn", E_OK,
		 "_ldap._tcp.gov.cn"},
		{"Chinese", "政务.中国", E_OK, "xn--zfr164b.xn--fiqs8s"},
		{"its full stop is a dot", "政务。中国", E_OK, "xn--zfr164b.xn--fiqs8s"},
		{"German, as IDNA 2008 has it", "straße.example", E_OK, "xn--strae-oqa.example"},
		{"nothing", "", E_SYNTAX, NULL},
		{"an empty label", "www..cn", E_SYNTAX, NULL},
		{"a blank", "www example.cn", E_SYNTAX, NULL},
		{"an escape", "www\\046cn", E_SYNTAX, NULL},
		{"no UTF-8", "\xff\xfe.cn", E_SYNTAX, NULL},
		{"a label of 63",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.cn", E_OK,
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.cn"},
		{"a label of 64",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.cn", E_RANGE,
		 NULL},
	};
	char text[DNS_NAME_TEXT];
	struct dns_name name;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum err rc = dns_name_parse(rows[i].text, &name);
		if (rc != rows[i].rc)
			fail_msg("%s: %s", rows[i].row, err_text(rc));
		if (rc != E_OK)
			continue;
		dns_name_format(&name, text);
		if (strcmp(text, rows[i].formatted) != 0)
			fail_msg("%s: %s", rows[i].row, text);
	}
}

static void a_name_is_at_most_255_octets(void **state)
{
	char text[300] = "";
	struct dns_name name;

	(void)state;
	for (int i = 0; i < 127; i++)
		strcat(text, i == 0 ? "a" : ".a");
	assert_int_equal(dns_name_parse(text, &name), E_OK);
	assert_int_equal(name.len, DNS_NAME_MAX);
	strcat(text, ".a");
	assert_int_equal(dns_name_parse(text, &name), E_RANGE);
}

static void what_is_no_plain_character_is_escaped(void **state)
{
	static const uint8_t octets[] = {3, 'a', '.', 0xff, 1, ' ', 0};
	char text[DNS_NAME_TEXT];
	struct dns_name name;

	(void)state;
	assert_true(dns_name_take(octets, sizeof(octets), &name));
	dns_name_format(&name, text);
	assert_string_equal(text, "a\\046\\255.\\032");
	assert_false(dns_name_take(octets, sizeof(octets) - 1, &name));
}

/* --- queries --- */

static void a_query_is_written(void **state)
{
	static const uint8_t expected[] = {
		0xab, 0xcd, 0x01, 0x00,				   /* id, recursion */
		0,    1,    0,	  0,	0,    0,   0, 1,	   /* counts */
		2,    'a',  'b',  2,	'c',  'n', 0, 0, 28, 0, 1, /* ab.cn AAAA IN */
		0,    0,    41,	  0x04, 0xd0, 0,   0, 0, 0,  0, 0, /* OPT, 1,232 */
	};
	struct dns_query query = query_for("AB.cn", DNS_AAAA);
	uint8_t bytes[DNS_QUERY_MAX];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct dns_query read;

	(void)state;
	query.edns = DNS_EDNS_SIZE;
	assert_int_equal(dns_write_query(&w, &query), E_OK);
	assert_int_equal(w.used, sizeof(expected));
	assert_int_equal(dns_query_size(&query), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(dns_read_query(bytes, w.used, &read), E_OK);
	assert_int_equal(read.id, query.id);
	assert_int_equal(read.type, DNS_AAAA);
	assert_true(read.recursion && dns_name_same(&read.name, &query.name));
	assert_int_equal(dns_read_query(bytes, HEADER - 1, &read), E_SHORT);
	assert_int_equal(dns_read_query(bytes, HEADER + 3, &read), E_CORRUPT);
	w = writer_over(bytes, sizeof(expected) - 1);
	assert_int_equal(dns_write_query(&w, &query), E_SHORT);
}

static void without_edns_nothing_follows_the_question(void **state)
{
	struct dns_query query = query_for(".", DNS_NS);
	uint8_t bytes[DNS_QUERY_MAX];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	query.recursion = false;
	assert_int_equal(dns_write_query(&w, &query), E_OK);
	assert_int_equal(w.used, HEADER + 1 + 4);
	assert_int_equal(bytes[FLAGS_AT], 0);
	assert_int_equal(bytes[COUNTS_AT + 7], 0);
}

/* --- answers --- */

struct message {
	uint8_t bytes[ROOM];
	struct writer w;
};

/* A response to the query with these flags and no record yet. */
static void begin(struct message *message, const struct dns_query *query, uint16_t flags)
{
	struct dns_query plain = *query;

	plain.edns = 0;
	message->w = writer_over(message->bytes, sizeof(message->bytes));
	assert_int_equal(dns_write_query(&message->w, &plain), E_OK);
	message->bytes[FLAGS_AT] = (uint8_t)(0x80 | flags >> 8);
	message->bytes[FLAGS_AT + 1] = (uint8_t)flags;
}

enum section { ANSWER = 1, AUTHORITY, ADDITIONAL };

struct record {
	enum section section;
	const char *owner;
	uint16_t type;
	uint32_t ttl;
	const void *data;
	size_t len;
};

static void add(struct message *message, const struct record *record)
{
	struct writer *w = &message->w;
	struct dns_name owner;

	assert_int_equal(dns_name_parse(record->owner, &owner), E_OK);
	write_bytes(w, owner.octets, owner.len);
	write_u16(w, record->type);
	write_u16(w, 1);
	write_u32(w, record->ttl);
	write_u16(w, (uint16_t)record->len);
	write_bytes(w, record->data, record->len);
	message->bytes[COUNTS_AT + 2 * record->section + 1]++;
	assert_false(w->failed);
}

static void add_named(struct message *message, const char *owner, uint16_t type, const char *name)
{
	struct dns_name target;

	assert_int_equal(dns_name_parse(name, &target), E_OK);
	add(message, &(struct record){ANSWER, owner, type, 60, target.octets, target.len});
}

static void add_opt(struct message *message, uint16_t size, uint8_t upper_rcode)
{
	write_u8(&message->w, 0);
	write_u16(&message->w, 41);
	write_u16(&message->w, size);
	write_u8(&message->w, upper_rcode);
	write_fill(&message->w, 0, 5);
	message->bytes[COUNTS_AT + 2 * ADDITIONAL + 1]++;
}

static const uint8_t one[4] = {192, 0, 2, 1};
static const uint8_t two[4] = {192, 0, 2, 2};

static enum err read(const struct message *message, const struct dns_query *query,
		     struct dns_answer *out)
{
	return dns_read_answer(message->bytes, message->w.used, query, out);
}

static void addresses_are_read_behind_their_aliases(void **state)
{
	struct dns_query query = query_for("www.gov.cn", DNS_A);
	struct message message;
	struct dns_answer answer;
	char text[DNS_NAME_TEXT];

	(void)state;
	begin(&message, &query, 0x0480);
	add_named(&message, "WWW.gov.cn", DNS_CNAME, "cdn.gov.cn");
	add(&message, &(struct record){ANSWER, "node.cdn.cn", DNS_A, 30, one, 4});
	add_named(&message, "cdn.gov.cn", DNS_CNAME, "Node.CDN.cn");
	add(&message, &(struct record){ANSWER, "node.cdn.cn", DNS_A, 20, two, 4});
	add(&message, &(struct record){ANSWER, "other.cn", DNS_A, 20, two, 4});
	add(&message, &(struct record){ADDITIONAL, "node.cdn.cn", DNS_A, 20, one, 4});
	add_opt(&message, 4096, 0);
	assert_int_equal(read(&message, &query, &answer), E_OK);
	assert_int_equal(answer.rcode, DNS_NOERROR);
	assert_true(answer.authoritative && answer.recursion_available);
	assert_false(answer.truncated || answer.authentic);
	assert_int_equal(answer.edns, 4096);
	assert_int_equal(answer.aliases, 2);
	dns_name_format(&answer.name, text);
	assert_string_equal(text, "node.cdn.cn");
	assert_int_equal(answer.count, 2);
	assert_memory_equal(answer.values[0].address, one, 4);
	assert_int_equal(answer.values[0].ttl, 30);
	assert_memory_equal(answer.values[1].address, two, 4);
}

static void each_type_has_its_value(void **state)
{
	static const uint8_t soa[] = {2,    'n', 's', 0xc0, HEADER, 1, 'h', 0xc0, HEADER, 0x78,
				      0xa0, 0,	 5,   0,    0,	    0, 1,   0,	  0,	  0,
				      2,    0,	 0,   0,    3,	    0, 0,   0,	  4};
	static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};
	struct dns_query query = query_for("gov.cn", DNS_SOA);
	struct message message;
	struct dns_answer answer;
	char text[DNS_NAME_TEXT];

	(void)state;
	begin(&message, &query, 0x0020);
	add(&message, &(struct record){ANSWER, "gov.cn", DNS_SOA, 60, soa, sizeof(soa)});
	assert_int_equal(read(&message, &query, &answer), E_OK);
	assert_true(answer.authentic && answer.count == 1);
	assert_int_equal(answer.values[0].serial, 0x78a00005);
	dns_name_format(&answer.values[0].name, text);
	assert_string_equal(text, "ns.gov.cn");

	query.type = DNS_NS;
	begin(&message, &query, 0);
	add_named(&message, "gov.cn", DNS_NS, "ns1.gov.cn");
	assert_int_equal(read(&message, &query, &answer), E_OK);
	dns_name_format(&answer.values[0].name, text);
	assert_string_equal(text, "ns1.gov.cn");

	query.type = DNS_AAAA;
	begin(&message, &query, 0);
	add(&message, &(struct record){ANSWER, "gov.cn", DNS_AAAA, 60, v6, sizeof(v6)});
	assert_int_equal(read(&message, &query, &answer), E_OK);
	assert_memory_equal(answer.values[0].address, v6, sizeof(v6));
	assert_int_equal(answer.edns, 0);
}

static void failures_are_told_by_their_code(void **state)
{
	struct dns_query query = query_for("gov.cn", DNS_A);
	struct message message;
	struct dns_answer answer;

	(void)state;
	begin(&message, &query, DNS_NXDOMAIN);
	assert_int_equal(read(&message, &query, &answer), E_OK);
	assert_int_equal(answer.rcode, DNS_NXDOMAIN);
	assert_int_equal(answer.count, 0);
	begin(&message, &query, 0);
	add_opt(&message, 1232, 1);
	assert_int_equal(read(&message, &query, &answer), E_OK);
	assert_int_equal(answer.rcode, 16); /* BADVERS, RFC 6891, section 9 */
	assert_null(dns_rcode_name(16));
	assert_string_equal(dns_rcode_name(DNS_SERVFAIL), "SERVFAIL");
}

static void of_a_truncated_answer_only_the_header_counts(void **state)
{
	struct dns_query query = query_for("gov.cn", DNS_A);
	struct message message;
	struct dns_answer answer;

	(void)state;
	begin(&message, &query, 0x0200);
	add(&message, &(struct record){ANSWER, "gov.cn", DNS_A, 60, one, 4});
	message.w.used -= 2;
	assert_int_equal(read(&message, &query, &answer), E_OK);
	assert_true(answer.truncated);
	assert_int_equal(answer.count, 0);
}

static void only_an_answer_to_the_query_is_one(void **state)
{
	struct dns_query query = query_for("gov.cn", DNS_A);
	struct dns_query other = query_for("gov.com", DNS_A);
	struct message message;
	struct dns_answer answer;

	(void)state;
	begin(&message, &query, 0);
	assert_true(dns_answers(message.bytes, message.w.used, &query));
	assert_false(dns_answers(message.bytes, message.w.used - 1, &query));
	assert_false(dns_answers(message.bytes, HEADER - 1, &query));
	assert_false(dns_answers(message.bytes, message.w.used, &other));
	assert_int_equal(read(&message, &other, &answer), E_NOT_FOUND);
	query.id++;
	assert_false(dns_answers(message.bytes, message.w.used, &query));
	query.id--;
	query.type = DNS_AAAA;
	assert_false(dns_answers(message.bytes, message.w.used, &query));
	query.type = DNS_A;
	message.bytes[FLAGS_AT] = 0; /* a query */
	assert_false(dns_answers(message.bytes, message.w.used, &query));
	message.bytes[FLAGS_AT] = 0x80 | 0x28; /* a notification, RFC 1996 */
	assert_false(dns_answers(message.bytes, message.w.used, &query));
}

/* A server that could not read the question cannot repeat it. */
static void a_question_may_be_missing_where_it_was_not_read(void **state)
{
	struct dns_query query = query_for("gov.cn", DNS_A);
	struct message message;

	(void)state;
	begin(&message, &query, DNS_FORMERR);
	message.bytes[COUNTS_AT + 1] = 0;
	assert_true(dns_answers(message.bytes, HEADER, &query));
	message.bytes[FLAGS_AT + 1] = DNS_SERVFAIL;
	assert_false(dns_answers(message.bytes, HEADER, &query));
}

static void what_is_cut_or_contradicts_itself_is_refused(void **state)
{
	struct dns_query query = query_for("gov.cn", DNS_A);
	struct message message;
	struct dns_answer answer;

	(void)state;
	begin(&message, &query, 0);
	size_t question_end = message.w.used;
	add(&message, &(struct record){ANSWER, "gov.cn", DNS_A, 60, one, 4});
	size_t whole = message.w.used;
	for (size_t len = question_end; len < whole; len++)
		assert_int_equal(dns_read_answer(message.bytes, len, &query, &answer), E_CORRUPT);
	message.bytes[question_end] = 0xc0; /* a name that points at itself */
	message.bytes[question_end + 1] = (uint8_t)question_end;
	assert_int_equal(read(&message, &query, &answer), E_CORRUPT);
	begin(&message, &query, 0);
	add(&message, &(struct record){ANSWER, "gov.cn", DNS_A, 60, one, 3});
	assert_int_equal(read(&message, &query, &answer), E_CORRUPT);
}

static void what_has_no_end_is_refused(void **state)
{
	struct dns_query query = query_for("gov.cn", DNS_A);
	struct message message;
	struct dns_answer answer;

	(void)state;
	begin(&message, &query, 0);
	add_named(&message, "gov.cn", DNS_CNAME, "a.cn");
	add_named(&message, "a.cn", DNS_CNAME, "gov.cn");
	assert_int_equal(read(&message, &query, &answer), E_FULL);
	begin(&message, &query, 0);
	for (int i = 0; i <= DNS_VALUES_MAX; i++)
		add(&message, &(struct record){ANSWER, "gov.cn", DNS_A, 60, one, 4});
	assert_int_equal(read(&message, &query, &answer), E_FULL);
	begin(&message, &query, 0);
	message.bytes[COUNTS_AT + 2] = 2; /* 512 records are promised */
	assert_int_equal(read(&message, &query, &answer), E_FULL);
}

static void types_have_names(void **state)
{
	(void)state;
	assert_int_equal(dns_type_find("AAAA"), DNS_AAAA);
	assert_int_equal(dns_type_find("ANY"), 0);
	assert_string_equal(dns_type_name(DNS_SOA), "SOA");
	assert_null(dns_type_name(255));
}

/* --- right answers --- */

static void only_right_answers_satisfy(void **state)
{
	struct dns_value expected[2];
	struct ask ask = {.expected = expected};
	struct dns_answer answer = {.count = 0};
	struct dns_value name;

	(void)state;
	assert_int_equal(ask_expect(DNS_A, "192.0.2.1", &expected[0]), E_OK);
	assert_int_equal(ask_expect(DNS_A, "192.0.2.2", &expected[1]), E_OK);
	assert_int_equal(ask_expect(DNS_A, "2001:db8::1", &name), E_SYNTAX);
	assert_int_equal(ask_expect(DNS_NS, "NS.gov.cn.", &name), E_OK);
	assert_false(ask_satisfied(&ask, &answer));
	answer.count = 2;
	answer.values[0] = expected[0];
	answer.values[1] = name;
	assert_true(ask_satisfied(&ask, &answer)); /* any will do */
	ask.expected_count = 2;
	assert_false(ask_satisfied(&ask, &answer));
	answer.count = 1;
	assert_true(ask_satisfied(&ask, &answer));
}

static void a_copy_of_what_is_asked_is_the_same(void **state)
{
	struct dns_value expected[1];
	struct ask ask = {.subject = "0123456789abcdef", .expected = expected, .expected_count = 1};
	struct ask *copy;

	(void)state;
	assert_int_equal(ask_expect(DNS_AAAA, "2001:db8::1", &expected[0]), E_OK);
	assert_int_equal(ask_copy(&ask, &copy), E_OK);
	assert_true(ask_same(&ask, copy));
	expected[0].address[0] ^= 1;
	assert_false(ask_same(&ask, copy));
	assert_false(ask_same(&ask, NULL));
	ask_destroy(copy);
	assert_int_equal(ask_copy(NULL, &copy), E_OK);
	assert_null(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(a_name_is_at_most_255_octets),
		cmocka_unit_test(what_is_no_plain_character_is_escaped),
		cmocka_unit_test(a_query_is_written),
		cmocka_unit_test(without_edns_nothing_follows_the_question),
		cmocka_unit_test(addresses_are_read_behind_their_aliases),
		cmocka_unit_test(each_type_has_its_value),
		cmocka_unit_test(failures_are_told_by_their_code),
		cmocka_unit_test(of_a_truncated_answer_only_the_header_counts),
		cmocka_unit_test(only_an_answer_to_the_query_is_one),
		cmocka_unit_test(a_question_may_be_missing_where_it_was_not_read),
		cmocka_unit_test(what_is_cut_or_contradicts_itself_is_refused),
		cmocka_unit_test(what_has_no_end_is_refused),
		cmocka_unit_test(types_have_names),
		cmocka_unit_test(only_right_answers_satisfy),
		cmocka_unit_test(a_copy_of_what_is_asked_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
