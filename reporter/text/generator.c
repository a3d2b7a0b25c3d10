/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs at build time: makes text_id.h and text_table.c from one catalogue per language, and refuses
 * catalogues that do not say the same things.
 * Usage: generator TEXT_ID_H TEXT_TABLE_C CATALOGUE... in the order of enum language. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

enum { LANGUAGES_MAX = 8, DEPTH_MAX = 8, KEY_MAX = 200, PLACEHOLDERS_MAX = 32 };

struct entry {
	char key[KEY_MAX]; /* "score.title" */
	char *text;
	size_t line; /* of the key, from 1 */
	size_t column;
};

struct catalogue {
	const char *path;
	struct entry *entries;
	size_t count;
	size_t capacity;
	size_t mistakes;
};

static void complain(struct catalogue *catalogue, yaml_mark_t mark, const char *key,
		     const char *wrong)
{
	fprintf(stderr, "%s:%zu:%zu: %s: %s\n", catalogue->path, (size_t)mark.line + 1,
		(size_t)mark.column + 1, key, wrong);
	catalogue->mistakes++;
}

static const struct entry *find(const struct catalogue *catalogue, const char *key)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		if (strcmp(catalogue->entries[i].key, key) == 0)
			return &catalogue->entries[i];
	}
	return NULL;
}

static bool is_word(const char *word)
{
	if (!islower((unsigned char)word[0]))
		return false;
	for (; *word != '\0'; word++) {
		if (!islower((unsigned char)*word) && !isdigit((unsigned char)*word) &&
		    *word != '_')
			return false;
	}
	return true;
}

static void add(struct catalogue *catalogue, const char *key, const yaml_node_t *value,
		yaml_mark_t mark)
{
	const char *text = (const char *)value->data.scalar.value;

	if (text[0] == '\0') {
		complain(catalogue, mark, key, "no text");
		return;
	}
	if (find(catalogue, key) != NULL) {
		complain(catalogue, mark, key, "given twice");
		return;
	}
	if (catalogue->count == catalogue->capacity) {
		catalogue->capacity = catalogue->capacity * 2 + 64;
		catalogue->entries = realloc(catalogue->entries,
					     catalogue->capacity * sizeof(*catalogue->entries));
		if (catalogue->entries == NULL)
			exit(EXIT_FAILURE);
	}
	struct entry *entry = &catalogue->entries[catalogue->count++];
	snprintf(entry->key, sizeof(entry->key), "%s", key);
	entry->text = strdup(text);
	if (entry->text == NULL)
		exit(EXIT_FAILURE);
	entry->line = (size_t)mark.line + 1;
	entry->column = (size_t)mark.column + 1;
}

/* The depth bound also ends alias cycles, which libyaml lets through. */
static void walk(struct catalogue *catalogue, yaml_document_t *document, yaml_node_t *map,
		 const char *prefix)
{
	size_t depth = 0;

	for (const char *at = prefix; *at != '\0'; at++)
		depth += *at == '.';
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);
		yaml_node_t *value = yaml_document_get_node(document, pair->value);
		const char *word = key->type == YAML_SCALAR_NODE
					   ? (const char *)key->data.scalar.value
					   : "(not a word)";
		char path[KEY_MAX];
		int length = snprintf(path, sizeof(path), "%s%s%s", prefix,
				      prefix[0] == '\0' ? "" : ".", word);
		if (length >= KEY_MAX || depth >= DEPTH_MAX || !is_word(word))
			complain(catalogue, key->start_mark, path,
				 "not a key of lower-case letters, digits and _");
		else if (value->type == YAML_MAPPING_NODE)
			walk(catalogue, document, value, path);
		else if (value->type == YAML_SCALAR_NODE)
			add(catalogue, path, value, key->start_mark);
		else
			complain(catalogue, key->start_mark, path, "a list where a text should be");
	}
}

