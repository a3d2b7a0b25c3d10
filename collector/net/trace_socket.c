/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/trace_socket.h"
#include "collector/base/clock.h"
#include "collector/base/random.h"
#include "collector/net/routes.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	FAMILIES = 2,
	PACKET_MAX = 10240,
	CONTROL = 256,
	LOWEST_PORT = 49152,
	PORTS = 16384,
	TRIES = 64,
	ANY_PORT = 9,
};

/* In the order in which they are read: a packet's send stamp before its answer. */
enum channel { SENDER, ICMP, TCP, CHANNELS };

struct trace_socket {
	int channels[FAMILIES][CHANNELS];
	int tcp_port; /* sockets that hold the port */
	int udp_port;
	uint16_t port;
	struct routes *routes;
	uint8_t bytes[PACKET_MAX];
};

static size_t index_of(uint8_t family)
{
	return family == 4 ? 0 : 1;
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static int open_raw(uint8_t family, int protocol)
{
	return socket(family == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
		      protocol);
}

/* What the kernel has learnt of a path's MTU must not cut or refuse what is sent to measure it. */
static bool prepare_sender(int fd, uint8_t family)
{
	int refused = family == 4
			      ? set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
			      : set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);

	return refused == 0 && set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
				       SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
					       SOF_TIMESTAMPING_OPT_CMSG) == 0;
}

