/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transfer is one request over HTTP and its answer, of a visit that may need several: to one
 * address, on a connection of its own, and within bounds. */
#ifndef NETGRADE_NET_TRANSFER_H
#define NETGRADE_NET_TRANSFER_H

#include "collector/base/err.h"
#include "collector/metric/visit.h"
#include "collector/net/endpoint.h"
#include "collector/net/local.h"

#include <curl/curl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

struct transfer;

/* What all transfers of a program have in common. */
struct transfer_setting {
	X509_STORE *authorities;
	struct local *local;
	char agent[VISIT_REASON]; /* the header User-Agent */
};

struct transfer_request {
	const char *url; /* http or https */
	struct endpoint to;
	nsec timeout;	    /* of all of it */
	uint32_t body_most; /* octets, as sent and decoded */
	uint8_t dscp;
	const char *expect;	    /* text that the body must have; NULL: any will do */
	const char *const *blocked; /* texts of pages for robots, besides those known; ends by NULL;
				       may be NULL itself */
};

enum { TRANSFER_HEADERS = 65536 };

/* The request's texts and the setting must outlive it. */
MUST_CHECK enum err transfer_create(struct transfer_setting *setting,
				    const struct transfer_request *request, struct transfer **out);
void transfer_destroy(struct transfer *transfer); /* NULL is fine; not while a multi has it */

CURL *transfer_handle(struct transfer *transfer);
struct transfer *transfer_of(CURL *handle);

/* How it went, of this request alone, once curl has done with it; and where it leads to, NULL if
 * nowhere: good until it is destroyed. */
const char *transfer_conclude(struct transfer *transfer, CURLcode code, struct visit *out);

#endif
