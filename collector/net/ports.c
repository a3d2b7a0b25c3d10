/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/ports.h"
#include "collector/base/random.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Among the ports that are not assigned to services (RFC 6335, section 6); most blocks are free. */
enum { LOWEST = 49152, HIGHEST = 65536, TRIES = 64 };

struct ports ports_none(void)
{
	struct ports ports;

	memset(&ports, -1, sizeof(ports));
	return ports;
}

/* Of both families, or of IPv4 where the machine has no other. */
static int open_socket(enum ports_kind kind, bool *v6)
{
	int off = 0;
	int type = (kind == PORTS_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
	int fd = socket(AF_INET6, type, 0);

	*v6 = fd >= 0;
	if (!*v6)
		return socket(AF_INET, type, 0);
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	return fd;
}

/* Whoever holds a port of UDP reads nothing there. */
static int take_nothing(enum ports_kind kind, int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {1, &nothing};

	if (kind == PORTS_TCP)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static enum err take_port(enum ports_kind kind, uint16_t port, int *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool both;
	int fd = open_socket(kind, &both);

	if (fd < 0)
		return err_from_errno(errno);
	int failed = take_nothing(kind, fd);
	if (failed == 0)
		failed = both ? bind(fd, (struct sockaddr *)&v6, sizeof(v6))
			      : bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	if (failed != 0) {
		enum err rc = err_from_errno(errno);
		close(fd);
		return rc;
	}
	*out = fd;
	return E_OK;
}

static enum err take_block(enum ports_kind kind, uint16_t first, struct ports *out)
{
	enum err rc = E_OK;

	*out = ports_none();
	out->first = first;
	for (uint16_t i = 0; rc == E_OK && i < PORTS_COUNT; i++)
		rc = take_port(kind, (uint16_t)(first + i), &out->sockets[i]);
	if (rc != E_OK)
		ports_release(out);
	return rc;
}

enum err ports_take(enum ports_kind kind, struct ports *out)
{
	struct random random;
	enum err rc = random_secret(&random, sizeof(random));

	for (int i = 0; rc == E_OK && i < TRIES; i++) {
		uint64_t block = random_below(&random, (HIGHEST - LOWEST) / PORTS_COUNT);
		rc = take_block(kind, (uint16_t)(LOWEST + block * PORTS_COUNT), out);
		if (rc != E_BUSY)
			return rc;
		rc = i + 1 < TRIES ? E_OK : E_BUSY;
	}
	return rc;
}

void ports_release(struct ports *ports)
{
	for (int i = 0; i < PORTS_COUNT; i++) {
		if (ports->sockets[i] >= 0)
			close(ports->sockets[i]);
		ports->sockets[i] = -1;
	}
}
