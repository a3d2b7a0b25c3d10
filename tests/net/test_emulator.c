/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/blackout.h"
#include "tests/net/model.h"
#include "tests/net/peek.h"
#include "tests/net/waiting.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

static struct model model_of(const char *text)
{
	struct model model;
	char wrong[128];

	assert_int_equal(model_parse(text, &model, wrong, sizeof(wrong)), E_OK);
	return model;
}

static void models_parse_or_name_the_item_at_fault(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		enum err expected;
		const char *wrong;
	} rows[] = {
		{"nothing is a clean link", "", E_OK, ""},
		{"uniform with loss", "delay=uniform:8ms:1ms,loss=0.02", E_OK, ""},
		{"every key",
		 "delay=bimodal:1ms:9ms:0.1,loss=gilbert-elliott:0.01:0.3:0.8:0,"
		 "duplicate=0.1,forge=0.1:1ms,reorder=0.1:5ms,order=free,rate=1000000,"
		 "queue=10,mtu=1280",
		 E_OK, ""},
		{"an unknown key", "delay=fixed:1ms,lose=0.1", E_SYNTAX, "lose=0.1"},
		{"an unknown shape", "delay=gauss:1ms:1ms", E_SYNTAX, "delay=gauss:1ms:1ms"},
		{"a length without unit", "delay=fixed:8", E_SYNTAX, "delay=fixed:8"},
		{"a negative delay by width", "delay=uniform:1ms:2ms", E_RANGE,
		 "delay=uniform:1ms:2ms"},
		{"a probability above one", "loss=1.5", E_RANGE, "loss=1.5"},
		{"a probability that is no number", "loss=nan", E_RANGE, "loss=nan"},
		{"reordering without its delay", "reorder=0.1", E_SYNTAX, "reorder=0.1"},
		{"a queue too long", "queue=1000", E_RANGE, "queue=1000"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct model model;
		char wrong[128] = "";
		print_message("# %s\n", rows[i].name);
		assert_int_equal(model_parse(rows[i].text, &model, wrong, sizeof(wrong)),
				 rows[i].expected);
		assert_string_equal(wrong, rows[i].wrong);
	}
}

struct tally {
	unsigned int fate[FATE_COUNT];
	unsigned int passed; /* went out before one that came earlier */
	nsec delay_min, delay_max;
	double delay_sum;
};

/* 100,000 packets, 1 ms apart. */
static struct tally run_model(const char *text, size_t octets)
{
	struct model model = model_of(text);
	struct lane lane = lane_over(&model, 11);
	struct tally tally = {.delay_min = INT64_MAX};
	nsec last = 0;

	for (nsec at = 0; at < 100000 * NSEC_PER_MSEC; at += NSEC_PER_MSEC) {
		struct decision d = lane_decide(&lane, at, octets);
		tally.fate[d.fate]++;
		tally.fate[FATE_DUPLICATE] += d.duplicate_at != NSEC_UNDEFINED;
		tally.fate[FATE_FORGED] += d.forged_at != NSEC_UNDEFINED;
		if (d.fate != FATE_DELIVERED)
			continue;
		nsec delay = d.exit - at;
		tally.passed += d.exit < last;
		if (d.exit > last)
			last = d.exit;
		tally.delay_sum += (double)delay;
		tally.delay_min = delay < tally.delay_min ? delay : tally.delay_min;
		tally.delay_max = delay > tally.delay_max ? delay : tally.delay_max;
	}
	return tally;
}

static void models_do_what_they_say(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		enum fate fate;
		unsigned int least, most;
	} rows[] = {
		{"Bernoulli 2 %", "loss=0.02", FATE_LOST, 1850, 2150},
		{"Gilbert–Elliott: 0.01/(0.01+0.24) of the time bad, half of that lost",
		 "loss=gilbert-elliott:0.01:0.24:0.5", FATE_LOST, 1750, 2250},
		{"duplicates", "duplicate=0.1", FATE_DUPLICATE, 9600, 10400},
		{"forgeries", "forge=0.1", FATE_FORGED, 9600, 10400},
		{"nothing is lost on a clean link", "", FATE_DELIVERED, 100000, 100000},
		{"an MTU drops the larger", "mtu=99", FATE_MTU, 100000, 100000},
		{"an MTU passes its own size", "mtu=100", FATE_MTU, 0, 0},
		{"half the needed rate drops half", "rate=400000,queue=10", FATE_QUEUE, 49900,
		 50100},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		print_message("# %s\n", rows[i].name);
		struct tally tally = run_model(rows[i].text, 100);
		assert_in_range(tally.fate[rows[i].fate], rows[i].least, rows[i].most);
	}
}

