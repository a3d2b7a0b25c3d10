/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Build-time program: writes a C table named TABLE that holds the given files, octet for octet.
 * Usage: embed OUTPUT TABLE FILE... */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file's name without folder and ".yaml". */
static void print_name(FILE *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	fprintf(out, "\"%.*s\"", (int)strcspn(name, "."), name);
}

static int embed_octets(FILE *out, const char *path, int index)
{
	int c;
	int column = 0;
	FILE *in = fopen(path, "rb");

	if (in == NULL) {
		fprintf(stderr, "embed: %s: %s\n", path, strerror(errno));
		return -1;
	}
	fprintf(out, "static const unsigned char octets_%d[] = {", index);
	while ((c = getc(in)) != EOF)
		fprintf(out, "%s%d,", column++ % 20 == 0 ? "\n\t" : " ", c);
	fprintf(out, "\n};\n\n");
	int rc = ferror(in) != 0 || column == 0 ? -1 : 0;
	if (rc != 0)
		fprintf(stderr, "embed: %s: cannot be read or is empty\n", path);
	fclose(in);
	return rc;
}

int main(int argc, char **argv)
{
	FILE *out = argc < 4 ? NULL : fopen(argv[1], "wb");

	if (out == NULL) {
		fprintf(stderr, "usage: embed OUTPUT TABLE FILE...\n");
		return EXIT_FAILURE;
	}
	fprintf(out, "#include \"config/builtin.h\"\n\n");
	for (int i = 3; i < argc; i++) {
		if (embed_octets(out, argv[i], i) != 0) {
			fclose(out);
			return EXIT_FAILURE;
		}
	}
	fprintf(out, "const struct built_in %s[] = {\n", argv[2]);
	for (int i = 3; i < argc; i++) {
		fprintf(out, "\t{");
		print_name(out, argv[i]);
		fprintf(out, ", octets_%d, sizeof(octets_%d)},\n", i, i);
	}
	fprintf(out, "};\n\nconst size_t %s_count = %d;\n", argv[2], argc - 3);
	return fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
