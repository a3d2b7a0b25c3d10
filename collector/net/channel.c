/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/channel.h"
#include "collector/base/clock.h"
#include "collector/net/stamps.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PACKET_MIN = 256,
	HEADERS_MAX = 128, /* link, IP with options, ICMP */
	BUFFER = 16 << 20, /* a hundred thousand small packets a second for 0.1 s */
	CONTROL = 192,	   /* a stamp and an extended error with its address */
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The headers and buffers that one batched system call needs. */
struct batch {
	struct mmsghdr headers[CHANNEL_BATCH];
	struct iovec vectors[CHANNEL_BATCH];
	union address addresses[CHANNEL_BATCH];
	_Alignas(struct cmsghdr) char control[CHANNEL_BATCH][CONTROL];
};

struct channel {
	uint8_t family;
	int sender;
	int receiver;
	uint32_t drops_seen;
	bool was_nearly_full;
	size_t room;	/* octets for each received packet */
	uint8_t *bytes; /* CHANNEL_BATCH times room */
	struct batch sending;
	struct batch receiving;
	size_t used; /* headers of receiving */
};

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* The forced sizes need CAP_NET_ADMIN; without it the kernel's limit is taken. */
static void size_buffer(int fd, int forced, int plain, int octets)
{
	if (set_int(fd, SOL_SOCKET, forced, octets) != 0)
		(void)set_int(fd, SOL_SOCKET, plain, octets);
}

static enum err open_socket(const struct channel_options *options, int *out)
{
	int family = options->family == 4 ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, options->protocol);

	if (fd < 0)
		return err_from_errno(errno);
	*out = fd;
	return E_OK;
}

/* Answers must not queue here: this socket's buffer is for looped packets. */
static enum err prepare_sender(struct channel *channel)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {1, &nothing};
	int fd = channel->sender;
	int level = channel->family == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	int option = channel->family == 4 ? IP_RECVERR : IPV6_RECVERR;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
	    set_int(fd, level, option, 1) != 0 ||
	    set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
		    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE) != 0)
		return err_from_errno(errno);
	size_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, BUFFER);
	size_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, BUFFER);
	return E_OK;
}

/* The kernel doubles what is asked for, to have room for its own records of each packet. */
static int receive_buffer(const struct channel_options *options)
{
	if (options->receive_buffer == 0)
		return BUFFER;
	return options->receive_buffer < INT_MAX ? (int)(options->receive_buffer / 2) : INT_MAX / 2;
}

static enum err prepare_receiver(struct channel *channel, const struct channel_options *options)
{
	const struct sock_fprog *own = options->own;
	int fd = channel->receiver;
	uint8_t octets[PACKET_MIN];

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, own, sizeof(*own)) != 0 ||
	    set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
		    SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE) != 0)
		return err_from_errno(errno);
	size_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_buffer(options));
	/* What came between opening the socket and its filter is not ours. */
	while (recv(fd, octets, sizeof(octets), MSG_DONTWAIT) >= 0)
		;
	(void)channel_overflowed(channel);
	return E_OK;
}

/* The kernel knows of itself where an ICMPv6 packet has its checksum. */
static enum err place_checksum(const struct channel *channel, const struct channel_options *options)
{
	if (options->family == 4 || options->checksum_at == 0)
		return E_OK;
	if (set_int(channel->sender, IPPROTO_IPV6, IPV6_CHECKSUM, options->checksum_at) != 0 ||
	    set_int(channel->receiver, IPPROTO_IPV6, IPV6_CHECKSUM, options->checksum_at) != 0)
		return err_from_errno(errno);
	return E_OK;
}

static enum err prepare(struct channel *channel, const struct channel_options *options)
{
	enum err rc = open_socket(options, &channel->sender);
	if (rc == E_OK)
		rc = open_socket(options, &channel->receiver);
	if (rc == E_OK)
		rc = place_checksum(channel, options);
	if (rc == E_OK)
		rc = prepare_sender(channel);
	if (rc == E_OK)
		rc = prepare_receiver(channel, options);
	if (rc == E_OK)
		rc = channel_reserve(channel, PACKET_MIN);
	return rc;
}

enum err channel_open(const struct channel_options *options, struct channel **out)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL)
		return E_MEMORY;
	channel->family = options->family;
	channel->sender = -1;
	channel->receiver = -1;
	enum err rc = prepare(channel, options);
	if (rc != E_OK) {
		int number = errno;
		channel_close(channel);
		errno = number;
		return rc;
	}
	*out = channel;
	return E_OK;
}

void channel_close(struct channel *channel)
{
	if (channel == NULL)
		return;
	if (channel->sender >= 0)
		close(channel->sender);
	if (channel->receiver >= 0)
		close(channel->receiver);
	free(channel->bytes);
	free(channel);
}

