/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A launch runs a command without a shell, tells it something on its standard input, and waits for
 * it, but not for ever. */
#ifndef NETGRADE_ALARM_LAUNCH_H
#define NETGRADE_ALARM_LAUNCH_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { LAUNCH_LINE = 200 };

struct launch_request {
	char *const *arguments;	  /* the first is the path of the command; NULL at the end */
	char *const *environment; /* all that it gets; NULL at the end */
	const char *input;
	nsec timeout; /* then its process group is killed */
	/* Once true it has only this long left; may be NULL. */
	const atomic_bool *hurry;
	nsec hurried_timeout;
};

struct launch_result {
	int code;		/* its exit code; −1: a signal ended it */
	int signal;		/* 0: none */
	bool overdue;		/* it took too long and was killed */
	char line[LAUNCH_LINE]; /* the first that it printed, on either output */
};

/* E_NOT_FOUND, E_PERMISSION, E_SYSTEM: it could not be started. */
MUST_CHECK enum err launch(const struct launch_request *request, struct launch_result *out);

#endif
