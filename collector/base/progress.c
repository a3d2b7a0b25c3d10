/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/progress.h"
#include "collector/base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

struct progress progress_start(const char *label, uint64_t total)
{
	return (struct progress){
		.label = label,
		.total = total > 0 ? total : 1,
		.drawn_at = NSEC_UNDEFINED,
		.on = isatty(STDERR_FILENO),
	};
}

void progress_show(struct progress *progress, uint64_t done, const char *note)
{
	char bar[BAR_WIDTH + 1];
	nsec now = clock_stopwatch();

	if (progress->on != 1)
		return;
	if (progress->drawn_at != NSEC_UNDEFINED && now - progress->drawn_at < NSEC_PER_SEC / 10)
		return;
	progress->drawn_at = now;
	if (done > progress->total)
		done = progress->total;
	for (unsigned int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i * progress->total < done * BAR_WIDTH ? '#' : '-';
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %3u %% %s\033[K", progress->label, bar,
		(unsigned int)(done * 100 / progress->total), note);
}

void progress_finish(struct progress *progress)
{
	if (progress->on == 1)
		fprintf(stderr, "\r\033[K");
}
