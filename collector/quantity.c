/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/quantity.h"
#include "config/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool quantity_number(const char *text, const char *option, const long bounds[2], long *value)
{
	char *end;

	if (text == NULL)
		return true;
	errno = 0;
	long number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < bounds[0] || number > bounds[1]) {
		fprintf(stderr, "--%s: '%s' is no whole number from %ld to %ld\n", option, text,
			bounds[0], bounds[1]);
		return false;
	}
	*value = number;
	return true;
}

bool quantity_duration(const char *text, const char *option, const nsec bounds[2], nsec *value)
{
	int64_t duration;

	if (text == NULL)
		return true;
	if (!duration_parse(text, &duration) || duration < bounds[0] || duration > bounds[1]) {
		fprintf(stderr,
			"--%s: '%s' is no duration with a unit, such as 200ms, from %g s to %g s\n",
			option, text, (double)bounds[0] / (double)NSEC_PER_SEC,
			(double)bounds[1] / (double)NSEC_PER_SEC);
		return false;
	}
	*value = duration;
	return true;
}
