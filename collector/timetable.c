/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/timetable.h"
#include "collector/base/calendar.h"
#include "collector/base/log.h"
#include "collector/metric/summary.h"

#include <string.h>

void timetable_take(struct timetable *timetable, const struct config *config)
{
	memset(timetable, 0, sizeof(*timetable));
	timetable->config = config;
}

static void tell_missing(struct timetable *timetable, const struct calendar_config *calendar,
			 int year)
{
	int *told = &timetable->missing_told[calendar - timetable->config->calendars];

	if (*told == year)
		return;
	*told = year;
	log_error("calendar",
		  "calendar=%s: the holidays of %d are not known: nothing is measured by it until "
		  "they are added to the configuration",
		  calendar->name, year);
}

static void tell_coming(struct timetable *timetable, const struct calendar_config *calendar,
			const struct tm *local)
{
	int *told = &timetable->coming_told[calendar - timetable->config->calendars];
	int year = calendar_config_coming(local);

	if (year == 0 || *told == year || !calendar_config_lacks(calendar, year))
		return;
	*told = year;
	log_warn("calendar",
		 "calendar=%s: the holidays of %d are not known: from its first day on nothing "
		 "will be measured by it unless they are added to the configuration",
		 calendar->name, year);
}

uint32_t timetable_withholds(struct timetable *timetable, const struct calendar_config *calendar,
			     nsec from)
{
	if (calendar == NULL)
		return 0;
	struct tm local = calendar_local(from);
	switch (calendar_config_at(calendar, &local)) {
	case CALENDAR_OPEN:
		tell_coming(timetable, calendar, &local);
		return 0;
	case CALENDAR_NOT_KNOWN:
		tell_missing(timetable, calendar, local.tm_year + 1900);
		return SLOT_UNSENT;
	default:
		return SLOT_UNSCHEDULED;
	}
}

bool timetable_check(const struct config *config, nsec now, struct diagnostics *diagnostics)
{
	struct tm today = calendar_local(now);
	size_t errors = diagnostics->errors;

	calendar_config_check(config, &today, diagnostics);
	return diagnostics->errors == errors;
}

static bool use_zone(const struct config *config, struct diagnostics *diagnostics)
{
	if (calendar_use_zone(config->time_zone) == E_OK)
		return true;
	diagnostics_add(diagnostics, SEVERITY_ERROR, (struct place){config->path, 1, 1},
			"time-zone", "%s is not installed; install tzdata", config->time_zone);
	return false;
}

struct config *timetable_load(const char *path, nsec now, struct diagnostics *diagnostics)
{
	struct config *config = config_load(path, diagnostics);

	if (config == NULL ||
	    (use_zone(config, diagnostics) && timetable_check(config, now, diagnostics)))
		return config;
	config_destroy(config);
	return NULL;
}
