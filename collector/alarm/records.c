/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/alarm/records.h"

#include "collector/base/log.h"

#include <stdlib.h>

/* Two rows for each of a hundred thousand paths. */
enum { RECORDS_MOST = 200000 };

struct record {
	bool is_alarm;
	union {
		struct outage_record outage;
		struct alarm_record alarm;
	};
};

static struct record *grow(struct records *records)
{
	if (records->count == RECORDS_MOST) {
		log_error("alarm", "the archive takes no rows and there is no room for more: an "
				   "outage is not recorded");
		return NULL;
	}
	if (records->count == records->room) {
		size_t room = records->room == 0 ? 64 : 2 * records->room;
		struct record *items = realloc(records->items, room * sizeof(*items));
		if (items == NULL) {
			log_error("alarm", "out of memory: an outage is not recorded");
			return NULL;
		}
		records->items = items;
		records->room = room;
	}
	return &records->items[records->count++];
}

void records_add_outage(struct records *records, const struct outage_record *outage)
{
	struct record *record = grow(records);

	if (record == NULL)
		return;
	record->is_alarm = false;
	record->outage = *outage;
}

void records_add_alarm(struct records *records, const struct alarm_record *alarm)
{
	struct record *record = grow(records);

	if (record == NULL)
		return;
	record->is_alarm = true;
	record->alarm = *alarm;
}

static enum err put_all(const struct records *records, struct archive *archive)
{
	enum err rc = E_OK;

	for (size_t i = 0; rc == E_OK && i < records->count; i++) {
		const struct record *record = &records->items[i];
		rc = record->is_alarm ? outages_put_alarm(archive, &record->alarm)
				      : outages_put(archive, &record->outage);
	}
	return rc;
}

enum err records_save(struct records *records, struct archive *archive)
{
	if (records->count == 0)
		return E_OK;
	enum err rc = outages_begin(archive);
	if (rc == E_OK) {
		rc = put_all(records, archive);
		if (rc == E_OK)
			rc = outages_commit(archive);
		else
			outages_rollback(archive);
	}
	if (rc != E_OK && !records->refused)
		log_error("alarm", "outages cannot be recorded: %s; it is tried again",
			  err_text(rc));
	records->refused = rc != E_OK;
	if (rc == E_OK)
		records_finish(records);
	return rc;
}

void records_finish(struct records *records)
{
	free(records->items);
	*records = (struct records){.refused = records->refused};
}
