/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/needs.h"
#include "collector/store/series.h"

#include <stdio.h>
#include <stdlib.h>

/* A slot in the spool: measured 71 to 89 octets with 20 packets, 104 with 1,000. Slots wait there
 * until their hour is over and the next filing comes, an hour later at most. The journal holds as
 * much again, and undo images. */
enum { SPOOL_SLOT = 110, SPOOL_HOURS = 2, SPOOL_LEAST = 4 << 20 };

/* A capture of 200 packets; of each at most so much is kept, and 16 octets more. */
enum { CAPTURED = 200, CAPTURED_MOST = 256, CAPTURED_HEADER = 16 };

/* The facts of a closed month, of each series and hour: measured 236 octets with 20 packets a slot
 * of a minute and delays that spread over the day. */
enum { CLOSED_HOUR = 240, YEAR_HOURS = 8766 };

/* What else archive.db holds for an outage, and to begin with. */
enum { ARCHIVE_OUTAGE = 512, ARCHIVE_LEAST = 1 << 20 };

/* Resident memory, measured with 1 to 6,000 series for up to 51 minutes: of the service alone, of
 * the spool's cache, which fills within some 170,000 slots and then grows no more, and what each
 * series adds. A packet of a slot is held while two slots overlap. */
enum { MEMORY_ALONE = 18 << 20, MEMORY_CACHE = 17 << 20, MEMORY_SERIES = 3000, MEMORY_PACKET = 30 };

static uint64_t configuration_size(const struct config *config)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return 0;
	config_print(config, out);
	if (fclose(out) != 0)
		len = 0;
	free(text);
	return len;
}

static uint64_t capture_size(const struct flow *flow)
{
	uint32_t kept = flow->frames.octets - ETHERNET_CHECK;

	return CAPTURED *
	       (uint64_t)((kept < CAPTURED_MOST ? kept : CAPTURED_MOST) + CAPTURED_HEADER);
}

static void add_series(struct needs *needs, const struct config *config, const struct flow *flow)
{
	nsec interval = flow->stream.interval;
	struct ring_layout curves =
		series_curves(interval, config->keep_slots_ns, config->keep_hours_ns);
	struct ring_layout histograms = series_histograms(config->keep_hours_ns);
	nsec waits = SPOOL_HOURS * NSEC_PER_HOUR + interval;

	needs->series++;
	needs->curves += ring_file_size(&curves);
	needs->histograms += ring_file_size(&histograms);
	needs->spool += 2 * SPOOL_SLOT * (uint64_t)(waits / interval);
	needs->archive += NEEDS_OUTAGES * ARCHIVE_OUTAGE;
	needs->evidence += NEEDS_OUTAGES * capture_size(flow);
	needs->closed += (uint64_t)CLOSED_HOUR * YEAR_HOURS;
	needs->memory += MEMORY_SERIES + MEMORY_PACKET * (uint64_t)flow->stream.packets;
}

struct needs needs_of(const struct config *config, const struct flows *flows, size_t agent)
{
	struct needs needs = {.memory = MEMORY_ALONE + MEMORY_CACHE, .spool = SPOOL_LEAST};

	for (size_t i = 0; i < flows->count; i++) {
		const struct flow *flow = &flows->items[i];
		if (flow->agent == agent && flow->test != CONFIG_NONE && flow->apart == 0)
			add_series(&needs, config, flow);
	}
	needs.archive += NEEDS_CHANGES * configuration_size(config);
	return needs;
}

uint64_t needs_disk(const struct needs *needs, unsigned int years)
{
	return needs->curves + needs->histograms + needs->spool + ARCHIVE_LEAST +
	       years * (needs->archive + needs->evidence + needs->closed);
}

void octets_format(double octets, char out[OCTETS_TEXT])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	size_t unit = 0;

	/* 999.5 kB is shown as a MB. */
	while (octets >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		octets /= 1000;
		unit++;
	}
	snprintf(out, OCTETS_TEXT, "%.*f %s",
		 unit == 0 || octets >= 99.95 ? 0
		 : octets >= 9.995	      ? 1
					      : 2,
		 octets, units[unit]);
}
