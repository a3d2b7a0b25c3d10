/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a configuration says about alarms: when an outage is worth a message, and who is told. */
#ifndef NETGRADE_CONFIG_ALARMS_H
#define NETGRADE_CONFIG_ALARMS_H

#include <stddef.h>
#include <stdint.h>

/* Room for what alarm_destination gives. */
enum { ALARM_DESTINATION = 300 };

struct alarms_config {
	uint32_t raise; /* bad slots in a row that raise an alarm */
	uint32_t clear; /* good ones in a row that clear it */
	int64_t gather_ns;
	int64_t remind_ns;  /* 0: never */
	int64_t timeout_ns; /* of a command or a POST */
	char **command;	    /* NULL: none; its last element is NULL */
	char *post;	    /* URL; NULL: none. It may hold a secret: show alarm_destination */
	size_t *sites;	    /* whose paths are told of, ascending */
	size_t site_count;
};

/* Scheme, host and port of a URL: what of it may be shown. */
void alarm_destination(const char *url, char out[ALARM_DESTINATION]);

#endif
