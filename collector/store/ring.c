/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/ring.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RRD_EXPORT_DEPRECATED
#include <rrd.h>

enum { ROWS_MAX = 100000000 };

/* Enough for one known value: hours that hold a single measured slot have a delay. */
#define UNKNOWN_SHARE "0.9999"

/* librrd leaves its parameters of the whole file unused and as they are. The first two are the
 * digest of all other octets of the header and its complement; both 0: there is none. */
struct seal {
	uint64_t digest;
	uint64_t complement;
};
static const size_t seal_at = offsetof(stat_head_t, par);

static _Atomic nsec librrd_time;

_Static_assert(sizeof(stat_head_t) % 8 == 0 && sizeof(ds_def_t) % 8 == 0 &&
		       sizeof(rra_def_t) % 8 == 0 && sizeof(live_head_t) % 8 == 0 &&
		       sizeof(pdp_prep_t) % 8 == 0 && sizeof(cdp_prep_t) % 8 == 0 &&
		       sizeof(rra_ptr_t) % 8 == 0,
	       "a header is whole words");

size_t ring_head_size(const struct ring_layout *layout)
{
	return sizeof(stat_head_t) + layout->sources * (sizeof(ds_def_t) + sizeof(pdp_prep_t)) +
	       layout->archives * (sizeof(rra_def_t) + sizeof(rra_ptr_t)) + sizeof(live_head_t) +
	       layout->archives * layout->sources * sizeof(cdp_prep_t);
}

uint64_t ring_file_size(const struct ring_layout *layout)
{
	uint64_t rows = layout->margin;

	for (uint32_t a = 0; a < layout->archives; a++)
		rows += layout->rows[a];
	return ring_head_size(layout) + rows * layout->sources * sizeof(rrd_value_t);
}

/* Each step is one to one in the digest so far, so that one changed word always shows. */
static uint64_t digest_of(const uint8_t *octets, size_t len)
{
	uint64_t digest = len;

	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t word;
		if (i >= seal_at && i < seal_at + sizeof(struct seal))
			continue;
		memcpy(&word, octets + i, sizeof(word));
		digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		digest ^= digest >> 32;
	}
	return digest;
}

/* A walk over the parts of a header. librrd writes its structures as they lie in memory. */
struct walk {
	const uint8_t *at;
	const struct ring_layout *layout;
	struct ring_head *head;
	char *why;
};

static void next_part(struct walk *walk, void *out, size_t size)
{
	memcpy(out, walk->at, size);
	walk->at += size;
}

static enum err spoilt(const struct walk *walk, const char *what, uint64_t found)
{
	snprintf(walk->why, RING_WHY, "%s (%llu)", what, (unsigned long long)found);
	return E_CORRUPT;
}

static enum err check_start(struct walk *walk)
{
	stat_head_t head;

	next_part(walk, &head, sizeof(head));
	if (memcmp(head.cookie, RRD_COOKIE, sizeof(head.cookie)) != 0 ||
	    memcmp(head.version, RRD_VERSION3, sizeof(head.version)) != 0)
		return spoilt(walk, "no round-robin file of version 3", 0);
	if (memcmp(&head.float_cookie, &(double){FLOAT_COOKIE}, sizeof(double)) != 0)
		return spoilt(walk, "written on another kind of machine", 0);
	if (head.ds_cnt != walk->layout->sources)
		return spoilt(walk, "another number of data sources", head.ds_cnt);
	if (head.rra_cnt != walk->layout->archives)
		return spoilt(walk, "another number of archives", head.rra_cnt);
	if (head.pdp_step != walk->layout->step)
		return spoilt(walk, "another step", head.pdp_step);
	return E_OK;
}

