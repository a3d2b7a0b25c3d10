/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/test_store_path.h"

#include "collector/store/ring.h"
#include "collector/store/series.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

enum { ROWS = 600, HOURS = 30, ROUNDS = 60, START = 1767225600 };

struct twin {
	char path[FOLDER + 16];
	struct ring_layout layout;
	size_t size;
	int fd;
};

static void make_twin(struct twin *twin, const char *folder)
{
	snprintf(twin->path, sizeof(twin->path), "%s/one.rrd", folder);
	twin->layout = series_curves(NSEC_PER_MIN, ROWS * NSEC_PER_MIN, HOURS * NSEC_PER_HOUR);
	twin->size = ring_file_size(&twin->layout);
	assert_int_equal(ring_create(twin->path, &twin->layout, START, SYNCING_NEVER), E_OK);
	twin->fd = open(twin->path, O_RDWR | O_CLOEXEC);
	assert_true(twin->fd >= 0);
}

static int64_t position_of(const struct twin *twin, struct ring_head *head)
{
	char why[RING_WHY];
	uint8_t *octets;

	assert_int_equal(ring_read_head(twin->fd, &twin->layout, &octets, head, why), E_OK);
	free(octets);
	return head->updated;
}

static uint8_t *octets_of(const struct twin *twin)
{
	uint8_t *octets = malloc(twin->size);

	assert_non_null(octets);
	assert_int_equal(pread(twin->fd, octets, twin->size, 0), twin->size);
	return octets;
}

/* librrd begins to write anywhere in a new file: two of them are not the same. */
static void copy_twin(struct twin *twin, const struct twin *of, const char *folder)
{
	uint8_t *octets = octets_of(of);

	*twin = *of;
	snprintf(twin->path, sizeof(twin->path), "%s/copy.rrd", folder);
	twin->fd = open(twin->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(twin->fd >= 0);
	assert_int_equal(write(twin->fd, octets, twin->size), twin->size);
	free(octets);
}

static void append_rows(const struct twin *twin, int64_t from, size_t count)
{
	static char text[CURVE_BATCH][CURVE_TEXT];
	const char *rows[CURVE_BATCH];

	for (size_t i = 0; i < count; i++) {
		nsec at = (from + 60 * (int64_t)i) * NSEC_PER_SEC;
		struct slot slot = path_slot(1, at, NSEC_PER_MIN);
		(void)series_curve_row(&slot.summary, text[i]);
		rows[i] = text[i];
	}
	assert_int_equal(ring_append(twin->path, rows, count), E_OK);
	assert_int_equal(ring_seal(twin->fd, &twin->layout), E_OK);
}

static void compare(const struct twin *a, const struct twin *b)
{
	uint8_t *one = octets_of(a);
	uint8_t *other = octets_of(b);

	assert_memory_equal(one, other, a->size);
	free(one);
	free(other);
}

/* Round the end of both archives, in updates of any size. */
static void what_is_blanked_first_is_the_same_afterwards(void **state)
{
	(void)state;
	struct random random = random_seeded(1);
	char folder[FOLDER];
	struct twin blanked;
	struct twin plain;

	make_folder(folder);
	make_twin(&blanked, folder);
	copy_twin(&plain, &blanked, folder);
	for (int i = 0; i < ROUNDS; i++) {
		size_t count = 1 + random_below(&random, CURVE_BATCH);
		struct ring_head head;
		int64_t at = position_of(&blanked, &head);
		ring_fetch(blanked.fd, &blanked.layout, &head, count);
		assert_int_equal(ring_blank(blanked.fd, &blanked.layout, &head, count), E_OK);
		append_rows(&blanked, at, count);
		append_rows(&plain, at, count);
		compare(&blanked, &plain);
	}
	close(blanked.fd);
	close(plain.fd);
	remove_folder(folder);
}

/* What an update broken off has blanked is none of the rows that are read. */
static void blanking_spoils_no_row_that_is_read(void **state)
{
	(void)state;
	static double before[ROWS * CURVE_SOURCES];
	static double after[ROWS * CURVE_SOURCES];
	struct ring_head head;
	char folder[FOLDER];
	struct twin twin;

	make_folder(folder);
	make_twin(&twin, folder);
	for (int64_t at = START; at < START + 60 * 5 * CURVE_BATCH; at += 60 * CURVE_BATCH)
		append_rows(&twin, at, CURVE_BATCH);
	int64_t oldest = position_of(&twin, &head) - 60 * (ROWS - 1);
	assert_int_equal(ring_read_rows(twin.fd, &twin.layout, &head, oldest, ROWS, before), E_OK);
	assert_false(isnan(before[0]));
	assert_int_equal(ring_blank(twin.fd, &twin.layout, &head, CURVE_BATCH), E_OK);
	assert_int_equal(ring_read_rows(twin.fd, &twin.layout, &head, oldest, ROWS, after), E_OK);
	assert_memory_equal(before, after, sizeof(before));
	close(twin.fd);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_blanked_first_is_the_same_afterwards),
		cmocka_unit_test(blanking_spoils_no_row_that_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
