/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/section.h"
#include "config/closest.h"

#include <stdarg.h>
#include <string.h>

enum { ROWS_MAX = 32, KEY_TEXT = 256 };

static void complain_at(const struct reading *reading, struct section *section, struct place place,
			const char *key, const char *message)
{
	char path[KEY_TEXT];

	snprintf(path, sizeof(path), "%s%s%s", section->path,
		 section->path[0] == '\0' || key[0] == '\0' ? "" : ".", key);
	diagnostics_add(reading->diagnostics, SEVERITY_ERROR, place, path, "%s", message);
	section->broken = true;
}

void section_complain(const struct reading *reading, struct section *section, struct value *value,
		      const char *format, ...)
{
	struct problem problem;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(problem.text, sizeof(problem.text), format, arguments);
	va_end(arguments);
	complain_at(reading, section, value->place, value->row->name, problem.text);
	value->state = VALUE_REFUSED;
}

void section_set(const struct reading *reading, struct section *section, const struct key_row *row,
		 struct value *value, struct place place, const char *text)
{
	struct problem problem;
	const char *source = value->source;

	*value = (struct value){.row = row, .state = VALUE_GIVEN, .place = place, .source = source};
	if (!value_read(row, text, value, &problem) ||
	    (row->check != NULL && !row->check(value, &problem)))
		section_complain(reading, section, value, "%s", problem.text);
}

static const char *kind_wanted(const struct key_row *row)
{
	if (row->type == VALUE_SECTIONS)
		return "a list, each element \"- name: …\"";
	if (row->type == VALUE_SECTION)
		return "keys with values";
	if (row->list)
		return "a list such as [one, two]";
	return row->type == VALUE_NAME ? "one name" : "one value";
}

static const char *kind_found(const struct node *node)
{
	return node->kind == NODE_SCALAR     ? "is a single value"
	       : node->kind == NODE_SEQUENCE ? "is a list"
					     : "is a mapping";
}

/* Whether the node is of the kind; an error otherwise. */
static bool expect_kind(const struct reading *reading, struct section *section,
			const struct key_row *row, const struct node *node, enum node_kind kind)
{
	char message[128];

	if (node->refused) {
		section->broken = true;
		return false;
	}
	if (node->kind == kind)
		return true;
	snprintf(message, sizeof(message), "%s; write %s", kind_found(node), kind_wanted(row));
	complain_at(reading, section, node->place, row->name, message);
	return false;
}

/* Whether the node is a list with something in it; an error otherwise. */
static bool expect_list(const struct reading *reading, struct section *section,
			const struct key_row *row, const struct node *node)
{
	if (!expect_kind(reading, section, row, node, NODE_SEQUENCE))
		return false;
	if (node->count == 0)
		complain_at(reading, section, node->place, row->name,
			    row->required ? "is empty; list something"
					  : "is empty; list something or leave the key out");
	return node->count > 0;
}

/* An element must not stand twice in its list. */
static void check_repeated(const struct reading *reading, struct section *section,
			   struct value *value, size_t index)
{
	struct value *item = &value->items[index];

	if (item->row->repeats)
		return;
	for (size_t i = 0; i < index && item->state == VALUE_GIVEN; i++) {
		if (strcmp(value->items[i].text, item->text) == 0)
			section_complain(reading, section, item, "%s is listed twice; remove one",
					 item->text);
	}
}

static void read_list(const struct reading *reading, struct section *section,
		      const struct key_row *row, const struct node *node, struct value *value)
{
	value->state = VALUE_REFUSED;
	if (!expect_list(reading, section, row, node))
		return;
	value->state = VALUE_GIVEN;
	value->count = node->count;
	value->items = arena_zeroed(reading->arena, node->count, sizeof(*value->items));
	for (size_t i = 0; i < node->count; i++) {
		value->items[i] = (struct value){.row = row, .state = VALUE_REFUSED, .text = ""};
		if (expect_kind(reading, section, row, node->items[i], NODE_SCALAR)) {
			section_set(reading, section, row, &value->items[i], node->items[i]->place,
				    node->items[i]->text);
			check_repeated(reading, section, value, i);
		}
		if (value->items[i].state == VALUE_REFUSED)
			value->state = VALUE_REFUSED;
	}
}

