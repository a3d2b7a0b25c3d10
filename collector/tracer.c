/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/tracer.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/probe/path_mtu.h"
#include "collector/probe/trace.h"
#include "collector/store/paths.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Two outages of a path that flaps. */
static const nsec outage_gap = NSEC_PER_MIN;

struct traced_path {
	char key[KEY_TEXT]; /* series_key_format */
	struct trace_target target;
	nsec interval;
};

struct followed {
	struct traced_path path;
	nsec due;	/* monotonic */
	nsec urged_at;	/* monotonic; NSEC_UNDEFINED: it is not bad */
	nsec slot;	/* that went bad */
	nsec outage_at; /* when one was traced last, monotonic */
};

struct tracer {
	struct trace_socket *socket;
	struct archive *archive;
	pthread_t thread;
	bool running;
	pthread_mutex_t mutex; /* over what follows */
	pthread_cond_t changed;
	struct followed *items;
	size_t count;
	atomic_bool stop;
};

/* What the thread does next. */
struct task {
	struct traced_path path;
	bool outage;
	nsec slot;
};

static int compare_keys(const void *key, const void *item)
{
	return strcmp(key, ((const struct followed *)item)->path.key);
}

static bool is_urgent(const struct followed *item, nsec now)
{
	return item->urged_at != NSEC_UNDEFINED && now - item->urged_at <= TRACER_OUTAGE_MAX;
}

/* Who was urged first, else who is due; NULL, with *due when that will change. */
static struct followed *choose(struct tracer *tracer, nsec now, nsec *due)
{
	struct followed *urgent = NULL;
	struct followed *next = NULL;

	for (size_t i = 0; i < tracer->count; i++) {
		struct followed *item = &tracer->items[i];
		if (is_urgent(item, now) && (urgent == NULL || item->urged_at < urgent->urged_at))
			urgent = item;
		if (next == NULL || item->due < next->due)
			next = item;
	}
	if (urgent != NULL)
		return urgent;
	*due = next == NULL ? NSEC_INFINITE : next->due;
	return next != NULL && next->due <= now ? next : NULL;
}

static void take(struct followed *item, nsec now, struct task *task)
{
	*task = (struct task){item->path, is_urgent(item, now), item->slot};
	if (task->outage)
		item->outage_at = now;
	else
		item->due = now + item->path.interval;
	item->urged_at = NSEC_UNDEFINED;
}

static void await(struct tracer *tracer, nsec due)
{
	struct timespec until = {due / NSEC_PER_SEC, due % NSEC_PER_SEC};

	if (due == NSEC_INFINITE)
		pthread_cond_wait(&tracer->changed, &tracer->mutex);
	else
		pthread_cond_timedwait(&tracer->changed, &tracer->mutex, &until);
}

/* False when the thread is to end. */
static bool next_task(struct tracer *tracer, struct task *task)
{
	bool found = false;

	pthread_mutex_lock(&tracer->mutex);
	while (!found && !atomic_load(&tracer->stop)) {
		nsec now = clock_monotonic();
		nsec due;
		struct followed *item = choose(tracer, now, &due);
		if (item != NULL)
			take(item, now, task);
		else
			await(tracer, due);
		found = item != NULL;
	}
	pthread_mutex_unlock(&tracer->mutex);
	return found;
}

/* A route is another only when it is found twice. */
static enum err keep_route(struct tracer *tracer, const struct task *task, nsec at,
			   const struct route *route)
{
	struct route again;
	bool differs;

	enum err rc = paths_route_differs(tracer->archive, task->path.key, route, &differs);
	if (rc == E_OK && differs) {
		rc = trace_run(tracer->socket, &task->path.target, &again);
		if (rc == E_OK && !route_same(route, &again))
			return E_OK;
	}
	return rc == E_OK ? paths_put_route(tracer->archive, task->path.key, at, route) : rc;
}

static enum err keep_mtu(struct tracer *tracer, const struct task *task, nsec at)
{
	struct path_mtu mtu;

	enum err rc = path_mtu_find(tracer->socket, &task->path.target, &mtu);
	if (rc != E_OK || mtu.state == MTU_UNKNOWN)
		return rc;
	const struct mtu_record record = {mtu.state, mtu.size, mtu.from, mtu.told};
	return paths_put_mtu(tracer->archive, task->path.key, at, &record);
}

static enum err perform(struct tracer *tracer, const struct task *task)
{
	nsec at = clock_realtime();
	struct route route;

	enum err rc = trace_run(tracer->socket, &task->path.target, &route);
	if (rc != E_OK || route.end == ROUTE_UNSENT)
		return rc;
	if (task->outage)
		return paths_put_outage_trace(tracer->archive, task->path.key, task->slot, at,
					      &route);
	rc = keep_route(tracer, task, at, &route);
	return rc == E_OK && route.end == ROUTE_REACHED ? keep_mtu(tracer, task, at) : rc;
}

static void *work(void *context)
{
	struct tracer *tracer = context;
	struct task task;

	while (next_task(tracer, &task)) {
		task.path.target.stop = &tracer->stop;
		enum err rc = perform(tracer, &task);
		if (rc != E_OK && rc != E_CLOSED)
			log_warn("tracer", "path=%s is not traced: %s", task.path.key,
				 err_text(rc));
	}
	return NULL;
}

