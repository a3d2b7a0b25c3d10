/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/exchange.h"
#include "collector/base/clock.h"
#include "collector/base/random.h"
#include "collector/net/stamps.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* An answer's memory grows as it comes: a length alone costs nobody anything. */
enum { LENGTH = 2, ROOM_FIRST = 2048, EVENTS = 64 };

enum stage { STAGE_CONNECTING, STAGE_AWAITING, STAGE_ENDED };

struct exchange {
	struct exchange *next;
	struct exchange *before;
	enum stage stage;
	int fd;
	struct mark mark;
	uint16_t sequence;
	struct endpoint host;
	const struct ask *ask;
	struct dns_query query;
	nsec cut_at;
	nsec until;    /* monotonic */
	nsec asked_at; /* realtime */
	enum stamp_source asked_by;
	enum loss_cause cause; /* where it ended before it was answered */
	uint8_t *bytes;
	size_t room;
	size_t used;
};

struct exchanges {
	int poller;
	struct exchange *first;
	size_t count;
	uint8_t query[LENGTH + DNS_QUERY_MAX];
	struct dns_answer answer;
};

enum err exchanges_create(struct exchanges **out)
{
	struct exchanges *exchanges = calloc(1, sizeof(*exchanges));

	if (exchanges == NULL)
		return E_MEMORY;
	exchanges->poller = epoll_create1(EPOLL_CLOEXEC);
	if (exchanges->poller < 0) {
		enum err rc = err_from_errno(errno);
		free(exchanges);
		return rc;
	}
	*out = exchanges;
	return E_OK;
}

static void end(struct exchanges *exchanges, struct exchange *exchange)
{
	if (exchange->before != NULL)
		exchange->before->next = exchange->next;
	else
		exchanges->first = exchange->next;
	if (exchange->next != NULL)
		exchange->next->before = exchange->before;
	exchanges->count--;
	if (exchange->fd >= 0)
		close(exchange->fd);
	free(exchange->bytes);
	free(exchange);
}

void exchanges_destroy(struct exchanges *exchanges)
{
	if (exchanges == NULL)
		return;
	while (exchanges->first != NULL)
		end(exchanges, exchanges->first);
	close(exchanges->poller);
	free(exchanges);
}

bool exchanges_open(const struct exchanges *exchanges)
{
	return exchanges->count > 0;
}

/* The connection's address says who answered: what fails before that has its cause from the
 * system. */
static enum loss_cause cause_of(int number)
{
	switch (number) {
	case ECONNREFUSED:
	case ECONNRESET:
	case EPIPE:
		return LOSS_REFUSED;
	case EACCES:
	case EPERM:
		return LOSS_FILTERED;
	case ETIMEDOUT:
		return LOSS_UNTOLD;
	default:
		return LOSS_UNREACHABLE;
	}
}

static void fail(struct exchange *exchange, enum loss_cause cause)
{
	exchange->stage = STAGE_ENDED;
	exchange->cause = cause;
}

static bool prepare_socket(int fd, uint8_t family, uint8_t dscp)
{
	int traffic_class = dscp << 2; /* RFC 2474: the upper six bits */
	int level = family == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	int option = family == 4 ? IP_TOS : IPV6_TCLASS;
	int stamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
		     SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;

	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps)) == 0 &&
	       (dscp == 0 ||
		setsockopt(fd, level, option, &traffic_class, sizeof(traffic_class)) == 0);
}

