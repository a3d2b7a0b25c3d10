/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/stamps.h"
#include "collector/base/clock.h"

#include <linux/errqueue.h>
#include <string.h>

enum { CONTROL = 256, WAITING_MOST = 16 };

static nsec stamp_in(const struct cmsghdr *message)
{
	struct scm_timestamping stamps;

	if (message->cmsg_level != SOL_SOCKET || message->cmsg_type != SCM_TIMESTAMPING)
		return NSEC_UNDEFINED;
	memcpy(&stamps, CMSG_DATA(message), sizeof(stamps));
	if (stamps.ts[0].tv_sec == 0 && stamps.ts[0].tv_nsec == 0)
		return NSEC_UNDEFINED;
	return (nsec)stamps.ts[0].tv_sec * NSEC_PER_SEC + stamps.ts[0].tv_nsec;
}

nsec stamps_find(struct msghdr *message)
{
	for (struct cmsghdr *m = CMSG_FIRSTHDR(message); m != NULL; m = CMSG_NXTHDR(message, m)) {
		nsec at = stamp_in(m);
		if (at != NSEC_UNDEFINED)
			return at;
	}
	return NSEC_UNDEFINED;
}

static ssize_t receive(int fd, struct iovec *vector, int flags, nsec *at)
{
	_Alignas(struct cmsghdr) char control[CONTROL];
	struct msghdr message = {
		.msg_iov = vector,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT | flags);

	*at = got < 0 ? NSEC_UNDEFINED : stamps_find(&message);
	return got;
}

ssize_t stamps_receive(int fd, void *bytes, size_t len, struct stamped *out)
{
	struct iovec vector = {bytes, len};
	nsec at;
	ssize_t got = receive(fd, &vector, 0, &at);

	if (got <= 0)
		return got;
	*out = (struct stamped){at, STAMP_KERNEL};
	if (at == NSEC_UNDEFINED)
		*out = (struct stamped){clock_realtime(), STAMP_USER};
	return got;
}

nsec stamps_sent(int fd)
{
	char octets[1];
	nsec first = NSEC_UNDEFINED;

	for (int i = 0; i < WAITING_MOST; i++) {
		struct iovec vector = {octets, sizeof(octets)};
		nsec at;
		if (receive(fd, &vector, MSG_ERRQUEUE, &at) < 0)
			break;
		if (first == NSEC_UNDEFINED)
			first = at;
	}
	return first;
}
