/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz target over its corpus in builds without a fuzzing engine: each file as it is, cut
 * short at each of its first octets, and with each of them inverted. Prints TAP. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARIED_OCTETS = 128, FILE_MAX = 1 << 20 };

/* Each run gets a block of its exact size, so that a sanitizer sees a read past its end. */
static bool run_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		return false;
	if (size > 0)
		memcpy(copy, data, size);
	bool accepted = LLVMFuzzerTestOneInput(copy, size) == 0;
	free(copy);
	return accepted;
}

static bool run_variants(uint8_t *data, size_t size)
{
	bool whole = run_copy(data, size);

	for (size_t i = 0; whole && i < size && i < VARIED_OCTETS; i++) {
		whole = run_copy(data, i);
		data[i] ^= 0xff;
		whole = whole && run_copy(data, size);
		data[i] ^= 0xff;
	}
	return whole;
}

static bool run_file(const char *folder, const char *name)
{
	static uint8_t data[FILE_MAX];
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	size_t size = fread(data, 1, sizeof(data), file);
	bool whole = ferror(file) == 0;
	fclose(file);
	return whole && run_variants(data, size);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
		return 2;
	}
	int count = scandir(argv[1], &entries, is_visible, alphasort);
	if (count <= 0) {
		printf("1..1\nnot ok 1 - %s has no files\n", argv[1]);
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		bool passed = run_file(argv[1], entries[i]->d_name);
		printf("%s %d - %s\n", passed ? "ok" : "not ok", i + 1, entries[i]->d_name);
		fflush(stdout);
		failed += !passed;
		free(entries[i]);
	}
	free(entries);
	return failed == 0 ? 0 : 1;
}
