/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUEUE_PACKETS = 20000 };

static enum err set_number(int sock, struct ifreq *request, unsigned long which, int number)
{
	/* ifr_mtu and ifr_qlen share the union with other members: set the one asked for. */
	if (which == SIOCSIFMTU)
		request->ifr_mtu = number;
	else
		request->ifr_qlen = number;
	return ioctl(sock, which, request) == 0 ? E_OK : E_SYSTEM;
}

static enum err bring_up(const char *name, int mtu)
{
	struct ifreq request = {.ifr_flags = 0};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return E_SYSTEM;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	enum err err = set_number(sock, &request, SIOCSIFMTU, mtu);
	if (err == E_OK)
		err = set_number(sock, &request, SIOCSIFTXQLEN, QUEUE_PACKETS);
	if (err == E_OK && ioctl(sock, SIOCGIFFLAGS, &request) != 0)
		err = E_SYSTEM;
	request.ifr_flags |= IFF_UP;
	if (err == E_OK && ioctl(sock, SIOCSIFFLAGS, &request) != 0)
		err = E_SYSTEM;
	close(sock);
	return err;
}

static enum err attach(struct tun *tun, const char *device, int mtu)
{
	struct ifreq request = {.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL)};

	tun->descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun->descriptor < 0)
		return E_UNSUPPORTED;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(tun->descriptor, TUNSETIFF, &request) != 0)
		return errno == EBUSY ? E_EXISTS : E_SYSTEM;
	snprintf(tun->name, sizeof(tun->name), "%s", request.ifr_name);
	return bring_up(tun->name, mtu);
}

/* Runs what enters a namespace between this and leave(). */
static enum err enter(int namespace, int *home)
{
	*home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*home < 0)
		return E_SYSTEM;
	return setns(namespace, CLONE_NEWNET) == 0 ? E_OK : E_SYSTEM;
}

static enum err leave(int home, enum err err)
{
	if (home >= 0) {
		if (setns(home, CLONE_NEWNET) != 0)
			err = E_SYSTEM;
		close(home);
	}
	return err;
}

enum err tun_open(const char *namespace, const char *device, int mtu, struct tun *out)
{
	struct tun tun = {.descriptor = -1, .namespace = -1};
	char path[128];
	int home;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	tun.namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (tun.namespace < 0)
		return E_NOT_FOUND;
	enum err err = enter(tun.namespace, &home);
	if (err == E_OK)
		err = attach(&tun, device, mtu);
	err = leave(home, err);
	if (err == E_OK)
		*out = tun;
	else
		tun_close(&tun);
	return err;
}

void tun_close(struct tun *tun)
{
	if (tun->descriptor >= 0)
		close(tun->descriptor);
	if (tun->namespace >= 0)
		close(tun->namespace);
	tun->descriptor = -1;
	tun->namespace = -1;
}

/* The columns of /proc/net/dev: bytes packets errs drop fifo frame compressed multicast, then the
 * same for sending with colls carrier in place of frame and multicast. */
static enum err read_drops(const char *name, uint64_t *out)
{
	char line[512];
	char device[32];
	uint64_t received;
	uint64_t sent;
	enum err err = E_NOT_FOUND;
	FILE *file = fopen("/proc/thread-self/net/dev", "re");

	if (file == NULL)
		return E_SYSTEM;
	while (err == E_NOT_FOUND && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line,
			   " %31[^:]: %*u %*u %*u %" SCNu64 " %*u %*u %*u %*u %*u %*u %*u %" SCNu64,
			   device, &received, &sent) == 3 &&
		    strcmp(device, name) == 0) {
			*out = received + sent;
			err = E_OK;
		}
	}
	fclose(file);
	return err;
}

enum err tun_drops(const struct tun *tun, uint64_t *out)
{
	int home;
	enum err err = enter(tun->namespace, &home);

	if (err == E_OK)
		err = read_drops(tun->name, out);
	return leave(home, err);
}
