/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/slot_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More wrong lines than this are counted, not printed. */
enum { FAULTS_PRINTED = 20 };

struct series {
	char key[KEY_TEXT];
	nsec until; /* end of the last slot */
	nsec length;
};

struct slot_file {
	const char *path;
	FILE *stream;
	char *line;
	size_t room;
	size_t number; /* of the line */
	struct series *series;
	size_t count;
	size_t series_room;
	size_t *order; /* series by key */
	size_t last;   /* the series of the row before */
	struct period period;
	nsec shortest;
	size_t faults;
};

static void complain(struct slot_file *file, const struct slot_row_fault *fault)
{
	if (file->faults++ < FAULTS_PRINTED)
		fprintf(stderr, "%s:%zu:%zu: %s%s%s\n", file->path, file->number, fault->column,
			fault->name, fault->name[0] == '\0' ? "" : ": ", fault->right);
}

/* --- series --- */

/* Where its key stands, or belongs, in the order. */
static size_t place_of(const struct slot_file *file, const char *key, bool *known)
{
	size_t low = 0;
	size_t high = file->count;

	*known = false;
	while (low < high && !*known) {
		size_t middle = low + (high - low) / 2;
		int way = strcmp(key, file->series[file->order[middle]].key);
		*known = way == 0;
		if (way <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}

static enum err add_series(struct slot_file *file, const char *key, size_t place)
{
	if (file->count == file->series_room) {
		size_t room = file->series_room == 0 ? 64 : 2 * file->series_room;
		struct series *series = realloc(file->series, room * sizeof(*series));
		if (series != NULL)
			file->series = series;
		size_t *order = realloc(file->order, room * sizeof(*order));
		if (order != NULL)
			file->order = order;
		if (series == NULL || order == NULL)
			return E_MEMORY;
		file->series_room = room;
	}
	memmove(file->order + place + 1, file->order + place,
		(file->count - place) * sizeof(*file->order));
	file->order[place] = file->count;
	file->series[file->count] = (struct series){.until = NSEC_UNDEFINED};
	memcpy(file->series[file->count].key, key, strlen(key) + 1);
	file->count++;
	return E_OK;
}

static enum err find_or_add(struct slot_file *file, const struct series_key *key, size_t *out)
{
	char text[KEY_TEXT];
	bool known;

	series_key_format(key, text);
	if (file->last < file->count && strcmp(file->series[file->last].key, text) == 0) {
		*out = file->last;
		return E_OK;
	}
	size_t place = place_of(file, text, &known);
	enum err rc = known ? E_OK : add_series(file, text, place);
	if (rc == E_OK)
		*out = file->last = file->order[place];
	return rc;
}

size_t slot_file_find(const struct slot_file *file, const struct series_key *key)
{
	char text[KEY_TEXT];
	bool known;

	series_key_format(key, text);
	size_t place = place_of(file, text, &known);
	return known ? file->order[place] : SLOT_FILE_NONE;
}

/* --- lines --- */

/* The next line without its end. E_NOT_FOUND: there is none. */
static enum err read_line(struct slot_file *file)
{
	ssize_t len = getline(&file->line, &file->room, file->stream);

	if (len < 0)
		return ferror(file->stream) != 0 ? err_from_errno(errno) : E_NOT_FOUND;
	file->number++;
	while (len > 0 && (file->line[len - 1] == '\n' || file->line[len - 1] == '\r'))
		file->line[--len] = '\0';
	return E_OK;
}

static enum err read_header(struct slot_file *file)
{
	static const struct slot_row_fault wrong = {
		1, "", "these are no slots; the first line must be: " SLOT_ROW_COLUMNS};

	file->number = 0;
	enum err rc = read_line(file);
	if (rc == E_OK && strcmp(file->line, SLOT_ROW_COLUMNS) == 0)
		return E_OK;
	if (rc != E_OK && rc != E_NOT_FOUND)
		return rc;
	file->number = 1;
	complain(file, &wrong);
	return E_SYNTAX;
}

enum err slot_file_next(struct slot_file *file, struct slot_file_row *out)
{
	struct slot_row_fault fault;

	enum err rc = read_line(file);
	if (rc == E_OK && strlen(file->line) > SLOT_FILE_LONGEST) {
		fault = (struct slot_row_fault){1, "", "is longer than any slot"};
		rc = E_SYNTAX;
	} else if (rc == E_OK) {
		rc = slot_row_parse(file->line, &out->slot, &fault);
	}
	if (rc == E_SYNTAX)
		complain(file, &fault);
	if (rc == E_OK)
		rc = find_or_add(file, &out->slot.key, &out->series);
	if (rc != E_OK)
		return rc;
	struct series *series = &file->series[out->series];
	const struct summary *s = &out->slot.slot.summary;
	out->begins = series->length != s->until - s->from;
	series->length = s->until - s->from;
	return E_OK;
}

static void note(struct slot_file *file, const struct slot_file_row *row)
{
	static const struct slot_row_fault wrong = {
		1, "from", "begins before the slot of its series above ends; put them in order"};
	struct series *series = &file->series[row->series];
	const struct summary *s = &row->slot.slot.summary;

	if (series->until != NSEC_UNDEFINED && s->from < series->until)
		complain(file, &wrong);
	series->until = s->until;
	if (file->shortest == 0 || series->length < file->shortest)
		file->shortest = series->length;
	if (file->period.until == 0 || s->from < file->period.from)
		file->period.from = s->from;
	if (s->until > file->period.until)
		file->period.until = s->until;
}

static enum err check(struct slot_file *file)
{
	static const struct slot_row_fault empty = {1, "", "there are no slots; export some"};
	struct slot_file_row row;
	enum err rc = read_header(file);

	if (rc != E_OK)
		return rc;
	while ((rc = slot_file_next(file, &row)) == E_OK || rc == E_SYNTAX) {
		if (rc == E_OK)
			note(file, &row);
	}
	if (rc == E_NOT_FOUND && file->count == 0 && file->faults == 0)
		complain(file, &empty);
	if (file->faults > FAULTS_PRINTED)
		fprintf(stderr, "%s: %zu lines are wrong; export the slots anew\n", file->path,
			file->faults);
	if (rc != E_NOT_FOUND)
		return rc;
	return file->faults == 0 ? E_OK : E_SYNTAX;
}

/* Back to the first row, no series begun. */
static enum err rewind_rows(struct slot_file *file)
{
	if (fseek(file->stream, 0, SEEK_SET) != 0)
		return err_from_errno(errno);
	for (size_t i = 0; i < file->count; i++)
		file->series[i].length = 0;
	return read_header(file);
}

enum err slot_file_open(const char *path, struct slot_file **out)
{
	struct slot_file *file = calloc(1, sizeof(*file));

	if (file == NULL)
		return E_MEMORY;
	file->path = path;
	file->stream = fopen(path, "re");
	enum err rc = file->stream == NULL ? err_from_errno(errno) : check(file);
	if (rc == E_OK)
		rc = rewind_rows(file);
	if (rc == E_OK) {
		*out = file;
		return E_OK;
	}
	if (rc != E_SYNTAX)
		fprintf(stderr, "%s: %s\n", path, err_text(rc));
	slot_file_close(file);
	return rc;
}

void slot_file_close(struct slot_file *file)
{
	if (file == NULL)
		return;
	if (file->stream != NULL)
		fclose(file->stream);
	free(file->line);
	free(file->series);
	free(file->order);
	free(file);
}

size_t slot_file_count(const struct slot_file *file)
{
	return file->count;
}

struct period slot_file_period(const struct slot_file *file)
{
	return file->period;
}

nsec slot_file_shortest(const struct slot_file *file)
{
	return file->shortest;
}
