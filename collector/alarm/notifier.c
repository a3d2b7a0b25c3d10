/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/notifier.h"

#include "collector/alarm/launch.h"
#include "collector/alarm/post.h"
#include "collector/base/bell.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUEUE_MOST = 64, DRAIN_LOOK_MS = 20 };

/* How long to wait before another try of a POST. */
static const int retry_ms[] = {2000, 10000, 30000};
enum { TRIES = 1 + sizeof(retry_ms) / sizeof(retry_ms[0]) };

/* What is under way at the end is given this much. */
static const nsec hurried = 3 * NSEC_PER_SEC;

/* Messages in a row. */
struct queue {
	struct message *first;
	struct message *last;
	size_t count;
};

/* Where messages go; what it points at is its own. */
struct ways {
	char **command;
	char *post;
	nsec timeout;
};

struct notifier {
	pthread_mutex_t lock;
	pthread_t thread;
	bool started;
	int bell;      /* ours */
	int done_bell; /* the owner's */
	int stop_bell;
	atomic_bool stopping;
	bool busy;
	struct ways ways;
	struct queue waiting;
	struct queue done;
};

static void push(struct queue *queue, struct message *message)
{
	message->next = NULL;
	if (queue->first == NULL)
		queue->first = message;
	else
		queue->last->next = message;
	queue->last = message;
	queue->count++;
}

static struct message *pop(struct queue *queue)
{
	struct message *message = queue->first;

	if (message == NULL)
		return NULL;
	queue->first = message->next;
	queue->count--;
	return message;
}

/* --- ways --- */

static void finish_ways(struct ways *ways)
{
	for (size_t i = 0; ways->command != NULL && ways->command[i] != NULL; i++)
		free(ways->command[i]);
	free(ways->command);
	free(ways->post);
	*ways = (struct ways){0};
}

static enum err copy_command(char *const *words, char ***out)
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	char **copies = calloc(count + 1, sizeof(*copies));
	if (copies == NULL)
		return E_MEMORY;
	*out = copies;
	for (size_t i = 0; i < count; i++) {
		copies[i] = strdup(words[i]);
		if (copies[i] == NULL)
			return E_MEMORY;
	}
	return E_OK;
}

static enum err copy_ways(const struct ways *ways, struct ways *out)
{
	struct ways copy = {.timeout = ways->timeout};
	enum err rc = E_OK;

	if (ways->post != NULL && (copy.post = strdup(ways->post)) == NULL)
		rc = E_MEMORY;
	if (rc == E_OK && ways->command != NULL)
		rc = copy_command(ways->command, &copy.command);
	if (rc != E_OK) {
		finish_ways(&copy);
		return rc;
	}
	*out = copy;
	return E_OK;
}

static struct ways ways_of(const struct alarms_config *alarms)
{
	return (struct ways){alarms->command, alarms->post, alarms->timeout_ns};
}

/* --- a command --- */

enum { VARIABLES = 9 };

static void add_variable(char **environment, const char *name, const char *value)
{
	size_t i = 0;

	while (environment[i] != NULL)
		i++;
	if (asprintf(&environment[i], "%s=%s", name, value) < 0)
		environment[i] = NULL;
}

