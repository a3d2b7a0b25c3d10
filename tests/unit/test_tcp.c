/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/clock.h"
#include "collector/net/origins.h"
#include "collector/net/ports.h"
#include "collector/packet/ip.h"
#include "collector/packet/tcp.h"
#include "collector/probe/tickets.h"
#include "tests/unit/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 128, V4 = 20, ORIGINS = 20000 };

static const uint8_t here[4] = {192, 0, 2, 1};
static const uint8_t there[4] = {198, 51, 100, 7};

static const struct tcp_syn syn = {
	.family = 4,
	.from = here,
	.to = there,
	.source_port = 49153,
	.port = 443,
	.number = 0x01020304,
	.clock = 0x0a0b0c0d,
};

/* Written out by hand. */
static const uint8_t syn_octets[TCP_SYN_SIZE] = {
	0xc0, 0x01,		/* from port 49153 */
	0x01, 0xbb,		/* to port 443 */
	0x01, 0x02, 0x03, 0x04, /* number */
	0x00, 0x00, 0x00, 0x00, /* nothing acknowledged */
	0xa0, 0x02,		/* ten words of header, SYN */
	0xfa, 0xf0,		/* window 64,240 */
	0x84, 0xf8,		/* checksum */
	0x00, 0x00,		/* nothing urgent */
	0x02, 0x04, 0x05, 0xb4, /* segments of 1,460 octets */
	0x04, 0x02,		/* selective acknowledgement permitted */
	0x08, 0x0a, 0x0a, 0x0b, 0x0c, 0x0d, 0x00, 0x00, 0x00, 0x00, /* time stamp */
	0x01,							    /* padding */
	0x03, 0x03, 0x07,					    /* window scale 7 */
};

static void a_syn_has_the_options_of_a_client(void **state)
{
	uint8_t bytes[ROOM];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(tcp_write_syn(&w, &syn), E_OK);
	assert_int_equal(w.used, TCP_SYN_SIZE);
	assert_memory_equal(bytes, syn_octets, TCP_SYN_SIZE);
	struct writer small = writer_over(bytes, TCP_SYN_SIZE - 1);
	assert_int_equal(tcp_write_syn(&small, &syn), E_SHORT);
}

/* The kernel fills in the checksum; segments are shorter by the longer IP header. */
static void a_syn_over_ipv6_has_no_checksum_yet(void **state)
{
	uint8_t bytes[ROOM];
	uint8_t expected[TCP_SYN_SIZE];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct tcp_syn v6 = syn;

	(void)state;
	v6.family = 6;
	v6.from = NULL;
	v6.to = NULL;
	memcpy(expected, syn_octets, sizeof(expected));
	expected[TCP_CHECKSUM_OFFSET] = 0;
	expected[TCP_CHECKSUM_OFFSET + 1] = 0;
	expected[23] = 0xa0; /* 1,440 */
	assert_int_equal(tcp_write_syn(&w, &v6), E_OK);
	assert_memory_equal(bytes, expected, sizeof(expected));
}

/* --- answers --- */

static const uint8_t answer_octets[V4 + TCP_RESET_SIZE] = {
	0x45, 0x00, 0x00, 0x28, 0x00, 0x00, 0x40, 0x00,
	0x40, 0x06, 0x00, 0x00, 198,  51,   100,  7, /* source */
	192,  0,    2,	  1,			     /* destination */
	0x01, 0xbb, 0xc0, 0x01,			     /* ports */
	0x11, 0x12, 0x13, 0x14,			     /* number */
	0x01, 0x02, 0x03, 0x05,			     /* acknowledged */
	0x50, 0x12, 0x00, 0x00,			     /* five words, SYN and ACK, window 0 */
	0x00, 0x00, 0x00, 0x00,
};

static void seal(uint8_t *packet, size_t len)
{
	uint8_t *segment = packet + V4;
	uint64_t sum = ip_sum(6 + (len - V4), packet + 12, 8);

	segment[16] = 0;
	segment[17] = 0;
	uint16_t check = (uint16_t)~ip_fold(ip_sum(sum, segment, len - V4));
	segment[16] = (uint8_t)(check >> 8);
	segment[17] = (uint8_t)check;
}