static void delays_have_their_shape_and_order(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *text;
		double mean_ms, min_ms, max_ms;
		unsigned int passed_least, passed_most;
	} rows[] = {
		{"fixed", "delay=fixed:8ms", 8, 8, 8, 0, 0},
		{"uniform, far apart, is as drawn", "delay=uniform:8ms:500us", 8, 7.5, 8.5, 0, 0},
		{"uniform keeps order", "delay=uniform:8ms:4ms", 9.3, 4, 12, 0, 0},
		{"uniform lets go of order", "delay=uniform:8ms:4ms,order=free", 8, 4, 12, 40000,
		 90000},
		{"bimodal", "delay=bimodal:2ms:2.9ms:0.5", 2.45, 2, 2.9, 0, 0},
		{"exponential", "delay=exponential:2ms:1ms,order=free", 3, 2, 20, 1000, 60000},
		{"reordering alone passes", "delay=fixed:8ms,reorder=0.1:2.5ms", 8.25, 8, 10.5,
		 9000, 20000},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		print_message("# %s\n", rows[i].name);
		struct tally tally = run_model(rows[i].text, 100);
		double mean = tally.delay_sum / 100000 / (double)NSEC_PER_MSEC;
		assert_true(mean > rows[i].mean_ms - 0.2 && mean < rows[i].mean_ms + 0.2);
		assert_true((double)tally.delay_min >= rows[i].min_ms * 1e6 - 1);
		assert_true((double)tally.delay_max <= rows[i].max_ms * 1e6 + 1);
		assert_in_range(tally.passed, rows[i].passed_least, rows[i].passed_most);
	}
}

/* What follows a packet must not depend on its size, or two runs could not be compared. */
static void one_fate_leaves_the_others_alone(void **state)
{
	(void)state;
	struct model model = model_of("loss=0.5,mtu=1000");
	struct lane plain = lane_over(&model, 5);
	struct lane other = lane_over(&model, 5);

	(void)lane_decide(&plain, 0, 100);
	(void)lane_decide(&other, 0, 1400);
	for (nsec at = 1; at < 200; at++)
		assert_int_equal(lane_decide(&plain, at, 100).fate,
				 lane_decide(&other, at, 100).fate);
}

static void blackouts_hit_what_they_name(void **state)
{
	(void)state;
	struct blackout_plan plan = {.count = 0};
	const nsec start = 1000 * NSEC_PER_SEC;

	assert_int_equal(blackout_parse("3..8.5/forward/ipv6,@2000..@2001", start, &plan), E_OK);
	assert_false(blackout_now(&plan, start + 3 * NSEC_PER_SEC - 1, FORWARD, true));
	assert_true(blackout_now(&plan, start + 3 * NSEC_PER_SEC, FORWARD, true));
	assert_false(blackout_now(&plan, start + 3 * NSEC_PER_SEC, FORWARD, false));
	assert_false(blackout_now(&plan, start + 3 * NSEC_PER_SEC, BACKWARD, true));
	assert_false(blackout_now(&plan, start + 8500 * NSEC_PER_MSEC, FORWARD, true));
	assert_true(blackout_now(&plan, 2000 * NSEC_PER_SEC, BACKWARD, false));
	assert_int_equal(blackout_parse("8..3", start, &plan), E_RANGE);
	assert_int_equal(blackout_parse("3..8/up", start, &plan), E_SYNTAX);
	assert_int_equal(blackout_parse("3-8", start, &plan), E_SYNTAX);
}

static void blackouts_can_be_switched(void **state)
{
	(void)state;
	struct blackout_plan plan = {.count = 0};

	assert_int_equal(blackout_switch("blackout on/ipv4", &plan), E_OK);
	assert_true(blackout_now(&plan, 0, FORWARD, false));
	assert_false(blackout_now(&plan, 0, FORWARD, true));
	assert_int_equal(blackout_switch("blackout off/backward", &plan), E_OK);
	assert_true(blackout_now(&plan, 0, FORWARD, false));
	assert_false(blackout_now(&plan, 0, BACKWARD, false));
	assert_int_equal(blackout_switch("blackout", &plan), E_SYNTAX);
	assert_int_equal(blackout_switch("blackout onwards", &plan), E_SYNTAX);
}

static uint16_t internet_checksum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* An ICMP echo reply from 10.0.0.2 to 10.0.0.1 with this many octets of payload. */
static size_t echo_reply(uint8_t bytes[128], size_t payload)
{
	static const uint8_t header[28] = {0x45, 0, 0,	0, 0, 0, 0, 0, 64, 1, 0,    0,	  10, 0,
					   0,	 2, 10, 0, 0, 1, 0, 0, 0,  0, 0x12, 0x34, 0,  7};
	memcpy(bytes, header, sizeof(header));
	bytes[3] = (uint8_t)(sizeof(header) + payload);
	for (size_t i = 0; i < payload; i++)
		bytes[sizeof(header) + i] = (uint8_t)(i * 37);
	uint16_t sum = internet_checksum(bytes + 20, 8 + payload);
	bytes[22] = (uint8_t)(sum >> 8);
	bytes[23] = (uint8_t)sum;
	return sizeof(header) + payload;
}

