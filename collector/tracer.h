/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tracer follows the routes and the path MTU of an agent's paths, in a thread of its own and one
 * path at a time: on schedule, and first of all those whose outage begins. */
#ifndef NETGRADE_COLLECTOR_TRACER_H
#define NETGRADE_COLLECTOR_TRACER_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/plan.h"
#include "collector/store/key.h"
#include "config/config.h"

/* What is found of an outage later than this after it began says nothing of its beginning. */
#define TRACER_OUTAGE_MAX (5 * NSEC_PER_MIN)

struct tracer;

/* Opens the sockets. *out is NULL with E_OK where the configuration asks for no traces; all that
 * follows takes that. */
MUST_CHECK enum err tracer_open(const struct config *config, struct tracer **out);

/* Starts the thread; what it finds goes to the archive of the directory. */
MUST_CHECK enum err tracer_start(struct tracer *tracer, const char *directory);
void tracer_stop(struct tracer *tracer);  /* within a second; what is urged later is not traced */
void tracer_close(struct tracer *tracer); /* stopped or not */

/* From now on the paths of this plan whose tests ask for it. */
void tracer_follow(struct tracer *tracer, const struct config *config, const struct plan *plan);

/* The path of a series went bad with a slot. Returns at once. */
void tracer_urge(struct tracer *tracer, const struct series_key *key, nsec slot);

#endif
