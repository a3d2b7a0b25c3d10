/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/lookup.h"

#include <string.h>

_Static_assert((int)NAME_SERVERS_CONFIG_MOST <= (int)NAME_SERVERS_MOST,
	       "each that is named has a place");

struct name_servers lookup_servers(const struct agent_config *agent)
{
	struct name_servers servers = {.count = agent->name_server_count};

	if (servers.count == 0)
		return name_servers_of_system("/etc/resolv.conf");
	for (size_t i = 0; i < servers.count; i++) {
		const struct name_server_config *named = &agent->name_servers[i];
		servers.items[i].family = named->family == FAMILY_IPV4 ? 4 : 6;
		servers.items[i].port = NAME_SERVER_PORT;
		memcpy(servers.items[i].bytes, named->address.bytes,
		       sizeof(servers.items[i].bytes));
	}
	return servers;
}
