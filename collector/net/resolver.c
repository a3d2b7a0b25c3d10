/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/resolver.h"
#include "collector/base/clock.h"
#include "collector/base/random.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a server that says nothing each try is given up after a share of the patience. */
enum { ROUNDS = 2, LENGTH = 2, LINE = 256 };

/* One question to one server. */
struct asking {
	const struct endpoint *server;
	struct dns_query query;
	nsec until;	/* monotonic */
	uint8_t *bytes; /* LENGTH + DNS_MESSAGE_MAX octets */
	struct dns_answer *answer;
};

const char *resolving_name(enum resolving outcome)
{
	static const char *const names[] = {"found", "no name", "no record", "failed",
					    "unanswered"};

	return names[outcome];
}

static struct name_servers only_this_machine(void)
{
	return (struct name_servers){
		.count = 1,
		.items = {{.family = 4, .port = NAME_SERVER_PORT, .bytes = {127, 0, 0, 1}}},
	};
}

struct name_servers name_servers_of_system(const char *path)
{
	struct name_servers servers = {0};
	char line[LINE];
	char address[ENDPOINT_TEXT];
	FILE *file = fopen(path, "re");

	while (file != NULL && servers.count < NAME_SERVERS_MOST &&
	       fgets(line, sizeof(line), file) != NULL) {
		struct endpoint *server = &servers.items[servers.count];
		if (sscanf(line, "nameserver %63s", address) != 1 ||
		    endpoint_parse(address, server) != E_OK)
			continue;
		server->port = NAME_SERVER_PORT;
		servers.count++;
	}
	if (file != NULL)
		fclose(file);
	return servers.count == 0 ? only_this_machine() : servers;
}

