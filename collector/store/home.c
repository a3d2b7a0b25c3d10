/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/home.h"
#include "collector/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum err home_path(const char *folder, const char *name, char *out, size_t size)
{
	int len = snprintf(out, size, "%s/%s", folder, name);
	return len < 0 || (size_t)len >= size ? E_RANGE : E_OK;
}

enum err home_make(const char *path)
{
	char above[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(above))
		return E_RANGE;
	memcpy(above, path, len + 1);
	for (char *p = above + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(above, 0755) != 0 && errno != EEXIST)
			return err_from_errno(errno);
		*p = '/';
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_from_errno(errno);
	return E_OK;
}

static enum err say_who(const char *path, int fd)
{
	char pid[24];
	ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[len > 0 ? len : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	log_error("store",
		  "%s is in use by process %s: stop it first, or use another data directory", path,
		  pid[0] != '\0' ? pid : "(unknown)");
	return E_BUSY;
}

enum err home_hold(const char *path, int *out)
{
	char file[PATH_MAX];
	char pid[24];
	enum err rc = home_path(path, "store.lock", file, sizeof(file));

	if (rc != E_OK)
		return rc;
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		rc = errno == EWOULDBLOCK ? say_who(path, fd) : err_from_errno(errno);
		close(fd);
		return rc;
	}
	int len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)len, 0) != len) {
		rc = err_from_errno(errno);
		close(fd);
		return rc;
	}
	*out = fd;
	return E_OK;
}
