/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/routes.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER = 8192, TICKS_PER_SECOND = 100 /* USER_HZ, which ages are told in */ };

struct routes {
	int socket;
	uint32_t sequence;
	_Alignas(struct nlmsghdr) char bytes[ANSWER];
};

enum err routes_listen(uint32_t groups, int *out)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return err_from_errno(errno);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		enum err rc = err_from_errno(errno);
		close(fd);
		return rc;
	}
	*out = fd;
	return E_OK;
}

enum err routes_open(struct routes **out)
{
	struct routes *routes = calloc(1, sizeof(*routes));

	if (routes == NULL)
		return E_MEMORY;
	enum err rc = routes_listen(0, &routes->socket);
	if (rc != E_OK) {
		free(routes);
		return rc;
	}
	*out = routes;
	return E_OK;
}

void routes_close(struct routes *routes)
{
	if (routes == NULL)
		return;
	close(routes->socket);
	free(routes);
}

static size_t address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

static unsigned char address_family(uint8_t family)
{
	return family == 4 ? AF_INET : AF_INET6;
}

/* A question about one address: the header of its kind, then the address as an attribute. */
struct question {
	struct nlmsghdr header;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	} body;
	struct rtattr attribute;
	uint8_t address[16];
};

_Static_assert(sizeof(struct rtmsg) == sizeof(struct ndmsg), "both fill the body");
_Static_assert(sizeof(struct rtmsg) % NLMSG_ALIGNTO == 0, "the attribute follows at once");

/* The kernel answers within the call that asks. The message of that type, NULL for another answer.
 */
static struct nlmsghdr *ask(struct routes *routes, struct question *question,
			    const struct endpoint *about, uint16_t type)
{
	size_t len = address_size(about->family);

	question->header.nlmsg_flags = NLM_F_REQUEST;
	question->header.nlmsg_seq = ++routes->sequence;
	question->header.nlmsg_len =
		(uint32_t)(sizeof(*question) - sizeof(question->address) + len);
	question->attribute.rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(question->address, about->bytes, len);
	if (send(routes->socket, question, question->header.nlmsg_len, 0) < 0)
		return NULL;
	for (;;) {
		ssize_t got = recv(routes->socket, routes->bytes, sizeof(routes->bytes), 0);
		struct nlmsghdr *message = (void *)routes->bytes;
		if (got <= 0 || !NLMSG_OK(message, (unsigned int)got))
			return NULL;
		if (message->nlmsg_seq == routes->sequence)
			return message->nlmsg_type == type ? message : NULL;
	}
}

/* Copies an attribute of just this size; whether it is one. */
static bool copy(struct rtattr *attribute, void *out, size_t size)
{
	if (RTA_PAYLOAD(attribute) != size)
		return false;
	memcpy(out, RTA_DATA(attribute), size);
	return true;
}

/* A gateway of the other family: IPv4 routed by way of an IPv6 neighbour. */
static void take_via(struct rtattr *attribute, struct endpoint *gateway)
{
	const struct rtvia *via = RTA_DATA(attribute);
	size_t size = RTA_PAYLOAD(attribute) - sizeof(*via);

	if (RTA_PAYLOAD(attribute) < sizeof(*via) || size > sizeof(gateway->bytes))
		return;
	gateway->family = via->rtvia_family == AF_INET6 ? 6 : 4;
	memcpy(gateway->bytes, via->rtvia_addr, size);
}

static bool is_link_local(const struct endpoint *endpoint)
{
	return endpoint->family == 6 && endpoint->bytes[0] == 0xfe &&
	       (endpoint->bytes[1] & 0xc0) == 0x80;
}

enum err routes_find(struct routes *routes, const struct endpoint *host, struct route *out)
{
	struct question question = {
		.header.nlmsg_type = RTM_GETROUTE,
		.body.route = {.rtm_family = address_family(host->family),
			       .rtm_dst_len = (unsigned char)(8 * address_size(host->family))},
		.attribute.rta_type = RTA_DST,
	};
	struct route route = {.interface = host->scope};

	if (host->scope != 0) {
		*out = route;
		return E_OK;
	}
	struct nlmsghdr *message = ask(routes, &question, host, RTM_NEWROUTE);
	if (message == NULL)
		return E_NOT_FOUND;
	unsigned int left = (unsigned int)RTM_PAYLOAD(message);
	for (struct rtattr *a = RTM_RTA(NLMSG_DATA(message)); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_OIF)
			(void)copy(a, &route.interface, sizeof(route.interface));
		else if (a->rta_type == RTA_GATEWAY &&
			 copy(a, route.gateway.bytes, address_size(host->family)))
			route.gateway.family = host->family;
		else if (a->rta_type == RTA_VIA)
			take_via(a, &route.gateway);
	}
	if (route.interface == 0)
		return E_NOT_FOUND;
	if (is_link_local(&route.gateway))
		route.gateway.scope = route.interface;
	*out = route;
	return E_OK;
}

static struct neighbour neighbour_in(struct nlmsghdr *message)
{
	const struct ndmsg *entry = NLMSG_DATA(message);
	unsigned int left = (unsigned int)NLMSG_PAYLOAD(message, sizeof(*entry));
	struct neighbour neighbour = {.state = NEIGHBOUR_UNKNOWN};
	struct nda_cacheinfo cache;

	if ((entry->ndm_state & NUD_FAILED) != 0)
		neighbour.state = NEIGHBOUR_FAILED;
	if ((entry->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)) == 0)
		return neighbour;
	struct rtattr *a = (void *)((char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(*entry)));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type != NDA_CACHEINFO || !copy(a, &cache, sizeof(cache)))
			continue;
		neighbour.state = NEIGHBOUR_SEEN;
		neighbour.seen_ago = (nsec)cache.ndm_confirmed * (NSEC_PER_SEC / TICKS_PER_SECOND);
	}
	return neighbour;
}

struct neighbour routes_neighbour(struct routes *routes, const struct route *route)
{
	struct question question = {
		.header.nlmsg_type = RTM_GETNEIGH,
		.body.neighbour = {.ndm_family = address_family(route->gateway.family),
				   .ndm_ifindex = (int)route->interface},
		.attribute.rta_type = NDA_DST,
	};
	struct nlmsghdr *message = ask(routes, &question, &route->gateway, RTM_NEWNEIGH);

	return message == NULL ? (struct neighbour){.state = NEIGHBOUR_UNKNOWN}
			       : neighbour_in(message);
}
