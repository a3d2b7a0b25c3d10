/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A roster is what a store keeps in memory of each of its series: some 300 octets and the key. */
#ifndef NETGRADE_STORE_ROSTER_H
#define NETGRADE_STORE_ROSTER_H

#include "collector/base/err.h"
#include "collector/store/filed.h"
#include "collector/store/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct enrolled {
	struct filed filed; /* the writer's */
	nsec interval;	    /* of the slots to come */
	nsec ending;	    /* the one before, until the first slot of the new one; 0: none */
	nsec first_slot;
	nsec first_reply;
	nsec known_until;	/* end of the last slot put; NSEC_UNDEFINED: none */
	nsec due;		/* monotonic: when they are to be filed */
	int64_t newest;		/* number of the last slot committed; 0: none */
	int64_t newest_written; /* the same, counting a transaction under way: the committer's */
	uint32_t id;
	uint32_t unfiled;  /* committed slots that wait for the writer */
	uint32_t dropping; /* number of its span in the open list of drops; 0: none */
	enum err told;	   /* why it could not be filed, as the log says already */
	bool listed;	   /* among those that have slots to be filed */
	bool changed;	   /* among those whose record is to be saved */
	char key[];
};

struct roster {
	struct enrolled **entries; /* by number; [0] and holes are NULL */
	size_t size;
	uint32_t last;	  /* the highest number given */
	uint32_t *by_key; /* numbers, at places given by a hash of the key; 0: free */
	size_t places;	  /* a power of two */
	size_t count;
	int64_t newest_row; /* the highest number of a slot in the spool */
};

/* Everything that the spool knows. E_CORRUPT when the spool cannot be read through. */
MUST_CHECK enum err roster_load(struct roster *roster, struct spool *spool);
void roster_finish(struct roster *roster);

/* NULL if there is none. */
struct enrolled *roster_find(const struct roster *roster, const char *key);
struct enrolled *roster_at(const struct roster *roster, uint32_t series);

/* Adds a series under a number of its own; its record is not saved yet. */
MUST_CHECK enum err roster_add(struct roster *roster, const char *key, struct enrolled **out);

/* What the spool is to save of it. */
struct spool_series enrolled_record(const struct enrolled *entry);

/* Entries in no particular order, for work to be done. */
struct enrolled_list {
	struct enrolled **list;
	size_t count;
	size_t capacity;
};
MUST_CHECK enum err enrolled_list_add(struct enrolled_list *list, struct enrolled *entry);
void enrolled_list_clear(struct enrolled_list *list); /* a long one gives its memory back */
void enrolled_list_finish(struct enrolled_list *list);

#endif
