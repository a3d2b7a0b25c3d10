/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/layouts.h"
#include "collector/base/log.h"
#include "collector/store/growth.h"
#include "collector/store/series.h"

#include <stdlib.h>

struct curves_layout {
	nsec interval;
	struct ring_layout layout;
	struct curves_layout *next;
};

struct layouts layouts_of(nsec keep_slots, nsec keep_hours)
{
	return (struct layouts){
		.keep_slots = keep_slots,
		.keep_hours = keep_hours,
		.histograms = series_histograms(keep_hours),
	};
}

void layouts_finish(struct layouts *layouts)
{
	while (layouts->curves != NULL) {
		struct curves_layout *next = layouts->curves->next;
		free(layouts->curves);
		layouts->curves = next;
	}
}

const struct ring_layout *layouts_curves(struct layouts *layouts, nsec interval)
{
	struct curves_layout *curves = layouts->curves;

	while (curves != NULL && curves->interval != interval)
		curves = curves->next;
	if (curves != NULL)
		return &curves->layout;
	curves = calloc(1, sizeof(*curves));
	if (curves == NULL)
		return NULL;
	curves->interval = interval;
	curves->layout = series_curves(interval, layouts->keep_slots, layouts->keep_hours);
	curves->next = layouts->curves;
	layouts->curves = curves;
	return &curves->layout;
}

void layouts_notice(struct layouts *layouts, const char *file, const struct ring_layout *layout,
		    const struct ring_head *head)
{
	struct growth growth = growth_of(layout, head);

	if (layouts->told || growth.after == growth.before)
		return;
	layouts->told = true;
	log_warn("store",
		 "%s keeps fewer rows than retention asks for, and perhaps others do; they are "
		 "used as they are. To let them grow, stop the collector and run "
		 "'netgrade-collector migrate'",
		 file);
}