/* A list of one written without its brackets. */
static void read_alone(const struct reading *reading, struct section *section,
		       const struct key_row *row, const struct node *node, struct value *value)
{
	value->count = 1;
	value->items = arena_zeroed(reading->arena, 1, sizeof(*value->items));
	section_set(reading, section, row, &value->items[0], node->place, node->text);
	value->state = value->items[0].state;
}

/* The node of a key in a mapping, NULL if it has none. */
static const struct node *member(const struct node *node, const char *key)
{
	for (size_t i = 0; i < node->count; i++) {
		if (strcmp(node->keys[i]->text, key) == 0)
			return node->items[i];
	}
	return NULL;
}

/* Unwraps {value: …, source: …}; NULL with an error when either is missing. */
static const struct node *unwrap(const struct reading *reading, struct section *section,
				 const struct key_row *row, const struct node *node,
				 const char **source)
{
	if (node->refused)
		return NULL;
	const struct node *value = node->kind == NODE_MAPPING ? member(node, "value") : NULL;
	const struct node *from = node->kind == NODE_MAPPING ? member(node, "source") : NULL;
	bool sourced = from != NULL && from->kind == NODE_SCALAR && !from->empty;
	if (value == NULL || !sourced || node->count != 2) {
		complain_at(reading, section, node->place, row->name,
			    sourced ? "has not just value and source; write {value: …, source: …}"
				    : "has no source; write {value: …, source: where it was "
				      "published} or source: default");
		return NULL;
	}
	*source = from->text;
	return value;
}

static void read_value(const struct reading *reading, struct section *section,
		       const struct key_row *row, const struct node *node, struct value *value)
{
	*value = (struct value){.row = row, .state = VALUE_REFUSED, .place = node->place};
	if (row->sourced)
		node = unwrap(reading, section, row, node, &value->source);
	if (node == NULL) {
		section->broken = true;
		return;
	}
	value->place = node->place;
	if (row->single && node->kind == NODE_SCALAR && !node->refused)
		read_alone(reading, section, row, node, value);
	else if (row->list)
		read_list(reading, section, row, node, value);
	else if (expect_kind(reading, section, row, node, NODE_SCALAR))
		section_set(reading, section, row, value, node->place, node->text);
}

static void read_sections(const struct reading *reading, struct section *section,
			  const struct key_row *row, const struct node *node,
			  const struct path *path, struct section_list *list)
{
	list->place = node->place;
	list->broken = true;
	if (!expect_list(reading, section, row, node))
		return;
	if (row->most > 0 && node->count > (size_t)row->most) {
		char message[128];
		snprintf(message, sizeof(message), "has %zu elements; at most %lld are allowed",
			 node->count, (long long)row->most);
		complain_at(reading, section, node->place, row->name, message);
		return;
	}
	list->broken = false;
	list->count = node->count;
	list->items = arena_zeroed(reading->arena, node->count, row->size);
	for (size_t i = 0; i < node->count; i++) {
		struct path below = {path, NULL, i};
		section_read(reading, row->rows, node->items[i], &below,
			     list->items + i * row->size);
	}
}

static const struct key_row *find_row(const struct key_row *rows, const char *name)
{
	for (; rows->name != NULL; rows++) {
		if (strcmp(rows->name, name) == 0)
			return rows;
	}
	return NULL;
}

/* A key that is left out because it is misspelt is not missing too. */
static void excuse(void *draft, const struct key_row *row)
{
	if (row->type == VALUE_SECTIONS)
		((struct section_list *)section_member(draft, row))->broken = true;
	else if (row->type == VALUE_SECTION)
		((struct section *)section_member(draft, row))->broken = true;
	else
		((struct value *)section_member(draft, row))->state = VALUE_REFUSED;
}