static void a_segment_shows_the_beginning_of_its_header(void **state)
{
	uint8_t bytes[40] = {0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6};
	struct peek peek;

	(void)state;
	for (uint8_t i = 0; i < 20; i++)
		bytes[20 + i] = i;
	assert_true(peek_packet(bytes, sizeof(bytes), &peek));
	assert_int_equal(peek.protocol, 6);
	assert_false(peek.echo);
	assert_true(peek.has_tail);
	assert_memory_equal(peek.tail, bytes + 20, PEEK_TAIL);
	assert_false(peek_forge(bytes, sizeof(bytes)));
	assert_true(peek_packet(bytes, sizeof(bytes) - 1, &peek));
	assert_false(peek.has_tail);
}

static void a_datagram_shows_its_beginning(void **state)
{
	uint8_t bytes[40] = {0x45, 0, 0, 36, 0, 0, 0x40, 0, 64, 17};
	struct peek peek;

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		bytes[20 + i] = i;
	assert_true(peek_packet(bytes, sizeof(bytes), &peek));
	assert_true(peek.has_tail && !peek.echo);
	assert_memory_equal(peek.tail, bytes + 20, PEEK_TAIL);
	bytes[3] = 35;
	assert_true(peek_packet(bytes, sizeof(bytes), &peek));
	assert_false(peek.has_tail);
}

static void an_echo_is_read_and_forged(void **state)
{
	(void)state;
	for (size_t payload = 1; payload < 40; payload++) {
		uint8_t bytes[128];
		uint8_t before[128];
		struct peek peek;
		size_t len = echo_reply(bytes, payload);
		assert_true(peek_packet(bytes, len, &peek));
		assert_true(peek.echo);
		assert_int_equal(peek.id, 0x1234);
		assert_int_equal(peek.seq, 7);
		assert_int_equal(peek.has_tail, payload >= PEEK_TAIL);
		memcpy(before, bytes, len);
		assert_true(peek_forge(bytes, len));
		assert_int_not_equal(bytes[len - 1], before[len - 1]);
		assert_int_equal(internet_checksum(bytes + 20, len - 20), 0);
	}
}

static void a_request_is_answered(void **state)
{
	(void)state;
	uint8_t bytes[128];
	uint8_t reply[128];
	size_t len = echo_reply(reply, 20);

	assert_false(peek_answer(reply, len));
	memcpy(bytes, reply, len);
	memcpy(bytes + 12, reply + 16, 4);
	memcpy(bytes + 16, reply + 12, 4);
	bytes[20] = 8;
	bytes[22] = bytes[23] = 0;
	uint16_t sum = internet_checksum(bytes + 20, len - 20);
	bytes[22] = (uint8_t)(sum >> 8);
	bytes[23] = (uint8_t)sum;
	assert_true(peek_answer(bytes, len));
	assert_memory_equal(bytes, reply, len);
}

static void broken_packets_are_not_read(void **state)
{
	(void)state;
	uint8_t bytes[128];
	struct peek peek;
	size_t len = echo_reply(bytes, 16);

	assert_false(peek_packet(bytes, 0, &peek));
	assert_false(peek_packet(bytes, 19, &peek));
	assert_true(peek_packet(bytes, len - 1, &peek)); /* cut short: an address, but no echo */
	assert_false(peek.echo);
	bytes[6] = 0x20; /* more fragments */
	assert_true(peek_packet(bytes, len, &peek));
	assert_false(peek.echo);
	assert_false(peek_forge(bytes, len));
	bytes[0] = 0x41; /* a header of 4 octets */
	assert_false(peek_packet(bytes, len, &peek));
}

static void passengers_leave_in_the_order_of_time(void **state)
{
	(void)state;
	struct waiting waiting = {.heap = NULL};
	struct random random = random_seeded(1);
	nsec last = 0;
	uint64_t last_order = 0;

	for (int i = 0; i < 5000; i++) {
		struct passenger about = {.exit = (nsec)random_below(&random, 500), .octets = 1};
		assert_int_equal(waiting_enter(&waiting, &about, (const uint8_t *)"x"), E_OK);
	}
	for (struct passenger *p; (p = waiting_leave(&waiting)) != NULL; free(p)) {
		assert_true(p->exit > last || (p->exit == last && p->order >= last_order));
		last = p->exit;
		last_order = p->order;
	}
	assert_true(waiting_next(&waiting) == NSEC_INFINITE);
	waiting_finish(&waiting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(models_parse_or_name_the_item_at_fault),
		cmocka_unit_test(models_do_what_they_say),
		cmocka_unit_test(delays_have_their_shape_and_order),
		cmocka_unit_test(one_fate_leaves_the_others_alone),
		cmocka_unit_test(blackouts_hit_what_they_name),
		cmocka_unit_test(blackouts_can_be_switched),
		cmocka_unit_test(a_datagram_shows_its_beginning),
		cmocka_unit_test(an_echo_is_read_and_forged),
		cmocka_unit_test(a_segment_shows_the_beginning_of_its_header),
		cmocka_unit_test(a_request_is_answered),
		cmocka_unit_test(broken_packets_are_not_read),
		cmocka_unit_test(passengers_leave_in_the_order_of_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
