/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/visitor.h"
#include "collector/base/bell.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/net/chain.h"
#include "collector/net/errand.h"
#include "collector/net/transfer.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 64, ACTIVE_MOST = 4096, DESCRIPTORS_KEPT = 128, LONGEST_WAIT_MS = 1000 };

/* A power of two: the counter of places wraps. */
enum { RECENT_MOST = 4096 };

struct begun {
	struct endpoint host;
	nsec began;
};

/* Options that are still to be taken over, with texts of their own. */
struct renewal {
	struct visitor_options options;
	char texts[];
};

struct visitor {
	struct transfer_setting setting;
	uint32_t at_once;
	nsec distance;
	struct lookups *lookups;
	CURLM *multi;
	int epoll;
	int bell;
	pthread_t thread;
	bool running;
	atomic_bool closing;
	pthread_mutex_t mutex;	 /* of the next five */
	struct renewal *renewal; /* NULL */
	struct errand *asked;
	struct errand **asked_end;
	struct visited *done;
	struct visited **done_end;
	/* The thread's own. */
	struct errand *waiting;
	struct errand **waiting_end;
	struct errand *active;
	uint32_t active_count;
	uint32_t active_most;
	struct begun recent[RECENT_MOST]; /* the visits begun within the distance, and others */
	uint32_t recent_next;
	uint32_t recent_count;
	nsec timer_at; /* when curl wants to be called; NSEC_INFINITE */
};

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *context, void *known)
{
	struct visitor *visitor = context;
	struct epoll_event event = {.data.fd = fd};

	(void)curl;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(visitor->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if ((what & CURL_POLL_IN) != 0)
		event.events |= EPOLLIN;
	if ((what & CURL_POLL_OUT) != 0)
		event.events |= EPOLLOUT;
	int first = known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	int other = known == NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	/* A number may come again before curl has forgotten what it was. */
	if (epoll_ctl(visitor->epoll, first, fd, &event) != 0)
		(void)epoll_ctl(visitor->epoll, other, fd, &event);
	(void)curl_multi_assign(visitor->multi, fd, visitor);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
	struct visitor *visitor = context;

	(void)multi;
	visitor->timer_at =
		timeout_ms < 0 ? NSEC_INFINITE : clock_monotonic() + timeout_ms * NSEC_PER_MSEC;
	return 0;
}

static void hand_back(struct visitor *visitor, struct errand *errand)
{
	struct visited *visited = errand_close(errand);

	pthread_mutex_lock(&visitor->mutex);
	*visitor->done_end = visited;
	visitor->done_end = &visited->next;
	pthread_mutex_unlock(&visitor->mutex);
}

static void set_options(struct visitor *visitor, const struct visitor_options *options)
{
	const char *contact = options->contact;

	visitor->at_once = options->at_once;
	visitor->distance = options->distance;
	snprintf(visitor->setting.agent, sizeof(visitor->setting.agent),
		 "netgrade-collector/" NETGRADE_VERSION "%s%s%s",
		 contact == NULL ? "" : " (contact: ", contact == NULL ? "" : contact,
		 contact == NULL ? "" : ")");
}

static void renew(struct visitor *visitor, struct renewal *renewal)
{
	const struct visitor_options *options = &renewal->options;
	X509_STORE *authorities;

	set_options(visitor, options);
	lookups_renew(visitor->lookups, &options->name_servers);
	if (chain_authorities(options->authorities, &authorities) == E_OK) {
		X509_STORE_free(visitor->setting.authorities);
		visitor->setting.authorities = authorities;
	} else {
		log_warn("http",
			 "%s cannot be read as this user: the certificates that were believed "
			 "until now still are",
			 options->authorities == NULL ? "this machine's list of authorities"
						      : options->authorities);
	}
	free(renewal);
}

static void take_orders(struct visitor *visitor)
{
	pthread_mutex_lock(&visitor->mutex);
	struct renewal *renewal = visitor->renewal;
	visitor->renewal = NULL;
	if (visitor->asked != NULL) {
		*visitor->waiting_end = visitor->asked;
		visitor->waiting_end = visitor->asked_end;
		visitor->asked = NULL;
		visitor->asked_end = &visitor->asked;
	}
	pthread_mutex_unlock(&visitor->mutex);
	if (renewal != NULL)
		renew(visitor, renewal);
}

/* When a visit to the host began last; NSEC_UNDEFINED: so long ago that it does not matter. */
static nsec last_begun(const struct visitor *visitor, const struct endpoint *host)
{
	for (uint32_t i = 0; i < visitor->recent_count; i++) {
		uint32_t place = (visitor->recent_next - 1 - i) % RECENT_MOST;
		if (endpoint_compare(&visitor->recent[place].host, host) == 0)
			return visitor->recent[place].began;
	}
	return NSEC_UNDEFINED;
}

static void forget_old(struct visitor *visitor, nsec now)
{
	while (visitor->recent_count > 0) {
		uint32_t oldest = visitor->recent_next - visitor->recent_count;
		if (visitor->recent[oldest % RECENT_MOST].began + visitor->distance > now)
			return;
		visitor->recent_count--;
	}
}

/* When the host may be visited again; NSEC_INFINITE: when one of the visits to it has ended. */
static nsec welcome_at(const struct visitor *visitor, const struct errand *errand)
{
	nsec last = last_begun(visitor, &errand->label.host);
	uint32_t there = 0;

	for (const struct errand *a = visitor->active; a != NULL; a = a->next)
		there += endpoint_compare(&a->label.host, &errand->label.host) == 0;
	if (there >= visitor->at_once)
		return NSEC_INFINITE;
	return last == NSEC_UNDEFINED ? 0 : last + visitor->distance;
}

static bool look_up(struct visitor *visitor, struct errand *errand)
{
	struct lookup wanted = {
		.asker = errand, .deadline = errand->deadline, .family = errand->label.host.family};

	return lookups_ask(visitor->lookups, &wanted, errand->lookup) == E_OK;
}

static bool fetch(struct visitor *visitor, struct errand *errand)
{
	if (errand->lookup != NULL)
		return look_up(visitor, errand);
	return errand_next(errand, &visitor->setting) &&
	       curl_multi_add_handle(visitor->multi, transfer_handle(errand->transfer)) == CURLM_OK;
}

static void begin(struct visitor *visitor, struct errand *errand)
{
	errand->began = clock_monotonic();
	visitor->recent[visitor->recent_next++ % RECENT_MOST] =
		(struct begun){errand->label.host, errand->began};
	if (visitor->recent_count < RECENT_MOST)
		visitor->recent_count++;
	if (!fetch(visitor, errand)) {
		hand_back(visitor, errand);
		return;
	}
	errand->next = visitor->active;
	visitor->active = errand;
	visitor->active_count++;
}

/* Begins the visits that may begin; when the next may. */
static nsec begin_waiting(struct visitor *visitor)
{
	nsec now = clock_monotonic();
	nsec next = NSEC_INFINITE;
	struct errand **at = &visitor->waiting;

	forget_old(visitor, now);
	while (*at != NULL) {
		struct errand *errand = *at;
		nsec welcome = welcome_at(visitor, errand);
		bool room = visitor->active_count < visitor->active_most;
		if (now < errand->deadline && (welcome > now || !room)) {
			nsec look = welcome < errand->deadline && room ? welcome : errand->deadline;
			next = look < next ? look : next;
			at = &errand->next;
			continue;
		}
		*at = errand->next;
		if (*at == NULL)
			visitor->waiting_end = at;
		if (now < errand->deadline)
			begin(visitor, errand);
		else
			hand_back(visitor, errand);
	}
	return next;
}

static void end(struct visitor *visitor, struct errand *errand)
{
	struct errand **at = &visitor->active;

	while (*at != errand)
		at = &(*at)->next;
	*at = errand->next;
	visitor->active_count--;
	hand_back(visitor, errand);
}

static void conclude(struct visitor *visitor, CURL *curl, CURLcode code)
{
	struct errand *errand = visitor->active;

	while (errand->transfer == NULL || transfer_handle(errand->transfer) != curl)
		errand = errand->next;
	curl_multi_remove_handle(visitor->multi, curl);
	if (!errand_conclude(errand, code) || !fetch(visitor, errand))
		end(visitor, errand);
}

static void take_names(struct visitor *visitor)
{
	struct lookup *next;

	for (struct lookup *l = lookups_collect(visitor->lookups); l != NULL; l = next) {
		next = l->next;
		if (!errand_found(l->asker, l) || !fetch(visitor, l->asker))
			end(visitor, l->asker);
		free(l);
	}
}

static void look_at_curl(struct visitor *visitor)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(visitor->multi, &left)) != NULL) {
		if (message->msg == CURLMSG_DONE)
			conclude(visitor, message->easy_handle, message->data.result);
	}
}

