/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A witness follows the slots of a simulation as the alarms of a running collector would: the
 * archive gets its outages and alarms. Nobody is told of them: neither command nor POST is made. */
#ifndef NETGRADE_SIMULATE_WITNESS_H
#define NETGRADE_SIMULATE_WITNESS_H

#include "collector/base/err.h"
#include "collector/metric/summary.h"
#include "collector/store/key.h"
#include "config/config.h"

#include <stdint.h>

struct witness;

/* Of the data in a directory that a store has open. */
MUST_CHECK enum err witness_open(const char *directory, struct witness **out);

/* From now on slots are judged by this configuration. */
void witness_judge(struct witness *witness, const struct config *config);

/* A series under its number in the store; the same one may come again. */
MUST_CHECK enum err witness_watch(struct witness *witness, uint32_t number,
				  const struct series_key *key);

/* A slot handed to the store too; those of a series in the order of time. */
void witness_put(struct witness *witness, uint32_t number, const struct summary *slot);

/* Makes durable what was recorded since the last time. */
MUST_CHECK enum err witness_save(struct witness *witness);

/* The same for the last time. */
MUST_CHECK enum err witness_finish(struct witness *witness);
void witness_close(struct witness *witness); /* NULL is fine */

#endif
