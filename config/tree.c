/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/tree.h"
#include "config/names.h"
#include "config/plain.h"

#include <string.h>
#include <yaml.h>

/* Past NESTING_MAX nothing is read at all: libyaml's time grows with the square of the brackets
 * that are open. */
enum { DEPTH_MAX = 32, NESTING_MAX = 256, NODES_MAX = 4000000, KEY_TEXT = 256 };

/* What the walk over the built nodes remembers of each. */
struct visit {
	enum { VISIT_NEW, VISIT_OPEN, VISIT_DONE } state;
	size_t size;  /* nodes below and itself, every alias counted as a copy */
	size_t depth; /* levels below and itself */
};

struct building {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct node *nodes;
	struct visit *visits; /* one a node */
};

void path_format(const struct path *path, char *out, size_t size)
{
	if (path == NULL || path->up == NULL) {
		snprintf(out, size, "%s", path == NULL || path->key == NULL ? "" : path->key);
		return;
	}
	path_format(path->up, out, size);
	size_t used = strlen(out);
	if (path->key == NULL)
		snprintf(out + used, size - used, "[%zu]", path->index);
	else
		snprintf(out + used, size - used, "%s%s", used == 0 ? "" : ".", path->key);
}

static void complain(struct building *b, struct place place, const struct path *path,
		     const char *message)
{
	char key[KEY_TEXT];

	path_format(path, key, sizeof(key));
	diagnostics_add(b->diagnostics, SEVERITY_ERROR, place, key, "%s", message);
}

static struct place place_of(const struct source *source, yaml_mark_t mark)
{
	return (struct place){source->path, mark.line + 1, mark.column + 1};
}

static void build_scalar(struct node *node, const yaml_node_t *from)
{
	node->kind = NODE_SCALAR;
	node->text = (const char *)from->data.scalar.value;
	node->empty = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		      (node->text[0] == '\0' || strcmp(node->text, "~") == 0);
}

static void build_sequence(struct building *b, struct node *node, const yaml_node_t *from)
{
	const yaml_node_item_t *item = from->data.sequence.items.start;

	node->kind = NODE_SEQUENCE;
	node->count = (size_t)(from->data.sequence.items.top - item);
	node->items = arena_zeroed(b->arena, node->count, sizeof(struct node *));
	for (size_t i = 0; i < node->count; i++)
		node->items[i] = &b->nodes[item[i] - 1];
}

static void build_mapping(struct building *b, struct node *node, const yaml_node_t *from)
{
	const yaml_node_pair_t *pair = from->data.mapping.pairs.start;

	node->kind = NODE_MAPPING;
	node->count = (size_t)(from->data.mapping.pairs.top - pair);
	node->items = arena_zeroed(b->arena, node->count, sizeof(struct node *));
	node->keys = arena_zeroed(b->arena, node->count, sizeof(struct node *));
	for (size_t i = 0; i < node->count; i++) {
		node->keys[i] = &b->nodes[pair[i].key - 1];
		node->items[i] = &b->nodes[pair[i].value - 1];
	}
}

/* Copies the nodes of the document out of libyaml's, whose texts are copied too. */
static void build(struct building *b, const struct source *source, const yaml_document_t *document)
{
	size_t count = (size_t)(document->nodes.top - document->nodes.start);

	b->nodes = arena_zeroed(b->arena, count, sizeof(*b->nodes));
	b->visits = arena_zeroed(b->arena, count, sizeof(*b->visits));
	for (size_t i = 0; i < count; i++) {
		const yaml_node_t *from = &document->nodes.start[i];
		struct node *node = &b->nodes[i];
		node->place = place_of(source, from->start_mark);
		if (from->type == YAML_SCALAR_NODE)
			build_scalar(node, from);
		else if (from->type == YAML_SEQUENCE_NODE)
			build_sequence(b, node, from);
		else
			build_mapping(b, node, from);
		if (node->kind != NODE_SCALAR)
			continue;
		size_t len = from->data.scalar.length;
		node->text = arena_text(b->arena, node->text);
		node->refused = !plain_text((const char *)from->data.scalar.value, len);
	}
}

/* Takes the pair at index out of a mapping. */
static void drop_pair(struct node *node, size_t index)
{
	size_t behind = node->count - index - 1;

	memmove(node->keys + index, node->keys + index + 1, behind * sizeof(struct node *));
	memmove(node->items + index, node->items + index + 1, behind * sizeof(struct node *));
	node->count--;
}

static void check_keys(struct building *b, struct node *node, const struct path *path)
{
	struct names *names = names_create(b->arena, node->count);

	for (size_t i = 0; i < node->count;) {
		const struct node *key = node->keys[i];
		struct path below = {path, key->kind == NODE_SCALAR ? key->text : "?", 0};
		char message[128];
		if (key->kind != NODE_SCALAR || key->refused) {
			complain(b, key->place, path,
				 "a key must be one printable word; write \"key: value\"");
			drop_pair(node, i);
			continue;
		}
		size_t first = names_add(names, key->text, i);
		if (first != NAMES_NONE) {
			snprintf(message, sizeof(message),
				 "is given twice; first at %zu:%zu; remove one",
				 node->keys[first]->place.line, node->keys[first]->place.column);
			complain(b, key->place, &below, message);
			drop_pair(node, i);
			continue;
		}
		i++;
	}
}