/* 0, or what this machine itself has against it. What the host has against it is told later. */
static int connect_to(struct exchanges *exchanges, struct exchange *exchange, uint8_t dscp)
{
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(&exchange->host, &address);
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = exchange};
	int family = exchange->host.family == 4 ? AF_INET : AF_INET6;

	exchange->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (exchange->fd < 0 || !prepare_socket(exchange->fd, exchange->host.family, dscp))
		return errno;
	if (connect(exchange->fd, (struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS) {
		if (errno != ECONNREFUSED && errno != ECONNRESET)
			return errno;
		fail(exchange, LOSS_REFUSED);
		return 0;
	}
	return epoll_ctl(exchanges->poller, EPOLL_CTL_ADD, exchange->fd, &event) == 0 ? 0 : errno;
}

static struct exchange *add(struct exchanges *exchanges, const struct exchange_order *order)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return NULL;
	*exchange = (struct exchange){
		.next = exchanges->first,
		.fd = -1,
		.mark = order->mark,
		.sequence = order->sequence,
		.host = *order->host,
		.ask = order->ask,
		.query = order->ask->query,
		.cut_at = order->cut_at,
		.until = clock_monotonic() + order->patience,
	};
	if (exchange->next != NULL)
		exchange->next->before = exchange;
	exchanges->first = exchange;
	exchanges->count++;
	return exchange;
}

int exchanges_begin(struct exchanges *exchanges, const struct exchange_order *order)
{
	if (exchanges->count == EXCHANGES_MOST)
		return EMFILE;
	struct exchange *exchange = add(exchanges, order);
	if (exchange == NULL)
		return ENOMEM;
	int refused = random_secret(&exchange->query.id, sizeof(exchange->query.id)) == E_OK
			      ? connect_to(exchanges, exchange, order->dscp)
			      : EAGAIN;
	if (refused != 0)
		end(exchanges, exchange);
	return refused;
}

/* A query fits into what a new connection takes at once. */
static void send_query(struct exchanges *exchanges, struct exchange *exchange)
{
	struct writer w = writer_over(exchanges->query, sizeof(exchanges->query));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = exchange};

	write_u16(&w, (uint16_t)dns_query_size(&exchange->query));
	if (dns_write_query(&w, &exchange->query) != E_OK)
		return;
	exchange->asked_at = clock_realtime();
	exchange->asked_by = STAMP_USER;
	ssize_t sent = send(exchange->fd, w.start, w.used, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent != (ssize_t)w.used) {
		fail(exchange, sent < 0 ? cause_of(errno) : LOSS_REFUSED);
		return;
	}
	exchange->stage = STAGE_AWAITING;
	(void)epoll_ctl(exchanges->poller, EPOLL_CTL_MOD, exchange->fd, &event);
}

