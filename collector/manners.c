/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/manners.h"
#include "collector/base/log.h"

#include <string.h>

_Static_assert((int)NAME_SERVERS_CONFIG_MOST <= (int)NAME_SERVERS_MOST,
	       "each that is named has a place");

/* Those of the system where it names none. */
static struct name_servers servers_of(const struct agent_config *agent)
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

void manners_read(const struct config *config, const struct agent_config *agent,
		  struct manners *out)
{
	contact_format(&config->contact, out->contact, sizeof(out->contact));
	out->visits = (struct visitor_options){
		.name_servers = servers_of(agent),
		.authorities = agent->authorities,
		.contact = out->contact[0] == '\0' ? NULL : out->contact,
		.at_once = agent->visits_at_once,
		.distance = agent->visit_distance_ns,
	};
}

void manners_renew(const struct config *config, const struct agent_config *of, struct agent *agent)
{
	struct manners manners;

	manners_read(config, of, &manners);
	if (agent_renew(agent, &manners.visits) != E_OK)
		log_error("reload", "out of memory: visits go on as before");
}