static enum err check_sources(struct walk *walk)
{
	for (size_t i = 0; i < walk->layout->sources; i++) {
		ds_def_t source;
		next_part(walk, &source, sizeof(source));
		if (strncmp(source.ds_nam, walk->layout->source[i], sizeof(source.ds_nam)) != 0)
			return spoilt(walk, "another name of data source", i);
		if (strncmp(source.dst, "GAUGE", sizeof(source.dst)) != 0)
			return spoilt(walk, "another type of data source", i);
		if (source.par[DS_mrhb_cnt].u_cnt != walk->layout->step)
			return spoilt(walk, "another heartbeat", source.par[DS_mrhb_cnt].u_cnt);
		if (!isnan(source.par[DS_min_val].u_val) || !isnan(source.par[DS_max_val].u_val))
			return spoilt(walk, "a bounded data source", i);
	}
	return E_OK;
}

static enum err check_archives(struct walk *walk, uint64_t file_size)
{
	uint64_t rows = 0;

	for (uint32_t a = 0; a < walk->layout->archives; a++) {
		rra_def_t archive;
		next_part(walk, &archive, sizeof(archive));
		double share = archive.par[RRA_cdp_xff_val].u_val;
		if (strncmp(archive.cf_nam, "AVERAGE", sizeof(archive.cf_nam)) != 0)
			return spoilt(walk, "another kind of archive", a);
		if (archive.pdp_cnt != walk->layout->steps[a])
			return spoilt(walk, "another number of steps per row", archive.pdp_cnt);
		if (archive.row_cnt == 0 || archive.row_cnt > ROWS_MAX)
			return spoilt(walk, "an impossible number of rows", archive.row_cnt);
		if (!(share >= 0 && share < 1))
			return spoilt(walk, "an impossible share of unknowns", a);
		walk->head->rows[a] = archive.row_cnt;
		rows += archive.row_cnt;
	}
	if (walk->head->rows[0] <= walk->layout->margin)
		return spoilt(walk, "too few rows", walk->head->rows[0]);
	uint64_t size =
		ring_head_size(walk->layout) + rows * walk->layout->sources * sizeof(rrd_value_t);
	return size == file_size ? E_OK
				 : spoilt(walk, "size other than header and rows", file_size);
}

static enum err check_time(struct walk *walk)
{
	live_head_t live;

	next_part(walk, &live, sizeof(live));
	if (live.last_up <= 0 || live.last_up > INT64_C(1) << 40 ||
	    live.last_up % walk->layout->step != 0 || live.last_up_usec != 0)
		return spoilt(walk, "an impossible time of its last update",
			      (uint64_t)live.last_up);
	walk->head->updated = live.last_up;
	return E_OK;
}

static enum err check_scratch(struct walk *walk)
{
	for (size_t i = 0; i < walk->layout->sources; i++) {
		pdp_prep_t prepared;
		next_part(walk, &prepared, sizeof(prepared));
		if (memchr(prepared.last_ds, '\0', sizeof(prepared.last_ds)) == NULL)
			return spoilt(walk, "a last reading without end", i);
		if (prepared.scratch[PDP_unkn_sec_cnt].u_cnt > walk->layout->step)
			return spoilt(walk, "an impossible unknown time", i);
	}
	for (uint32_t a = 0; a < walk->layout->archives; a++)
		for (size_t i = 0; i < walk->layout->sources; i++) {
			cdp_prep_t prepared;
			next_part(walk, &prepared, sizeof(prepared));
			if (prepared.scratch[CDP_unkn_pdp_cnt].u_cnt > walk->layout->steps[a])
				return spoilt(walk, "an impossible number of unknown steps", i);
		}
	return E_OK;
}

static enum err check_pointers(struct walk *walk)
{
	for (uint32_t a = 0; a < walk->layout->archives; a++) {
		rra_ptr_t pointer;
		next_part(walk, &pointer, sizeof(pointer));
		if (pointer.cur_row >= walk->head->rows[a])
			return spoilt(walk, "a row pointer beyond the rows", pointer.cur_row);
		walk->head->newest[a] = pointer.cur_row;
	}
	return E_OK;
}

static enum err check_digest(struct walk *walk, const uint8_t *octets)
{
	struct seal seal;

	memcpy(&seal, octets + seal_at, sizeof(seal));
	if (seal.digest == 0 && seal.complement == 0)
		return E_OK;
	if (seal.complement == ~seal.digest && seal.digest == digest_of(octets, walk->head->len))
		return E_OK;
	return spoilt(walk, "header changed since it was written, digest", seal.digest);
}

