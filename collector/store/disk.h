/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk as files of rows need it: whole reads and writes at a place, folders whose entries are
 * durable, and the room that is left. */
#ifndef NETGRADE_STORE_DISK_H
#define NETGRADE_STORE_DISK_H

#include "collector/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Exactly len octets; E_CORRUPT when the file ends before. */
MUST_CHECK enum err disk_read(int fd, void *out, size_t len, uint64_t offset);

/* All len octets; E_FULL when the disk takes no more. */
MUST_CHECK enum err disk_write(int fd, const void *octets, size_t len, uint64_t offset);

/* The entries of a folder, as a rename or a creation left them, become durable. */
MUST_CHECK enum err disk_sync_folder(const char *folder);

/* The folder that a path lies in, "." without one. E_RANGE when size is too small. */
MUST_CHECK enum err disk_folder(const char *path, char *out, size_t size);

/* Octets that files may take where the folder is. Some room is left for the spool, where slots are
 * finished: one part in 128. E_PERMISSION where nothing may be written. */
MUST_CHECK enum err disk_room(const char *folder, uint64_t *out);

#endif
