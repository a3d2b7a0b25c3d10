/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/packet/icmp.h"

#include <string.h>

enum { ROOM = 256, IPV4_HEADER = 20 };

static const struct mark_seal seal_v4 = {{{1, 2}}, 4, 0xbee8};
static const struct mark_seal seal_v6 = {{{1, 2}}, 6, 0xbee8};
static const struct icmp_echo echo = {{70000, 513, 9}, 4711, 32, 7};

static uint16_t sum_of(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | (i + 1 < len ? bytes[i + 1] : 0u);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void fix_checksum(uint8_t *packet, size_t len)
{
	packet[2] = 0;
	packet[3] = 0;
	uint16_t sum = sum_of(packet, len);
	packet[2] = (uint8_t)(sum >> 8);
	packet[3] = (uint8_t)sum;
}

static size_t request(uint8_t bytes[ROOM], const struct mark_seal *seal)
{
	struct writer w = writer_over(bytes, ROOM);

	assert_int_equal(icmp_write_echo(&w, seal, &echo), E_OK);
	return w.used;
}

/* The answer as a raw socket gives it. */
static size_t reply(uint8_t bytes[ROOM], const struct mark_seal *seal)
{
	size_t header = seal->family == 4 ? IPV4_HEADER : 0;
	uint8_t *packet = bytes + header;
	struct writer w = writer_over(packet, ROOM - IPV4_HEADER);

	memset(bytes, 0, ROOM);
	assert_int_equal(icmp_write_echo(&w, seal, &echo), E_OK);
	packet[0] = seal->family == 4 ? ICMP_TYPE_REPLY_V4 : ICMP_TYPE_REPLY_V6;
	if (seal->family == 4) {
		fix_checksum(packet, w.used);
		bytes[0] = 0x45;
		bytes[3] = (uint8_t)(header + w.used);
		bytes[9] = 1;
	}
	return header + w.used;
}

static void assert_same_echo(const struct icmp_echo *read)
{
	assert_int_equal(read->mark.series, echo.mark.series);
	assert_int_equal(read->mark.slot, echo.mark.slot);
	assert_int_equal(read->mark.packet, echo.mark.packet);
	assert_int_equal(read->sequence, echo.sequence);
	assert_int_equal(read->size, echo.size);
}

static void requests_have_header_filler_and_mark(void **state)
{
	(void)state;
	uint8_t v4[ROOM];
	uint8_t v6[ROOM];

	assert_int_equal(request(v4, &seal_v4), ICMP_HEADER + 32);
	assert_int_equal(sum_of(v4, ICMP_HEADER + 32), 0);
	assert_int_equal(v4[0], 8);
	assert_int_equal(v4[4] << 8 | v4[5], 0xbeef);
	assert_int_equal(v4[6] << 8 | v4[7], 4711);
	assert_int_equal(request(v6, &seal_v6), ICMP_HEADER + 32);
	assert_int_equal(v6[0], 128);
	assert_int_equal(v6[2] << 8 | v6[3], 0);
	/* A cookie of one family is none of the other. */
	assert_memory_not_equal(v4 + ICMP_HEADER + 24, v6 + ICMP_HEADER + 24, 8);
}

static void payloads_too_small_or_without_room_are_refused(void **state)
{
	(void)state;
	uint8_t bytes[ROOM];
	struct icmp_echo small = echo;
	struct writer w = writer_over(bytes, sizeof(bytes));

	small.size = MARK_SIZE - 1;
	assert_int_equal(icmp_write_echo(&w, &seal_v4, &small), E_RANGE);
	w = writer_over(bytes, ICMP_HEADER + 31);
	assert_int_equal(icmp_write_echo(&w, &seal_v4, &echo), E_SHORT);
}

static void replies_are_read_or_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t octet; /* changed */
		uint8_t flip;
		size_t cut; /* octets missing at the end */
		enum err v4;
		enum err v6;
		bool fix; /* the checksum is right again after the change */
	} rows[] = {
		{"as sent", 0, 0, 0, E_OK, E_OK, false},
		{"another type", 0, 1, 0, E_NOT_FOUND, E_NOT_FOUND, true},
		{"another code", 1, 1, 0, E_NOT_FOUND, E_NOT_FOUND, true},
		{"another identifier", 5, 8, 0, E_NOT_FOUND, E_NOT_FOUND, true},
		{"another identifier of ours", 5, 1, 0, E_PERMISSION, E_PERMISSION, true},
		{"a wrong checksum", 2, 1, 0, E_CHECKSUM, E_OK, false},
		{"a changed filler", 10, 1, 0, E_CHECKSUM, E_OK, false},
		{"another sequence", 7, 1, 0, E_PERMISSION, E_PERMISSION, true},
		{"another series", ICMP_HEADER + 19, 1, 0, E_PERMISSION, E_PERMISSION, true},
		{"another slot", ICMP_HEADER + 21, 1, 0, E_PERMISSION, E_PERMISSION, true},
		{"another packet", ICMP_HEADER + 23, 1, 0, E_PERMISSION, E_PERMISSION, true},
		{"a guessed cookie", ICMP_HEADER + 31, 1, 0, E_PERMISSION, E_PERMISSION, true},
		{"cut in the payload", 0, 0, 1, E_SHORT, E_PERMISSION, false},
		{"cut to its header", 0, 0, 32, E_SHORT, E_SHORT, false},
		{"cut in its header", 0, 0, 33, E_SHORT, E_SHORT, false},
	};
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		bool v4 = i % 2 == 0;
		const struct mark_seal *seal = v4 ? &seal_v4 : &seal_v6;
		size_t header = v4 ? IPV4_HEADER : 0;
		uint8_t bytes[ROOM];
		size_t len = reply(bytes, seal);
		struct icmp_echo read = {0};
		print_message("# %s, IPv%d\n", rows[i / 2].name, seal->family);
		bytes[header + rows[i / 2].octet] ^= rows[i / 2].flip;
		if (v4 && rows[i / 2].fix)
			fix_checksum(bytes + header, len - header);
		len -= rows[i / 2].cut;
		assert_int_equal(icmp_read_reply(bytes, len, seal, &read),
				 v4 ? rows[i / 2].v4 : rows[i / 2].v6);
		if (rows[i / 2].flip == 0 && rows[i / 2].cut == 0)
			assert_same_echo(&read);
	}
}

