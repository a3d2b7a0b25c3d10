/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A URL of a page to be visited: http or https, a host and perhaps a port, without anything that
 * names a user. */
#ifndef NETGRADE_CONFIG_URL_H
#define NETGRADE_CONFIG_URL_H

#include "config/value.h"

#include <stdbool.h>
#include <stdint.h>

enum { URL_TEXT_MOST = 500, PAGE_TEXT_MOST = 256 };

/* Checks it, and gives the port that it is visited at. False with the problem. */
bool url_parse(const char *text, uint16_t *port, struct problem *problem);

#endif