/* The kernel chooses the port at random; a connected socket takes answers from the server alone. */
static int open_socket(const struct endpoint *server, int type)
{
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(server, &address);
	int family = server->family == 4 ? AF_INET : AF_INET6;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* E_BUSY: not within the time. */
static enum err wait_for(int fd, short events, nsec until)
{
	for (;;) {
		struct pollfd poller = {.fd = fd, .events = events};
		nsec left = until - clock_monotonic();
		if (left <= 0)
			return E_BUSY;
		struct timespec patience = {.tv_sec = left / NSEC_PER_SEC,
					    .tv_nsec = left % NSEC_PER_SEC};
		int ready = ppoll(&poller, 1, &patience, NULL);
		if (ready > 0)
			return E_OK;
		if (ready == 0)
			return E_BUSY;
		if (errno != EINTR)
			return E_CLOSED;
	}
}

/* Whatever else comes to the socket is passed over. */
static enum err receive_datagram(struct asking *asking, int fd)
{
	for (;;) {
		enum err rc = wait_for(fd, POLLIN, asking->until);
		if (rc != E_OK)
			return rc;
		ssize_t got = recv(fd, asking->bytes, DNS_MESSAGE_MAX, 0);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return E_CLOSED;
		if (got <= 0)
			continue;
		rc = dns_read_answer(asking->bytes, (size_t)got, &asking->query, asking->answer);
		if (rc != E_NOT_FOUND)
			return rc;
	}
}

static enum err ask_datagram(struct asking *asking)
{
	struct writer w = writer_over(asking->bytes, DNS_QUERY_MAX);
	int fd = open_socket(asking->server, SOCK_DGRAM);

	if (fd < 0)
		return E_CLOSED;
	enum err rc = dns_write_query(&w, &asking->query);
	if (rc == E_OK && send(fd, w.start, w.used, MSG_NOSIGNAL) < 0)
		rc = E_CLOSED;
	if (rc == E_OK)
		rc = receive_datagram(asking, fd);
	close(fd);
	return rc;
}

/* Moves len octets one way. */
static enum err transfer(struct asking *asking, int fd, short way, size_t len)
{
	for (size_t done = 0; done < len;) {
		enum err rc = wait_for(fd, way, asking->until);
		if (rc != E_OK)
			return rc;
		ssize_t moved = way == POLLOUT
					? send(fd, asking->bytes + done, len - done, MSG_NOSIGNAL)
					: recv(fd, asking->bytes + done, len - done, 0);
		if (moved == 0 || (moved < 0 && errno != EAGAIN && errno != EINTR))
			return E_CLOSED;
		done += moved < 0 ? 0 : (size_t)moved;
	}
	return E_OK;
}

/* RFC 7766, section 8: each message is preceded by its length. */
static enum err exchange(struct asking *asking, int fd)
{
	struct writer w = writer_over(asking->bytes, LENGTH + DNS_QUERY_MAX);

	write_u16(&w, (uint16_t)dns_query_size(&asking->query));
	enum err rc = dns_write_query(&w, &asking->query);
	if (rc == E_OK)
		rc = transfer(asking, fd, POLLOUT, w.used);
	if (rc == E_OK)
		rc = transfer(asking, fd, POLLIN, LENGTH);
	if (rc != E_OK)
		return rc;
	size_t len = (size_t)asking->bytes[0] << 8 | asking->bytes[1];
	rc = transfer(asking, fd, POLLIN, len);
	if (rc != E_OK)
		return rc;
	rc = dns_read_answer(asking->bytes, len, &asking->query, asking->answer);
	return rc == E_NOT_FOUND ? E_CORRUPT : rc;
}

static enum err ask_stream(struct asking *asking)
{
	int fd = open_socket(asking->server, SOCK_STREAM);

	if (fd < 0)
		return E_CLOSED;
	enum err rc = exchange(asking, fd);
	close(fd);
	return rc;
}

static enum err ask(struct asking *asking)
{
	enum err rc = random_secret(&asking->query.id, sizeof(asking->query.id));
	if (rc == E_OK)
		rc = ask_datagram(asking);
	if (rc == E_OK && asking->answer->truncated)
		rc = ask_stream(asking);
	return rc == E_OK && asking->answer->truncated ? E_CORRUPT : rc;
}

static void take_addresses(const struct dns_answer *answer, uint8_t family, struct resolution *out)
{
	for (size_t i = 0; i < answer->count && out->count < RESOLVED_MOST; i++) {
		const struct dns_value *value = &answer->values[i];
		struct endpoint *address = &out->addresses[out->count];
		*address = (struct endpoint){.family = family};
		memcpy(address->bytes, value->address, family == 4 ? 4 : 16);
		if (out->count++ == 0 || value->ttl < out->ttl)
			out->ttl = value->ttl;
	}
}

/* Whether what a server said settles the matter. */
static bool settles(const struct asking *asking, uint8_t family, struct resolution *out)
{
	const struct dns_answer *answer = asking->answer;

	out->rcode = answer->rcode;
	out->outcome = RESOLVING_FAILED;
	if (answer->rcode != DNS_NOERROR && answer->rcode != DNS_NXDOMAIN)
		return false;
	out->server = *asking->server;
	take_addresses(answer, family, out);
	out->outcome = answer->rcode == DNS_NXDOMAIN ? RESOLVING_NO_NAME
		       : out->count == 0	     ? RESOLVING_NO_RECORD
						     : RESOLVING_FOUND;
	return true;
}

static enum err ask_all(const struct resolver_request *request, struct asking *asking,
			struct resolution *out)
{
	nsec end = clock_monotonic() + request->patience;
	size_t tries = ROUNDS * request->servers->count;
	bool silent = false;

	for (size_t i = 0; i < tries && clock_monotonic() < end; i++) {
		nsec share = (end - clock_monotonic()) / (nsec)(tries - i);
		asking->server = &request->servers->items[i % request->servers->count];
		/* An old server, or a firewall, may refuse what it does not know. */
		asking->query.edns = i < request->servers->count ? DNS_EDNS_SIZE : 0;
		asking->until = clock_monotonic() + share;
		enum err rc = ask(asking);
		if (rc == E_MEMORY || rc == E_SYSTEM)
			return rc;
		if (rc == E_OK && settles(asking, request->family, out))
			return E_OK;
		silent = silent || rc == E_BUSY;
	}
	out->outcome = silent ? RESOLVING_UNANSWERED : RESOLVING_FAILED;
	return E_OK;
}

enum err resolver_find(const struct resolver_request *request, struct resolution *out)
{
	struct resolution resolution = {.outcome = RESOLVING_FAILED};
	struct dns_answer answer;
	struct asking asking = {
		.query = {.type = request->family == 4 ? DNS_A : DNS_AAAA, .recursion = true},
		.answer = &answer,
	};
	nsec began = clock_monotonic();

	enum err rc = dns_name_parse(request->name, &asking.query.name);
	if (rc != E_OK)
		return rc;
	asking.bytes = malloc(LENGTH + DNS_MESSAGE_MAX);
	if (asking.bytes == NULL)
		return E_MEMORY;
	rc = ask_all(request, &asking, &resolution);
	free(asking.bytes);
	if (rc != E_OK)
		return rc;
	resolution.took = clock_monotonic() - began;
	*out = resolution;
	return E_OK;
}
