/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session is what every command begins with: its options, the configuration, the period, and
 * where the figures come from: the store, or the facts of a closed month. */
#ifndef NETGRADE_REPORTER_SESSION_H
#define NETGRADE_REPORTER_SESSION_H

#include "config/config.h"
#include "config/options.h"
#include "reporter/assessment.h"
#include "reporter/closed.h"
#include "reporter/past.h"
#include "reporter/query.h"
#include "reporter/text/text.h"

#include <stdbool.h>

#define DEFAULT_CONFIG "/etc/netgrade/netgrade.yaml"

/* What the command line says; the rows of the tables of options point in here. */
struct arguments {
	const char *config;
	const char *data;
	const char *month;
	const char *from;
	const char *until;
	const char *edition;
	const char *organisation;
	const char *language;
	const char *out;
	const char *format;
	const char *reason;
	bool trial;
	bool json;
	bool now;
	bool revise;
	bool as_given;
	bool incomplete;
};

extern struct arguments given;

/* Everything a command works on. */
struct session {
	/* In force at the period's end; of a closed month the one that it was closed by. */
	struct config *config;
	char *data;	       /* the directory given or configured */
	struct closed *closed; /* NULL: the store is read */
	struct query *query;
	struct past past;
	struct source source;	/* that of the past */
	struct edition edition; /* of a closed month */
	struct closed_revisions revisions;
	struct assessment assessment;
	enum language language;
};

/* All of these give an exit code and have said what is wrong. */

/* Loads, reads and judges. The session is to be finished either way. */
int session_start(struct session *session);
void session_finish(struct session *session);

/* Nothing more is read, and nothing said of the edition. */
void session_close_source(struct session *session);

/* The configuration, its zone made the calendar's, and the period asked for. */
int session_settle(struct session *session, struct report_period *period);
/* The store to read from, its past, and the configuration that was in force at the period's end. */
int session_open_store(struct session *session, struct report_period *period);

/* "netgrade-reporter: WHAT 'VALUE'; RIGHT" without value where that is NULL; EXIT_USAGE. */
int session_refuse(const char *what, const char *value, const char *right);

/* errno tells more than "a system call failed". */
const char *session_reason(enum err rc);

#define PLACE_OPTIONS                                                                              \
	{"config", "FILE", "the configuration (default " DEFAULT_CONFIG ")", &given.config, NULL}, \
		{"as-given", NULL, "by that configuration, not by the one in force then", NULL,    \
		 &given.as_given},                                                                 \
	{                                                                                          \
		"data", "DIR", "where the measurements are (default: as configured)", &given.data, \
			NULL                                                                       \
	}

#endif
