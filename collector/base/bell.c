/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/base/bell.h"

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int bell_create(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

void bell_ring(int bell)
{
	uint64_t one = 1;

	(void)!write(bell, &one, sizeof(one));
}

void bell_wait(int bell, int timeout_ms)
{
	struct pollfd pollfd = {.fd = bell, .events = POLLIN};
	uint64_t rung;

	if (poll(&pollfd, 1, timeout_ms) > 0)
		(void)!read(bell, &rung, sizeof(rung));
}
