/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/log.h"
#include "collector/base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Atomic enum log_level threshold = LOG_LEVEL_INFO;

static const struct {
	const char *word;
	int priority; /* sd-daemon(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = {"error", 3},
	[LOG_LEVEL_WARN] = {"warning", 4},
	[LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

void log_set_level(enum log_level level)
{
	threshold = level;
}

static void write_prefix(char *line, size_t size, enum log_level level)
{
	if (getenv("JOURNAL_STREAM") != NULL) {
		snprintf(line, size, "<%d>", levels[level].priority);
		return;
	}
	time_t now = (time_t)(clock_realtime() / NSEC_PER_SEC);
	struct tm tm;
	char stamp[32] = "";
	if (localtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S%z", &tm);
	snprintf(line, size, "%s %s ", stamp, levels[level].word);
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
	if (level > threshold)
		return;
	char prefix[64];
	char message[1024];
	va_list arguments;

	write_prefix(prefix, sizeof(prefix), level);
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	/* One call, so that lines of several threads never mix. */
	fprintf(stderr, "%s%s: %s\n", prefix, subsystem, message);
}