static void finish_connecting(struct exchanges *exchanges, struct exchange *exchange)
{
	int number = 0;
	socklen_t len = sizeof(number);

	if (getsockopt(exchange->fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0)
		number = errno;
	if (number != 0)
		fail(exchange, cause_of(number));
	else
		send_query(exchanges, exchange);
}

/* The kernel's stamp of the segment that carried the end of the query. */
static void take_stamp(struct exchange *exchange)
{
	nsec at = stamps_sent(exchange->fd);

	if (at == NSEC_UNDEFINED || exchange->asked_by == STAMP_KERNEL)
		return;
	exchange->asked_at = at;
	exchange->asked_by = STAMP_KERNEL;
}

static size_t wanted(const struct exchange *exchange)
{
	if (exchange->used < LENGTH)
		return LENGTH;
	return LENGTH + ((size_t)exchange->bytes[0] << 8 | exchange->bytes[1]);
}

static bool make_room(struct exchange *exchange)
{
	size_t room = exchange->room == 0 ? ROOM_FIRST : 2 * exchange->room;

	if (exchange->used < exchange->room)
		return true;
	uint8_t *bytes = realloc(exchange->bytes, room);
	if (bytes == NULL)
		return false;
	exchange->bytes = bytes;
	exchange->room = room;
	return true;
}

static struct probe_event event_of(const struct exchange *exchange)
{
	return (struct probe_event){
		.mark = exchange->mark,
		.peer = exchange->host,
		.sequence = exchange->sequence,
		.remarks = exchange->cut_at == NSEC_UNDEFINED ? 0 : SLOT_TRUNCATED,
	};
}

static void tell_failure(struct exchange *exchange, const struct probe_listener *listener)
{
	struct probe_event event = event_of(exchange);

	event.kind = PROBE_FAILED;
	event.at = clock_realtime();
	event.cause = exchange->cause;
	if (exchange->cause != LOSS_UNTOLD)
		listener->take(listener->context, &event, 1);
}

/* Of a packet that was cut first, the time from its cut answer to the second query is this
 * machine's, and the handshake's: neither is in its round trip. */
static void tell_answer(struct exchanges *exchanges, struct exchange *exchange,
			const struct stamped *arrival, const struct probe_listener *listener)
{
	struct probe_event event = event_of(exchange);
	struct probe_event asked = event;
	struct dns_answer *answer = &exchanges->answer;
	bool first = exchange->cut_at == NSEC_UNDEFINED;

	take_stamp(exchange);
	asked.kind = PROBE_STAMPED;
	asked.at = exchange->asked_at;
	asked.stamped_by = exchange->asked_by;
	if (first)
		listener->take(listener->context, &asked, 1);
	event.at = first ? arrival->at : exchange->cut_at + (arrival->at - exchange->asked_at);
	event.stamped_by = arrival->by < exchange->asked_by ? arrival->by : exchange->asked_by;
	enum err rc = dns_read_answer(exchange->bytes + LENGTH, exchange->used - LENGTH,
				      &exchange->query, answer);
	if (rc == E_OK && answer->truncated)
		rc = E_CORRUPT;
	exchange_judge(rc, exchange->ask, answer, &event);
	listener->take(listener->context, &event, 1);
	exchange->stage = STAGE_ENDED;
	exchange->cause = LOSS_UNTOLD;
}

static void read_answer(struct exchanges *exchanges, struct exchange *exchange,
			const struct probe_listener *listener)
{
	struct stamped arrival;

	while (exchange->used < wanted(exchange)) {
		if (!make_room(exchange)) {
			fail(exchange, LOSS_UNTOLD);
			return;
		}
		size_t most = wanted(exchange) < exchange->room ? wanted(exchange) : exchange->room;
		ssize_t got = stamps_receive(exchange->fd, exchange->bytes + exchange->used,
					     most - exchange->used, &arrival);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			fail(exchange, got == 0 ? LOSS_REFUSED : cause_of(errno));
			return;
		}
		exchange->used += (size_t)got;
	}
	tell_answer(exchanges, exchange, &arrival, listener);
}

static void look_at(struct exchanges *exchanges, struct exchange *exchange,
		    const struct probe_listener *listener)
{
	if (exchange->stage == STAGE_CONNECTING)
		finish_connecting(exchanges, exchange);
	else if (exchange->stage == STAGE_AWAITING)
		read_answer(exchanges, exchange, listener);
}

static void end_old(struct exchanges *exchanges, const struct probe_listener *listener)
{
	nsec now = clock_monotonic();
	struct exchange *next;

	for (struct exchange *e = exchanges->first; e != NULL; e = next) {
		next = e->next;
		if (e->stage != STAGE_ENDED && now < e->until)
			continue;
		if (e->stage == STAGE_ENDED)
			tell_failure(e, listener);
		end(exchanges, e);
	}
}

void exchanges_look(struct exchanges *exchanges, const struct probe_listener *listener)
{
	struct epoll_event events[EVENTS];
	int count = EVENTS;

	/* Each that ends leaves the list only below, so none that was told of here is gone. */
	for (size_t done = 0; count == EVENTS && done < EXCHANGES_MOST; done += EVENTS) {
		count = epoll_wait(exchanges->poller, events, EVENTS, 0);
		for (int i = 0; i < count; i++)
			look_at(exchanges, events[i].data.ptr, listener);
	}
	if (exchanges->count > 0)
		end_old(exchanges, listener);
}

void exchange_judge(enum err read, const struct ask *ask, const struct dns_answer *answer,
		    struct probe_event *event)
{
	event->kind = PROBE_FAILED;
	if (read != E_OK)
		event->cause = LOSS_MALFORMED;
	else if (answer->rcode != DNS_NOERROR)
		event->cause = LOSS_FAILURE;
	else if (!ask_satisfied(ask, answer))
		event->cause = LOSS_WRONG;
	else
		event->kind = PROBE_REPLIED;
}
