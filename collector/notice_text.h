/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of a notice in both languages. */
#ifndef NETGRADE_COLLECTOR_NOTICE_TEXT_H
#define NETGRADE_COLLECTOR_NOTICE_TEXT_H

#include "config/arena.h"

#include <stdbool.h>
#include <stdio.h>

enum notice_language { NOTICE_ZH, NOTICE_EN, NOTICE_LANGUAGES };

/* The comments name the values. */
enum notice_text {
	NOTICE_OPENING, /* whom; the network */
	NOTICE_SOURCES,
	NOTICE_SOURCE,	       /* agent; addresses */
	NOTICE_SOURCE_UNKNOWN, /* agent */
	NOTICE_TARGETS,	       /* how many addresses */
	NOTICE_TARGET,	       /* site; addresses */
	NOTICE_TARGET_PAGE,    /* site; addresses; URL */
	NOTICE_PROTOCOL,
	NOTICE_ICMP,
	NOTICE_TCP, /* ports */
	NOTICE_UDP, /* ports, as the next */
	NOTICE_TCP_QUERIES,
	NOTICE_HTTP,
	NOTICE_TRACE_ICMP,
	NOTICE_TRACE_UDP, /* port */
	NOTICE_TRACE_TCP, /* ports */
	NOTICE_TRACE_ANSWERS,
	NOTICE_NO_PORTS,
	NOTICE_RATES,
	NOTICE_TEST,	   /* test; agents; slot; packets; sizes; DSCP; hours; to what */
	NOTICE_VISITS,	   /* as the one before */
	NOTICE_IN_SECONDS, /* length of a slot, as are the next two */
	NOTICE_IN_MINUTES,
	NOTICE_IN_HOURS,
	NOTICE_TRACES,	/* test; agents; how often; packets; large packets; to what */
	NOTICE_WATCH,	/* agents; sizes; to what */
	NOTICE_TO_EACH, /* all addresses of the notice */
	NOTICE_TO_ONE,	/* which */
	NOTICE_TO_SOME, /* how many; which */
	NOTICE_EACH_OF, /* agents */
	NOTICE_SIZES,	/* payload; sizes by family */
	NOTICE_SYN,	/* port; sizes by family, as the next two */
	NOTICE_QUERY,
	NOTICE_STREAM,
	NOTICE_PAGE,	  /* URL; octets; redirects */
	NOTICE_OWN_PAGES, /* octets; redirects */
	NOTICE_SIZE_IPV4, /* octets of the packet */
	NOTICE_SIZE_IPV6,
	NOTICE_FRAGMENTS_IPV4, /* octets of all fragments; how many */
	NOTICE_FRAGMENTS_IPV6,
	NOTICE_SUM,	    /* packets/s; bit/s; packets in the fullest second */
	NOTICE_SUM_QUERIES, /* the same with queries among them */
	NOTICE_ONE, /* of the site that is sent most: packets/s; packets in the fullest second */
	NOTICE_LIMITING,
	NOTICE_ANNOUNCE, /* how long ahead */
	NOTICE_CONTACT,
	NOTICE_CONTACT_NAME,
	NOTICE_CONTACT_TELEPHONE,
	NOTICE_CONTACT_EMAIL,
	NOTICE_CONTACT_UNKNOWN,
	NOTICE_CLOSING, /* date; file; digest */
	NOTICE_DATE,	/* year; month; day */
	NOTICE_ALWAYS,
	NOTICE_HOURS, /* days; hours; zone */
	NOTICE_EVERY_DAY,
	NOTICE_WORKING_DAYS,
	NOTICE_WHOLE_DAY,
	NOTICE_COMMA, /* between what is listed */
	NOTICE_NAMED, /* title; name */
	NOTICE_TEXTS
};

/* The word for a day of the week, 0 is Sunday. */
const char *notice_weekday(enum notice_language language, int day);

/* "zh-CN" or "en". False where text is neither. */
bool notice_language_parse(const char *text, enum notice_language *out);

/* The text with its values in place of {1}, {2} and so on, in the arena. */
enum { NOTICE_VALUES = 8 };
char *notice_format(struct arena *arena, enum notice_language language, enum notice_text text,
		    const char *const values[NOTICE_VALUES]);

/* Writes lines of at most 80 columns, those that go on indented as the list they stand in. Chinese
 * may break anywhere but before a closing mark, or behind an opening one. */
void notice_wrap(const char *text, FILE *out);

#endif
