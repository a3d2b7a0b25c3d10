/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { SPOOL_SHARE = 128 };

enum err disk_read(int fd, void *out, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (uint8_t *)out + done, len - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		if (n == 0)
			return E_CORRUPT;
		done += (size_t)n;
	}
	return E_OK;
}

enum err disk_write(int fd, const void *octets, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(fd, (const uint8_t *)octets + done, len - done,
				   (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? err_from_errno(errno) : E_FULL;
		done += (size_t)n;
	}
	return E_OK;
}

enum err disk_sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_from_errno(errno);
	enum err rc = fsync(fd) == 0 ? E_OK : err_from_errno(errno);
	close(fd);
	return rc;
}

enum err disk_folder(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');
	int len = snprintf(out, size, "%.*s", slash == NULL ? 1 : (int)(slash - path),
			   slash == NULL ? "." : path);

	return len < 0 || (size_t)len >= size ? E_RANGE : E_OK;
}

enum err disk_room(const char *folder, uint64_t *out)
{
	struct statvfs st;

	if (statvfs(folder, &st) != 0)
		return err_from_errno(errno);
	if ((st.f_flag & ST_RDONLY) != 0)
		return E_PERMISSION;
	uint64_t free_octets = (uint64_t)st.f_bavail * st.f_frsize;
	uint64_t left_over = (uint64_t)st.f_blocks * st.f_frsize / SPOOL_SHARE;
	*out = free_octets < left_over ? 0 : free_octets - left_over;
	return E_OK;
}
