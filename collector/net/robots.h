/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages for robots: what a firewall of web applications or a captcha shows to whom it takes for a
 * program. They tell that something answers, not whether the page asked for would open. */
#ifndef NETGRADE_NET_ROBOTS_H
#define NETGRADE_NET_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the beginning of a page is one; extra: further texts to know them by, NULL at the end,
 * may be NULL itself. */
bool robots_page(uint16_t status, const char *octets, size_t len, const char *const *extra);

#endif
