/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/refusal.h"
#include "collector/packet/icmp.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct refusal refusal_by_machine(void)
{
	return (struct refusal){.by_machine = true};
}

static struct endpoint offender_of(const struct sock_extended_err *error)
{
	struct sockaddr_storage address = {0};
	const void *from = error + 1; /* SO_EE_OFFENDER */

	memcpy(&address, from, sizeof(struct sockaddr_in6));
	return endpoint_from_sockaddr(&address);
}

static struct refusal judge(const struct sock_extended_err *error, const struct endpoint *host,
			    struct local *local)
{
	struct endpoint offender = offender_of(error);

	if (error->ee_origin != SO_EE_ORIGIN_ICMP && error->ee_origin != SO_EE_ORIGIN_ICMP6)
		return refusal_by_machine();
	if (error->ee_errno == EHOSTUNREACH && local_has(local, &offender))
		return (struct refusal){.cause = LOSS_NEIGHBOUR};
	return (struct refusal){.cause = icmp_cause(host->family, error->ee_type, error->ee_code)};
}

static bool is_error(const struct cmsghdr *header)
{
	return (header->cmsg_level == SOL_IP && header->cmsg_type == IP_RECVERR) ||
	       (header->cmsg_level == SOL_IPV6 && header->cmsg_type == IPV6_RECVERR);
}

/* A reset leaves its number behind; curl may have taken that away, but an ICMP error stays in its
 * queue. */
struct refusal refusal_read(int fd, const struct endpoint *host, struct local *local)
{
	_Alignas(struct cmsghdr) char control[256];
	char quoted[128];
	struct iovec iov = {quoted, sizeof(quoted)};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};

	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return (struct refusal){.cause = LOSS_UNTOLD};
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&message); h != NULL; h = CMSG_NXTHDR(&message, h)) {
		_Alignas(8) char data[sizeof(control)] = {0};
		if (!is_error(h))
			continue;
		memcpy(data, CMSG_DATA(h), h->cmsg_len - CMSG_LEN(0));
		return judge((const struct sock_extended_err *)(const void *)data, host, local);
	}
	return (struct refusal){.cause = LOSS_UNTOLD};
}
