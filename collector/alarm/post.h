/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A post sends a text to a URL over HTTP, once. */
#ifndef NETGRADE_ALARM_POST_H
#define NETGRADE_ALARM_POST_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { POST_REASON = 200 };

struct post_request {
	const char *url;
	const char *body;	  /* JSON */
	nsec timeout;		  /* of all of it */
	const atomic_bool *hurry; /* once true it is given up soon; may be NULL */
	nsec hurried_timeout;
};

struct post_result {
	bool accepted;		  /* the answer was 2xx */
	bool hopeless;		  /* another try would get the same answer */
	char reason[POST_REASON]; /* why it was not accepted, without anything of the URL's path */
};

/* Once in a program, before any thread of it posts. */
MUST_CHECK enum err post_prepare(void);

MUST_CHECK enum err post(const struct post_request *request, struct post_result *out);

#endif