static void unknown_key(const struct reading *reading, const struct key_row *rows,
			const struct node *key, void *draft)
{
	struct section *section = draft;
	const char *names[ROWS_MAX];
	char message[512];
	size_t count = 0;
	size_t used;

	for (; rows[count].name != NULL && count < ROWS_MAX; count++)
		names[count] = rows[count].name;
	const char *closest = closest_name(key->text, names, count);
	if (closest != NULL) {
		snprintf(message, sizeof(message), "is an unknown key; did you mean %s?", closest);
		excuse(draft, find_row(rows, closest));
	} else {
		used = (size_t)snprintf(message, sizeof(message), "is an unknown key; known:");
		for (size_t i = 0; i < count && used < sizeof(message); i++)
			used += (size_t)snprintf(message + used, sizeof(message) - used, "%s %s",
						 i == 0 ? "" : ",", names[i]);
	}
	complain_at(reading, section, key->place, key->text, message);
}

static void read_member(const struct reading *reading, const struct key_row *row,
			const struct node *key, const struct node *node, const struct path *path,
			void *draft)
{
	struct section *section = draft;
	void *into = section_member(draft, row);

	if (node->empty && !node->refused) {
		complain_at(reading, section, key->place, row->name,
			    row->required ? "has no value; write one"
					  : "has no value; write one or leave the key out");
		excuse(draft, row);
		return;
	}
	if (row->type == VALUE_SECTIONS) {
		read_sections(reading, section, row, node, path, into);
		return;
	}
	if (row->type != VALUE_SECTION) {
		read_value(reading, section, row, node, into);
		return;
	}
	section_read(reading, row->rows, node, path, into);
	section->broken |= ((struct section *)into)->broken;
}

void section_read(const struct reading *reading, const struct key_row *rows,
		  const struct node *node, const struct path *path, void *draft)
{
	struct section *section = draft;
	char text[KEY_TEXT];

	path_format(path, text, sizeof(text));
	section->path = arena_text(reading->arena, text);
	section->place = node->place;
	if (node->kind != NODE_MAPPING) {
		if (!node->refused)
			complain_at(reading, section, node->place, "",
				    "must be keys with values; write \"key: value\"");
		section->broken = true;
		for (const struct key_row *row = rows; row->name != NULL; row++)
			excuse(draft, row);
	}
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->count; i++) {
		const struct key_row *row = find_row(rows, node->keys[i]->text);
		struct path below = {path, node->keys[i]->text, 0};
		if (row == NULL)
			unknown_key(reading, rows, node->keys[i], draft);
		else
			read_member(reading, row, node->keys[i], node->items[i], &below, draft);
	}
	section_finish(reading, rows, draft);
}

static void fill_value(const struct reading *reading, struct section *section,
		       const struct key_row *row, struct value *value)
{
	if (value->row == NULL)
		value->row = row;
	if (value->place.line == 0)
		value->place = section->place;
	if (value->state != VALUE_ABSENT)
		return;
	if (row->required) {
		complain_at(reading, section, value->place, row->name, "is missing; write it");
		value->state = VALUE_REFUSED;
	} else if (row->fallback != NULL) {
		section_set(reading, section, row, value, value->place, row->fallback);
		if (value->state == VALUE_GIVEN)
			value->state = VALUE_DEFAULT;
	}
}

/* A section that is left out: its defaults count, unless it had to be there or is misspelt. */
static void fill_section(const struct reading *reading, struct section *section,
			 const struct key_row *row, struct section *below)
{
	if (below->path != NULL)
		return;
	below->place = section->place;
	below->path = arena_format(reading->arena, "%s%s%s", section->path,
				   section->path[0] == '\0' ? "" : ".", row->name);
	if (row->required && !below->broken) {
		complain_at(reading, section, section->place, row->name, "is missing; write it");
		below->broken = true;
	}
	if (!below->broken && !row->whole)
		section_finish(reading, row->rows, below);
}

static void fill_list(const struct reading *reading, struct section *section,
		      const struct key_row *row, struct section_list *list)
{
	if (!row->required || list->place.line > 0 || list->broken)
		return;
	complain_at(reading, section, section->place, row->name, "is missing; write it");
	list->broken = true;
}

void section_finish(const struct reading *reading, const struct key_row *rows, void *draft)
{
	for (const struct key_row *row = rows; row->name != NULL; row++) {
		void *into = section_member(draft, row);
		if (row->type == VALUE_SECTION)
			fill_section(reading, draft, row, into);
		else if (row->type == VALUE_SECTIONS)
			fill_list(reading, draft, row, into);
		else
			fill_value(reading, draft, row, into);
	}
}
