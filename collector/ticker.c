/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/ticker.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]), HANDLES = SIGNALS + 1 };

struct ticker {
	struct agent *agent;
	struct ticker_listener listener;
	int timer; /* a timerfd: libuv's own timers know milliseconds only, and wake late */
	uv_poll_t poll;
	uv_signal_t signal[SIGNALS];
	int open_handles;
	int stops;
};

/* The first instant is in the past, so the timer expires at once. */
static void arm(struct ticker *ticker, nsec at)
{
	struct itimerspec when = {
		.it_value = {.tv_sec = at / NSEC_PER_SEC, .tv_nsec = at % NSEC_PER_SEC}};
	int rc = timerfd_settime(ticker->timer, TFD_TIMER_ABSTIME, &when, NULL);

	assert(rc == 0);
	(void)rc;
}

static void on_timer(uv_poll_t *poll, int status, int events)
{
	struct ticker *ticker = poll->data;

	(void)status;
	(void)events;
	/* Setting the timer anew makes it unreadable, so nobody needs to read it. */
	arm(ticker, agent_tick(ticker->agent));
	if (ticker->listener.ticked != NULL)
		ticker->listener.ticked(ticker->listener.context);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct ticker *ticker = handle->data;
	struct ticker_listener *listener = &ticker->listener;

	if (number == SIGHUP && listener->reload != NULL)
		listener->reload(listener->context);
	else
		listener->stop(listener->context, ++ticker->stops);
}

static void on_closed(uv_handle_t *handle)
{
	struct ticker *ticker = handle->data;

	if (--ticker->open_handles > 0)
		return;
	close(ticker->timer);
	free(ticker);
}

static enum err open_handles(uv_loop_t *loop, struct ticker *ticker)
{
	if (uv_poll_init(loop, &ticker->poll, ticker->timer) != 0)
		return E_SYSTEM;
	ticker->poll.data = ticker;
	ticker->open_handles = 1;
	for (int i = 0; i < SIGNALS; i++) {
		if (uv_signal_init(loop, &ticker->signal[i]) != 0)
			return E_SYSTEM;
		ticker->signal[i].data = ticker;
		ticker->open_handles++;
		if (uv_signal_start(&ticker->signal[i], on_signal, signals[i]) != 0)
			return E_SYSTEM;
	}
	return uv_poll_start(&ticker->poll, UV_READABLE, on_timer) == 0 ? E_OK : E_SYSTEM;
}

enum err ticker_create(uv_loop_t *loop, struct agent *agent, const struct ticker_listener *listener,
		       struct ticker **out)
{
	struct ticker *ticker = calloc(1, sizeof(*ticker));

	if (ticker == NULL)
		return E_MEMORY;
	ticker->agent = agent;
	ticker->listener = *listener;
	ticker->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (ticker->timer < 0) {
		free(ticker);
		return E_SYSTEM;
	}
	enum err rc = open_handles(loop, ticker);
	if (rc != E_OK) {
		ticker_close(ticker);
		return rc;
	}
	arm(ticker, 1);
	*out = ticker;
	return E_OK;
}

void ticker_close(struct ticker *ticker)
{
	int open = ticker->open_handles;

	if (open == 0) {
		close(ticker->timer);
		free(ticker);
		return;
	}
	for (int i = 0; i < open - 1; i++)
		uv_close((uv_handle_t *)&ticker->signal[i], on_closed);
	uv_close((uv_handle_t *)&ticker->poll, on_closed);
}
