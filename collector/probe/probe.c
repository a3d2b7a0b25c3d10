/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/probe.h"
#include "collector/probe/dns.h"
#include "collector/probe/http.h"
#include "collector/probe/icmp.h"
#include "collector/probe/tcp.h"

#include <string.h>

static const struct probe_ops *const probe_types[] = {&probe_icmp, &probe_tcp, &probe_dns,
						      &probe_http};

const struct probe_ops *probe_find(const char *method)
{
	for (size_t i = 0; i < sizeof(probe_types) / sizeof(probe_types[0]); i++) {
		if (strcmp(probe_types[i]->method, method) == 0)
			return probe_types[i];
	}
	return NULL;
}

void probe_withdraw(struct probe *probe, const struct endpoint *host, struct singleton *singletons,
		    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct singleton *one = &singletons[i];
		bool unanswered = one->outcome == OUTCOME_LOST || one->outcome == OUTCOME_REJECTED;
		if (unanswered && probe->ops->dropped(probe, host, one->sent_at))
			*one = (struct singleton){.outcome = OUTCOME_UNSENT,
						  .sent_at = NSEC_UNDEFINED,
						  .round_trip = NSEC_UNDEFINED};
	}
}
