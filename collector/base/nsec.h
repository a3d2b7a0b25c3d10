/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time as integer nanoseconds: instants since 1970-01-01 UTC, and lengths. */
#ifndef NETGRADE_BASE_NSEC_H
#define NETGRADE_BASE_NSEC_H

#include <stdint.h>

typedef int64_t nsec;

#define NSEC_UNDEFINED INT64_MIN /* not measured; never a length or an instant */
#define NSEC_INFINITE                                                                              \
	INT64_MAX /* the delay of a lost packet in order statistics (RFC 2330, 11.3) */
#define NSEC_PER_USEC INT64_C(1000)
#define NSEC_PER_MSEC INT64_C(1000000)
#define NSEC_PER_SEC  INT64_C(1000000000)
#define NSEC_PER_MIN  (60 * NSEC_PER_SEC)
#define NSEC_PER_HOUR (3600 * NSEC_PER_SEC)
#define NSEC_PER_DAY  (86400 * NSEC_PER_SEC)

/* Half-open: from is inside, until is not. */
struct period {
	nsec from;
	nsec until;
};

/* The last multiple of step that is not after t; step > 0. */
static inline nsec nsec_floor(nsec t, nsec step)
{
	nsec rest = t % step;
	return rest < 0 ? t - rest - step : t - rest;
}

/* The first multiple of step that is not before t; step > 0. */
static inline nsec nsec_ceil(nsec t, nsec step)
{
	nsec floor = nsec_floor(t, step);
	return floor == t ? t : floor + step;
}

#endif
