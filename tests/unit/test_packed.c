/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/random.h"
#include "collector/store/packed.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE = 4096, IMAGES = 500, DAMAGES = 20000 };

/* Zero words and others in runs of random lengths, as headers have them. */
static size_t random_image(struct random *random, uint8_t image[IMAGE])
{
	size_t len = random_below(random, IMAGE + 1);
	bool zero = false;

	for (size_t i = 0; i < len; i++) {
		if (random_below(random, 20) == 0)
			zero = !zero;
		image[i] = zero ? 0 : (uint8_t)random_below(random, 256);
	}
	return len;
}

static void what_is_packed_comes_back(void **state)
{
	(void)state;
	struct random random = random_seeded(1);
	uint8_t image[IMAGE];

	for (int i = 0; i < IMAGES; i++) {
		size_t len = random_image(&random, image);
		size_t packed_len, back_len;
		uint8_t *packed, *back;
		assert_int_equal(packed_make(image, len, &packed, &packed_len), E_OK);
		assert_true(packed_len <= len + 8);
		assert_int_equal(packed_open(packed, packed_len, &back, &back_len), E_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, image, len);
		free(packed);
		free(back);
	}
}

static void zeros_take_next_to_nothing(void **state)
{
	(void)state;
	static const uint8_t zeros[IMAGE];
	size_t len;
	uint8_t *packed;

	assert_int_equal(packed_make(zeros, sizeof(zeros), &packed, &len), E_OK);
	assert_true(len < 8);
	free(packed);
}

static void an_image_that_was_never_packed_is_taken_as_it_is(void **state)
{
	(void)state;
	size_t len;
	uint8_t *back;

	assert_int_equal(packed_open("RRD\0and more", 12, &back, &len), E_OK);
	assert_int_equal(len, 12);
	assert_memory_equal(back, "RRD\0and more", 12);
	free(back);
	assert_int_equal(packed_open(NULL, 0, &back, &len), E_OK);
	assert_int_equal(len, 0);
	free(back);
}

/* Any damage is refused or gives other octets, within bounds. */
static void damage_is_survived(void **state)
{
	(void)state;
	struct random random = random_seeded(2);
	uint8_t image[IMAGE];
	size_t refused = 0;

	for (int i = 0; i < DAMAGES; i++) {
		size_t len = random_image(&random, image);
		size_t packed_len, back_len;
		uint8_t *packed, *back;
		assert_int_equal(packed_make(image, len, &packed, &packed_len), E_OK);
		packed[random_below(&random, packed_len)] = (uint8_t)random_below(&random, 256);
		size_t cut = random_below(&random, 4) == 0 ? random_below(&random, packed_len) : 0;
		enum err rc = packed_open(packed, packed_len - cut, &back, &back_len);
		assert_true(rc == E_OK || rc == E_CORRUPT);
		refused += rc == E_CORRUPT;
		if (rc == E_OK)
			free(back);
		free(packed);
	}
	assert_true(refused > DAMAGES / 10);
}

static void too_much_is_refused(void **state)
{
	(void)state;
	uint8_t *image = calloc(1, PACKED_MOST + 1);
	size_t len;
	uint8_t *packed;

	assert_non_null(image);
	assert_int_equal(packed_make(image, PACKED_MOST + 1, &packed, &len), E_RANGE);
	assert_int_equal(packed_make(image, PACKED_MOST, &packed, &len), E_OK);
	free(packed);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_back),
		cmocka_unit_test(zeros_take_next_to_nothing),
		cmocka_unit_test(an_image_that_was_never_packed_is_taken_as_it_is),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(too_much_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
