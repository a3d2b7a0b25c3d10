/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/zone.h"
#include "config/arena.h"
#include "config/closest.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ZONES "/usr/share/zoneinfo"

enum { ZONE_TEXT = 128, ZONE_DEPTH = 3, ZONE_NAMES_MAX = 4096 };

/* A zone file begins with TZif (RFC 8536, section 3.1); other tables lie beside them. */
static bool is_zone_file(const char *path)
{
	char magic[4] = {0};
	struct stat status;
	bool is_zone = false;

	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	FILE *file = fopen(path, "rbe");
	if (file == NULL)
		return false;
	is_zone = fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
		  memcmp(magic, "TZif", sizeof(magic)) == 0;
	fclose(file);
	return is_zone;
}

bool zone_exists(const char *name)
{
	char path[sizeof(ZONES) + 1 + ZONE_TEXT];

	if (name[0] == '/' || name[0] == '\0' || strstr(name, "..") != NULL ||
	    strlen(name) >= ZONE_TEXT)
		return false;
	snprintf(path, sizeof(path), ZONES "/%s", name);
	return is_zone_file(path);
}

struct listing {
	struct arena *arena;
	const char *names[ZONE_NAMES_MAX];
	size_t count;
};

/* "posix" and "right" repeat the whole tree. */
static bool is_listed(const struct dirent *entry, const char *below)
{
	return entry->d_name[0] != '.' &&
	       !(below[0] == '\0' &&
		 (strcmp(entry->d_name, "posix") == 0 || strcmp(entry->d_name, "right") == 0));
}

/* Only a file system that does not say is asked about each. */
static bool is_directory(const char *name, const struct dirent *entry)
{
	char path[sizeof(ZONES) + 1 + ZONE_TEXT];
	struct stat status;

	if (entry->d_type == DT_DIR || entry->d_type == DT_REG)
		return entry->d_type == DT_DIR;
	snprintf(path, sizeof(path), ZONES "/%s", name);
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void list_zones(struct listing *listing, const char *below, int depth)
{
	char path[sizeof(ZONES) + 1 + ZONE_TEXT];

	snprintf(path, sizeof(path), ZONES "/%s", below);
	DIR *directory = opendir(path);
	if (directory == NULL)
		return;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (!is_listed(entry, below))
			continue;
		char *name = arena_format(listing->arena, "%s%s%s", below,
					  below[0] == '\0' ? "" : "/", entry->d_name);
		if (strlen(name) >= ZONE_TEXT)
			continue;
		bool is_folder = is_directory(name, entry);
		if (is_folder && depth < ZONE_DEPTH)
			list_zones(listing, name, depth + 1);
		else if (!is_folder && listing->count < ZONE_NAMES_MAX)
			listing->names[listing->count++] = name;
	}
	closedir(directory);
}

bool zone_closest(const char *name, char *out, size_t size)
{
	struct listing listing = {.arena = arena_create()};

	list_zones(&listing, "", 1);
	const char *closest = closest_name(name, listing.names, listing.count);
	/* The closest may be one of the tables that lie beside the zones. */
	bool found = closest != NULL && zone_exists(closest);
	if (found)
		snprintf(out, size, "%s", closest);
	arena_destroy(listing.arena);
	return found;
}
