/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/mtu_search.h"
#include "collector/metric/route.h"
#include "collector/packet/ip.h"
#include "collector/packet/trace_packet.h"
#include "tests/unit/check.h"

#include <string.h>

enum { ROOM = 2048, V4 = 20, V6 = 40, QUOTED = 8, EXCEEDED_V4 = 11, EXCEEDED_V6 = 3 };

static struct trace_flow flow_of(uint8_t family, enum trace_protocol protocol)
{
	return (struct trace_flow){
		.family = family,
		.protocol = protocol,
		.from = {192, 0, 2, 1},
		.to = {198, 51, 100, 7},
		.source = 49153,
		.port = 443,
	};
}

static size_t write_packet(const struct trace_flow *flow, const struct trace_packet *packet,
			   uint8_t bytes[ROOM])
{
	struct writer w = writer_over(bytes, ROOM);

	assert_int_equal(trace_write(&w, flow, packet), E_OK);
	return w.used;
}

/* Written out by hand. */
static void an_echo_stands_as_the_standards_have_it(void **state)
{
	static const uint8_t octets[] = {
		0x45, 0x00, 0x00, 0x34, 0x12, 0x34, 0x40, 0x00, /* 52 octets, not to fragment */
		0x07, 0x01, 0x00, 0x00,				/* seven hops, ICMP */
		192,  0,    2,	  1,	198,  51,   100,  7,	/* addresses */
		0x08, 0x00, 0x19, 0xe0, 0xc0, 0x01,		/* echo, checksum, identifier */
		0x12, 0x34, 0xed, 0xcb,				/* token and complement */
	};
	const struct trace_flow flow = flow_of(4, TRACE_ICMP);
	uint8_t bytes[ROOM];

	(void)state;
	size_t len = write_packet(&flow, &(struct trace_packet){7, 0x1234, 0}, bytes);
	assert_int_equal(len, 52);
	assert_memory_equal(bytes, octets, sizeof(octets));
}

static size_t checksum_at(const struct trace_flow *flow)
{
	static const size_t at[TRACE_PROTOCOLS] = {2, 6, 16};

	return (flow->family == 4 ? V4 : V6) + at[flow->protocol];
}

static uint64_t pseudo_sum(const struct trace_flow *flow, size_t len)
{
	static const uint8_t numbers[TRACE_PROTOCOLS] = {58, 17, 6};
	size_t size = flow->family == 4 ? 4 : 16;

	if (flow->family == 4 && flow->protocol == TRACE_ICMP)
		return 0;
	return ip_sum(ip_sum(numbers[flow->protocol] + len, flow->from, size), flow->to, size);
}

static void all_packets_of_a_flow_look_alike_to_a_router(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * TRACE_PROTOCOLS; i++) {
		const struct trace_flow flow =
			flow_of(i % 2 == 0 ? 4 : 6, (enum trace_protocol)(i / 2));
		size_t header = flow.family == 4 ? V4 : V6;
		uint8_t first[ROOM];
		size_t len = write_packet(&flow, &(struct trace_packet){1, 1, 0}, first);
		for (uint16_t token = 2; token < 60000; token = (uint16_t)(token + 977)) {
			uint8_t bytes[ROOM];
			uint8_t ttl = (uint8_t)(token % 30 + 1);
			assert_int_equal(
				write_packet(&flow, &(struct trace_packet){ttl, token, 0}, bytes),
				len);
			/* Ports, or type, code and checksum; the identifier behind. */
			assert_memory_equal(bytes + header, first + header, 4);
			assert_memory_equal(bytes + checksum_at(&flow), first + checksum_at(&flow),
					    2);
			uint64_t sum = pseudo_sum(&flow, len - header);
			assert_int_equal(ip_fold(ip_sum(sum, bytes + header, len - header)),
					 0xffff);
		}
	}
}