static void answers_are_read_or_refused(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		enum err expected;
	} rows[] = {
		{"as it is", 1, 0, E_OK},
		{"of another protocol", 9, 17, E_NOT_FOUND},
		{"an IP header of version 6", 0, 0x65, E_CORRUPT},
		{"an IP header too short", 0, 0x44, E_CORRUPT},
		{"longer than it is", 3, 0x29, E_SHORT},
		{"shorter than its header", 3, 0x26, E_SHORT},
		{"a TCP header too short", V4 + 12, 0x40, E_CORRUPT},
		{"a TCP header longer than the segment", V4 + 12, 0x60, E_CORRUPT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t packet[sizeof(answer_octets)];
		struct tcp_segment segment = {0};
		print_message("# %s\n", rows[i].name);
		memcpy(packet, answer_octets, sizeof(packet));
		packet[rows[i].at] = rows[i].value;
		seal(packet, sizeof(packet));
		assert_int_equal(tcp_read_answer(packet, sizeof(packet), 4, &segment),
				 rows[i].expected);
		if (rows[i].expected != E_OK)
			continue;
		assert_int_equal(segment.source_port, 443);
		assert_int_equal(segment.port, 49153);
		assert_int_equal(segment.number, 0x11121314);
		assert_int_equal(segment.acknowledged, 0x01020305);
		assert_int_equal(segment.flags, TCP_SYN | TCP_ACK);
	}
}

static void every_cut_answer_is_short(void **state)
{
	uint8_t packet[sizeof(answer_octets)];
	struct tcp_segment segment;

	(void)state;
	memcpy(packet, answer_octets, sizeof(packet));
	seal(packet, sizeof(packet));
	for (size_t len = 0; len < sizeof(packet); len++)
		assert_int_equal(tcp_read_answer(packet, len, 4, &segment), E_SHORT);
	for (size_t len = 0; len < TCP_RESET_SIZE; len++)
		assert_int_equal(tcp_read_answer(packet + V4, len, 6, &segment), E_SHORT);
	assert_int_equal(tcp_read_answer(packet + V4, TCP_RESET_SIZE, 6, &segment), E_OK);
}

/* Every octet that the checksum covers matters; one that a card was to complete is right. */
static void a_damaged_answer_is_told(void **state)
{
	uint8_t packet[sizeof(answer_octets)];
	struct tcp_segment segment;

	(void)state;
	memcpy(packet, answer_octets, sizeof(packet));
	seal(packet, sizeof(packet));
	for (size_t at = 12; at < sizeof(packet); at++) {
		packet[at] ^= 0x10;
		assert_int_not_equal(tcp_read_answer(packet, sizeof(packet), 4, &segment), E_OK);
		packet[at] ^= 0x10;
	}
	uint16_t partial = ip_fold(ip_sum(6 + TCP_RESET_SIZE, packet + 12, 8));
	packet[V4 + 16] = (uint8_t)(partial >> 8);
	packet[V4 + 17] = (uint8_t)partial;
	assert_int_equal(tcp_read_answer(packet, sizeof(packet), 4, &segment), E_OK);
	packet[V4 + 17] ^= 1;
	assert_int_equal(tcp_read_answer(packet, sizeof(packet), 4, &segment), E_CHECKSUM);
}

