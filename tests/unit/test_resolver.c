/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Against servers on the loopback that say what a test wants, each in a thread of its own. */
#include "collector/net/resolver.h"
#include "tests/unit/check.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 1024, FLAGS_AT = 2, COUNTS_AT = 4, RECORDS_OVER_TCP = 60 };

enum manner {
	MANNER_SILENT,
	MANNER_ADDRESS,
	MANNER_FORGED_BEFORE, /* an answer of another id, one of another name, then the true one */
	MANNER_TRUNCATED,     /* the addresses come over TCP alone */
	MANNER_TRUNCATED_EVER,
	MANNER_MALFORMED,
	MANNER_SERVFAIL,
	MANNER_NXDOMAIN,
	MANNER_NO_RECORD,
	MANNER_NO_EDNS, /* FORMERR to a query with an OPT record */
	MANNER_CNAME,
};

struct server {
	enum manner manner;
	struct endpoint at;
	int udp;
	int tcp;
	atomic_int asked;
	atomic_bool stop;
	pthread_t thread;
};

static void write_address(struct writer *w, uint16_t type, int last)
{
	write_u16(w, 0xc00c);
	write_u16(w, type);
	write_u16(w, 1);
	write_u32(w, 30);
	write_u16(w, type == DNS_A ? 4 : 16);
	write_fill(w, 0, type == DNS_A ? 3 : 15);
	write_u8(w, (uint8_t)last);
}

static void write_alias(struct writer *w)
{
	static const uint8_t record[] = {0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1, 'x', 0xc0, 12};

	write_bytes(w, record, sizeof(record));
}

static size_t make_answer(enum manner manner, const struct dns_query *query, bool stream,
			  uint8_t out[ROOM * 4])
{
	struct writer w = writer_over(out, ROOM * 4);
	int count = manner == MANNER_TRUNCATED && stream ? RECORDS_OVER_TCP : 1;
	bool cut = (manner == MANNER_TRUNCATED && !stream) || manner == MANNER_TRUNCATED_EVER;

	assert_int_equal(dns_write_query(&w, query), E_OK);
	out[FLAGS_AT] = cut ? 0x82 : 0x80;
	if (manner == MANNER_SERVFAIL || manner == MANNER_NXDOMAIN)
		out[FLAGS_AT + 1] = manner == MANNER_SERVFAIL ? DNS_SERVFAIL : DNS_NXDOMAIN;
	else if (manner == MANNER_CNAME)
		write_alias(&w), out[COUNTS_AT + 3] = 1;
	else if (manner != MANNER_NO_RECORD && !cut) {
		for (int i = 0; i < count && i < DNS_VALUES_MAX; i++, out[COUNTS_AT + 3]++)
			write_address(&w, query->type, i + 1);
	}
	return manner == MANNER_MALFORMED ? w.used - 3 : w.used;
}

static void answer_datagram(struct server *server)
{
	uint8_t bytes[ROOM];
	uint8_t out[ROOM * 4];
	struct dns_query query;
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	ssize_t got = recvfrom(server->udp, bytes, sizeof(bytes), 0, (void *)&from, &len);

	if (got < 0 || dns_read_query(bytes, (size_t)got, &query) != E_OK)
		return;
	server->asked++;
	if (server->manner == MANNER_SILENT)
		return;
	if (server->manner == MANNER_FORGED_BEFORE) {
		struct dns_query other = query;
		other.id++;
		size_t used = make_answer(MANNER_ADDRESS, &other, false, out);
		(void)sendto(server->udp, out, used, 0, (void *)&from, len);
		other = query;
		other.name.octets[1] ^= 1;
		used = make_answer(MANNER_ADDRESS, &other, false, out);
		(void)sendto(server->udp, out, used, 0, (void *)&from, len);
	}
	size_t used = make_answer(server->manner, &query, false, out);
	if (server->manner == MANNER_NO_EDNS && (size_t)got > dns_query_size(&query)) {
		used = 12;
		out[FLAGS_AT + 1] = DNS_FORMERR;
		memset(out + COUNTS_AT, 0, 8);
	}
	(void)sendto(server->udp, out, used, 0, (void *)&from, len);
}

