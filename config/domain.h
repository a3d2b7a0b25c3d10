/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A domain name as people write it, and as the DNS has it. */
#ifndef NETGRADE_CONFIG_DOMAIN_H
#define NETGRADE_CONFIG_DOMAIN_H

#include "config/value.h"

#include <stdbool.h>

enum { DOMAIN_TEXT = 255 };

/* In ASCII (IDNA 2008) and lower case, without a dot at its end; "." for the root. False with the
 * problem. */
bool domain_parse(const char *text, char out[DOMAIN_TEXT], struct problem *problem);

#endif