enum err ring_check(const struct ring_layout *layout, const uint8_t *octets, uint64_t file_size,
		    struct ring_head *out, char why[RING_WHY])
{
	struct ring_head head = {.len = ring_head_size(layout)};
	struct walk walk = {.at = octets, .layout = layout, .head = &head, .why = why};

	enum err rc = check_start(&walk);
	if (rc == E_OK)
		rc = check_sources(&walk);
	if (rc == E_OK)
		rc = check_archives(&walk, file_size);
	if (rc == E_OK)
		rc = check_time(&walk);
	if (rc == E_OK)
		rc = check_scratch(&walk);
	if (rc == E_OK)
		rc = check_pointers(&walk);
	if (rc == E_OK)
		rc = check_digest(&walk, octets);
	if (rc == E_OK)
		*out = head;
	return rc;
}

static enum err refused(const char *path, const char *what)
{
	log_error("store", "%s: %s: %s", path, what, rrd_get_error());
	rrd_clear_error();
	return E_STORE;
}

/* The words that librrd wants for a layout. */
struct words {
	char text[RING_SOURCES_MAX + RING_ARCHIVES_MAX][64];
	const char *list[RING_SOURCES_MAX + RING_ARCHIVES_MAX];
	int count;
};

static void describe(const struct ring_layout *layout, struct words *words)
{
	size_t used = 0;

	for (size_t i = 0; i < layout->sources; i++, used++)
		snprintf(words->text[used], sizeof(words->text[used]), "DS:%s:GAUGE:%u:U:U",
			 layout->source[i], layout->step);
	for (uint32_t a = 0; a < layout->archives; a++, used++)
		snprintf(words->text[used], sizeof(words->text[used]),
			 "RRA:AVERAGE:" UNKNOWN_SHARE ":%u:%u", layout->steps[a],
			 layout->rows[a] + (a == 0 ? layout->margin : 0));
	for (size_t i = 0; i < used; i++)
		words->list[i] = words->text[i];
	words->count = (int)used;
}

enum err ring_seal(int fd, const struct ring_layout *layout)
{
	size_t len = ring_head_size(layout);
	uint8_t *octets = malloc(len);

	if (octets == NULL)
		return E_MEMORY;
	enum err rc = disk_read(fd, octets, len, 0);
	if (rc == E_OK) {
		uint64_t digest = digest_of(octets, len);
		struct seal seal = {digest, ~digest};
		errno = 0;
		if (pwrite(fd, &seal, sizeof(seal), (off_t)seal_at) != sizeof(seal))
			rc = errno == 0 ? E_FULL : err_from_errno(errno);
	}
	free(octets);
	return rc;
}

static enum err sync_file(int fd)
{
	if (fsync(fd) != 0)
		return err_from_errno(errno);
	/* Rows are years in coming; what lies cached in large folios also makes each later write
	 * through a mapping walk the whole of one. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return E_OK;
}

/* What librrd made is sealed, private and durable before it gets its name. */
static enum err finish_file(const char *path, const struct ring_layout *layout,
			    enum syncing syncing)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return err_from_errno(errno);
	enum err rc = ring_seal(fd, layout);
	if (rc == E_OK && fchmod(fd, 0600) != 0)
		rc = err_from_errno(errno);
	if (rc == E_OK && syncing == SYNCING_ALWAYS)
		rc = sync_file(fd);
	close(fd);
	return rc;
}

enum err ring_unfinished(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	int len = snprintf(out, size, "%.*s" RING_UNFINISHED "%s", (int)(name - path), path, name);

	return len < 0 || (size_t)len >= size ? E_RANGE : E_OK;
}

enum err ring_create(const char *path, const struct ring_layout *layout, int64_t start,
		     enum syncing syncing)
{
	char folder[PATH_MAX];
	char unfinished[PATH_MAX];
	struct words words;
	uint64_t room = 0;

