/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An agent measures: it sends what the schedule asks for, matches what comes back, and hands over
 * each slot when its last packet is settled. It never blocks and owns no loop: who drives it calls
 * agent_tick when it says so. */
#ifndef NETGRADE_COLLECTOR_AGENT_H
#define NETGRADE_COLLECTOR_AGENT_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/lateness.h"
#include "collector/metric/sample.h"
#include "collector/net/endpoint.h"
#include "collector/probe/probe.h"

#include <stdbool.h>
#include <stdint.h>

struct agent;

/* What is measured: Type-P, stream and host. */
struct target {
	const struct probe_ops *method;
	struct endpoint host;
	nsec origin; /* what slots are aligned to: 0 for the epoch */
	nsec interval;
	nsec t_max;
	uint64_t phase_seed; /* the same seed, the same phase */
	uint32_t packets;
	uint16_t size;
	uint8_t dscp;
	const struct ask *ask; /* of a service, good until the agent is destroyed; NULL */
};

/* When in each of its slots the first packet is sent. */
nsec target_phase(const struct target *target);

struct agent_listener {
	void *context;
	/* A slot is settled. The sample is good until the return. */
	void (*finished)(void *context, uint32_t series, const struct sample *sample);
	/* A slot turned bad while it runs, and the slot before was not; may be NULL. */
	void (*worsened)(void *context, uint32_t series, struct period slot);
	/* The system clock was set by this much; may be NULL. */
	void (*clock_stepped)(void *context, nsec by);
	/* Why a slot about to begin is not to be measured: 0, it is; SLOT_UNSCHEDULED; SLOT_UNSENT
	 * where it should be and cannot. It is handed over all the same; may be NULL. */
	uint32_t (*withholds)(void *context, uint32_t series, struct period slot);
	/* A visit of an open slot has ended, good until the return; may be NULL. */
	void (*visited)(void *context, uint32_t series, const struct visit *visit);
};

struct agent_options {
	struct agent_listener listener;
	double c1;  /* the loss ratio from which on a slot is bad */
	bool hurry; /* a slot whose packets are all answered need not wait for its T_max */
	uint32_t receive_buffer; /* octets that a receiving socket may hold; 0: the default */
	struct visitor_options visits;
};

struct agent_counters {
	uint64_t slots;
	uint64_t unscheduled; /* slots besides */
	uint64_t sent;
	uint64_t lost;
	uint64_t unsent;
	uint64_t forged; /* answers with our identifier but not our cookie or not from there */
	uint64_t bad_checksum; /* answers with a wrong checksum */
	uint64_t stale;	       /* true answers to slots settled long ago */
	uint64_t overflows;    /* times that a receiving queue overflowed */
	uint64_t clock_steps;
	struct lateness lateness; /* of the packets sent */
};

MUST_CHECK enum err agent_create(const struct agent_options *options, struct agent **out);
void agent_destroy(struct agent *agent); /* NULL is fine */

/* Opens a method's sockets, so call it while the process may; once is enough. */
MUST_CHECK enum err agent_open(struct agent *agent, const struct probe_ops *method);

/* Whether a method is open. */
bool agent_has(const struct agent *agent, const struct probe_ops *method);

/* Measures a target from its next slot on. E_UNSUPPORTED: its family or method is not open. */
MUST_CHECK enum err agent_add(struct agent *agent, const struct target *target, uint32_t *series);

/* Sends nothing more to it; a slot begun is settled as partial. */
void agent_retire(struct agent *agent, uint32_t series);

/* From the next visit on. */
MUST_CHECK enum err agent_renew(struct agent *agent, const struct visitor_options *visits);

/* From now on a slot is bad from this loss ratio on. */
void agent_judge(struct agent *agent, double c1);

/* No slot that ends after this instant is begun. */
void agent_end(struct agent *agent, nsec end);

/* Sends nothing more at all; the slots begun are settled at the latest after patience, as
 * partial where not all was sent. Called again it can only shorten the wait. */
void agent_stop(struct agent *agent, nsec patience);

/* Does what is due and gives the monotonic instant of the next call. */
nsec agent_tick(struct agent *agent);

/* Nothing is left to send or to settle. */
bool agent_finished(const struct agent *agent);

/* The realtime instant that the agent's schedule reckons as now. */
nsec agent_now(const struct agent *agent);

const struct agent_counters *agent_counters(const struct agent *agent);

/* The capture filter for a series' packets; empty when it is gone. */
void agent_filter(const struct agent *agent, uint32_t series, char out[PROBE_FILTER]);

/* The capture filter for all packets of a method that was opened. */
void agent_filter_all(const struct agent *agent, const struct probe_ops *method,
		      char out[PROBE_FILTER]);

#endif
