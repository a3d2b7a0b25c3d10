/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows are the announced maintenance that an archive keeps: rows are added and never changed, a
 * cancellation is a row of its own. */
#ifndef NETGRADE_STORE_WINDOWS_H
#define NETGRADE_STORE_WINDOWS_H

#include "collector/base/err.h"
#include "collector/metric/planned.h"
#include "collector/store/archive.h"
#include "collector/store/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WINDOW_WHO = 128, WINDOW_REASON = 512 };

enum window_scope_kind { SCOPE_EVERYTHING, SCOPE_ORGANISATION, SCOPE_SITE };

/* A site by the key of its series, or an organisation with its subtree. */
struct window_scope {
	enum window_scope_kind kind;
	char name[KEY_NAME]; /* "" for everything */
};

struct window_entry {
	struct window window;
	char owner[WINDOW_WHO];
	char reason[WINDOW_REASON];
	char entered_by[WINDOW_WHO];   /* the user of the system */
	char cancelled_by[WINDOW_WHO]; /* "" while it stands */
	char cancel_reason[WINDOW_REASON];
	const struct window_scope *scopes;
	size_t scope_count;
};

struct window_list {
	struct window_entry *items; /* in the order of their numbers */
	size_t count;
	struct window_scope *scopes; /* what the items point at */
};

/* Adds a window as it was entered; window.id and what concerns a cancellation are not read. Durable
 * when it returns. */
MUST_CHECK enum err windows_add(struct archive *archive, const struct window_entry *entry,
				int64_t *id);

struct window_cancel {
	int64_t id;
	nsec at;
	const char *by; /* the user of the system */
	const char *reason;
};

/* E_NOT_FOUND: no such window; E_EXISTS: it is cancelled already; E_RANGE: it is over. */
MUST_CHECK enum err windows_cancel(struct archive *archive, const struct window_cancel *cancel);

/* All of them; windows_finish frees. */
MUST_CHECK enum err windows_read(struct archive *archive, struct window_list *out);
void windows_finish(struct window_list *list);

/* A number that changes whenever a row is added. */
MUST_CHECK enum err windows_stamp(struct archive *archive, int64_t *out);

/* Who asks whether a window covers a site: its key, and whether an organisation of this name, or
 * one below it, is the site's. */
struct window_place {
	const char *key;
	bool (*within)(const void *context, const char *organisation);
	const void *context;
};

bool window_covers(const struct window_entry *entry, const struct window_place *place);

/* The windows of the list that cover the place; the caller frees *out. */
MUST_CHECK enum err windows_over(const struct window_list *list, const struct window_place *place,
				 struct window **out, size_t *count);

#endif
