/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/departures.h"

#include <assert.h>

bool departures_open(const struct departures *departures, const struct probe *probe)
{
	return departures->count == 0 ||
	       (departures->probe == probe && departures->count < PROBE_BATCH);
}

struct probe_packet *departures_add(struct departures *departures, struct probe *probe,
				    struct flight *flight, nsec due_at)
{
	size_t at = departures->count++;

	assert(at < PROBE_BATCH);
	departures->probe = probe;
	departures->flights[at] = flight;
	departures->due_at[at] = due_at;
	return &departures->packets[at];
}

void departures_send(struct departures *departures, nsec now, struct lateness *lateness)
{
	struct probe *probe = departures->probe;

	if (departures->count == 0)
		return;
	probe->ops->send(probe, departures->packets, departures->count);
	for (size_t i = 0; i < departures->count; i++) {
		const struct probe_packet *packet = &departures->packets[i];
		lateness_add(lateness, now - departures->due_at[i]);
		if (packet->refused == 0)
			flight_sent(departures->flights[i], packet->mark.packet, packet->sent_at);
		else
			flight_refused(departures->flights[i], packet->mark.packet);
	}
	departures->count = 0;
}
