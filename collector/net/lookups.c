/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/lookups.h"
#include "collector/base/bell.h"
#include "collector/base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No name takes longer than this, however long the asker has. */
static const nsec patience_most = 5 * NSEC_PER_SEC;

struct queue {
	struct lookup *first;
	struct lookup **end;
};

/* It lives until its owner and the last thread have left it. */
struct lookups {
	struct name_servers servers; /* under the mutex */
	int bell;		     /* its own descriptor of the owner's */
	pthread_mutex_t mutex;
	pthread_cond_t work;
	struct queue asked;
	struct queue done;
	uint32_t threads;
	uint32_t idle;
	bool closing;
};

static void put(struct queue *queue, struct lookup *lookup)
{
	lookup->next = NULL;
	*queue->end = lookup;
	queue->end = &lookup->next;
}

static struct lookup *take(struct queue *queue)
{
	struct lookup *lookup = queue->first;

	if (lookup == NULL)
		return NULL;
	queue->first = lookup->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	return lookup;
}

static void empty(struct queue *queue)
{
	for (struct lookup *lookup; (lookup = take(queue)) != NULL;)
		free(lookup);
}

/* The mutex is held, and let go. */
static void leave(struct lookups *lookups)
{
	bool last = lookups->closing && lookups->threads == 0;

	pthread_mutex_unlock(&lookups->mutex);
	if (!last)
		return;
	empty(&lookups->asked);
	empty(&lookups->done);
	close(lookups->bell);
	pthread_cond_destroy(&lookups->work);
	pthread_mutex_destroy(&lookups->mutex);
	free(lookups);
}

enum err lookups_create(const struct name_servers *servers, int bell, struct lookups **out)
{
	struct lookups *lookups = calloc(1, sizeof(*lookups));

	if (lookups == NULL)
		return E_MEMORY;
	lookups->servers = *servers;
	lookups->asked.end = &lookups->asked.first;
	lookups->done.end = &lookups->done.first;
	lookups->bell = fcntl(bell, F_DUPFD_CLOEXEC, 0);
	pthread_mutex_init(&lookups->mutex, NULL);
	pthread_cond_init(&lookups->work, NULL);
	if (lookups->bell < 0) {
		free(lookups);
		return E_SYSTEM;
	}
	*out = lookups;
	return E_OK;
}

void lookups_destroy(struct lookups *lookups)
{
	if (lookups == NULL)
		return;
	pthread_mutex_lock(&lookups->mutex);
	lookups->closing = true;
	pthread_cond_broadcast(&lookups->work);
	leave(lookups);
}

void lookups_renew(struct lookups *lookups, const struct name_servers *servers)
{
	pthread_mutex_lock(&lookups->mutex);
	lookups->servers = *servers;
	pthread_mutex_unlock(&lookups->mutex);
}

static void find(const struct name_servers *servers, struct lookup *lookup)
{
	nsec left = lookup->deadline - clock_monotonic();
	struct resolver_request request = {
		.servers = servers,
		.name = lookup->name,
		.family = lookup->family,
		.patience = left < patience_most ? left : patience_most,
	};

	lookup->rc = left <= 0 ? E_BUSY : resolver_find(&request, &lookup->resolution);
}

static void *work(void *context)
{
	struct lookups *lookups = context;

	pthread_mutex_lock(&lookups->mutex);
	while (!lookups->closing) {
		struct lookup *lookup = take(&lookups->asked);
		if (lookup == NULL) {
			lookups->idle++;
			pthread_cond_wait(&lookups->work, &lookups->mutex);
			lookups->idle--;
			continue;
		}
		struct name_servers servers = lookups->servers;
		pthread_mutex_unlock(&lookups->mutex);
		find(&servers, lookup);
		pthread_mutex_lock(&lookups->mutex);
		put(&lookups->done, lookup);
		bell_ring(lookups->bell);
	}
	lookups->threads--;
	leave(lookups);
	return NULL;
}

/* Signals are another's. The mutex is held. */
static enum err start(struct lookups *lookups)
{
	pthread_t thread;
	sigset_t all;
	sigset_t before;

	if (lookups->idle > 0 || lookups->threads >= LOOKUPS_AT_ONCE)
		return E_OK;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&thread, NULL, work, lookups) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!started)
		return lookups->threads > 0 ? E_OK : E_SYSTEM;
	(void)pthread_detach(thread);
	lookups->threads++;
	return E_OK;
}

enum err lookups_ask(struct lookups *lookups, const struct lookup *wanted, const char *name)
{
	size_t octets = strlen(name) + 1;
	struct lookup *lookup = malloc(sizeof(*lookup) + octets);

	if (lookup == NULL)
		return E_MEMORY;
	*lookup = *wanted;
	memcpy(lookup->name, name, octets);
	pthread_mutex_lock(&lookups->mutex);
	enum err rc = start(lookups);
	if (rc == E_OK) {
		put(&lookups->asked, lookup);
		pthread_cond_signal(&lookups->work);
	}
	pthread_mutex_unlock(&lookups->mutex);
	if (rc != E_OK)
		free(lookup);
	return rc;
}

struct lookup *lookups_collect(struct lookups *lookups)
{
	pthread_mutex_lock(&lookups->mutex);
	struct lookup *list = lookups->done.first;
	lookups->done.first = NULL;
	lookups->done.end = &lookups->done.first;
	pthread_mutex_unlock(&lookups->mutex);
	return list;
}