static void ipv4_headers_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t octet;
		uint8_t value;
		enum err expected;
	} rows[] = {
		{"version 6", 0, 0x65, E_CORRUPT},
		{"a header of 16 octets", 0, 0x44, E_CORRUPT},
		{"a header longer than the packet", 0, 0x4f, E_CORRUPT},
		{"a length below the header's", 3, 19, E_CORRUPT},
		{"a length beyond the octets", 3, 200, E_SHORT},
		{"UDP", 9, 17, E_NOT_FOUND},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t bytes[ROOM];
		struct icmp_echo read;
		size_t len = reply(bytes, &seal_v4);
		print_message("# %s\n", rows[i].name);
		bytes[rows[i].octet] = rows[i].value;
		if (rows[i].octet == 0 && rows[i].value == 0x4f)
			bytes[3] = 50;
		assert_int_equal(icmp_read_reply(bytes, len, &seal_v4, &read), rows[i].expected);
	}
}

static void replies_with_ip_options_are_read(void **state)
{
	(void)state;
	uint8_t plain[ROOM];
	uint8_t bytes[ROOM + 8];
	struct icmp_echo read;
	size_t len = reply(plain, &seal_v4);

	memset(bytes, 1, sizeof(bytes));
	memcpy(bytes, plain, IPV4_HEADER);
	memcpy(bytes + IPV4_HEADER + 8, plain + IPV4_HEADER, len - IPV4_HEADER);
	bytes[0] = 0x47;
	bytes[3] = (uint8_t)(len + 8);
	assert_int_equal(icmp_read_reply(bytes, len + 8, &seal_v4, &read), E_OK);
	assert_same_echo(&read);
}