	enum err rc = disk_folder(path, folder, sizeof(folder));
	if (rc == E_OK)
		rc = ring_unfinished(path, unfinished, sizeof(unfinished));
	/* A file takes its whole size at once; librrd's own words about a full disk tell it from
	 * nothing else. */
	if (rc == E_OK)
		rc = disk_room(folder, &room);
	if (rc == E_OK && room < ring_file_size(layout))
		rc = E_FULL;
	if (rc != E_OK)
		return rc;
	describe(layout, &words);
	nsec began = clock_processor();
	int failed = rrd_create_r(unfinished, layout->step, start, words.count, words.list);
	librrd_time += clock_processor() - began;
	if (failed != 0)
		rc = refused(path, "cannot be made");
	if (rc == E_OK)
		rc = finish_file(unfinished, layout, syncing);
	if (rc == E_OK && rename(unfinished, path) != 0)
		rc = err_from_errno(errno);
	if (rc != E_OK)
		unlink(unfinished);
	return rc == E_OK && syncing == SYNCING_ALWAYS ? disk_sync_folder(folder) : rc;
}

enum err ring_open(const char *path, int flags, int *out, char why[RING_WHY])
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int number = fd < 0 ? errno : 0;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(fd);
		number = EISDIR;
	}
	switch (number) {
	case 0:
		*out = fd;
		return E_OK;
	case ELOOP:
		snprintf(why, RING_WHY, "a symbolic link, which is not followed");
		return E_CORRUPT;
	case EISDIR:
	case ENXIO: /* a socket, or a pipe that nobody reads */
		snprintf(why, RING_WHY, "no regular file");
		return E_CORRUPT;
	default:
		return err_from_errno(number);
	}
}

enum err ring_read_head(int fd, const struct ring_layout *layout, uint8_t **octets,
			struct ring_head *out, char why[RING_WHY])
{
	size_t len = ring_head_size(layout);
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_from_errno(errno);
	if ((uint64_t)st.st_size < len) {
		snprintf(why, RING_WHY, "shorter than its header (%lld)", (long long)st.st_size);
		return E_CORRUPT;
	}
	uint8_t *image = malloc(len);
	if (image == NULL)
		return E_MEMORY;
	enum err rc = disk_read(fd, image, len, 0);
	if (rc == E_OK)
		rc = ring_check(layout, image, (uint64_t)st.st_size, out, why);
	if (rc != E_OK) {
		free(image);
		return rc;
	}
	*octets = image;
	return E_OK;
}

enum err ring_append(const char *path, const char **rows, size_t count)
{
	nsec began = clock_processor();
	int failed = rrd_updatex_r(path, NULL, RRD_SKIP_PAST_UPDATES, (int)count, rows);
	librrd_time += clock_processor() - began;
	return failed != 0 ? refused(path, "cannot be updated") : E_OK;
}

nsec ring_librrd_time(void)
{
	return librrd_time;
}

enum err ring_read_rows(int fd, const struct ring_layout *layout, const struct ring_head *head,
			int64_t first_end, size_t count, double *out)
{
	uint64_t held = head->rows[0] - layout->margin;
	int64_t oldest_end = head->updated - (int64_t)(held - 1) * layout->step;
	size_t row_size = layout->sources * sizeof(double);

	for (size_t i = 0; i < count * layout->sources; i++)
		out[i] = (double)NAN;
	for (size_t i = 0; i < count;) {
		int64_t end = first_end + (int64_t)i * layout->step;
		if (end > head->updated)
			break;
		if (end < oldest_end) {
			i += (size_t)((oldest_end - end) / layout->step);
			end = oldest_end;
			if (i >= count)
				break;
		}
		/* The newest row is at head->newest; older ones precede it, around the end. */
		uint64_t back = (uint64_t)((head->updated - end) / layout->step);
		uint64_t index = (head->newest[0] + head->rows[0] - back) % head->rows[0];
		uint64_t run = back + 1;
		if (run > head->rows[0] - index)
			run = head->rows[0] - index;
		if (run > count - i)
			run = count - i;
		enum err rc = disk_read(fd, out + i * layout->sources, (size_t)run * row_size,
					head->len + index * row_size);
		if (rc != E_OK)
			return rc;
		i += (size_t)run;
	}
	return E_OK;
}
