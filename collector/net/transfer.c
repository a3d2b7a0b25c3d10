/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/transfer.h"
#include "collector/net/chain.h"
#include "collector/net/page.h"
#include "collector/net/refusal.h"
#include "config/plain.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { AWAITED_MOST = 32768 };

struct transfer {
	CURL *curl;
	struct curl_slist *connect_to;
	struct transfer_setting *setting;
	struct transfer_request request;
	struct page page;
	struct refusal refusal;
	struct certificate certificate;
	nsec syn_round_trip;
	int fd;		/* −1: none is open */
	int awaited;	/* octets at once; 0: as they come */
	int unread;	/* octets that had come when the connection was closed */
	bool connected; /* what comes after is no matter of the network any more */
	char host[VISIT_URL];
	char tls[TLS_VERSION];
	char error[CURL_ERROR_SIZE];
};

static bool is_encrypted(const struct transfer *transfer)
{
	return strncasecmp(transfer->request.url, "https:", 6) == 0;
}

/* Called when the connection stands. Its first round trip is that of the SYN, unless that had to be
 * sent again. */
static void note_connection(struct transfer *transfer)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	bool six = transfer->request.to.family == 6;
	int off = 0;

	if (transfer->connected || transfer->fd < 0)
		return;
	transfer->connected = true;
	/* With it on, an error that anybody may send would end the connection. */
	(void)setsockopt(transfer->fd, six ? IPPROTO_IPV6 : IPPROTO_IP,
			 six ? IPV6_RECVERR : IP_RECVERR, &off, sizeof(off));
	if (getsockopt(transfer->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_rtt > 0 && info.tcpi_total_retrans == 0)
		transfer->syn_round_trip = (nsec)info.tcpi_rtt * NSEC_PER_USEC;
}

static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = context;
	struct sockaddr_storage wanted;
	socklen_t len = endpoint_to_sockaddr(&transfer->request.to, &wanted);
	struct endpoint found;
	int on = 1;
	int tos = transfer->request.dscp << 2;
	bool six = address->family == AF_INET6;

	memset(&wanted, 0, sizeof(wanted));
	memcpy(&wanted, &address->addr, address->addrlen < len ? address->addrlen : len);
	found = endpoint_from_sockaddr(&wanted);
	/* Nobody else is ever connected to, whatever a server says. */
	if (purpose != CURLSOCKTYPE_IPCXN || endpoint_compare(&found, &transfer->request.to) != 0)
		return CURL_SOCKET_BAD;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	if (fd < 0) {
		transfer->refusal = refusal_by_machine();
		return CURL_SOCKET_BAD;
	}
	(void)setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &on,
			 sizeof(on));
	if (tos != 0)
		(void)setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TCLASS : IP_TOS,
				 &tos, sizeof(tos));
	transfer->fd = fd;
	return fd;
}

static int on_close(void *context, curl_socket_t fd)
{
	struct transfer *transfer = context;

	if (fd == transfer->fd) {
		if (!transfer->connected)
			transfer->refusal =
				refusal_read(fd, &transfer->request.to, transfer->setting->local);
		if (transfer->awaited > 0)
			(void)ioctl(fd, FIONREAD, &transfer->unread);
		transfer->fd = -1;
	}
	return close(fd);
}

static int on_verify(X509_STORE_CTX *store, void *context)
{
	struct transfer *transfer = context;

	return chain_judge(store, transfer->host, &transfer->certificate);
}

static CURLcode on_tls(CURL *curl, void *tls, void *context)
{
	struct transfer *transfer = context;

	(void)curl;
	note_connection(transfer);
	SSL_CTX_set1_cert_store(tls, transfer->setting->authorities);
	SSL_CTX_set_cert_verify_callback(tls, on_verify, transfer);
	return CURLE_OK;
}