/* Errors, and replies with our identifier. */
static bool filter_icmp(int fd, uint8_t family, uint16_t identifier)
{
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 3, 0, 3),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 129, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(v6) / sizeof(v6[0]), v6};

	if (family == 4)
		program = (struct sock_fprog){sizeof(v4) / sizeof(v4[0]), v4};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static bool filter_tcp(int fd, uint8_t family, uint16_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (family == 4)
		code[0] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

static bool prepare_receivers(const int channels[CHANNELS], uint8_t family, uint16_t port)
{
	if (!filter_icmp(channels[ICMP], family, port) || !filter_tcp(channels[TCP], family, port))
		return false;
	for (int i = ICMP; i < CHANNELS; i++) {
		if (set_int(channels[i], SOL_SOCKET, SO_TIMESTAMPING,
			    SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE) != 0)
			return false;
	}
	return true;
}

static enum err open_family(struct trace_socket *socket, uint8_t family)
{
	int *channels = socket->channels[index_of(family)];
	const int protocols[CHANNELS] = {
		[SENDER] = IPPROTO_RAW,
		[ICMP] = family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		[TCP] = IPPROTO_TCP,
	};

	for (int i = 0; i < CHANNELS; i++) {
		channels[i] = open_raw(family, protocols[i]);
		if (channels[i] < 0)
			return err_from_errno(errno);
	}
	return prepare_sender(channels[SENDER], family) &&
			       prepare_receivers(channels, family, socket->port)
		       ? E_OK
		       : err_from_errno(errno);
}

/* Of both families, or of IPv4 where the machine has no other. */
static int hold_port(int type, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	bool both = fd >= 0;

	if (!both)
		fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	else
		(void)set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (fd >= 0 && (both ? bind(fd, (struct sockaddr *)&v6, sizeof(v6))
			     : bind(fd, (struct sockaddr *)&v4, sizeof(v4))) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void let_port_go(struct trace_socket *socket)
{
	if (socket->tcp_port >= 0)
		close(socket->tcp_port);
	if (socket->udp_port >= 0)
		close(socket->udp_port);
	socket->tcp_port = -1;
	socket->udp_port = -1;
}

static enum err take_port(struct trace_socket *socket)
{
	struct random random;
	enum err rc = random_secret(&random, sizeof(random));

	for (int i = 0; rc == E_OK && i < TRIES; i++) {
		socket->port = (uint16_t)(LOWEST_PORT + random_below(&random, PORTS));
		socket->tcp_port = hold_port(SOCK_STREAM, socket->port);
		socket->udp_port = hold_port(SOCK_DGRAM, socket->port);
		if (socket->tcp_port >= 0 && socket->udp_port >= 0)
			return E_OK;
		let_port_go(socket);
	}
	return rc == E_OK ? E_BUSY : rc;
}

static void close_family(int channels[CHANNELS])
{
	for (int i = 0; i < CHANNELS; i++) {
		if (channels[i] >= 0)
			close(channels[i]);
		channels[i] = -1;
	}
}

static enum err open_families(struct trace_socket *socket)
{
	enum err rc[FAMILIES];

	for (size_t i = 0; i < FAMILIES; i++) {
		rc[i] = open_family(socket, i == 0 ? 4 : 6);
		if (rc[i] != E_OK)
			close_family(socket->channels[i]);
		if (rc[i] == E_PERMISSION)
			return rc[i];
	}
	return rc[0] == E_OK ? rc[0] : rc[1];
}

enum err trace_socket_open(struct trace_socket **out)
{
	struct trace_socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL)
		return E_MEMORY;
	memset(socket->channels, -1, sizeof(socket->channels));
	socket->tcp_port = -1;
	socket->udp_port = -1;
	enum err rc = take_port(socket);
	if (rc == E_OK)
		rc = open_families(socket);
	if (rc == E_OK)
		rc = routes_open(&socket->routes);
	if (rc != E_OK) {
		trace_socket_close(socket);
		return rc;
	}
	*out = socket;
	return E_OK;
}

void trace_socket_close(struct trace_socket *socket)
{
	if (socket == NULL)
		return;
	for (size_t i = 0; i < FAMILIES; i++)
		close_family(socket->channels[i]);
	let_port_go(socket);
	routes_close(socket->routes);
	free(socket);
}

uint16_t trace_socket_port(const struct trace_socket *socket)
{
	return socket->port;
}

/* Connecting a datagram socket sends nothing and tells the route's address. */
static enum err ask_way(int fd, const struct endpoint *host, uint32_t interface,
			struct trace_way *out)
{
	struct endpoint to = *host;
	struct sockaddr_storage address;
	struct ifreq request = {0};

	to.port = ANY_PORT;
	socklen_t len = endpoint_to_sockaddr(&to, &address);
	if (connect(fd, (struct sockaddr *)&address, len) != 0)
		return E_NOT_FOUND;
	len = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
	    if_indextoname(interface, request.ifr_name) == NULL ||
	    ioctl(fd, SIOCGIFMTU, &request) != 0)
		return E_NOT_FOUND;
	out->from = endpoint_from_sockaddr(&address);
	out->mtu = (uint32_t)request.ifr_mtu;
	return E_OK;
}

enum err trace_socket_way(struct trace_socket *socket_, const struct endpoint *host,
			  struct trace_way *out)
{
	struct route route;

	if (socket_->channels[index_of(host->family)][SENDER] < 0)
		return E_UNSUPPORTED;
	enum err rc = routes_find(socket_->routes, host, &route);
	if (rc != E_OK)
		return rc;
	int fd = socket(host->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return E_UNSUPPORTED;
	rc = ask_way(fd, host, route.interface, out);
	close(fd);
	return rc;
}

int trace_socket_send(struct trace_socket *socket, const struct endpoint *to, const uint8_t *bytes,
		      size_t len, nsec *at)
{
	struct sockaddr_storage address;
	struct endpoint plain = *to;
	int fd = socket->channels[index_of(to->family)][SENDER];

	plain.port = 0;
	socklen_t size = endpoint_to_sockaddr(&plain, &address);
	*at = clock_realtime();
	return sendto(fd, bytes, len, 0, (struct sockaddr *)&address, size) < 0 ? errno : 0;
}

static nsec find_stamp(struct msghdr *header)
{
	struct scm_timestamping stamps;

	for (struct cmsghdr *m = CMSG_FIRSTHDR(header); m != NULL; m = CMSG_NXTHDR(header, m)) {
		if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(&stamps, CMSG_DATA(m), sizeof(stamps));
		if (stamps.ts[0].tv_sec != 0)
			return (nsec)stamps.ts[0].tv_sec * NSEC_PER_SEC + stamps.ts[0].tv_nsec;
	}
	return NSEC_UNDEFINED;
}

static bool read_channel(struct trace_socket *socket, uint8_t family, enum channel channel,
			 struct trace_heard *out)
{
	_Alignas(struct cmsghdr) char control[CONTROL];
	struct sockaddr_storage address = {0};
	struct iovec vector = {socket->bytes, sizeof(socket->bytes)};
	struct msghdr header = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(socket->channels[index_of(family)][channel], &header,
			      channel == SENDER ? MSG_ERRQUEUE : 0);

	if (got < 0)
		return false;
	*out = (struct trace_heard){
		.kind = channel == SENDER ? TRACE_HEARD_LOOPED
			: channel == ICMP ? TRACE_HEARD_ICMP
					  : TRACE_HEARD_TCP,
		.bytes = socket->bytes,
		.len = (size_t)got,
		.from = endpoint_from_sockaddr(&address),
		.at = find_stamp(&header),
	};
	if (out->at == NSEC_UNDEFINED && channel != SENDER)
		out->at = clock_realtime();
	return out->at != NSEC_UNDEFINED;
}

bool trace_socket_hear(struct trace_socket *socket, uint8_t family, nsec until,
		       struct trace_heard *out)
{
	const int *channels = socket->channels[index_of(family)];
	struct pollfd wanted[CHANNELS] = {
		{channels[SENDER], 0, 0}, {channels[ICMP], POLLIN, 0}, {channels[TCP], POLLIN, 0}};

	for (;;) {
		for (enum channel i = 0; i < CHANNELS; i++) {
			if (read_channel(socket, family, i, out))
				return true;
		}
		nsec left = until - clock_monotonic();
		if (left <= 0)
			return false;
		struct timespec wait = {left / NSEC_PER_SEC, left % NSEC_PER_SEC};
		(void)ppoll(wanted, CHANNELS, &wait, NULL);
	}
}
