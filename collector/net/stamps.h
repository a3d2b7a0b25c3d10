/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's own stamps of what a socket sent and received, where SO_TIMESTAMPING is set. */
#ifndef NETGRADE_NET_STAMPS_H
#define NETGRADE_NET_STAMPS_H

#include "collector/base/nsec.h"
#include "collector/metric/singleton.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

struct stamped {
	nsec at; /* realtime */
	enum stamp_source by;
};

/* The software stamp among a message's control data; NSEC_UNDEFINED when there is none. */
nsec stamps_find(struct msghdr *message);

/* recv(2) without blocking; a stamp of this program's own where the kernel gives none. */
ssize_t stamps_receive(int fd, void *bytes, size_t len, struct stamped *out);

/* The stamp of what a stream sent first, among those that wait; NSEC_UNDEFINED: none does. */
nsec stamps_sent(int fd);

#endif
