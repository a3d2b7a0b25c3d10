/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/traced.h"

#include <arpa/inet.h>
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *const protocol_names[TRACE_PROTOCOLS] = {
	[TRACE_ICMP] = "icmp",
	[TRACE_UDP] = "udp",
	[TRACE_TCP] = "tcp",
};

const char *trace_protocol_name(enum trace_protocol protocol)
{
	assert(protocol < TRACE_PROTOCOLS);
	return protocol_names[protocol];
}

bool trace_protocol_find(const char *name, enum trace_protocol *out)
{
	for (enum trace_protocol i = 0; i < TRACE_PROTOCOLS; i++) {
		if (strcmp(name, protocol_names[i]) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static void format_address(uint8_t family, const uint8_t address[16], char out[INET6_ADDRSTRLEN])
{
	inet_ntop(family == 4 ? AF_INET : AF_INET6, address, out, INET6_ADDRSTRLEN);
}

static void print_hop(const struct route *route, uint8_t index)
{
	const struct hop *hop = &route->hops[index];
	char address[INET6_ADDRSTRLEN];

	printf("%4d  %3d/%-3d", index + 1, hop->answered, hop->sent);
	if (hop->answered == 0) {
		printf("  *\n");
		return;
	}
	printf("  %9.3f %9.3f %9.3f ", (double)hop->least / (double)NSEC_PER_MSEC,
	       (double)hop->total / hop->answered / (double)NSEC_PER_MSEC,
	       (double)hop->most / (double)NSEC_PER_MSEC);
	for (uint8_t i = 0; i < hop->address_count; i++) {
		format_address(route->family, hop->addresses[i], address);
		printf(" %s", address);
	}
	putchar('\n');
}

static void print_end(const struct route *route)
{
	static const char *const words[ROUTE_ENDS] = {
		[ROUTE_REACHED] = "reached",
		[ROUTE_FILTERED] = "filtered by the last hop",
		[ROUTE_UNREACHABLE] = "unreachable, the last hop says",
		[ROUTE_SILENT] = "silent behind the last hop",
		[ROUTE_TTL_OUT] = "not reached within 30 hops",
		[ROUTE_LOOP] = "the way goes in a loop",
		[ROUTE_UNSENT] = "this machine could not send",
	};

	printf("end: %s", words[route->end]);
	if (route->end == ROUTE_FILTERED || route->end == ROUTE_UNREACHABLE)
		printf(" (ICMP type %d, code %d)", route->type, route->code);
	putchar('\n');
}

static void print_mtu(const struct path_mtu *mtu)
{
	char teller[ENDPOINT_TEXT];

	if (mtu->state == MTU_UNKNOWN)
		printf("path MTU: unknown\n");
	else if (mtu->state == MTU_BLACK_HOLE)
		printf("path MTU: %d, a black hole: from %d octets on packets vanish and no router "
		       "says so\n",
		       mtu->size, mtu->from);
	else
		printf("path MTU: %d\n", mtu->size);
	if (mtu->told == 0)
		return;
	endpoint_format(&mtu->teller, teller);
	printf("told: %d by %s\n", mtu->told, teller);
}

static void print_one(const struct traced *traced)
{
	char address[ENDPOINT_TEXT];

	endpoint_format(&traced->target.host, address);
	printf("%s (%s), by %s", traced->name, address,
	       trace_protocol_name(traced->target.protocol));
	if (traced->target.host.port != 0)
		printf(" port %d", traced->target.host.port);
	putchar('\n');
	if (traced->found != E_OK) {
		printf("not traced: %s\n", err_text(traced->found));
		return;
	}
	printf(" hop  got/sent  min ms   mean ms    max ms   address\n");
	for (uint8_t i = 0; i < traced->route.count; i++)
		print_hop(&traced->route, i);
	print_end(&traced->route);
	print_mtu(&traced->mtu);
}

bool traced_print(const struct traced *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			putchar('\n');
		print_one(&items[i]);
	}
	return fflush(stdout) == 0;
}

static json_t *number_or_null(int64_t value, bool known)
{
	return known ? json_integer(value) : json_null();
}

static json_t *hop_json(const struct route *route, uint8_t index)
{
	const struct hop *hop = &route->hops[index];
	bool known = hop->answered > 0;
	json_t *addresses = json_array();
	char address[INET6_ADDRSTRLEN];

	for (uint8_t i = 0; i < hop->address_count; i++) {
		format_address(route->family, hop->addresses[i], address);
		json_array_append_new(addresses, json_string(address));
	}
	return json_pack("{si,so,si,si,s{so,so,so}}", "hop", index + 1, "addresses", addresses,
			 "sent", hop->sent, "answered", hop->answered, "round_trip_ns", "min",
			 number_or_null(hop->least, known), "mean",
			 number_or_null(known ? hop->total / hop->answered : 0, known), "max",
			 number_or_null(hop->most, known));
}

static json_t *mtu_json(const struct path_mtu *mtu)
{
	char teller[ENDPOINT_TEXT] = "";

	if (mtu->told != 0)
		endpoint_format(&mtu->teller, teller);
	return json_pack("{ss,so,so,so,so}", "state", mtu_state_name(mtu->state), "size",
			 number_or_null(mtu->size, mtu->size != 0), "lost_from",
			 number_or_null(mtu->from, mtu->from != 0), "told",
			 number_or_null(mtu->told, mtu->told != 0), "told_by",
			 mtu->told == 0 ? json_null() : json_string(teller));
}

static json_t *traced_json(const struct traced *traced)
{
	const struct route *route = &traced->route;
	bool refused = route->end == ROUTE_FILTERED || route->end == ROUTE_UNREACHABLE;
	bool found = traced->found == E_OK;
	json_t *hops = json_array();
	char address[ENDPOINT_TEXT];

	endpoint_format(&traced->target.host, address);
	for (uint8_t i = 0; found && i < route->count; i++)
		json_array_append_new(hops, hop_json(route, i));
	return json_pack("{ss,ss,ss,ss,so,sI,ss?,so,so,so,so}", "target", traced->name, "address",
			 address, "family", traced->target.host.family == 4 ? "ipv4" : "ipv6",
			 "protocol", trace_protocol_name(traced->target.protocol), "port",
			 number_or_null(traced->target.host.port, traced->target.host.port != 0),
			 "at_ns", (json_int_t)traced->at, "end",
			 found ? route_end_name(route->end) : NULL, "icmp_type",
			 number_or_null(route->type, found && refused), "icmp_code",
			 number_or_null(route->code, found && refused), "hops", hops, "path_mtu",
			 found ? mtu_json(&traced->mtu) : json_null());
}

bool traced_print_json(const struct traced *items, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, traced_json(&items[i]));
	json_t *document = json_pack("{ss,ss,so}", "program", "netgrade-collector", "version",
				     NETGRADE_VERSION, "traces", array);
	bool good = document != NULL && json_dumpf(document, stdout, JSON_INDENT(2)) == 0 &&
		    printf("\n") == 1 && fflush(stdout) == 0;
	json_decref(document);
	return good;
}
