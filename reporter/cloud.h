/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score of a website or a service in a cloud, as it is seen from the network by visits: how
 * often it opens, how long its first octet takes, how long a connection takes, what certificate it
 * shows. It has no part in the network's score. */
#ifndef NETGRADE_REPORTER_CLOUD_H
#define NETGRADE_REPORTER_CLOUD_H

#include "collector/store/sightings.h"
#include "reporter/facts.h"
#include "reporter/score.h"

#include <stdbool.h>
#include <stddef.h>

/* What is to be said of a certificate at the end of a period. Points are given for the first two
 * alone. */
enum shown {
	SHOWN_GOOD,
	SHOWN_ENDING, /* within the profile's days */
	SHOWN_SHORT,  /* within its least days, or it has ended */
	SHOWN_INVALID,
	SHOWN_MISNAMED,
	SHOWN_OLD_TLS, /* older than TLS 1.2 */
	SHOWN_NOTHING, /* the page is to be visited over TLS, and no visit came so far */
	SHOWN_PLAIN,   /* the page is visited without TLS */
	SHOWN_UNKNOWN, /* pages opened over TLS, but what they showed is not on record */
};

struct cloud_subject {
	const struct profile *profile; /* with a rule for it */
	enum reach reach;
	enum score_mode mode;
	const struct facts *visits;	 /* of the series of visits */
	const struct facts *connections; /* of one beside it that opens connections; NULL: none */
	const struct certificate_sighting *certificate; /* the last of the period; NULL: none */
	bool encrypted;					/* its URL is one of https */
};

/* Full doubles inside; NAN where there is none. */
struct cloud_score {
	double value[CLOUD_COUNT];  /* per cent; milliseconds; of the certificate days left */
	double points[CLOUD_COUNT]; /* NAN where missing */
	double weight[CLOUD_COUNT]; /* as applied, sum 100; 0 where missing */
	bool missing[CLOUD_COUNT];
	bool rough[CLOUD_COUNT];
	enum shown shown;
	double coverage;
	bool marked;
	unsigned gates; /* enum gate */
	double exact;
	double printed;
	const struct grade *grade; /* NULL without score, and in a trial */
};

struct cloud_score cloud_judge(const struct cloud_subject *subject);

/* What the last certificate of a period comes to at an instant; the subject's at its period's end.
 */
enum shown cloud_shown(const struct cloud_rule *rule,
		       const struct certificate_sighting *certificate, nsec at);

#endif
