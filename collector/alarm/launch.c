/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/launch.h"

#include "collector/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 20 };

struct running {
	pid_t pid;
	int input;
	int output; /* what we read */
	int inner;  /* what it writes to */
};

/* A file of its own: a command that does not read cannot block us. */
static enum err open_input(struct running *running, const char *text)
{
	size_t len = strlen(text);

	running->input = memfd_create("alarm", MFD_CLOEXEC);
	if (running->input < 0)
		return E_SYSTEM;
	for (size_t done = 0; done < len;) {
		ssize_t put = write(running->input, text + done, len - done);
		if (put <= 0)
			return E_SYSTEM;
		done += (size_t)put;
	}
	return lseek(running->input, 0, SEEK_SET) == 0 ? E_OK : E_SYSTEM;
}

static enum err open_output(struct running *running)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return E_SYSTEM;
	running->output = ends[0];
	running->inner = ends[1];
	return fcntl(running->output, F_SETFL, O_NONBLOCK) == 0 ? E_OK : E_SYSTEM;
}

static void close_all(struct running *running)
{
	int *all[] = {&running->input, &running->output, &running->inner};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i] >= 0)
			close(*all[i]);
		*all[i] = -1;
	}
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t every;
	sigset_t none;

	(void)sigfillset(&every);
	(void)sigemptyset(&none);
	int failed = posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	failed |= posix_spawnattr_setpgroup(attributes, 0);
	failed |= posix_spawnattr_setsigdefault(attributes, &every);
	failed |= posix_spawnattr_setsigmask(attributes, &none);
	return failed;
}

static int set_actions(posix_spawn_file_actions_t *actions, const struct running *running)
{
	int failed = posix_spawn_file_actions_adddup2(actions, running->input, STDIN_FILENO);

	failed |= posix_spawn_file_actions_adddup2(actions, running->inner, STDOUT_FILENO);
	failed |= posix_spawn_file_actions_adddup2(actions, running->inner, STDERR_FILENO);
	failed |= posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	failed |= posix_spawn_file_actions_addchdir_np(actions, "/");
	return failed;
}

static enum err spawn(const struct launch_request *request, struct running *running)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return E_MEMORY;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return E_MEMORY;
	}
	int failed = set_attributes(&attributes) | set_actions(&actions, running);
	if (failed == 0)
		failed = posix_spawn(&running->pid, request->arguments[0], &actions, &attributes,
				     request->arguments, request->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed == 0 ? E_OK : err_from_errno(failed);
}

/* Keeps the first line of what it prints and lets the rest go. False at the end. */
static bool read_output(struct running *running, struct launch_result *result, bool *complete)
{
	char octets[4096];
	ssize_t got = read(running->output, octets, sizeof(octets));

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	for (ssize_t i = 0; i < got && !*complete; i++) {
		size_t len = strlen(result->line);
		if (octets[i] == '\n' || len + 1 == sizeof(result->line))
			*complete = true;
		else if ((unsigned char)octets[i] >= ' ' && octets[i] != 0x7f)
			result->line[len] = octets[i];
	}
	return got > 0;
}

static void take_status(int status, struct launch_result *result)
{
	result->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Kills the whole group, so that what the command started does not go on either. */
static void stop(struct running *running, struct launch_result *result)
{
	int status;

	result->overdue = true;
	(void)kill(-running->pid, SIGKILL);
	while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR)
		;
	take_status(status, result);
}

static bool hurried(const struct launch_request *request)
{
	return request->hurry != NULL && atomic_load(request->hurry);
}

static void await(const struct launch_request *request, struct running *running,
		  struct launch_result *result)
{
	nsec deadline = clock_monotonic() + request->timeout;
	bool complete = false;
	bool hurry = false;
	int status;

	while (waitpid(running->pid, &status, WNOHANG) == 0) {
		struct pollfd pollfd = {.fd = running->output, .events = POLLIN};
		nsec now = clock_monotonic();
		if (!hurry && hurried(request)) {
			hurry = true;
			if (deadline > now + request->hurried_timeout)
				deadline = now + request->hurried_timeout;
		}
		if (now >= deadline) {
			stop(running, result);
			return;
		}
		if (poll(&pollfd, 1, LOOK_MS) > 0 && !read_output(running, result, &complete)) {
			close(running->output);
			running->output = -1;
		}
	}
	take_status(status, result);
	while (running->output >= 0 && !complete &&
	       poll(&(struct pollfd){.fd = running->output, .events = POLLIN}, 1, 0) > 0 &&
	       read_output(running, result, &complete))
		;
}

enum err launch(const struct launch_request *request, struct launch_result *out)
{
	struct running running = {.input = -1, .output = -1, .inner = -1};
	struct launch_result result = {.code = -1};

	enum err rc = open_input(&running, request->input);
	if (rc == E_OK)
		rc = open_output(&running);
	if (rc == E_OK)
		rc = spawn(request, &running);
	if (rc != E_OK) {
		close_all(&running);
		return rc;
	}
	close(running.inner);
	running.inner = -1;
	await(request, &running, &result);
	close_all(&running);
	*out = result;
	return E_OK;
}