static void ready_header(struct channel *channel, size_t index)
{
	struct batch *batch = &channel->receiving;

	batch->vectors[index].iov_base = channel->bytes + index * channel->room;
	batch->vectors[index].iov_len = channel->room;
	batch->headers[index].msg_hdr = (struct msghdr){
		.msg_iov = &batch->vectors[index],
		.msg_iovlen = 1,
		.msg_name = &batch->addresses[index],
		.msg_namelen = sizeof(batch->addresses[index]),
		.msg_control = batch->control[index],
		.msg_controllen = sizeof(batch->control[index]),
	};
}

enum err channel_reserve(struct channel *channel, size_t octets)
{
	size_t room = octets + HEADERS_MAX;

	if (room <= channel->room)
		return E_OK;
	uint8_t *bytes = realloc(channel->bytes, CHANNEL_BATCH * room);
	if (bytes == NULL)
		return E_MEMORY;
	channel->bytes = bytes;
	channel->room = room;
	for (size_t i = 0; i < CHANNEL_BATCH; i++)
		ready_header(channel, i);
	return E_OK;
}

/* Adds a control message; the buffer has room for all that a packet can need. */
static void put_control(struct msghdr *header, const struct cmsghdr *kind, const void *data,
			size_t size)
{
	struct cmsghdr *message = (void *)((char *)header->msg_control + header->msg_controllen);

	*message = *kind;
	message->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(message), data, size);
	header->msg_controllen += CMSG_SPACE(size);
}

static void put_dscp(const struct channel *channel, struct msghdr *header, uint8_t dscp)
{
	int traffic_class = dscp << 2; /* RFC 2474: the upper six bits */
	struct cmsghdr kind = {.cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_TCLASS};

	if (channel->family == 4)
		kind = (struct cmsghdr){.cmsg_level = IPPROTO_IP, .cmsg_type = IP_TOS};
	put_control(header, &kind, &traffic_class, sizeof(traffic_class));
}

static void put_source(struct msghdr *header, const struct endpoint *from)
{
	struct in_pktinfo info = {0};
	struct cmsghdr kind = {.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};

	memcpy(&info.ipi_spec_dst, from->bytes, sizeof(info.ipi_spec_dst));
	put_control(header, &kind, &info, sizeof(info));
}

static socklen_t to_address(const struct endpoint *endpoint, union address *out)
{
	if (endpoint->family == 4) {
		out->v4 = (struct sockaddr_in){.sin_family = AF_INET};
		memcpy(&out->v4.sin_addr, endpoint->bytes, sizeof(out->v4.sin_addr));
		return sizeof(out->v4);
	}
	out->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_scope_id = endpoint->scope};
	memcpy(&out->v6.sin6_addr, endpoint->bytes, sizeof(out->v6.sin6_addr));
	return sizeof(out->v6);
}

static struct endpoint from_address(const union address *address)
{
	struct endpoint endpoint = {0};

	if (address->any.sa_family == AF_INET) {
		endpoint.family = 4;
		memcpy(endpoint.bytes, &address->v4.sin_addr, sizeof(address->v4.sin_addr));
	} else if (address->any.sa_family == AF_INET6) {
		endpoint.family = 6;
		endpoint.scope = address->v6.sin6_scope_id;
		memcpy(endpoint.bytes, &address->v6.sin6_addr, sizeof(address->v6.sin6_addr));
	}
	return endpoint;
}

static void fill_outgoing(struct channel *channel, const struct outgoing *packets, size_t count)
{
	struct batch *batch = &channel->sending;

	for (size_t i = 0; i < count; i++) {
		struct msghdr *header = &batch->headers[i].msg_hdr;
		batch->vectors[i].iov_base = (void *)(uintptr_t)packets[i].bytes;
		batch->vectors[i].iov_len = packets[i].len;
		*header = (struct msghdr){.msg_iov = &batch->vectors[i], .msg_iovlen = 1};
		header->msg_namelen = to_address(packets[i].to, &batch->addresses[i]);
		header->msg_name = &batch->addresses[i];
		header->msg_control = batch->control[i];
		if (packets[i].dscp != 0)
			put_dscp(channel, header, packets[i].dscp);
		if (packets[i].from.family == 4)
			put_source(header, &packets[i].from);
		if (header->msg_controllen == 0)
			header->msg_control = NULL;
	}
}

void channel_send(struct channel *channel, struct outgoing *packets, size_t count)
{
	assert(count <= CHANNEL_BATCH);
	fill_outgoing(channel, packets, count);
	for (size_t done = 0; done < count;) {
		nsec before = clock_realtime();
		int sent = sendmmsg(channel->sender, &channel->sending.headers[done],
				    (unsigned int)(count - done), MSG_DONTWAIT);
		int refused = errno;
		if (sent < 0 && refused == EINTR)
			continue;
		for (int i = 0; i < sent; i++) {
			packets[done].refused = 0;
			packets[done++].sent_at = before;
		}
		/* sendmmsg stops at the first packet refused and tells why only when it is the
		 * first of a call. */
		if (sent < 0)
			packets[done++].refused = refused;
	}
}