static void looped_and_quoted_packets_are_read(void **state)
{
	uint8_t frame[14 + V4 + TCP_SYN_SIZE] = {0};
	struct tcp_segment segment;

	(void)state;
	memcpy(frame + 14 + V4, syn_octets, TCP_SYN_SIZE);
	assert_int_equal(tcp_read_looped(frame, sizeof(frame), &segment), E_OK);
	assert_int_equal(segment.source_port, 49153);
	assert_int_equal(segment.port, 443);
	assert_int_equal(segment.number, 0x01020304);
	assert_int_equal(tcp_read_looped(frame, TCP_SYN_SIZE - 1, &segment), E_NOT_FOUND);
	frame[14 + V4 + 13] = TCP_SYN | TCP_ACK;
	assert_int_equal(tcp_read_looped(frame, sizeof(frame), &segment), E_NOT_FOUND);
	segment = (struct tcp_segment){0};
	assert_int_equal(tcp_read_quoted(syn_octets, 8, &segment), E_OK);
	assert_int_equal(segment.source_port, 49153);
	assert_int_equal(segment.port, 443);
	assert_int_equal(segment.number, 0x01020304);
	assert_int_equal(tcp_read_quoted(syn_octets, 7, &segment), E_SHORT);
}

/* --- tickets --- */

static struct stub stub_of(uint32_t i)
{
	return (struct stub){
		.mark = {i, (uint16_t)(i >> 4), (uint16_t)(i * 3)},
		.sequence = (uint16_t)(i * 7),
		.port = 443,
	};
}

static bool is_stub(const struct stub *stub, uint32_t i)
{
	struct stub expected = stub_of(i);

	return stub->mark.series == expected.mark.series && stub->mark.slot == expected.mark.slot &&
	       stub->mark.packet == expected.mark.packet && stub->sequence == expected.sequence &&
	       stub->port == expected.port;
}

static uint32_t issue(struct tickets *tickets, uint32_t i, nsec now)
{
	struct stub stub = stub_of(i);
	uint32_t number;

	assert_int_equal(tickets_issue(tickets, &stub, now, &number), E_OK);
	return number;
}

static void tickets_stand_for_their_marks(void **state)
{
	enum { MANY = 5000 };
	static uint32_t numbers[MANY];
	struct tickets *tickets;
	struct stub stub;

	(void)state;
	assert_int_equal(tickets_create(TICKETS_32, &tickets), E_OK);
	for (uint32_t i = 0; i < MANY; i++)
		numbers[i] = issue(tickets, i, i * NSEC_PER_MSEC);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(tickets_find(tickets, numbers[i], &stub));
		assert_true(is_stub(&stub, i));
	}
	/* None of the numbers beside them was issued, but for the few that come of chance. */
	size_t guessed = 0;
	for (uint32_t i = 0; i < MANY; i++)
		guessed += tickets_find(tickets, numbers[i] + 1, &stub);
	assert_in_range(guessed, 0, 2);
	tickets_destroy(tickets);
}

/* Long after its issue a ticket's place is taken by another, and it is found no more. */
static void the_ring_of_tickets_wraps(void **state)
{
	struct tickets *tickets;
	struct stub stub;
	uint32_t first = 0;
	uint32_t last = 0;

	(void)state;
	assert_int_equal(tickets_create(TICKETS_32, &tickets), E_OK);
	for (uint32_t i = 0; i < 100000; i++) {
		last = issue(tickets, i, i * (NSEC_PER_SEC / 5));
		if (i == 0)
			first = last;
		if (i == 5 * TICKETS_KEPT_S)
			assert_true(tickets_find(tickets, first, &stub));
	}
	assert_false(tickets_find(tickets, first, &stub));
	assert_true(tickets_find(tickets, last, &stub));
	assert_true(is_stub(&stub, 99999));
	tickets_destroy(tickets);
}

static void tickets_in_flight_are_bounded(void **state)
{
	struct tickets *tickets;
	struct stub stub = stub_of(1);
	uint32_t number;

	(void)state;
	assert_int_equal(tickets_create(TICKETS_32, &tickets), E_OK);
	uint32_t first = issue(tickets, 0, NSEC_PER_SEC);
	for (uint32_t i = 1; i < TICKETS_MOST; i++)
		assert_int_equal(tickets_issue(tickets, &stub, NSEC_PER_SEC, &number), E_OK);
	assert_int_equal(tickets_issue(tickets, &stub, NSEC_PER_SEC, &number), E_FULL);
	assert_true(tickets_find(tickets, first, &stub));
	assert_true(is_stub(&stub, 0));
	assert_int_equal(
		tickets_issue(tickets, &stub, (TICKETS_KEPT_S + 2) * NSEC_PER_SEC, &number), E_OK);
	tickets_destroy(tickets);
}

