/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A capture watches for chosen packets on every interface and writes them to files that any packet
 * analyser opens. It is opened while the process may; what it watches changes afterwards. */
#ifndef NETGRADE_NET_CAPTURE_H
#define NETGRADE_NET_CAPTURE_H

#include "collector/base/err.h"

#include <stdint.h>
#include <stdio.h>

enum { CAPTURE_WATCHES = 4 };

struct capture;

/* Watches nothing at first. E_PERMISSION without CAP_NET_RAW; the reason is logged. */
MUST_CHECK enum err capture_open(struct capture **out);
void capture_close(struct capture *capture); /* finishes all files; NULL is fine */

/* Copies packets that match the filter (pcap-filter(7)) to a file, at most limit of them; the
 * watch owns the file from now on. E_FULL: CAPTURE_WATCHES are busy; E_SYNTAX: the filter. */
MUST_CHECK enum err capture_watch(struct capture *capture, const char *filter, FILE *file,
				  uint32_t limit, uint32_t *watch);

/* Copies what has arrived; returns without waiting. */
void capture_read(struct capture *capture);

/* Reads once more, closes the file and gives the number of packets in it. E_SYSTEM: not all
 * could be written. */
MUST_CHECK enum err capture_finish(struct capture *capture, uint32_t watch, uint32_t *packets);

#endif
