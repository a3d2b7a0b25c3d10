/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slot row is a slot of a series as a line of CSV: what simulate writes as the truth, what the
 * reporter exports, and what a replay reads. */
#ifndef NETGRADE_STORE_SLOT_ROW_H
#define NETGRADE_STORE_SLOT_ROW_H

#include "collector/base/err.h"
#include "collector/store/key.h"
#include "collector/store/slot.h"

#include <stdio.h>

/* Times in seconds since 1970, delays in nanoseconds, empty where undefined, inf where infinite;
 * buckets as "23:18 24:2", empty where nothing is counted. */
#define SLOT_ROW_COLUMNS                                                                           \
	"agent,target,method,family,size,dscp,port,from,until,expected,sent,lost,duplicated,"      \
	"reordered,late,rejected,flags,rtt_sum_ns,rtt_min_ns,rtt_median_ns,rtt_max_ns,"            \
	"rtt_buckets,pdv_buckets"

struct slot_row {
	struct series_key key;
	struct slot slot;
};

/* With its line end; errors are the stream's. */
void slot_row_write(FILE *file, const struct slot_row *row);

/* Where a line is no row. */
struct slot_row_fault {
	size_t column;	   /* of the line, from 1 */
	const char *name;  /* of the column; "" for the line */
	const char *right; /* what would be right */
};

/* Reads a line, which it changes, without its line end. E_SYNTAX with the fault. */
MUST_CHECK enum err slot_row_parse(char *line, struct slot_row *out, struct slot_row_fault *fault);

#endif
