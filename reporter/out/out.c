/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/out/out.h"

#include "reporter/out/formats.h"
#include "reporter/text/must.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct out_format out_formats[] = {
	{"html", ".html", html_write},
	{"json", ".json", json_write},
	{NULL, NULL, NULL},
};

/* The folder's part of path, with its slash; "" for the working folder. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return must_format("%.*s", slash == NULL ? 0 : (int)(slash + 1 - path), path);
}

/* A file left by a process of the same number that died is nobody's. */
static int create_anew(const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(path, flags, 0666);

	if (fd < 0 && errno == EEXIST && unlink(path) == 0)
		fd = open(path, flags, 0666);
	return fd;
}

static enum err write_synced(const struct out_format *format, const struct doc *doc, int fd)
{
	FILE *file = fdopen(fd, "w");

	if (file == NULL) {
		close(fd);
		return err_from_errno(errno);
	}
	enum err rc = format->write(doc, file);
	if (rc == E_OK && (fflush(file) != 0 || fsync(fd) != 0))
		rc = err_from_errno(errno);
	if (fclose(file) != 0 && rc == E_OK)
		rc = err_from_errno(errno);
	return rc;
}

/* The name is durable once its folder is. */
static enum err sync_folder(const char *folder)
{
	int fd = open(folder[0] == '\0' ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_from_errno(errno);
	enum err rc = fsync(fd) == 0 ? E_OK : err_from_errno(errno);
	close(fd);
	return rc;
}

enum err out_write_file(const struct out_format *format, const struct doc *doc, const char *path)
{
	char *folder = folder_of(path);
	char *draft = must_format("%s.%s.%ld", folder, path + strlen(folder), (long)getpid());
	int fd = create_anew(draft);
	enum err rc = fd < 0 ? err_from_errno(errno) : write_synced(format, doc, fd);

	if (rc == E_OK && rename(draft, path) != 0)
		rc = err_from_errno(errno);
	if (rc == E_OK) {
		rc = sync_folder(folder);
	} else if (fd >= 0) {
		int kept = errno;
		unlink(draft);
		errno = kept;
	}
	free(draft);
	free(folder);
	return rc;
}
