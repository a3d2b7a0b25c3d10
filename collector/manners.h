/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manners are how an agent visits pages, as its configuration says: whom it asks for names, whose
 * certificates it believes, who answers for it, and how often a host sees it. */
#ifndef NETGRADE_COLLECTOR_MANNERS_H
#define NETGRADE_COLLECTOR_MANNERS_H

#include "collector/agent.h"
#include "config/config.h"

struct manners {
	char contact[CONTACT_TEXT];
	struct visitor_options visits; /* its texts are those of the configuration and of this */
};

void manners_read(const struct config *config, const struct agent_config *agent,
		  struct manners *out);

/* Has the agent take over those of a configuration that was read again. */
void manners_renew(const struct config *config, const struct agent_config *of, struct agent *agent);

#endif
