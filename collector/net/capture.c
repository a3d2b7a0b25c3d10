/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/capture.h"
#include "collector/base/log.h"

#include <assert.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPLEN = 256, RING = 1 << 20, READ_MAX = 1024, FILTER_MAX = 4096 };

struct watch {
	pcap_dumper_t *file; /* NULL: free */
	struct bpf_program program;
	char *filter;
	uint32_t limit;
	uint32_t packets;
};

struct capture {
	pcap_t *handle;
	struct watch watches[CAPTURE_WATCHES];
};

/* The kernel's own filter keeps a capture that watches nothing from costing anything. */
static const char nothing[] = "less 0";

static enum err set_filter(struct capture *capture, const char *text)
{
	struct bpf_program program;
	enum err rc = E_OK;

	if (pcap_compile(capture->handle, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return E_SYNTAX;
	if (pcap_setfilter(capture->handle, &program) != 0)
		rc = E_SYSTEM;
	pcap_freecode(&program);
	return rc;
}

static enum err update_filter(struct capture *capture)
{
	char text[FILTER_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; i < CAPTURE_WATCHES; i++) {
		const struct watch *watch = &capture->watches[i];
		if (watch->file == NULL || watch->packets >= watch->limit)
			continue;
		int len = snprintf(text + used, sizeof(text) - used, "%s(%s)",
				   used == 0 ? "" : " or ", watch->filter);
		if (len < 0 || (size_t)len >= sizeof(text) - used)
			return E_FULL;
		used += (size_t)len;
	}
	return set_filter(capture, used == 0 ? nothing : text);
}

/* The device "any" sees every interface; with immediate mode packets are not held back. */
static enum err activate(struct capture *capture)
{
	char reason[PCAP_ERRBUF_SIZE] = "";

	capture->handle = pcap_create("any", reason);
	if (capture->handle == NULL) {
		log_warn("capture", "cannot be opened: %s", reason);
		return E_SYSTEM;
	}
	(void)pcap_set_snaplen(capture->handle, SNAPLEN);
	(void)pcap_set_immediate_mode(capture->handle, 1);
	(void)pcap_set_buffer_size(capture->handle, RING);
	(void)pcap_set_tstamp_precision(capture->handle, PCAP_TSTAMP_PRECISION_NANO);
	int rc = pcap_activate(capture->handle);
	if (rc < 0) {
		log_warn("capture", "cannot be opened: %s", pcap_geterr(capture->handle));
		return rc == PCAP_ERROR_PERM_DENIED ? E_PERMISSION : E_SYSTEM;
	}
	if (pcap_setnonblock(capture->handle, 1, reason) != 0) {
		log_warn("capture", "cannot be opened: %s", reason);
		return E_SYSTEM;
	}
	return E_OK;
}

enum err capture_open(struct capture **out)
{
	struct capture *capture = calloc(1, sizeof(*capture));

	if (capture == NULL)
		return E_MEMORY;
	enum err rc = activate(capture);
	if (rc == E_OK)
		rc = set_filter(capture, nothing);
	if (rc != E_OK) {
		capture_close(capture);
		return rc;
	}
	*out = capture;
	return E_OK;
}

void capture_close(struct capture *capture)
{
	if (capture == NULL)
		return;
	for (uint32_t i = 0; i < CAPTURE_WATCHES; i++) {
		uint32_t packets;
		if (capture->watches[i].file != NULL)
			(void)!capture_finish(capture, i, &packets);
	}
	if (capture->handle != NULL)
		pcap_close(capture->handle);
	free(capture);
}

static void release(struct watch *watch)
{
	pcap_freecode(&watch->program);
	free(watch->filter);
	*watch = (struct watch){0};
}

static enum err occupy(struct capture *capture, struct watch *watch, const char *filter)
{
	watch->filter = strdup(filter);
	if (watch->filter == NULL)
		return E_MEMORY;
	if (pcap_compile(capture->handle, &watch->program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return E_SYNTAX;
	return E_OK;
}

enum err capture_watch(struct capture *capture, const char *filter, FILE *file, uint32_t limit,
		       uint32_t *out)
{
	uint32_t index = 0;

	while (index < CAPTURE_WATCHES && capture->watches[index].file != NULL)
		index++;
	if (index == CAPTURE_WATCHES)
		return E_FULL;
	struct watch *watch = &capture->watches[index];
	enum err rc = occupy(capture, watch, filter);
	if (rc != E_OK) {
		release(watch);
		return rc;
	}
	watch->limit = limit;
	watch->file = pcap_dump_fopen(capture->handle, file);
	if (watch->file == NULL) {
		release(watch);
		return E_SYSTEM;
	}
	*out = index;
	rc = update_filter(capture);
	if (rc != E_OK) {
		pcap_dump_close(watch->file);
		release(watch);
	}
	return rc;
}

static void take_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct capture *capture = (struct capture *)(void *)context;

	for (size_t i = 0; i < CAPTURE_WATCHES; i++) {
		struct watch *watch = &capture->watches[i];
		if (watch->file == NULL || watch->packets >= watch->limit ||
		    pcap_offline_filter(&watch->program, header, bytes) == 0)
			continue;
		pcap_dump((u_char *)watch->file, header, bytes);
		watch->packets++;
	}
}

void capture_read(struct capture *capture)
{
	(void)pcap_dispatch(capture->handle, READ_MAX, take_packet, (u_char *)(void *)capture);
}

enum err capture_finish(struct capture *capture, uint32_t index, uint32_t *packets)
{
	struct watch *watch = &capture->watches[index];
	enum err rc = E_OK;

	assert(index < CAPTURE_WATCHES && watch->file != NULL);
	capture_read(capture);
	*packets = watch->packets;
	if (pcap_dump_flush(watch->file) != 0)
		rc = E_SYSTEM;
	pcap_dump_close(watch->file);
	release(watch);
	enum err updated = update_filter(capture);
	return rc == E_OK ? updated : rc;
}