static void answer_stream(struct server *server)
{
	uint8_t bytes[ROOM];
	uint8_t out[2 + ROOM * 4];
	struct dns_query query;
	int fd = accept(server->tcp, NULL, NULL);
	ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

	if (got > 2 && dns_read_query(bytes + 2, (size_t)got - 2, &query) == E_OK) {
		size_t used = make_answer(server->manner, &query, true, out + 2);
		out[0] = (uint8_t)(used >> 8);
		out[1] = (uint8_t)used;
		/* In two pieces, the length itself cut. */
		(void)send(fd, out, 1, MSG_NOSIGNAL);
		usleep(2000);
		(void)send(fd, out + 1, used + 1, MSG_NOSIGNAL);
	}
	close(fd);
}

static void *serve(void *context)
{
	struct server *server = context;

	while (!server->stop) {
		struct pollfd pollers[] = {{.fd = server->udp, .events = POLLIN},
					   {.fd = server->tcp, .events = POLLIN}};
		if (poll(pollers, 2, 20) <= 0)
			continue;
		if (pollers[0].revents != 0)
			answer_datagram(server);
		if (pollers[1].revents != 0)
			answer_stream(server);
	}
	return NULL;
}

/* Both sockets have one port. */
static void start(struct server *server, enum manner manner)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	server->manner = manner;
	for (int i = 0; i < 50; i++) {
		address.sin_port = 0;
		server->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		server->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(server->udp, (void *)&address, len), 0);
		assert_int_equal(getsockname(server->udp, (void *)&address, &len), 0);
		if (bind(server->tcp, (void *)&address, len) == 0)
			break;
		close(server->udp);
		close(server->tcp);
	}
	assert_int_equal(listen(server->tcp, 4), 0);
	server->at = (struct endpoint){
		.family = 4, .port = ntohs(address.sin_port), .bytes = {127, 0, 0, 1}};
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
	server->stop = true;
	pthread_join(server->thread, NULL);
	close(server->udp);
	close(server->tcp);
}

static struct resolution find(const struct server *servers, size_t count, uint8_t family,
			      nsec patience)
{
	struct name_servers list = {.count = count};
	struct resolver_request request = {&list, "政务.example", family, patience};
	struct resolution resolution;

	for (size_t i = 0; i < count; i++)
		list.items[i] = servers[i].at;
	assert_int_equal(resolver_find(&request, &resolution), E_OK);
	return resolution;
}

