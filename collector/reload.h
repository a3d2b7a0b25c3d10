/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A reload reads a configuration again while the old one runs, away from the loop, and hands it
 * over only when all of it is good. */
#ifndef NETGRADE_COLLECTOR_RELOAD_H
#define NETGRADE_COLLECTOR_RELOAD_H

#include "collector/base/err.h"
#include "collector/base/random.h"
#include "collector/plan.h"
#include "collector/store/store.h"
#include "config/config.h"

#include <uv.h>

struct reload;

/* The strings are copied; the secret outlives the reload. */
struct reload_request {
	const char *path;
	const char *agent;
	const char *data; /* the directory in use: another one needs a restart */
	const struct hash_key *secret;
	const char *time_zone; /* that of the process: another one needs a restart */
};

struct reload_listener {
	void *context;
	/* The listener owns the configuration, not the plan. */
	void (*reloaded)(void *context, struct config *config, const struct plan *plan);
	/* Every error in it has been logged; reason is one line. */
	void (*refused)(void *context, const char *reason);
};

MUST_CHECK enum err reload_create(uv_loop_t *loop, const struct reload_request *request,
				  struct store *store, struct reload **out);
void reload_listen(struct reload *reload, const struct reload_listener *listener);

/* Reads the file; asked again meanwhile, it reads once more afterwards. */
void reload_start(struct reload *reload);

/* Tells its listener nothing more; what is under way frees itself. NULL is fine. */
void reload_close(struct reload *reload);

/* The plan of a configuration for this agent, every series of it registered in the store. */
MUST_CHECK enum err reload_plan(const struct reload_request *request, const struct config *config,
				struct store *store, struct plan *out);

/* A hangup while the store is opened or closed waits: nobody listens, and it would end the program.
 * how: as of pthread_sigmask. */
void reload_hold(int how);

#endif
