/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/backlog.h"

#include <stdlib.h>

enum { ROOM_MIN = 1024, SHARE_MIN = 64, SHARES = 256 };

void backlog_finish(struct backlog *backlog)
{
	free(backlog->items);
	*backlog = (struct backlog){0};
}

static enum err enlarge(struct backlog *backlog)
{
	size_t room = backlog->room == 0 ? ROOM_MIN : 2 * backlog->room;
	struct ended *items = malloc(room * sizeof(*items));

	if (items == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < backlog->count; i++)
		items[i] = backlog->items[(backlog->first + i) % backlog->room];
	free(backlog->items);
	backlog->items = items;
	backlog->first = 0;
	backlog->room = room;
	return E_OK;
}

enum err backlog_put(struct backlog *backlog, struct ended ended)
{
	enum err rc = backlog->count < backlog->room ? E_OK : enlarge(backlog);

	if (rc != E_OK)
		return rc;
	backlog->items[(backlog->first + backlog->count++) % backlog->room] = ended;
	return E_OK;
}

size_t backlog_share(const struct backlog *backlog)
{
	size_t share = backlog->count / SHARES;

	return share > SHARE_MIN ? share : SHARE_MIN;
}

bool backlog_take(struct backlog *backlog, struct ended *out)
{
	if (backlog->count == 0)
		return false;
	*out = backlog->items[backlog->first];
	backlog->first = (backlog->first + 1) % backlog->room;
	if (--backlog->count == 0 && backlog->room > ROOM_MIN)
		backlog_finish(backlog);
	return true;
}
