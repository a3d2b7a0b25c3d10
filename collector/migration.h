/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A migration is what becomes of the series of a data directory under a configuration: which go on,
 * which files are to grow, what is new and what is left behind. Nothing is ever deleted. */
#ifndef NETGRADE_COLLECTOR_MIGRATION_H
#define NETGRADE_COLLECTOR_MIGRATION_H

#include "collector/base/err.h"
#include "collector/plan.h"
#include "collector/store/growth.h"
#include "collector/store/holdings.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first that fits. */
enum migration_fate {
	FATE_REMOVED,	/* not asked for any more: kept, and reported of its months */
	FATE_NEW,	/* nothing is stored of it yet */
	FATE_NEW_EPOCH, /* slots of another length go to a file of their own */
	FATE_GROWS,	/* its files are to keep more rows */
	FATE_RENAMED,	/* its site has another name, the former one is among formerly */
	FATE_MOVED,	/* its site is in another organisation */
	FATE_AS_IS,
	FATES,
};

/* All that fit. */
enum migration_change {
	CHANGE_RETENTION = 1 << 0, /* raised: files grow */
	CHANGE_SURPLUS = 1 << 1,   /* lowered: files keep the rows that they have */
	CHANGE_INTERVAL = 1 << 2,
	CHANGE_PACKETS = 1 << 3,
	CHANGE_NAME = 1 << 4,
	CHANGE_ORGANISATION = 1 << 5,
	CHANGE_ADDRESS = 1 << 6,
	CHANGE_DAMAGED = 1 << 7, /* a file is set aside when the collector comes to it */
};

const char *migration_fate_name(enum migration_fate fate);
const char *
migration_change_name(enum migration_change change); /* "retention", "lower retention", ... */

struct migration_row {
	const struct holding *holding; /* NULL: nothing is stored of it */
	const struct planned *planned; /* NULL: nothing asks for it */
	const struct planned *earlier; /* as the last configuration in force asked; NULL: it did not
					*/
	enum migration_fate fate;
	unsigned int changes;
	struct growth curves; /* of the newest epoch's, if they go on, and of the histograms: */
	struct growth hours;  /* before = after where nothing grows */
	uint64_t before;      /* octets of all its files */
	uint64_t after;
};

struct migration_total {
	size_t series;
	uint64_t before;
	uint64_t after;
};

struct migration {
	const struct config *config;
	nsec earlier_at; /* since when the last configuration is in force; NSEC_UNDEFINED: none */
	struct migration_row *rows; /* by fate, then by key */
	size_t count;
	struct migration_total totals[FATES];
	struct migration_total all;
	size_t growing;		/* files */
	uint64_t peak;		/* octets beside what is there, while the files grow one by one */
	uint64_t room;		/* that files may take; 0 where nothing is stored */
	struct config *earlier; /* these and the rest: what the rows point into */
	struct plan *plans;
	struct plan *earlier_plans;
	struct holdings holdings;
};

/* agent: the only one to be looked at; CONFIG_NONE: those of the configuration that the directory
 * knows, or all if it knows none. The configuration must outlive the migration. What fails is told
 * in the log. */
MUST_CHECK enum err migration_create(const struct config *config, size_t agent,
				     struct migration **out);
void migration_destroy(struct migration *migration); /* NULL is fine */

const struct series_key *migration_key(const struct migration_row *row);

/* Whether a file of a row has to grow, by the row's growth of it. */
bool migration_grows(const struct holding_file *file, const struct growth *growth);

/* Octets to be written while all files grow. */
uint64_t migration_work(const struct migration *migration);

/* What became of the files. */
struct migration_result {
	size_t grown;
	size_t failed; /* each told in the log */
};

/* Lets the files grow one after the other, each whole or not at all; the directory must be held,
 * and no update pending. E_FULL ends it, other failures of a file do not. */
MUST_CHECK enum err migration_run(const struct migration *migration,
				  const struct growth_watcher *watcher,
				  struct migration_result *result);

enum migration_rows { MIGRATION_TOP, MIGRATION_ALL };

void migration_print(const struct migration *migration, enum migration_rows rows);

/* result: NULL when nothing was to be changed. */
bool migration_print_json(const struct migration *migration, const struct migration_result *result);

#endif
