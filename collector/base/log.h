/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line per event on standard error: time, level, subsystem, message. Safe from any thread. */
#ifndef NETGRADE_BASE_LOG_H
#define NETGRADE_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines below this level are dropped; the default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/* Under systemd (JOURNAL_STREAM set) lines carry a <priority> prefix instead of the time. */
void log_line(enum log_level level, const char *subsystem, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(subsystem, ...) log_line(LOG_LEVEL_ERROR, subsystem, __VA_ARGS__)
#define log_warn(subsystem, ...)  log_line(LOG_LEVEL_WARN, subsystem, __VA_ARGS__)
#define log_info(subsystem, ...)  log_line(LOG_LEVEL_INFO, subsystem, __VA_ARGS__)
#define log_debug(subsystem, ...) log_line(LOG_LEVEL_DEBUG, subsystem, __VA_ARGS__)

#endif
