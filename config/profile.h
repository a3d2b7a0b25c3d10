/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A profile is the published rule by which measurements become points and grades: data, not code.
 */
#ifndef NETGRADE_CONFIG_PROFILE_H
#define NETGRADE_CONFIG_PROFILE_H

#include "config/diagnostic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tier { TIER_BACKBONE, TIER_METRO, TIER_ACCESS, TIER_COUNT };
enum reach { REACH_CITY, REACH_PROVINCE, REACH_COUNT };

const char *tier_name(enum tier tier);	  /* "backbone", "metro", "access" */
const char *reach_name(enum reach reach); /* "city", "province" */

enum indicator {
	INDICATOR_AVAILABILITY, /* per cent of judged time that was not bad */
	INDICATOR_LOSS,		/* per cent of packets sent */
	INDICATOR_DELAY,	/* p95 of the round trip, milliseconds */
	INDICATOR_PDV,		/* p95 of round trip − slot minimum, milliseconds */
	INDICATOR_COUNT
};

const char *indicator_name(enum indicator indicator); /* "availability", "loss", "delay", "pdv" */

enum { SCALE_ANCHORS_MAX = 8, PROFILE_GRADES_MAX = 6 };

/* A point of the piecewise linear curve from a measured value to points. */
struct anchor {
	double value;
	double points;
	char *source; /* "default" or where the number was published */
};

/* Anchors from most points to fewest. Values rise or fall strictly along with them. */
struct scale {
	bool given;
	struct anchor anchors[SCALE_ANCHORS_MAX];
	size_t count;
};

struct grade {
	char *zh;
	char *en;
	double from; /* the least printed score that earns it; the last grade has 0 */
};

/* When a website fails as a whole, by its visits from Monday to Sunday. */
struct website_rule {
	bool given;
	uint64_t visits;     /* that a verdict takes */
	double failed;	     /* a share of them, 0 to 1: so many that failed are a veto */
	int64_t deadline_ns; /* a page that is not whole by then has failed */
};

/* What the points of a service are for that is visited over the network. */
enum cloud_indicator {
	CLOUD_AVAILABILITY, /* per cent of judged time, as of a path, by its visits */
	CLOUD_FIRST_BYTE,   /* p95 of the time to the first octet, milliseconds */
	CLOUD_CONNECTION,   /* p95 of a connection's set-up beside them, milliseconds */
	CLOUD_CERTIFICATE,  /* what it shows, and over which version of TLS */
	CLOUD_COUNT
};

const char *cloud_indicator_name(enum cloud_indicator indicator); /* "availability" and so on */

/* A connection is judged by the scale of the delay, by reach. */
struct cloud_rule {
	bool given;
	double weight[CLOUD_COUNT]; /* sum 100 */
	struct scale availability;
	struct scale first_byte;
	uint64_t days_full;  /* a certificate with so many days left or more has all points */
	uint64_t days_least; /* with so many or more points_least, with fewer none */
	double points_least;
};

struct profile {
	char *name;
	char *zh;
	char *en;
	char *version;
	char digest[65]; /* SHA-256 of the profile's text, lower-case hex */
	char *text;	 /* the YAML it was read from */

	double c1;		  /* a slot is bad from this loss ratio on */
	double degraded_loss;	  /* degraded above this loss ratio */
	double degraded_points;	  /* degraded when the median delay is beyond this anchor */
	uint32_t outage_slots;	  /* consecutive bad slots that make an outage */
	int64_t outage_bridge_ns; /* an unknown gap up to this long does not end it */

	double weight[INDICATOR_COUNT]; /* sum 100 */
	/* Indexed by tier for availability, by reach for delay; loss and PDV repeat one scale, so
	 * that a reader never asks which is which: scale[indicator][tier][reach]. */
	struct scale scale[INDICATOR_COUNT][TIER_COUNT][REACH_COUNT];

	double coverage_marked;	     /* below: marked */
	double coverage_required;    /* below: not scored */
	int64_t service_required_ns; /* in service for less than this: not scored */

	double veto_cap;		   /* a vetoed score is at most this */
	bool veto_availability;		   /* availability below the tier's 0-point anchor */
	bool veto_outage_tier[TIER_COUNT]; /* tiers where a long outage is a veto */
	int64_t veto_outage_ns;		   /* an outage longer than this */
	bool veto_bars_top[TIER_COUNT]; /* a vetoed site of the tier bars the network's top grade */

	double tier_weight[TIER_COUNT]; /* sum 100 */
	double weight_required; /* share of site weight that must be scored for a group's score */

	struct grade grades[PROFILE_GRADES_MAX]; /* best first */
	size_t grade_count;

	struct website_rule website; /* not given: weeks of visits are counted, not judged */
	struct cloud_rule cloud;     /* not given: services have no scores */

	struct arena *arena; /* what the loader keeps for itself; NULL in a profile made by hand */
};

/* A built-in profile by name, or a file by path (relative to base when not absolute). NULL with at
 * least one diagnostic otherwise. Thresholds without a source are refused. */
struct profile *profile_load(const char *name, const char *base, struct place where,
			     struct diagnostics *diagnostics);
/* The same from a profile's text; name stands in the diagnostics. */
struct profile *profile_load_text(const char *text, const char *name,
				  struct diagnostics *diagnostics);

/* Whether there is a built-in profile of this name. */
bool profile_built_in(const char *name);

void profile_destroy(struct profile *profile);

/* The scale that judges a site's indicator. */
const struct scale *profile_scale(const struct profile *profile, enum indicator indicator,
				  enum tier tier, enum reach reach);

/* Points of a value on a scale: linear between anchors, full above the best, 0 below the worst;
 * an infinite value has 0, NAN stays NAN. */
double scale_points(const struct scale *scale, double value);

/* The value at which a scale gives these points; the inverse of scale_points between anchors. */
double scale_value(const struct scale *scale, double points);

#endif
