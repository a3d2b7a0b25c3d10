/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/egress.h"
#include "collector/base/clock.h"
#include "collector/net/carriers.h"
#include "collector/net/routes.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOURCES_MAX = 1024, ROUTES = 8192, MESSAGES = 32768, READ_MAX = 64 };

/* Routes move seldom; one found is believed for so long. */
static const nsec route_age = 10 * NSEC_PER_SEC;

struct known_route {
	struct endpoint host;
	uint32_t interface; /* 0: none */
	nsec found_at;	    /* 0: never */
};

/* An address that packets to beyond the link can be sent from. */
struct source {
	struct endpoint address;
	uint32_t interface;
};

/* Routes are looked for only where some interface is, or was, without carrier. */
struct egress {
	int events;
	uint16_t dump; /* what is to be asked for when the present dump ends, 0: nothing */
	struct routes *routes;
	struct carriers carriers;
	struct source sources[SOURCES_MAX];
	size_t source_count;
	size_t usable[2];		  /* of them, by family */
	bool uncounted;			  /* there are more of them than fit */
	bool addressed;			  /* they have been read once */
	struct known_route known[ROUTES]; /* by a hash of the address; a later takes its place */
	_Alignas(struct nlmsghdr) char bytes[MESSAGES];
};

/* Everything of a kind: RTM_GETLINK or RTM_GETADDR. */
static void ask_for_all(struct egress *egress, uint16_t type)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body.rtgen_family = AF_UNSPEC,
	};

	(void)!send(egress->events, &request, sizeof(request), 0);
}

/* Links first; two dumps cannot run at once. */
static void ask_for_state(struct egress *egress)
{
	egress->dump = RTM_GETADDR;
	egress->source_count = 0;
	egress->usable[0] = 0;
	egress->usable[1] = 0;
	egress->uncounted = false;
	egress->addressed = false;
	ask_for_all(egress, RTM_GETLINK);
}

enum err egress_open(struct egress **out)
{
	struct egress *egress = calloc(1, sizeof(*egress));

	if (egress == NULL)
		return E_MEMORY;
	egress->events = -1;
	enum err rc = routes_listen(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
				    &egress->events);
	if (rc == E_OK)
		rc = routes_open(&egress->routes);
	if (rc != E_OK) {
		egress_close(egress);
		return rc;
	}
	ask_for_state(egress);
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
	routes_close(egress->routes);
	free(egress);
}

static void take_link(struct egress *egress, struct nlmsghdr *message)
{
	struct ifinfomsg *link = NLMSG_DATA(message);
	unsigned int left = (unsigned int)IFLA_PAYLOAD(message);

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return;
	struct carrier news = {.interface = (uint32_t)link->ifi_index,
			       .absent = (link->ifi_flags & IFF_LOWER_UP) == 0,
			       .losses = LOSSES_UNTOLD};
	for (struct rtattr *a = IFLA_RTA(link); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_CARRIER_DOWN_COUNT && RTA_PAYLOAD(a) == sizeof(news.losses))
			memcpy(&news.losses, RTA_DATA(a), sizeof(news.losses));
	}
	if (message->nlmsg_type == RTM_DELLINK)
		carriers_forget(&egress->carriers, news.interface);
	/* Routes come and go with interfaces. */
	if (message->nlmsg_type == RTM_DELLINK ||
	    carriers_tell(&egress->carriers, &news, clock_realtime()))
		memset(egress->known, 0, sizeof(egress->known));
}

static void set_source(struct egress *egress, const struct source *source, bool usable)
{
	size_t at = 0;

	while (at < egress->source_count &&
	       (egress->sources[at].interface != source->interface ||
		endpoint_compare(&egress->sources[at].address, &source->address) != 0))
		at++;
	bool known = at < egress->source_count;
	size_t *count = &egress->usable[source->address.family == 6];
	if (known && !usable) {
		egress->sources[at] = egress->sources[--egress->source_count];
		(*count)--;
	} else if (!known && usable) {
		egress->uncounted |= egress->source_count == SOURCES_MAX;
		if (egress->source_count == SOURCES_MAX)
			return;
		egress->sources[egress->source_count++] = *source;
		(*count)++;
	}
}

/* Whether the kernel may choose it for a host beyond the link: not while another's is being looked
 * for, nor when it was found. */
