/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "collector/base/log.h"
#include "collector/privilege.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

/* A mask that root was started with must not shut the account out of its own directory. */
static void a_directory_is_private_and_its_parents_are_not(void **state)
{
	(void)state;
	static const mode_t masks[] = {0, 022, 077, 0777};
	for (size_t i = 0; i < COUNT_OF(masks); i++) {
		struct account account = {.uid = geteuid(), .gid = getegid(), .name = "me"};
		char top[] = "/tmp/netgrade-privilege-XXXXXX";
		char parent[64];
		char path[80];
		assert_non_null(mkdtemp(top));
		snprintf(parent, sizeof(parent), "%s/a", top);
		snprintf(path, sizeof(path), "%s/b", parent);
		print_message("# mask %03o\n", masks[i]);
		mode_t before = umask(masks[i]);
		assert_int_equal(privilege_make_directory(path, &account), E_OK);
		assert_int_equal(privilege_make_directory(path, &account), E_OK);
		assert_int_equal(umask(before), masks[i]);
		assert_int_equal(mode_of(parent), 0755);
		assert_int_equal(mode_of(path), 0700);
		assert_int_equal(rmdir(path), 0);
		assert_int_equal(rmdir(parent), 0);
		assert_int_equal(rmdir(top), 0);
	}
}

static void a_link_is_no_directory_of_ours(void **state)
{
	(void)state;
	struct account account = {.uid = geteuid(), .gid = getegid(), .name = "me"};
	char top[] = "/tmp/netgrade-privilege-XXXXXX";
	char path[64];

	log_set_level(LOG_LEVEL_ERROR);
	assert_non_null(mkdtemp(top));
	snprintf(path, sizeof(path), "%s/link", top);
	assert_int_equal(symlink("/tmp", path), 0);
	mode_t before = mode_of("/tmp");
	assert_int_not_equal(privilege_make_directory(path, &account), E_OK);
	assert_int_equal(mode_of("/tmp"), before);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(top), 0);
}

/* Its collector may be running, and would be shut out. */
static void what_another_user_stored_is_not_taken_over(void **state)
{
	(void)state;
	static const char *const files[] = {"store.lock", "spool.db", "archive.db"};
	struct account account = {.change = true, .uid = 1, .gid = 1, .name = "other"};
	char top[] = "/tmp/netgrade-privilege-XXXXXX";
	char path[64];
	struct stat status;

	if (geteuid() != 0)
		skip();
	log_set_level(LOG_LEVEL_ERROR);
	assert_non_null(mkdtemp(top));
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, files[i]);
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fclose(file), 0);
		print_message("# %s\n", files[i]);
		assert_int_equal(privilege_make_directory(top, &account), E_PERMISSION);
		assert_int_equal(stat(top, &status), 0);
		assert_int_equal(status.st_uid, 0);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(privilege_make_directory(top, &account), E_OK);
	assert_int_equal(stat(top, &status), 0);
	assert_int_equal(status.st_uid, 1);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_is_private_and_its_parents_are_not),
		cmocka_unit_test(a_link_is_no_directory_of_ours),
		cmocka_unit_test(what_another_user_stored_is_not_taken_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
