/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header that the check takes without a seal must be one that librrd survives: it is updated and
 * read. The input is changes to a good header: place (two octets), value, and so on. */
#include "collector/store/series.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RRD_EXPORT_DEPRECATED
#include <rrd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { START = 1767225600, HEAD_MOST = 16384 };

struct good {
	char path[64];
	struct ring_layout layout;
	uint8_t *octets; /* of the whole file */
	size_t size;
};

static void remove_file(void);

static struct good *good_file(void)
{
	static struct good good;

	if (good.octets != NULL)
		return &good;
	snprintf(good.path, sizeof(good.path), "/tmp/netgrade-ring-%ld.rrd", (long)getpid());
	good.layout = series_curves(NSEC_PER_MIN, NSEC_PER_HOUR, NSEC_PER_DAY);
	good.size = (size_t)ring_file_size(&good.layout);
	good.octets = malloc(good.size);
	if (good.octets == NULL ||
	    ring_create(good.path, &good.layout, START, SYNCING_NEVER) != E_OK)
		abort();
	(void)atexit(remove_file);
	int fd = open(good.path, O_RDONLY);
	if (fd < 0 || read(fd, good.octets, good.size) != (ssize_t)good.size)
		abort();
	close(fd);
	/* Without its seal: the fields alone decide. */
	memset(good.octets + offsetof(stat_head_t, par), 0, 2 * sizeof(uint64_t));
	return &good;
}

static void remove_file(void)
{
	unlink(good_file()->path);
}

static void use(const struct good *good, const uint8_t *head, const struct ring_head *checked)
{
	double rows[4 * CURVE_SOURCES];
	char text[96];
	const char *row = text;
	int fd = open(good->path, O_RDWR);

	if (fd < 0 || pwrite(fd, good->octets, good->size, 0) != (ssize_t)good->size ||
	    pwrite(fd, head, checked->len, 0) != (ssize_t)checked->len)
		abort();
	if (ring_read_rows(fd, &good->layout, checked, checked->updated - 60, 4, rows) != E_OK)
		abort();
	snprintf(text, sizeof(text), "%lld:1:2:3:4:5:6:7:8:9:10:11:12:13",
		 (long long)checked->updated + 60);
	if (ring_append(good->path, &row, 1) != E_OK || ring_seal(fd, &good->layout) != E_OK)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct good *good = good_file();
	size_t len = ring_head_size(&good->layout);
	uint8_t head[HEAD_MOST];
	struct ring_head checked;
	char why[RING_WHY];

	memcpy(head, good->octets, len);
	for (size_t i = 0; i + 3 <= size; i += 3)
		head[((size_t)data[i] << 8 | data[i + 1]) % len] = data[i + 2];
	if (ring_check(&good->layout, head, good->size, &checked, why) == E_OK)
		use(good, head, &checked);
	return 0;
}
