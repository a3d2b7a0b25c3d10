/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/period.h"

#include "collector/base/calendar.h"

#include <stdio.h>
#include <string.h>

#define TWICE "one that clocks show twice with its offset, 2026-10-25T02:30+01:00"

/* Longer ones are slips of the pen; stores do not keep hours for as long. */
static const nsec longest_period = 10 * 366 * NSEC_PER_DAY;

static enum err ask_month(const struct period_request *request, struct report_period *period,
			  const char **wrong)
{
	enum err rc = calendar_month(request->month, &period->asked);

	if (rc != E_OK) {
		*wrong = "--month is no month; write it as 2026-10";
		return rc;
	}
	period->month = true;
	snprintf(period->name, sizeof(period->name), "%s", request->month);
	return E_OK;
}

/* "2026-10-05 08:30" → "202610050830"; midnight's zeros are left out. */
static void append_digits(char *name, size_t size, nsec at)
{
	char text[CALENDAR_TEXT];
	size_t used = strlen(name);

	calendar_format(at, text);
	if (strcmp(text + 10, " 00:00") == 0)
		text[10] = '\0';
	for (const char *c = text; *c != '\0' && used + 1 < size; c++) {
		if (*c >= '0' && *c <= '9')
			name[used++] = *c;
	}
	name[used] = '\0';
}

static enum err ask_between(const struct period_request *request, struct report_period *period,
			    const char **wrong)
{
	enum err rc = calendar_parse(request->from, &period->asked.from);

	if (rc != E_OK) {
		*wrong = "--from is no local time; write it as 2026-10-05 or 2026-10-05T08:30, "
			 "and " TWICE;
		return rc;
	}
	rc = calendar_parse(request->until, &period->asked.until);
	if (rc != E_OK) {
		*wrong = "--to is no local time; write it as 2026-10-05 or 2026-10-05T08:30, "
			 "and " TWICE;
		return rc;
	}
	if (period->asked.until <= period->asked.from) {
		*wrong = "--to is not after --from";
		return E_RANGE;
	}
	if (period->asked.until - period->asked.from > longest_period) {
		*wrong = "--to is more than ten years after --from";
		return E_RANGE;
	}
	append_digits(period->name, sizeof(period->name), period->asked.from);
	snprintf(period->name + strlen(period->name), sizeof(period->name) - strlen(period->name),
		 "-");
	append_digits(period->name, sizeof(period->name), period->asked.until);
	return E_OK;
}

enum err period_ask(const struct period_request *request, nsec now, struct report_period *out,
		    const char **wrong)
{
	struct report_period period = {.now = now};
	bool between = request->from != NULL || request->until != NULL;
	enum err rc;

	if (request->month == NULL ? request->from == NULL || request->until == NULL : between) {
		*wrong = "give the period as --month, or as --from and --to";
		return E_USAGE;
	}
	rc = request->month != NULL ? ask_month(request, &period, wrong)
				    : ask_between(request, &period, wrong);
	if (rc != E_OK)
		return rc;
	period.passed = period.asked;
	if (period.asked.until > now) {
		period.in_progress = true;
		period.passed.until = nsec_floor(now, NSEC_PER_MIN);
	}
	if (period.passed.until <= period.passed.from) {
		*wrong = "the period lies in the future";
		return E_RANGE;
	}
	*out = period;
	return E_OK;
}
