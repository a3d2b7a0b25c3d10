/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/source.h"
#include "config/digest.h"
#include "config/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_text(const struct source *source, struct diagnostics *diagnostics)
{
	struct place place = {source->path, 1, 1};

	for (size_t at = 0, octets; at < source->len; at += octets) {
		uint32_t c = 0;
		octets = plain_character(source->text + at, source->len - at, &c);
		if (octets == 0) {
			diagnostics_add(diagnostics, SEVERITY_ERROR, place, "",
					"octet 0x%02x is not UTF-8; save the file as UTF-8",
					(unsigned char)source->text[at]);
			return false;
		}
		if (c == '\n' || (c == '\r' && source->text[at + 1] != '\n')) {
			place.line++;
			place.column = 1;
			continue;
		}
		if (plain_is_control(c) && c != '\t' && c != '\r') {
			diagnostics_add(diagnostics, SEVERITY_ERROR, place, "",
					"control character U+%04X; remove it", (unsigned)c);
			return false;
		}
		place.column++;
	}
	return true;
}

bool source_over(struct source *source, struct arena *arena, const char *octets, size_t size,
		 const char *path, struct diagnostics *diagnostics)
{
	char *copy = arena_zeroed(arena, size + 1, 1);

	if (size > 0)
		memcpy(copy, octets, size);
	size_t mark = size >= 3 && memcmp(copy, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	*source = (struct source){
		.path = path,
		.octets = copy,
		.size = size,
		.text = copy + mark,
		.len = size - mark,
	};
	return check_text(source, diagnostics);
}

/* Reads up to size octets; the number read, −1 with errno. */
static ssize_t read_whole(int fd, char *buffer, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, buffer + have, size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

bool source_read(struct source *source, struct arena *arena, const char *path, size_t limit,
		 struct place named, const char *key, struct diagnostics *diagnostics)
{
	struct stat status;
	char *buffer = NULL;
	ssize_t size = -1;
	bool read_well = false;
	/* Non-blocking, or opening a named pipe would wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &status) != 0) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, named, key, "cannot read %s: %s", path,
				strerror(errno));
		goto done;
	}
	if (!S_ISREG(status.st_mode) || status.st_size < 0 || (size_t)status.st_size > limit) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, named, key,
				"cannot read %s: it must be a regular file of at most %zu MiB",
				path, limit >> 20);
		goto done;
	}
	buffer = memory_grow(NULL, (size_t)status.st_size + 1, 1);
	size = read_whole(fd, buffer, (size_t)status.st_size);
	if (size < 0) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, named, key, "cannot read %s: %s", path,
				strerror(errno));
		goto done;
	}
	read_well = source_over(source, arena, buffer, (size_t)size, path, diagnostics);
done:
	free(buffer);
	if (fd >= 0)
		close(fd);
	return read_well;
}

char *source_path(struct arena *arena, const char *base, const char *path)
{
	if (path[0] == '/' || strcmp(base, ".") == 0)
		return arena_text(arena, path);
	return arena_format(arena, "%s/%s", base, path);
}

char *source_folder(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return arena_text(arena, ".");
	return arena_format(arena, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

const char *source_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool source_digest(const struct source *sources, size_t count, char out[65])
{
	struct digest *digest = digest_start();

	for (size_t i = 0; i < count; i++)
		digest_add(digest, sources[i].octets, sources[i].size);
	return digest_finish(digest, out);
}