static void make_environment(const struct message *message, char **environment)
{
	const char *zone = getenv("TZ");
	char count[24];

	snprintf(count, sizeof(count), "%zu", message->count);
	add_variable(environment, "PATH",
		     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add_variable(environment, "LANG", "C.UTF-8");
	if (zone != NULL)
		add_variable(environment, "TZ", zone);
	add_variable(environment, "NETGRADE_EVENT", message_kind_name(message->kind));
	add_variable(environment, "NETGRADE_AGENT", message->agent);
	add_variable(environment, "NETGRADE_COUNT", count);
	add_variable(environment, "NETGRADE_TEXT_ZH", message->zh);
	add_variable(environment, "NETGRADE_TEXT_EN", message->en);
}

static bool tell_ending(const char *command, const struct launch_result *result)
{
	const char *colon = result->line[0] == '\0' ? "" : ": ";

	if (result->overdue)
		log_error("alarm", "command %s took too long and was killed%s%s", command, colon,
			  result->line);
	else if (result->signal != 0)
		log_error("alarm", "command %s was ended by signal %d%s%s", command, result->signal,
			  colon, result->line);
	else if (result->code != 0)
		log_error("alarm", "command %s ended with %d%s%s", command, result->code, colon,
			  result->line);
	else
		log_info("alarm", "command %s is done%s%s", command, colon, result->line);
	return !result->overdue && result->code == 0;
}

static bool run_command(const struct ways *ways, const struct message *message,
			const atomic_bool *hurry)
{
	char *environment[VARIABLES] = {NULL};
	struct launch_request request = {
		.arguments = ways->command,
		.environment = environment,
		.input = message->json,
		.timeout = ways->timeout,
		.hurry = hurry,
		.hurried_timeout = hurried,
	};
	struct launch_result result;

	make_environment(message, environment);
	enum err rc = launch(&request, &result);
	for (size_t i = 0; i < VARIABLES; i++)
		free(environment[i]);
	if (rc == E_OK)
		return tell_ending(ways->command[0], &result);
	log_error("alarm", "command %s cannot be run: %s", ways->command[0], err_text(rc));
	return false;
}

/* --- a POST --- */

static bool try_post(const struct ways *ways, const struct message *message,
		     const atomic_bool *hurry, struct post_result *result)
{
	struct post_request request = {
		.url = ways->post,
		.body = message->json,
		.timeout = ways->timeout,
		.hurry = hurry,
		.hurried_timeout = hurried,
	};
	char destination[ALARM_DESTINATION];

	alarm_destination(ways->post, destination);
	enum err rc = post(&request, result);
	if (rc != E_OK) {
		log_error("alarm", "POST to %s: %s", destination, err_text(rc));
		*result = (struct post_result){.hopeless = true};
		return false;
	}
	if (result->accepted)
		log_info("alarm", "POST to %s is done", destination);
	else
		log_error("alarm", "POST to %s failed: %s", destination, result->reason);
	return result->accepted;
}

/* False when the end of the program came first. */
static bool keep_posting(struct notifier *notifier, const struct ways *ways,
			 const struct message *message)
{
	struct post_result result;

	for (size_t i = 0; !try_post(ways, message, &notifier->stopping, &result); i++) {
		if (atomic_load(&notifier->stopping))
			return false;
		if (result.hopeless || i + 1 == TRIES)
			return true;
		bell_wait(notifier->stop_bell, retry_ms[i]);
		if (atomic_load(&notifier->stopping))
			return false;
	}
	return true;
}

bool notifier_deliver_once(const struct alarms_config *alarms, const struct message *message)
{
	struct ways ways = ways_of(alarms);
	struct post_result result;
	bool well = true;

	if (ways.command != NULL)
		well = run_command(&ways, message, NULL);
	if (ways.post != NULL)
		well = try_post(&ways, message, NULL, &result) && well;
	return well;
}

/* --- the thread --- */

/* False when the end of the program came first. */
static bool deliver(struct notifier *notifier, const struct message *message)
{
	struct ways ways = {0};
	bool settled = true;

	pthread_mutex_lock(&notifier->lock);
	enum err rc = copy_ways(&notifier->ways, &ways);
	pthread_mutex_unlock(&notifier->lock);
	if (rc != E_OK) {
		log_error("alarm", "out of memory: a message is not delivered");
		return true;
	}
	if (ways.command != NULL)
		(void)run_command(&ways, message, &notifier->stopping);
	if (ways.post != NULL)
		settled = keep_posting(notifier, &ways, message);
	finish_ways(&ways);
	return settled;
}

static struct message *take_waiting(struct notifier *notifier)
{
	pthread_mutex_lock(&notifier->lock);
	struct message *message = pop(&notifier->waiting);
	notifier->busy = message != NULL;
	pthread_mutex_unlock(&notifier->lock);
	return message;
}

static void *run(void *context)
{
	struct notifier *notifier = context;

	while (!atomic_load(&notifier->stopping)) {
		struct message *message = take_waiting(notifier);
		if (message == NULL) {
			bell_wait(notifier->bell, -1);
			continue;
		}
		bool settled = deliver(notifier, message);
		pthread_mutex_lock(&notifier->lock);
		push(settled ? &notifier->done : &notifier->waiting, message);
		notifier->busy = false;
		pthread_mutex_unlock(&notifier->lock);
		bell_ring(notifier->done_bell);
	}
	return NULL;
}

enum err notifier_create(int bell, struct notifier **out)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (notifier == NULL)
		return E_MEMORY;
	pthread_mutex_init(&notifier->lock, NULL);
	notifier->done_bell = bell;
	notifier->bell = bell_create();
	notifier->stop_bell = bell_create();
	enum err rc = notifier->bell < 0 || notifier->stop_bell < 0 ? E_SYSTEM : post_prepare();
	if (rc == E_OK && pthread_create(&notifier->thread, NULL, run, notifier) != 0)
		rc = E_SYSTEM;
	notifier->started = rc == E_OK;
	if (rc != E_OK) {
		notifier_destroy(notifier);
		return rc;
	}
	*out = notifier;
	return E_OK;
}

