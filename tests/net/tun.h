/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A TUN device made inside a named network namespace; its descriptor works from any other. */
#ifndef NETGRADE_TESTS_NET_TUN_H
#define NETGRADE_TESTS_NET_TUN_H

#include "collector/base/err.h"

#include <stdint.h>

struct tun {
	int descriptor; /* non-blocking; one IP packet a read or write; −1 when closed */
	int namespace;	/* descriptor of the namespace it lives in */
	char name[16];
};

/* Makes the device, gives it this MTU and a long queue, and brings it up. It is gone with the last
 * descriptor. E_NOT_FOUND: no such namespace under /run/netns; E_UNSUPPORTED: no /dev/net/tun. */
MUST_CHECK enum err tun_open(const char *namespace, const char *device, int mtu, struct tun *out);
void tun_close(struct tun *tun);

/* Packets that the kernel dropped at the device, either way, since it was made. E_SYSTEM. */
MUST_CHECK enum err tun_drops(const struct tun *tun, uint64_t *out);

#endif
