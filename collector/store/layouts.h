/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts are those of the files of all series that one retention asks for; there are few lengths
 * of slots. */
#ifndef NETGRADE_STORE_LAYOUTS_H
#define NETGRADE_STORE_LAYOUTS_H

#include "collector/base/nsec.h"
#include "collector/store/ring.h"

#include <stdbool.h>

struct layouts {
	nsec keep_slots;
	nsec keep_hours;
	struct ring_layout histograms;
	struct curves_layout *curves;
	bool told; /* that a file keeps fewer rows */
};

struct layouts layouts_of(nsec keep_slots, nsec keep_hours);
void layouts_finish(struct layouts *layouts);

/* Of the curves of slots of one length; NULL without memory. Lasts as long as the layouts. */
const struct ring_layout *layouts_curves(struct layouts *layouts, nsec interval);

/* The first file that keeps fewer rows than its layout asks for is told in the log, with what lets
 * it and all others grow. */
void layouts_notice(struct layouts *layouts, const char *file, const struct ring_layout *layout,
		    const struct ring_head *head);

#endif