static void load(struct catalogue *catalogue)
{
	yaml_parser_t parser;
	yaml_document_t document;
	FILE *file = fopen(catalogue->path, "rb");

	if (file == NULL || !yaml_parser_initialize(&parser)) {
		perror(catalogue->path);
		exit(EXIT_FAILURE);
	}
	yaml_parser_set_input_file(&parser, file);
	if (!yaml_parser_load(&parser, &document)) {
		complain(catalogue, parser.problem_mark, "YAML", parser.problem);
	} else {
		yaml_node_t *root = yaml_document_get_root_node(&document);
		if (root == NULL || root->type != YAML_MAPPING_NODE)
			complain(catalogue, (yaml_mark_t){0}, "YAML", "not a map of keys");
		else
			walk(catalogue, &document, root, "");
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	fclose(file);
}

/* The set of placeholders {0} to {31} in text, as bits. */
static unsigned long placeholders(const char *text)
{
	unsigned long set = 0;

	for (; *text != '\0'; text++) {
		char *end;
		if (text[0] != '{' || !isdigit((unsigned char)text[1]))
			continue;
		unsigned long number = strtoul(text + 1, &end, 10);
		if (*end == '}' && number < PLACEHOLDERS_MAX)
			set |= 1UL << number;
	}
	return set;
}

/* Complains, at the key in one, about what the other does not have. */
static void compare(struct catalogue *one, const struct catalogue *other, bool both_ways)
{
	for (size_t i = 0; i < one->count; i++) {
		const struct entry *entry = &one->entries[i];
		const struct entry *match = find(other, entry->key);
		yaml_mark_t mark = {.line = entry->line - 1, .column = entry->column - 1};
		char wrong[KEY_MAX];
		if (match == NULL) {
			snprintf(wrong, sizeof(wrong), "missing in %s", other->path);
			complain(one, mark, entry->key, wrong);
		} else if (both_ways && placeholders(entry->text) != placeholders(match->text)) {
			snprintf(wrong, sizeof(wrong), "other placeholders than %s:%zu:%zu",
				 other->path, match->line, match->column);
			complain(one, mark, entry->key, wrong);
		}
	}
}

static void write_ids(FILE *file, const struct catalogue *catalogue)
{
	fputs("/* Made at build time from the catalogues. */\n"
	      "#ifndef NETGRADE_REPORTER_TEXT_TEXT_ID_H\n"
	      "#define NETGRADE_REPORTER_TEXT_TEXT_ID_H\n\nenum text_id {\n",
	      file);
	for (size_t i = 0; i < catalogue->count; i++) {
		fputs("\tTEXT_", file);
		for (const char *at = catalogue->entries[i].key; *at != '\0'; at++)
			fputc(*at == '.' ? '_' : toupper((unsigned char)*at), file);
		fputs(",\n", file);
	}
	fputs("\tTEXT_COUNT\n};\n\n#endif\n", file);
}

static void write_text(FILE *file, const char *text)
{
	fputs("\t\t\"", file);
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte < ' ' || byte == '"' || byte == '\\' || byte == '?' || byte > '~')
			fprintf(file, "\\%03o", byte);
		else
			fputc(byte, file);
	}
	fputs("\",\n", file);
}

static void write_table(FILE *file, const struct catalogue *catalogues, size_t count)
{
	fputs("/* Made at build time from the catalogues. */\n"
	      "#include \"reporter/text/text_table.h\"\n\n"
	      "const char *const text_table[LANGUAGE_COUNT][TEXT_COUNT] = {\n",
	      file);
	for (size_t i = 0; i < count; i++) {
		fputs("\t{\n", file);
		for (size_t k = 0; k < catalogues[0].count; k++)
			write_text(file, find(&catalogues[i], catalogues[0].entries[k].key)->text);
		fputs("\t},\n", file);
	}
	fputs("};\n", file);
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "wb");

	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return file;
}

/* "a.b_c" and "a_b.c" would be one C name. */
static void refuse_clashes(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->count; i++) {
		for (size_t k = 0; k < i; k++) {
			const char *one = catalogue->entries[i].key;
			const char *other = catalogue->entries[k].key;
			while (*one == *other || (strchr("._", *one) && strchr("._", *other))) {
				if (*one == '\0' || *other == '\0')
					break;
				one++;
				other++;
			}
			yaml_mark_t mark = {.line = catalogue->entries[i].line - 1,
					    .column = catalogue->entries[i].column - 1};
			if (*one == '\0' && *other == '\0')
				complain(catalogue, mark, catalogue->entries[i].key,
					 "same name in C as another key");
		}
	}
}

int main(int argc, char **argv)
{
	struct catalogue catalogues[LANGUAGES_MAX] = {0};
	size_t count = argc > 3 ? (size_t)argc - 3 : 0;
	size_t mistakes = 0;

	if (count == 0 || count > LANGUAGES_MAX) {
		fputs("usage: generator TEXT_ID_H TEXT_TABLE_C CATALOGUE...\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < count; i++) {
		catalogues[i].path = argv[i + 3];
		load(&catalogues[i]);
	}
	refuse_clashes(&catalogues[0]);
	for (size_t i = 1; i < count; i++) {
		compare(&catalogues[0], &catalogues[i], true);
		compare(&catalogues[i], &catalogues[0], false);
	}
	for (size_t i = 0; i < count; i++)
		mistakes += catalogues[i].mistakes;
	if (mistakes == 0) {
		FILE *ids = create(argv[1]);
		write_ids(ids, &catalogues[0]);
		FILE *table = create(argv[2]);
		write_table(table, catalogues, count);
		if (fclose(ids) != 0 || fclose(table) != 0)
			mistakes++;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < catalogues[i].count; k++)
			free(catalogues[i].entries[k].text);
		free(catalogues[i].entries);
	}
	return mistakes == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
