/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sightings are what the visits of a series showed, certificates and how they ended, as an archive
 * keeps them: a row since it is so, moved on while it stays. */
#ifndef NETGRADE_STORE_SIGHTINGS_H
#define NETGRADE_STORE_SIGHTINGS_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/visit.h"
#include "collector/store/archive.h"
#include "collector/store/key.h"

#include <stddef.h>
#include <stdint.h>

struct certificate_sighting {
	char key[KEY_TEXT]; /* series_key_format */
	nsec from;	    /* when it was seen first, and last */
	nsec last_seen;
	char tls[TLS_VERSION];
	struct certificate certificate;
};

/* Visits of one day that ended alike, one after the other. */
struct end_sighting {
	char key[KEY_TEXT];
	nsec from;
	nsec last_seen;
	nsec day_end; /* the midnight behind it */
	uint64_t visits;
	enum visit_end end;
	enum loss_cause cause;
	uint16_t status;
	/* Of the first of them. */
	char url[VISIT_URL];
	char reason[VISIT_REASON];
	struct phase_sum phase[VISIT_PHASES]; /* of all of them */
};

/* Seen at last_seen: moves the key's newest row on if that says the same, else adds one. visits and
 * phases are those since it was told before. */
MUST_CHECK enum err archive_certificate(struct archive *archive,
					const struct certificate_sighting *sighting);
MUST_CHECK enum err archive_end(struct archive *archive, const struct end_sighting *sighting);

/* Those of a series that overlap the period, by time; the caller frees *out. */
MUST_CHECK enum err archive_find_certificates(struct archive *archive, const struct series_key *key,
					      struct period period,
					      struct certificate_sighting **out, size_t *count);
MUST_CHECK enum err archive_find_ends(struct archive *archive, const struct series_key *key,
				      struct period period, struct end_sighting **out,
				      size_t *count);

#endif
