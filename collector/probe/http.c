/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/http.h"
#include "collector/base/clock.h"
#include "collector/net/visitor.h"
#include "collector/probe/ask.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Octets of a home page with its handshakes: what plans reckon with. Pages are bounded by much
 * more, and most of what is sent is as small as acknowledgements are. */
enum { RECKONED = 131072 };

struct http_probe {
	struct probe probe;
	struct visitor *visitor;
};

static void http_close(struct probe *probe)
{
	struct http_probe *http = (struct http_probe *)probe;

	if (http == NULL)
		return;
	visitor_destroy(http->visitor);
	free(http);
}

static enum err http_open(const struct probe_options *options, struct probe **out)
{
	struct http_probe *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return E_MEMORY;
	http->probe.ops = &probe_http;
	enum err rc = visitor_create(&options->visits, &http->visitor);
	if (rc != E_OK) {
		http_close(&http->probe);
		return rc;
	}
	*out = &http->probe;
	return E_OK;
}

static enum err http_renew(struct probe *probe, const struct visitor_options *visits)
{
	return visitor_renew(((struct http_probe *)probe)->visitor, visits);
}

static enum err http_reserve(struct probe *probe, uint8_t family, uint16_t size)
{
	int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)probe;
	(void)size;
	if (fd < 0)
		return E_UNSUPPORTED;
	close(fd);
	return E_OK;
}

static void http_send(struct probe *probe, struct probe_packet *packets, size_t count)
{
	struct http_probe *http = (struct http_probe *)probe;

	for (size_t i = 0; i < count; i++) {
		struct probe_packet *packet = &packets[i];
		const struct ask *ask = packet->ask;
		assert(ask != NULL && ask->url != NULL);
		packet->sent_at = clock_realtime();
		struct visit_order order = {
			.label = {packet->mark, *packet->to, packet->sequence, packet->sent_at},
			.url = ask->url,
			.expect = ask->text,
			.blocked = ask->blocked,
			.way = ask->by_name ? VISIT_BY_NAME : VISIT_BY_ADDRESS,
			.t_max = packet->t_max,
			.body_most = ask->body_most,
			.redirects_most = ask->redirects_most,
			.dscp = packet->dscp,
		};
		packet->refused = visitor_ask(http->visitor, &order) == E_OK ? 0 : ENOMEM;
	}
}

static enum probe_event_kind kind_of(const struct visit *visit)
{
	switch (visit->end) {
	case VISIT_OPEN:
		return PROBE_REPLIED;
	case VISIT_FAILED:
		return PROBE_FAILED;
	case VISIT_TIMED_OUT:
		return PROBE_EXPIRED;
	case VISIT_UNASSESSED:
	case VISIT_NOT_MADE:
		break;
	}
	return PROBE_WITHDRAWN;
}

static void tell(const struct visited *visited, const struct probe_listener *listener)
{
	const struct visit *visit = &visited->visit;
	/* The wait for this program's own turn is not the host's. */
	nsec took = visit->phase[visit->end == VISIT_OPEN ? VISIT_FIRST_BYTE : VISIT_TOTAL];
	struct probe_event event = {
		.kind = kind_of(visit),
		.mark = visited->label.mark,
		.peer = visited->label.host,
		.sequence = visited->label.sequence,
		.at = visited->label.asked_at + (took == NSEC_UNDEFINED ? 0 : took),
		.stamped_by = STAMP_USER,
		.cause = visit->cause,
		.method = &probe_http,
		.visit = visit,
	};

	listener->take(listener->context, &event, 1);
}

static void http_receive(struct probe *probe, nsec now, const struct probe_listener *listener)
{
	struct http_probe *http = (struct http_probe *)probe;
	struct visited *next;

	(void)now;
	for (struct visited *v = visitor_collect(http->visitor); v != NULL; v = next) {
		next = v->next;
		tell(v, listener);
		free(v);
	}
}

/* A visit that this machine spoilt is withdrawn when it ends. */
static bool http_dropped(struct probe *probe, const struct endpoint *host, nsec at)
{
	(void)probe;
	(void)host;
	(void)at;
	return false;
}

/* The kernel chooses the ports on this side, so other connections to the same port are seen too. */
static void http_filter(const struct probe *probe, const struct endpoint *host,
			char out[PROBE_FILTER])
{
	char text[ENDPOINT_TEXT];
	struct endpoint plain;

	(void)probe;
	if (host == NULL) {
		snprintf(out, PROBE_FILTER, "tcp");
		return;
	}
	plain = *host;
	plain.scope = 0;
	endpoint_format(&plain, text);
	snprintf(out, PROBE_FILTER, "host %s and tcp port %u", text, host->port);
}

const struct probe_ops probe_http = {
	.method = "http",
	.end = PROBE_IS_FINAL,
	.closing = RECKONED,
	.open = http_open,
	.close = http_close,
	.renew = http_renew,
	.reserve = http_reserve,
	.send = http_send,
	.receive = http_receive,
	.dropped = http_dropped,
	.filter = http_filter,
};
