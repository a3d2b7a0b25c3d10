/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/store/intake.h"
#include "collector/base/log.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

/* The way back through a series' rows. */
struct walk {
	const struct intake_source *source;
	struct intake *intake;
	size_t capacity;
};

static enum err add(struct walk *walk, const struct loaded *loaded)
{
	struct intake *intake = walk->intake;

	if (intake->count == walk->capacity) {
		walk->capacity = walk->capacity == 0 ? 16 : 2 * walk->capacity;
		struct loaded *more = realloc(intake->slots, walk->capacity * sizeof(*more));
		if (more == NULL)
			return E_MEMORY;
		intake->slots = more;
	}
	intake->slots[intake->count++] = *loaded;
	return E_OK;
}

static void turn_round(struct intake *intake)
{
	for (size_t i = 0, j = intake->count; i + 1 < j; i++) {
		struct loaded swapped = intake->slots[i];
		intake->slots[i] = intake->slots[--j];
		intake->slots[j] = swapped;
	}
}

/* A filed slot: part of the open hour if no later one was filed. false: nothing before it is. */
static bool recall(const struct filed *filed, const struct slot *slot, struct intake *intake)
{
	nsec hour = nsec_floor(slot->summary.from, NSEC_PER_HOUR);

	if (filed->recalled || hour < filed->hours_until)
		return false;
	if (intake->hour != NSEC_UNDEFINED && intake->hour != hour)
		return false;
	intake->hour = hour;
	delays_merge(&intake->open, &slot->delays);
	return true;
}

static enum err take_row(void *context, const struct spool_row *row)
{
	struct walk *walk = context;
	const struct intake_source *source = walk->source;
	struct loaded loaded = {.id = row->id, .previous = row->previous};
	enum err rc = slot_decode(row->octets, row->len, &loaded.slot);

	if (rc != E_OK) {
		log_error("store", "%s: slot %" PRId64 " in the spool passed over: %s",
			  source->stem, row->id, err_text(rc));
		return E_OK;
	}
	if (loaded.slot.summary.from < source->filed->filed_until)
		return recall(source->filed, &loaded.slot, walk->intake) ? E_OK : E_NOT_FOUND;
	return add(walk, &loaded);
}

enum err intake_load(const struct intake_source *source, struct intake *out)
{
	struct intake intake = {.hour = source->filed->hour,
				.open = filed_open_hour(source->filed)};
	struct walk walk = {source, &intake, 0};
	enum err rc = spool_begin_reading(source->spool);

	if (rc != E_OK)
		return rc;
	if (!source->filed->recalled) {
		intake.hour = NSEC_UNDEFINED;
		intake.open = delays_empty();
	}
	rc = spool_each_before(source->spool, source->newest, take_row, &walk);
	spool_rollback(source->spool);
	if (rc != E_OK) {
		intake_finish(&intake);
		return rc;
	}
	turn_round(&intake);
	*out = intake;
	return E_OK;
}

void intake_finish(struct intake *intake)
{
	free(intake->slots);
	intake->slots = NULL;
	intake->count = 0;
}