/* --- ports and addresses --- */

static int bind_to(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	int failed = bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ? errno : 0;
	close(fd);
	return failed;
}

static void ports_are_taken_and_given_back(void **state)
{
	struct ports ports;
	struct ports other;

	(void)state;
	assert_int_equal(ports_take(PORTS_TCP, &ports), E_OK);
	assert_int_equal(ports_take(PORTS_TCP, &other), E_OK);
	assert_int_equal(ports.first & PORTS_BLOCK, ports.first);
	assert_int_not_equal(ports.first, other.first);
	for (uint16_t i = 0; i < PORTS_COUNT; i++)
		assert_int_equal(bind_to((uint16_t)(ports.first + i)), EADDRINUSE);
	ports_release(&ports);
	ports_release(&other);
	for (uint16_t i = 0; i < PORTS_COUNT; i++)
		assert_int_equal(bind_to((uint16_t)(ports.first + i)), 0);
	ports_release(&ports);
}

static void the_origin_of_packets_to_the_loopback_is_there(void **state)
{
	struct origins *origins;
	struct endpoint host;
	struct endpoint from;

	(void)state;
	assert_int_equal(origins_create(&origins), E_OK);
	assert_int_equal(endpoint_parse("127.0.0.5", &host), E_OK);
	assert_true(origins_find(origins, &host, &from));
	assert_int_equal(from.family, 4);
	assert_int_equal(from.bytes[0], 127);
	assert_int_equal(endpoint_parse("255.255.255.255", &host), E_OK);
	assert_false(origins_find(origins, &host, &from));
	origins_destroy(origins);
}

/* Without a descriptor only what is remembered is found. */
static void many_origins_are_remembered_for_ten_seconds(void **state)
{
	struct rlimit before;
	struct origins *origins;
	struct endpoint host = {.family = 4, .bytes = {127}};
	struct endpoint from;

	(void)state;
	clock_use_virtual(NSEC_PER_SEC, NSEC_PER_SEC);
	assert_int_equal(origins_create(&origins), E_OK);
	for (unsigned int i = 0; i < ORIGINS; i++) {
		host.bytes[2] = (uint8_t)(i >> 8);
		host.bytes[3] = (uint8_t)i;
		assert_true(origins_find(origins, &host, &from));
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, before.rlim_max}), 0);
	clock_advance(10 * NSEC_PER_SEC - 1);
	for (unsigned int i = 0; i < ORIGINS; i++) {
		host.bytes[2] = (uint8_t)(i >> 8);
		host.bytes[3] = (uint8_t)i;
		assert_true(origins_find(origins, &host, &from));
		assert_int_equal(from.family, 4);
		assert_int_equal(from.bytes[0], 127);
	}
	clock_advance(1);
	assert_false(origins_find(origins, &host, &from));
	assert_int_equal(errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_true(origins_find(origins, &host, &from));
	origins_destroy(origins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_syn_has_the_options_of_a_client),
		cmocka_unit_test(a_syn_over_ipv6_has_no_checksum_yet),
		cmocka_unit_test(answers_are_read_or_refused),
		cmocka_unit_test(every_cut_answer_is_short),
		cmocka_unit_test(a_damaged_answer_is_told),
		cmocka_unit_test(looped_and_quoted_packets_are_read),
		cmocka_unit_test(tickets_stand_for_their_marks),
		cmocka_unit_test(the_ring_of_tickets_wraps),
		cmocka_unit_test(tickets_in_flight_are_bounded),
		cmocka_unit_test(ports_are_taken_and_given_back),
		cmocka_unit_test(the_origin_of_packets_to_the_loopback_is_there),
		cmocka_unit_test(many_origins_are_remembered_for_ten_seconds),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
