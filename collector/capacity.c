/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/capacity.h"
#include "collector/base/log.h"
#include "collector/net/routes.h"
#include "collector/probe/exchange.h"
#include "collector/store/series.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Sockets, libraries, and the files that the store has open at once. */
enum { FILES_NEEDED = 256 };

/* What the kernel reckons for a small packet in a queue; queues are to last for a tenth of a
 * second. */
enum { OCTETS_PER_PACKET = 1600, QUEUES_PER_SECOND = 10 };

static const double megabyte = 1e6;

/* Everything that the checks look at. */
struct examined {
	const struct capacity_request *request;
	const struct agent_config *agent;
	struct routes *routes; /* NULL: routes cannot be asked for */
	double rate;
};

static void say(char out[SHORTFALL_TEXT], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(char out[SHORTFALL_TEXT], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out, SHORTFALL_TEXT, format, arguments);
	va_end(arguments);
}

/* A number under /proc/sys, 0 where there is none. */
static double setting(const char *path)
{
	FILE *file = fopen(path, "re");
	double value = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%lf", &value) != 1)
		value = 0;
	(void)fclose(file);
	return value;
}

bool capacity_lack_anchors(const struct agent_config *agent, struct shortfall *out)
{
	if (agent->anchor_count > 0)
		return false;
	out->what = "anchors";
	say(out->need, "at least %d", ANCHORS_LEAST);
	say(out->have, "none: when agent %s is cut off, its sites lose the points", agent->name);
	say(out->mend, "list %d or more hosts beyond its gateway as its anchors", ANCHORS_LEAST);
	return true;
}

static bool is_on_link(const struct examined *e, const struct endpoint *host)
{
	struct route route;

	return routes_find(e->routes, host, &route) == E_OK && route.gateway.family == 0;
}

/* Where all that is measured is on the link itself, there is nothing to be cut off from. */
static bool lack_anchors(const struct examined *e, struct shortfall *out)
{
	const struct plan *plan = e->request->plan;
	bool far = e->routes == NULL;

	for (size_t i = 0; !far && i < plan->count; i++)
		far = !is_on_link(e, &plan->items[i].target.host);
	return far && capacity_lack_anchors(e->agent, out);
}

static struct endpoint endpoint_of(const struct address *address, enum family family)
{
	struct endpoint host = {.family = family == FAMILY_IPV4 ? 4 : 6};

	memcpy(host.bytes, address->bytes, sizeof(host.bytes));
	return host;
}

static bool anchors_near(const struct examined *e, struct shortfall *out)
{
	const char *near = NULL;
	size_t count = 0;

	for (size_t i = 0; e->routes != NULL && i < e->agent->anchor_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			const struct address *address = &e->agent->anchors[i].address[f];
			struct endpoint host = endpoint_of(address, f);
			if (!address->given || !is_on_link(e, &host))
				continue;
			near = address->text;
			count++;
		}
	}
	if (count == 0)
		return false;
	out->what = "anchors";
	say(out->need, "all behind a gateway");
	say(out->have, "%zu on the agent's own link, such as %s", count, near);
	say(out->mend, "name hosts further away: a neighbour's silence proves no cut beyond it");
	return true;
}

static size_t count_neighbours(const struct examined *e, uint8_t family)
{
	const struct plan *plan = e->request->plan;
	uint32_t loopback = if_nametoindex("lo");
	size_t count = 0;

	for (size_t i = 0; e->routes != NULL && i < plan->count; i++) {
		const struct endpoint *host = &plan->items[i].target.host;
		struct route route;
		count += host->family == family && routes_find(e->routes, host, &route) == E_OK &&
			 route.gateway.family == 0 && route.interface != loopback;
	}
	return count;
}

static bool few_neighbours(const struct examined *e, struct shortfall *out, uint8_t family)
{
	const char *name = family == 4 ? "ipv4" : "ipv6";
	char path[64];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/neigh/default/gc_thresh3", name);
	double room = setting(path);
	size_t count = count_neighbours(e, family);
	if (room <= 0 || (double)count <= room)
		return false;
	out->what = family == 4 ? "IPv4 neighbours" : "IPv6 neighbours";
	say(out->need, "%zu targets on the link itself", count);
	say(out->have, "%.0f", room);
	say(out->mend, "sysctl -w net.%s.neigh.default.gc_thresh3=%zu", name, 2 * count);
	return true;
}

static bool few_neighbours_v4(const struct examined *e, struct shortfall *out)
{
	return few_neighbours(e, out, 4);
}

static bool few_neighbours_v6(const struct examined *e, struct shortfall *out)
{
	return few_neighbours(e, out, 6);
}

static double queue_needed(const struct examined *e)
{
	return ceil(e->rate / QUEUES_PER_SECOND) * OCTETS_PER_PACKET;
}

static bool small_receive_queue(const struct examined *e, struct shortfall *out)
{
	double wanted = e->agent->receive_buffer;
	double most = setting("/proc/sys/net/core/rmem_max");
	double given = e->request->forced || most <= 0 ? wanted : fmin(wanted, most);
	double needed = queue_needed(e);

	if (given >= needed)
		return false;
	out->what = "receive queue";
	say(out->need, "%.0f octets for %.6g packets/s", needed, e->rate);
	say(out->have, "%.0f", given);
	if (wanted < needed)
		say(out->mend, "write receive-buffer: %.0f for agent %s", needed, e->agent->name);
	else
		say(out->mend, "sysctl -w net.core.rmem_max=%.0f", needed);
	return true;
}