static void tell_curl(struct visitor *visitor, const struct epoll_event *event)
{
	int what = 0;
	int running;

	if (event->data.fd == visitor->bell) {
		bell_wait(visitor->bell, 0);
		return;
	}
	if ((event->events & EPOLLIN) != 0)
		what |= CURL_CSELECT_IN;
	if ((event->events & EPOLLOUT) != 0)
		what |= CURL_CSELECT_OUT;
	if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
		what |= CURL_CSELECT_ERR;
	(void)curl_multi_socket_action(visitor->multi, event->data.fd, what, &running);
	/* Concluded at once, so that what the next one costs has no part in its times. */
	look_at_curl(visitor);
}

static int wait_ms(const struct visitor *visitor, nsec next)
{
	nsec at = next < visitor->timer_at ? next : visitor->timer_at;
	nsec now = clock_monotonic();

	if (at <= now)
		return 0;
	if (at - now > LONGEST_WAIT_MS * NSEC_PER_MSEC)
		return LONGEST_WAIT_MS;
	return (int)((at - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}

static void *work(void *context)
{
	struct visitor *visitor = context;
	struct epoll_event events[EVENTS];
	int running;

	(void)pthread_setname_np(pthread_self(), "visits");
	while (!atomic_load(&visitor->closing)) {
		take_orders(visitor);
		take_names(visitor);
		nsec next = begin_waiting(visitor);
		int count = epoll_wait(visitor->epoll, events, EVENTS, wait_ms(visitor, next));
		for (int i = 0; i < count; i++)
			tell_curl(visitor, &events[i]);
		if (clock_monotonic() >= visitor->timer_at) {
			visitor->timer_at = NSEC_INFINITE;
			(void)curl_multi_socket_action(visitor->multi, CURL_SOCKET_TIMEOUT, 0,
						       &running);
			look_at_curl(visitor);
		}
	}
	return NULL;
}

/* Each visit takes a descriptor; the programs's own must not run out. */
static uint32_t room_for_visits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return DESCRIPTORS_KEPT;
	rlim_t wanted = ACTIVE_MOST + 2 * DESCRIPTORS_KEPT;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	rlim_t room = limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - 2 * DESCRIPTORS_KEPT
							    : DESCRIPTORS_KEPT;
	return (uint32_t)(room < ACTIVE_MOST ? room : ACTIVE_MOST);
}

static enum err prepare(struct visitor *visitor)
{
	struct epoll_event event = {.events = EPOLLIN};

	visitor->bell = bell_create();
	visitor->epoll = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = visitor->bell;
	if (visitor->bell < 0 || visitor->epoll < 0 ||
	    epoll_ctl(visitor->epoll, EPOLL_CTL_ADD, visitor->bell, &event) != 0)
		return E_SYSTEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return E_SYSTEM;
	visitor->multi = curl_multi_init();
	if (visitor->multi == NULL)
		return E_MEMORY;
	curl_multi_setopt(visitor->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(visitor->multi, CURLMOPT_SOCKETDATA, visitor);
	curl_multi_setopt(visitor->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(visitor->multi, CURLMOPT_TIMERDATA, visitor);
	return local_create(&visitor->setting.local);
}

static enum err believe(struct visitor *visitor, const char *file)
{
	enum err rc = chain_authorities(file, &visitor->setting.authorities);

	if (rc == E_NOT_FOUND)
		log_error("http", "%s gives no certificate of an authority: %s",
			  file == NULL ? "this machine's list of authorities" : file,
			  file == NULL ? "install the package ca-certificates"
				       : "it must be readable, in PEM");
	return rc;
}

enum err visitor_create(const struct visitor_options *options, struct visitor **out)
{
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	if (visitor == NULL)
		return E_MEMORY;
	visitor->epoll = -1;
	visitor->bell = -1;
	visitor->asked_end = &visitor->asked;
	visitor->done_end = &visitor->done;
	visitor->waiting_end = &visitor->waiting;
	visitor->timer_at = NSEC_INFINITE;
	visitor->active_most = room_for_visits();
	pthread_mutex_init(&visitor->mutex, NULL);
	set_options(visitor, options);
	enum err rc = prepare(visitor);
	if (rc == E_OK)
		rc = lookups_create(&options->name_servers, visitor->bell, &visitor->lookups);
	if (rc == E_OK)
		rc = believe(visitor, options->authorities);
	if (rc != E_OK) {
		visitor_destroy(visitor);
		return rc;
	}
	*out = visitor;
	return E_OK;
}

static void give_up(struct visitor *visitor, struct errand *list)
{
	while (list != NULL) {
		struct errand *errand = list;
		list = errand->next;
		if (errand->transfer != NULL)
			curl_multi_remove_handle(visitor->multi, transfer_handle(errand->transfer));
		errand_destroy(errand);
	}
}

void visitor_destroy(struct visitor *visitor)
{
	if (visitor == NULL)
		return;
	if (visitor->running) {
		atomic_store(&visitor->closing, true);
		bell_ring(visitor->bell);
		pthread_join(visitor->thread, NULL);
	}
	lookups_destroy(visitor->lookups);
	give_up(visitor, visitor->asked);
	give_up(visitor, visitor->waiting);
	give_up(visitor, visitor->active);
	free(visitor->renewal);
	for (struct visited *next, *v = visitor->done; v != NULL; v = next) {
		next = v->next;
		free(v);
	}
	curl_multi_cleanup(visitor->multi);
	X509_STORE_free(visitor->setting.authorities);
	local_destroy(visitor->setting.local);
	if (visitor->epoll >= 0)
		close(visitor->epoll);
	if (visitor->bell >= 0)
		close(visitor->bell);
	pthread_mutex_destroy(&visitor->mutex);
	free(visitor);
}

/* Signals are the loop's. */
static enum err start(struct visitor *visitor)
{
	sigset_t all;
	sigset_t before;

	if (visitor->running)
		return E_OK;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	visitor->running = pthread_create(&visitor->thread, NULL, work, visitor) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return visitor->running ? E_OK : E_SYSTEM;
}

enum err visitor_ask(struct visitor *visitor, const struct visit_order *order)
{
	struct errand *errand;
	enum err rc = start(visitor);

	if (rc == E_OK)
		rc = errand_open(order, clock_monotonic(), &errand);
	if (rc != E_OK)
		return rc;
	pthread_mutex_lock(&visitor->mutex);
	bool told = visitor->asked != NULL;
	*visitor->asked_end = errand;
	visitor->asked_end = &errand->next;
	pthread_mutex_unlock(&visitor->mutex);
	/* Who was rung for the first of the list takes all of it. */
	if (!told)
		bell_ring(visitor->bell);
	return E_OK;
}

static const char *keep_text(char **at, const char *text)
{
	char *copy = *at;

	if (text == NULL)
		return NULL;
	strcpy(copy, text);
	*at += strlen(text) + 1;
	return copy;
}

enum err visitor_renew(struct visitor *visitor, const struct visitor_options *options)
{
	const char *const texts[] = {options->authorities, options->contact};
	size_t room = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		room += texts[i] == NULL ? 0 : strlen(texts[i]) + 1;
	struct renewal *renewal = malloc(sizeof(*renewal) + room);
	if (renewal == NULL)
		return E_MEMORY;
	char *at = renewal->texts;
	renewal->options = *options;
	renewal->options.authorities = keep_text(&at, options->authorities);
	renewal->options.contact = keep_text(&at, options->contact);
	pthread_mutex_lock(&visitor->mutex);
	free(visitor->renewal);
	visitor->renewal = renewal;
	pthread_mutex_unlock(&visitor->mutex);
	bell_ring(visitor->bell);
	return E_OK;
}

struct visited *visitor_collect(struct visitor *visitor)
{
	pthread_mutex_lock(&visitor->mutex);
	struct visited *list = visitor->done;
	visitor->done = NULL;
	visitor->done_end = &visitor->done;
	pthread_mutex_unlock(&visitor->mutex);
	return list;
}
