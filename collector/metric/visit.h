/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A visit is what became of fetching one page over HTTP, redirects included: how it ended, how long
 * each part took, and the certificate that was shown. */
#ifndef NETGRADE_METRIC_VISIT_H
#define NETGRADE_METRIC_VISIT_H

#include "collector/base/nsec.h"
#include "collector/metric/singleton.h"

#include <stdbool.h>
#include <stdint.h>

/* Name, connection and TLS are the time spent on them, over all redirects; the first octet of the
 * last answer and the end count from the beginning. */
enum visit_phase {
	VISIT_NAME,
	VISIT_CONNECT,
	VISIT_TLS,
	VISIT_FIRST_BYTE,
	VISIT_TOTAL,
	VISIT_PHASES
};

/* What a phase took in several visits. */
struct phase_sum {
	uint64_t visits; /* that came so far; the others have no part in it */
	nsec sum;
	nsec most;
};

/* NSEC_UNDEFINED: the visit did not come so far. */
void phase_sum_add(struct phase_sum *sum, nsec phase);

/* "name" and so on. */
const char *visit_phase_name(enum visit_phase phase);

enum visit_end {
	VISIT_OPEN,	  /* a final 2xx, the whole body in time, the expected text in it */
	VISIT_FAILED,	  /* the cause says how */
	VISIT_TIMED_OUT,  /* at the deadline */
	VISIT_UNASSESSED, /* a page for robots came instead: neither open nor failed */
	VISIT_NOT_MADE,	  /* this machine could not make it, or not in time */
};

/* "open" and so on. */
const char *visit_end_name(enum visit_end end);

enum {
	CERTIFICATE_TEXT = 128,
	CERTIFICATE_NAMES = 256,
	CERTIFICATE_FINGERPRINT = 65,
	TLS_VERSION = 16,
	VISIT_URL = 512,
	VISIT_REASON = 160,
};

struct certificate {
	bool shown;    /* false: none was, and nothing below is set */
	bool verified; /* by the chain, up to an authority that this machine trusts, in its time */
	bool named;    /* it is for the host of the URL */
	uint8_t links; /* certificates that the server sent, its own included */
	char subject[CERTIFICATE_TEXT]; /* as RFC 4514 writes names */
	char issuer[CERTIFICATE_TEXT];
	char names[CERTIFICATE_NAMES]; /* joined by blanks, cut where they are too many */
	char fingerprint[CERTIFICATE_FINGERPRINT]; /* SHA-256 of it, hexadecimal */
	char problem[CERTIFICATE_TEXT];		   /* why it is not verified; "" */
	nsec not_before;			   /* realtime */
	nsec not_after;
	nsec chain_not_after; /* the earliest of all that were sent */
};

struct visit {
	enum visit_end end;
	enum loss_cause cause;	   /* LOSS_UNTOLD unless it failed or is unassessed */
	nsec began_at;		   /* realtime */
	nsec phase[VISIT_PHASES];  /* NSEC_UNDEFINED: did not come so far, or was not needed */
	nsec syn_round_trip;	   /* the kernel's own, of the connection's SYN; NSEC_UNDEFINED */
	uint16_t status;	   /* of the last answer; 0: none */
	uint8_t redirects;	   /* followed */
	uint32_t size;		   /* octets of the last body, decoded */
	char tls[TLS_VERSION];	   /* "TLSv1.3"; "": without */
	char url[VISIT_URL];	   /* where it ended */
	char reason[VISIT_REASON]; /* in words, of a visit that is not open; "" */
	struct certificate certificate; /* the first that was shown */
};

/* Days until the certificate, or one of its chain, ends; negative: days since. */
int64_t certificate_days_left(const struct certificate *certificate, nsec now);

#endif