static bool small_send_queue(const struct examined *e, struct shortfall *out)
{
	double most = setting("/proc/sys/net/core/wmem_max");
	double needed = queue_needed(e);

	if (e->request->forced || most <= 0 || most >= needed)
		return false;
	out->what = "send queue";
	say(out->need, "%.0f octets for %.6g packets/s", needed, e->rate);
	say(out->have, "%.0f", most);
	say(out->mend, "sysctl -w net.core.wmem_max=%.0f", needed);
	return true;
}

static bool few_files(const struct examined *e, struct shortfall *out)
{
	struct rlimit limit;

	(void)e;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_NEEDED)
		return false;
	out->what = "open files";
	say(out->need, "%d", FILES_NEEDED);
	say(out->have, "%llu", (unsigned long long)limit.rlim_cur);
	say(out->mend, "ulimit -n %d, or LimitNOFILE=%d in the unit", 4 * FILES_NEEDED,
	    4 * FILES_NEEDED);
	return true;
}

/* Octets of the files that are there already. */
static double disk_used(const char *data)
{
	char path[PATH_MAX];
	double used = 0;
	struct stat status;

	snprintf(path, sizeof(path), "%s/series", data);
	DIR *folder = opendir(path);
	if (folder == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 &&
		    S_ISREG(status.st_mode))
			used += (double)status.st_size;
	}
	closedir(folder);
	return used;
}

/* What is free for the folder, or for the nearest one above it that exists; NAN: unknown. */
static double disk_free(const char *data)
{
	char path[PATH_MAX];
	struct statvfs status;

	if (strlen(data) >= sizeof(path))
		return NAN;
	strcpy(path, data);
	while (statvfs(path, &status) != 0) {
		char *slash = strrchr(path, '/');
		if (slash == NULL || slash == path)
			return NAN;
		*slash = '\0';
	}
	return (double)status.f_bavail * (double)status.f_frsize;
}

static bool small_disk(const struct examined *e, struct shortfall *out)
{
	const struct config *config = e->request->config;
	const struct plan *plan = e->request->plan;
	double needed = 0;

	for (size_t i = 0; i < plan->count; i++)
		needed += (double)series_disk_use(plan->items[i].target.interval,
						  config->keep_slots_ns, config->keep_hours_ns);
	double free_octets = disk_free(config->data);
	needed -= disk_used(config->data);
	if (isnan(free_octets) || needed <= free_octets)
		return false;
	out->what = "disk";
	say(out->need, "%.0f MB more for %zu series", needed / megabyte, plan->count);
	say(out->have, "%.0f MB below %.100s", free_octets / megabyte, config->data);
	say(out->mend, "name a larger disk as data, or shorten retention");
	return true;
}

/* The queries over TCP that are under way when nobody answers: each has its T_max. */
static bool few_exchanges(const struct examined *e, struct shortfall *out)
{
	const struct plan *plan = e->request->plan;
	double needed = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct target *target = &plan->items[i].target;
		nsec longest = target->t_max < EXCHANGE_LONGEST ? target->t_max : EXCHANGE_LONGEST;
		if (target->ask != NULL && target->ask->url == NULL &&
		    target->ask->transport == ASK_STREAM)
			needed += target->packets * (double)longest / (double)target->interval;
	}
	if (needed <= EXCHANGES_MOST)
		return false;
	out->what = "DNS over TCP";
	say(out->need, "room for %.0f queries while no server answers", ceil(needed));
	say(out->have, "%d; further packets are not sent", EXCHANGES_MOST);
	say(out->mend, "ask for fewer packets, a shorter t-max, or transport: udp");
	return true;
}

static bool slow_machine(const struct examined *e, struct shortfall *out)
{
	double ceiling = e->request->ceiling;

	if (isnan(ceiling) || e->rate <= ceiling / 2)
		return false;
	out->what = "speed";
	say(out->need, "%.6g packets/s", e->rate);
	say(out->have, "%.6g, half of what one processor just carried", ceiling / 2);
	say(out->mend, "divide the sites between more agents, or ask for fewer packets");
	return true;
}

static bool (*const checks[])(const struct examined *examined, struct shortfall *out) = {
	lack_anchors,	  anchors_near, few_neighbours_v4, few_neighbours_v6, small_receive_queue,
	small_send_queue, few_files,	small_disk,	   few_exchanges,     slow_machine,
};

_Static_assert(sizeof(checks) / sizeof(checks[0]) <= SHORTFALLS_MOST, "room for all to fall short");

void capacity_compare(const struct capacity_request *request, struct shortfalls *out)
{
	struct examined examined = {
		.request = request,
		.agent = &request->config->agents[request->agent],
		.rate = plan_rate(request->plan),
	};

	out->count = 0;
	if (routes_open(&examined.routes) != E_OK)
		examined.routes = NULL;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		out->count += checks[i](&examined, &out->items[out->count]);
	routes_close(examined.routes);
}

void capacity_warn(const struct capacity_request *request)
{
	struct shortfalls shortfalls;

	capacity_compare(request, &shortfalls);
	for (size_t i = 0; i < shortfalls.count; i++) {
		const struct shortfall *s = &shortfalls.items[i];
		log_warn("run", "%s: needed %s, there is %s; %s", s->what, s->need, s->have,
			 s->mend);
	}
}
