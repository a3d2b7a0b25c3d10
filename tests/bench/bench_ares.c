/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench_ares SERVER NAME COUNT RATE: asks a name server by c-ares, COUNT times at RATE a second,
 * and prints the processor time of a query in microseconds and how many were not answered. */
#include "collector/base/clock.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static unsigned long good;
static unsigned long ended;

static void on_answer(void *context, int status, int timeouts, unsigned char *bytes, int len)
{
	(void)context;
	(void)timeouts;
	(void)bytes;
	(void)len;
	ended++;
	good += status == ARES_SUCCESS;
}

static double now_s(void)
{
	return (double)clock_monotonic() / (double)NSEC_PER_SEC;
}

static double processor_us(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return ((double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec) * 1e6 +
	       (double)used.ru_utime.tv_usec + (double)used.ru_stime.tv_usec;
}

static void wait_a_while(ares_channel channel)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd pollers[ARES_GETSOCK_MAXNUM];
	int mask = ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t count = 0;

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		if (ARES_GETSOCK_READABLE(mask, i))
			pollers[count++] = (struct pollfd){.fd = sockets[i], .events = POLLIN};
	}
	poll(pollers, count, 1);
	for (nfds_t i = 0; i < count; i++) {
		if (pollers[i].revents != 0)
			ares_process_fd(channel, pollers[i].fd, ARES_SOCKET_BAD);
	}
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void ask_all(ares_channel channel, const char *name, unsigned long count, double rate)
{
	double began = now_s();
	unsigned long asked = 0;

	while (ended < count) {
		double due = (now_s() - began) * rate;
		for (; asked < count && (double)asked < due; asked++)
			ares_query(channel, name, ns_c_in, ns_t_a, on_answer, NULL);
		wait_a_while(channel);
	}
}

int main(int argc, char **argv)
{
	struct ares_options options = {.timeout = 1000, .tries = 1};
	ares_channel channel;

	if (argc != 5 || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
	    ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) !=
		    ARES_SUCCESS ||
	    ares_set_servers_csv(channel, argv[1]) != ARES_SUCCESS) {
		fprintf(stderr, "usage: bench_ares SERVER NAME COUNT RATE\n");
		return EXIT_FAILURE;
	}
	unsigned long count = strtoul(argv[3], NULL, 10);
	double before = processor_us();
	ask_all(channel, argv[2], count, strtod(argv[4], NULL));
	printf("%.2f %lu\n", (processor_us() - before) / (double)count, count - good);
	ares_destroy(channel);
	return EXIT_SUCCESS;
}
