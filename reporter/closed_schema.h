/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a facts file is made of: a row a table, and for each fact a row in its columns. */
#ifndef NETGRADE_REPORTER_CLOSED_SCHEMA_H
#define NETGRADE_REPORTER_CLOSED_SCHEMA_H

#include "collector/store/archive.h"
#include "collector/store/paths.h"
#include "collector/store/sightings.h"
#include "collector/store/windows.h"
#include "reporter/closed_table.h"
#include "reporter/path.h"
#include "reporter/timeline.h"

#include <stdbool.h>
#include <stdint.h>

/* "ngFC" in the header, and the version of the tables. */
enum { CLOSED_APPLICATION = 0x6E674643, CLOSED_VERSION = 4 };

/* In the order of the dump; all but the seal are dumped. */
enum closed_table_id {
	CLOSED_HEAD,
	CLOSED_CONFIGURATIONS,
	CLOSED_SERIES,
	CLOSED_HOURS,
	CLOSED_STRETCHES,
	CLOSED_OUTAGES,
	CLOSED_SHIFTS,
	CLOSED_WEEKS,
	CLOSED_EVIDENCE,
	CLOSED_PATH_EVENTS,
	CLOSED_CERTIFICATES,
	CLOSED_ENDS,
	CLOSED_CUT_OFFS,
	CLOSED_WINDOWS,
	CLOSED_SCOPES,
	CLOSED_REVISIONS,
	CLOSED_DUMPED,
	CLOSED_SEAL = CLOSED_DUMPED,
	CLOSED_TABLES
};

extern const struct closed_table closed_tables[CLOSED_TABLES];

/* One row: the period, and all that it was judged by. */
struct closed_head {
	const char *month; /* "2026-10" */
	struct period period;
	const char *zone;
	const char *zone_data; /* version of the tz data, "" where unknown */
	const char *program;
	uint32_t edition;
	bool provisional;
	bool windows_known;   /* false: the slots' own flags say what was planned */
	const char *reason;   /* of this edition; "" for the first */
	const char *previous; /* digest of the edition before, "" for the first */
	const char *configuration_digest;
	const char *configuration; /* as understood, see config_print */
	const char *profile_name;
	const char *profile_version;
	const char *profile_digest;
	const char *profile; /* its text */
};

/* A configuration that was in force in the period, as the archive has it. */
struct closed_configuration {
	uint32_t number;
	nsec at; /* before the period perhaps */
	const char *digest;
	const char *text;
	const char *profile_digest; /* "", with the next: it was not kept then */
	const char *profile;
};

struct closed_series {
	uint32_t id; /* in the order of the keys' texts, from 1 */
	struct view_series series;
	struct view_gone gone;
	struct facts facts; /* without its outages, shifts and weeks */
};

struct closed_hour {
	uint32_t series;
	struct timeline_hour hour;
};

struct closed_stretch {
	uint32_t series;
	struct stretch stretch;
};

struct closed_outage {
	uint32_t series;
	uint32_t number;
	struct outage outage;
};

struct closed_shift {
	uint32_t series;
	uint32_t number;
	struct shift shift;
};

struct closed_week {
	uint32_t series;
	uint32_t number;
	struct week week;
};

struct closed_evidence {
	uint32_t series;
	uint32_t number;
	struct evidence evidence;
};

struct closed_path_event {
	uint32_t series;
	uint32_t number;
	struct path_event event;
};

struct closed_certificate {
	uint32_t series;
	uint32_t number;
	struct certificate_sighting sighting;
};

struct closed_end {
	uint32_t series;
	uint32_t number;
	struct end_sighting sighting;
};

struct closed_cut_off {
	uint32_t number;
	struct cut_off cut_off;
};

/* A maintenance window over the period, whoever it is for. */
struct closed_window {
	struct window_entry entry; /* without its scopes */
};

struct closed_scope {
	int64_t window;
	uint32_t number;
	struct window_scope scope;
};

/* A figure that is not as in the edition before; NAN: there is none. */
struct closed_revision {
	uint32_t number;
	const char *site;
	uint8_t family; /* 4 or 6 */
	const char *figure;
	double before;
	double after;
};

struct closed_seal {
	char digest[DIGEST_TEXT];
	nsec closed_at;
};

#endif
