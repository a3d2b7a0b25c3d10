/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom an agent asks for the addresses of names, as its configuration says. */
#ifndef NETGRADE_COLLECTOR_LOOKUP_H
#define NETGRADE_COLLECTOR_LOOKUP_H

#include "collector/net/resolver.h"
#include "config/config.h"

/* Those of /etc/resolv.conf where it names none. */
struct name_servers lookup_servers(const struct agent_config *agent);

#endif
