/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/profile.h"

#include <math.h>

const struct scale *profile_scale(const struct profile *profile, enum indicator indicator,
				  enum tier tier, enum reach reach)
{
	return &profile->scale[indicator][tier][reach];
}

/* Where at lies between from and to, a share of 1; works for rising and falling pairs. */
static double share_between(double from, double to, double at)
{
	return (at - from) / (to - from);
}

/* Whether value is at least as good as the anchor's. */
static bool reaches(const struct scale *scale, size_t anchor, double value)
{
	bool rising = scale->anchors[scale->count - 1].value > scale->anchors[0].value;

	return rising ? value <= scale->anchors[anchor].value
		      : value >= scale->anchors[anchor].value;
}

double scale_points(const struct scale *scale, double value)
{
	const struct anchor *anchors = scale->anchors;

	if (isnan(value) || scale->count == 0)
		return (double)NAN;
	if (isinf(value))
		return 0;
	if (reaches(scale, 0, value))
		return anchors[0].points;
	for (size_t i = 1; i < scale->count; i++) {
		if (reaches(scale, i, value))
			return anchors[i].points +
			       (anchors[i - 1].points - anchors[i].points) *
				       share_between(anchors[i].value, anchors[i - 1].value, value);
	}
	return 0;
}

double scale_value(const struct scale *scale, double points)
{
	const struct anchor *anchors = scale->anchors;

	if (isnan(points) || scale->count == 0)
		return (double)NAN;
	if (points >= anchors[0].points)
		return anchors[0].value;
	for (size_t i = 1; i < scale->count; i++) {
		if (points >= anchors[i].points)
			return anchors[i].value + (anchors[i - 1].value - anchors[i].value) *
							  share_between(anchors[i].points,
									anchors[i - 1].points,
									points);
	}
	return anchors[scale->count - 1].value;
}