static void what_a_server_says_is_the_outcome(void **state)
{
	static const struct {
		const char *row;
		enum manner manner;
		uint8_t family;
		enum resolving outcome;
		size_t count;
	} rows[] = {
		{"an IPv4 address", MANNER_ADDRESS, 4, RESOLVING_FOUND, 1},
		{"an IPv6 address", MANNER_ADDRESS, 6, RESOLVING_FOUND, 1},
		{"forged answers are passed over", MANNER_FORGED_BEFORE, 4, RESOLVING_FOUND, 1},
		{"what is cut is asked over TCP", MANNER_TRUNCATED, 4, RESOLVING_FOUND,
		 RESOLVED_MOST},
		{"cut over TCP too", MANNER_TRUNCATED_EVER, 4, RESOLVING_FAILED, 0},
		{"malformed", MANNER_MALFORMED, 4, RESOLVING_FAILED, 0},
		{"a failure", MANNER_SERVFAIL, 4, RESOLVING_FAILED, 0},
		{"no such name", MANNER_NXDOMAIN, 4, RESOLVING_NO_NAME, 0},
		{"no address of the family", MANNER_NO_RECORD, 6, RESOLVING_NO_RECORD, 0},
		{"a server that knows no EDNS", MANNER_NO_EDNS, 4, RESOLVING_FOUND, 1},
		{"an alias without address", MANNER_CNAME, 4, RESOLVING_NO_RECORD, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct server server;
		start(&server, rows[i].manner);
		struct resolution got = find(&server, 1, rows[i].family, 20 * NSEC_PER_SEC);
		stop(&server);
		if (got.outcome != rows[i].outcome || got.count != rows[i].count)
			fail_msg("%s: %s, %zu addresses", rows[i].row, resolving_name(got.outcome),
				 got.count);
		if (got.count == 0)
			continue;
		assert_int_equal(got.addresses[0].family, rows[i].family);
		assert_int_equal(got.addresses[0].bytes[rows[i].family == 4 ? 3 : 15], 1);
		assert_int_equal(got.ttl, 30);
		assert_int_equal(got.server.port, server.at.port);
	}
}

static void the_next_server_is_asked_where_one_fails(void **state)
{
	struct server servers[3];

	(void)state;
	start(&servers[0], MANNER_SILENT);
	start(&servers[1], MANNER_SERVFAIL);
	start(&servers[2], MANNER_ADDRESS);
	struct resolution got = find(servers, 3, 4, 2 * NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		stop(&servers[i]);
	assert_int_equal(got.outcome, RESOLVING_FOUND);
	assert_int_equal(got.server.port, servers[2].at.port);
	assert_int_equal(servers[0].asked, 1);
	assert_true(got.took < 20 * NSEC_PER_SEC);
}

static void silence_ends_with_the_patience(void **state)
{
	struct server server;

	(void)state;
	start(&server, MANNER_SILENT);
	struct resolution got = find(&server, 1, 4, 200 * NSEC_PER_MSEC);
	stop(&server);
	assert_int_equal(got.outcome, RESOLVING_UNANSWERED);
	assert_int_equal(server.asked, 2);
	assert_int_equal(got.server.family, 0);
}

static void nobody_at_the_port_is_a_failure(void **state)
{
	struct server server;

	(void)state;
	start(&server, MANNER_SILENT);
	stop(&server);
	assert_int_equal(find(&server, 1, 4, 20 * NSEC_PER_SEC).outcome, RESOLVING_FAILED);
}

static void a_wrong_name_is_refused(void **state)
{
	struct name_servers list = {.count = 0};
	struct resolver_request request = {&list, "no name", 4, NSEC_PER_SEC};
	struct resolution resolution;

	(void)state;
	assert_int_equal(resolver_find(&request, &resolution), E_SYNTAX);
}

static void servers_are_those_of_the_system(void **state)
{
	char path[] = "/tmp/netgrade-resolver-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	assert_non_null(file);
	fputs("# nameserver 10.0.0.9\nsearch gov.cn\nnameserver 10.0.0.1\n", file);
	fputs("nameserver\t2001:db8::53\nnameserver here\n  \n", file);
	for (int i = 0; i < 10; i++)
		fputs("nameserver 10.0.0.2\n", file);
	fclose(file);
	struct name_servers servers = name_servers_of_system(path);
	unlink(path);
	assert_int_equal(servers.count, NAME_SERVERS_MOST);
	assert_int_equal(servers.items[0].bytes[3], 1);
	assert_int_equal(servers.items[1].family, 6);
	assert_int_equal(servers.items[1].port, NAME_SERVER_PORT);
	servers = name_servers_of_system(path);
	assert_int_equal(servers.count, 1);
	assert_int_equal(servers.items[0].bytes[0], 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_server_says_is_the_outcome),
		cmocka_unit_test(the_next_server_is_asked_where_one_fails),
		cmocka_unit_test(silence_ends_with_the_patience),
		cmocka_unit_test(nobody_at_the_port_is_a_failure),
		cmocka_unit_test(a_wrong_name_is_refused),
		cmocka_unit_test(servers_are_those_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