/* An ICMP error about a packet, which quotes so many octets of it; with its IPv4 header. */
static size_t error_about(const struct trace_flow *flow, uint32_t word, const uint8_t *packet,
			  size_t quoted, uint8_t type_code[2], uint8_t out[ROOM])
{
	struct writer w = writer_over(out, ROOM);

	if (flow->family == 4) {
		write_u16(&w, 0x4500);
		write_u16(&w, (uint16_t)(V4 + 8 + quoted));
		write_u32(&w, 0);
		write_u32(&w, 64 << 24 | 1 << 16);
		write_u32(&w, 0x0a000001);
		write_bytes(&w, flow->from, 4);
	}
	size_t start = w.used;
	write_bytes(&w, type_code, 2);
	write_u16(&w, 0);
	write_u32(&w, word);
	write_bytes(&w, packet, quoted);
	uint16_t check = (uint16_t)~ip_fold(ip_sum(0, out + start, w.used - start));
	out[start + 2] = (uint8_t)(check >> 8);
	out[start + 3] = (uint8_t)check;
	return w.used;
}

static void a_quotation_tells_which_packet_it_was(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * TRACE_PROTOCOLS; i++) {
		const struct trace_flow flow =
			flow_of(i % 2 == 0 ? 4 : 6, (enum trace_protocol)(i / 2));
		struct trace_flow other = flow;
		struct trace_answer answer;
		uint8_t packet[ROOM];
		uint8_t error[ROOM];
		uint8_t exceeded[2] = {flow.family == 4 ? EXCEEDED_V4 : EXCEEDED_V6, 0};
		size_t header = flow.family == 4 ? V4 : V6;
		bool whole = flow.family == 6 && flow.protocol == TRACE_UDP;
		size_t quoted = header + QUOTED + (whole ? 4 : 0);

		write_packet(&flow, &(struct trace_packet){3, 0xbeef, 0}, packet);
		size_t len = error_about(&flow, 0, packet, quoted, exceeded, error);
		assert_int_equal(trace_read_icmp(&flow, error, len, &answer), E_OK);
		assert_int_equal(answer.kind, TRACE_EXCEEDED);
		assert_int_equal(answer.token, 0xbeef);
		other.source++;
		assert_int_equal(trace_read_icmp(&other, error, len, &answer), E_NOT_FOUND);
		len = error_about(&flow, 0, packet, quoted - 1, exceeded, error);
		assert_int_not_equal(trace_read_icmp(&flow, error, len, &answer), E_OK);
	}
}

static void too_big_tells_an_mtu(void **state)
{
	static const uint8_t types[2][2] = {{3, 4}, {2, 0}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct trace_flow flow = flow_of(i == 0 ? 4 : 6, TRACE_ICMP);
		uint8_t type_code[2] = {types[i][0], types[i][1]};
		struct trace_answer answer;
		uint8_t packet[ROOM];
		uint8_t error[ROOM];

		size_t len = write_packet(&flow, &(struct trace_packet){64, 77, 1500}, packet);
		assert_int_equal(len, 1500);
		len = error_about(&flow, 1400, packet, 200, type_code, error);
		assert_int_equal(trace_read_icmp(&flow, error, len, &answer), E_OK);
		assert_int_equal(answer.kind, TRACE_TOO_BIG);
		assert_int_equal(answer.mtu, 1400);
		if (i == 0) {
			error[len - 1] ^= 1;
			assert_int_equal(trace_read_icmp(&flow, error, len, &answer), E_CHECKSUM);
		}
	}
}

static void a_looped_packet_is_found_behind_any_link_header(void **state)
{
	(void)state;
	for (size_t link = 0; link <= 18; link += 2) {
		const struct trace_flow flow = flow_of(6, TRACE_TCP);
		uint8_t packet[ROOM];
		uint8_t looped[ROOM] = {0};
		uint16_t token = 0;

		size_t len = write_packet(&flow, &(struct trace_packet){3, 4711, 0}, packet);
		memcpy(looped + link, packet, len);
		assert_int_equal(trace_read_looped(&flow, looped, link + len, &token), E_OK);
		assert_int_equal(token, 4711);
	}
}

static struct route route_of(const char *text, enum route_end end)
{
	struct route route;

	assert_int_equal(route_parse(text, 4, &route), E_OK);
	route.end = end;
	return route;
}