static bool is_usable(const struct ifaddrmsg *message, uint32_t flags)
{
	bool unproved = (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0;

	return message->ifa_scope < RT_SCOPE_LINK && !unproved && (flags & IFA_F_DADFAILED) == 0;
}

static void take_address(struct egress *egress, struct nlmsghdr *message)
{
	struct ifaddrmsg *body = NLMSG_DATA(message);
	struct source source = {.address.family = body->ifa_family == AF_INET ? 4 : 6,
				.interface = body->ifa_index};
	size_t size = body->ifa_family == AF_INET ? 4 : 16;
	uint32_t flags = body->ifa_flags;
	unsigned int left = (unsigned int)IFA_PAYLOAD(message);
	bool local = false;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
	    (body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
		return;
	for (struct rtattr *a = IFA_RTA(body); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		/* On a link between two, IFA_ADDRESS is the other end's. */
		bool mine = a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && !local);
		if (mine && RTA_PAYLOAD(a) == size)
			memcpy(source.address.bytes, RTA_DATA(a), size);
		else if (a->rta_type == IFA_FLAGS && RTA_PAYLOAD(a) == sizeof(flags))
			memcpy(&flags, RTA_DATA(a), sizeof(flags));
		local |= a->rta_type == IFA_LOCAL;
	}
	set_source(egress, &source, message->nlmsg_type == RTM_NEWADDR && is_usable(body, flags));
}

static void take_end(struct egress *egress)
{
	if (egress->dump != 0)
		ask_for_all(egress, egress->dump);
	else
		egress->addressed = true;
	egress->dump = 0;
}

static void take_message(struct egress *egress, struct nlmsghdr *message)
{
	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		take_link(egress, message);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		take_address(egress, message);
		break;
	case NLMSG_DONE:
		take_end(egress);
		break;
	default:
		break;
	}
}

void egress_read(struct egress *egress)
{
	for (int i = 0; i < READ_MAX; i++) {
		ssize_t got = recv(egress->events, egress->bytes, sizeof(egress->bytes), 0);
		/* Some were lost: all are asked for anew. */
		if (got < 0 && errno == ENOBUFS)
			ask_for_state(egress);
		else if (got <= 0)
			return;
		unsigned int left = got < 0 ? 0 : (unsigned int)got;
		for (struct nlmsghdr *m = (void *)egress->bytes; NLMSG_OK(m, left);
		     m = NLMSG_NEXT(m, left))
			take_message(egress, m);
	}
}

static struct known_route *route_for(struct egress *egress, const struct endpoint *host)
{
	uint32_t hash = host->scope;

	for (size_t i = 0; i < sizeof(host->bytes); i++)
		hash = (hash ^ host->bytes[i]) * 16777619u;
	return &egress->known[(hash ^ hash >> 16) % ROUTES];
}

static uint32_t interface_to(struct egress *egress, const struct endpoint *host)
{
	struct known_route *known = route_for(egress, host);
	nsec now = clock_monotonic();
	struct route route;

	if (known->found_at != 0 && now - known->found_at <= route_age &&
	    known->host.scope == host->scope && endpoint_compare(&known->host, host) == 0)
		return known->interface;
	bool found = routes_find(egress->routes, host, &route) == E_OK;
	*known = (struct known_route){*host, found ? route.interface : 0, now};
	return known->interface;
}

/* Reached from an address of the link or of the machine itself. */
static bool is_near(const struct endpoint *host)
{
	static const uint8_t loopback[16] = {[15] = 1};
	const uint8_t *bytes = host->bytes;

	if (host->family == 4)
		return bytes[0] == 127 || (bytes[0] == 169 && bytes[1] == 254);
	return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
	       memcmp(bytes, loopback, sizeof(loopback)) == 0;
}

static bool has_source(const struct egress *egress, const struct endpoint *host)
{
	return egress->usable[host->family == 6] > 0 || egress->uncounted || !egress->addressed ||
	       is_near(host);
}

bool egress_ready(struct egress *egress, const struct endpoint *host)
{
	if (!has_source(egress, host))
		return false;
	return egress->carriers.absent_count == 0 ||
	       !carriers_absent(&egress->carriers, interface_to(egress, host));
}

bool egress_dropped(struct egress *egress, const struct endpoint *host, nsec at)
{
	return egress->carriers.gap_count > 0 &&
	       carriers_dropped(&egress->carriers, interface_to(egress, host), at);
}
