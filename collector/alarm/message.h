/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message tells people or their programs of one kind of news, of many paths at once. */
#ifndef NETGRADE_ALARM_MESSAGE_H
#define NETGRADE_ALARM_MESSAGE_H

#include "collector/alarm/board.h"
#include "collector/alarm/subjects.h"
#include "collector/base/err.h"

#include <stddef.h>

enum message_kind { MESSAGE_RAISED, MESSAGE_CLEARED, MESSAGE_REMINDER, MESSAGE_TEST };

const char *message_kind_name(enum message_kind kind); /* "raised", "cleared" … */

struct message {
	struct message *next; /* for who queues it */
	enum message_kind kind;
	char *agent;
	char *json; /* the body of a POST, the standard input of a command */
	char *zh;   /* one line */
	char *en;
	struct news *news;
	size_t count;
};

struct message_request {
	enum message_kind kind;
	const struct subjects *subjects;
	const struct news *news; /* of that kind */
	size_t count;
	size_t watched; /* paths that could raise alarms */
	nsec at;	/* realtime */
};

MUST_CHECK enum err message_create(const struct message_request *request, struct message **out);
void message_destroy(struct message *message); /* NULL is fine */

#endif