static int on_ready(void *context, char *to, char *from, int to_port, int from_port)
{
	struct transfer *transfer = context;
	struct curl_tlssessioninfo *session = NULL;

	(void)to, (void)from, (void)to_port, (void)from_port;
	note_connection(transfer);
	if (curl_easy_getinfo(transfer->curl, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
	    session != NULL && session->internals != NULL)
		snprintf(transfer->tls, sizeof(transfer->tls), "%s",
			 SSL_get_version(session->internals));
	return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *octets, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;

	return page_take_header(&transfer->page, octets, size * count) ? size * count : 0;
}

static size_t on_body(char *octets, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;

	return page_take_body(&transfer->page, octets, size * count) ? size * count : 0;
}

/* Who waits for a page of known size needs no wake for each of its segments: the kernel gives one
 * when its end is there, or much of it. Under TLS octets that came may be held already, so that
 * fewer are to come. */
static void await_rest(struct transfer *transfer, curl_off_t left)
{
	int octets = left > AWAITED_MOST ? AWAITED_MOST : (int)left;

	if (left <= 0 || octets == transfer->awaited || transfer->fd < 0 ||
	    transfer->page.encodings > 0 || is_encrypted(transfer))
		return;
	if (setsockopt(transfer->fd, SOL_SOCKET, SO_RCVLOWAT, &octets, sizeof(octets)) == 0)
		transfer->awaited = octets;
}

static int on_progress(void *context, curl_off_t size, curl_off_t taken, curl_off_t a, curl_off_t b)
{
	struct transfer *transfer = context;

	(void)a, (void)b;
	if (taken > 0)
		await_rest(transfer, size - taken);
	return page_take_raw(&transfer->page, (uint64_t)taken) ? 0 : 1;
}

#define SET(option, value) good = good && curl_easy_setopt(curl, option, value) == CURLE_OK

static bool set_connection(struct transfer *transfer)
{
	const struct transfer_request *request = &transfer->request;
	CURL *curl = transfer->curl;
	long timeout_ms = (long)((request->timeout + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
	bool good = true;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECT_TO, transfer->connect_to);
	SET(CURLOPT_IPRESOLVE,
	    (long)(request->to.family == 4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6));
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_TIMEOUT_MS, timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, transfer);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_CLOSESOCKETDATA, transfer);
	SET(CURLOPT_PREREQFUNCTION, on_ready);
	SET(CURLOPT_PREREQDATA, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->error);
	return good;
}

static bool set_tls(struct transfer *transfer)
{
	CURL *curl = transfer->curl;
	bool good = true;

	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	/* The authorities were read once, for all transfers. */
	SET(CURLOPT_CAINFO, NULL);
	SET(CURLOPT_CAPATH, NULL);
	/* Or those of the first transfer would be believed for a day. */
	SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, transfer);
	return good;
}

static bool set_request(struct transfer *transfer)
{
	CURL *curl = transfer->curl;
	bool good = true;

	SET(CURLOPT_URL, transfer->request.url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, transfer->setting->agent);
	SET(CURLOPT_ACCEPT_ENCODING, PAGE_ENCODINGS);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->request.body_most);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, transfer);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, transfer);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_PRIVATE, transfer);
	return good;
}

/* The host of the URL without brackets, and where curl is to go instead of looking it up. */
static bool direct(struct transfer *transfer)
{
	CURLU *url = curl_url();
	char *host = NULL;
	char address[ENDPOINT_TEXT];
	char to[ENDPOINT_TEXT + 8];
	bool good = url != NULL &&
		    curl_url_set(url, CURLUPART_URL, transfer->request.url, 0) == CURLUE_OK &&
		    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK;

	if (good) {
		size_t len = strlen(host);
		bool brackets = host[0] == '[' && len > 2;
		snprintf(transfer->host, sizeof(transfer->host), "%.*s",
			 (int)(brackets ? len - 2 : len), host + brackets);
		endpoint_format(&transfer->request.to, address);
		snprintf(to, sizeof(to),
			 transfer->request.to.family == 4 ? "::%s:" : "::[%s]:", address);
		transfer->connect_to = curl_slist_append(NULL, to);
		good = transfer->connect_to != NULL;
	}
	curl_free(host);
	curl_url_cleanup(url);
	return good;
}

enum err transfer_create(struct transfer_setting *setting, const struct transfer_request *request,
			 struct transfer **out)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));

	if (transfer == NULL)
		return E_MEMORY;
	transfer->setting = setting;
	transfer->request = *request;
	transfer->fd = -1;
	transfer->syn_round_trip = NSEC_UNDEFINED;
	transfer->page = page_expecting(request->expect, request->body_most);
	transfer->curl = curl_easy_init();
	bool good = transfer->curl != NULL && direct(transfer) && set_connection(transfer) &&
		    set_tls(transfer) && set_request(transfer);
	if (!good) {
		transfer_destroy(transfer);
		return E_SYNTAX;
	}
	*out = transfer;
	return E_OK;
}

void transfer_destroy(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->connect_to);
	page_finish(&transfer->page);
	free(transfer);
}

CURL *transfer_handle(struct transfer *transfer)
{
	return transfer->curl;
}

struct transfer *transfer_of(CURL *handle)
{
	struct transfer *transfer = NULL;

	(void)curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer);
	return transfer;
}

static nsec time_of(CURL *curl, CURLINFO which)
{
	curl_off_t microseconds = 0;

	(void)curl_easy_getinfo(curl, which, &microseconds);
	return microseconds > 0 ? (nsec)microseconds * NSEC_PER_USEC : NSEC_UNDEFINED;
}

static nsec between(nsec from, nsec until)
{
	return from == NSEC_UNDEFINED || until == NSEC_UNDEFINED ? NSEC_UNDEFINED : until - from;
}

