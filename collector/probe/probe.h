/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A probe is a method of measuring: it sends marked packets and tells what became of them. The
 * methods are rows of one table; nobody else asks which one it is. */
#ifndef NETGRADE_PROBE_PROBE_H
#define NETGRADE_PROBE_PROBE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/singleton.h"
#include "collector/metric/summary.h"
#include "collector/metric/visit.h"
#include "collector/net/endpoint.h"
#include "collector/net/visitor.h"
#include "collector/packet/mark.h"
#include "collector/probe/ask.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBE_BATCH = 64, PROBE_FILTER = 512 };

struct probe_packet {
	struct mark mark;
	const struct endpoint *to;
	uint16_t sequence; /* what an error that quotes only the header is matched by */
	uint16_t size;	   /* octets of payload */
	uint8_t dscp;
	nsec t_max;
	const struct ask *ask; /* of a service; NULL */
	uint8_t turn; /* another one after lasting loss: a middlebox may be stuck to a flow */
	int refused;  /* set: 0 or the errno of the system call that did not send it */
	nsec sent_at; /* set when sent: this program's own stamp, before the system call */
};

enum probe_event_kind {
	PROBE_STAMPED,	 /* marked: the kernel's stamp of sending */
	PROBE_REPLIED,	 /* marked; peer is who answered */
	PROBE_FAILED,	 /* marked; peer refused it, or it is where an error says it went */
	PROBE_EXPIRED,	 /* marked; nothing came in time; of a method whose ends are told */
	PROBE_WITHDRAWN, /* marked; it proves nothing: this machine spoilt it, or it was answered as
			    robots are */
	PROBE_REJECTED,	 /* an ICMP error about (peer, sequence): no cookie proves it */
	PROBE_FORGED,	 /* our identifier, but not our cookie, or cut */
	PROBE_BAD_CHECKSUM,
	PROBE_OVERFLOWED, /* since the last receive the agent lost packets of this family itself */
};

struct probe_ops;

struct probe_event {
	enum probe_event_kind kind;
	struct mark mark;
	struct endpoint peer; /* PROBE_OVERFLOWED: only its family */
	uint16_t sequence;    /* of the packet's header */
	nsec at;
	enum stamp_source stamped_by;
	enum loss_cause cause;		/* PROBE_FAILED, PROBE_WITHDRAWN, PROBE_REJECTED */
	const struct probe_ops *method; /* PROBE_REJECTED: whose packet it was */
	const struct visit *visit;	/* of a packet that is one; NULL. Good until the return */
	uint32_t remarks; /* enum slot_flag to be raised with it; PROBE_REPLIED, PROBE_FAILED */
};

struct probe_listener {
	void *context;
	void (*take)(void *context, const struct probe_event *events, size_t count);
};

struct probe_options {
	uint32_t receive_buffer; /* octets that a receiving socket may hold; 0: the default */
	struct visitor_options visits;
};

/* What every method's own state begins with. */
struct probe {
	const struct probe_ops *ops;
};

/* Whether more may come after a packet's outcome was told. Where that is final, every packet's is
 * told, and one of which nothing was told until its slot is settled proves nothing. */
enum probe_end { PROBE_MAY_FOLLOW, PROBE_IS_FINAL };

struct probe_ops {
	const char *method; /* the word in the configuration */
	enum probe_end end;
	uint16_t size_min; /* octets of payload */
	uint16_t header;   /* octets between the IP header and the payload */
	/* Octets behind the IP header of what this machine sends after an answer, of a visit what
	 * it is reckoned to take each way; 0: nothing. */
	uint32_t closing;

	/* Opens its sockets, so call it while the process may. A family that the machine lacks is
	 * logged and left out; E_PERMISSION, E_UNSUPPORTED when neither is left. */
	enum err (*open)(const struct probe_options *options, struct probe **out);
	void (*close)(struct probe *probe);

	/* Takes over other options of visits while it measures; NULL: it has none. */
	enum err (*renew)(struct probe *probe, const struct visitor_options *visits);

	/* Prepares for packets of this size and family. E_UNSUPPORTED: the family is left out. */
	enum err (*reserve)(struct probe *probe, uint8_t family, uint16_t size);

	/* Hands up to PROBE_BATCH packets to the kernel, without blocking. */
	void (*send)(struct probe *probe, struct probe_packet *packets, size_t count);

	/* Reads everything that arrived before now (realtime), without blocking, however much
	 * arrives meanwhile. */
	void (*receive)(struct probe *probe, nsec now, const struct probe_listener *listener);

	/* Whether it has work that does not wait for the next packet; NULL: never. */
	bool (*waits)(const struct probe *probe);

	/* Whether this machine itself may have dropped a packet to the host that it took at this
	 * instant (realtime), as it learned only later. */
	bool (*dropped)(struct probe *probe, const struct endpoint *host, nsec at);

	/* The capture filter for this probe's packets to and from a host (NULL: all), errors about
	 * them included. */
	void (*filter)(const struct probe *probe, const struct endpoint *host,
		       char out[PROBE_FILTER]);
};

/* Takes back as unsent what this machine itself may have dropped, of a slot's packets to a host
 * that have no answer. */
void probe_withdraw(struct probe *probe, const struct endpoint *host, struct singleton *singletons,
		    uint32_t count);

/* The row of a method, NULL if there is none. */
const struct probe_ops *probe_find(const char *method);

#endif