static bool walk(struct building *b, struct node *node, const struct path *path, size_t level);

static bool walk_items(struct building *b, struct node *node, const struct path *path, size_t level)
{
	struct visit *visit = &b->visits[node - b->nodes];

	for (size_t i = 0; i < node->count; i++) {
		struct path below = {path, node->keys == NULL ? NULL : node->keys[i]->text, i};
		if (!walk(b, node->items[i], &below, level + 1))
			return false;
		const struct visit *item = &b->visits[node->items[i] - b->nodes];
		visit->size += item->size;
		if (item->depth + 1 > visit->depth)
			visit->depth = item->depth + 1;
	}
	return true;
}

/* Each node is entered once, however often aliases name it. False when the tree is to be refused.
 */
static bool walk(struct building *b, struct node *node, const struct path *path, size_t level)
{
	struct visit *visit = &b->visits[node - b->nodes];

	if (visit->state == VISIT_OPEN) {
		complain(b, node->place, path, "contains itself through an alias; write it out");
		return false;
	}
	if (level + visit->depth > DEPTH_MAX + (visit->state == VISIT_DONE)) {
		complain(b, node->place, path, "lies more than 32 levels deep; flatten it");
		return false;
	}
	if (visit->state == VISIT_DONE)
		return true;
	visit->state = VISIT_OPEN;
	visit->size = 1;
	visit->depth = 1;
	if (node->kind == NODE_SCALAR && node->refused)
		complain(b, node->place, path,
			 "holds a control character or line break; write it on one line");
	if (node->kind == NODE_MAPPING)
		check_keys(b, node, path);
	if (!walk_items(b, node, path, level))
		return false;
	visit->state = VISIT_DONE;
	if (visit->size > NODES_MAX) {
		complain(b, node->place, path, "repeats too much through aliases; write it out");
		return false;
	}
	return true;
}

static struct node *checked_root(struct building *b)
{
	const struct path top = {NULL, NULL, 0};

	return walk(b, &b->nodes[0], &top, 1) ? &b->nodes[0] : NULL;
}

static void complain_syntax(const struct source *source, const yaml_parser_t *parser,
			    struct diagnostics *diagnostics)
{
	struct place place = place_of(source, parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		diagnostics_add(diagnostics, SEVERITY_ERROR, place, "", "no memory to read it");
	else
		diagnostics_add(diagnostics, SEVERITY_ERROR, place, "",
				"is no YAML: %s%s%s; look at the brackets, quotes and "
				"indentation before it (spaces, no tabs)",
				parser->problem == NULL ? "unknown problem" : parser->problem,
				parser->context == NULL ? "" : " ",
				parser->context == NULL ? "" : parser->context);
}

/* A second document would be ignored in silence. */
static bool check_end(const struct source *source, yaml_parser_t *parser,
		      struct diagnostics *diagnostics)
{
	yaml_document_t document;

	if (!yaml_parser_load(parser, &document)) {
		complain_syntax(source, parser, diagnostics);
		return false;
	}
	bool another = yaml_document_get_root_node(&document) != NULL;
	if (another)
		diagnostics_add(diagnostics, SEVERITY_ERROR, place_of(source, document.start_mark),
				"", "another document begins; write one document");
	yaml_document_delete(&document);
	return !another;
}

static bool open_parser(const struct source *source, yaml_parser_t *parser,
			struct diagnostics *diagnostics)
{
	if (!yaml_parser_initialize(parser)) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, (struct place){source->path, 1, 1}, "",
				"no memory to read it");
		return false;
	}
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, (const unsigned char *)source->text, source->len);
	return true;
}

/* How many levels deeper the event leads. */
static int steps_of(yaml_event_type_t type)
{
	switch (type) {
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return -1;
	default:
		return 0;
	}
}

/* Other faults are left to who reads the document whole. */
static bool check_nesting(const struct source *source, struct diagnostics *diagnostics)
{
	yaml_parser_t parser;
	yaml_event_t event;
	int level = 0;
	bool ended = false;

	if (!open_parser(source, &parser, diagnostics))
		return false;
	while (!ended && level <= NESTING_MAX && yaml_parser_parse(&parser, &event)) {
		level += steps_of(event.type);
		ended = event.type == YAML_STREAM_END_EVENT;
		if (level > NESTING_MAX)
			diagnostics_add(diagnostics, SEVERITY_ERROR,
					place_of(source, event.start_mark), "",
					"lies more than 32 levels deep; flatten it");
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return level <= NESTING_MAX;
}

struct node *tree_parse(const struct source *source, struct arena *arena,
			struct diagnostics *diagnostics)
{
	struct building b = {.arena = arena, .diagnostics = diagnostics};
	struct node *root = NULL;
	yaml_parser_t parser;
	yaml_document_t document;

	if (!check_nesting(source, diagnostics) || !open_parser(source, &parser, diagnostics))
		return NULL;
	if (!yaml_parser_load(&parser, &document)) {
		complain_syntax(source, &parser, diagnostics);
		yaml_parser_delete(&parser);
		return NULL;
	}
	if (yaml_document_get_root_node(&document) == NULL) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, (struct place){source->path, 1, 1}, "",
				"is empty; write the keys that --help-config lists");
	} else if (check_end(source, &parser, diagnostics)) {
		build(&b, source, &document);
		root = checked_root(&b);
	}
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	return root;
}
