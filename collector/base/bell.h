/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bell wakes a thread that waits for it: a descriptor, −1 where there is none. */
#ifndef NETGRADE_BASE_BELL_H
#define NETGRADE_BASE_BELL_H

int bell_create(void); /* −1: refused; errno says why. close() ends it */

void bell_ring(int bell);

/* Until it was rung since the last wait, or for so long; −1: without end. No clock of ours has a
 * part in it, so that a virtual clock does not hold up the threads. */
void bell_wait(int bell, int timeout_ms);

#endif