static bool init_waiting(struct tracer *tracer)
{
	pthread_condattr_t attributes;

	if (pthread_mutex_init(&tracer->mutex, NULL) != 0)
		return false;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	bool good = pthread_cond_init(&tracer->changed, &attributes) == 0;
	pthread_condattr_destroy(&attributes);
	return good;
}

static bool asks_for_traces(const struct config *config)
{
	for (size_t i = 0; i < config->test_count; i++) {
		if (config->tests[i].trace_ns > 0)
			return true;
	}
	return false;
}

enum err tracer_open(const struct config *config, struct tracer **out)
{
	*out = NULL;
	if (!asks_for_traces(config))
		return E_OK;
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	if (tracer == NULL)
		return E_MEMORY;
	enum err rc = trace_socket_open(&tracer->socket);
	if (rc == E_OK && !init_waiting(tracer))
		rc = E_SYSTEM;
	if (rc != E_OK) {
		trace_socket_close(tracer->socket);
		free(tracer);
		return rc;
	}
	*out = tracer;
	return E_OK;
}

enum err tracer_start(struct tracer *tracer, const char *directory)
{
	if (tracer == NULL)
		return E_OK;
	enum err rc = archive_open(directory, &tracer->archive);
	if (rc != E_OK)
		return rc;
	if (pthread_create(&tracer->thread, NULL, work, tracer) != 0)
		return E_SYSTEM;
	tracer->running = true;
	return E_OK;
}

void tracer_stop(struct tracer *tracer)
{
	if (tracer == NULL || !tracer->running)
		return;
	pthread_mutex_lock(&tracer->mutex);
	atomic_store(&tracer->stop, true);
	pthread_cond_signal(&tracer->changed);
	pthread_mutex_unlock(&tracer->mutex);
	pthread_join(tracer->thread, NULL);
	tracer->running = false;
}

void tracer_close(struct tracer *tracer)
{
	if (tracer == NULL)
		return;
	tracer_stop(tracer);
	archive_close(tracer->archive);
	trace_socket_close(tracer->socket);
	pthread_cond_destroy(&tracer->changed);
	pthread_mutex_destroy(&tracer->mutex);
	free(tracer->items);
	free(tracer);
}

static struct followed followed_of(const struct planned *planned, const struct test_config *test)
{
	struct followed followed = {
		.path.target.host = planned->target.host,
		.path.target.protocol = (enum trace_protocol)test->trace_protocol,
		.path.interval = test->trace_ns,
		.urged_at = NSEC_UNDEFINED,
	};

	series_key_format(&planned->key, followed.path.key);
	if (followed.path.target.protocol == TRACE_UDP)
		followed.path.target.host.port = TRACE_UDP_PORT;
	return followed;
}

static int compare_followed(const void *a, const void *b)
{
	return strcmp(((const struct followed *)a)->path.key,
		      ((const struct followed *)b)->path.key);
}

/* They are spread over their interval. */
static void spread(struct followed *items, size_t count)
{
	nsec now = clock_monotonic();

	qsort(items, count, sizeof(*items), compare_followed);
	for (size_t i = 0; i < count; i++) {
		items[i].due = now + items[i].path.interval / (nsec)count * (nsec)i;
		items[i].outage_at = now - outage_gap;
	}
}

void tracer_follow(struct tracer *tracer, const struct config *config, const struct plan *plan)
{
	if (tracer == NULL) {
		if (asks_for_traces(config))
			log_warn("tracer", "traces are new here and take a restart");
		return;
	}
	struct followed *items = calloc(plan->count + 1, sizeof(*items));
	size_t count = 0;
	if (items == NULL) {
		log_error("tracer", "out of memory: the paths of before are traced on");
		return;
	}
	for (size_t i = 0; i < plan->count; i++) {
		const struct test_config *test = &config->tests[plan->items[i].test];
		if (test->trace_ns > 0)
			items[count++] = followed_of(&plan->items[i], test);
	}
	spread(items, count);
	pthread_mutex_lock(&tracer->mutex);
	free(tracer->items);
	tracer->items = items;
	tracer->count = count;
	pthread_cond_signal(&tracer->changed);
	pthread_mutex_unlock(&tracer->mutex);
}

static struct followed *find(struct tracer *tracer, const char *key)
{
	if (tracer->count == 0)
		return NULL;
	return bsearch(key, tracer->items, tracer->count, sizeof(*tracer->items), compare_keys);
}

void tracer_urge(struct tracer *tracer, const struct series_key *key, nsec slot)
{
	nsec now = clock_monotonic();
	char text[KEY_TEXT];

	if (tracer == NULL)
		return;
	series_key_format(key, text);
	pthread_mutex_lock(&tracer->mutex);
	struct followed *item = find(tracer, text);
	if (item != NULL && item->urged_at == NSEC_UNDEFINED &&
	    now - item->outage_at >= outage_gap) {
		item->urged_at = now;
		item->slot = slot;
		pthread_cond_signal(&tracer->changed);
	}
	pthread_mutex_unlock(&tracer->mutex);
}
