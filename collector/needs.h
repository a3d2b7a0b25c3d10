/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Needs are what one agent takes on its own machine: disk for what it measures, and memory. */
#ifndef NETGRADE_COLLECTOR_NEEDS_H
#define NETGRADE_COLLECTOR_NEEDS_H

#include "collector/base/err.h"
#include "collector/flows.h"
#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

enum { NEEDS_YEARS = 5 };

/* Octets. Files of series are made once and never grow by themselves. */
struct needs {
	size_t series; /* that are stored; watching anchors is not */
	uint64_t curves;
	uint64_t histograms;
	uint64_t spool;	  /* with its journal, when it is fullest */
	uint64_t archive; /* that a year adds: what is assumed is said where it is reckoned */
	uint64_t evidence;
	uint64_t closed; /* facts of closed months */
	uint64_t memory; /* resident, when it is most */
};

struct needs needs_of(const struct config *config, const struct flows *flows, size_t agent);

/* All of it after so many years. */
uint64_t needs_disk(const struct needs *needs, unsigned int years);

/* "12.3 MB", in units of 1,000. */
enum { OCTETS_TEXT = 24 };
void octets_format(double octets, char out[OCTETS_TEXT]);

/* What is assumed of a year, for people: outages of a path whose beginning is kept as evidence, and
 * changes of the configuration. */
enum { NEEDS_OUTAGES = 12, NEEDS_CHANGES = 50 };

#endif
