/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interfaces that come and go in a network namespace of its own. */
#include "tests/unit/check.h"

#include "collector/net/egress.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool isolated;

static void ip(const char *arguments)
{
	char command[256];

	snprintf(command, sizeof(command), "ip %s", arguments);
	int status = system(command);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int isolate(void **state)
{
	(void)state;
	isolated = unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0;
	return 0;
}

static void packets_leave_by_a_ready_interface(void **state)
{
	(void)state;
	static const char *const hosts[] = {"192.0.2.2", "2001:db8::2", "203.0.113.1", "127.0.0.1",
					    "::1"};
	static const struct {
		const char *name;
		const char *change[2];
		bool ready[COUNT_OF(hosts)];
	} steps[] = {
		{"all up", {"link set near up", "link set far up"}, {1, 1, 1, 1, 1}},
		{"no carrier", {"link set far down", NULL}, {0, 0, 1, 1, 1}},
		{"carrier again", {"link set far up", NULL}, {1, 1, 1, 1, 1}},
		{"another one is down", {"link set other down", NULL}, {1, 1, 1, 1, 1}},
		{"a route by one without carrier",
		 {"link set far down", "route add 203.0.113.0/24 via 192.0.2.9"},
		 {0, 0, 0, 1, 1}},
		{"carrier, and a route for IPv6",
		 {"link set far up", "-6 route add default dev near"},
		 {1, 1, 1, 1, 1}},
		{"IPv6 taken, its route left",
		 {"addr del 2001:db8::1/64 dev near", NULL},
		 {1, 0, 1, 1, 1}},
		{"IPv6 given back", {"addr add 2001:db8::3/64 dev near nodad"}, {1, 1, 1, 1, 1}},
		{"IPv4 taken", {"addr del 192.0.2.1/24 dev near"}, {0, 1, 0, 1, 1}},
		{"no interface is left", {"link del near", NULL}, {0, 0, 0, 1, 1}},
	};
	struct egress *egress;

	if (!isolated)
		skip();
	ip("link add near type veth peer name far");
	ip("link add other type veth peer name beyond");
	ip("link set other up");
	ip("link set near up");
	ip("addr add 192.0.2.1/24 dev near");
	ip("addr add 2001:db8::1/64 dev near nodad");
	assert_int_equal(egress_open(&egress), E_OK);
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		print_message("# %s\n", steps[i].name);
		for (size_t j = 0; j < COUNT_OF(steps[i].change) && steps[i].change[j]; j++)
			ip(steps[i].change[j]);
		usleep(1500000); /* the kernel tells a lost carrier within a second */
		egress_read(egress);
		for (size_t j = 0; j < COUNT_OF(hosts); j++) {
			struct endpoint host;
			assert_int_equal(endpoint_parse(hosts[j], &host), E_OK);
			assert_int_equal(egress_ready(egress, &host), steps[i].ready[j]);
			assert_int_equal(egress_ready(egress, &host), steps[i].ready[j]);
		}
	}
	egress_close(egress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_leave_by_a_ready_interface),
	};
	return cmocka_run_group_tests(tests, isolate, NULL);
}