static void looped_packets_are_found_from_their_end(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t before;	/* octets of link and IP headers */
		size_t padding; /* octets behind */
		uint8_t padded; /* with this octet */
		enum err expected;
	} rows[] = {
		{"bare", 0, 0, 0, E_OK},
		{"behind an IPv4 header", 20, 0, 0, E_OK},
		{"behind Ethernet and IPv6", 54, 0, 0, E_OK},
		{"behind a VLAN tag and IPv4", 38, 0, 0, E_OK},
		{"padded to the least frame", 34, 6, 0, E_OK},
		{"padded beyond any frame", 34, 40, 0, E_NOT_FOUND},
		{"followed by something else", 34, 6, 7, E_NOT_FOUND},
	};
	for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
		const struct mark_seal *seal = i % 2 == 0 ? &seal_v4 : &seal_v6;
		uint8_t packet[ROOM];
		uint8_t bytes[2 * ROOM];
		struct icmp_echo read;
		size_t len = request(packet, seal);
		size_t before = rows[i / 2].before;
		print_message("# %s, IPv%d\n", rows[i / 2].name, seal->family);
		memset(bytes, rows[i / 2].padded, sizeof(bytes));
		memcpy(bytes + before, packet, len);
		assert_int_equal(
			icmp_read_looped(bytes, before + len + rows[i / 2].padding, seal, &read),
			rows[i / 2].expected);
		if (rows[i / 2].expected == E_OK)
			assert_same_echo(&read);
	}
}

static void foreign_packets_are_not_taken_for_looped_ones(void **state)
{
	(void)state;
	uint8_t bytes[ROOM];
	struct icmp_echo read;
	struct mark_seal other = seal_v4;
	size_t len = request(bytes, &seal_v4);

	other.key.word[1]++;
	assert_int_equal(icmp_read_looped(bytes, len, &other, &read), E_NOT_FOUND);
	other = seal_v4;
	other.identifier++;
	assert_int_equal(icmp_read_looped(bytes, len, &other, &read), E_NOT_FOUND);
	assert_int_equal(icmp_read_looped(bytes, 0, &seal_v4, &read), E_NOT_FOUND);
}

static void eight_quoted_octets_are_enough(void **state)
{
	(void)state;
	uint8_t bytes[ROOM];
	uint16_t sequence = 0;

	(void)request(bytes, &seal_v6);
	assert_int_equal(icmp_read_quoted(bytes, 8, &seal_v6, &sequence), E_OK);
	assert_int_equal(sequence, 4711);
	assert_int_equal(icmp_read_quoted(bytes, 7, &seal_v6, &sequence), E_SHORT);
	assert_int_equal(icmp_read_quoted(bytes, 8, &seal_v4, &sequence), E_NOT_FOUND);
	bytes[4] ^= 1;
	assert_int_equal(icmp_read_quoted(bytes, 8, &seal_v6, &sequence), E_NOT_FOUND);
}

static void prohibitions_are_told_from_other_errors(void **state)
{
	static const struct {
		uint8_t family;
		uint8_t type;
		uint8_t code;
		enum loss_cause cause;
	} rows[] = {
		{4, 3, 0, LOSS_UNREACHABLE},  {4, 3, 1, LOSS_UNREACHABLE},
		{4, 3, 3, LOSS_UNREACHABLE},  {4, 3, 9, LOSS_FILTERED},
		{4, 3, 10, LOSS_FILTERED},    {4, 3, 13, LOSS_FILTERED},
		{4, 11, 0, LOSS_UNREACHABLE}, {4, 11, 9, LOSS_UNREACHABLE},
		{6, 1, 0, LOSS_UNREACHABLE},  {6, 1, 1, LOSS_FILTERED},
		{6, 1, 3, LOSS_UNREACHABLE},  {6, 1, 4, LOSS_UNREACHABLE},
		{6, 1, 5, LOSS_FILTERED},     {6, 1, 6, LOSS_FILTERED},
		{6, 3, 1, LOSS_UNREACHABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(icmp_cause(rows[i].family, rows[i].type, rows[i].code),
				 rows[i].cause);
	assert_true(icmp_closes_port(4, 3, 3) && icmp_closes_port(6, 1, 4));
	assert_false(icmp_closes_port(4, 3, 4) || icmp_closes_port(4, 1, 4));
	assert_false(icmp_closes_port(6, 1, 3) || icmp_closes_port(6, 3, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_have_header_filler_and_mark),
		cmocka_unit_test(payloads_too_small_or_without_room_are_refused),
		cmocka_unit_test(replies_are_read_or_refused),
		cmocka_unit_test(ipv4_headers_are_checked),
		cmocka_unit_test(replies_with_ip_options_are_read),
		cmocka_unit_test(looped_packets_are_found_from_their_end),
		cmocka_unit_test(foreign_packets_are_not_taken_for_looped_ones),
		cmocka_unit_test(eight_quoted_octets_are_enough),
		cmocka_unit_test(prohibitions_are_told_from_other_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
