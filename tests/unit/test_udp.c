/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/ip.h"
#include "collector/packet/udp.h"
#include "collector/probe/tickets.h"
#include "tests/unit/check.h"

#include <string.h>

static const uint8_t here[4] = {192, 0, 2, 1};
static const uint8_t there[4] = {198, 51, 100, 7};
static const struct udp_ends ends = {4, here, there};

/* Written out by hand, behind an IP header; the sum of its words, addresses and length is
 * 0xffff. */
static const uint8_t packet[] = {
	0x45, 0,  0,   31, 0,	 0,    0,    0,	   64,	 17,   0,    0,	   192, 0,   2,	  1,
	198,  51, 100, 7,  0xc0, 0x01, 0x00, 0x35, 0x00, 0x0b, 0x8f, 0x02, 'a', 'b', 'c',
};

static void a_datagram_is_written(void **state)
{
	struct udp_datagram datagram = {49153, 53, (const uint8_t *)"abc", 3};
	uint8_t bytes[32];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(udp_write(&w, &ends, &datagram), E_OK);
	assert_int_equal(w.used, sizeof(packet) - 20);
	uint64_t sum = ip_sum(ip_sum(IP_PROTOCOL_UDP + 11, here, 4), there, 4);
	assert_int_equal(ip_fold(ip_sum(sum, bytes, w.used)), 0xffff);
	bytes[UDP_CHECKSUM_OFFSET] = packet[20 + UDP_CHECKSUM_OFFSET];
	bytes[UDP_CHECKSUM_OFFSET + 1] = packet[20 + UDP_CHECKSUM_OFFSET + 1];
	assert_memory_equal(bytes, packet + 20, w.used);
	struct writer small = writer_over(bytes, 10);
	assert_int_equal(udp_write(&small, &ends, &datagram), E_SHORT);
	datagram.len = 65528;
	assert_int_equal(udp_write(&w, &ends, &datagram), E_RANGE);
}

static void a_datagram_is_read(void **state)
{
	struct udp_datagram datagram = {49153, 53, (const uint8_t *)"abc", 3};
	uint8_t bytes[sizeof(packet)];
	struct writer w = writer_over(bytes + 20, sizeof(bytes) - 20);
	struct udp_datagram read;

	(void)state;
	memcpy(bytes, packet, sizeof(bytes));
	assert_int_equal(udp_write(&w, &ends, &datagram), E_OK);
	assert_int_equal(udp_read(bytes, sizeof(bytes), 4, &read), E_OK);
	assert_int_equal(read.source_port, 49153);
	assert_int_equal(read.port, 53);
	assert_int_equal(read.len, 3);
	assert_memory_equal(read.data, "abc", 3);
	assert_int_equal(udp_read(bytes + 20, sizeof(bytes) - 20, 6, &read), E_OK);
	bytes[30] ^= 1;
	assert_int_equal(udp_read(bytes, sizeof(bytes), 4, &read), E_CHECKSUM);
	bytes[26] = 0;
	bytes[27] = 0;
	assert_int_equal(udp_read(bytes, sizeof(bytes), 4, &read), E_OK);
	assert_int_equal(udp_read(bytes, sizeof(bytes) - 1, 4, &read), E_SHORT);
	bytes[25] = 12;
	assert_int_equal(udp_read(bytes, sizeof(bytes), 4, &read), E_CORRUPT);
	bytes[9] = 6;
	assert_int_equal(udp_read(bytes, sizeof(bytes), 4, &read), E_NOT_FOUND);
}

static void a_looped_datagram_is_found_behind_any_link_header(void **state)
{
	static const size_t links[] = {0, 4, 14, 18};
	uint8_t bytes[64 + sizeof(packet)];
	struct udp_datagram read;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(links); i++) {
		memset(bytes, 0x45, sizeof(bytes)); /* looks like the beginning of IPv4 */
		memcpy(bytes + links[i], packet, sizeof(packet));
		assert_int_equal(udp_read_looped(bytes, links[i] + sizeof(packet), &read), E_OK);
		assert_int_equal(read.port, 53);
		assert_int_equal(read.len, 3);
	}
	assert_int_equal(udp_read_looped(bytes, sizeof(packet), &read), E_NOT_FOUND);
}

static void a_looped_datagram_over_ipv6_is_found(void **state)
{
	uint8_t bytes[14 + 40 + 11] = {[14] = 0x60, [14 + 5] = 11, [14 + 6] = 17};
	struct udp_datagram read;

	(void)state;
	memcpy(bytes + 54, packet + 20, 11);
	assert_int_equal(udp_read_looped(bytes, sizeof(bytes), &read), E_OK);
	assert_int_equal(read.source_port, 49153);
	bytes[14 + 6] = 6;
	assert_int_equal(udp_read_looped(bytes, sizeof(bytes), &read), E_NOT_FOUND);
}

static void a_quoted_datagram_may_be_cut(void **state)
{
	struct udp_datagram read;

	(void)state;
	assert_int_equal(udp_read_quoted(packet + 20, 10, &read), E_OK);
	assert_int_equal(read.port, 53);
	assert_int_equal(read.len, 2);
	assert_int_equal(udp_read_quoted(packet + 20, 7, &read), E_SHORT);
}

static void short_tickets_come_back_as_what_they_stand_for(void **state)
{
	enum { MANY = 70000 };
	struct tickets *tickets;
	static bool seen[1 << 24];
	uint32_t numbers[2];
	struct stub stub;

	(void)state;
	assert_int_equal(tickets_create(TICKETS_24, &tickets), E_OK);
	for (uint32_t i = 0; i < MANY; i++) {
		struct stub made = {.mark = {.series = i}, .sequence = (uint16_t)i};
		uint32_t number;
		assert_int_equal(tickets_issue(tickets, &made, 0, &number), E_OK);
		assert_true(number < 1 << 24);
		assert_false(seen[number]);
		seen[number] = true;
		if (i == 0 || i == MANY - 1)
			numbers[i != 0] = number;
	}
	assert_true(tickets_find(tickets, numbers[0], &stub) && stub.mark.series == 0);
	assert_true(tickets_find(tickets, numbers[1], &stub) && stub.mark.series == MANY - 1);
	tickets_destroy(tickets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_written),
		cmocka_unit_test(a_datagram_is_read),
		cmocka_unit_test(a_looped_datagram_is_found_behind_any_link_header),
		cmocka_unit_test(a_looped_datagram_over_ipv6_is_found),
		cmocka_unit_test(a_quoted_datagram_may_be_cut),
		cmocka_unit_test(short_tickets_come_back_as_what_they_stand_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