static void routes_are_compared_by_what_is_known(void **state)
{
	static const struct {
		const char *name;
		const char *a;
		enum route_end a_end;
		const char *b;
		enum route_end b_end;
		bool same;
	} rows[] = {
		{"equal", "10.0.0.1 10.0.0.2", ROUTE_REACHED, "10.0.0.1 10.0.0.2", ROUTE_REACHED,
		 true},
		{"another router", "10.0.0.1 10.0.0.2 10.0.0.9", ROUTE_REACHED,
		 "10.0.0.1 10.0.0.3 10.0.0.9", ROUTE_REACHED, false},
		{"a silent hop tells nothing", "10.0.0.1 * 10.0.0.9", ROUTE_REACHED,
		 "10.0.0.1 10.0.0.3 10.0.0.9", ROUTE_REACHED, true},
		{"a hop more", "10.0.0.1 10.0.0.9", ROUTE_REACHED, "10.0.0.1 * 10.0.0.9",
		 ROUTE_REACHED, false},
		{"silent hops more", "* 10.0.0.9", ROUTE_REACHED, "* * 10.0.0.9", ROUTE_REACHED,
		 false},
		{"broken off", "10.0.0.1 10.0.0.2 10.0.0.9", ROUTE_REACHED, "10.0.0.1",
		 ROUTE_SILENT, true},
		{"broken off elsewhere", "10.0.0.1 10.0.0.2 10.0.0.9", ROUTE_REACHED,
		 "10.0.0.1 10.0.0.3", ROUTE_SILENT, false},
		{"beyond the host", "10.0.0.1 10.0.0.9", ROUTE_REACHED,
		 "10.0.0.1 * 10.0.0.3 10.0.0.4", ROUTE_LOOP, false},
		{"nothing known", "", ROUTE_SILENT, "10.0.0.1", ROUTE_REACHED, true},
		{"one of several", "10.0.0.1/10.0.0.2 10.0.0.9", ROUTE_REACHED,
		 "10.0.0.2/10.0.0.3 10.0.0.9", ROUTE_REACHED, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct route a = route_of(rows[i].a, rows[i].a_end);
		struct route b = route_of(rows[i].b, rows[i].b_end);
		bool same =
			route_same(&a, &b) == rows[i].same && route_same(&b, &a) == rows[i].same;
		if (!same)
			print_message("%s\n", rows[i].name);
		assert_true(same);
	}
}

static void a_route_is_written_and_read_back(void **state)
{
	static const char *const good[] = {"", "*", "10.0.0.1 * 10.0.0.2/10.0.0.3", "* *"};
	static const char *const bad[] = {"10.0.0",    "10.0.0.1 x",
					  "10.0.0.1/", "/10.0.0.1",
					  "**",	       "10.0.0.1/10.0.0.2/10.0.0.3/10.0.0.4",
					  "::1"};
	struct route route;
	char text[ROUTE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(route_parse(good[i], 4, &route), E_OK);
		route_format(&route, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(route_parse(bad[i], 4, &route), E_SYNTAX);
	char long_text[ROUTE_HOPS * 2 + 2] = "*";
	for (int i = 0; i < ROUTE_HOPS; i++)
		strcat(long_text, " *");
	assert_int_equal(route_parse(long_text, 4, &route), E_SYNTAX);
}

static void a_loop_is_a_router_met_again(void **state)
{
	struct route loop = route_of("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.2", ROUTE_SILENT);
	struct route doubled = route_of("10.0.0.1 10.0.0.2 10.0.0.2 10.0.0.9", ROUTE_REACHED);
	struct route silent = route_of("10.0.0.1 * 10.0.0.1 10.0.0.9", ROUTE_REACHED);

	(void)state;
	assert_true(route_loops(&loop));
	assert_false(route_loops(&doubled));
	assert_false(route_loops(&silent));
}

static void a_silent_hop_is_learnt_later(void **state)
{
	struct route known = route_of("10.0.0.1 *", ROUTE_SILENT);
	struct route more = route_of("* 10.0.0.2 10.0.0.9", ROUTE_REACHED);
	char text[ROUTE_TEXT];

	(void)state;
	assert_true(route_learn(&known, &more));
	route_format(&known, text);
	assert_string_equal(text, "10.0.0.1 10.0.0.2 10.0.0.9");
	assert_false(route_learn(&known, &more));
}

/* A path that carries so much, and what its routers say beyond. */
struct made_path {
	const char *name;
	uint8_t family;
	uint32_t interface_mtu;
	uint16_t carries;
	uint16_t tells; /* 0: nothing, 1: too big without a size */
	enum mtu_state state;
	uint16_t found;
};

static struct mtu_search search_path(const struct made_path *path, int *steps)
{
	struct mtu_search search = mtu_search_start(path->family, path->interface_mtu);

	for (*steps = 0; search.state == MTU_SEARCHING && *steps < 100; ++*steps) {
		uint16_t size = mtu_search_next(&search);
		if (size <= path->carries)
			mtu_search_take(&search, MTU_CONFIRMED, 0);
		else if (path->tells > 0)
			mtu_search_take(&search, MTU_TOLD, path->tells == 1 ? 0 : path->tells);
		else
			mtu_search_take(&search, MTU_LOST, 0);
	}
	return search;
}

static void the_mtu_is_what_was_confirmed(void **state)
{
	static const struct made_path rows[] = {
		{"all of the interface", 4, 1500, 9000, 0, MTU_FOUND, 1500},
		{"told rightly", 4, 1500, 1400, 1400, MTU_FOUND, 1400},
		{"told rightly, IPv6", 6, 1500, 1400, 1400, MTU_FOUND, 1400},
		{"told without a size", 4, 1500, 1400, 1, MTU_FOUND, 1400},
		{"told too little", 4, 1500, 1400, 600, MTU_FOUND, 1400},
		{"told too much", 4, 1500, 1400, 1450, MTU_FOUND, 1400},
		{"told below the base", 6, 1500, 1400, 68, MTU_FOUND, 1400},
		{"black hole", 4, 1500, 1400, 0, MTU_BLACK_HOLE, 1400},
		{"black hole, IPv6", 6, 1500, 1280, 0, MTU_BLACK_HOLE, 1280},
		{"black hole, jumbo frames", 4, 9000, 1500, 0, MTU_BLACK_HOLE, 1500},
		{"black hole one below", 4, 1500, 1499, 0, MTU_BLACK_HOLE, 1499},
		{"not even the base", 4, 1500, 500, 0, MTU_UNKNOWN, 0},
		{"an interface of the base", 6, 1280, 1280, 0, MTU_FOUND, 1280},
		{"an interface beyond jumbo frames", 4, 65536, 65535, 0, MTU_FOUND, 9216},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int steps;
		struct mtu_search search = search_path(&rows[i], &steps);
		if (search.state != rows[i].state || search.good != rows[i].found || steps > 24)
			print_message("%s: %s %d in %d\n", rows[i].name,
				      mtu_state_name(search.state), search.good, steps);
		assert_int_equal(search.state, rows[i].state);
		assert_int_equal(search.good, rows[i].found);
		assert_true(steps <= 24);
	}
}

/* A loss by chance is no black hole: looked at again, the size gets through. */
static void a_chance_loss_is_no_black_hole(void **state)
{
	struct mtu_search search = mtu_search_start(4, 1500);

	(void)state;
	mtu_search_take(&search, MTU_CONFIRMED, 0); /* the base */
	mtu_search_take(&search, MTU_LOST, 0);	    /* all of the interface, by chance */
	while (search.state == MTU_SEARCHING)
		mtu_search_take(&search, MTU_CONFIRMED, 0);
	assert_int_equal(search.state, MTU_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_stands_as_the_standards_have_it),
		cmocka_unit_test(all_packets_of_a_flow_look_alike_to_a_router),
		cmocka_unit_test(a_quotation_tells_which_packet_it_was),
		cmocka_unit_test(too_big_tells_an_mtu),
		cmocka_unit_test(a_looped_packet_is_found_behind_any_link_header),
		cmocka_unit_test(routes_are_compared_by_what_is_known),
		cmocka_unit_test(a_route_is_written_and_read_back),
		cmocka_unit_test(a_loop_is_a_router_met_again),
		cmocka_unit_test(a_silent_hop_is_learnt_later),
		cmocka_unit_test(the_mtu_is_what_was_confirmed),
		cmocka_unit_test(a_chance_loss_is_no_black_hole),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
