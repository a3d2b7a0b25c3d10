/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Visits over HTTP and HTTPS: each packet is one visit, and its round trip the time until the first
 * octet of the answer. */
#ifndef NETGRADE_PROBE_HTTP_H
#define NETGRADE_PROBE_HTTP_H

#include "collector/probe/probe.h"

extern const struct probe_ops probe_http;

#endif
