/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/filed.h"
#include "collector/store/slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct filed filed_none(void)
{
	return (struct filed){
		.filed_until = NSEC_UNDEFINED,
		.hours_until = NSEC_UNDEFINED,
		.hour = NSEC_UNDEFINED,
	};
}

void filed_finish(struct filed *filed)
{
	free(filed->file);
	free(filed->open);
	filed->file = NULL;
	filed->open = NULL;
}

static void plain_name(const char *stem, char out[SPOOL_FILE])
{
	snprintf(out, SPOOL_FILE, "%s.rrd", stem);
}

void filed_name(const struct filed *filed, const char *stem, char out[SPOOL_FILE])
{
	if (filed->file == NULL)
		plain_name(stem, out);
	else
		snprintf(out, SPOOL_FILE, "%s", filed->file);
}

enum err filed_rename(struct filed *filed, const char *stem, const char *file)
{
	char plain[SPOOL_FILE];
	char *copy = NULL;

	plain_name(stem, plain);
	if (strcmp(plain, file) != 0 && (copy = strdup(file)) == NULL)
		return E_MEMORY;
	free(filed->file);
	filed->file = copy;
	return E_OK;
}

/* Packed as one slot an hour long, of which only the delays are told; two octets of length before
 * it. */
struct delays filed_open_hour(const struct filed *filed)
{
	struct slot slot;
	uint16_t len;

	if (filed->open == NULL)
		return delays_empty();
	memcpy(&len, filed->open, sizeof(len));
	if (slot_decode(filed->open + sizeof(len), len, &slot) != E_OK)
		return delays_empty();
	return slot.delays;
}

enum err filed_keep_hour(struct filed *filed, nsec hour, const struct delays *open)
{
	struct slot slot = {.delays = *open};
	uint8_t octets[SLOT_OCTETS];
	uint8_t *kept = NULL;

	if (open->slots > 0) {
		slot.summary = summary_absent((struct period){0, NSEC_PER_HOUR}, SLOT_NO_RECORD);
		uint16_t len = (uint16_t)slot_encode(&slot, octets);
		kept = realloc(filed->open, sizeof(len) + len);
		if (kept == NULL)
			return E_MEMORY;
		memcpy(kept, &len, sizeof(len));
		memcpy(kept + sizeof(len), octets, len);
	} else {
		free(filed->open);
	}
	filed->open = kept;
	filed->hour = hour;
	filed->recalled = true;
	return E_OK;
}
