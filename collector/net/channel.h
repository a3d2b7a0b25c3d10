/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A channel sends probe packets of one family and receives their answers on raw sockets, with the
 * kernel's own stamps for both. Sending and receiving have a socket each, because looped packets
 * and answers would otherwise share one buffer. Nothing here blocks. */
#ifndef NETGRADE_NET_CHANNEL_H
#define NETGRADE_NET_CHANNEL_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/singleton.h"
#include "collector/net/endpoint.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANNEL_BATCH = 64 };

struct channel;

struct channel_options {
	uint8_t family;	 /* 4 or 6 */
	int protocol;	 /* IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP */
	int checksum_at; /* IPv6: where the kernel fills in and verifies it; 0: it knows itself */
	const struct sock_fprog *own; /* which packets the receiving socket takes */
	uint32_t receive_buffer;      /* octets that it may hold; 0: the default */
};

/* E_PERMISSION without CAP_NET_RAW; E_UNSUPPORTED where the machine lacks the family. */
MUST_CHECK enum err channel_open(const struct channel_options *options, struct channel **out);
void channel_close(struct channel *channel); /* NULL is fine */

/* Makes room for packets of this many octets, all headers included; never shrinks. */
MUST_CHECK enum err channel_reserve(struct channel *channel, size_t octets);

struct outgoing {
	const struct endpoint *to;
	struct endpoint from; /* IPv4; family 0: as the kernel chooses */
	const uint8_t *bytes;
	size_t len;
	uint8_t dscp;
	int refused;  /* set: 0 or the errno of the system call that did not send it */
	nsec sent_at; /* set: this program's own stamp, before the system call */
};

/* Sends up to CHANNEL_BATCH packets. */
void channel_send(struct channel *channel, struct outgoing *packets, size_t count);

struct incoming {
	const uint8_t *bytes; /* until the next call */
	size_t len;
	bool truncated;
	struct endpoint from;
	nsec at;
	enum stamp_source stamped_by;
};

/* Gives up to CHANNEL_BATCH packets that have arrived; whether there may be more. */
bool channel_receive(struct channel *channel, struct incoming out[CHANNEL_BATCH], size_t *count);

/* What the kernel tells about packets sent: a packet looped back with its send stamp, or an ICMP
 * error that quotes one, of any program on this machine. */
struct report {
	bool looped;
	const uint8_t *bytes; /* until the next call */
	size_t len;
	nsec at;		     /* of a looped packet */
	struct endpoint destination; /* of the packet that an error quotes */
	struct endpoint offender;    /* who sent the error */
	int number;		     /* the error as errno */
	uint8_t type;		     /* of the ICMP error */
	uint8_t code;
};

/* Like channel_receive; what tells nothing of use is left out. */
bool channel_reports(struct channel *channel, struct report out[CHANNEL_BATCH], size_t *count);

/* Whether the receiving socket has lost packets since the last call because its queue was full.
 * Call it before each channel_receive that follows one which emptied the queue in part: how full it
 * was shows only until it is read. */
bool channel_overflowed(struct channel *channel);

#endif