static void destroy_all(struct queue *queue)
{
	struct message *message;

	while ((message = pop(queue)) != NULL)
		message_destroy(message);
}

void notifier_destroy(struct notifier *notifier)
{
	if (notifier == NULL)
		return;
	atomic_store(&notifier->stopping, true);
	if (notifier->started) {
		bell_ring(notifier->bell);
		bell_ring(notifier->stop_bell);
		pthread_join(notifier->thread, NULL);
	}
	destroy_all(&notifier->waiting);
	destroy_all(&notifier->done);
	finish_ways(&notifier->ways);
	if (notifier->bell >= 0)
		close(notifier->bell);
	if (notifier->stop_bell >= 0)
		close(notifier->stop_bell);
	pthread_mutex_destroy(&notifier->lock);
	free(notifier);
}

enum err notifier_configure(struct notifier *notifier, const struct alarms_config *alarms)
{
	struct ways given = ways_of(alarms);
	struct ways copy;

	enum err rc = copy_ways(&given, &copy);
	if (rc != E_OK)
		return rc;
	pthread_mutex_lock(&notifier->lock);
	struct ways old = notifier->ways;
	notifier->ways = copy;
	pthread_mutex_unlock(&notifier->lock);
	finish_ways(&old);
	return E_OK;
}

enum err notifier_send(struct notifier *notifier, struct message *message)
{
	pthread_mutex_lock(&notifier->lock);
	bool full = notifier->waiting.count >= QUEUE_MOST;
	if (!full)
		push(&notifier->waiting, message);
	pthread_mutex_unlock(&notifier->lock);
	if (full) {
		message_destroy(message);
		return E_FULL;
	}
	bell_ring(notifier->bell);
	return E_OK;
}

struct message *notifier_take_done(struct notifier *notifier)
{
	pthread_mutex_lock(&notifier->lock);
	struct message *message = pop(&notifier->done);
	pthread_mutex_unlock(&notifier->lock);
	return message;
}

static bool is_idle(struct notifier *notifier)
{
	pthread_mutex_lock(&notifier->lock);
	bool idle = !notifier->busy && notifier->waiting.count == 0;
	pthread_mutex_unlock(&notifier->lock);
	return idle;
}

void notifier_drain(struct notifier *notifier, nsec patience)
{
	nsec until = clock_monotonic() + patience;

	while (!is_idle(notifier) && clock_monotonic() < until)
		bell_wait(notifier->stop_bell, DRAIN_LOOK_MS);
}
