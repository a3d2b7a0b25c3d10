/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A home is the data directory, held by one process at a time. */
#ifndef NETGRADE_STORE_HOME_H
#define NETGRADE_STORE_HOME_H

#include "collector/base/err.h"

#include <stddef.h>

/* Makes a folder of mode 0700, and the ones above it (0755), where they are missing. */
MUST_CHECK enum err home_make(const char *path);

/* Takes the folder for this process until the descriptor is closed. E_BUSY, with a log line that
 * names the holder, when another has it. */
MUST_CHECK enum err home_hold(const char *path, int *out);

/* folder/name into out. E_RANGE when that is too long. */
MUST_CHECK enum err home_path(const char *folder, const char *name, char *out, size_t size);

#endif