/* Headers are made ready again only where the call before used them. */
static int receive_batch(struct channel *channel, int fd, int flags)
{
	struct batch *batch = &channel->receiving;

	for (size_t i = 0; i < channel->used; i++)
		ready_header(channel, i);
	int got = recvmmsg(fd, batch->headers, CHANNEL_BATCH, MSG_DONTWAIT | flags, NULL);
	/* An error that waits on the socket is given instead of packets, once. */
	if (got < 0 && errno != EAGAIN)
		got = recvmmsg(fd, batch->headers, CHANNEL_BATCH, MSG_DONTWAIT | flags, NULL);
	/* One more may have been touched before the call ended. */
	channel->used = got < 0 ? 1 : got < CHANNEL_BATCH ? (size_t)got + 1 : CHANNEL_BATCH;
	return got < 0 ? 0 : got;
}

bool channel_receive(struct channel *channel, struct incoming out[CHANNEL_BATCH], size_t *count)
{
	int got = receive_batch(channel, channel->receiver, 0);

	for (int i = 0; i < got; i++) {
		struct mmsghdr *header = &channel->receiving.headers[i];
		out[i] = (struct incoming){
			.bytes = channel->bytes + (size_t)i * channel->room,
			.len = header->msg_len,
			.truncated = (header->msg_hdr.msg_flags & MSG_TRUNC) != 0,
			.from = from_address(&channel->receiving.addresses[i]),
			.at = stamps_find(&header->msg_hdr),
			.stamped_by = STAMP_KERNEL,
		};
		if (out[i].at == NSEC_UNDEFINED) {
			out[i].at = clock_realtime();
			out[i].stamped_by = STAMP_USER;
		}
	}
	*count = (size_t)got;
	return got == CHANNEL_BATCH;
}

static const struct sock_extended_err *error_in(const struct cmsghdr *message)
{
	bool v4 = message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_RECVERR;
	bool v6 = message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_RECVERR;

	if (!v4 && !v6)
		return NULL;
	return (const struct sock_extended_err *)(const void *)CMSG_DATA(message);
}

static bool read_error(const struct sock_extended_err *error, struct report *report)
{
	union address offender = {0};

	report->number = (int)error->ee_errno;
	report->type = error->ee_type;
	report->code = error->ee_code;
	if (error->ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		report->looped = true;
		return true;
	}
	if (error->ee_origin != SO_EE_ORIGIN_ICMP && error->ee_origin != SO_EE_ORIGIN_ICMP6)
		return false;
	/* The offender's address follows the structure in the same control message. */
	const struct sockaddr *address = (const void *)(error + 1);
	size_t len = address->sa_family == AF_INET ? sizeof(struct sockaddr_in)
						   : sizeof(struct sockaddr_in6);
	memcpy(&offender, address, len);
	report->offender = from_address(&offender);
	return true;
}

/* False for what tells nothing about a packet, such as an error of our own system calls. */
static bool read_report(struct msghdr *header, struct report *report)
{
	bool known = false;

	report->at = stamps_find(header);
	for (struct cmsghdr *m = CMSG_FIRSTHDR(header); m != NULL; m = CMSG_NXTHDR(header, m)) {
		const struct sock_extended_err *error = error_in(m);
		if (error != NULL)
			known = read_error(error, report);
	}
	return known && (!report->looped || report->at != NSEC_UNDEFINED);
}

bool channel_reports(struct channel *channel, struct report out[CHANNEL_BATCH], size_t *count)
{
	int got = receive_batch(channel, channel->sender, MSG_ERRQUEUE);

	*count = 0;
	for (int i = 0; i < got; i++) {
		struct report report = {
			.bytes = channel->bytes + (size_t)i * channel->room,
			.len = channel->receiving.headers[i].msg_len,
			.destination = from_address(&channel->receiving.addresses[i]),
		};
		if (read_report(&channel->receiving.headers[i].msg_hdr, &report))
			out[(*count)++] = report;
	}
	return got == CHANNEL_BATCH;
}

/* The kernel counts IPv6 packets with a wrong checksum as drops too, so that anybody could spoil a
 * slot: with IPv6 a drop says something only when the queue was near its limit. Nobody but the
 * caller reads the queue, so between two reads it only grows, and a look before each read sees it
 * fullest. */
bool channel_overflowed(struct channel *channel)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(channel->receiver, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
		return false;
	bool dropped = info[SK_MEMINFO_DROPS] != channel->drops_seen;
	channel->drops_seen = info[SK_MEMINFO_DROPS];
	bool nearly_full = info[SK_MEMINFO_RMEM_ALLOC] > info[SK_MEMINFO_RCVBUF] / 4 * 3;
	bool filled = nearly_full || channel->was_nearly_full;
	channel->was_nearly_full = nearly_full;
	return dropped && (channel->family == 4 || filled);
}
