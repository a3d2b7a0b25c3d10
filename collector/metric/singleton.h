/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A singleton is what became of one probe packet (RFC 2330, section 11). */
#ifndef NETGRADE_METRIC_SINGLETON_H
#define NETGRADE_METRIC_SINGLETON_H

#include "collector/base/nsec.h"

#include <stdint.h>

enum outcome {
	OUTCOME_UNSENT = 0, /* the agent could not send it: never the network's fault */
	OUTCOME_PENDING,    /* sent, its deadline not passed */
	OUTCOME_REPLIED,    /* answered within T_max */
	OUTCOME_LOST,	    /* no answer within T_max */
	OUTCOME_LATE,	    /* answered after T_max: lost, and counted as late beside it */
	OUTCOME_REJECTED,   /* somebody said no: lost, and counted as rejected beside it */
	OUTCOME_FAILED,	    /* the service answered, and not as it should: counted as rejected is */
};

/* What was told of a packet that was not answered, or not as it should be. */
enum loss_cause {
	LOSS_UNTOLD = 0,  /* nothing: it timed out */
	LOSS_REFUSED,	  /* by the host itself: nothing listens at that port */
	LOSS_UNREACHABLE, /* an ICMP error: no route, no such host, no such port */
	LOSS_FILTERED,	  /* an ICMP error: administratively prohibited */
	LOSS_NEIGHBOUR,	  /* by this machine: nobody answers on the last link */
	LOSS_FAILURE,	  /* the service said that it failed, or would not: a DNS response code */
	LOSS_WRONG,	  /* an answer that is not among the right ones, or has no record */
	LOSS_MALFORMED,	  /* an answer that cannot be read, or was cut and stayed so */
	LOSS_NAME,	  /* a name that has no address of the family */
	LOSS_TLS,	  /* no TLS session, or a certificate that is not valid for the host */
	LOSS_STATUS,	  /* another status than 2xx, or no whole answer */
	LOSS_TEXT,	  /* the expected text is not in the page */
	LOSS_BOUNDS,	  /* more redirects, headers or octets than are taken */
	LOSS_BLOCKED,	  /* a page for robots: tells nothing of the one that was asked for */
	LOSS_CAUSES
};

/* "refused" and so on, NULL for what was not told. */
const char *loss_cause_name(enum loss_cause cause);

/* Where the two instants of a round trip were taken, worst first; the weaker of both counts. */
enum stamp_source {
	STAMP_NONE = 0,
	STAMP_USER,    /* by this program around its system call */
	STAMP_CAPTURE, /* by packet capture */
	STAMP_KERNEL,  /* by the kernel's network stack */
	STAMP_DEVICE,  /* by the network card */
};

/* "kernel" and so on, never NULL. */
const char *stamp_source_name(enum stamp_source source);

struct singleton {
	nsec sent_at;	    /* NSEC_UNDEFINED while unsent */
	nsec round_trip;    /* NSEC_UNDEFINED unless replied */
	uint8_t outcome;    /* enum outcome */
	uint8_t stamped_by; /* enum stamp_source */
	uint8_t duplicates; /* further answers to the same packet; stays at 255 */
	uint8_t reordered;  /* 1 when a packet sent later was answered earlier (RFC 4737, 3.3) */
	uint8_t cause;	    /* enum loss_cause, unless replied */
};

#endif
