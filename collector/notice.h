/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A notice tells the security staff of an organisation what its sites are going to be sent: from
 * where, of which kind, how much, when, and whom to ask. */
#ifndef NETGRADE_COLLECTOR_NOTICE_H
#define NETGRADE_COLLECTOR_NOTICE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/notice_text.h"
#include "config/config.h"

#include <stddef.h>
#include <stdio.h>

struct notice_request {
	const struct config *config;
	size_t organisation; /* and all below it */
	enum notice_language language;
	nsec now;
};

/* Writes the text, ready to be sent; what it lacks is told as a warning on standard error. The zone
 * of the configuration must be the process's. E_NOT_FOUND: nothing is sent there. */
MUST_CHECK enum err notice_write(const struct notice_request *request, FILE *out);

#endif
