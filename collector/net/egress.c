/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/egress.h"
#include "collector/base/clock.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DOWN_MAX = 1024, ROUTES = 8192, MESSAGES = 32768, READ_MAX = 64 };

/* Routes move seldom; one found is believed for so long. */
static const nsec route_age = 10 * NSEC_PER_SEC;

struct route {
	struct endpoint host;
	uint32_t interface; /* 0: none */
	nsec found_at;	    /* 0: never */
};

/* Routes are looked for only while some interface is down. */
struct egress {
	int events;
	int asking;
	uint32_t down[DOWN_MAX];
	size_t down_count;
	struct route routes[ROUTES]; /* by a hash of the address; a later one takes its place */
	_Alignas(struct nlmsghdr) char bytes[MESSAGES];
};

static enum err open_socket(uint32_t groups, int *out)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return err_from_errno(errno);
	*out = fd;
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? E_OK
									   : err_from_errno(errno);
}

static void ask_for_links(struct egress *egress)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	};

	(void)!send(egress->events, &request, sizeof(request), 0);
}

enum err egress_open(struct egress **out)
{
	struct egress *egress = calloc(1, sizeof(*egress));

	if (egress == NULL)
		return E_MEMORY;
	egress->events = -1;
	egress->asking = -1;
	enum err rc = open_socket(RTMGRP_LINK, &egress->events);
	if (rc == E_OK)
		rc = open_socket(0, &egress->asking);
	if (rc != E_OK) {
		egress_close(egress);
		return rc;
	}
	ask_for_links(egress);
	egress_read(egress);
	*out = egress;
	return E_OK;
}

void egress_close(struct egress *egress)
{
	if (egress == NULL)
		return;
	if (egress->events >= 0)
		close(egress->events);
	if (egress->asking >= 0)
		close(egress->asking);
	free(egress);
}

static void set_link(struct egress *egress, uint32_t interface, bool down)
{
	size_t at = 0;

	while (at < egress->down_count && egress->down[at] != interface)
		at++;
	bool known = at < egress->down_count;
	if (known && !down)
		egress->down[at] = egress->down[--egress->down_count];
	else if (!known && down && egress->down_count < DOWN_MAX)
		egress->down[egress->down_count++] = interface;
	/* Routes come and go with interfaces. */
	if (known != down)
		memset(egress->routes, 0, sizeof(egress->routes));
}

static void take_link(struct egress *egress, struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return;
	/* Carrier, and the interface is running. */
	bool down = (link->ifi_flags & IFF_LOWER_UP) == 0;
	if (message->nlmsg_type == RTM_NEWLINK)
		set_link(egress, (uint32_t)link->ifi_index, down);
	else if (message->nlmsg_type == RTM_DELLINK)
		set_link(egress, (uint32_t)link->ifi_index, false);
}

void egress_read(struct egress *egress)
{
	for (int i = 0; i < READ_MAX; i++) {
		ssize_t got = recv(egress->events, egress->bytes, sizeof(egress->bytes), 0);
		/* Some were lost: all are asked for anew. */
		if (got < 0 && errno == ENOBUFS)
			ask_for_links(egress);
		else if (got <= 0)
			return;
		unsigned int left = got < 0 ? 0 : (unsigned int)got;
		for (struct nlmsghdr *m = (void *)egress->bytes; NLMSG_OK(m, left);
		     m = NLMSG_NEXT(m, left))
			take_link(egress, m);
	}
}

/* The interface that an answer names, 0 for none. */
static uint32_t interface_in(char *bytes, ssize_t len)
{
	struct nlmsghdr *message = (void *)bytes;

	if (len < (ssize_t)NLMSG_LENGTH(sizeof(struct rtmsg)) ||
	    !NLMSG_OK(message, (unsigned int)len) || message->nlmsg_type != RTM_NEWROUTE)
		return 0;
	unsigned int left = (unsigned int)RTM_PAYLOAD(message);
	struct rtmsg *route = NLMSG_DATA(message);
	for (struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		uint32_t interface;
		if (a->rta_type != RTA_OIF || RTA_PAYLOAD(a) != sizeof(interface))
			continue;
		memcpy(&interface, RTA_DATA(a), sizeof(interface));
		return interface;
	}
	return 0;
}

/* The kernel answers within the call that asks. */
static uint32_t ask_for_route(struct egress *egress, const struct endpoint *host)
{
	size_t len = host->family == 4 ? 4 : 16;
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		struct rtattr attribute;
		uint8_t address[16];
	} request = {
		.header = {.nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = host->family == 4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = (unsigned char)(8 * len)},
		.attribute = {.rta_type = RTA_DST, .rta_len = (unsigned short)RTA_LENGTH(len)},
	};

	if (host->scope != 0)
		return host->scope;
	request.header.nlmsg_len = (uint32_t)(sizeof(request) - sizeof(request.address) + len);
	memcpy(request.address, host->bytes, len);
	if (send(egress->asking, &request, request.header.nlmsg_len, 0) < 0)
		return 0;
	return interface_in(egress->bytes,
			    recv(egress->asking, egress->bytes, sizeof(egress->bytes), 0));
}

static struct route *route_for(struct egress *egress, const struct endpoint *host)
{
	uint32_t hash = host->scope;

	for (size_t i = 0; i < sizeof(host->bytes); i++)
		hash = (hash ^ host->bytes[i]) * 16777619u;
	return &egress->routes[(hash ^ hash >> 16) % ROUTES];
}

bool egress_ready(struct egress *egress, const struct endpoint *host)
{
	if (egress->down_count == 0)
		return true;
	struct route *route = route_for(egress, host);
	nsec now = clock_monotonic();
	if (route->found_at == 0 || now - route->found_at > route_age ||
	    route->host.scope != host->scope || endpoint_compare(&route->host, host) != 0)
		*route = (struct route){*host, ask_for_route(egress, host), now};
	for (size_t i = 0; i < egress->down_count; i++) {
		if (egress->down[i] == route->interface)
			return false;
	}
	return true;
}
