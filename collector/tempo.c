/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/tempo.h"

/* So few at once pass through any queue, and a wake is shared by enough. */
static const double gathered = 50;
static const int64_t spacing_share = 8;

nsec tempo_of(const struct tracks *tracks)
{
	double rate = 0; /* packets a nanosecond */
	nsec tick = TEMPO_MAX;

	for (uint32_t i = 0; i < tracks->count; i++) {
		const struct track *track = tracks_at(tracks, i);
		if (track == NULL || track->retired)
			continue;
		const struct stream *stream = &track->pace.stream;
		nsec spacing = stream->interval / stream->packets;
		rate += (double)stream->packets / (double)stream->interval;
		if (spacing / spacing_share < tick)
			tick = spacing / spacing_share;
	}
	if (rate * (double)tick > gathered)
		tick = (nsec)(gathered / rate);
	return tick > TEMPO_MIN ? tick : TEMPO_MIN;
}
