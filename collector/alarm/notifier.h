/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A notifier delivers messages by a command and by HTTP, one after the other, in a thread of its
 * own: however long that takes, nobody waits for it. */
#ifndef NETGRADE_ALARM_NOTIFIER_H
#define NETGRADE_ALARM_NOTIFIER_H

#include "collector/alarm/message.h"
#include "collector/base/err.h"
#include "config/alarms.h"

#include <stdbool.h>

struct notifier;

/* bell: rung whenever a message is done. */
MUST_CHECK enum err notifier_create(int bell, struct notifier **out);

/* Gives what is under way a few seconds and leaves the rest undelivered. NULL is fine. */
void notifier_destroy(struct notifier *notifier);

/* From the next message on; copies. */
MUST_CHECK enum err notifier_configure(struct notifier *notifier,
				       const struct alarms_config *alarms);

/* Queues a message, which it owns from now on. E_FULL: too many wait; the message is destroyed. */
MUST_CHECK enum err notifier_send(struct notifier *notifier, struct message *message);

/* A message that was delivered or given up, which the caller destroys; NULL: none. */
struct message *notifier_take_done(struct notifier *notifier);

/* Waits until nothing is queued or this long has passed. */
void notifier_drain(struct notifier *notifier, nsec patience);

/* Delivers a message in this thread, without retries; what happens is logged. Whether every way of
 * the configuration took it. */
bool notifier_deliver_once(const struct alarms_config *alarms, const struct message *message);

#endif