static void tell_phases(struct transfer *transfer, struct visit *visit)
{
	CURL *curl = transfer->curl;
	nsec looked_up = time_of(curl, CURLINFO_NAMELOOKUP_TIME_T);
	nsec connected = time_of(curl, CURLINFO_CONNECT_TIME_T);

	visit->phase[VISIT_NAME] = NSEC_UNDEFINED;
	visit->phase[VISIT_CONNECT] = between(looked_up, connected);
	visit->phase[VISIT_TLS] = between(connected, time_of(curl, CURLINFO_APPCONNECT_TIME_T));
	visit->phase[VISIT_FIRST_BYTE] = transfer->page.begun
						 ? time_of(curl, CURLINFO_STARTTRANSFER_TIME_T)
						 : NSEC_UNDEFINED;
	visit->phase[VISIT_TOTAL] = time_of(curl, CURLINFO_TOTAL_TIME_T);
	visit->syn_round_trip = transfer->syn_round_trip;
}

static void fail(struct visit *visit, enum loss_cause cause, const char *reason)
{
	visit->end = VISIT_FAILED;
	visit->cause = cause;
	plain_copy(visit->reason, sizeof(visit->reason), reason);
}

/* Of a connection that was not made. What nobody said was this machine's own word. */
static struct refusal refusal_of(const struct transfer *transfer)
{
	struct refusal refusal = transfer->refusal;
	long number = 0;

	if (refusal.by_machine || refusal.cause != LOSS_UNTOLD)
		return refusal;
	(void)curl_easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &number);
	if (number == ECONNREFUSED || number == ECONNRESET)
		return (struct refusal){.cause = LOSS_REFUSED};
	return refusal_by_machine();
}

/* An error before there was an answer, or in the midst of it. */
static void judge_error(const struct transfer *transfer, CURLcode code, struct visit *visit)
{
	const char *words = transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(code);
	bool tls = is_encrypted(transfer) && transfer->connected && transfer->tls[0] == '\0';

	if (transfer->page.stopped != NULL) {
		fail(visit, LOSS_BOUNDS, transfer->page.stopped);
	} else if (code == CURLE_FILESIZE_EXCEEDED || code == CURLE_OUT_OF_MEMORY) {
		/* The second is what a single header of more than 100 kB gives. */
		fail(visit, LOSS_BOUNDS, words);
	} else if (code == CURLE_OPERATION_TIMEDOUT) {
		visit->end = VISIT_TIMED_OUT;
		plain_copy(visit->reason, sizeof(visit->reason), words);
	} else if (!transfer->connected) {
		struct refusal refusal = refusal_of(transfer);
		fail(visit, refusal.cause, words);
		if (refusal.by_machine)
			visit->end = VISIT_NOT_MADE;
	} else {
		fail(visit, tls ? LOSS_TLS : LOSS_STATUS, words);
	}
}

static void judge_page(struct transfer *transfer, struct visit *visit)
{
	struct page *page = &transfer->page;
	char words[VISIT_REASON];

	if (visit->status / 100 == 2 && page->search.found) {
		visit->end = VISIT_OPEN;
	} else if (page_for_robots(page, visit->status, transfer->request.blocked)) {
		fail(visit, LOSS_BLOCKED, "a page for robots came instead");
		visit->end = VISIT_UNASSESSED;
	} else if (visit->status / 100 != 2) {
		snprintf(words, sizeof(words), "the answer is HTTP %d", visit->status);
		fail(visit, LOSS_STATUS, words);
	} else if (transfer->request.expect == NULL) {
		visit->end = VISIT_OPEN;
	} else {
		fail(visit, LOSS_TEXT, "the expected text is not in it");
	}
}

const char *transfer_conclude(struct transfer *transfer, CURLcode code, struct visit *out)
{
	int unread = code == CURLE_OPERATION_TIMEDOUT ? transfer->unread : 0;
	struct visit visit = {.certificate = transfer->certificate,
			      .size = (uint32_t)(transfer->page.size + (uint64_t)unread)};
	char *location = NULL;
	long status = 0;

	tell_phases(transfer, &visit);
	snprintf(visit.tls, sizeof(visit.tls), "%s", transfer->tls);
	plain_copy(visit.url, sizeof(visit.url), transfer->request.url);
	(void)curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	visit.status = status > 0 && status < 1000 ? (uint16_t)status : 0;
	if (code != CURLE_OK)
		judge_error(transfer, code, &visit);
	else
		judge_page(transfer, &visit);
	if (code == CURLE_OK && visit.status / 100 == 3)
		(void)curl_easy_getinfo(transfer->curl, CURLINFO_REDIRECT_URL, &location);
	*out = visit;
	return location;
}
