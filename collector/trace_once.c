/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/trace_once.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/base/progress.h"
#include "collector/probe/trace.h"

#include <signal.h>
#include <stdio.h>

static atomic_bool stopping;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stopping, true);
}

static enum err trace(struct trace_socket *socket, struct traced *traced)
{
	traced->at = clock_realtime();
	traced->mtu = (struct path_mtu){.state = MTU_UNKNOWN};
	enum err rc = trace_run(socket, &traced->target, &traced->route);
	if (rc == E_OK && traced->route.end == ROUTE_REACHED)
		rc = path_mtu_find(socket, &traced->target, &traced->mtu);
	traced->found = rc;
	if (rc == E_UNSUPPORTED)
		log_error("once", "%s: this machine has no IPv%d", traced->name,
			  traced->target.host.family);
	return rc == E_CLOSED || rc == E_MEMORY ? rc : E_OK;
}

bool trace_once_read(const char *protocol, uint16_t port, struct trace_once *out)
{
	enum trace_protocol found;

	if (!trace_protocol_find(protocol, &found)) {
		fprintf(stderr, "--trace: '%s' is no protocol; write icmp or udp or tcp\n",
			protocol);
		return false;
	}
	if (found == TRACE_ICMP && port != 0) {
		fprintf(stderr, "--port: icmp has no ports; leave it out\n");
		return false;
	}
	if (found == TRACE_TCP && port == 0) {
		fprintf(stderr, "--port is missing; tcp needs one, such as --port 443\n");
		return false;
	}
	*out = (struct trace_once){.protocol = found, .port = port};
	if (found == TRACE_UDP && port == 0)
		out->port = TRACE_UDP_PORT;
	return true;
}

static enum err open_socket(const struct trace_once *once, struct trace_socket **out)
{
	enum err rc = trace_socket_open(out);

	if (rc == E_PERMISSION)
		privilege_explain_refusal();
	if (rc == E_OK)
		rc = privilege_drop(&once->account);
	return rc;
}

bool trace_once_run(const struct trace_once *once, struct traced *items, size_t count)
{
	struct trace_socket *socket = NULL;
	struct sigaction action = {.sa_handler = on_signal};

	enum err rc = open_socket(once, &socket);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	struct progress progress = progress_start("tracing", count);
	for (size_t i = 0; rc == E_OK && i < count; i++) {
		items[i].target.protocol = once->protocol;
		items[i].target.host.port = once->port;
		items[i].target.stop = &stopping;
		rc = trace(socket, &items[i]);
		progress_show(&progress, i + 1, "");
	}
	progress_finish(&progress);
	trace_socket_close(socket);
	if (rc != E_OK)
		fprintf(stderr, "nothing was traced: %s\n",
			rc == E_CLOSED ? "stopped before the end" : err_text(rc));
	return rc == E_OK;
}
